//! `go.sum` and `vendor/modules.txt`: the modules whose contents were used. Neither is a lock file in the strict sense: `go.sum` may keep
//! what is no longer used, and only `vendor/modules.txt` is exact.
//! Specification: <https://go.dev/ref/mod#go-sum-files>, <https://go.dev/ref/mod#vendoring>

use std::collections::HashMap;

use semver::Version;

use super::{allowance::LONGEST_NAME, problem_list::ProblemList};

/// How many lines of one file are read.
const MOST_LINES: usize = 500_000;

/// A module with the version that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsedModule {
    pub module: String,
    pub version: String,
    /// Whether `vendor/modules.txt` says that the main module names it.
    pub is_explicit: bool,
    /// What stands in its place: a module with a version, or a folder.
    pub replaced_by: Option<(String, Option<String>)>,
}

/// Reads `go.sum`: of each module whose contents were used, the newest version, because a build takes only one.
pub(super) fn parse_sums(path: &str, text: &str, problems: &mut ProblemList) -> Vec<UsedModule> {
    let mut newest: HashMap<&str, &str> = HashMap::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        if number as usize > MOST_LINES {
            let what = format!("more than {MOST_LINES} lines; the rest is left out");
            problems.tell_line(path, number, what);
            break;
        }
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => {}
            (Some(module), Some(version), Some(_), None) if module.len() <= LONGEST_NAME => {
                // A hash of `go.mod` alone says only that the module was looked at.
                if !version.ends_with("/go.mod") {
                    let known = newest.entry(module).or_insert(version);
                    if is_newer(version, known) {
                        *known = version;
                    }
                }
            }
            _ => problems.tell_line(path, number, "is no module, version and hash"),
        }
    }
    let used = newest.into_iter();
    let used = used.map(|(module, version)| UsedModule {
        module: module.to_owned(),
        version: version.to_owned(),
        is_explicit: false,
        replaced_by: None,
    });
    sorted(used.collect())
}

fn is_newer(version: &str, known: &str) -> bool {
    let parse = |text: &str| Version::parse(text.strip_prefix('v')?).ok();
    match (parse(version), parse(known)) {
        (Some(version), Some(known)) => version.cmp_precedence(&known).is_gt(),
        (found, known) => found.is_some() && known.is_none(),
    }
}

/// Reads `vendor/modules.txt`: lines `# module version [=> replacement [version]]`, each followed by `## explicit; …` and its packages.
pub(super) fn parse_vendored(
    path: &str,
    text: &str,
    problems: &mut ProblemList,
) -> Vec<UsedModule> {
    let mut used: Vec<UsedModule> = Vec::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        if number as usize > MOST_LINES {
            let what = format!("more than {MOST_LINES} lines; the rest is left out");
            problems.tell_line(path, number, what);
            break;
        }
        if let Some(annotation) = line.strip_prefix("## ") {
            if let Some(last) = used.last_mut() {
                let mut marks = annotation.split(';').map(str::trim);
                last.is_explicit |= marks.any(|mark| mark == "explicit");
            }
        } else if let Some(heading) = line.strip_prefix("# ") {
            match vendored(heading) {
                Some(module) => used.push(module),
                None => problems.tell_line(path, number, "is no module and version"),
            }
        }
    }
    // At the end stand replacements of modules that are not used: they have no version.
    used.retain(|module| !module.version.is_empty());
    sorted(used)
}

fn vendored(heading: &str) -> Option<UsedModule> {
    let words: Vec<&str> = heading.split_whitespace().take(6).collect();
    let (old, new) = match words.iter().position(|word| *word == "=>") {
        Some(at) => (&words[..at], Some(&words[at + 1..])),
        None => (words.as_slice(), None),
    };
    let (module, version) = match old {
        [module] if new.is_some() => (*module, ""),
        [module, version] => (*module, *version),
        _ => return None,
    };
    let replaced_by = match new {
        None => None,
        Some([folder]) => Some(((*folder).to_owned(), None)),
        Some([module, version]) => Some(((*module).to_owned(), Some((*version).to_owned()))),
        Some(_) => return None,
    };
    let is_short = words.iter().all(|word| word.len() <= LONGEST_NAME);
    is_short.then(|| UsedModule {
        module: module.to_owned(),
        version: version.to_owned(),
        is_explicit: false,
        replaced_by,
    })
}

fn sorted(mut used: Vec<UsedModule>) -> Vec<UsedModule> {
    used.sort_by(|left, right| (&left.module, &left.version).cmp(&(&right.module, &right.version)));
    used
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(used: &[UsedModule]) -> Vec<String> {
        used.iter()
            .map(|module| {
                let UsedModule {
                    module,
                    version,
                    is_explicit,
                    replaced_by,
                } = module;
                format!("{module} {version} {is_explicit} {replaced_by:?}")
            })
            .collect()
    }

    #[test]
    fn of_each_module_the_newest_used_version_counts() {
        let mut problems = ProblemList::default();
        let used = parse_sums(
            "go.sum",
            "b v1.9.0 h1:x=\nb v1.10.0 h1:x=\nb v1.11.0/go.mod h1:x=\na v0.0.0-2020 h1:x=\nc v1.0.0/go.mod h1:x=\n\nbroken\n",
            &mut problems,
        );
        assert_eq!(
            shown(&used),
            ["a v0.0.0-2020 false None", "b v1.10.0 false None"]
        );
        assert_eq!(problems.texts(), ["line 7: is no module, version and hash"]);
    }

    #[test]
    fn vendored_modules_are_read() {
        let mut problems = ProblemList::default();
        let used = parse_vendored(
            "vendor/modules.txt",
            "## workspace\n# b v1.0.0\n## explicit; go 1.17\nb/x\nb/y\n# a v1.0.0 => ./a\n## explicit\n# c v1.0.0 => d v2.0.0\nc\n# e => ./e\n# bad\n",
            &mut problems,
        );
        assert_eq!(
            shown(&used),
            [
                "a v1.0.0 true Some((\"./a\", None))",
                "b v1.0.0 true None",
                "c v1.0.0 false Some((\"d\", Some(\"v2.0.0\")))",
            ]
        );
        assert_eq!(problems.texts(), ["line 11: is no module and version"]);
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = String::from_utf8_lossy(&bytes);
            parse_sums("go.sum", &text, &mut ProblemList::default());
            parse_vendored("vendor/modules.txt", &text, &mut ProblemList::default());
        }

        #[test]
        fn any_words_end_well(text in "((#|##|=>|a|v1\\.0\\.0|v2|explicit|/go\\.mod)[ \n]){0,30}") {
            parse_sums("go.sum", &text, &mut ProblemList::default());
            parse_vendored("vendor/modules.txt", &text, &mut ProblemList::default());
        }
    }
}
