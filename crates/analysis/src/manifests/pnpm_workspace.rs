//! `pnpm-workspace.yaml`: the members of a workspace, and the catalogs of ranges that they refer to by `catalog:`. The catalogs of
//! `.yarnrc.yml` and of Bun's `package.json` have the same form. Resolves no reference.
//! Specification: <https://pnpm.io/pnpm-workspace_yaml>, <https://pnpm.io/catalogs>.

use std::collections::HashMap;

use super::{
    allowance::MOST_ITEMS,
    json_text, package_json,
    problem_list::ProblemList,
    yaml_text::{self, Entry, Node},
};

/// Ranges by catalog and package.
#[derive(Debug, Default)]
pub(super) struct Catalogs {
    ranges: HashMap<String, HashMap<String, String>>,
    count: usize,
}

impl Catalogs {
    /// Gives the range that a catalog has for a package.
    pub(super) fn get(&self, catalog: &str, package: &str) -> Option<&str> {
        let range = self.ranges.get(catalog)?.get(package)?;
        Some(range)
    }

    /// Says whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn add(&mut self, catalog: &str, package: &str, range: &str) {
        if self.count < MOST_ITEMS {
            self.count += 1;
            let ranges = self.ranges.entry(catalog.to_owned()).or_default();
            ranges.insert(package.to_owned(), range.to_owned());
        }
    }

    /// Adds `catalog`, whose name is `default`, and `catalogs`.
    fn read_yaml(&mut self, root: &Node) {
        let texts = |node: &'_ Node| -> Vec<(String, String)> {
            let entries = node.entries().iter();
            entries
                .filter_map(|entry| Some((entry.key.to_string(), entry.value.text()?.to_owned())))
                .collect()
        };
        for (package, range) in root.get("catalog").map(texts).unwrap_or_default() {
            self.add("default", &package, &range);
        }
        for catalog in root.get("catalogs").map_or(&[][..], Node::entries) {
            for (package, range) in texts(&catalog.value) {
                self.add(&catalog.key, &package, &range);
            }
        }
    }

    /// Adds `catalog` and `catalogs` of a JSON object.
    pub(super) fn read_json(&mut self, root: &json_text::Node<'_>) {
        for member in root
            .get("catalog")
            .map_or(&[][..], json_text::Node::members)
        {
            if let Some(range) = member.value.text() {
                self.add("default", &member.key, range);
            }
        }
        for catalog in root
            .get("catalogs")
            .map_or(&[][..], json_text::Node::members)
        {
            for member in catalog.value.members() {
                if let Some(range) = member.value.text() {
                    self.add(&catalog.key, &member.key, range);
                }
            }
        }
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
pub(super) fn parse(path: &str, text: &str, problems: &mut ProblemList) -> PnpmWorkspace {
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
    workspace.catalogs.read_yaml(root);
    if let Some(packages) = root.get("packages") {
        let patterns = packages.texts();
        if patterns.len() > MOST_ITEMS {
            let what =
                format_args!("more than {MOST_ITEMS} patterns of members; the rest is left out");
            problems.tell_line(path, packages.line, what);
        }
        let kept = patterns.into_iter().take(MOST_ITEMS);
        workspace.patterns = Some(kept.map(|(text, line)| (text.to_owned(), line)).collect());
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
        let workspace = parse("pnpm-workspace.yaml", text, &mut problems);
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
            &mut problems,
        );
        assert!(workspace.patterns.is_none() && workspace.catalogs.is_empty());
        parse("pnpm-workspace.yaml", "a: [\n", &mut problems);
        assert_eq!(problems.texts().len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = String::from_utf8_lossy(&bytes);
            drop(parse("pnpm-workspace.yaml", &text, &mut ProblemList::default()));
            drop(parse("pnpm-workspace.yaml", &format!("packages:\n {text}\ncatalog: {text}"), &mut ProblemList::default()));
        }
    }
}
