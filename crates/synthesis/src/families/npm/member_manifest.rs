//! The manifest of a package that became a member of the workspace: what npm would run, publish or fetch from elsewhere is taken out, and
//! told. Order and everything else stay.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use synthesizer_model::{
    Failure,
    ecmascript::TakenPackage,
    finding::{Finding, Severity},
    text::escape_untrusted,
};

use super::manifest::printed;

/// Scripts that npm runs by itself (npm documentation, "scripts", life cycle).
const RUN_BY_ITSELF: &[&str] = &[
    "preinstall",
    "install",
    "postinstall",
    "preuninstall",
    "uninstall",
    "postuninstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
    "prepublishOnly",
    "prepack",
    "postpack",
    "publish",
    "postpublish",
    "preversion",
    "version",
    "postversion",
    "dependencies",
];
/// Fields that mean nothing or the wrong thing in a member, with what to say of them.
const TAKEN_OUT: &[(&str, &str)] = &[
    ("workspaces", "a member has no members of its own"),
    ("publishConfig", ""),
    ("packageManager", ""),
    ("devEngines", ""),
    ("gypfile", ""),
    ("directories", ""),
    ("man", ""),
    (
        "overrides",
        "npm reads overrides at the top of a project only; the package may get other versions than it was made with",
    ),
    (
        "resolutions",
        "npm reads no resolutions; the package may get other versions than it was made with",
    ),
    (
        "pnpm",
        "npm does not read the settings of another package manager",
    ),
];
/// Deepest nesting of `exports` that is looked at.
const DEEPEST: usize = 32;

/// The other packages of the source that are members too: folder to version.
pub(crate) type Siblings = BTreeMap<String, Option<String>>;

/// Writes the manifest of a member; the findings have no place yet.
///
/// # Errors
/// `E_INTERNAL` when the manifest is no object, which was read before.
pub(crate) fn normalised(
    text: &str,
    package: &TakenPackage,
    siblings: &Siblings,
) -> Result<(String, Vec<Finding>), Failure> {
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Ok(Value::Object(document)) = serde_json::from_str(bare) else {
        return Err(Failure::internal("a member's manifest is no JSON object"));
    };
    let mut member = Member {
        document,
        findings: Vec::new(),
    };
    member.take_out_fields();
    member.take_out_scripts();
    member.take_out_bundles();
    member.choose_development(package);
    for section in [
        "dependencies",
        "optionalDependencies",
        "peerDependencies",
        "devDependencies",
    ] {
        member.check_dependencies(section, package, siblings);
    }
    member.check_programs();
    member.check_entries();
    Ok((printed(&Value::Object(member.document))?, member.findings))
}

struct Member {
    document: Map<String, Value>,
    findings: Vec<Finding>,
}

impl Member {
    fn tell(&mut self, severity: Severity, kind: &str, what: String) {
        self.findings
            .push(Finding::new(severity, kind, escape_untrusted(&what)));
    }

    fn take_out_fields(&mut self) {
        // Fields that registries add, and `__proto__`.
        self.document.retain(|name, _| !name.starts_with('_'));
        for (field, why) in TAKEN_OUT {
            if self.document.shift_remove(*field).is_some() && !why.is_empty() {
                self.tell(
                    Severity::Warning,
                    "manifest-field-removed",
                    format!("{field} was taken out of the manifest: {why}"),
                );
            }
        }
    }

    fn take_out_scripts(&mut self) {
        let Some(Value::Object(scripts)) = self.document.get_mut("scripts") else {
            self.document.shift_remove("scripts");
            return;
        };
        let mut removed = Vec::new();
        scripts.retain(|name, script| {
            let runs = RUN_BY_ITSELF.contains(&name.as_str());
            if runs {
                removed.push((name.clone(), script.clone()));
            }
            !runs && script.is_string()
        });
        let is_empty = scripts.is_empty();
        if is_empty {
            self.document.shift_remove("scripts");
        }
        for (name, script) in removed {
            let script: String = script
                .as_str()
                .unwrap_or_default()
                .chars()
                .take(120)
                .collect();
            let at_install = matches!(name.as_str(), "preinstall" | "install" | "postinstall");
            let severity = if at_install {
                Severity::Warning
            } else {
                Severity::Info
            };
            let what = format!("the script {name} was taken out and never run: {script}");
            self.tell(severity, "lifecycle-script-removed", what);
        }
    }

    fn take_out_bundles(&mut self) {
        for field in ["bundledDependencies", "bundleDependencies"] {
            let removed = self.document.shift_remove(field);
            if removed.is_some_and(|value| value.as_array().is_some_and(|list| !list.is_empty())) {
                let what =
                    "packages that it was published with are installed from the registry instead";
                self.tell(Severity::Warning, "bundled-dependencies", what.to_owned());
            }
        }
    }

    /// Keeps what the package's tests need of what its development needed.
    fn choose_development(&mut self, package: &TakenPackage) {
        if let Some(Value::Object(development)) = self.document.get_mut("devDependencies") {
            development.retain(|name, _| package.test_packages.contains(name));
            if development.is_empty() {
                self.document.shift_remove("devDependencies");
            }
        } else {
            self.document.shift_remove("devDependencies");
        }
    }

    fn check_dependencies(&mut self, section: &str, package: &TakenPackage, siblings: &Siblings) {
        let Some(Value::Object(asked)) = self.document.get_mut(section) else {
            self.document.shift_remove(section);
            return;
        };
        let mut told = Vec::new();
        let mut kept = Map::new();
        for (name, range) in std::mem::take(asked) {
            let written = range.as_str().unwrap_or_default().trim().to_owned();
            if let Some(version) = package
                .siblings
                .get(&name)
                .and_then(|folder| siblings.get(folder))
            {
                let version = version.clone().unwrap_or_else(|| "*".to_owned());
                kept.insert(name, Value::String(version));
            } else if let Some(range) = written
                .strip_prefix("workspace:")
                .map(|range| range.trim_start_matches(['^', '~']).trim())
            {
                // The package itself is not in the source's tree, or is not taken.
                let range = if range.is_empty() { "*" } else { range };
                told.push(format!(
                    "{name} is asked for as {written}; {range} of the registry is asked for instead"
                ));
                kept.insert(name, Value::String(range.to_owned()));
            } else if !is_name(&name) || !is_of_registry(&written) {
                let shown: String = written.chars().take(120).collect();
                told.push(format!(
                    "{name} is asked for from {shown}, which is no registry; it was taken out"
                ));
            } else {
                kept.insert(name, Value::String(written));
            }
        }
        let is_empty = kept.is_empty();
        *asked = kept;
        if is_empty {
            self.document.shift_remove(section);
        }
        for what in told {
            self.tell(Severity::Warning, "direct-reference", what);
        }
    }

    /// Takes programs out whose names or files lead out of their folder.
    fn check_programs(&mut self) {
        let mut told = Vec::new();
        let is_empty = match self.document.get_mut("bin") {
            None => return,
            Some(Value::String(path)) if stays_inside(path) => false,
            Some(Value::Object(programs)) => {
                programs.retain(|name, path| {
                    let fits = is_program(name) && path.as_str().is_some_and(stays_inside);
                    if !fits {
                        told.push(name.clone());
                    }
                    fits
                });
                programs.is_empty()
            }
            Some(_) => {
                told.push("bin".to_owned());
                true
            }
        };
        if is_empty {
            self.document.shift_remove("bin");
        }
        for name in told {
            let what = format!("the program {name} leads out of the package; it was taken out");
            self.tell(Severity::Warning, "entry-outside", what);
        }
    }

    /// Takes entries out that lead out of the package.
    fn check_entries(&mut self) {
        let mut outside = Vec::new();
        for field in [
            "main",
            "module",
            "types",
            "typings",
            "jsnext:main",
            "unpkg",
            "jsdelivr",
        ] {
            if let Some(path) = self.document.get(field)
                && !path.as_str().is_some_and(stays_inside)
            {
                outside.push(field.to_owned());
                self.document.shift_remove(field);
            }
        }
        for field in ["exports", "imports"] {
            if let Some(entries) = self.document.get_mut(field) {
                let mut removed = Vec::new();
                let keep = check_targets(entries, field == "imports", 0, &mut removed);
                outside.extend(removed.into_iter().map(|path| format!("{field} {path}")));
                if !keep {
                    self.document.shift_remove(field);
                }
            }
        }
        for place in outside {
            let what = format!("{place} leads out of the package; it was taken out");
            self.tell(Severity::Warning, "entry-outside", what);
        }
    }
}

/// Takes targets out that lead out of the package; gives false for a value that has none left.
fn check_targets(
    value: &mut Value,
    is_import: bool,
    depth: usize,
    removed: &mut Vec<String>,
) -> bool {
    if depth > DEEPEST {
        removed.push("a map that is nested too deeply".to_owned());
        return false;
    }
    match value {
        Value::Null => true,
        Value::String(path) => {
            let inside = path.starts_with("./") && stays_inside(path);
            let is_package = is_import && !path.starts_with(['.', '/']) && !path.contains("..");
            if !inside && !is_package && removed.len() < 20 {
                removed.push(path.chars().take(120).collect());
            }
            inside || is_package
        }
        Value::Array(targets) => {
            targets.retain_mut(|target| check_targets(target, is_import, depth + 1, removed));
            !targets.is_empty()
        }
        Value::Object(map) => {
            map.retain(|name, target| {
                name != "__proto__" && check_targets(target, is_import, depth + 1, removed)
            });
            !map.is_empty()
        }
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Says whether a path of a manifest stays in its package.
fn stays_inside(path: &str) -> bool {
    !path.starts_with('/')
        && !path.contains(['\\', '\0'])
        && !path.contains(char::is_control)
        && path
            .split('/')
            .all(|part| part != ".." && part != "node_modules")
        && !path.to_ascii_lowercase().contains("%2e")
        && !path.to_ascii_lowercase().contains("%2f")
        && !path.to_ascii_lowercase().contains("%5c")
}

fn is_program(name: &str) -> bool {
    let name = name.rsplit_once('/').map_or(name, |(scope, name)| {
        if scope.starts_with('@') && !scope.contains('/') {
            name
        } else {
            ""
        }
    });
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-._~".contains(character))
}

fn is_name(name: &str) -> bool {
    let plain = name
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || "@/-._~".contains(character));
    plain && !name.starts_with(['.', '_', '/', '-']) && !name.contains("..") && name.len() <= 214
}

fn is_of_registry(range: &str) -> bool {
    let range = range.strip_prefix("npm:").unwrap_or(range);
    let is_path = range.starts_with(['.', '/', '~']) && range.contains('/');
    !range.contains([':', '\\'])
        && !is_path
        && !range.contains(char::is_control)
        && range.len() <= 300
        && (range.starts_with('@') || !range.contains('/'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn check(text: &str, expected: &str, kinds: &[&str]) {
        let package = TakenPackage {
            test_packages: BTreeSet::from(["tape".to_owned()]),
            siblings: BTreeMap::from([("@x/b".to_owned(), "packages/b".to_owned())]),
            ..TakenPackage::default()
        };
        let siblings = Siblings::from([("packages/b".to_owned(), Some("2.0.0".to_owned()))]);
        let (written, findings) = normalised(text, &package, &siblings).expect(text);
        let written: Value = serde_json::from_str(&written).expect("JSON");
        assert_eq!(written.to_string(), expected);
        let found: Vec<&str> = findings.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(found, kinds, "{findings:?}");
    }

    #[test]
    fn what_npm_would_run_or_fetch_is_taken_out() {
        check(
            r#"{"name":"a","_resolved":"x","scripts":{"test":"tape","preinstall":"curl x | sh","prepare":"husky"},"type":"module"}"#,
            r#"{"name":"a","scripts":{"test":"tape"},"type":"module"}"#,
            &["lifecycle-script-removed", "lifecycle-script-removed"],
        );
        check(
            r#"{"dependencies":{"a":"^1","g":"git+https://git.example/g.git","f":"file:../f","@x/b":"workspace:^","s":"user/repo","al":"npm:@q/r@^1"}}"#,
            r#"{"dependencies":{"a":"^1","@x/b":"2.0.0","al":"npm:@q/r@^1"}}"#,
            &["direct-reference", "direct-reference", "direct-reference"],
        );
        check(
            r#"{"devDependencies":{"tape":"^5","eslint":"^9"},"workspaces":["x"],"publishConfig":{"registry":"x"},"bundledDependencies":["a"]}"#,
            r#"{"devDependencies":{"tape":"^5"}}"#,
            &["manifest-field-removed", "bundled-dependencies"],
        );
    }

    #[test]
    fn entries_that_lead_out_of_the_package_are_taken_out() {
        check(
            r#"{"main":"../../x.js","exports":{".":"./a.js","./x":"../../../../etc/passwd","./y":{"import":"./%2e%2e/y.js","default":"./y.js"}},"bin":{"a/b":"./a.js","ok":"./ok.js","../../x":"./x.js"},"__proto__":{"a":1}}"#,
            r#"{"exports":{".":"./a.js","./y":{"default":"./y.js"}},"bin":{"ok":"./ok.js"}}"#,
            &["entry-outside"; 5],
        );
        check(
            r##"{"imports":{"#a":"./a.js","#b":"pkg","#c":"../x"}}"##,
            r##"{"imports":{"#a":"./a.js","#b":"pkg"}}"##,
            &["entry-outside"],
        );
        check(
            r#"{"exports":null,"bin":3}"#,
            r#"{"exports":null}"#,
            &["entry-outside"],
        );
    }
}
