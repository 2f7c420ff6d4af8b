//! Looks names up in the `exports` and `imports` of a package, by the rules of Node.js
//! (<https://nodejs.org/api/packages.html#package-entry-points>). Knows no files.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Targets that are kept of one entry.
const MOST_TARGETS: usize = 64;

/// Patterns that are kept of one map; each look-up tries all of them.
const MOST_PATTERNS: usize = 500;

/// Deepest nesting of conditions that is followed.
const MAX_DEPTH: usize = 16;

/// What is known of who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conditions {
    /// Whether it asks by `require`.
    pub(super) by_require: bool,
    /// Whether it asks for types only.
    pub(super) types: bool,
}

impl Conditions {
    fn hold(self, condition: &str) -> bool {
        match condition {
            "import" | "module" => !self.by_require,
            "require" => self.by_require,
            "types" => self.types,
            "node" | "module-sync" | "default" => true,
            // `types@>=4.2` is for versions of TypeScript that can be expected.
            _ => self.types && condition.starts_with("types@>"),
        }
    }
}

/// One place that an entry may lead to.
#[derive(Debug)]
struct Target {
    /// The conditions around it, all of which have to hold.
    conditions: Vec<String>,
    path: String,
}

/// The entries of one map.
#[derive(Debug, Default)]
pub(super) struct Entries {
    exact: HashMap<String, Vec<Target>>,
    /// Keys with a star, and those of folders, the most specific first.
    patterns: Vec<(String, Vec<Target>)>,
}

impl Entries {
    /// Reads `exports`, which may be a map of entries or what the entry `.` leads to.
    pub(super) fn of_exports(exports: &Value) -> Self {
        match exports {
            Value::Object(map) if map.keys().any(|key| key.starts_with('.')) => Self::of_map(map),
            target => Self {
                exact: HashMap::from([(".".to_owned(), flattened(target))]),
                patterns: Vec::new(),
            },
        }
    }

    /// Reads a map of entries, as `imports` always is.
    pub(super) fn of_map(map: &Map<String, Value>) -> Self {
        let mut entries = Self::default();
        for (key, target) in map {
            if !key.contains('*') && !key.ends_with('/') {
                entries.exact.insert(key.clone(), flattened(target));
            } else if entries.patterns.len() < MOST_PATTERNS {
                entries.patterns.push((key.clone(), flattened(target)));
            }
        }
        entries.patterns.sort_by_key(|(key, _)| {
            let base = key.find('*').unwrap_or(key.len());
            std::cmp::Reverse((base, key.len()))
        });
        entries
    }

    /// Lists where an entry may lead, the likeliest first: by the conditions that hold, then every other target in the order of writing.
    /// What of them is there decides. Empty when there is no such entry.
    pub(super) fn targets(&self, entry: &str, conditions: Conditions) -> Vec<String> {
        match self.found(entry) {
            Some((targets, rest)) => listed(targets, rest, conditions),
            None => Vec::new(),
        }
    }

    /// Says whether an entry is one that leads nowhere on purpose: `"./private/*": null`.
    pub(super) fn hides(&self, entry: &str) -> bool {
        self.found(entry)
            .is_some_and(|(targets, _)| targets.is_empty())
    }

    /// Finds the targets of an entry, and what the star of its pattern stands for.
    fn found<'e>(&self, entry: &'e str) -> Option<(&[Target], Option<&'e str>)> {
        if let Some(targets) = self.exact.get(entry) {
            return Some((targets, None));
        }
        self.patterns
            .iter()
            .find_map(|(key, targets)| Some((targets.as_slice(), Some(matched(key, entry)?))))
    }
}

/// Gives what the star of a pattern stands for, or what follows a folder's entry.
fn matched<'e>(pattern: &str, entry: &'e str) -> Option<&'e str> {
    let rest = match pattern.split_once('*') {
        Some((before, after)) => entry.strip_prefix(before)?.strip_suffix(after)?,
        None => entry.strip_prefix(pattern)?,
    };
    (!rest.is_empty()).then_some(rest)
}

fn listed(targets: &[Target], rest: Option<&str>, conditions: Conditions) -> Vec<String> {
    let holds = |target: &&Target| {
        target
            .conditions
            .iter()
            .all(|condition| conditions.hold(condition))
    };
    let mut paths: Vec<String> = Vec::with_capacity(targets.len());
    for target in targets.iter().filter(holds).chain(targets) {
        let path = match rest {
            Some(rest) if target.path.ends_with('/') => format!("{}{rest}", target.path),
            Some(rest) => target.path.replace('*', rest),
            None => target.path.clone(),
        };
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

fn flattened(target: &Value) -> Vec<Target> {
    let mut found = Vec::new();
    collect(target, &mut Vec::new(), &mut found);
    found
}

fn collect<'v>(target: &'v Value, conditions: &mut Vec<&'v str>, found: &mut Vec<Target>) {
    if conditions.len() > MAX_DEPTH || found.len() >= MOST_TARGETS {
        return;
    }
    match target {
        Value::String(path) => found.push(Target {
            conditions: conditions.iter().copied().map(str::to_owned).collect(),
            path: path.clone(),
        }),
        Value::Array(targets) => {
            for target in targets {
                // An array is a level of its own, so that deep ones end; it asks for nothing.
                conditions.push("default");
                collect(target, conditions, found);
                conditions.pop();
            }
        }
        Value::Object(map) => {
            for (condition, target) in map {
                conditions.push(condition);
                collect(target, conditions, found);
                conditions.pop();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const IMPORT: Conditions = Conditions {
        by_require: false,
        types: false,
    };

    fn check(exports: &Value, entry: &str, conditions: Conditions, expected: &[&str]) {
        let found = Entries::of_exports(exports).targets(entry, conditions);
        assert_eq!(found, expected, "{entry}");
    }

    #[test]
    fn an_entry_lists_its_targets_by_condition() {
        let exports = json!({
            ".": {
                "types": "./i.d.ts",
                "require": "./i.cjs",
                "import": {"browser": "./b.js", "default": "./i.mjs"}
            },
            "./package.json": "./package.json",
            "./gone": null,
        });
        check(
            &exports,
            ".",
            IMPORT,
            &["./i.mjs", "./i.d.ts", "./i.cjs", "./b.js"],
        );
        let require = Conditions {
            by_require: true,
            types: false,
        };
        check(
            &exports,
            ".",
            require,
            &["./i.cjs", "./i.d.ts", "./b.js", "./i.mjs"],
        );
        let types = Conditions {
            by_require: false,
            types: true,
        };
        check(
            &exports,
            ".",
            types,
            &["./i.d.ts", "./i.mjs", "./i.cjs", "./b.js"],
        );
        check(&exports, "./package.json", IMPORT, &["./package.json"]);
        check(&exports, "./gone", IMPORT, &[]);
        check(&exports, "./none", IMPORT, &[]);
        check(&json!("./i.js"), ".", IMPORT, &["./i.js"]);
        check(&json!("./i.js"), "./x", IMPORT, &[]);
        check(
            &json!(["./i.js", {"default": "./j.js"}]),
            ".",
            IMPORT,
            &["./i.js", "./j.js"],
        );
    }

    #[test]
    fn the_longest_pattern_wins() {
        let exports = json!({
            "./*": "./dist/*.js",
            "./a/*": "./dist/a/*/index.js",
            "./a/*.css": "./css/*.css",
            "./old/": "./legacy/",
        });
        check(&exports, "./x/y", IMPORT, &["./dist/x/y.js"]);
        check(&exports, "./a/b", IMPORT, &["./dist/a/b/index.js"]);
        check(&exports, "./old/b.js", IMPORT, &["./legacy/b.js"]);
        check(&exports, "./a/b.css", IMPORT, &["./css/b.css"]);
    }

    #[test]
    fn hostile_maps_are_bounded() {
        let mut deep = json!("./x.js");
        for _ in 0..100 {
            deep = json!([deep]);
        }
        check(&deep, ".", IMPORT, &[]);
        let wide = json!(vec!["./x.js"; 10_000]);
        check(&wide, ".", IMPORT, &["./x.js"]);
    }
}
