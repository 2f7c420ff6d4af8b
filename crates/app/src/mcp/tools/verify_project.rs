//! `verify_project`: checks a synthesised project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use synthesizer_engine::operations::verify::VerifyRequest;
use synthesizer_model::{Failure, verification::Level};

use super::{Annotations, Descriptor, McpTool, ToolAnswer, ToolContext, ToolFuture};
use crate::{
    answer,
    mcp::{
        arguments,
        budget::Part,
        paging::{self, Paging},
        schema::{self, default_max_tokens, fields},
    },
};

/// The tool.
pub(super) struct VerifyProject;

impl McpTool for VerifyProject {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture {
        Box::pin(call(context, arguments))
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    name: "verify_project",
    title: "Verify a project",
    description: "Checks a synthesised project: parse (every file parses, every internal import resolves), install (the lock \
        installs and every module imports), test (its tests pass). Its code runs only in a sandbox without network; a check that \
        could not run says not_run and why.",
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
    /// The project's folder, below the server's roots.
    #[schemars(length(min = 1, max = 4096))]
    project_path: String,
    /// How deep to check; each level includes the ones before.
    #[serde(default)]
    level: LevelArgument,
    /// Also check that the files are those of synthesis.lock.
    #[serde(default)]
    locked: bool,
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
enum LevelArgument {
    Parse,
    #[default]
    Install,
    Test,
}

fn output_schema() -> Value {
    schema::of_result(
        json!({
            "verification": fields("level, checks with name, result (passed, failed or not_run), detail"),
            "project_path": { "type": "string" },
            "code": { "type": ["string", "null"], "description": "E_VERIFY when a check failed" },
        }),
        &["verification"],
    )
}

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let scope = paging::scope_of_arguments(DESCRIPTOR.name, &arguments);
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let paging = Paging::new(scope, arguments.max_tokens, arguments.cursor.as_deref())?;
    let request = VerifyRequest {
        project: arguments.project_path,
        level: match arguments.level {
            LevelArgument::Parse => Level::Parse,
            LevelArgument::Install => Level::Install,
            LevelArgument::Test => Level::Test,
        },
        locked: arguments.locked,
    };
    let found = context.engine.verify(&context.call, request).await?;
    let document = answer::document(&found, &context.call.correlation_id)?;
    let parts = vec![Part::below("", "verification.checks")];
    Ok(ToolAnswer::done(document, parts, paging))
}
