//! What a `package.json` says about where its modules are. Reads nothing but the text that it is given.

use serde_json::{Map, Value};

use super::exports_map::Entries;

/// Fields that name the main module for code, in the order of trial for an `import`; a `require` tries `main` first.
static MAIN_FIELDS: &[&str] = &["module", "main", "browser", "react-native"];

/// Fields that name the types of the main module.
static TYPES_FIELDS: &[&str] = &["types", "typings"];

/// Fields by which packages of a workspace name their source for each other.
static SOURCE_FIELDS: &[&str] = &["source", "esm:source", "ts:main", "publishMain"];

/// Who asks for the main module of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// An `import`.
    Import,
    /// A `require`.
    Require,
    /// What needs types only.
    Types,
}

/// One package.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// Its name.
    pub(super) name: Option<String>,
    /// Its `exports`.
    pub(super) exports: Option<Entries>,
    /// Its `imports`.
    pub(super) imports: Option<Entries>,
    /// Where its source is, if it says so.
    sources: Vec<String>,
    /// What its main module is, by field.
    mains: Vec<(&'static str, String)>,
}

impl Package {
    /// Reads a manifest; what is not as it should be is left out.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(text) else {
            return None;
        };
        let text_of = |fields: &Map<String, Value>, field: &str| {
            fields.get(field).and_then(Value::as_str).map(str::to_owned)
        };
        let sources = SOURCE_FIELDS
            .iter()
            .filter_map(|field| text_of(&fields, field))
            .collect();
        let mains = MAIN_FIELDS
            .iter()
            .chain(TYPES_FIELDS)
            .filter_map(|field| Some((*field, text_of(&fields, field)?)))
            .collect();
        let imports = match fields.get("imports") {
            Some(Value::Object(imports)) => Some(Entries::of_map(imports)),
            _ => None,
        };
        let exports = fields
            .get("exports")
            .filter(|exports| !exports.is_null())
            .map(Entries::of_exports);
        Some(Self {
            name: text_of(&fields, "name"),
            exports,
            imports,
            sources,
            mains,
        })
    }

    /// Lists what the main module may be, the likeliest first.
    pub(super) fn mains(&self, asker: Asker) -> impl Iterator<Item = &str> {
        let is_first = move |field: &str| asker == Asker::Require && field == "main";
        let is_asked = move |field: &str| (asker == Asker::Types) == TYPES_FIELDS.contains(&field);
        let first = self.mains.iter().filter(move |(field, _)| is_first(field));
        let others = self.mains.iter().filter(move |(field, _)| is_asked(field));
        first.chain(others).map(|(_, path)| path.as_str())
    }

    /// Lists where the package says that its source is, then everything that it names as its main module.
    pub(super) fn all_mains(&self) -> impl Iterator<Item = &str> {
        let mains = self.mains.iter().map(|(_, path)| path.as_str());
        self.sources.iter().map(String::as_str).chain(mains)
    }
}
