//! `analyze_repository`: what a repository is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use synthesizer_engine::operations::analyze::{AnalyzeRequest, Detail};
use synthesizer_model::{Failure, reference::RepositoryReference};

use super::{Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture};
use crate::{
    answer,
    mcp::{
        arguments,
        budget::Part,
        paging::{self, Paging},
        schema::{self, default_max_tokens, fields, objects, yes},
    },
};

/// The tool.
pub(super) struct AnalyzeRepository;

impl McpTool for AnalyzeRepository {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture {
        Box::pin(call(context, arguments))
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    name: "analyze_repository",
    title: "Analyze a repository",
    description: "Shows what a repository is made of: dependencies with the manifest line that asks for each, licenses, and the \
        components that synthesize_project can take (each with its files, its needs and its id). Use component_query to find a \
        component by words. Reads only; nothing of the repository is executed.",
    annotations: Annotations {
        read_only: true,
        destructive: false,
        idempotent: true,
        open_world: true,
    },
    writes: false,
    light: false,
    input_schema: schema::of_arguments::<Arguments>,
    output_schema,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The repository: pypi:NAME[@VERSION], github:OWNER/NAME[@REV], gitlab:GROUP/NAME, hf:OWNER/NAME, an https URL of a git
    /// repository, or a local folder such as ./name.
    #[schemars(length(min = 1, max = 2048))]
    repo_url: String,
    /// Also resolve the packages that the dependencies bring along.
    #[serde(default = "yes")]
    include_transitive_deps: bool,
    /// Also list the components that can be taken.
    #[serde(default = "yes")]
    extract_components: bool,
    /// Words; only components that match them are listed.
    #[schemars(length(max = 500))]
    #[serde(default)]
    component_query: Option<String>,
    /// How much to tell of each component.
    #[serde(default)]
    detail: DetailArgument,
    /// The largest size of the answer, in tokens.
    #[schemars(range(min = 500, max = 20000))]
    #[serde(default = "default_max_tokens")]
    max_tokens: u32,
    /// The next_cursor of the last answer, for its next page; the other arguments stay the same.
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DetailArgument {
    #[default]
    Summary,
    Full,
}

fn output_schema() -> Value {
    schema::of_result(
        json!({
            "notice": { "type": "string" },
            "repository": fields("platform, name, url, revision, version, description, stars, language"),
            "languages": { "type": "object", "additionalProperties": { "type": "number" }, "description": "Share of lines in percent." },
            "files_analyzed": { "type": "integer" },
            "lines_of_code": { "type": "integer" },
            "manifests": objects("path, ecosystem"),
            "dependencies": fields("summary with counts; direct with name, specifier, extras, marker, group (null for what is needed to run), manifest, line; transitive; conflicts"),
            "licenses": fields("declared, detected with path, spdx, confidence; files_without"),
            "components": objects("id (what to write as component), name, kind, path, files, entry_points, internal_dependencies, external_dependencies, lines_of_code, license, public_api_count, documented_share, description"),
            "requires_python": { "type": "string" },
            "problems": objects("What could not be read: path, what"),
            "analysis_time_ms": { "type": "integer" },
        }),
        &[
            "repository",
            "dependencies",
            "licenses",
            "components",
            "problems",
        ],
    )
}

const PARTS: [&str; 9] = [
    "dependencies.conflicts",
    "manifests",
    "licenses.detected",
    "licenses.texts",
    "dependencies.direct",
    "components",
    "dependencies.transitive",
    "problems",
    "quality_score.evidence",
];

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let scope = paging::scope_of_arguments(DESCRIPTOR.name, &arguments);
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let paging = Paging::new(scope, arguments.max_tokens, arguments.cursor.as_deref())?;
    let request = AnalyzeRequest {
        repository: RepositoryReference::parse(&arguments.repo_url)?,
        include_transitive: arguments.include_transitive_deps,
        extract_components: arguments.extract_components,
        component_query: arguments.component_query,
        detail: match arguments.detail {
            DetailArgument::Summary => Detail::Summary,
            DetailArgument::Full => Detail::Full,
        },
    };
    let analysis = context.engine.analyze(&context.call, request).await?;
    let mut document = answer::document(&analysis, &context.call.correlation_id)?;
    answer::label_as_data(&mut document);
    let parts = PARTS.iter().map(|path| Part::below("", path)).collect();
    Ok(ToolAnswer::done(document, parts, paging))
}
