//! Makes the document of an analysis worth a page: what helps to choose comes whole, long lists within one item come short. Must not
//! touch what is kept for later.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::budget::Part;

/// A list with few items is told with each of them whole.
const FEW: usize = 3;

/// How many components of one folder come before those of others.
const OF_ONE_FOLDER: usize = 3;

/// The lists of a component and how much of each a digest has, with the field that tells how many there are.
const COMPONENT_LISTS: [(&str, usize, &str); 7] = [
    ("files", 0, "file_count"),
    ("resources", 1, "resource_count"),
    ("cycle", 2, "cycle_count"),
    ("entry_points", 3, "entry_point_count"),
    ("internal_dependencies", 2, "internal_dependency_count"),
    ("external_dependencies", 6, "external_dependency_count"),
    ("public_api", 3, "public_api_count"),
];

/// The longest description of a component in a digest, in characters.
const DESCRIPTION_LIMIT: usize = 160;

/// How many files of a circle of imports a digest names.
const CYCLE_LIMIT: usize = 6;

/// The parts of an analysis with their shares of a page, the first to get what is left first.
const PARTS: [(&str, usize); 24] = [
    ("next_steps", 8),
    ("languages", 3),
    ("dependencies.conflicts", 4),
    ("quality_score.parts", 3),
    ("quality_score.evidence", 10),
    ("structure.roles", 4),
    ("licenses.detected", 2),
    ("components", 40),
    ("dependencies.direct", 14),
    ("imports.packages", 9),
    ("structure.languages", 6),
    ("manifests", 5),
    ("problems", 5),
    ("licenses.disagreements", 2),
    ("licenses.stated", 2),
    ("licenses.nested", 3),
    ("licenses.texts", 1),
    ("quality_score.unknown", 2),
    ("imports.cycles", 4),
    ("imports.cycle_sizes", 1),
    ("imports.unresolved_imports", 3),
    ("dependencies.transitive", 5),
    ("files", 2),
    ("imports.edges", 1),
];

/// Gives the parts of an analysis.
pub(super) fn parts() -> Vec<Part> {
    PARTS
        .iter()
        .map(|(path, share)| Part::below("", path).with_share(*share))
        .collect()
}

/// Puts the components of one folder apart, three at a time, so that the first of the list are not all of one kind.
///
/// Within that the order stays, so that the best of each folder come first.
pub(super) fn spread(document: &mut Value) {
    let Some(Value::Array(components)) = document.get_mut("components") else {
        return;
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut placed: Vec<(usize, Value)> = std::mem::take(components)
        .into_iter()
        .map(|component| {
            let path = component.get("path").and_then(Value::as_str).unwrap_or("");
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let count = seen.entry(folder.to_owned()).or_default();
            *count += 1;
            ((*count - 1) / OF_ONE_FOLDER, component)
        })
        .collect();
    placed.sort_by_key(|(turn, _)| *turn);
    components.extend(placed.into_iter().map(|(_, component)| component));
}

/// Shortens what stands within one item. `whole` leaves the components as they are; so do few of them.
pub(super) fn digest(document: &mut Value, whole: bool) {
    if let Some(Value::Array(components)) = document.get_mut("components")
        && !whole
        && components.len() > FEW
    {
        components.iter_mut().for_each(digest_component);
    }
    if let Some(Value::Object(imports)) = document.get_mut("imports") {
        digest_cycles(imports);
    }
    for list in ["/licenses/detected", "/licenses/nested"] {
        if let Some(Value::Array(licenses)) = document.pointer_mut(list) {
            licenses.iter_mut().for_each(round_confidence);
        }
    }
    if let Some(Value::Array(direct)) = document.pointer_mut("/dependencies/direct")
        && !whole
    {
        direct.iter_mut().for_each(digest_dependency);
    }
}

fn digest_component(component: &mut Value) {
    let Value::Object(fields) = component else {
        return;
    };
    let mut cut = false;
    for (name, count, told_by) in COMPONENT_LISTS {
        let Some(Value::Array(items)) = fields.get_mut(name) else {
            continue;
        };
        let all = items.len();
        if all > count {
            items.truncate(count);
            fields
                .entry(told_by.to_owned())
                .or_insert_with(|| json!(all));
            cut = true;
        }
    }
    if let Some(Value::String(description)) = fields.get_mut("description")
        && let Some((end, _)) = description.char_indices().nth(DESCRIPTION_LIMIT)
    {
        description.truncate(end);
        description.push('…');
        cut = true;
    }
    if let Some(Value::Object(reuse)) = fields.get_mut("reuse") {
        cut |= reuse.shift_remove("reasons").is_some();
    }
    if cut {
        fields.insert("cut".to_owned(), json!(true));
    }
}

/// Cuts circles of imports and tells how large they are.
fn digest_cycles(imports: &mut Map<String, Value>) {
    let Some(Value::Array(cycles)) = imports.get_mut("cycles") else {
        return;
    };
    let mut sizes = Vec::new();
    for cycle in cycles {
        if let Value::Array(files) = cycle {
            sizes.push(json!(files.len()));
            files.truncate(CYCLE_LIMIT);
        }
    }
    if !sizes.is_empty() {
        imports.insert("cycle_sizes".to_owned(), Value::Array(sizes));
    }
}

/// Gives a confidence two digits; more say nothing.
fn round_confidence(license: &mut Value) {
    if let Some(confidence) = license.get_mut("confidence")
        && let Some(exact) = confidence.as_f64()
    {
        *confidence = json!((exact * 100.0).round() / 100.0);
    }
}

/// Drops what says the same again, and hashes, which are for programs.
fn digest_dependency(dependency: &mut Value) {
    let Value::Object(fields) = dependency else {
        return;
    };
    if fields.get("parsed") == fields.get("specifier") {
        fields.shift_remove("parsed");
    }
    if let Some(Value::Array(hashes)) = fields.shift_remove("hashes") {
        fields.insert("hash_count".to_owned(), json!(hashes.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(path: &str) -> Value {
        json!({
            "id": path, "path": path, "files": ["a", "b"], "file_count": 90, "external_dependencies": ["x"],
            "public_api": ["a", "b", "c", "d"], "public_api_count": 70, "description": "é".repeat(200),
            "reuse": { "score": 0.5, "rank": 1, "reasons": ["r"] },
        })
    }

    #[test]
    fn a_component_is_told_short_with_counts() {
        let all: Vec<Value> = (0..4)
            .map(|number| component(&number.to_string()))
            .collect();
        let mut document = json!({ "components": all });
        digest(&mut document, false);
        let expected = json!({
            "id": "0", "path": "0", "files": [], "file_count": 90, "external_dependencies": ["x"],
            "public_api": ["a", "b", "c"], "public_api_count": 70, "description": format!("{}…", "é".repeat(160)),
            "reuse": { "score": 0.5, "rank": 1 }, "cut": true,
        });
        assert_eq!(document["components"][0], expected);
        for (count, whole) in [(4, true), (3, false)] {
            let mut document = json!({ "components": all[..count] });
            digest(&mut document, whole);
            assert_eq!(document["components"][0], all[0]);
        }
    }

    #[test]
    fn circles_are_cut_and_counted() {
        let files: Vec<String> = (0..30).map(|number| number.to_string()).collect();
        let mut document = json!({ "imports": { "cycles": [files, ["a", "b"]] } });
        digest(&mut document, true);
        let expected = json!({ "cycles": [["0", "1", "2", "3", "4", "5"], ["a", "b"]], "cycle_sizes": [30, 2] });
        assert_eq!(document["imports"], expected);
    }

    #[test]
    fn components_of_one_folder_take_turns_with_others() {
        let paths = [
            "l/a", "l/b", "l/c", "l/d", "l/e", "m/a", "top", "l/f", "l/g",
        ];
        let mut document = json!({ "components": paths.map(component) });
        spread(&mut document);
        let order: Vec<&str> = document["components"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|component| component["id"].as_str())
            .collect();
        assert_eq!(
            order,
            [
                "l/a", "l/b", "l/c", "m/a", "top", "l/d", "l/e", "l/f", "l/g"
            ]
        );
    }
}
