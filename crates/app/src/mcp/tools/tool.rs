//! What a tool is: a descriptor and an asynchronous call. Must not know any tool.

use futures_util::future::BoxFuture;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::Value;
use synthesizer_engine::{Call, Engine};
use synthesizer_model::Failure;

use crate::mcp::{analyses::Analyses, budget::Part, paging::Paging, schema, serve::Profile};

/// A tool: one file with descriptor, arguments and call.
///
/// # Example
/// ```ignore
/// impl McpTool for VerifyProject {
///     fn descriptor(&self) -> &'static Descriptor { &DESCRIPTOR }
///     fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture { Box::pin(call(context, arguments)) }
/// }
/// ```
pub(in crate::mcp) trait McpTool: Send + Sync {
    /// Says what the tool is.
    fn descriptor(&self) -> &'static Descriptor;

    /// Does the work for unchecked arguments.
    fn call(&self, context: ToolContext, arguments: Value) -> ToolFuture;
}

/// The work of a tool.
pub(in crate::mcp) type ToolFuture = BoxFuture<'static, Result<ToolAnswer, Failure>>;

/// What clients are told of a tool.
pub(in crate::mcp) struct Descriptor {
    /// Its name.
    pub(in crate::mcp) name: &'static str,
    /// Its name for people.
    pub(in crate::mcp) title: &'static str,
    /// What it does and when to use it, for a model.
    pub(in crate::mcp) description: &'static str,
    /// The protocol's hints.
    pub(in crate::mcp) annotations: Annotations,
    /// Whether a read-only client must not have it.
    pub(in crate::mcp) writes: bool,
    /// Whether it holds no source in memory and starts no program, so that many may run at once.
    pub(in crate::mcp) light: bool,
    /// The schema of its arguments.
    pub(in crate::mcp) input_schema: fn() -> Value,
    /// The schema of its results, errors included.
    pub(in crate::mcp) output_schema: fn() -> Value,
}

/// The protocol's hints, all four.
#[derive(Debug, Clone, Copy)]
pub(in crate::mcp) struct Annotations {
    /// Changes nothing.
    pub(in crate::mcp) read_only: bool,
    /// May destroy something.
    pub(in crate::mcp) destructive: bool,
    /// A second call with the same arguments changes nothing more.
    pub(in crate::mcp) idempotent: bool,
    /// Reaches the outside world.
    pub(in crate::mcp) open_world: bool,
}

impl Descriptor {
    /// Gives the descriptor in the protocol's form.
    pub(in crate::mcp) fn to_protocol(&self) -> Tool {
        let hints = self.annotations;
        let annotations = ToolAnnotations::with_title(self.title)
            .read_only(hints.read_only)
            .destructive(hints.destructive)
            .idempotent(hints.idempotent)
            .open_world(hints.open_world);
        Tool::new(
            self.name,
            self.description,
            schema::object((self.input_schema)()),
        )
        .with_title(self.title)
        .with_raw_output_schema(schema::object((self.output_schema)()))
        .with_annotations(annotations)
    }
}

/// What a tool works with.
pub(in crate::mcp) struct ToolContext {
    /// The use cases.
    pub(in crate::mcp) engine: Engine,
    /// The call: progress, cancellation, correlation id.
    pub(in crate::mcp) call: Call,
    /// What the client may do.
    pub(in crate::mcp) profile: Profile,
    /// The analyses that can be read again.
    pub(in crate::mcp) analyses: Analyses,
}

/// What a tool found out.
pub(in crate::mcp) struct ToolAnswer {
    /// The whole result.
    pub(in crate::mcp) document: Value,
    /// What of it may be given in pieces, the most wanted first.
    pub(in crate::mcp) parts: Vec<Part>,
    /// Which page is wanted.
    pub(in crate::mcp) paging: Paging,
    /// Whether the document is an error object.
    pub(in crate::mcp) is_error: bool,
    /// The address of a resource that holds the whole.
    pub(in crate::mcp) resource: Option<String>,
}

impl ToolAnswer {
    /// Makes the answer of work that was done.
    pub(in crate::mcp) fn done(document: Value, parts: Vec<Part>, paging: Paging) -> Self {
        Self {
            document,
            parts,
            paging,
            is_error: false,
            resource: None,
        }
    }
}
