//! `get_platforms`: which platforms are searched, with which credentials, and how they are.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use synthesizer_model::Failure;

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
pub(super) struct GetPlatforms;

impl McpTool for GetPlatforms {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture {
        Box::pin(call(context, arguments))
    }
}

static DESCRIPTOR: Descriptor = Descriptor {
    name: "get_platforms",
    title: "Show the platforms",
    description: "Shows which platforms search_repositories asks, whether credentials are sent, whether each answered lately, the state \
        of its circuit breaker, what is left of its limit, and the last error. A platform that is not enabled says how to enable it.",
    annotations: Annotations {
        read_only: true,
        destructive: false,
        idempotent: true,
        open_world: true,
    },
    writes: false,
    light: true,
    input_schema: schema::of_arguments::<Arguments>,
    output_schema,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The largest size of the answer, in tokens.
    #[schemars(range(min = 500, max = 20000))]
    #[serde(default = "default_max_tokens")]
    max_tokens: u32,
    /// The next_cursor of the last answer, for its next page.
    #[serde(default)]
    cursor: Option<String>,
}

fn output_schema() -> Value {
    schema::of_result(
        json!({
            "platforms": objects("name, title, enabled, authenticated, healthy (null while unknown), breaker, quota with limit, remaining, reset_at; description, last_error, remarks."),
        }),
        &["platforms"],
    )
}

async fn call(context: ToolContext, arguments: Value) -> Result<ToolAnswer, Failure> {
    let scope = paging::scope_of_arguments(DESCRIPTOR.name, &arguments);
    let arguments: Arguments = arguments::read(&(DESCRIPTOR.input_schema)(), arguments)?;
    let paging = Paging::new(scope, arguments.max_tokens, arguments.cursor.as_deref())?;
    let check = !context.engine.config().offline;
    let answer = context.engine.platforms(&context.call, check).await?;
    let document = answer::document(&answer, &context.call.correlation_id)?;
    Ok(ToolAnswer::done(
        document,
        vec![Part::below("", "platforms")],
        paging,
    ))
}
