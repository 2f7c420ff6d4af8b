//! `synthesize_project`: a new project out of parts of repositories, as a job that may outlive the call.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use synthesizer_engine::{
    Call,
    operations::{status::JobAction, synthesize::SynthesizeRequest},
};
use synthesizer_model::{
    Failure,
    job::{JobRecord, JobStatus},
    reference::RepositoryReference,
    synthesis::{RequestedRepository, SynthesisRequest},
    verification::Level,
};
use tokio_util::sync::CancellationToken;

use super::{Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture};
use crate::{
    answer,
    mcp::{
        arguments,
        budget::Part,
        paging::{self, Paging},
        progress,
        schema::{self, default_max_tokens, fields, objects, texts},
    },
};

/// The tool.
pub(super) struct SynthesizeProject;

impl McpTool for SynthesizeProject {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture {
        Box::pin(call(context, arguments))
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    name: "synthesize_project",
    title: "Synthesize a project",
    description: "Builds a new Python, Rust or JavaScript project out of components of repositories: takes their files with everything they import, \
        rewrites imports, resolves and locks the packages, records the origin of every file, verifies the result in a sandbox and \
        puts it at output_path, which must not exist. Call it with dry_run true first to see the plan. If it takes longer than \
        wait_seconds, status is running and get_synthesis_status tells the rest.",
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
    /// What to take.
    #[schemars(length(min = 1, max = 50))]
    repositories: Vec<RepositoryArgument>,
    /// The new project's name.
    #[schemars(length(min = 1, max = 200))]
    project_name: String,
    /// Where to put the project; a folder that does not exist yet, below the server's roots.
    #[schemars(length(min = 1, max = 4096))]
    output_path: String,
    /// The template; the usual one of the ecosystem, if not given.
    #[schemars(length(min = 1, max = 100))]
    #[serde(default)]
    template: Option<String>,
    /// The ecosystem: python, cargo or npm; that of the template or of the repositories, if not given.
    #[schemars(length(min = 1, max = 20))]
    #[serde(default)]
    ecosystem: Option<String>,
    /// Let a part import the placed copy of another part's source instead of the published package.
    #[serde(default)]
    link: bool,
    /// Bring the upstream tests of what is taken along, into tests/.
    #[serde(default = "default_include_tests")]
    include_tests: bool,
    /// Only say what would be done.
    #[serde(default)]
    dry_run: bool,
    /// How long to wait for the end, in seconds; the work goes on afterwards.
    #[schemars(range(min = 0, max = 600))]
    #[serde(default = "default_wait")]
    wait_seconds: u32,
    /// The largest size of the answer, in tokens.
    #[schemars(range(min = 500, max = 20000))]
    #[serde(default = "default_max_tokens")]
    max_tokens: u32,
    /// The next_cursor of the last answer, for its next page; starts no new synthesis.
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RepositoryArgument {
    /// The repository, as in analyze_repository.
    #[schemars(length(min = 1, max = 2048))]
    repo_url: String,
    /// Component ids as analyze_repository lists them: paths, modules or module:symbol. Everything, if not given.
    #[schemars(length(max = 200), inner(length(min = 1, max = 1000)))]
    #[serde(default)]
    components: Vec<String>,
    /// A folder below the new package; the import path is kept, if not given.
    #[schemars(length(min = 1, max = 1000))]
    #[serde(default)]
    destination: Option<String>,
}

fn default_include_tests() -> bool {
    true
}

fn default_wait() -> u32 {
    45
}

fn output_schema() -> Value {
    schema::of_result(result_fields(), &["synthesis_id", "status", "next_steps"])
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

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let max_tokens = arguments.max_tokens;
    let cursor = arguments.cursor.clone();
    let wait = Duration::from_secs(u64::from(arguments.wait_seconds));
    let synthesis_id = match &cursor {
        Some(cursor) => paging::synthesis_of(cursor)?,
        None => start(&context, arguments).await?,
    };
    let scope = paging::scope_of_synthesis(&synthesis_id);
    let paging = Paging::new(scope, max_tokens, cursor.as_deref())?;
    let record = tokio::select! {
        record = context.engine.wait_for(&context.call, &synthesis_id, wait) => record?,
        () = context.call.cancellation.cancelled() => stopped(&context, &synthesis_id, cursor.is_none()).await?,
    };
    answer(record, paging, &context.call.correlation_id, Map::new())
}

/// Stops the job with the call that started it, as the client asked; when the server ends, the job goes on later.
pub(super) async fn stopped(
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

/// Starts the job under a token of its own: it outlives the call.
async fn start(context: &ToolContext, arguments: Arguments) -> Result<String, Failure> {
    let call = Call {
        progress: progress::outliving(context.call.progress.clone()),
        cancellation: CancellationToken::new(),
        ..context.call.clone()
    };
    let request = SynthesizeRequest {
        request: SynthesisRequest {
            name: arguments.project_name,
            template: arguments.template.unwrap_or_default(),
            ecosystem: arguments.ecosystem.unwrap_or_default(),
            link: arguments.link,
            tests: arguments.include_tests,
            repositories: arguments
                .repositories
                .into_iter()
                .map(requested)
                .collect::<Result<_, _>>()?,
        },
        output: arguments.output_path,
        base: context.engine.config().paths.working_directory.clone(),
        dry_run: arguments.dry_run,
        verify: Some(Level::Install),
        require_verified: false,
    };
    context.engine.start_synthesis(&call, request).await
}

/// Accepts a component in the URL as well.
fn requested(argument: RepositoryArgument) -> Result<RequestedRepository, Failure> {
    let reference = RepositoryReference::parse(&argument.repo_url)?;
    let mut components = argument.components;
    if let Some(component) = reference.component
        && !components.contains(&component)
    {
        components.insert(0, component);
    }
    let url = argument
        .repo_url
        .split_once('#')
        .map_or(argument.repo_url.as_str(), |(url, _)| url);
    Ok(RequestedRepository {
        url: url.to_owned(),
        rev: None,
        components,
        destination: argument.destination,
    })
}

/// Answers with a job's record, and with more that the caller knows.
pub(super) fn answer(
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
            let error = answer::document(&error, correlation_id)?;
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
