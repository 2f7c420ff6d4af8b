//! Reads a plan file (`PLAN.toml`) and names everything that is wrong with it, each with its line. Must not reach anything.

use std::{
    io::Read as _,
    ops::Range,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::json;
use synthesizer_model::{
    ErrorCode, Failure,
    synthesis::{RequestedRepository, SynthesisRequest},
    text::LineIndex,
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The largest plan file that is read, in bytes.
const SIZE_LIMIT: u64 = 1 << 20;

/// The largest number of problems that are reported.
const PROBLEM_LIMIT: usize = 50;

/// A plan and the folder that its local repositories are relative to.
#[derive(Debug)]
pub(super) struct Plan {
    /// What is asked for.
    pub(super) request: SynthesisRequest,
    /// The plan file's folder.
    pub(super) folder: PathBuf,
}

/// Reads a plan file.
///
/// # Errors
/// `E_NOT_FOUND` when there is no such file, `E_LIMIT` above 1 MiB, `E_ARGUMENT` with all problems and their lines.
pub(super) fn read(path: &Path) -> Result<Plan, Failure> {
    let text = read_text(path)?;
    let name = path.display();
    let request = parse(&text).map_err(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("{name}:{}: {}", problem.line, problem.what))
            .collect();
        let details: Vec<_> = problems
            .iter()
            .map(|problem| json!({ "line": problem.line, "what": problem.what }))
            .collect();
        Failure::new(
            ErrorCode::Argument,
            format!("the plan file is not valid\n{}", lines.join("\n")),
        )
        .with_hint("a plan has name, and [[repository]] tables with url, rev, components, destination; template, ecosystem and link are optional")
        .with_details(json!({ "problems": details }))
    })?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    Ok(Plan { request, folder })
}

fn read_text(path: &Path) -> Result<String, Failure> {
    let name = path.display();
    // A FIFO would wait for who writes into it.
    let waits_for_nobody = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let mut options = std::fs::File::options();
    let opened = options.read(true).custom_flags(waits_for_nobody).open(path);
    let file = opened.map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorCode::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorCode::Forbidden,
            _ => ErrorCode::Path,
        };
        Failure::new(code, format!("cannot open the plan file {name}: {error}"))
            .with_hint("name a plan file, or use --repo and --name")
    })?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(
            Failure::new(ErrorCode::Path, format!("{name} is not a file"))
                .with_hint("name a plan file, or use --repo and --name"),
        );
    }
    let mut text = String::new();
    file.take(SIZE_LIMIT + 1)
        .read_to_string(&mut text)
        .map_err(|error| {
            Failure::new(
                ErrorCode::Argument,
                format!("cannot read the plan file {name}: {error}"),
            )
        })?;
    if text.len() as u64 > SIZE_LIMIT {
        return Err(Failure::new(
            ErrorCode::Limit,
            "the plan file is larger than 1 MiB",
        ));
    }
    Ok(text)
}

/// One thing that is wrong with a plan.
#[derive(Debug, PartialEq, Eq)]
struct Problem {
    /// Counted from 1.
    line: u32,
    /// What is wrong.
    what: String,
}

fn parse(text: &str) -> Result<SynthesisRequest, Vec<Problem>> {
    let mut reader = Reader {
        lines: LineIndex::new(text),
        problems: Vec::new(),
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        reader.report(error.span().unwrap_or(0..0), error.message());
    }
    let request = reader.plan(document.get_ref());
    if reader.problems.is_empty() {
        return Ok(request);
    }
    reader.problems.sort_by_key(|problem| problem.line);
    reader.problems.truncate(PROBLEM_LIMIT);
    Err(reader.problems)
}

/// Walks the document and collects problems.
struct Reader {
    lines: LineIndex,
    problems: Vec<Problem>,
}

type Entry<'document> = Spanned<DeValue<'document>>;

impl Reader {
    fn plan(&mut self, table: &DeTable<'_>) -> SynthesisRequest {
        let mut plan = SynthesisRequest {
            name: String::new(),
            template: String::new(),
            ecosystem: String::new(),
            link: false,
            tests: true,
            repositories: Vec::new(),
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => plan.name = self.text("name", value),
                "template" => plan.template = self.text("template", value),
                "ecosystem" => plan.ecosystem = self.text("ecosystem", value),
                "link" => plan.link = self.flag("link", value),
                "tests" => plan.tests = self.flag("tests", value),
                "repository" => plan.repositories = self.repositories(value),
                unknown => self.unknown(
                    key.span(),
                    unknown,
                    "name, template, ecosystem, link, tests, repository",
                ),
            }
        }
        if !table.contains_key("name") {
            self.report(0..0, "name is missing");
        }
        if !table.contains_key("repository") {
            self.report(0..0, "there is no [[repository]]");
        }
        plan
    }

    fn repositories(&mut self, value: &Entry<'_>) -> Vec<RequestedRepository> {
        let Some(items) = value.get_ref().as_array() else {
            self.report(
                value.span(),
                "repository is a list of tables: write [[repository]]",
            );
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| match item.get_ref().as_table() {
                Some(table) => Some(self.repository(item.span(), table)),
                None => {
                    self.report(item.span(), "a repository is a table: write [[repository]]");
                    None
                }
            })
            .collect()
    }

    fn repository(&mut self, span: Range<usize>, table: &DeTable<'_>) -> RequestedRepository {
        let mut repository = RequestedRepository {
            url: String::new(),
            rev: None,
            components: Vec::new(),
            destination: None,
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "url" => repository.url = self.text("url", value),
                "rev" => repository.rev = Some(self.text("rev", value)),
                "components" => repository.components = self.texts("components", value),
                "destination" => repository.destination = Some(self.text("destination", value)),
                unknown => self.unknown(key.span(), unknown, "url, rev, components, destination"),
            }
        }
        if !table.contains_key("url") {
            self.report(span, "url is missing");
        }
        repository
    }

    fn text(&mut self, name: &str, value: &Entry<'_>) -> String {
        if let Some(text) = value.get_ref().as_str() {
            return text.to_owned();
        }
        self.mistyped(name, "a string", value);
        String::new()
    }

    fn flag(&mut self, name: &str, value: &Entry<'_>) -> bool {
        if let Some(flag) = value.get_ref().as_bool() {
            return flag;
        }
        self.mistyped(name, "true or false", value);
        false
    }

    fn texts(&mut self, name: &str, value: &Entry<'_>) -> Vec<String> {
        let Some(items) = value.get_ref().as_array() else {
            self.mistyped(name, "a list of strings", value);
            return Vec::new();
        };
        items.iter().map(|item| self.text(name, item)).collect()
    }

    fn mistyped(&mut self, name: &str, expected: &str, value: &Entry<'_>) {
        let found = value.get_ref().type_str();
        self.report(value.span(), &format!("{name} is {expected}, not {found}"));
    }

    fn unknown(&mut self, span: Range<usize>, key: &str, known: &str) {
        let shown: String = key.chars().take(60).collect();
        self.report(span, &format!("unknown key {shown:?}; known are {known}"));
    }

    fn report(&mut self, span: Range<usize>, what: &str) {
        self.problems.push(Problem {
            line: self.lines.line(span.start),
            what: what.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(u32, String)> {
        let problems = parse(text).expect_err("not valid");
        problems
            .into_iter()
            .map(|problem| (problem.line, problem.what))
            .collect()
    }

    #[test]
    fn a_plan_is_read_in_its_order() {
        let text = "name = \"toolbox\"\nlink = true\n\n[[repository]]\nurl = \"pypi:b\"\nrev = \"1\"\ncomponents = [\"b.x\"]\n\
                    [[repository]]\nurl = \"pypi:a\"\ndestination = \"d\"\n";
        let plan = parse(text).expect("valid");
        assert_eq!((plan.name.as_str(), plan.link), ("toolbox", true));
        // What is left open follows from the rest of the plan.
        assert_eq!((plan.template.as_str(), plan.ecosystem.as_str()), ("", ""));
        let urls: Vec<&str> = plan
            .repositories
            .iter()
            .map(|entry| entry.url.as_str())
            .collect();
        assert_eq!(urls, ["pypi:b", "pypi:a"]);
        assert_eq!(plan.repositories[0].components, ["b.x"]);
    }

    #[test]
    fn every_problem_is_named_with_its_line() {
        let found = problems(
            "nam = \"x\"\nlink = 3\n[[repository]]\nurls = \"pypi:a\"\ncomponents = [1]\n",
        );
        assert_eq!(
            found,
            [
                (
                    1,
                    "unknown key \"nam\"; known are name, template, ecosystem, link, tests, repository"
                        .to_owned()
                ),
                (1, "name is missing".to_owned()),
                (2, "link is true or false, not integer".to_owned()),
                (3, "url is missing".to_owned()),
                (
                    4,
                    "unknown key \"urls\"; known are url, rev, components, destination".to_owned()
                ),
                (5, "components is a string, not integer".to_owned()),
            ]
        );
    }

    #[test]
    fn text_that_is_no_toml_is_a_problem_with_a_line() {
        let found = problems("name = \"a\"\nrepository = [\n= =\n");
        assert!(found.iter().any(|(line, _)| *line >= 2), "{found:?}");
    }
}
