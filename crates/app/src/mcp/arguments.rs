//! Checks a tool's arguments against its schema and names everything that is wrong. Must not repeat long or unsafe input.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use synthesizer_model::{ErrorCode, Failure};

use crate::answer::show;

/// The largest number of problems that are reported.
const PROBLEM_LIMIT: usize = 20;

/// Reads arguments; optional ones that are null count as not given.
///
/// # Errors
/// `E_ARGUMENT` with every problem.
pub(super) fn read<T: DeserializeOwned>(
    schema: &Value,
    mut arguments: Value,
) -> Result<T, Failure> {
    drop_absent(schema, &mut arguments);
    let mut problems = Vec::new();
    check(schema, &arguments, "", &mut problems);
    if problems.is_empty() {
        return serde_json::from_value(arguments).map_err(|error| {
            refuse(&[format!(
                "the arguments cannot be read: {}",
                show(&error.to_string())
            )])
        });
    }
    problems.truncate(PROBLEM_LIMIT);
    Err(refuse(&problems))
}

fn refuse(problems: &[String]) -> Failure {
    Failure::new(ErrorCode::Argument, problems.join("; "))
        .with_hint("see the tool's inputSchema")
        .with_details(json!({ "problems": problems }))
}

fn drop_absent(schema: &Value, arguments: &mut Value) {
    let required = names(schema, "required");
    if let Value::Object(fields) = arguments {
        fields.retain(|name, value| !value.is_null() || required.contains(&name.as_str()));
    }
}

fn names<'schema>(schema: &'schema Value, keyword: &str) -> Vec<&'schema str> {
    schema
        .get(keyword)
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// Checks the keywords that our schemas use. The depth is that of the schema, which is ours.
fn check(schema: &Value, value: &Value, place: &str, problems: &mut Vec<String>) {
    if problems.len() >= PROBLEM_LIMIT {
        return;
    }
    let named = if place.is_empty() {
        "the arguments"
    } else {
        place
    };
    if let Some(expected) = schema.get("type").and_then(Value::as_str)
        && !is_of_type(value, expected)
    {
        problems.push(format!("{named} must be of type {expected}"));
        return;
    }
    let choices = names(schema, "enum");
    if !choices.is_empty() && !value.as_str().is_some_and(|text| choices.contains(&text)) {
        problems.push(format!("{named} must be one of {}", choices.join(", ")));
    }
    match value {
        Value::Object(fields) => check_fields(schema, fields, place, problems),
        Value::Array(items) => {
            check_size(
                schema,
                items.len(),
                ["minItems", "maxItems"],
                "items",
                named,
                problems,
            );
            if let Some(item_schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    check(item_schema, item, &format!("{place}[{index}]"), problems);
                }
            }
        }
        Value::String(text) => {
            let length = text.chars().count();
            check_size(
                schema,
                length,
                ["minLength", "maxLength"],
                "characters",
                named,
                problems,
            );
        }
        Value::Number(number) => {
            let amount = number.as_f64().unwrap_or(f64::MAX);
            let low = schema.get("minimum").and_then(Value::as_f64);
            let high = schema.get("maximum").and_then(Value::as_f64);
            if low.is_some_and(|low| amount < low) || high.is_some_and(|high| amount > high) {
                let bounds = format!(
                    "{} to {}",
                    low.unwrap_or(f64::MIN),
                    high.unwrap_or(f64::MAX)
                );
                problems.push(format!("{named} must be {bounds}"));
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn check_fields(
    schema: &Value,
    fields: &serde_json::Map<String, Value>,
    place: &str,
    problems: &mut Vec<String>,
) {
    let known = schema.get("properties").and_then(Value::as_object);
    let prefix = if place.is_empty() {
        String::new()
    } else {
        format!("{place}.")
    };
    for name in names(schema, "required") {
        if !fields.contains_key(name) {
            problems.push(format!("{prefix}{name} is required"));
        }
    }
    for (name, value) in fields {
        match known.and_then(|known| known.get(name)) {
            Some(schema) => check(schema, value, &format!("{prefix}{name}"), problems),
            None => {
                let shown: String = show(name).chars().take(60).collect();
                let known: Vec<&str> = known
                    .map(|known| known.keys().map(String::as_str).collect())
                    .unwrap_or_default();
                let meant = meant(&shown, &known)
                    .map(|one| format!("did you mean {one}? "))
                    .unwrap_or_default();
                problems.push(format!(
                    "{prefix}{shown} is unknown; {meant}known are {}",
                    known.join(", ")
                ));
            }
        }
    }
}

/// Gives the known name that an unknown one most likely stands for: one with its words in it, or one a slip away.
fn meant<'known>(unknown: &str, known: &[&'known str]) -> Option<&'known str> {
    let words = |name: &str| -> Vec<String> {
        let words = name.split(['_', '-']).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).collect()
    };
    let asked = words(unknown);
    let is_part = |few: &[String], all: &[String]| {
        !few.is_empty() && few.iter().all(|word| all.contains(word))
    };
    let related = known.iter().find(|name| {
        let named = words(name);
        is_part(&asked, &named) || is_part(&named, &asked)
    });
    let slip = || {
        let near = known
            .iter()
            .map(|name| (slips(unknown, name), name))
            .filter(|(distance, name)| *distance <= 2 && distance * 3 <= name.len());
        near.min_by_key(|(distance, _)| *distance)
            .map(|(_, name)| name)
    };
    related.or_else(slip).copied()
}

/// Counts the characters to add, drop or change; both texts are short.
fn slips(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, one) in left.chars().enumerate() {
        let mut before = index;
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
        let mut last = index + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&right) {
            let changed = before + usize::from(one != *other);
            before = *cell;
            *cell = changed.min(before + 1).min(last + 1);
            last = *cell;
        }
    }
    row.last().copied().unwrap_or_default()
}

fn check_size(
    schema: &Value,
    size: usize,
    [low, high]: [&str; 2],
    unit: &str,
    named: &str,
    problems: &mut Vec<String>,
) {
    let bound = |keyword| {
        schema
            .get(keyword)
            .and_then(Value::as_u64)
            .and_then(|bound| usize::try_from(bound).ok())
    };
    if let Some(low) = bound(low).filter(|low| size < *low) {
        problems.push(format!("{named} must have at least {low} {unit}"));
    }
    if let Some(high) = bound(high).filter(|high| size > *high) {
        problems.push(format!("{named} must have at most {high} {unit}"));
    }
}

fn is_of_type(value: &Value, expected: &str) -> bool {
    match expected {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Unread {}

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "url": { "type": "string", "minLength": 1, "maxLength": 5 },
                "detail": { "type": "string", "enum": ["summary", "full"] },
                "wait": { "type": "integer", "minimum": 0, "maximum": 600 },
                "items": { "type": "array", "minItems": 1, "items": {
                    "type": "object", "properties": { "url": { "type": "string" } },
                    "required": ["url"], "additionalProperties": false,
                } },
            },
            "required": ["url"],
            "additionalProperties": false,
        })
    }

    fn check(arguments: Value, expected: &[&str]) {
        let found = match read::<Unread>(&schema(), arguments) {
            Ok(_) => Vec::new(),
            Err(failure) => {
                assert_eq!(failure.code, ErrorCode::Argument);
                failure.details.expect("details")["problems"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|problem| problem.as_str().expect("text").to_owned())
                    .collect()
            }
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn good_arguments_pass_and_null_counts_as_absent() {
        check(
            json!({ "url": "a", "detail": null, "wait": 3, "items": [{ "url": "b" }] }),
            &[],
        );
    }

    #[test]
    fn an_unknown_name_is_told_what_it_stands_for() {
        let known = ["repo_url", "wait_seconds", "components", "dry_run"];
        let check = |unknown: &str, expected: Option<&str>| {
            assert_eq!(meant(unknown, &known), expected, "{unknown}");
        };
        check("url", Some("repo_url"));
        check("wait", Some("wait_seconds"));
        check("component", Some("components"));
        check("dryrun", Some("dry_run"));
        check("wait-seconds", Some("wait_seconds"));
        check("path", None);
        check("", None);
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        check(json!([]), &["the arguments must be of type object"]);
        check(
            json!({ "detail": "some", "wait": 601, "items": [{ "urk": 1 }, 3], "a\nb": 1 }),
            &[
                "url is required",
                "detail must be one of summary, full",
                "wait must be 0 to 600",
                "items[0].url is required",
                "items[0].urk is unknown; did you mean url? known are url",
                "items[1] must be of type object",
                "a\\u{a}b is unknown; known are url, detail, wait, items",
            ],
        );
        check(
            json!({ "url": "", "items": [], "wait": 1.5 }),
            &[
                "url must have at least 1 characters",
                "items must have at least 1 items",
                "wait must be of type integer",
            ],
        );
        check(
            json!({ "url": "abcdef" }),
            &["url must have at most 5 characters"],
        );
    }
}
