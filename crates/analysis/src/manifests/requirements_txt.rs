//! The requirements format of pip: lists of requirements with options. Options are passed over; addresses of indexes are never kept.

use synthesizer_model::dependency::Ecosystem;

use super::{
    facts::{Include, ManifestFacts, ManifestFormat, Section},
    requirement,
};

pub(super) static FORMAT: ManifestFormat = ManifestFormat {
    name: "requirements.txt",
    documentation: "https://pip.pypa.io/en/stable/reference/requirements-file-format/",
    ecosystem: Ecosystem::Python,
    listed: true,
    matches: |path| path == "requirements.txt" || is_for_development(path),
    parse: parse_root,
};

fn is_for_development(path: &str) -> bool {
    matches!(
        path,
        "requirements-dev.txt" | "requirements_dev.txt" | "dev-requirements.txt"
    )
}

fn parse_root(path: &str, text: &str) -> ManifestFacts {
    if is_for_development(path) {
        parse(path, text, Section::Development, Some("dev"))
    } else {
        parse(path, text, Section::Runtime, None)
    }
}

/// Reads a requirements file whose requirements belong to the given section and group.
pub(super) fn parse(
    path: &str,
    text: &str,
    section: Section,
    group: Option<&str>,
) -> ManifestFacts {
    let mut facts = ManifestFacts::new(path);
    facts.state(section);
    for (line, logical) in logical_lines(text) {
        read_line(&mut facts, section, group, &logical, line);
    }
    facts.finished()
}

/// Joins lines that end with a backslash and drops comments; the line number is that of the first.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut joined = String::new();
    let mut first = 1;
    for (number, line) in (1_u32..).zip(text.lines()) {
        if joined.is_empty() {
            first = number;
        }
        let is_comment = line.trim_start().starts_with('#');
        if let (false, Some(start)) = (is_comment, line.strip_suffix('\\')) {
            joined.push_str(start);
            joined.push(' ');
            continue;
        }
        joined.push_str(line);
        let content = without_comment(&joined).trim();
        if !content.is_empty() {
            lines.push((first, content.to_owned()));
        }
        joined.clear();
    }
    let content = without_comment(&joined).trim();
    if !content.is_empty() {
        lines.push((first, content.to_owned()));
    }
    lines
}

/// A comment begins at the line's start or after white space.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices('#')
        .map(|(position, _)| position)
        .find(|position| *position == 0 || line[..*position].ends_with(char::is_whitespace));
    comment.map_or(line, |position| &line[..position])
}

fn read_line(
    facts: &mut ManifestFacts,
    section: Section,
    group: Option<&str>,
    text: &str,
    line: u32,
) {
    if text.starts_with('-') {
        read_option(facts, section, group, text, line);
        return;
    }
    let text = without_options(text);
    if is_own_project(text) {
        return;
    }
    match named_by_fragment(text) {
        Some(direct) => facts.require(section, group, &direct, line),
        None => facts.require(section, group, text, line),
    }
}

fn read_option(
    facts: &mut ManifestFacts,
    section: Section,
    group: Option<&str>,
    text: &str,
    line: u32,
) {
    let (option, value) = split_option(text);
    match option {
        "-r" | "--requirement" => facts.includes.push(Include {
            path: value.to_owned(),
            line,
            section,
            group: group.map(str::to_owned),
        }),
        "-c" | "--constraint" => facts.problem(line, "a constraints file is not read"),
        "-e" | "--editable" if !is_own_project(value) => match named_by_fragment(value) {
            Some(direct) => facts.require(section, group, &direct, line),
            None => facts.problem(line, "an editable requirement without a name is not read"),
        },
        _ => {}
    }
}

fn split_option(text: &str) -> (&str, &str) {
    if let Some(short) = text.get(..2).filter(|short| !short.starts_with("--")) {
        return (short, text[2..].trim_start_matches(['=', ' ', '\t']).trim());
    }
    let end = text
        .find(|character: char| character == '=' || character.is_whitespace())
        .unwrap_or(text.len());
    (
        &text[..end],
        text[end..].trim_start_matches(['=', ' ', '\t']).trim(),
    )
}

/// Drops options that follow a requirement, such as `--hash=sha256:…`.
fn without_options(text: &str) -> &str {
    text.find(" --")
        .map_or(text, |position| text[..position].trim_end())
}

fn is_own_project(text: &str) -> bool {
    let rest = text.strip_prefix("./").or_else(|| text.strip_prefix('.'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// Turns a bare address whose fragment names it (`git+https://…#egg=name`) into `name @ address`.
fn named_by_fragment(text: &str) -> Option<String> {
    let address = text.split_whitespace().next()?;
    let (_, fragment) = address
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('#'))?;
    let name = fragment
        .split('&')
        .find_map(|part| part.strip_prefix("egg="))?;
    let name = name.split('[').next().unwrap_or(name);
    requirement::is_name(name).then(|| format!("{name} @ {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, u32)], problems: usize) {
        let facts = parse_root("requirements.txt", text);
        let found: Vec<(&str, &str, u32)> = facts
            .runtime
            .iter()
            .flatten()
            .map(|dependency| {
                (
                    dependency.name.as_str(),
                    dependency.specifier.as_str(),
                    dependency.line,
                )
            })
            .collect();
        assert_eq!(found, expected, "{text}");
        assert_eq!(
            facts.problems.len(),
            problems,
            "{text}: {:?}",
            facts.problems
        );
    }

    #[test]
    fn requirements_have_the_line_where_they_begin() {
        check(
            "# c\n\nclick>=8 # c\r\nflask \\\n  ==3.1 \\\n    --hash=sha256:00\nidna",
            &[("click", ">=8", 3), ("flask", "==3.1", 4), ("idna", "", 7)],
            0,
        );
        check(
            "a @ https://h.example/x#sha256=0\ngit+https://u:p@h.example/b.git@v1#egg=b[c]&subdirectory=d",
            &[("a", "", 1), ("b", "", 2)],
            0,
        );
        check(
            "--index-url https://u:p@h.example/\n-i x\n-e .[socks]\n.\n-c c.txt\n./wheels/x.whl\nhttps://h.example/x.whl",
            &[],
            3,
        );
        check("\\", &[], 0);
    }

    #[test]
    fn includes_and_development_files_are_told_apart() {
        let facts = parse_root(
            "requirements-dev.txt",
            "-r requirements.txt\n--requirement=b.txt\npytest",
        );
        let paths: Vec<&str> = facts
            .includes
            .iter()
            .map(|include| include.path.as_str())
            .collect();
        assert_eq!(paths, ["requirements.txt", "b.txt"]);
        assert_eq!(facts.development[0].group.as_deref(), Some("dev"));
        assert!(facts.runtime.is_none());
    }

    #[test]
    fn no_credential_is_kept() {
        let facts = parse_root(
            "requirements.txt",
            "--extra-index-url https://u:word@h.example\nx https://u:word@h.example\na @ https://u:word@h.example/x",
        );
        assert!(!format!("{facts:?}").contains("word"));
    }
}
