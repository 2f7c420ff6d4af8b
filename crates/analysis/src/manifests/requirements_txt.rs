//! The requirements format of pip: lists of requirements with options. Options are passed over; addresses of indexes are never kept.

use synthesizer_model::dependency::{Dependency, Ecosystem};

use super::{
    facts::{LocalRequirement, ManifestFacts, ManifestFormat, Section},
    ini, requirement, requirements_files,
};

/// How many hashes of one requirement are kept.
const MOST_HASHES: usize = 200;
/// The longest hash, in bytes: that of SHA-512 with its name.
const LONGEST_HASH: usize = 160;

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

/// Lists what a file asks for whose path says that it holds requirements, as a group for development; nothing for any other file.
pub(crate) fn for_development(path: &str, text: &str) -> Vec<Dependency> {
    let Some(place) = requirements_files::place(path) else {
        return Vec::new();
    };
    let group = place.group.unwrap_or_else(|| "dev".to_owned());
    parse(path, text, Section::Development, Some(&group)).development
}

/// Lists what the environments of a `tox.ini` install, as a group for development.
pub(crate) fn of_tox(path: &str, text: &str) -> Vec<Dependency> {
    let entries = ini::entries(text).into_iter();
    let lists: Vec<String> = entries
        .filter(|entry| entry.key == "deps" && entry.section.starts_with("testenv"))
        .flat_map(|entry| entry.lines)
        // A condition on the environment's name stands before a colon.
        .map(|(_, line)| match line.split_once(": ") {
            Some((condition, rest)) if !condition.contains(' ') => rest.to_owned(),
            _ => line.to_owned(),
        })
        .filter(|line| !line.contains(['{', '/']))
        .collect();
    parse(path, &lists.join("\n"), Section::Development, Some("tox")).development
}

/// Joins lines that end with a backslash and drops comments; the line number is that of the first.
pub(super) fn logical_lines(text: &str) -> Vec<(u32, String)> {
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
    let (text, options) = split_options(text);
    read_requirement(facts, section, group, text, line, hashes_of(options));
}

fn read_requirement(
    facts: &mut ManifestFacts,
    section: Section,
    group: Option<&str>,
    text: &str,
    line: u32,
    hashes: Vec<String>,
) {
    if is_own_project(text) {
        return;
    }
    if let Some(named) = named_by_fragment(text).or_else(|| named_by_archive(text)) {
        facts.require_hashed(section, group, &named, line, hashes);
    } else if let Some((path, extras)) = folder_of(text) {
        facts.require_folder(LocalRequirement {
            path: path.to_owned(),
            extras,
            line,
            section,
            group: group.map(str::to_owned),
        });
    } else if text.contains("://") && !text.contains('@') {
        facts.problem(
            line,
            "an address that does not tell the name of what it leads to is not read",
        );
    } else {
        facts.require_hashed(section, group, text, line, hashes);
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
        "-r" | "--requirement" => facts.include(unquoted(value), line, section, group),
        "-c" | "--constraint" => {
            facts.include(unquoted(value), line, section, group);
            if let Some(include) = facts.includes.last_mut() {
                include.constrains = true;
            }
        }
        "-e" | "--editable" => {
            let (value, _) = split_options(unquoted(value));
            let is_unnamed = value.contains("://")
                && !value.contains(" @ ")
                && named_by_fragment(value).is_none();
            if is_unnamed {
                facts.problem(line, "an editable requirement without a name is not read");
                return;
            }
            read_requirement(facts, section, group, value, line, Vec::new());
        }
        _ => {}
    }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix(['"', '\'']);
    inner
        .and_then(|inner| inner.strip_suffix(['"', '\'']))
        .unwrap_or(text)
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

/// Splits off the options that follow a requirement, such as `--hash=sha256:…`.
fn split_options(text: &str) -> (&str, &str) {
    match text.find(" --") {
        Some(position) => (text[..position].trim_end(), &text[position + 1..]),
        None => (text, ""),
    }
}

/// Gives the hashes among the options of a requirement, as `algorithm:digest`.
fn hashes_of(options: &str) -> Vec<String> {
    let mut hashes = Vec::new();
    let mut words = options.split_whitespace();
    while let Some(word) = words.next() {
        let hash = match word.strip_prefix("--hash") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        if let Some(hash) = hash.filter(|hash| is_hash(hash))
            && hashes.len() < MOST_HASHES
        {
            hashes.push(hash.to_owned());
        }
    }
    hashes
}

fn is_hash(text: &str) -> bool {
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= LONGEST_HASH
        && text
            .split_once(':')
            .is_some_and(|(algorithm, digest)| is_plain(algorithm) && is_plain(digest))
}

fn is_own_project(text: &str) -> bool {
    let rest = text.strip_prefix("./").or_else(|| text.strip_prefix('.'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// Reads a requirement on a folder, `./lib[extra]`, with its extras.
fn folder_of(text: &str) -> Option<(&str, Vec<String>)> {
    const ARCHIVES: [&str; 5] = [".whl", ".zip", ".gz", ".tgz", ".bz2"];
    let (path, extras) = match text
        .strip_suffix(']')
        .and_then(|text| text.rsplit_once('['))
    {
        Some((path, extras)) => (path, extras),
        None => (text, ""),
    };
    let path = path.strip_prefix("file:").unwrap_or(path).trim_end();
    let is_path =
        path.starts_with("./") || path.starts_with("../") || path == ".." || path.ends_with('/');
    let is_archive = ARCHIVES.iter().any(|suffix| path.ends_with(suffix));
    let is_plain = !path.contains("://") && !path.contains(char::is_whitespace);
    let extras = extras
        .split(',')
        .map(str::trim)
        .filter(|extra| requirement::is_name(extra));
    (is_path && !is_archive && is_plain).then(|| (path, extras.map(str::to_owned).collect()))
}

/// Turns the path or address of an archive into a requirement: the name of a wheel has the distribution's and its version (PEP 427), and
/// so has that of a source archive (PEP 625).
fn named_by_archive(text: &str) -> Option<String> {
    let (archive, marker) = match text.split_once(" ;") {
        Some((archive, marker)) => (archive.trim_end(), format!(" ;{marker}")),
        None => (text, String::new()),
    };
    let is_address = archive.contains("://");
    let is_path = archive.contains(['/', '\\']) || archive.ends_with(".whl");
    if archive.contains(char::is_whitespace) || !(is_address || is_path) {
        return None;
    }
    let file = archive.split(['?', '#']).next().unwrap_or(archive);
    let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let (name, version) = match file.strip_suffix(".whl") {
        Some(stem) => {
            let mut parts = stem.split('-');
            let (name, version) = (parts.next()?, parts.next()?);
            (3..=4)
                .contains(&parts.count())
                .then_some((name, version))?
        }
        None => {
            let stem = file
                .strip_suffix(".tar.gz")
                .or_else(|| file.strip_suffix(".zip"))?;
            stem.rsplit_once('-')?
        }
    };
    let is_version = version.parse::<pep440_rs::Version>().is_ok();
    if !requirement::is_name(name) || !is_version {
        return None;
    }
    Some(if is_address {
        format!("{name} @ {archive}{marker}")
    } else {
        format!("{name}=={version}{marker}")
    })
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
            2,
        );
        check(
            "./wheels/a_b-1.2-py3-none-any.whl\nhttps://u:p@h.example/d/c-2.0.tar.gz ; os_name == 'nt'\n-e ../lib[x]\n-e git+https://h.example/z\n./d-1.zip",
            &[("a_b", "==1.2", 1), ("c", "", 2), ("d", "==1", 5)],
            1,
        );
        check("\\", &[], 0);
    }

    #[test]
    fn hashes_folders_and_constraints_are_kept() {
        let facts = parse_root(
            "requirements.txt",
            "a==1 --hash=sha256:0a \\\n  --hash sha512:ff --hash=bad\n-e ./lib[x,y]\n-c c.txt\nb",
        );
        let runtime = facts.runtime.unwrap_or_default();
        assert_eq!(runtime[0].hashes, ["sha256:0a", "sha512:ff"]);
        assert_eq!(runtime[0].parsed.as_deref(), Some("==1"));
        assert!(runtime[1].hashes.is_empty());
        assert_eq!(facts.local[0].path, "./lib");
        assert_eq!(facts.local[0].extras, ["x", "y"]);
        assert!(facts.includes[0].constrains);
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
