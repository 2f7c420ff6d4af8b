//! What `.gitattributes` say of roles: `linguist-generated`, `linguist-vendored`, `linguist-documentation`. Reads no files and knows no
//! other attribute.

use crate::licenses;

/// How many rules of one tree are kept. A rule that is not about roles does not count.
const MOST_RULES: usize = 256;
/// How long a pattern may be, in bytes, and how many wildcards it may have.
const LONGEST_PATTERN: usize = 256;
const MOST_WILDCARDS: usize = 8;

/// What attributes say of one file; `None` for what they do not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttributeMarks {
    /// Whether a program wrote it.
    pub generated: Option<bool>,
    /// Whether it is somebody else's.
    pub vendored: Option<bool>,
    /// Whether it is documentation.
    pub documentation: Option<bool>,
}

/// The rules of a tree about roles.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    rules: Vec<Rule>,
    left_out: usize,
}

#[derive(Debug, Clone)]
struct Rule {
    /// The folder of its file.
    folder: String,
    pattern: String,
    /// Whether the pattern is of a path, not of a name.
    of_path: bool,
    marks: Vec<(Role, Option<bool>)>,
}

#[derive(Debug, Clone, Copy)]
enum Role {
    Generated,
    Vendored,
    Documentation,
}

impl Attributes {
    /// Reads the files of a tree: the folder of each, empty for the top, and its text. Their order does not matter.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut files: Vec<_> = files.into_iter().collect();
        // Those that are deeper go before those that are above them.
        files.sort_by_key(|(folder, _)| {
            (
                folder.split('/').filter(|name| !name.is_empty()).count(),
                *folder,
            )
        });
        let mut attributes = Self::default();
        for (folder, text) in files {
            for line in text.lines() {
                attributes.take(folder, line);
            }
        }
        attributes
    }

    /// Says how many rules were left out, because there are more than 256 or because their pattern is longer or has more wildcards than
    /// any that people write.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Says what the attributes tell of a file, by its path from the top of the tree. The last rule that fits decides.
    pub fn marks_of(&self, path: &str) -> AttributeMarks {
        let mut told = AttributeMarks::default();
        for rule in self.rules.iter().filter(|rule| rule.fits(path)) {
            for &(role, value) in &rule.marks {
                match role {
                    Role::Generated => told.generated = value,
                    Role::Vendored => told.vendored = value,
                    Role::Documentation => told.documentation = value,
                }
            }
        }
        told
    }

    fn take(&mut self, folder: &str, line: &str) {
        let line = line.trim();
        let Some((pattern, attributes)) = split_pattern(line) else {
            return;
        };
        let marks: Vec<_> = attributes.split_whitespace().filter_map(mark).collect();
        if marks.is_empty() || pattern.starts_with("[attr]") || pattern.starts_with(['#', '!']) {
            return;
        }
        let wildcards = pattern.matches(['*', '?', '[']).count();
        if self.rules.len() >= MOST_RULES
            || pattern.len() > LONGEST_PATTERN
            || wildcards > MOST_WILDCARDS
        {
            self.left_out += 1;
            return;
        }
        self.rules.push(Rule {
            folder: folder.to_owned(),
            of_path: pattern.contains('/'),
            pattern: pattern.trim_start_matches('/').to_owned(),
            marks,
        });
    }
}

impl Rule {
    fn fits(&self, path: &str) -> bool {
        let below = match path.strip_prefix(self.folder.as_str()) {
            Some(rest) if self.folder.is_empty() => rest,
            Some(rest) => match rest.strip_prefix('/') {
                Some(rest) => rest,
                None => return false,
            },
            None => return false,
        };
        let name = below.rsplit_once('/').map_or(below, |(_, name)| name);
        let subject = if self.of_path { below } else { name };
        self.may_fit(subject) && licenses::fits_glob(&self.pattern, subject)
    }

    /// Compares what is before the first wildcard and after the last, which most paths do not pass.
    fn may_fit(&self, subject: &str) -> bool {
        let is_wildcard = |character: char| matches!(character, '*' | '?' | '[' | ']');
        let start = self.pattern.split(is_wildcard).next().unwrap_or_default();
        let end = self.pattern.rsplit(is_wildcard).next().unwrap_or_default();
        // `a/**/b` fits `a/b`.
        subject.starts_with(start.trim_end_matches('/'))
            && subject.ends_with(end.trim_start_matches('/'))
    }
}

/// Splits a line after its pattern, which can be in quotes.
fn split_pattern(line: &str) -> Option<(&str, &str)> {
    match line.strip_prefix('"') {
        Some(rest) => rest.split_once('"'),
        None => line.split_once(char::is_whitespace),
    }
}

/// Reads one attribute; `None` inside for one that is unset again.
fn mark(attribute: &str) -> Option<(Role, Option<bool>)> {
    let (name, value) = match attribute.split_once('=') {
        Some((name, value)) => (name, Some(!matches!(value, "false" | "0" | "no" | "off"))),
        None => match attribute.split_at_checked(1)? {
            ("-", name) => (name, Some(false)),
            ("!", name) => (name, None),
            _ => (attribute, Some(true)),
        },
    };
    let role = match name {
        "linguist-generated" => Role::Generated,
        "linguist-vendored" => Role::Vendored,
        "linguist-documentation" => Role::Documentation,
        _ => return None,
    };
    Some((role, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        files: &[(&str, &str)],
        path: &str,
        expected: (Option<bool>, Option<bool>, Option<bool>),
    ) {
        let marks = Attributes::new(files.iter().copied()).marks_of(path);
        assert_eq!(
            (marks.generated, marks.vendored, marks.documentation),
            expected,
            "{path}: {files:?}"
        );
    }

    #[test]
    fn the_last_rule_that_fits_decides() {
        let top = "* text=auto\n*.js linguist-vendored\nown/*.js -linguist-vendored\n/dist/** linguist-generated=true eol=lf\n\
                   \"a b.c\" linguist-generated\n*.h !linguist-vendored\nmanual/** linguist-documentation=false\n# *.x linguist-vendored\n";
        let files = &[
            ("", top),
            ("web", "*.js linguist-vendored=false linguist-generated\n"),
        ];
        check(files, "a/b.js", (None, Some(true), None));
        check(files, "own/b.js", (None, Some(false), None));
        check(files, "own/x/b.js", (None, Some(true), None));
        check(files, "dist/a/b.css", (Some(true), None, None));
        check(files, "x/dist/b.css", (None, None, None));
        check(files, "x/a b.c", (Some(true), None, None));
        check(files, "web/x/b.js", (Some(true), Some(false), None));
        check(files, "webber/b.js", (None, Some(true), None));
        check(files, "manual/a.md", (None, None, Some(false)));
        check(files, "a.x", (None, None, None));
        check(
            &[("", "a/**/b linguist-generated")],
            "a/b",
            (Some(true), None, None),
        );
        check(
            &[("", "a/**/b linguist-generated")],
            "a/x/y/b",
            (Some(true), None, None),
        );
        check(
            &[("", "[ab].c linguist-generated")],
            "x/b.c",
            (Some(true), None, None),
        );
    }

    #[test]
    fn rules_are_bounded() {
        let many = "*.a linguist-generated\n".repeat(300);
        let attributes = Attributes::new([("", many.as_str())]);
        assert_eq!(attributes.left_out(), 44);
        let long = format!(
            "{} linguist-generated\n{} linguist-generated",
            "a".repeat(300),
            "*a".repeat(9)
        );
        assert_eq!(Attributes::new([("", long.as_str())]).left_out(), 2);
    }
}
