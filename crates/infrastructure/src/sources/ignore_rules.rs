//! `.gitignore` files of one folder and the folders above it. Gets their bytes; opens nothing.

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

/// The largest file of rules.
pub(super) const MOST_BYTES: u64 = 1 << 20;
/// The most rules of one file; the rest is not read.
const MOST_RULES: usize = 10_000;

/// The rules of one folder.
#[derive(Debug)]
pub(super) struct IgnoreRules {
    matcher: Gitignore,
    /// What could not be used, for the list of problems.
    pub(super) problem: Option<String>,
}

impl IgnoreRules {
    /// Reads the text of a `.gitignore` file; rules that cannot be read are skipped and named in `problem`.
    pub(super) fn parse(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let mut builder = GitignoreBuilder::new("");
        let mut refused = 0_usize;
        let mut lines = text.lines();
        for line in lines.by_ref().take(MOST_RULES) {
            refused += usize::from(builder.add_line(None, line).is_err());
        }
        refused += lines.count();
        let matcher = builder.build().unwrap_or_else(|_| {
            refused = refused.max(1);
            Gitignore::empty()
        });
        let problem = (refused > 0).then(|| format!("{refused} ignore rules cannot be used"));
        Self { matcher, problem }
    }
}

/// Says whether the rules leave out a path. `rules` go from the path's own folder up, each with the length of its folder's
/// prefix in `path`; the deepest rule that says anything decides.
pub(super) fn is_ignored<'a>(
    rules: impl Iterator<Item = (&'a IgnoreRules, usize)>,
    path: &str,
    is_folder: bool,
) -> bool {
    for (rules, prefix) in rules {
        let Some(relative) = path.get(prefix..) else {
            continue;
        };
        match rules.matcher.matched(relative, is_folder) {
            Match::None => {}
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, is_folder: bool, expected: bool) {
        let (top, nested) = (
            IgnoreRules::parse(b"*.pyc\n/build/\n!keep.pyc\n"),
            IgnoreRules::parse(b"!a.pyc\n/own\n"),
        );
        let rules = [(&top, 0), (&nested, "sub/".len())];
        let depth = if path.starts_with("sub/") { 2 } else { 1 };
        assert_eq!(
            is_ignored(rules.into_iter().take(depth).rev(), path, is_folder),
            expected,
            "{path}"
        );
    }

    #[test]
    fn the_deepest_rule_decides() {
        check("x.pyc", false, true);
        check("keep.pyc", false, false);
        check("build", true, true);
        check("build", false, false);
        check("sub/build", true, false);
        check("sub/a.pyc", false, false);
        check("sub/b.pyc", false, true);
        check("sub/own", true, true);
    }

    #[test]
    fn rules_that_cannot_be_used_are_counted() {
        assert_eq!(
            IgnoreRules::parse(b"ok\n[z-a]\n").problem.as_deref(),
            Some("1 ignore rules cannot be used")
        );
        assert_eq!(IgnoreRules::parse(b"\xff\n# x\n").problem, None);
    }
}
