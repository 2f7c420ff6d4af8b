//! Values that must never be shown: their `Debug`, `Display` and `Serialize` are masked.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// What is shown instead of a secret.
pub const MASK: &str = "****";

/// A secret text, such as a token; readable only by [`Secret::expose`].
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Gives the secret to the code that must send it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Says whether the secret is the empty text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

/// A URL whose user name, password and query are masked wherever it is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct MaskedUrl(url::Url);

impl MaskedUrl {
    /// Takes a URL that may carry credentials.
    pub fn new(url: url::Url) -> Self {
        Self(url)
    }

    /// Gives the URL with its credentials, for the connection alone.
    pub fn expose(&self) -> &url::Url {
        &self.0
    }
}

impl fmt::Display for MaskedUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        if !shown.username().is_empty() || shown.password().is_some() {
            // A URL without an authority cannot carry credentials, so a refusal here changes nothing.
            let _ = shown.set_username(MASK);
            let _ = shown.set_password(None);
        }
        if shown.query().is_some() {
            shown.set_query(Some(MASK));
        }
        formatter.write_str(shown.as_str())
    }
}

impl fmt::Debug for MaskedUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_in_every_form() {
        let secret = Secret::new("ghp_value");
        assert_eq!(format!("{secret} {secret:?}"), "**** ****");
        assert_eq!(
            serde_json::to_string(&secret).expect("serializes"),
            "\"****\""
        );
    }

    #[test]
    fn a_url_hides_credentials_and_query() {
        let url = url::Url::parse("https://user:word@host.example/x?token=1").expect("a url");
        assert_eq!(
            MaskedUrl::new(url).to_string(),
            "https://****@host.example/x?****"
        );
    }
}
