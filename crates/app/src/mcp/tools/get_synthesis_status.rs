//! `get_synthesis_status`: how far a synthesis is; cancels and resumes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use synthesizer_engine::operations::status::JobAction;
use synthesizer_model::{
    ErrorCode, Failure,
    job::{JobRecord, JobStatus},
};

use super::{Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture, synthesis_job};
use crate::{
    answer,
    mcp::{
        arguments,
        budget::Part,
        paging::{self, Paging},
        schema::{self, default_max_tokens, fields, texts},
    },
};

/// The tool.
pub(super) struct GetSynthesisStatus;

impl McpTool for GetSynthesisStatus {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture {
        Box::pin(call(context, arguments))
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    name: "get_synthesis_status",
    title: "Synthesis status",
    description: "Tells how far a synthesis is and, when it has ended, its result or error. action cancel stops it and leaves \
        nothing behind; resume goes on with one that failed, was cancelled or whose process was killed, with what it had found out.",
    annotations: Annotations {
        read_only: false,
        destructive: false,
        idempotent: true,
        open_world: false,
    },
    writes: false,
    light: true,
    input_schema: schema::of_arguments::<Arguments>,
    output_schema,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The synthesis_id that synthesize_project gave.
    #[schemars(length(min = 1, max = 200))]
    synthesis_id: String,
    /// What to do.
    #[serde(default)]
    action: ActionArgument,
    /// The largest size of the answer, in tokens.
    #[schemars(range(min = 500, max = 20000))]
    #[serde(default = "default_max_tokens")]
    max_tokens: u32,
    /// The next_cursor of the last answer, for its next page.
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ActionArgument {
    #[default]
    Status,
    Cancel,
    Resume,
}

fn output_schema() -> Value {
    schema::of_result(
        json!({
            "synthesis_id": { "type": "string" },
            "job_status": { "type": "string", "enum": ["queued", "running", "succeeded", "failed", "cancelled"] },
            "progress": { "type": "integer", "minimum": 0, "maximum": 100 },
            "current_step": { "type": ["string", "null"] },
            "steps_completed": texts("Steps that are done."),
            "steps_remaining": texts("Steps to come."),
            "started_at": { "type": "string" },
            "completed_at": { "type": "string" },
            "attempt": { "type": "integer", "description": "How often it was begun." },
            "resumable": { "type": "boolean" },
            "project": { "type": "string", "description": "The folder that it makes." },
            "next_steps": texts("What to do next."),
            "result": fields("What synthesize_project answers, when the job succeeded."),
        }),
        &["synthesis_id", "job_status", "progress"],
    )
}

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let scope = paging::scope_of_synthesis(&arguments.synthesis_id);
    let paging = Paging::new(scope, arguments.max_tokens, arguments.cursor.as_deref())?;
    let action = match arguments.action {
        ActionArgument::Status => JobAction::Status,
        ActionArgument::Cancel => JobAction::Cancel,
        ActionArgument::Resume => JobAction::Resume,
    };
    if arguments.action != ActionArgument::Status && !context.profile.may_write() {
        return Err(Failure::new(
            ErrorCode::Forbidden,
            "this server is read-only: a synthesis can be looked at, not cancelled or resumed",
        ));
    }
    let id = &arguments.synthesis_id;
    let record = context.engine.job(&context.call, id, action).await?;
    let mut document = answer::document(&record, &context.call.correlation_id)?;
    if let Value::Object(fields) = &mut document {
        fields.insert("next_steps".to_owned(), json!(next_steps(&record)));
    }
    let parts = synthesis_job::PARTS
        .iter()
        .map(|path| Part::below("/result", path))
        .collect();
    Ok(ToolAnswer::done(document, parts, paging))
}

/// Says what to do with a job that stands like this.
fn next_steps(record: &JobRecord) -> Vec<String> {
    let id = &record.synthesis_id;
    let resume = format!("call get_synthesis_status with synthesis_id {id} and action resume");
    match record.job_status {
        JobStatus::Queued => vec![format!("no process works on it: {resume}")],
        JobStatus::Running => vec![format!(
            "call get_synthesis_status with synthesis_id {id} again; action cancel stops it"
        )],
        JobStatus::Succeeded => vec!["read result; its next_steps tell what to do".to_owned()],
        JobStatus::Failed | JobStatus::Cancelled if record.resumable => {
            vec![format!("when the cause is gone, {resume}")]
        }
        JobStatus::Failed | JobStatus::Cancelled => {
            vec!["call synthesize_project anew".to_owned()]
        }
    }
}
