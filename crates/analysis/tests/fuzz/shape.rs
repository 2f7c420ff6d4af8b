//! What is new about a result, without looking into the program: which fields it has, of what size, and the words of its messages. Stands
//! in for coverage, which stable Rust cannot count from inside a safe program.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

/// The features of one result. A feature that no result had before makes an input worth changing further.
pub(crate) type Shape = Vec<u64>;

/// Maps whose keys are names from the input.
const NAMED: [&str; 5] = [
    "bindings",
    "attributes",
    "languages",
    "runtimes",
    "entry_points",
];
/// Fields whose text is ours.
const MESSAGES: [&str; 6] = [
    "problem",
    "what",
    "syntax_errors",
    "unknown",
    "generated",
    "result",
];

/// Gives the features of a result.
pub(crate) fn of(result: &Value) -> Shape {
    let mut shape = Shape::new();
    collect(result, 0, false, &mut shape);
    shape.sort_unstable();
    shape.dedup();
    shape
}

fn collect(value: &Value, place: u64, is_message: bool, shape: &mut Shape) {
    match value {
        Value::Null => shape.push(hash(&(place, 0))),
        Value::Bool(value) => shape.push(hash(&(place, 1, value))),
        Value::Number(number) => {
            let size = number.as_u64().map_or(64, u64::leading_zeros);
            shape.push(hash(&(place, 2, size)));
        }
        Value::String(text) if is_message => shape.push(hash(&(place, words(text)))),
        Value::String(text)
            if text.len() <= 24
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-') =>
        {
            // A name of a kind, most likely; other short words add little.
            shape.push(hash(&(place, 4, text.len(), text.as_bytes().first())));
        }
        Value::String(text) => shape.push(hash(&(place, 3, text.len().checked_ilog2()))),
        Value::Array(items) => {
            shape.push(hash(&(place, 5, items.len().checked_ilog2())));
            for item in items {
                collect(item, place, is_message, shape);
            }
        }
        Value::Object(fields) => {
            shape.push(hash(&(place, 6, fields.len().checked_ilog2())));
            for (name, field) in fields {
                let below = hash(&(place, name));
                if NAMED.contains(&name.as_str()) {
                    let values = field.as_object().into_iter().flat_map(|map| map.values());
                    for value in values {
                        collect(value, below, false, shape);
                    }
                } else {
                    let message = is_message || MESSAGES.contains(&name.as_str());
                    collect(field, below, message, shape);
                }
            }
        }
    }
}

/// Gives the first words of a message, without what it quotes and counts.
fn words(message: &str) -> String {
    message
        .split(|character: char| !character.is_ascii_lowercase())
        .filter(|word| word.len() > 1)
        .take(6)
        .collect::<Vec<_>>()
        .join(" ")
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
