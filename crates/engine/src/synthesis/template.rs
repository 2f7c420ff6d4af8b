//! Finds the template of a request: one of the program, one of the user by its name, or a folder that the request names. Fills nothing in.

use std::{path::Path, sync::Arc};

use synthesizer_infrastructure::sources::Sources;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    reference::Location,
    synthesis::SynthesisRequest,
    tree::SourceTree,
};
use synthesizer_synthesis::{
    Synthesis,
    templates::{self, Template},
};

use super::planning::relative;
use crate::{Call, Engine, opening};

/// A template, and how a project names it.
pub(crate) struct FoundTemplate {
    /// What it says.
    pub(crate) template: Arc<Template>,
    /// Its name, or its folder as seen from the project.
    pub(crate) named: String,
    /// The hash of what it says, as it was when it was read; `None` for one of the program.
    hash: Option<String>,
}

impl FoundTemplate {
    fn of_program(template: &'static Template) -> Self {
        Self {
            template: Arc::new(template.clone()),
            named: template.name.to_string(),
            hash: None,
        }
    }

    fn read(template: Template, named: String) -> Self {
        Self {
            hash: Some(template.fingerprint()),
            template: Arc::new(template),
            named,
        }
    }

    /// Records in a plan what the template was when the plan was made.
    pub(crate) fn pin(&self, synthesis: &mut Synthesis) {
        synthesis.project.template_hash.clone_from(&self.hash);
    }

    /// Checks that the template is the one that a project was made with, as far as that is recorded.
    ///
    /// # Errors
    /// `E_INCOMPATIBLE` when it says something else now.
    pub(crate) fn refuse_other(&self, recorded: Option<&str>) -> Result<(), Failure> {
        match recorded {
            Some(recorded) if self.hash.as_deref() != Some(recorded) => Err(Failure::new(
                ErrorCode::Incompatible,
                "the project's template is not what it was when the project was made",
            )
            .with_hint("bring the template back to that state, or run `synthesizer update` to take its new one")),
            _ => Ok(()),
        }
    }
}

/// Says whether a request means a folder: names of templates have neither slashes nor dots.
fn is_folder(written: &str) -> bool {
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
        let written = request.template.as_str();
        if is_folder(written) {
            let location = Location::Local(written.to_owned());
            let tree = self.open(call, &location, base).await?;
            let place = base.join(written);
            let place = place.canonicalize().unwrap_or(place);
            let template = read(tree, &request.ecosystem).await?;
            return Ok(FoundTemplate::read(template, relative(&place, output)));
        }
        if !templates::is_built_in(written)
            && let Some(tree) = self.own_template(call, written).await?
        {
            let template = read(tree, &request.ecosystem).await?;
            if template.name != written {
                return Err(Failure::new(
                    ErrorCode::Argument,
                    format!(
                        "the template in the folder {written} is called {}",
                        template.name
                    ),
                )
                .with_hint(
                    "give the folder of a template below synthesis.templates the template's name",
                ));
            }
            return Ok(FoundTemplate::read(template, written.to_owned()));
        }
        let found = templates::find(written, &request.ecosystem).map_err(|failure| {
            let hint = failure.hint.clone().unwrap_or_default();
            failure.with_hint(format!(
                "{hint}; or the name of a folder below synthesis.templates, or a folder such as ./mine"
            ))
        })?;
        Ok(FoundTemplate::of_program(found))
    }

    /// Opens the folder of this name among the user's own templates; `None` when there is none. The settings name the folder, so it need not
    /// lie where the caller may name paths.
    async fn own_template(
        &self,
        call: &Call,
        name: &str,
    ) -> Result<Option<Arc<dyn SourceTree>>, Failure> {
        let is_name = name.len() <= LONGEST_NAME
            && name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let Some(folder) = self
            .config()
            .synthesis
            .templates
            .as_ref()
            .filter(|_| is_name)
        else {
            return Ok(None);
        };
        let place = folder.join(name).canonicalize();
        let Some(place) = place.ok().filter(|place| place.is_dir()) else {
            return Ok(None);
        };
        let door = self.door()?;
        let sources = Sources::new(self.config(), &door);
        let tree = sources
            .open_folder(
                &place,
                (name, folder),
                &call.cancellation,
                call.progress.as_ref(),
            )
            .await?;
        Ok(Some(tree))
    }
}

/// The longest name of a template, as descriptors have it.
const LONGEST_NAME: usize = 64;

async fn read(tree: Arc<dyn SourceTree>, ecosystem: &str) -> Result<Template, Failure> {
    let template = opening::compute(move || Template::from_tree(tree.as_ref())).await?;
    templates::for_ecosystem(&template, ecosystem)?;
    Ok(template)
}
