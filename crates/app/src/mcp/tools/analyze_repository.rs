//! `analyze_repository`: what a repository is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use synthesizer_engine::operations::analyze::{AnalyzeRequest, Detail};
use synthesizer_infrastructure::telemetry::tasks;
use synthesizer_model::{Failure, analysis::RepositoryAnalysis, reference::RepositoryReference};

use super::{Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture};
use crate::{
    answer::{self, compact_json},
    mcp::{
        analyses::{Analyses, DOCUMENT_LIMIT, Kept, new_handle},
        analysis_digest, arguments,
        paging::{self, Paging},
        resources,
        schema::{self, default_max_tokens, fields, objects, texts, yes},
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
    description: "Shows what a repository is made of: languages, dependencies with the manifest line that asks for each, licenses, \
        quality with evidence, where imports lead, and the components that synthesize_project can take, the best of each folder first \
        (id, size, needs, reuse score). Use component_query to find a component by words, REPO#ID to see one whole. The first page \
        is a summary; the rest goes on by cursor, and the whole is the resource that the result names. Reads only; nothing of the \
        repository is executed.",
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
    /// The repository: pypi:NAME[@VERSION], npm:NAME[@VERSION], cargo:NAME[@VERSION], github:OWNER/NAME[@REV], gitlab:GROUP/NAME,
    /// hf:OWNER/NAME, an https URL of a git repository, or a local folder such as ./name. With #ID of a component, that component alone
    /// is listed, and whole.
    #[schemars(length(min = 1, max = 2048))]
    repo_url: String,
    /// Also resolve the packages that the dependencies bring along.
    #[serde(default = "yes")]
    include_transitive_deps: bool,
    /// Also list the components that can be taken.
    #[serde(default = "yes")]
    extract_components: bool,
    /// Words such as "json encoder"; only components that match them are listed, the best match first. They are looked for in names,
    /// descriptions and public symbols.
    #[schemars(length(max = 500))]
    #[serde(default)]
    component_query: Option<String>,
    /// summary: packages and modules, each in short. full: classes, functions, every file and import too, and each component with its
    /// lists.
    #[serde(default)]
    detail: DetailArgument,
    /// The largest size of the answer, in tokens; below 1000 there is no room for its sections.
    #[schemars(range(min = 1000, max = 20000))]
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
            "handle": { "type": "string", "description": "Names this analysis for an hour; absent when it is too large to be kept." },
            "resource": { "type": "string", "description": "The resource with the whole of it, analysis://HANDLE; each field is below it by name." },
            "next_steps": texts("What to call next."),
            "repository": fields("platform, name, url, revision, version, description, stars, language"),
            "languages": { "type": "object", "additionalProperties": { "type": "number" }, "description": "Share of lines of code in percent." },
            "files_analyzed": { "type": "integer" },
            "lines_of_code": { "type": "integer" },
            "structure": fields("languages and roles, each with files, code, comments, blanks; other_files"),
            "quality_score": fields("overall (0 to 100), grade, parts (check to 0 to 100), evidence with check, result, score, path; unknown: checks that could not be made"),
            "manifests": objects("path, ecosystem, role, name, dependencies (how many)"),
            "dependencies": fields("summary with counts; direct with name, ecosystem, specifier, extras, marker, group (null for what is needed to run), manifest, line; transitive; conflicts"),
            "licenses": fields("declared; detected and nested with path, spdx, confidence; stated in files; disagreements; files_without"),
            "imports": fields("counts internal, standard_library, external, unresolved; packages with package, declared (manifest:line), files, first, role; unresolved_imports; cycles; cycle_sizes; edges in full detail"),
            "components": objects("id (what to write as component), name, kind, path, language, files, file_count, entry_points, internal_dependencies, internal_dependency_count, external_dependencies, lines_of_code, license, public_api_count, public_api, documented_share, description, reuse (score 0 to 1, rank, reasons). cut: true tells that lists of it are shortened; the counts are of the whole. At most three of one folder come before those of others"),
            "files": objects("In full detail: path, language, role, code, comments, blanks, license, public_symbols"),
            "requires_python": { "type": "string" },
            "problems": objects("What could not be read: path, what"),
            "analysis_time_ms": { "type": "integer" },
        }),
        &[
            "repository",
            "languages",
            "files_analyzed",
            "lines_of_code",
            "structure",
            "quality_score",
            "manifests",
            "dependencies",
            "licenses",
            "imports",
            "components",
            "problems",
            "next_steps",
        ],
    )
}

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let scope = paging::scope_of_arguments(DESCRIPTOR.name, &arguments);
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let mut paging = Paging::new(scope, arguments.max_tokens, arguments.cursor.as_deref())?;
    let repository = RepositoryReference::parse(&arguments.repo_url)?;
    let detail = match arguments.detail {
        DetailArgument::Summary => Detail::Summary,
        DetailArgument::Full => Detail::Full,
    };
    let whole = detail == Detail::Full || repository.component.is_some();
    let request = AnalyzeRequest {
        repository,
        include_transitive: arguments.include_transitive_deps,
        extract_components: arguments.extract_components,
        component_query: arguments.component_query,
        detail,
    };
    let correlation_id = context.call.correlation_id.clone();
    let analyses = context.analyses.clone();
    let mut document = match kept(&analyses, &paging).await? {
        Some(document) => document,
        None => {
            let spread = request.component_query.is_none();
            let analysis = context.engine.analyze(&context.call, request).await?;
            let maker = Maker {
                analyses,
                scope: paging.scope.clone(),
                correlation_id: correlation_id.clone(),
                spread,
            };
            compute(move || maker.document(&analysis)).await??
        }
    };
    if let Value::Object(fields) = &mut document {
        fields.insert("correlation_id".to_owned(), json!(correlation_id));
    }
    paging.inner = text_at(&document, "handle");
    let resource = text_at(&document, "resource");
    analysis_digest::digest(&mut document, whole);
    let mut answer = ToolAnswer::done(document, analysis_digest::parts(), paging);
    answer.resource = resource;
    Ok(answer)
}

/// Gives the analysis that the cursor continues, if it is still kept; another one's handle in a cursor finds nothing.
async fn kept(analyses: &Analyses, paging: &Paging) -> Result<Option<Value>, Failure> {
    let found = paging
        .inner
        .as_deref()
        .and_then(|handle| analyses.get(handle))
        .filter(|kept| kept.scope == paging.scope);
    match found {
        Some(kept) => compute(move || kept.document()).await.map(Some),
        None => Ok(None),
    }
}

/// Makes the document of an analysis and keeps it.
struct Maker {
    analyses: Analyses,
    scope: String,
    correlation_id: String,
    spread: bool,
}

impl Maker {
    fn document(self, analysis: &RepositoryAnalysis) -> Result<Value, Failure> {
        let mut found = answer::document(analysis, &self.correlation_id)?;
        if self.spread {
            analysis_digest::spread(&mut found);
        }
        let handle = new_handle()?;
        let uri = resources::uri_of(&handle);
        let mut document = json!({
            "handle": handle,
            "resource": uri,
            "next_steps": next_steps(analysis, Some(&uri)),
        });
        if let (Value::Object(fields), Value::Object(found)) = (&mut document, found) {
            fields.extend(found);
        }
        answer::label_as_data(&mut document);
        let text = compact_json(&document);
        if text.len() <= DOCUMENT_LIMIT {
            let scope = self.scope;
            self.analyses.keep(handle, Kept { scope, text });
        } else if let Value::Object(fields) = &mut document {
            fields.shift_remove("handle");
            fields.shift_remove("resource");
            fields.insert("next_steps".to_owned(), json!(next_steps(analysis, None)));
        }
        Ok(document)
    }
}

/// Says what to call next; in words of our own alone.
fn next_steps(analysis: &RepositoryAnalysis, uri: Option<&str>) -> Vec<String> {
    let mut steps = Vec::new();
    if !analysis.components.is_empty() {
        steps.push(
            "to take components: synthesize_project with repositories [{repo_url, components: [id, ...]}], project_name, \
             output_path and dry_run true"
                .to_owned(),
        );
        steps.push(
            "to see one component whole: analyze_repository with repo_url REPO#ID; to find some: component_query with words"
                .to_owned(),
        );
    }
    steps.push(match uri {
        Some(uri) => format!(
            "when truncated is true: the same arguments with cursor set to next_cursor, or read the resource {uri}/components \
             (any field by its name)"
        ),
        None => format!(
            "when truncated is true: the same arguments with cursor set to next_cursor; this analysis has more than {} MiB and is \
             not kept, so each page analyses again: ask for less with component_query or detail summary",
            DOCUMENT_LIMIT >> 20
        ),
    });
    steps
}

fn text_at(document: &Value, field: &str) -> Option<String> {
    document.get(field)?.as_str().map(str::to_owned)
}

/// Does work that may take long for a large document away from the threads that answer.
async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tasks::spawn_blocking("analysis_document", work)
        .await
        .map_err(|_| Failure::internal("the analysis could not be written"))
}
