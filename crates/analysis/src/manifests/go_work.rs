//! `go.work` as it is written: which modules are worked on together. Looks at no other file.
//! Specification: <https://go.dev/ref/mod#workspaces>

use super::{
    allowance::MOST_ITEMS,
    go_mod::{Replace, replace},
    go_syntax::statements,
    problem_list::ProblemList,
};

/// A workspace's file.
#[derive(Debug, Default)]
pub(super) struct GoWork {
    pub go: Option<String>,
    pub toolchain: Option<String>,
    /// Folders as written, with their lines.
    pub uses: Vec<(String, u32)>,
    pub replaces: Vec<Replace>,
}

/// Reads a file; what is not right in it becomes a problem.
pub(super) fn parse(path: &str, text: &str, problems: &mut ProblemList) -> GoWork {
    let mut file = GoWork::default();
    for statement in statements(path, text, problems) {
        let line = statement.line;
        if file.uses.len() + file.replaces.len() >= MOST_ITEMS {
            let what = format!("more than {MOST_ITEMS} statements; the rest is left out");
            problems.tell_line(path, line, what);
            break;
        }
        let arguments: Vec<&str> = statement.arguments.iter().map(String::as_str).collect();
        match (statement.verb.as_str(), arguments.as_slice()) {
            ("go", [version]) => file.go = Some((*version).to_owned()),
            ("toolchain", [name]) => file.toolchain = Some((*name).to_owned()),
            ("use", [folder]) => file.uses.push(((*folder).to_owned(), line)),
            ("replace", arguments) => match replace(line, arguments) {
                Ok(replace) => file.replaces.push(replace),
                Err(what) => problems.tell_line(path, line, what),
            },
            ("godebug", _) => {}
            (verb, _) => problems.tell_line(path, line, format_args!("`{verb}` is not known so")),
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_statement_is_read() {
        let mut problems = ProblemList::default();
        let text = "go 1.22\ntoolchain go1.22.1\nuse .\nuse (\n\t./a // x\n\t\"./b\"\n)\nreplace x => ./x\nuse a b\n";
        let file = parse("go.work", text, &mut problems);
        let uses: Vec<(&str, u32)> = file
            .uses
            .iter()
            .map(|(folder, line)| (folder.as_str(), *line))
            .collect();
        assert_eq!(uses, [(".", 3), ("./a", 5), ("./b", 6)]);
        assert!(file.replaces[0].is_folder());
        assert_eq!(file.go.as_deref(), Some("1.22"));
        assert_eq!(problems.texts(), ["line 9: `use` is not known so"]);
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse("go.work", &String::from_utf8_lossy(&bytes), &mut ProblemList::default());
        }
    }
}
