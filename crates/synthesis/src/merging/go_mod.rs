//! Merges into `go.mod` by its own grammar (Go Modules Reference, "go.mod files"): of two minimal versions the higher one counts.
//!
//! Lines that are there stay where they are, with their comments; what is new is added at the end.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, btree_map::Entry},
};

use semver::Version;
use synthesizer_model::finding::{Finding, Severity};

use super::merged::{GENERATED, Lines, MergeSource, Merged, finding, short};

/// One line of a file that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Directive {
    /// The line, counted from 0.
    line: usize,
    /// `require`, `replace`, `go` and so on.
    verb: String,
    /// What follows, split at spaces.
    words: Vec<String>,
    /// Whether the line is marked as needed only by others.
    indirect: bool,
}

pub(super) fn merge(base: &str, sources: &[MergeSource<'_>]) -> Merged {
    let mut merging = Merging::of(base);
    for source in sources {
        for directive in directives(source.text) {
            merging.add(source, &directive);
        }
    }
    merging.finish(base)
}

/// What is said of one thing, and where: a line of the base, or one that is to be added.
struct Said {
    words: Vec<String>,
    indirect: bool,
    line: Option<usize>,
    source: String,
}

struct Merging {
    lines: Vec<String>,
    owners: BTreeMap<usize, String>,
    said: BTreeMap<(String, String), Said>,
    order: Vec<(String, String)>,
    findings: Vec<Finding>,
}

impl Merging {
    fn of(base: &str) -> Self {
        let mut merging = Self {
            lines: base.lines().map(str::to_owned).collect(),
            owners: BTreeMap::new(),
            said: BTreeMap::new(),
            order: Vec::new(),
            findings: Vec::new(),
        };
        for directive in directives(base) {
            let said = Said {
                words: directive.words.clone(),
                indirect: directive.indirect,
                line: Some(directive.line),
                source: GENERATED.to_owned(),
            };
            match merging.said.entry(subject(&directive)) {
                Entry::Vacant(entry) => {
                    entry.insert(said);
                }
                // Of several lines of the base the highest counts already.
                Entry::Occupied(mut entry) => {
                    let indirect = entry.get().indirect && said.indirect;
                    if order_of(&directive.verb, &entry.get().words, &said.words)
                        == Some(Ordering::Less)
                    {
                        entry.insert(said);
                    }
                    entry.get_mut().indirect = indirect;
                }
            }
        }
        merging
    }

    fn add(&mut self, source: &MergeSource<'_>, directive: &Directive) {
        match directive.verb.as_str() {
            "go" | "toolchain" | "require" if directive.words.is_empty() => {}
            "go" | "toolchain" => self.raise(source, directive),
            "require" if directive.words.len() >= 2 => self.raise(source, directive),
            "exclude" => self.keep(source, directive),
            "replace" if is_local(directive) => self.tell(
                source,
                directive,
                Severity::Warning,
                "replaces a module by a folder of its own repository, which the project does not have; it is left out",
            ),
            "replace" => self.keep(source, directive),
            // These speak of the module itself, or are not known.
            "module" | "retract" | "deprecated" => {}
            _ => self.tell(source, directive, Severity::Info, "is not taken into the project's go.mod"),
        }
    }

    /// Takes what is said when it is new, or higher than what was said before.
    fn raise(&mut self, source: &MergeSource<'_>, directive: &Directive) {
        let key = subject(directive);
        let version = |words: &[String]| words.last().cloned().unwrap_or_default();
        let Some(said) = self.said.get_mut(&key) else {
            self.insert(key, source, directive);
            return;
        };
        let (kept, other) = (version(&said.words), version(&directive.words));
        match order_of(&directive.verb, &said.words, &directive.words) {
            Some(Ordering::Less) => {
                said.words.clone_from(&directive.words);
                said.source = source.id.to_owned();
                if let Some(line) = said.line {
                    self.lines[line] = self.lines[line].replacen(&kept, &other, 1);
                    self.owners.insert(line, source.id.to_owned());
                }
            }
            Some(Ordering::Equal | Ordering::Greater) => {}
            None => {
                let what = format!(
                    "asks for {}, which is not to be compared with {}; the project keeps its own",
                    short(&other),
                    short(&kept)
                );
                self.tell(source, directive, Severity::Warning, &what);
                return;
            }
        }
        if said.indirect && !directive.indirect {
            said.indirect = false;
            if let Some(line) = said.line {
                let text = self.lines[line].replace("// indirect", "");
                self.lines[line] = text.trim_end().to_owned();
                self.owners.insert(line, source.id.to_owned());
            }
        }
    }

    /// Takes what is said when nothing was said of it yet.
    fn keep(&mut self, source: &MergeSource<'_>, directive: &Directive) {
        let key = subject(directive);
        match self.said.get(&key) {
            None => self.insert(key, source, directive),
            Some(said) if said.words == directive.words => {}
            Some(said) => {
                let what = format!(
                    "contradicts {:?} of {}, which stays; change the line in go.mod if this one is meant",
                    short(&said.words.join(" ")),
                    said.source
                );
                self.tell(source, directive, Severity::Warning, &what);
            }
        }
    }

    fn insert(&mut self, key: (String, String), source: &MergeSource<'_>, directive: &Directive) {
        self.order.push(key.clone());
        self.said.insert(
            key,
            Said {
                words: directive.words.clone(),
                indirect: directive.indirect,
                line: None,
                source: source.id.to_owned(),
            },
        );
    }

    fn tell(
        &mut self,
        source: &MergeSource<'_>,
        directive: &Directive,
        severity: Severity,
        what: &str,
    ) {
        let kind = if severity == Severity::Info {
            "settings-not-taken"
        } else {
            "merge-clash"
        };
        let what = format!(
            "{} {} {what}",
            directive.verb,
            short(&directive.words.join(" "))
        );
        let line = u32::try_from(directive.line + 1).ok();
        self.findings
            .push(finding(severity, kind, source, line, &what));
    }

    fn finish(self, base: &str) -> Merged {
        let mut text = self.lines.join("\n");
        if !text.is_empty() && (base.ends_with('\n') || !self.order.is_empty()) {
            text.push('\n');
        }
        let mut owners = self.owners;
        let mut count = self.lines.len();
        for key in &self.order {
            let said = &self.said[key];
            let remark = if said.indirect { " // indirect" } else { "" };
            text.push_str(&format!("{} {}{remark}\n", key.0, said.words.join(" ")));
            owners.insert(count, said.source.clone());
            count += 1;
        }
        let mut lines = Lines::of(&text);
        for number in 0..count {
            lines.mark(
                number,
                number,
                owners.get(&number).map_or(GENERATED, String::as_str),
            );
        }
        Merged {
            text,
            origins: lines.origins(),
            findings: self.findings,
        }
    }
}

/// Says what a directive is about: of the lines of one subject only one can count.
fn subject(directive: &Directive) -> (String, String) {
    let words = &directive.words;
    let about = match directive.verb.as_str() {
        "require" => words.first().cloned().unwrap_or_default(),
        "replace" => words
            .iter()
            .take_while(|word| *word != "=>")
            .cloned()
            .collect::<Vec<_>>()
            .join(" "),
        "go" | "toolchain" | "module" => String::new(),
        _ => words.join(" "),
    };
    (directive.verb.clone(), about)
}

/// A replacement without a version is a folder.
fn is_local(directive: &Directive) -> bool {
    let target = directive
        .words
        .iter()
        .skip_while(|word| *word != "=>")
        .skip(1);
    target.count() < 2
}

/// Reads the directives of a text; lines that cannot be one are left out.
fn directives(text: &str) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut block: Option<String> = None;
    for (line, written) in text.lines().enumerate() {
        let (code, comment) = split_comment(written);
        let mut words: Vec<String> = code.split_whitespace().map(unquoted).collect();
        if words.is_empty() {
            continue;
        }
        if block.is_some() && words[0] == ")" {
            block = None;
            continue;
        }
        let verb = match &block {
            Some(verb) => verb.clone(),
            None => words.remove(0),
        };
        if block.is_none() && words == ["("] {
            block = Some(verb);
            continue;
        }
        let indirect = comment.split(';').any(|remark| remark.trim() == "indirect");
        directives.push(Directive {
            line,
            verb,
            words,
            indirect,
        });
    }
    directives
}

/// Splits a line at `//`, which begins a comment at the line's start or after a space.
fn split_comment(line: &str) -> (&str, &str) {
    line.match_indices("//")
        .find(|(at, _)| {
            line[..*at]
                .chars()
                .next_back()
                .is_none_or(char::is_whitespace)
        })
        .map_or((line, ""), |(at, _)| (&line[..at], &line[at + 2..]))
}

fn unquoted(word: &str) -> String {
    let inner = |quote| word.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('`')).unwrap_or(word).to_owned()
}

/// Compares what two lines of one subject ask for; `None` when that cannot be compared.
fn order_of(verb: &str, one: &[String], other: &[String]) -> Option<Ordering> {
    let (one, other) = (one.last()?, other.last()?);
    match verb {
        "go" | "toolchain" => compare_releases(one, other),
        "require" => compare_versions(one, other),
        _ => None,
    }
}

/// Compares module versions: semantic ones with a `v`, what follows a `+` apart.
fn compare_versions(one: &str, other: &str) -> Option<Ordering> {
    let read = |version: &str| Version::parse(version.strip_prefix('v')?).ok();
    Some(read(one)?.cmp_precedence(&read(other)?))
}

/// Compares releases of Go: `1.21` is before `1.21rc1`, that before `1.21.0`.
fn compare_releases(one: &str, other: &str) -> Option<Ordering> {
    Some(release(one)?.cmp(&release(other)?))
}

fn release(text: &str) -> Option<(u32, u32, u8, u32)> {
    let text = text.strip_prefix("go").unwrap_or(text);
    let text = text.split('-').next().unwrap_or(text);
    let (major, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    let (minor, rest) = rest.split_at(digits);
    let stages = [("beta", 1_u8), ("rc", 2), (".", 3)];
    let (stage, number) = match stages
        .iter()
        .find_map(|(mark, stage)| Some((*stage, rest.strip_prefix(mark)?)))
    {
        Some((stage, number)) => (stage, number.parse().ok()?),
        None if rest.is_empty() => (0, 0),
        None => return None,
    };
    Some((major.parse().ok()?, minor.parse().ok()?, stage, number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merging::Extent;

    fn check(base: &str, other: &str, expected: &str, findings: usize) {
        let source = MergeSource {
            id: "x",
            path: "go.mod",
            text: other,
            extent: Extent::Component,
            folder: "",
        };
        let merged = merge(base, &[source]);
        assert_eq!(merged.text, expected);
        assert_eq!(merged.findings.len(), findings, "{:?}", merged.findings);
    }

    #[test]
    fn the_higher_minimal_version_counts() {
        let base = "module m // ours\n\ngo 1.21\n\nrequire (\n\ta.b/c v1.2.0 // why\n\ta.b/d v2.0.0+incompatible // indirect\n)\n";
        check(base, base, base, 0);
        check(
            base,
            "module x\ngo 1.21.3\nrequire a.b/c v1.10.0\nrequire a.b/d v2.0.0+incompatible\nrequire a.b/e v0.1.0 // indirect\nretract v0.0.1\n",
            "module m // ours\n\ngo 1.21.3\n\nrequire (\n\ta.b/c v1.10.0 // why\n\ta.b/d v2.0.0+incompatible\n)\nrequire a.b/e v0.1.0 // indirect\n",
            0,
        );
        check(base, "require a.b/c v1.2.0-rc.1\ngo 1.20\n", base, 0);
        check(base, "require a.b/c latest\n", base, 1);
    }

    #[test]
    fn replacements_that_contradict_are_told() {
        let base = "module m\nreplace a => b v1.0.0\n";
        check(
            base,
            "replace a => b v1.0.0\nexclude c v1.0.0\n",
            "module m\nreplace a => b v1.0.0\nexclude c v1.0.0\n",
            0,
        );
        check(base, "replace a => c v1.0.0\n", base, 1);
        check(base, "replace d => ../d\n", base, 1);
        check(base, "unheard of\n(\n)\nrequire (\n", base, 3);
    }

    #[test]
    fn releases_are_ordered_as_go_does() {
        let order = [
            "1.20",
            "1.21",
            "1.21beta1",
            "1.21rc2",
            "1.21.0",
            "go1.21.10",
            "1.22",
        ];
        for pair in order.windows(2) {
            assert_eq!(
                compare_releases(pair[0], pair[1]),
                Some(Ordering::Less),
                "{pair:?}"
            );
        }
        assert_eq!(compare_releases("default", "1.2"), None);
    }
}
