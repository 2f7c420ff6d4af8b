//! What tools that start a synthesis have in common: the job outlives the call, which waits for it as long as the client wants.

use std::time::Duration;

use serde_json::{Map, Value, json};
use synthesizer_engine::{Call, operations::status::JobAction};
use synthesizer_model::{
    Failure,
    job::{JobRecord, JobStatus},
};
use tokio_util::sync::CancellationToken;

use super::{ToolAnswer, ToolContext};
use crate::{
    answer,
    mcp::{
        budget::Part,
        paging::{self, Paging},
        progress,
        schema::{fields, objects, texts},
    },
};

/// Gives the usual `wait_seconds`.
pub(super) fn default_wait() -> u32 {
    45
}

/// A synthesis that a call waits for.
pub(super) struct Waiting<'a> {
    /// The job.
    pub(super) synthesis_id: String,
    /// How long, in seconds.
    pub(super) seconds: u32,
    /// The largest size of the answer, in tokens.
    pub(super) max_tokens: u32,
    /// The cursor of an earlier answer; the call then started nothing.
    pub(super) cursor: Option<&'a str>,
    /// What the caller knows besides the result.
    pub(super) more: Map<String, Value>,
}

/// Gives a call for the job itself: with a token of its own, because it outlives the one that starts it.
pub(super) fn outliving(context: &ToolContext) -> Call {
    Call {
        progress: progress::outliving(context.call.progress.clone()),
        cancellation: CancellationToken::new(),
        ..context.call.clone()
    }
}

/// Waits for a job and answers with what it is by then.
pub(super) async fn wait(
    context: &ToolContext,
    waiting: Waiting<'_>,
) -> Result<ToolAnswer, Failure> {
    let id = &waiting.synthesis_id;
    let scope = paging::scope_of_synthesis(id);
    let paging = Paging::new(scope, waiting.max_tokens, waiting.cursor)?;
    let time = Duration::from_secs(u64::from(waiting.seconds));
    let record = tokio::select! {
        record = context.engine.wait_for(&context.call, id, time) => record?,
        () = context.call.cancellation.cancelled() => stopped(context, id, waiting.cursor.is_none()).await?,
    };
    answer(record, paging, &context.call.correlation_id, waiting.more)
}

/// Describes the fields of a result.
pub(super) fn result_fields() -> Value {
    json!({
            "synthesis_id": { "type": "string" },
            "status": { "type": "string", "description": "planned, succeeded, verification_failed, unsatisfiable, or running" },
            "code": { "type": "string", "description": "E_VERIFY when a check failed, E_UNSATISFIABLE when the packages cannot be together" },
            "progress": { "type": "integer" },
            "current_step": { "type": ["string", "null"] },
            "plan": fields("files with path, origin, reason; moves of folders; packages; licenses; findings; diagram (Mermaid)"),
            "imports": objects("component, import_as, files"),
            "next_steps": texts("What to do next."),
            "project_path": { "type": ["string", "null"] },
            "repositories_processed": { "type": "integer" },
            "components_extracted": { "type": "integer" },
            "dependencies_merged": { "type": "integer" },
            "files_created": { "type": "integer" },
            "tree": { "type": "string", "description": "The git tree of the project." },
            "verification": { "type": ["object", "null"], "description": "level, checks with name, result (passed, failed or not_run), detail" },
            "documentation": texts("Documents that were written."),
            "warnings": texts("What to know."),
    })
}

/// The parts of a synthesis result, the most wanted first.
pub(super) const PARTS: [&str; 12] = [
    "warnings",
    "next_steps",
    "verification.checks",
    "imports",
    "documentation",
    "plan.findings",
    "plan.licenses",
    "plan.packages",
    "plan.moves",
    "plan.diagram",
    "plan.files",
    "steps_remaining",
];

/// Stops the job with the call that started it, as the client asked; when the server ends, the job goes on later.
async fn stopped(
    context: &ToolContext,
    synthesis_id: &str,
    started_here: bool,
) -> Result<JobRecord, Failure> {
    let engine = &context.engine;
    if engine.jobs().is_closing() {
        return engine
            .job(&context.call, synthesis_id, JobAction::Status)
            .await;
    }
    if started_here {
        engine
            .job(&context.call, synthesis_id, JobAction::Cancel)
            .await?;
    }
    Err(Failure::cancelled())
}

/// Answers with a job's record, and with more that the caller knows.
fn answer(
    record: JobRecord,
    paging: Paging,
    correlation_id: &str,
    more: Map<String, Value>,
) -> Result<ToolAnswer, Failure> {
    let with_more = |mut document: Value| {
        if let Value::Object(fields) = &mut document {
            fields.extend(more);
        }
        document
    };
    let parts = PARTS.iter().map(|path| Part::below("", path)).collect();
    match record.job_status {
        JobStatus::Queued | JobStatus::Running => {
            let next = format!(
                "call get_synthesis_status with synthesis_id {}",
                record.synthesis_id
            );
            let document = json!({
                "synthesis_id": record.synthesis_id,
                "status": "running",
                "progress": record.progress,
                "current_step": record.current_step,
                "steps_remaining": record.steps_remaining,
                "next_steps": [next],
            });
            let document = answer::document(&document, correlation_id)?;
            Ok(ToolAnswer::done(with_more(document), parts, paging))
        }
        JobStatus::Succeeded => {
            let result = record
                .result
                .ok_or_else(|| Failure::internal("the synthesis ended without a result"))?;
            let document = answer::document(&result, correlation_id)?;
            Ok(ToolAnswer::done(with_more(document), parts, paging))
        }
        JobStatus::Failed | JobStatus::Cancelled => {
            let Some(error) = record.error else {
                return Err(Failure::cancelled());
            };
            let mut error = answer::document(&error, correlation_id)?;
            if let Value::Object(fields) = &mut error {
                fields.insert("synthesis_id".to_owned(), json!(record.synthesis_id));
            }
            Ok(ToolAnswer {
                document: json!({ "error": error }),
                parts: Vec::new(),
                paging,
                is_error: true,
                resource: None,
            })
        }
    }
}
