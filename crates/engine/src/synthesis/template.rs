//! Finds the template of a request: one of the program, or a folder of the user. Fills nothing in.

use std::{path::Path, sync::Arc};

use synthesizer_model::{failure::Failure, reference::Location, synthesis::SynthesisRequest};
use synthesizer_synthesis::templates::{self, Template};

use super::planning::relative;
use crate::{Call, Engine};

/// A template, and how a project names it.
pub(crate) struct FoundTemplate {
    /// What it says.
    pub(crate) template: Arc<Template>,
    /// Its name, or its folder as seen from the project.
    pub(crate) named: String,
}

/// Says whether a request means a folder: names of templates have neither slashes nor dots.
pub(crate) fn is_folder(written: &str) -> bool {
    written.contains(['/', '.'])
}

impl Engine {
    /// Finds the template of a request; a folder that it names refers to `base`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a name that is not known, a template of another ecosystem and a descriptor that is not valid; `E_PATH` for a folder that
    /// the caller may not name; `E_NOT_FOUND` for one without a descriptor; `E_LIMIT` for a template that is too large.
    pub(crate) async fn template(
        &self,
        call: &Call,
        request: &SynthesisRequest,
        base: &Path,
        output: &Path,
    ) -> Result<FoundTemplate, Failure> {
        if !is_folder(&request.template) {
            let found = templates::find(&request.template, &request.ecosystem)?;
            return Ok(FoundTemplate {
                template: Arc::new(found.clone()),
                named: request.template.clone(),
            });
        }
        let location = Location::Local(request.template.clone());
        let tree = self.open(call, &location, base).await?;
        let template = crate::opening::compute(move || Template::from_tree(tree.as_ref())).await?;
        templates::for_ecosystem(&template, &request.ecosystem)?;
        let place = base.join(&request.template);
        let place = place.canonicalize().unwrap_or(place);
        Ok(FoundTemplate {
            template: Arc::new(template),
            named: relative(&place, output),
        })
    }
}
