//! The license and notice files of a tree, whose texts travel with copied code, and the licenses that they hold.

use synthesizer_model::{
    finding::Problem,
    license::{DetectedLicense, Licenses, RecognizedLicense},
    text::escape_untrusted,
    tree::{SourceTree, TreePath},
};

use super::{glob, recognition};

/// Below this share, a text that fits one license is worth a look.
const CERTAIN: f32 = 0.96;
/// How many license files are taken.
const MOST_FILES: usize = 100;

/// How many paths and patterns of manifests are looked at.
const MOST_PATTERNS: usize = 64;
/// How many of them may hold wildcards.
const MOST_GLOBS: usize = 16;
/// The longest pattern, and the longest path that is compared with a pattern, in bytes.
const LONGEST_PATH: usize = 256;

/// What the name of a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    License,
    Notice,
}

/// Finds the licenses of a source: the declared one, those of its license files by their text, and the files themselves.
///
/// `license_files` are paths or glob patterns from manifests. Looked at are these, license and notice files at the top, and
/// `LICENSES/`. `files_without` is left at 0: it counts source files, which are not read here.
pub fn detect(
    tree: &dyn SourceTree,
    declared: Option<String>,
    license_files: &[String],
) -> (Licenses, Vec<Problem>) {
    detect_with(tree, declared, license_files, &|_| None)
}

/// Does what [`detect`] does; `recognized` gives what a license file was recognized as, where that is known already.
pub(super) fn detect_with(
    tree: &dyn SourceTree,
    declared: Option<String>,
    license_files: &[String],
    recognized: &dyn Fn(&str) -> Option<Vec<RecognizedLicense>>,
) -> (Licenses, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut licenses = Licenses {
        declared,
        ..Licenses::default()
    };
    let patterns = patterns_of(license_files, &mut problems);
    for (path, kind) in files_of(tree, &patterns, &mut problems) {
        licenses.texts.push(path.as_str().to_owned());
        if kind == Kind::Notice {
            continue;
        }
        match licenses_in(tree, path, recognized) {
            Ok(found) => {
                problems.extend(doubt(path, &found));
                licenses.detected.extend(found);
            }
            Err(problem) => problems.push(problem),
        }
    }
    for pattern in &patterns {
        let is_there = || licenses.texts.iter().any(|path| pattern.fits(path));
        if let (Pattern::Plain(name), false) = (pattern, is_there()) {
            problems.push(Problem::new(
                escape_untrusted(name),
                "the manifest names this license file, but it does not exist",
            ));
        }
    }
    (licenses, problems)
}

/// A path or glob pattern of a manifest.
enum Pattern<'m> {
    Plain(&'m str),
    Glob(&'m str),
}

impl Pattern<'_> {
    fn fits(&self, path: &str) -> bool {
        match self {
            Self::Plain(name) => *name == path,
            Self::Glob(pattern) => path.len() <= LONGEST_PATH && glob::fits(pattern, path),
        }
    }
}

/// Takes the first patterns, so that many of them against many files end soon.
fn patterns_of<'m>(license_files: &'m [String], problems: &mut Vec<Problem>) -> Vec<Pattern<'m>> {
    let mut patterns = Vec::new();
    let mut globs = 0;
    for text in license_files {
        let name = text.trim_start_matches("./");
        let is_glob = name.contains(['*', '?', '[']);
        globs += usize::from(is_glob);
        if patterns.len() == MOST_PATTERNS || globs > MOST_GLOBS || name.len() > LONGEST_PATH {
            let what =
                "the manifests name too many or too long license file patterns; some are left out";
            problems.push(Problem::new(escape_untrusted(name), what));
            break;
        }
        patterns.push(if is_glob {
            Pattern::Glob(name)
        } else {
            Pattern::Plain(name)
        });
    }
    patterns
}

/// Warns of a text that fits one license only for the most part: it may hold terms of its own.
fn doubt(path: &TreePath, found: &[DetectedLicense]) -> Option<Problem> {
    let [only] = found else { return None };
    let percent = only.confidence * 100.0;
    (only.confidence < CERTAIN).then(|| {
        let what = format!(
            "its text fits {} to {percent:.0} % only; the rest may hold other terms",
            only.spdx
        );
        Problem::new(path.as_str(), what)
    })
}

fn files_of<'t>(
    tree: &'t dyn SourceTree,
    patterns: &[Pattern<'_>],
    problems: &mut Vec<Problem>,
) -> Vec<(&'t TreePath, Kind)> {
    let mut files = Vec::new();
    for entry in tree.entries() {
        let path = entry.path.as_str();
        let by_name = match path.rsplit_once('/') {
            None => kind_of(path),
            Some(("LICENSES", _)) => Some(Kind::License),
            Some(_) => None,
        };
        let is_declared = || patterns.iter().any(|pattern| pattern.fits(path));
        // A file that only a manifest calls a license file (such as AUTHORS) travels along; its text need not be a license.
        let Some(kind) = by_name.or_else(|| {
            is_declared().then(|| kind_of(entry.path.file_name()).unwrap_or(Kind::Notice))
        }) else {
            continue;
        };
        if !entry.is_file() {
            problems.push(Problem::new(
                path,
                "a license file that is no regular file is not read",
            ));
            continue;
        }
        if files.len() == MOST_FILES {
            problems.push(Problem::new(
                path,
                format!("more than {MOST_FILES} license files; the rest is left out"),
            ));
            break;
        }
        files.push((&entry.path, kind));
    }
    files
}

/// Says whether a file's name says that its text is a license.
pub fn is_license_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("LICENSES/") || kind_of(name) == Some(Kind::License)
}

/// Tells license and notice files by their name: the word, then nothing, an extension of text, or another word.
fn kind_of(file_name: &str) -> Option<Kind> {
    let name = file_name.to_ascii_lowercase();
    if name.starts_with('.') || has_source_extension(&name) {
        return None;
    }
    let words: Vec<&str> = name.split(['.', '-', '_', ' ']).collect();
    let starts = |expected: &[&str]| expected.contains(&words[0]);
    if starts(&[
        "license",
        "licence",
        "licenses",
        "licences",
        "copying",
        "unlicense",
        "unlicence",
        "copyright",
    ]) {
        return Some(Kind::License);
    }
    if starts(&["notice", "notices"])
        || name
            .replace(['-', '_', ' '], "")
            .starts_with("thirdpartynotice")
    {
        return Some(Kind::Notice);
    }
    // `MIT-LICENSE.txt`, `Apache_License`.
    let stem = name
        .strip_suffix(".txt")
        .or_else(|| name.strip_suffix(".md"))
        .unwrap_or(&name);
    let ends = ["-license", "_license", "-licence", "_licence"];
    ends.iter()
        .any(|end| stem.ends_with(end))
        .then_some(Kind::License)
}

fn has_source_extension(name: &str) -> bool {
    const SOURCE: &[&str] = &[
        "c", "cfg", "cpp", "css", "go", "h", "in", "ini", "ipynb", "j2", "java", "jinja", "js",
        "json", "lock", "pl", "png", "py", "pyc", "pyi", "rb", "rs", "sh", "svg", "tmpl", "toml",
        "ts", "tpl", "xml", "yaml", "yml",
    ];
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| SOURCE.contains(&extension))
}

fn licenses_in(
    tree: &dyn SourceTree,
    path: &TreePath,
    known: &dyn Fn(&str) -> Option<Vec<RecognizedLicense>>,
) -> Result<Vec<DetectedLicense>, Problem> {
    let recognized = match known(path.as_str()) {
        Some(recognized) => recognized,
        None => {
            let blob = tree
                .read(path)
                .map_err(|failure| Problem::new(path.as_str(), failure.message))?;
            if blob.bytes.len() > recognition::LARGEST {
                let limit = recognition::LARGEST;
                let what = format!("larger than {limit} bytes, its license is unknown");
                return Err(Problem::new(path.as_str(), what));
            }
            recognition::recognized(&blob.bytes)
        }
    };
    let found: Vec<DetectedLicense> = recognized
        .into_iter()
        .map(|recognized| DetectedLicense {
            path: path.as_str().to_owned(),
            spdx: recognized.spdx,
            confidence: recognized.confidence,
        })
        .collect();
    if found.is_empty() {
        return Err(Problem::new(
            path.as_str(),
            "its text is not recognized as a license of the SPDX list",
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_tree::MemoryTree;

    #[test]
    fn names_tell_license_and_notice_files() {
        for (name, expected) in [
            ("LICENSE", Some(Kind::License)),
            ("LICENCE.rst", Some(Kind::License)),
            ("LICENSE-MIT", Some(Kind::License)),
            ("license_apache.txt", Some(Kind::License)),
            ("COPYING.LESSER", Some(Kind::License)),
            ("MIT-LICENSE.txt", Some(Kind::License)),
            ("NOTICE", Some(Kind::Notice)),
            ("ThirdPartyNotices.txt", Some(Kind::Notice)),
            ("license.py", None),
            ("notice.json", None),
            ("AUTHORS", None),
            ("README.md", None),
            (".license", None),
            ("licensing.md", None),
        ] {
            assert_eq!(kind_of(name), expected, "{name}");
        }
    }

    #[test]
    fn terms_beside_a_license_are_told() {
        let apache = spdx::license_id("Apache-2.0")
            .expect("a known license")
            .text();
        let more =
            "This software may only be used on Sundays, by persons who never sold software. "
                .repeat(12);
        let text = format!("{apache}\n\n{more}");
        let (licenses, problems) = detect(
            &MemoryTree::of_texts([("LICENSE", text.as_str())]),
            None,
            &[],
        );
        assert_eq!(
            (licenses.detected.len(), problems.len()),
            (1, 1),
            "{licenses:?} {problems:?}"
        );
    }

    #[test]
    fn license_files_travel_and_tell_their_license() {
        let mit = spdx::license_id("MIT").expect("a known license").text();
        let tree = MemoryTree::of_texts([
            ("AUTHORS", "A. Person"),
            ("LICENSE", mit),
            ("LICENSES/0BSD.txt", "not it"),
            ("NOTICE", "Copyright A. Person"),
            ("docs/LICENSE", mit),
            ("vendor/x/LICENSE", mit),
        ]);
        let patterns = ["AUTHORS", "vendor/*/LICEN[CS]E", "GONE"].map(str::to_owned);
        let (licenses, problems) = detect(&tree, None, &patterns);
        assert_eq!(
            licenses.texts,
            [
                "AUTHORS",
                "LICENSE",
                "LICENSES/0BSD.txt",
                "NOTICE",
                "vendor/x/LICENSE"
            ]
        );
        let detected: Vec<(&str, &str)> = licenses
            .detected
            .iter()
            .map(|found| (found.path.as_str(), found.spdx.as_str()))
            .collect();
        assert_eq!(detected, [("LICENSE", "MIT"), ("vendor/x/LICENSE", "MIT")]);
        let paths: Vec<&str> = problems
            .iter()
            .map(|problem| problem.path.as_str())
            .collect();
        assert_eq!(paths, ["LICENSES/0BSD.txt", "GONE"]);
        assert_eq!(licenses.effective().as_deref(), Some("MIT"));
    }
}
