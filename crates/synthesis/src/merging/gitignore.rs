//! Merges into `.gitignore`: rules of sources that are taken whole, confined to their folder, after the project's own. Of components nothing.

use std::collections::{HashMap, HashSet};

use synthesizer_model::finding::Severity;

use super::merged::{Extent, GENERATED, Lines, MergeSource, Merged, finding, short};

pub(super) fn merge(base: &str, sources: &[MergeSource<'_>]) -> Merged {
    let mut findings = Vec::new();
    let mut rules = Rules::of(base);
    let mut blocks: Vec<(&str, Vec<String>)> = Vec::new();
    for source in sources {
        if source.extent == Extent::Component {
            continue;
        }
        let mut block = Vec::new();
        let mut comments = Vec::new();
        let mut refused = 0_usize;
        for (number, line) in (1_u32..).zip(source.text.lines()) {
            let line = line.trim_end_matches('\r');
            if line.trim().is_empty() {
                comments.clear();
                continue;
            }
            if line.starts_with('#') {
                comments.push(line.to_owned());
                continue;
            }
            let rule = confined(line, source.folder);
            match rules.add(&rule, line) {
                Outcome::Added => {
                    block.append(&mut comments);
                    block.push(rule);
                }
                Outcome::Known => comments.clear(),
                Outcome::Reversed => {
                    comments.clear();
                    refused += 1;
                    // One finding a rule, within reason.
                    if refused <= 20 {
                        let what = format!(
                            "{} would take back what the project ignores; it is left out: add it at the end of .gitignore to have it",
                            short(line)
                        );
                        findings.push(finding(
                            Severity::Warning,
                            "merge-clash",
                            source,
                            Some(number),
                            &what,
                        ));
                    }
                }
            }
        }
        if !block.is_empty() {
            blocks.push((source.id, block));
        }
    }
    let mut text = base.to_owned();
    if !blocks.is_empty() && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut ends = Vec::new();
    let own = text.lines().count();
    for (id, block) in &blocks {
        for line in block {
            text.push_str(line);
            text.push('\n');
        }
        ends.push((*id, block.len()));
    }
    let mut lines = Lines::of(&text);
    lines.mark(0, own.saturating_sub(1), GENERATED);
    let mut first = own;
    for (id, length) in ends {
        lines.mark(first, first + length - 1, id);
        first += length;
    }
    Merged {
        origins: lines.origins(),
        text,
        findings,
    }
}

enum Outcome {
    Added,
    Known,
    Reversed,
}

/// The rules so far. The last rule that matches a path decides, so a rule of another source that stands already is left out only if nothing
/// behind it could say otherwise.
struct Rules {
    own: HashSet<String>,
    last_at: HashMap<String, usize>,
    count: usize,
    last_negation: usize,
}

impl Rules {
    fn of(base: &str) -> Self {
        let mut rules = Self {
            own: HashSet::new(),
            last_at: HashMap::new(),
            count: 0,
            last_negation: 0,
        };
        for line in base
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        {
            rules.note(line);
            rules.own.insert(line.to_owned());
        }
        rules
    }

    fn note(&mut self, rule: &str) {
        self.count += 1;
        if rule.starts_with('!') {
            self.last_negation = self.count;
        }
        self.last_at.insert(rule.to_owned(), self.count);
    }

    /// Adds a rule that is confined to a folder; `written` is the one of the source. A rule without a folder of its own that the project
    /// has too counts everywhere already.
    fn add(&mut self, rule: &str, written: &str) -> Outcome {
        let is_tied = written.trim_end_matches('/').contains('/');
        let everywhere = if is_tied { rule } else { written };
        if let Some(positive) = everywhere.strip_prefix('!')
            && self.own.contains(positive)
            && !self.own.contains(everywhere)
        {
            return Outcome::Reversed;
        }
        // What the project says of the very same rule stays as it is.
        let known = self.own.contains(rule)
            || self.own.contains(everywhere)
            || self.last_at.get(rule).is_some_and(|at| {
                if rule.starts_with('!') {
                    *at == self.count
                } else {
                    *at > self.last_negation
                }
            });
        if known {
            return Outcome::Known;
        }
        self.note(rule);
        Outcome::Added
    }
}

/// Gives the rule as it has to stand at the project's top to mean the same below a folder (gitignore(5): a slash that is not at the end
/// ties a rule to the file's own folder).
fn confined(rule: &str, folder: &str) -> String {
    if folder.is_empty() {
        return rule.to_owned();
    }
    let (sign, pattern) = match rule.strip_prefix('!') {
        Some(pattern) => ("!", pattern),
        None => ("", rule),
    };
    let folder: String = folder
        .chars()
        .flat_map(|character| {
            let escape = matches!(character, '*' | '?' | '[' | '\\').then_some('\\');
            escape.into_iter().chain([character])
        })
        .collect();
    // A backslash before the first sign only says that this is no comment and no negation.
    let pattern = pattern
        .strip_prefix('\\')
        .filter(|rest| rest.starts_with(['#', '!']))
        .unwrap_or(pattern);
    let tied = pattern.trim_end_matches('/').contains('/');
    match (tied, pattern.strip_prefix('/')) {
        (true, Some(rest)) => format!("{sign}/{folder}/{rest}"),
        (true, None) => format!("{sign}/{folder}/{pattern}"),
        (false, _) => format!("{sign}/{folder}/**/{pattern}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole<'a>(id: &'a str, text: &'a str, folder: &'a str) -> MergeSource<'a> {
        MergeSource {
            id,
            path: ".gitignore",
            text,
            extent: Extent::Whole,
            folder,
        }
    }

    fn check(base: &str, sources: &[MergeSource<'_>], expected: &str, findings: usize) {
        let merged = merge(base, sources);
        assert_eq!(merged.text, expected);
        assert_eq!(merged.findings.len(), findings, "{:?}", merged.findings);
    }

    #[test]
    fn rules_keep_their_order_and_what_is_known_is_not_repeated() {
        check(
            "/target/\n",
            &[whole(
                "a",
                "# build\n/target/\n# logs\n*.log\n!keep.log\n*.log\n",
                "",
            )],
            "/target/\n# logs\n*.log\n!keep.log\n*.log\n",
            0,
        );
        check(
            "*.log\n",
            &[whole("a", "*.log\n", ""), whole("b", "*.log\n*.tmp\n", "")],
            "*.log\n*.tmp\n",
            0,
        );
        check("a", &[whole("a", "b\r\n", "")], "a\nb\n", 0);
        check("", &[], "", 0);
        check(".env\n", &[whole("a", "!.env\nx\n", "")], ".env\nx\n", 1);
        let component = MergeSource {
            extent: Extent::Component,
            ..whole("a", "b\n", "")
        };
        check("a\n", &[component], "a\n", 0);
    }

    #[test]
    fn rules_of_a_folder_stay_in_it() {
        for (rule, expected) in [
            ("*.log", "/src/x/**/*.log"),
            ("build/", "/src/x/**/build/"),
            ("/dist", "/src/x/dist"),
            ("a/b", "/src/x/a/b"),
            ("!a", "!/src/x/**/a"),
            ("\\#a", "/src/x/**/#a"),
        ] {
            assert_eq!(confined(rule, "src/x"), expected);
            assert_eq!(confined(rule, ""), rule);
        }
        assert_eq!(confined("a", "b[1]"), "/b\\[1]/**/a");
    }

    #[test]
    fn origins_are_those_of_the_blocks() {
        let merged = merge(
            "a\n",
            &[whole("x", "b\n# c\nd\n", ""), whole("y", "e\n", "")],
        );
        let origins: Vec<(u32, u32, &str)> = merged
            .origins
            .iter()
            .map(|one| (one.first, one.last, one.source.as_str()))
            .collect();
        assert_eq!(origins, [(1, 1, "generated"), (2, 4, "x"), (5, 5, "y")]);
    }
}
