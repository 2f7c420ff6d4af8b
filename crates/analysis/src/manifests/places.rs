//! Where in its manifests a package's values stand: the text is read again and the line of a key is looked up. Understands no value.

use synthesizer_model::tree::{SourceTree, TreePath};

use super::{
    ini,
    json_text::{self, Node},
    toml_text::Document,
    tree_reading::TreeReading,
};

/// A manifest and a line, counted from 1.
pub(super) type Place = (String, u32);

/// Reads files of a tree within the bounds of manifests.
pub(super) struct Texts<'t>(TreeReading<'t>);

impl<'t> Texts<'t> {
    /// Takes a tree.
    pub(super) fn of(tree: &'t dyn SourceTree) -> Self {
        Self(TreeReading::new(tree))
    }

    /// Gives the text of a file; `None` when there is none, or it is no text or too large.
    pub(super) fn read(&mut self, path: &str) -> Option<String> {
        let path = TreePath::new(path).ok()?;
        if !self.0.has(&path) {
            return None;
        }
        self.0.text(&path)
    }
}

/// Gives the line of the first of several key paths of a TOML text; a table in its place, such as `{ workspace = true }`, counts too.
pub(super) fn in_toml(text: &str, paths: &[&[&str]]) -> Option<u32> {
    let document = Document::parse(text).ok()?;
    paths
        .iter()
        .find_map(|path| Some(document.line(document.value(path)?)))
}

/// Says whether the value at a key path of a TOML text is a text.
pub(super) fn is_text_in_toml(text: &str, path: &[&str]) -> bool {
    Document::parse(text).is_ok_and(|document| document.text(path).is_some())
}

/// Gives the lines of the keys of a TOML table.
pub(super) fn keys_in_toml(text: &str, path: &[&str]) -> Vec<(String, u32)> {
    let Ok(document) = Document::parse(text) else {
        return Vec::new();
    };
    let Some(table) = document.table(path) else {
        return Vec::new();
    };
    let keyed = document.keyed(table).into_iter();
    keyed.map(|(key, line, _)| (key.to_owned(), line)).collect()
}

/// Gives the names of the tables of a TOML list of tables, with the lines of their names.
pub(super) fn names_in_toml(text: &str, list: &str) -> Vec<(String, u32)> {
    let Ok(document) = Document::parse(text) else {
        return Vec::new();
    };
    let items = document
        .value(&[list])
        .and_then(|value| value.get_ref().as_array());
    let name_of = |item: &super::toml_text::Value<'_>| {
        let name = item.get_ref().as_table()?.get("name")?;
        Some((name.get_ref().as_str()?.to_owned(), document.line(name)))
    };
    items.into_iter().flatten().filter_map(name_of).collect()
}

/// Gives the line of a key path of a JSON text.
pub(super) fn in_json(text: &str, path: &[&str]) -> Option<u32> {
    let document = json_text::parse(text).ok()?;
    let (last, above) = path.split_last()?;
    let node = above
        .iter()
        .try_fold(&document.root, |node, key| node.get(key))?;
    let member = node
        .members()
        .iter()
        .rev()
        .find(|member| member.key == *last)?;
    Some(member.line)
}

/// Gives the lines of the keys of a JSON object.
pub(super) fn keys_in_json(text: &str, path: &[&str]) -> Vec<(String, u32)> {
    let Ok(document) = json_text::parse(text) else {
        return Vec::new();
    };
    let node = path
        .iter()
        .try_fold(&document.root, |node: &Node<'_>, key| node.get(key));
    let members = node.into_iter().flat_map(Node::members);
    members
        .map(|member| (member.key.to_string(), member.line))
        .collect()
}

/// Gives the line of a key of a section of an INI text; `-` and `_` are alike in keys.
pub(super) fn in_ini(text: &str, section: &str, key: &str) -> Option<u32> {
    ini::entries(text)
        .into_iter()
        .find(|entry| entry.section == section && entry.key.replace('-', "_") == key)
        .map(|entry| entry.line)
}

/// Gives the first line that satisfies a condition.
pub(super) fn in_lines(text: &str, is_wanted: impl Fn(&str) -> bool) -> Option<u32> {
    (1_u32..)
        .zip(text.lines())
        .find(|(_, line)| is_wanted(line))
        .map(|(number, _)| number)
}
