//! `check_compatibility`: whether repositories can live together: packages, runtimes, licenses, names.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use synthesizer_engine::operations::compat::CompatRequest;
use synthesizer_model::{
    Failure,
    compatibility::{Compatibility, Verdict},
    reference::RepositoryReference,
};

use super::{Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture};
use crate::{
    answer,
    mcp::{
        arguments,
        budget::Part,
        paging::{self, Paging},
        schema::{self, default_max_tokens, fields, objects, texts},
    },
};

/// The tool.
pub(super) struct CheckCompatibility;

impl McpTool for CheckCompatibility {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture {
        Box::pin(call(context, arguments))
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    name: "check_compatibility",
    title: "Check whether repositories fit together",
    description: "Says whether repositories can live together in one project: packages (by the families' own solvers), versions of languages \
        and runtimes, licenses, names. The verdict is compatible, conditional, incompatible or unknown; each finding names the repositories, \
        their requirements with manifest and line, and a fix where one is known. Pass the constraint of a relaxation in constraints to see \
        that it helps. No legal advice. Nothing is installed or executed.",
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
    /// The repositories, each as in analyze_repository.
    #[schemars(length(min = 2, max = 50), inner(length(min = 1, max = 2048)))]
    repo_urls: Vec<String>,
    /// The Python version to compare for, such as 3.12; every version that the repositories allow, if not given.
    #[schemars(length(min = 1, max = 50))]
    #[serde(default)]
    target_python_version: Option<String>,
    /// The license under which the combined work is to be passed on, as an SPDX expression.
    #[schemars(length(min = 1, max = 500))]
    #[serde(default)]
    outbound_license: Option<String>,
    /// Further requirements, as in resolve_dependencies.
    #[schemars(length(max = 200), inner(length(min = 1, max = 500)))]
    #[serde(default)]
    constraints: Vec<String>,
    /// The largest size of the answer, in tokens.
    #[schemars(range(min = 500, max = 20000))]
    #[serde(default = "default_max_tokens")]
    max_tokens: u32,
    /// The next_cursor of the last answer, for its next page; the other arguments stay the same.
    #[serde(default)]
    cursor: Option<String>,
}

fn output_schema() -> Value {
    schema::of_result(
        json!({
            "verdict": { "type": "string", "enum": ["compatible", "conditional", "unknown", "incompatible"] },
            "code": { "type": "string", "description": "E_INCOMPATIBLE when the answer is no." },
            "repositories_checked": { "type": "integer" },
            "dimensions": fields("dependencies, runtime, licenses, names: each with verdict and findings with what, verdict, repositories, requirements (repository, specifier, manifest, line), fix."),
            "pairs": objects("Every pair: repositories, verdict, because_of."),
            "possible_outbound_licenses": texts("Licenses under which the whole may be passed on, the freest first."),
            "resolutions": objects("What each family's solver said, without packages and locks; relaxations are changes that were solved."),
            "explanation": { "type": "string" },
            "diagram": { "type": "string", "description": "What contradicts what, as Mermaid." },
            "warnings": texts("What to know."),
            "next_steps": texts("What to call next."),
        }),
        &["verdict", "dimensions", "explanation"],
    )
}

/// The parts of an answer, the most wanted first.
const PARTS: [&str; 10] = [
    "explanation",
    "next_steps",
    "dimensions.dependencies.findings",
    "dimensions.licenses.findings",
    "dimensions.runtime.findings",
    "dimensions.names.findings",
    "possible_outbound_licenses",
    "pairs",
    "warnings",
    "diagram",
];

/// The parts of one resolution.
const PARTS_OF_RESOLUTION: [&str; 4] = ["relaxations", "conflicts", "warnings", "derivation"];

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let scope = paging::scope_of_arguments(DESCRIPTOR.name, &arguments);
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let paging = Paging::new(scope, arguments.max_tokens, arguments.cursor.as_deref())?;
    let repositories = arguments
        .repo_urls
        .iter()
        .map(|text| RepositoryReference::parse(text))
        .collect::<Result<Vec<_>, _>>()?;
    let asked_for_license = arguments.outbound_license.is_some();
    let request = CompatRequest {
        repositories,
        constraints: arguments.constraints,
        python_version: arguments.target_python_version,
        outbound_license: arguments.outbound_license,
    };
    let found = context.engine.compat(&context.call, request).await?;
    let mut document = answer::document(&found, &context.call.correlation_id)?;
    if let Value::Object(fields) = &mut document {
        let steps = next_steps(&found.compatibility, asked_for_license);
        fields.insert("next_steps".to_owned(), json!(steps));
    }
    let of_resolutions = (0..found.compatibility.resolutions.len()).flat_map(|index| {
        PARTS_OF_RESOLUTION.map(|path| Part::below("", &format!("resolutions.{index}.{path}")))
    });
    let parts = PARTS
        .into_iter()
        .map(|path| Part::below("", path))
        .chain(of_resolutions)
        .collect();
    Ok(ToolAnswer::done(document, parts, paging))
}

/// Says what to call next; in words of our own alone.
fn next_steps(found: &Compatibility, asked_for_license: bool) -> Vec<&'static str> {
    let mut steps = Vec::new();
    if found
        .resolutions
        .iter()
        .any(super::resolve_dependencies::offers_constraints)
    {
        steps.push(
            "to try a way out: the same call with constraints set to the constraint of every relaxation of one option, as \
             resolutions[].relaxations lists them",
        );
    }
    let has_unknown = found
        .dimensions
        .named()
        .iter()
        .any(|(_, dimension)| dimension.verdict == Verdict::Unknown);
    if has_unknown {
        steps.push(
            "unknown is neither yes nor no: a finding with that verdict says what could not be told, its fix what would help",
        );
    }
    if found.verdict != Verdict::Incompatible {
        steps.push(
            "for packages and locks: resolve_dependencies with repositories set to the same references, and the same constraints",
        );
        steps.push(
            "to combine parts: analyze_repository of each for the ids of its components, then synthesize_project with dry_run true",
        );
    }
    if !asked_for_license && !found.possible_outbound_licenses.is_empty() {
        steps.push("to check one license for the whole: the same call with outbound_license");
    }
    steps
}
