//! `go.mod` as it is written, and what a required version means. Looks at no other file.
//! Specification: <https://go.dev/ref/mod#go-mod-file>

use semver::Version;

use super::{
    allowance::MOST_ITEMS,
    go_syntax::{Statement, statements},
    problem_list::ProblemList,
};

/// A module's file.
#[derive(Debug, Default)]
pub(super) struct GoMod {
    pub module: Option<String>,
    /// The version of the language, such as `1.21`.
    pub go: Option<String>,
    pub toolchain: Option<String>,
    /// In the order of lines.
    pub requires: Vec<Require>,
    pub replaces: Vec<Replace>,
    /// Module, version, line.
    pub excludes: Vec<(String, String, u32)>,
    /// Packages of commands, with their lines.
    pub tools: Vec<(String, u32)>,
}

/// A required module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Require {
    pub line: u32,
    pub module: String,
    pub version: String,
    /// Whether no package of this module imports it.
    pub is_indirect: bool,
}

/// A module in the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replace {
    pub line: u32,
    pub module: String,
    /// The one version that is replaced; absent for all.
    pub version: Option<String>,
    /// A module, or a folder when it begins with `./`, `../` or `/`.
    pub by: String,
    pub by_version: Option<String>,
}

impl Replace {
    /// Says whether a folder stands in the module's place.
    pub(super) fn is_folder(&self) -> bool {
        self.by_version.is_none()
            && (matches!(self.by.as_str(), "." | "..")
                || ["./", "../", "/"]
                    .iter()
                    .any(|start| self.by.starts_with(start)))
    }
}

/// Reads a file; what is not right in it becomes a problem.
pub(super) fn parse(path: &str, text: &str, problems: &mut ProblemList) -> GoMod {
    let mut file = GoMod::default();
    for statement in statements(path, text, problems) {
        let kept = file.requires.len() + file.replaces.len() + file.excludes.len();
        if kept + file.tools.len() >= MOST_ITEMS {
            let what = format!("more than {MOST_ITEMS} statements; the rest is left out");
            problems.tell_line(path, statement.line, what);
            break;
        }
        if let Err(what) = take(&mut file, &statement) {
            problems.tell_line(path, statement.line, what);
        }
    }
    if file.module.is_none() {
        problems.tell(path, "names no module");
    }
    file
}

fn take(file: &mut GoMod, statement: &Statement) -> Result<(), String> {
    let arguments: Vec<&str> = statement.arguments.iter().map(String::as_str).collect();
    let line = statement.line;
    match (statement.verb.as_str(), arguments.as_slice()) {
        ("module", [module]) => file.module = Some((*module).to_owned()),
        ("go", [version]) => file.go = Some((*version).to_owned()),
        ("toolchain", [name]) => file.toolchain = Some((*name).to_owned()),
        ("require", [module, version]) => file.requires.push(Require {
            line,
            module: (*module).to_owned(),
            version: (*version).to_owned(),
            is_indirect: is_indirect(statement.comment.as_deref()),
        }),
        ("replace", _) => file.replaces.push(replace(line, &arguments)?),
        ("exclude", [module, version]) => {
            let excluded = ((*module).to_owned(), (*version).to_owned(), line);
            file.excludes.push(excluded);
        }
        ("tool", [package]) => file.tools.push(((*package).to_owned(), line)),
        // What a module retracts is about its own versions, the others about how it is built.
        ("retract" | "godebug" | "ignore", _) => {}
        (verb @ ("module" | "go" | "toolchain" | "require" | "exclude" | "tool"), arguments) => {
            let count = arguments.len();
            return Err(format!("`{verb}` with {count} words"));
        }
        (verb, _) => return Err(format!("`{verb}` is not known")),
    }
    Ok(())
}

/// Reads `module [version] => module version` or `module [version] => folder`.
pub(super) fn replace(line: u32, arguments: &[&str]) -> Result<Replace, String> {
    let arrow = arguments.iter().position(|word| *word == "=>");
    let (old, new) = match arrow {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => return Err("`replace` without an arrow".to_owned()),
    };
    let (module, version) = match old {
        [module] => (module, None),
        [module, version] => (module, Some((*version).to_owned())),
        _ => return Err("`replace` does not name what it replaces".to_owned()),
    };
    let (by, by_version) = match new {
        [by] => (by, None),
        [by, version] => (by, Some((*version).to_owned())),
        _ => return Err("`replace` does not name what it puts in the place".to_owned()),
    };
    Ok(Replace {
        line,
        module: (*module).to_owned(),
        version,
        by: (*by).to_owned(),
        by_version,
    })
}

fn is_indirect(comment: Option<&str>) -> bool {
    let mut words = comment.unwrap_or_default().split_whitespace();
    match words.next() {
        Some("indirect") => words.next().is_none(),
        Some(first) => first == "indirect;",
        None => false,
    }
}

/// Writes what a required version means: itself or a newer one of the same major version, by the rules of minimal version selection.
///
/// A module without a major version in its path covers versions 0 and 1; one that is `+incompatible` has no end. `None` when the version
/// is none, such as the name of a branch.
pub(super) fn plain_comparators(module: &str, version: &str) -> Option<String> {
    let version = Version::parse(version.strip_prefix('v')?).ok()?;
    let is_incompatible = version.build.as_str() == "incompatible";
    let mut floor = version;
    floor.build = semver::BuildMetadata::EMPTY;
    let end = match major_of(module) {
        Some(major) => major.checked_add(1),
        None if is_incompatible || floor.major > 1 => None,
        None => Some(2),
    };
    let end = end.map(|end| format!(", <{end}.0.0"));
    Some(format!(">={floor}{}", end.unwrap_or_default()))
}

/// Gives the major version that a module's path ends with: `…/v2`, and `….v2` of gopkg.in.
fn major_of(module: &str) -> Option<u64> {
    let last = module.rsplit('/').next()?;
    let digits = match last.strip_prefix('v') {
        Some(digits) if module.contains('/') => digits,
        _ if module.starts_with("gopkg.in/") => last.rsplit_once(".v")?.1,
        _ => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (GoMod, Vec<String>) {
        let mut problems = ProblemList::default();
        let file = parse("go.mod", text, &mut problems);
        let told = problems.texts().into_iter().map(str::to_owned).collect();
        (file, told)
    }

    #[test]
    fn every_statement_is_read() {
        let (file, problems) = read(
            "module example.test/m\ngo 1.24.0\ntoolchain go1.24.1\ngodebug default=go1.21\n\
             require example.test/a v1.2.3\nrequire (\n\texample.test/b v0.0.0-20230101000000-abcdef123456 // indirect\n\
             \texample.test/c v2.0.0+incompatible // indirect; for tests\n\texample.test/d v1.0.0 // indirectly\n)\n\
             replace example.test/a => ../a\nreplace example.test/b v1.0.0 => example.test/fork v1.0.1\n\
             exclude example.test/a v1.2.4\nretract [v1.0.0, v1.1.0]\ntool example.test/t/cmd/t\nignore ./node\n",
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(file.module.as_deref(), Some("example.test/m"));
        assert_eq!(file.go.as_deref(), Some("1.24.0"));
        assert_eq!(file.toolchain.as_deref(), Some("go1.24.1"));
        let requires: Vec<(u32, &str, bool)> = file
            .requires
            .iter()
            .map(|require| (require.line, require.module.as_str(), require.is_indirect))
            .collect();
        assert_eq!(
            requires,
            [
                (5, "example.test/a", false),
                (7, "example.test/b", true),
                (8, "example.test/c", true),
                (9, "example.test/d", false),
            ]
        );
        assert!(file.replaces[0].is_folder() && !file.replaces[1].is_folder());
        assert_eq!(file.replaces[1].version.as_deref(), Some("v1.0.0"));
        assert_eq!(file.excludes.len(), 1);
        assert_eq!(file.tools, [("example.test/t/cmd/t".to_owned(), 15)]);
    }

    #[test]
    fn what_is_wrong_is_a_problem_with_its_line() {
        let (_, problems) = read("require a\nreplace a b\nnonsense\nreplace => b\n");
        assert_eq!(
            problems,
            [
                "line 1: `require` with 1 words",
                "line 2: `replace` without an arrow",
                "line 3: `nonsense` is not known",
                "line 4: `replace` does not name what it replaces",
                "names no module",
            ]
        );
        let many = "require a v1\n".repeat(40_000);
        let (file, problems) = read(&many);
        assert_eq!((file.requires.len(), problems.len()), (MOST_ITEMS, 2));
    }

    #[test]
    fn versions_end_before_the_next_major_one() {
        let check = |module: &str, version: &str, expected: &str| {
            let found = plain_comparators(module, version);
            let found = found.as_deref().unwrap_or("none");
            assert_eq!(found, expected, "{module} {version}");
        };
        check("example.test/a", "v1.2.3", ">=1.2.3, <2.0.0");
        check("example.test/a", "v0.2.3-rc.1", ">=0.2.3-rc.1, <2.0.0");
        check("example.test/a/v3", "v3.1.0", ">=3.1.0, <4.0.0");
        check("gopkg.in/yaml.v3", "v3.0.1", ">=3.0.1, <4.0.0");
        check("example.test/a", "v4.0.0+incompatible", ">=4.0.0");
        check(
            "example.test/a",
            "v0.0.0-20230101000000-abcdef123456",
            ">=0.0.0-20230101000000-abcdef123456, <2.0.0",
        );
        check("example.test/a", "master", "none");
        check("example.test/v18446744073709551615", "v1.0.0", ">=1.0.0");
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_words_end_well(text in "((module|go|require|replace|exclude|tool|=>|\\(|\\)|a|v1\\.0\\.0|//|indirect|\")[ \n]){0,30}") {
            read(&text);
        }

        #[test]
        fn any_version_ends_well(module in ".{0,20}", version in ".{0,20}") {
            plain_comparators(&module, &version);
        }
    }
}
