//! Merges into `package.json`: all of a template's part, order kept; of a source nothing. What is lost with its manifest is reported.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use synthesizer_model::finding::{Finding, Severity};

use super::merged::{
    Extent, GENERATED, Lines, MergeSource, Merged, all_of, finding, listed, short,
};

/// Fields that npm reads only at the top of a project, or runs; and what is lost without them.
const LOST: &[(&str, &str)] = &[
    (
        "overrides",
        "the package was built with these versions of packages below its own",
    ),
    (
        "resolutions",
        "the package was built with these versions of packages below its own",
    ),
    (
        "pnpm",
        "the package was built with these settings of another package manager",
    ),
];
/// Scripts that npm runs by itself when a package is installed.
const RUN_BY_ITSELF: &[&str] = &["preinstall", "install", "postinstall", "prepare"];

/// A place in a document: keys, and numbers of list entries as text.
type Place = Vec<String>;

pub(super) fn merge(base: &str, sources: &[MergeSource<'_>]) -> Merged {
    let mut findings = Vec::new();
    let unchanged = |findings| Merged {
        text: base.to_owned(),
        origins: all_of(base, GENERATED),
        findings,
    };
    let Ok(Value::Object(mut document)) = serde_json::from_str(base) else {
        findings.push(Finding::new(
            Severity::Error,
            "merge-unreadable",
            "the generated file is no JSON object, so nothing is merged into it",
        ));
        return unchanged(findings);
    };
    let mut added: BTreeMap<Place, &str> = BTreeMap::new();
    for source in sources {
        let Ok(Value::Object(other)) = serde_json::from_str(source.text) else {
            let what = "the file is no JSON object, so nothing of it is merged";
            findings.push(finding(
                Severity::Warning,
                "merge-unreadable",
                source,
                None,
                what,
            ));
            continue;
        };
        if source.extent == Extent::Template {
            let mut adding = Adding {
                source,
                added: &mut added,
                findings: &mut findings,
            };
            adding.add(&mut document, &other, &mut Place::new());
        } else {
            tell_lost(source, &other, &mut findings);
        }
    }
    if added.is_empty() {
        return unchanged(findings);
    }
    let mut printing = Printing {
        added: &added,
        text: String::new(),
        owners: Vec::new(),
        current: Vec::new(),
    };
    printing.object(&document, &mut Place::new(), GENERATED);
    printing.end_line();
    let mut lines = Lines::of(&printing.text);
    for (number, owners) in printing.owners.iter().enumerate() {
        for owner in owners {
            lines.mark(number, number, owner);
        }
    }
    Merged {
        origins: lines.origins(),
        text: printing.text,
        findings,
    }
}

/// Adds what another object has. The depth is bounded by the parser.
struct Adding<'a, 'm> {
    source: &'a MergeSource<'a>,
    added: &'m mut BTreeMap<Place, &'a str>,
    findings: &'m mut Vec<Finding>,
}

impl Adding<'_, '_> {
    fn add(
        &mut self,
        base: &mut Map<String, Value>,
        other: &Map<String, Value>,
        place: &mut Place,
    ) {
        for (name, value) in other {
            place.push(name.clone());
            match base.get_mut(name) {
                None => {
                    self.added.insert(place.clone(), self.source.id);
                    base.insert(name.clone(), value.clone());
                }
                Some(Value::Object(base)) if value.is_object() => {
                    self.add(base, value.as_object().expect("an object"), place);
                }
                Some(Value::Array(base)) if value.is_array() => {
                    let mut known: std::collections::HashSet<String> =
                        base.iter().map(Value::to_string).collect();
                    for entry in value.as_array().expect("an array") {
                        if known.insert(entry.to_string()) {
                            place.push(base.len().to_string());
                            self.added.insert(place.clone(), self.source.id);
                            place.pop();
                            base.push(entry.clone());
                        }
                    }
                }
                Some(kept) if kept == value => {}
                Some(kept) => {
                    let what = format!(
                        "{} is {} in the project and {} here; the project keeps its own: set it by hand if the other is meant",
                        short(&place.join(".")),
                        short(&kept.to_string()),
                        short(&value.to_string())
                    );
                    self.findings.push(finding(
                        Severity::Warning,
                        "merge-clash",
                        self.source,
                        None,
                        &what,
                    ));
                }
            }
            place.pop();
        }
    }
}

fn tell_lost(source: &MergeSource<'_>, document: &Map<String, Value>, findings: &mut Vec<Finding>) {
    for (field, loss) in LOST {
        let Some(Value::Object(found)) = document.get(*field) else {
            continue;
        };
        let names: Vec<String> = found.keys().cloned().collect();
        let what = format!(
            "{field} of {} is not taken: {loss}; copy it into the project's package.json to keep it",
            listed(&names)
        );
        findings.push(finding(
            Severity::Warning,
            "settings-not-taken",
            source,
            line_of(source.text, field),
            &what,
        ));
    }
    let scripts: Vec<String> = RUN_BY_ITSELF
        .iter()
        .filter(|name| {
            document
                .get("scripts")
                .and_then(|scripts| scripts.get(**name))
                .is_some()
        })
        .map(|name| (*name).to_owned())
        .collect();
    if !scripts.is_empty() {
        let what = format!(
            "the scripts {} are not taken; what they would build when the package is installed is missing",
            listed(&scripts)
        );
        findings.push(finding(
            Severity::Warning,
            "settings-not-taken",
            source,
            line_of(source.text, "scripts"),
            &what,
        ));
    }
}

/// Gives the line of a key of the outermost object, counted from 1; the text is valid JSON.
fn line_of(text: &str, wanted: &str) -> Option<u32> {
    let (mut depth, mut line, mut start, mut escaped) = (0_usize, 1_u32, None, false);
    let mut last: Option<(&str, u32)> = None;
    for (at, byte) in text.bytes().enumerate() {
        match (start, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(begin), b'"') => {
                last = text.get(begin..at).map(|name| (name, line));
                start = None;
            }
            (Some(_), _) => {}
            (None, b'"') => start = Some(at + 1),
            (None, b'{' | b'[') => depth += 1,
            (None, b'}' | b']') => depth = depth.saturating_sub(1),
            (None, b'\n') => line += 1,
            (None, b':') if depth == 1 => {
                if let Some((name, line)) = last
                    && name == wanted
                {
                    return Some(line);
                }
            }
            (None, _) => {}
        }
    }
    None
}

/// Writes a document with two spaces a level, and notes whose each line is.
struct Printing<'a> {
    added: &'a BTreeMap<Place, &'a str>,
    text: String,
    owners: Vec<Vec<String>>,
    current: Vec<String>,
}

impl<'a> Printing<'a> {
    fn own(&mut self, owner: &str) {
        if !self.current.iter().any(|known| known == owner) {
            self.current.push(owner.to_owned());
        }
    }

    fn end_line(&mut self) {
        self.text.push('\n');
        self.owners.push(std::mem::take(&mut self.current));
    }

    fn line(&mut self, depth: usize) {
        self.end_line();
        self.text.push_str(&"  ".repeat(depth));
    }

    fn value(&mut self, value: &Value, place: &mut Place, owner: &'a str) {
        match value {
            Value::Object(object) if !object.is_empty() => self.object(object, place, owner),
            Value::Array(array) if !array.is_empty() => {
                self.text.push('[');
                for (number, entry) in array.iter().enumerate() {
                    if number > 0 {
                        self.text.push(',');
                    }
                    self.line(place.len() + 1);
                    place.push(number.to_string());
                    let owner = self.added.get(place).copied().unwrap_or(owner);
                    self.own(owner);
                    self.value(entry, place, owner);
                    place.pop();
                }
                self.line(place.len());
                self.own(owner);
                self.text.push(']');
            }
            scalar => self.text.push_str(&scalar.to_string()),
        }
    }

    fn object(&mut self, object: &Map<String, Value>, place: &mut Place, owner: &'a str) {
        self.own(owner);
        self.text.push('{');
        for (number, (name, value)) in object.iter().enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            self.line(place.len() + 1);
            place.push(name.clone());
            let owner = self.added.get(place).copied().unwrap_or(owner);
            self.own(owner);
            self.text.push_str(&Value::from(name.as_str()).to_string());
            self.text.push_str(": ");
            self.value(value, place, owner);
            place.pop();
        }
        self.line(place.len());
        self.own(owner);
        self.text.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str, extent: Extent) -> MergeSource<'_> {
        MergeSource {
            id: "x",
            path: "package.json",
            text,
            extent,
            folder: "",
        }
    }

    #[test]
    fn a_part_is_added_by_structure_and_in_order() {
        let base =
            "{\n  \"name\": \"a\",\n  \"files\": [\n    \"dist\"\n  ],\n  \"private\": true\n}\n";
        let part = "{\"private\": false, \"files\": [\"dist\", \"src\"], \"scripts\": {\"test\": \"x\"}, \"empty\": {}}";
        let merged = merge(base, &[source(part, Extent::Template)]);
        let expected = "{\n  \"name\": \"a\",\n  \"files\": [\n    \"dist\",\n    \"src\"\n  ],\n  \"private\": true,\n  \"scripts\": {\n    \"test\": \"x\"\n  },\n  \"empty\": {}\n}\n";
        assert_eq!(merged.text, expected);
        let origins: Vec<(u32, u32, &str)> = merged
            .origins
            .iter()
            .map(|one| (one.first, one.last, one.source.as_str()))
            .collect();
        assert_eq!(
            origins,
            [
                (1, 4, "generated"),
                (5, 5, "x"),
                (6, 7, "generated"),
                (8, 11, "x"),
                (12, 12, "generated")
            ]
        );
        assert_eq!(merged.findings.len(), 1);
        assert_eq!(merged.findings[0].kind, "merge-clash");
    }

    #[test]
    fn what_is_lost_of_a_source_is_told_with_its_line() {
        let text = "{\n  \"a\": {\"overrides\": {}},\n  \"overrides\": {\"b\": \"1\"},\n  \"scripts\": {\"postinstall\": \"x\", \"test\": \"y\"}\n}";
        let merged = merge("{}", &[source(text, Extent::Component)]);
        assert_eq!(merged.text, "{}");
        let told: Vec<Option<u32>> = merged.findings.iter().map(|finding| finding.line).collect();
        assert_eq!(told, [Some(3), Some(4)]);
        assert_eq!(merge("{}", &[source("[", Extent::Whole)]).findings.len(), 1);
    }
}
