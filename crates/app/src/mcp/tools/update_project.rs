//! `update_project`: a project follows its sources, with what was edited in it. A dry run unless it is told otherwise.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use synthesizer_engine::operations::update::UpdateRequest;
use synthesizer_model::{ErrorCode, Failure};

use super::{Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture};
use crate::{
    answer,
    mcp::{
        analyses::{Analyses, DOCUMENT_LIMIT, Kept, new_handle},
        arguments,
        budget::Part,
        paging::{self, Paging},
        schema::{self, default_max_tokens, objects, texts},
    },
};

/// The tool.
pub(super) struct UpdateProject;

impl McpTool for UpdateProject {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture {
        Box::pin(call(context, arguments))
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    name: "update_project",
    title: "Update a project",
    description: "Moves the sources of a synthesised project to newer revisions and merges what they give with the edits made in the \
        project, file by file, as git merges; a file that cannot be merged gets conflict markers and is reported. By default it only \
        says what would be done; with dry_run false it writes. The state before is kept in git under refs/synthesizer/before-update.",
    annotations: Annotations {
        read_only: false,
        destructive: true,
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
    /// The project's folder, below the server's roots.
    #[schemars(length(min = 1, max = 4096))]
    project_path: String,
    /// Only say what would be done.
    #[serde(default = "default_dry_run")]
    dry_run: bool,
    /// Ids of the sources that move, as synthesis.lock names them. All, if neither these nor revisions are given.
    #[schemars(length(max = 64), inner(length(min = 1, max = 200)))]
    #[serde(default)]
    only: Vec<String>,
    /// Sources that move to a version, branch, tag or commit, each as ID=REVISION.
    #[schemars(length(max = 64), inner(length(min = 3, max = 500)))]
    #[serde(default)]
    to: Vec<String>,
    /// The largest size of the answer, in tokens.
    #[schemars(range(min = 500, max = 20000))]
    #[serde(default = "default_max_tokens")]
    max_tokens: u32,
    /// The next_cursor of the last answer, for its next page; the other arguments stay the same. Nothing is done again.
    #[serde(default)]
    cursor: Option<String>,
}

fn default_dry_run() -> bool {
    true
}

fn output_schema() -> Value {
    schema::of_result(
        json!({
            "status": { "type": "string", "description": "planned, updated, conflicts, unchanged, unresolved, unsatisfiable, interrupted or finished" },
            "code": { "type": "string", "description": "E_INCOMPATIBLE with conflicts, E_UNSATISFIABLE when the packages cannot be together" },
            "project_path": { "type": "string" },
            "dry_run": { "type": "boolean" },
            "base": { "type": ["string", "null"], "description": "Where the unedited files are from: git, sources, or both." },
            "sources": objects("id, from, to, held"),
            "files": objects("path, result (unchanged, updated, merged, conflict or kept), change, from, detail"),
            "warnings": texts("What to know."),
            "next_steps": texts("What to do next."),
        }),
        &["status", "sources", "files"],
    )
}

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let scope = paging::scope_of_arguments(DESCRIPTOR.name, &arguments);
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let mut paging = Paging::new(scope, arguments.max_tokens, arguments.cursor.as_deref())?;
    let is_further_page = arguments.cursor.is_some();
    let correlation_id = context.call.correlation_id.clone();
    let mut document = match kept(&context.analyses, &paging) {
        Some(document) => document,
        // An update is done once: what it answered cannot be found out by doing it again.
        None if is_further_page && !arguments.dry_run => return Err(forgotten()),
        None => {
            let request = UpdateRequest {
                project: arguments.project_path,
                dry_run: arguments.dry_run,
                only: arguments.only,
                to: arguments.to,
                verify: None,
            };
            let result = context.engine.update(&context.call, request).await?;
            let document = answer::document(&result, &correlation_id)?;
            paging.inner = keep(&context.analyses, &paging.scope, &document)?;
            document
        }
    };
    if let Value::Object(fields) = &mut document {
        fields.insert("correlation_id".to_owned(), json!(correlation_id));
    }
    let parts = ["warnings", "next_steps", "sources", "files"];
    let parts = parts.iter().map(|path| Part::below("", path)).collect();
    Ok(ToolAnswer::done(document, parts, paging))
}

/// Gives the whole answer that a cursor is of.
fn kept(answers: &Analyses, paging: &Paging) -> Option<Value> {
    let kept = answers.get(paging.inner.as_deref()?)?;
    (kept.scope == paging.scope).then(|| kept.document())
}

/// Keeps an answer for its further pages; gives its handle, or `None` for one that is too large.
///
/// # Errors
/// `E_INTERNAL` when the system gives no random bits.
fn keep(answers: &Analyses, scope: &str, document: &Value) -> Result<Option<String>, Failure> {
    let text = answer::compact_json(document);
    if text.len() > DOCUMENT_LIMIT {
        return Ok(None);
    }
    let handle = new_handle()?;
    let scope = scope.to_owned();
    answers.keep(handle.clone(), Kept { scope, text });
    Ok(Some(handle))
}

/// The failure of an answer whose further pages are gone.
fn forgotten() -> Failure {
    Failure::new(
        ErrorCode::NotFound,
        "the update was done, and the rest of its answer is not kept any more",
    )
    .with_hint(
        "git diff refs/synthesizer/before-update refs/synthesizer/update shows what it wrote; git status shows conflicts as they are now",
    )
}
