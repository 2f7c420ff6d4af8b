//! What a `tsconfig.json` or `jsconfig.json` says about how names are found: `baseUrl`, `paths`, `rootDirs`, `extends`, `references`
//! (<https://www.typescriptlang.org/tsconfig/>). Finds no files.

use jsonc_parser::{JsonObject, JsonValue, ParseOptions, parse_to_value};

use super::paths;

/// Patterns of `paths` that are kept; each import tries all of them.
const MOST_PATTERNS: usize = 500;

/// Places of one pattern, roots, references and bases that are kept.
const MOST_OF_EACH: usize = 32;

/// One configuration as written, with its folders from the top of the tree.
#[derive(Debug, Default, Clone)]
pub(super) struct Configuration {
    /// The configurations that this one builds on, the last one the strongest.
    pub(super) extends: Vec<String>,
    /// Configurations of the parts of a project.
    pub(super) references: Vec<String>,
    /// The folder that bare names are tried from.
    pub(super) base_url: Option<String>,
    /// Patterns and where they lead.
    pub(super) paths: Option<Vec<Pattern>>,
    /// Folders that stand for one.
    pub(super) root_dirs: Option<Vec<String>>,
}

/// One pattern of `paths`.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    before: String,
    /// What follows the star; `None` for a name without one.
    after: Option<String>,
    /// Places relative to the base, or to the folder of the configuration where there is no base.
    places: Vec<String>,
}

/// What stands for the folder of the configuration that was asked for.
const CONFIGURATION_FOLDER: &str = "${configDir}";

impl Configuration {
    /// Reads a configuration; `None` when it cannot be read. `leaf` is the folder of the configuration that was asked for, which builds on
    /// this one.
    pub(super) fn read(text: &str, folder: &str, leaf: &str) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value = parse_to_value(text, &ParseOptions::default()).ok()??;
        let JsonValue::Object(mut fields) = value else {
            return None;
        };
        let mut configuration = Self {
            extends: extends(&fields, folder),
            references: references(&fields, folder),
            ..Self::default()
        };
        if let Some(options) = fields.take_object("compilerOptions") {
            configuration.read_options(options, folder, leaf);
        }
        Some(configuration)
    }

    fn read_options(&mut self, mut options: JsonObject<'_>, folder: &str, leaf: &str) {
        let place = |path: &str| located(path, folder, leaf);
        self.base_url = options.get_string("baseUrl").and_then(|path| place(path));
        if let Some(roots) = options.get_array("rootDirs") {
            let roots = roots.iter().filter_map(text).take(MOST_OF_EACH);
            self.root_dirs = Some(roots.filter_map(place).collect());
        }
        let Some(patterns) = options.take_object("paths") else {
            return;
        };
        let base = self.base_url.clone().unwrap_or_else(|| folder.to_owned());
        let mut read: Vec<Pattern> = patterns
            .into_iter()
            .filter_map(|(pattern, places)| {
                let JsonValue::Array(places) = places else {
                    return None;
                };
                let places = places
                    .iter()
                    .filter_map(text)
                    .take(MOST_OF_EACH)
                    .filter_map(|path| located(path, &base, leaf))
                    .collect();
                let (before, after) = match pattern.split_once('*') {
                    Some((before, after)) => (before, Some(after.to_owned())),
                    None => (pattern.as_ref(), None),
                };
                Some(Pattern {
                    before: before.to_owned(),
                    after,
                    places,
                })
            })
            .collect();
        // A whole name wins over patterns, of those the one with the longest beginning.
        read.sort_by(|one, other| other.rank().cmp(&one.rank()));
        read.truncate(MOST_PATTERNS);
        self.paths = Some(read);
    }

    /// Takes from another one what this one does not say.
    pub(super) fn build_on(&mut self, base: &Self) {
        if self.base_url.is_none() {
            self.base_url.clone_from(&base.base_url);
        }
        if self.paths.is_none() {
            self.paths.clone_from(&base.paths);
        }
        if self.root_dirs.is_none() {
            self.root_dirs.clone_from(&base.root_dirs);
        }
    }

    /// Lists where `paths` lead a name, from the top of the tree, in the order of trial.
    pub(super) fn places(&self, name: &str) -> Vec<String> {
        let patterns = self.paths.as_deref().unwrap_or_default();
        for pattern in patterns {
            let Some(star) = pattern.star(name) else {
                continue;
            };
            return pattern
                .places
                .iter()
                .filter_map(|place| paths::join("", &place.replacen('*', star, 1)))
                .collect();
        }
        Vec::new()
    }

    /// Says whether the configuration changes how names are found.
    pub(super) fn finds_names(&self) -> bool {
        self.base_url.is_some() || self.paths.is_some()
    }
}

impl Pattern {
    fn rank(&self) -> (bool, usize, &str, Option<&str>) {
        (
            self.after.is_none(),
            self.before.len(),
            &self.before,
            self.after.as_deref(),
        )
    }

    fn star<'n>(&self, name: &'n str) -> Option<&'n str> {
        let rest = name.strip_prefix(self.before.as_str())?;
        match &self.after {
            Some(after) => rest.strip_suffix(after.as_str()),
            None => rest.is_empty().then_some(rest),
        }
    }
}

fn text<'v>(value: &'v JsonValue<'_>) -> Option<&'v str> {
    match value {
        JsonValue::String(text) => Some(text),
        _ => None,
    }
}

fn located(path: &str, folder: &str, leaf: &str) -> Option<String> {
    match path.strip_prefix(CONFIGURATION_FOLDER) {
        Some(rest) => paths::join(leaf, rest),
        None if path.starts_with('/') => None,
        None => paths::join(folder, path),
    }
}

fn extends(fields: &JsonObject<'_>, folder: &str) -> Vec<String> {
    let named: Vec<&str> = match fields.get("extends") {
        Some(JsonValue::String(path)) => vec![path],
        Some(JsonValue::Array(paths)) => paths.iter().filter_map(text).take(MOST_OF_EACH).collect(),
        _ => Vec::new(),
    };
    named
        .into_iter()
        .filter_map(|path| {
            let is_relative = path.starts_with("./") || path.starts_with("../") || path == "..";
            // The name of a package is kept as it is; its mark is that no path of a tree begins with a slash.
            if is_relative {
                paths::join(folder, path)
            } else {
                Some(format!("/{path}"))
            }
        })
        .collect()
}

fn references(fields: &JsonObject<'_>, folder: &str) -> Vec<String> {
    let Some(references) = fields.get_array("references") else {
        return Vec::new();
    };
    references
        .iter()
        .take(MOST_OF_EACH)
        .filter_map(|reference| match reference {
            JsonValue::Object(fields) => paths::join(folder, fields.get_string("path")?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: &str, expected: &[&str]) {
        let configuration = Configuration::read(text, "a/b", "a/leaf").expect("a configuration");
        assert_eq!(configuration.places(name), expected, "{name}");
    }

    #[test]
    fn patterns_lead_to_places() {
        let text = r#"{
            // Comments and trailing commas are allowed.
            "compilerOptions": {
                "paths": {
                    "*": ["./types/*"],
                    "@/*": ["./src/*", "../shared/*"],
                    "@/exact": ["./exact.ts"],
                    "*/x.js": ["./x/*"],
                    "@leaf/*": ["${configDir}/src/*"],
                    "@out/*": ["../../../out/*"],
                },
            },
        }"#;
        check(text, "@/c", &["a/b/src/c", "a/shared/c"]);
        check(text, "@/exact", &["a/b/exact.ts"]);
        check(text, "react", &["a/b/types/react"]);
        check(text, "@leaf/c", &["a/leaf/src/c"]);
        check(text, "@out/c", &[]);
        check(text, "@/../../../../c", &[]);
        let based = r#"{"compilerOptions": {"baseUrl": "./src", "paths": {"@/*": ["*"]}}}"#;
        check(based, "@/c", &["a/b/src/c"]);
    }

    #[test]
    fn what_is_not_said_is_taken_from_the_base() {
        let base = r#"{"compilerOptions": {"baseUrl": ".", "rootDirs": ["x", "y"]}}"#;
        let base = Configuration::read(base, "base", "leaf").expect("a configuration");
        let own = r#"{"extends": ["../base.json", "@tsconfig/node20"], "references": [{"path": "./app"}]}"#;
        let mut own = Configuration::read(own, "leaf", "leaf").expect("a configuration");
        own.build_on(&base);
        assert_eq!(own.extends, ["base.json", "/@tsconfig/node20"]);
        assert_eq!(own.references, ["leaf/app"]);
        assert_eq!(own.base_url.as_deref(), Some("base"));
        assert_eq!(
            own.root_dirs,
            Some(vec!["base/x".to_owned(), "base/y".to_owned()])
        );
        assert!(own.finds_names());
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        assert!(Configuration::read("{", "", "").is_none());
        assert!(Configuration::read("", "", "").is_none());
        assert!(Configuration::read(&"[".repeat(100_000), "", "").is_none());
    }
}
