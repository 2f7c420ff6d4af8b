//! JSON Schemas of tools: arguments from their structs, results from their lists of fields. Must use no keyword that clients trip over.

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The default of `max_tokens`.
pub(super) const DEFAULT_MAX_TOKENS: u32 = 8000;

/// Gives the default of `max_tokens` to serde.
pub(super) fn default_max_tokens() -> u32 {
    DEFAULT_MAX_TOKENS
}

/// Gives `true` to serde.
pub(super) fn yes() -> bool {
    true
}

/// Gives the schema of a struct of arguments, without references, null types and number formats.
pub(super) fn of_arguments<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    simplify(&mut schema);
    if let Value::Object(fields) = &mut schema {
        fields.remove("title");
        fields.remove("description");
    }
    schema
}

/// Gives the schema of a result with the given fields; `required` are those of every success, an error has `error` alone.
pub(super) fn of_result(properties: Value, required: &[&str]) -> Value {
    let Value::Object(mut fields) = properties else {
        return json!({ "type": "object" });
    };
    let common = json!({
        "correlation_id": { "type": "string" },
        "truncated": { "type": "boolean", "description": "Something was left out to fit max_tokens." },
        "next_cursor": { "type": "string", "description": "Pass it as cursor for the next page." },
        "left_out": { "type": "array", "items": { "type": "object" }, "description": "What the next pages hold, with counts." },
        "error": {
            "type": "object",
            "description": "The work could not be done.",
            "properties": {
                "code": { "type": "string" },
                "message": { "type": "string" },
                "hint": { "type": "string" },
                "correlation_id": { "type": "string" },
                "retry_after_seconds": { "type": "integer" },
                "details": { "type": "object" },
            },
            "required": ["code", "message"],
        },
    });
    if let Value::Object(common) = common {
        for (name, schema) in common {
            fields.entry(name).or_insert(schema);
        }
    }
    json!({
        "type": "object",
        "properties": fields,
        "anyOf": [{ "required": required }, { "required": ["error"] }],
    })
}

/// Gives a schema in the form that the protocol library wants.
pub(super) fn object(schema: Value) -> Arc<JsonObject> {
    match schema {
        Value::Object(fields) => Arc::new(fields),
        _ => Arc::new(Map::new()),
    }
}

/// A list of objects, by the names of their main fields.
pub(super) fn objects(description: &str) -> Value {
    json!({ "type": "array", "items": { "type": "object" }, "description": description })
}

/// A list of texts.
pub(super) fn texts(description: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

/// An object.
pub(super) fn fields(description: &str) -> Value {
    json!({ "type": "object", "description": description })
}

/// Makes optional arguments plain: no null type, no null default, no formats that only Rust knows.
fn simplify(schema: &mut Value) {
    let Value::Object(fields) = schema else {
        if let Value::Array(items) = schema {
            items.iter_mut().for_each(simplify);
        }
        return;
    };
    fields.remove("format");
    if let Some(Value::String(description)) = fields.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    if fields.get("default").is_some_and(Value::is_null) {
        fields.remove("default");
    }
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if choices.len() == 1
            && let Some(Value::Object(only)) = choices.pop()
        {
            fields.remove("anyOf");
            for (name, value) in only {
                fields.entry(name).or_insert(value);
            }
        }
    }
    if let Some(Value::Array(choices)) = fields.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    fields.values_mut().for_each(simplify);
}
