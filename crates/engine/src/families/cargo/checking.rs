//! Modules are placed only when the compiler takes them alone, in the sandbox. Decides nothing by itself.

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    text::escape_untrusted,
    verification::{Level, Outcome},
};
use synthesizer_synthesis::Synthesis;

use super::lock;
use crate::{
    Call, Engine,
    verification::{self, Subject},
};

impl Engine {
    /// Compiles a plan that has packages made of modules.
    ///
    /// # Errors
    /// `E_INCOMPATIBLE` with what the compiler says, or with the reason why it could not be asked; `E_TOOL_MISSING` without cargo.
    pub(super) async fn check_parts(
        &self,
        call: &Call,
        synthesis: &Synthesis,
        parts: &[String],
    ) -> Result<(), Failure> {
        // What cannot be built anyway is told by its own finding.
        let broken = synthesis
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        if broken {
            return Ok(());
        }
        call.progress
            .step(58, "compiling the modules in the sandbox");
        let locked = lock(self, call, synthesis).await?;
        let files = synthesis.files.iter();
        let files = files.map(|file| (file.path.to_string(), file.contents.to_vec()));
        let locks = locked
            .files
            .into_iter()
            .map(|(path, text)| (path, text.into_bytes()));
        let subject = Subject::new(files.chain(locks));
        if subject.text("Cargo.lock").is_none() {
            return Err(refused(parts, &locked.warnings.join("; ")));
        }
        let checks = verification::cargo::checks(self, call, subject, Level::Install).await?;
        match checks
            .into_iter()
            .find(|check| check.result != Outcome::Passed)
        {
            None => Ok(()),
            Some(check) => Err(refused(parts, &format!("{}: {}", check.name, check.detail))),
        }
    }
}

fn refused(parts: &[String], why: &str) -> Failure {
    let listed: Vec<String> = parts.iter().map(|part| escape_untrusted(part)).collect();
    let finding = Finding::new(Severity::Error, "module-refused", why);
    Failure::new(
        ErrorCode::Incompatible,
        format!(
            "modules of {} cannot be taken alone: {why}",
            listed.join(", ")
        ),
    )
    .with_hint("take the whole package: leave the module out of the component's name")
    .with_details(serde_json::json!({ "findings": [finding] }))
}
