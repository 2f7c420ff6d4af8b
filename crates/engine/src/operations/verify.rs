//! `verify`: checks of a project that exists.

use serde::Serialize;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    reference::Location,
    tree::SourceTree,
    verification::{Level, Verification},
};

use crate::{
    Call, Engine,
    observing::observed,
    opening, paths,
    verification::{Subject, check_hashes, check_recreated, read_all, stages},
};

/// What to verify.
#[derive(Debug, Clone)]
pub struct VerifyRequest {
    /// The project's folder, as the caller wrote it.
    pub project: String,
    /// How deep.
    pub level: Level,
    /// Whether every file must be as `synthesis.lock` says, and the lock as its sources make it.
    pub locked: bool,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyAnswer {
    /// The checks.
    pub verification: Verification,
    /// The project's folder.
    pub project_path: String,
    /// `E_VERIFY` when a check failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
}

impl Engine {
    /// Verifies a project; writes nothing into it.
    ///
    /// # Errors
    /// `E_NOT_FOUND` without such a folder, `E_PATH` outside the roots. A failed check is an answer.
    pub async fn verify(
        &self,
        call: &Call,
        request: VerifyRequest,
    ) -> Result<VerifyAnswer, Failure> {
        observed(
            call,
            "verify",
            self.bounded(call, self.run_verification(call, request)),
        )
        .await
    }

    async fn run_verification(
        &self,
        call: &Call,
        request: VerifyRequest,
    ) -> Result<VerifyAnswer, Failure> {
        let base = self.config().paths.working_directory.clone();
        let folder = paths::permitted(self.config(), call.caller, &base, &request.project)?;
        call.progress.step(5, "reading the project");
        let written = folder.to_string_lossy().into_owned();
        let tree = self
            .open(call, &Location::Local(written.clone()), &base)
            .await?;
        let left_out = left_out(tree.as_ref());
        let subject = opening::compute(move || Ok(Subject::new(read_all(tree.as_ref())))).await?;
        // Making it again takes about as long as its checks.
        let end = if request.locked { 55 } else { 100 };
        let piece = |from: u8, to: u8| Call {
            progress: stages::within(&call.progress, from, to),
            ..call.clone()
        };
        let checking = piece(10, end);
        let verified = self.verify_subject(&checking, subject.clone(), request.level);
        let mut verification = verified.await?;
        if request.locked {
            call.progress.step(end, "making the project again");
            let recreated = check_recreated(self, &piece(end, 100), &subject, &folder).await?;
            let hashes = check_hashes(&subject, &left_out);
            verification.checks.splice(0..0, [hashes, recreated]);
        }
        let code = verification.failed().then_some(ErrorCode::Verify);
        Ok(VerifyAnswer {
            verification,
            project_path: written,
            code,
        })
    }
}

/// Describes what of a project cannot be compared with its lock: links, and names or sizes that are refused.
fn left_out(tree: &dyn SourceTree) -> Vec<String> {
    let links = tree.entries().iter().filter(|entry| !entry.is_file());
    links
        .map(|entry| format!("{} is a link", entry.path))
        .chain(
            tree.problems()
                .iter()
                .map(|problem| format!("{}: {}", problem.path, problem.what)),
        )
        .collect()
}
