//! `search`: one ranked list of repositories out of the answers of all platforms.

use synthesizer_model::{
    Failure,
    discovery::{SearchAnswer, SearchRequest},
};

use crate::{Call, Engine, observing::observed};

impl Engine {
    /// Searches the platforms. One that fails costs its own results alone.
    ///
    /// # Errors
    /// `E_ARGUMENT` for an unknown platform or a cursor of another search, `E_QUERY`, `E_CONFIG`, `E_CANCELLED`; when no platform gave
    /// anything, the code that tells most about why.
    pub async fn search(
        &self,
        call: &Call,
        request: &SearchRequest,
    ) -> Result<SearchAnswer, Failure> {
        observed(call, "search", async {
            self.discovery()?.search(request, &call.cancellation).await
        })
        .await
    }
}
