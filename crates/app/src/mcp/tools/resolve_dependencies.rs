//! `resolve_dependencies`: one set of packages that satisfies all the repositories, or why there is none.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use synthesizer_engine::operations::resolve::ResolveRequest;
use synthesizer_model::{
    Failure,
    dependency::Ecosystem,
    reference::RepositoryReference,
    resolution::{Resolution, ResolutionStatus},
};

use super::{Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture};
use crate::{
    answer,
    mcp::{
        arguments,
        budget::Part,
        paging::{self, Paging},
        schema::{self, default_max_tokens, objects},
    },
};

/// The tool.
pub(super) struct ResolveDependencies;

impl McpTool for ResolveDependencies {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture {
        Box::pin(call(context, arguments))
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    name: "resolve_dependencies",
    title: "Resolve dependencies together",
    description: "Finds one set of packages per family (Python by uv, Rust by cargo, JavaScript by npm) that satisfies what all the given \
        repositories need to run, with a lock file. When there is none, status is unsatisfiable, conflicts name the smallest set of \
        requirements that cannot hold together with repository, manifest and line, and relaxations are changes that were solved; pass the \
        constraint of one in constraints to get the set. unknown means that it could not be told. Nothing is installed or executed.",
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
    #[schemars(length(min = 1, max = 50), inner(length(min = 1, max = 2048)))]
    repositories: Vec<String>,
    /// Further requirements, such as numpy>=1.20, cargo:serde@^1.0.100, npm:react@^18; REPOSITORY :: REQUIREMENT in place of what that repository asks of the package, REPOSITORY :: without PACKAGE, REPOSITORY :: python>=3.9 for its Python versions.
    #[schemars(length(max = 200), inner(length(min = 1, max = 500)))]
    #[serde(default)]
    constraints: Vec<String>,
    /// The Python version to resolve for, such as 3.12; every version that the repositories allow, if not given.
    #[schemars(length(min = 1, max = 50))]
    #[serde(default)]
    python_version: Option<String>,
    /// Resolve only this family of packages.
    #[serde(default)]
    ecosystem: Option<EcosystemArgument>,
    /// The largest size of the answer, in tokens.
    #[schemars(range(min = 500, max = 20000))]
    #[serde(default = "default_max_tokens")]
    max_tokens: u32,
    /// The next_cursor of the last answer, for its next page; the other arguments stay the same.
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum EcosystemArgument {
    Python,
    Cargo,
    Npm,
}

fn output_schema() -> Value {
    schema::of_result(
        json!({
            "resolutions": objects("One per ecosystem: ecosystem, status (resolved, unsatisfiable or unknown), code, packages_resolved, packages with name, version, required_by, chain; lock with name, content; manifests, requirements_txt, requires_python, conflicts, relaxations with option, repository, requirement, becomes, constraint; explanation, derivation, solver, kept_for_seconds, warnings. Long texts go on, like lists, on the next pages."),
            "warnings": schema::texts("What to know about the whole."),
            "next_steps": schema::texts("What to call next."),
        }),
        &["resolutions"],
    )
}

/// The parts of one resolution, the most wanted first.
const PARTS: [&str; 8] = [
    "conflicts",
    "relaxations",
    "warnings",
    "packages",
    "derivation",
    "requirements_txt",
    "manifests",
    "lock.content",
];

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let scope = paging::scope_of_arguments(DESCRIPTOR.name, &arguments);
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let paging = Paging::new(scope, arguments.max_tokens, arguments.cursor.as_deref())?;
    let repositories = arguments
        .repositories
        .iter()
        .map(|text| RepositoryReference::parse(text))
        .collect::<Result<Vec<_>, _>>()?;
    let request = ResolveRequest {
        repositories,
        constraints: arguments.constraints,
        python_version: arguments.python_version,
        ecosystem: arguments.ecosystem.map(|ecosystem| match ecosystem {
            EcosystemArgument::Python => Ecosystem::Python,
            EcosystemArgument::Cargo => Ecosystem::Cargo,
            EcosystemArgument::Npm => Ecosystem::Npm,
        }),
        requirements_txt: true,
    };
    let found = context.engine.resolve(&context.call, request).await?;
    let mut document = answer::document(&found, &context.call.correlation_id)?;
    if let Value::Object(fields) = &mut document {
        fields.insert(
            "next_steps".to_owned(),
            json!(next_steps(&found.resolutions)),
        );
    }
    let of_resolutions = (0..found.resolutions.len()).flat_map(|index| {
        PARTS.map(|path| Part::below("", &format!("resolutions.{index}.{path}")))
    });
    let parts = std::iter::once(Part::below("", "next_steps"))
        .chain(of_resolutions)
        .collect();
    Ok(ToolAnswer::done(document, parts, paging))
}

/// Says whether a solver's answer has changes that can be passed back as constraints.
pub(super) fn offers_constraints(resolution: &Resolution) -> bool {
    let changes = &resolution.relaxations;
    changes.iter().any(|change| change.constraint.is_some())
}

/// Says what to call next; in words of our own alone.
fn next_steps(resolutions: &[Resolution]) -> Vec<&'static str> {
    let has = |status| resolutions.iter().any(|one| one.status == status);
    let mut steps = Vec::new();
    if resolutions.iter().any(offers_constraints) {
        steps.push(
            "to get a set: the same call with constraints set to the constraint of every relaxation of one option",
        );
    }
    if has(ResolutionStatus::Unknown) {
        steps.push("unknown is neither yes nor no: explanation and warnings of that family say what could not be told");
    }
    if has(ResolutionStatus::Resolved) {
        steps.push(
            "to combine parts: analyze_repository of each for the ids of its components, then synthesize_project with dry_run true",
        );
    }
    steps.push("when truncated is true: the same arguments with cursor set to next_cursor");
    steps
}
