//! `synthesize_project`: a new project out of parts of repositories, as a job that may outlive the call.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use synthesizer_engine::operations::synthesize::SynthesizeRequest;
use synthesizer_model::{
    Failure,
    reference::RepositoryReference,
    synthesis::{RequestedRepository, SynthesisRequest},
    verification::Level,
};

use super::{
    Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture,
    synthesis_job::{self, Waiting},
};
use crate::mcp::{
    arguments, paging,
    schema::{self, default_max_tokens},
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
    #[serde(default = "synthesis_job::default_wait")]
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

fn output_schema() -> Value {
    schema::of_result(
        synthesis_job::result_fields(),
        &["synthesis_id", "status", "next_steps"],
    )
}

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let (seconds, max_tokens) = (arguments.wait_seconds, arguments.max_tokens);
    let cursor = arguments.cursor.clone();
    let synthesis_id = match &cursor {
        Some(cursor) => paging::synthesis_of(cursor)?,
        None => start(&context, arguments).await?,
    };
    let waiting = Waiting {
        synthesis_id,
        seconds,
        max_tokens,
        cursor: cursor.as_deref(),
        more: Map::new(),
    };
    synthesis_job::wait(&context, waiting).await
}

/// Starts the job.
async fn start(context: &ToolContext, arguments: Arguments) -> Result<String, Failure> {
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
    let call = synthesis_job::outliving(context);
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
