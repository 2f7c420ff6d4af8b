//! `pnpm-workspace.yaml`: the members of a workspace, and the catalogs of ranges that they refer to by `catalog:`. The catalogs of
//! `.yarnrc.yml` and of Bun's `package.json` have the same form. Resolves no reference.
//! Specification: <https://pnpm.io/pnpm-workspace_yaml>, <https://pnpm.io/catalogs>.

use std::collections::HashMap;

use super::{
    json_text,
    npm_room::Room,
    package_json,
    problem_list::ProblemList,
    yaml_text::{self, Entry, Node},
};

/// Ranges by catalog and package.
#[derive(Debug, Default)]
pub(super) struct Catalogs {
    ranges: HashMap<String, HashMap<String, String>>,
}

impl Catalogs {
    /// Gives the range that a catalog has for a package.
    pub(super) fn get(&self, catalog: &str, package: &str) -> Option<&str> {
        let range = self.ranges.get(catalog)?.get(package)?;
        Some(range)
    }

    /// Says whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Adds a range; false when there is no room for it.
    fn add(&mut self, catalog: &str, package: &str, range: &str, room: &mut Room) -> bool {
        let admits = room.admits(catalog.len() + package.len() + range.len());
        if admits {
            let ranges = self.ranges.entry(catalog.to_owned()).or_default();
            ranges.insert(package.to_owned(), range.to_owned());
        }
        admits
    }

    /// Adds `catalog`, whose name is `default`, and `catalogs`.
    fn read_yaml(&mut self, root: &Node, room: &mut Room) -> bool {
        let mut complete = true;
        let mut add = |name: &str, catalog: &Node| {
            for entry in catalog.entries() {
                if let Some(range) = entry.value.text() {
                    complete &= self.add(name, &entry.key, range, room);
                }
            }
        };
        if let Some(catalog) = root.get("catalog") {
            add("default", catalog);
        }
        for catalog in root.get("catalogs").map_or(&[][..], Node::entries) {
            add(&catalog.key, &catalog.value);
        }
        complete
    }

    /// Adds `catalog` and `catalogs` of a JSON object; false when there was no room for all of them.
    pub(super) fn read_json(&mut self, root: &json_text::Node<'_>, room: &mut Room) -> bool {
        let mut complete = true;
        let mut add = |name: &str, catalog: &json_text::Node<'_>| {
            for member in catalog.members() {
                if let Some(range) = member.value.text() {
                    complete &= self.add(name, &member.key, range, room);
                }
            }
        };
        if let Some(catalog) = root.get("catalog") {
            add("default", catalog);
        }
        let catalogs = root.get("catalogs");
        for catalog in catalogs.map_or(&[][..], json_text::Node::members) {
            add(&catalog.key, &catalog.value);
        }
        complete
    }
}

/// What the file tells.
#[derive(Debug, Default)]
pub(super) struct PnpmWorkspace {
    /// Glob patterns of the members, with their lines; `None` when the file only has settings.
    pub patterns: Option<Vec<(String, u32)>>,
    /// The catalogs.
    pub catalogs: Catalogs,
}

/// Reads `pnpm-workspace.yaml` or, for its catalogs alone, `.yarnrc.yml`; a text that is no YAML becomes a problem.
pub(super) fn parse(
    path: &str,
    text: &str,
    room: &mut Room,
    problems: &mut ProblemList,
) -> PnpmWorkspace {
    let mut workspace = PnpmWorkspace::default();
    let document = match yaml_text::parse_one(text) {
        Ok(document) => document,
        Err(error) => {
            problems.tell_line(path, error.line, &error);
            return workspace;
        }
    };
    for (line, problem) in &document.problems {
        problems.tell_line(path, *line, problem);
    }
    let root = &document.root;
    let mut complete = workspace.catalogs.read_yaml(root, room);
    if let Some(packages) = root.get("packages") {
        let patterns = packages.texts().into_iter();
        let kept = patterns.take_while(|(text, _)| {
            complete &= room.admits(text.len());
            complete
        });
        workspace.patterns = Some(kept.map(|(text, line)| (text.to_owned(), line)).collect());
    }
    if !complete {
        problems.tell(path, package_json::LEFT_OUT);
    }
    let overrides: Vec<&Entry> = root
        .get("overrides")
        .into_iter()
        .flat_map(Node::entries)
        .collect();
    if let Some(first) = overrides.first() {
        let names: Vec<&str> = overrides.iter().map(|entry| &*entry.key).collect();
        problems.tell_line(
            path,
            first.line,
            package_json::overrides_told("overrides", &names),
        );
    }
    workspace
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_catalogs_and_overrides() {
        let mut problems = ProblemList::default();
        let text = "packages:\n  - 'packages/*'\n  - '!**/test/**'\ncatalog:\n  react: ^18\ncatalogs:\n  old:\n    react: ^17\noverrides:\n  a: 1\n";
        let workspace = parse(
            "pnpm-workspace.yaml",
            text,
            &mut Room::default(),
            &mut problems,
        );
        let patterns = workspace.patterns.expect("there");
        assert_eq!(
            patterns,
            [("packages/*".to_owned(), 2), ("!**/test/**".to_owned(), 3)]
        );
        assert_eq!(workspace.catalogs.get("default", "react"), Some("^18"));
        assert_eq!(workspace.catalogs.get("old", "react"), Some("^17"));
        assert_eq!(workspace.catalogs.get("old", "vue"), None);
        assert_eq!(problems.texts().len(), 1);
    }

    #[test]
    fn a_file_of_settings_names_no_members() {
        let mut problems = ProblemList::default();
        let workspace = parse(
            "pnpm-workspace.yaml",
            "onlyBuiltDependencies: [x]\n",
            &mut Room::default(),
            &mut problems,
        );
        assert!(workspace.patterns.is_none() && workspace.catalogs.is_empty());
        parse(
            "pnpm-workspace.yaml",
            "a: [\n",
            &mut Room::default(),
            &mut problems,
        );
        assert_eq!(problems.texts().len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = String::from_utf8_lossy(&bytes);
            drop(parse("pnpm-workspace.yaml", &text, &mut Room::default(), &mut ProblemList::default()));
            drop(parse("pnpm-workspace.yaml", &format!("packages:\n {text}\ncatalog: {text}"), &mut Room::default(), &mut ProblemList::default()));
        }
    }
}
