//! What a `package.json` says that matters for taking parts of its package. Text in, values out; what is not as it should be is left out.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use synthesizer_model::ecmascript::ModuleKind;

/// Targets of the main entry that are looked at.
const MOST_TARGETS: usize = 64;
/// Deepest nesting of conditions that is followed.
const DEEPEST: usize = 16;

/// A manifest.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) text: String,
    fields: Map<String, Value>,
}

impl Manifest {
    /// Reads a manifest; `None` when it is no object.
    pub(super) fn read(text: String) -> Option<Self> {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
        match serde_json::from_str::<Value>(bare) {
            Ok(Value::Object(fields)) => Some(Self { fields, text }),
            _ => None,
        }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    /// Gives the name.
    pub(super) fn name(&self) -> Option<&str> {
        self.field("name").filter(|name| !name.is_empty())
    }

    /// Gives the version.
    pub(super) fn version(&self) -> Option<&str> {
        self.field("version")
    }

    /// Says how Node.js reads files whose names do not tell.
    pub(super) fn kind(&self) -> ModuleKind {
        match self.field("type") {
            Some("module") => ModuleKind::Module,
            Some("commonjs") => ModuleKind::CommonJs,
            _ => ModuleKind::BySyntax,
        }
    }

    /// Says whether it names members of a workspace.
    pub(super) fn is_workspace(&self) -> bool {
        self.fields.contains_key("workspaces")
    }

    /// Gives where the sources are, as the manifest tells.
    pub(super) fn repository(&self) -> Option<String> {
        let repository = self.fields.get("repository")?;
        let written = repository
            .as_str()
            .or_else(|| repository.get("url").and_then(Value::as_str))
            .or_else(|| self.field("homepage"))?;
        let written = written.strip_prefix("git+").unwrap_or(written);
        (written.len() <= 300).then(|| written.to_owned())
    }

    /// Gives the `engines` that are texts.
    pub(super) fn engines(&self) -> BTreeMap<String, String> {
        let Some(Value::Object(engines)) = self.fields.get("engines") else {
            return BTreeMap::new();
        };
        engines
            .iter()
            .filter_map(|(name, range)| Some((name.clone(), range.as_str()?.to_owned())))
            .filter(|(name, range)| name.len() <= 40 && range.len() <= 200)
            .take(8)
            .collect()
    }

    /// Gives all scripts.
    pub(super) fn scripts(&self) -> impl Iterator<Item = &str> {
        let scripts = self.fields.get("scripts").and_then(Value::as_object);
        scripts
            .into_iter()
            .flat_map(Map::values)
            .filter_map(Value::as_str)
            .filter(|script| script.len() <= 2000)
            .take(MOST_TARGETS)
    }

    /// Gives a script.
    pub(super) fn script(&self, name: &str) -> Option<&str> {
        self.fields.get("scripts")?.get(name)?.as_str()
    }

    /// Lists what the main entry may lead to in Node.js, as written.
    pub(super) fn main_targets(&self) -> Vec<String> {
        let mut found = Vec::new();
        match self.fields.get("exports") {
            Some(Value::Object(map)) if map.keys().any(|key| key.starts_with('.')) => {
                if let Some(main) = map.get(".") {
                    collect(main, 0, &mut found);
                }
            }
            Some(Value::Null) | None => {}
            Some(main) => collect(main, 0, &mut found),
        }
        if found.is_empty() {
            found.push(self.field("main").unwrap_or("index.js").to_owned());
        }
        found
    }

    /// Lists the programs that it offers, as written.
    pub(super) fn programs(&self) -> Vec<String> {
        match self.fields.get("bin") {
            Some(Value::String(program)) => vec![program.clone()],
            Some(Value::Object(programs)) => programs
                .values()
                .filter_map(Value::as_str)
                .take(MOST_TARGETS)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// Collects the targets that Node.js may choose, by `import` or by `require`.
fn collect(target: &Value, depth: usize, found: &mut Vec<String>) {
    if depth > DEEPEST || found.len() >= MOST_TARGETS {
        return;
    }
    match target {
        Value::String(path) => found.push(path.clone()),
        Value::Array(targets) => {
            if let Some(first) = targets.first() {
                collect(first, depth + 1, found);
            }
        }
        Value::Object(map) => {
            let holds = |condition: &str| {
                matches!(
                    condition,
                    "node" | "import" | "require" | "module-sync" | "default"
                )
            };
            for (condition, target) in map {
                if !holds(condition) {
                    continue;
                }
                collect(target, depth + 1, found);
                // What follows is never asked: these hold for everybody.
                if matches!(condition.as_str(), "node" | "default") {
                    break;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        Manifest::read(text.to_owned()).expect("an object")
    }

    #[test]
    fn the_main_entry_is_what_node_may_choose() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(manifest(text).main_targets(), expected, "{text}");
        };
        check("{}", &["index.js"]);
        check(r#"{"main": "./a.js", "exports": null}"#, &["./a.js"]);
        check(r#"{"main": "./a.js", "exports": "./b.js"}"#, &["./b.js"]);
        check(
            r#"{"exports": {".": {"types": "./t.d.ts", "browser": "./w.js", "import": "./m.mjs", "require": "./c.js"}}}"#,
            &["./m.mjs", "./c.js"],
        );
        check(
            r#"{"exports": {".": {"node": {"import": "./n.mjs"}, "default": "./d.js"}}}"#,
            &["./n.mjs"],
        );
    }

    #[test]
    fn hostile_manifests_give_nothing_or_little() {
        let deep = format!("{{\"exports\": {}1{}}}", "[".repeat(5000), "]".repeat(5000));
        assert!(Manifest::read(deep).is_none());
        assert!(Manifest::read("[]".to_owned()).is_none());
        let prototype = manifest(r#"{"__proto__": {"type": "module"}, "engines": {"node": 3}}"#);
        assert_eq!(prototype.kind(), ModuleKind::BySyntax);
        assert!(prototype.engines().is_empty());
    }
}
