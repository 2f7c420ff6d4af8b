//! `assemble_project`: from an idea in words to a plan, and on request to the project, as a job that may outlive the call.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use synthesizer_engine::operations::assemble::{AssembleRequest, Candidate, Proposal};
use synthesizer_model::{Failure, failure::ErrorCode, verification::Level};

use super::{
    Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture,
    synthesis_job::{self, Waiting},
};
use crate::mcp::{
    arguments, paging,
    schema::{self, default_max_tokens, fields, objects},
};

/// How many bytes of plain text a token has at least.
const BYTES_OF_A_TOKEN: usize = 3;

/// The tool.
pub(super) struct AssembleProject;

impl McpTool for AssembleProject {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture {
        Box::pin(call(context, arguments))
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    name: "assemble_project",
    title: "Assemble a project from an idea",
    description: "Takes an idea in words apart at commas and `and`, searches all platforms for each part, analyses the best repositories \
        and takes the component with most of the words; then plans the project that they make. candidates tells what was looked at and why. \
        dry_run is true unless you say otherwise; change request and pass it to synthesize_project to choose for yourself.",
    annotations: Annotations {
        read_only: false,
        destructive: false,
        idempotent: false,
        open_world: true,
    },
    writes: true,
    light: false,
    input_schema: schema::of_arguments::<Arguments>,
    output_schema,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What the project should do, in words; the language may be one of them.
    #[schemars(length(min = 1, max = 2000))]
    idea: String,
    /// The new project's name; made of the idea's words, if not given.
    #[schemars(length(min = 1, max = 200))]
    #[serde(default)]
    name: Option<String>,
    /// Where to put the project; a folder that does not exist yet, below the server's roots. Needed unless dry_run.
    #[schemars(length(min = 1, max = 4096))]
    #[serde(default)]
    output_path: Option<String>,
    /// Only say what would be done.
    #[serde(default = "default_dry_run")]
    dry_run: bool,
    /// How long to wait for the end of the synthesis, in seconds; the work goes on afterwards.
    #[schemars(range(min = 0, max = 600))]
    #[serde(default = "synthesis_job::default_wait")]
    wait_seconds: u32,
    /// The largest size of the answer, in tokens.
    #[schemars(range(min = 500, max = 20000))]
    #[serde(default = "default_max_tokens")]
    max_tokens: u32,
    /// The next_cursor of the last answer, for its next page; starts nothing new, and has no candidates.
    #[serde(default)]
    cursor: Option<String>,
}

fn default_dry_run() -> bool {
    true
}

fn output_schema() -> Value {
    let mut result = synthesis_job::result_fields();
    result["idea"] =
        fields("what the idea was taken to ask for: ecosystem, language, capabilities");
    result["candidates"] =
        objects("capability, repository, url, chosen, component, score, reasons");
    result["candidates_left_out"] = json!({ "type": "integer" });
    result["request"] = json!({ "type": "object", "description": "name, template, ecosystem, repository[]: what synthesize takes" });
    schema::of_result(result, &["synthesis_id", "status", "next_steps"])
}

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let (synthesis_id, more) = match &arguments.cursor {
        Some(cursor) => (paging::synthesis_of(cursor)?, Map::new()),
        None => start(&context, &arguments).await?,
    };
    let waiting = Waiting {
        synthesis_id,
        seconds: arguments.wait_seconds,
        max_tokens: arguments.max_tokens,
        cursor: arguments.cursor.as_deref(),
        more,
    };
    synthesis_job::wait(&context, waiting).await
}

/// Chooses the parts while the client waits, then starts the job, which outlives the call.
async fn start(
    context: &ToolContext,
    arguments: &Arguments,
) -> Result<(String, Map<String, Value>), Failure> {
    if !arguments.dry_run && arguments.output_path.is_none() {
        let failure = Failure::new(ErrorCode::Argument, "output_path is missing");
        return Err(failure.with_hint("say where to put the project, or leave dry_run true"));
    }
    let request = AssembleRequest {
        idea: arguments.idea.clone(),
        name: arguments.name.clone(),
        output: arguments.output_path.clone(),
        dry_run: arguments.dry_run,
        verify: Some(Level::Install),
    };
    let proposal = context.engine.propose(&context.call, &request).await?;
    let call = synthesis_job::outliving(context);
    let synthesis = proposal.synthesis(&context.engine, &request);
    let id = context.engine.start_synthesis(&call, synthesis).await?;
    Ok((id, shown(&proposal, arguments.max_tokens)))
}

/// Gives the proposal as far as a third of the answer has room for it: the parts that were taken first.
fn shown(proposal: &Proposal, max_tokens: u32) -> Map<String, Value> {
    let mut room = usize::try_from(max_tokens).unwrap_or(usize::MAX) / 3 * BYTES_OF_A_TOKEN;
    let mut candidates: Vec<&Candidate> = proposal.candidates.iter().collect();
    candidates.sort_by_key(|candidate| !candidate.chosen);
    let mut listed = Vec::new();
    for candidate in &candidates {
        let Ok(value) = serde_json::to_value(candidate) else {
            continue;
        };
        let size = value.to_string().len();
        if size > room {
            break;
        }
        room -= size;
        listed.push(value);
    }
    let left_out = candidates.len() - listed.len();
    let mut more = Map::new();
    more.insert("idea".to_owned(), json!(proposal.idea));
    more.insert("candidates".to_owned(), Value::Array(listed));
    if left_out > 0 {
        more.insert("candidates_left_out".to_owned(), json!(left_out));
    }
    let request = json!(proposal.request);
    if request.to_string().len() <= room {
        more.insert("request".to_owned(), request);
    }
    more
}
