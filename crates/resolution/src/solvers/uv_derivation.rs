//! uv's derivation as data: who asks for what, read from its sentences. What it cannot read it leaves out.
//!
//! The sentences are "Because A depends on B and C depends on D, we can conclude that …": only their premises are facts, and of those the ones
//! with "depends on", the ones about Python, and what was not found. Grammar: crates/uv-resolver/src/pubgrub/report.rs of astral-sh/uv.

use std::collections::BTreeMap;

use synthesizer_model::{
    dependency::normalize_distribution, resolution::DerivationStep, text::escape_untrusted,
};

/// How many steps are given.
const MOST_STEPS: usize = 200;
/// The indentation of the items of a list.
const ITEM: &str = "    ";

/// Reads a derivation; `labels` holds what to show for every name that is a repository, `environment` where alone all of it holds.
pub(super) fn steps(
    text: &str,
    labels: &BTreeMap<String, String>,
    environment: Option<&str>,
) -> Vec<DerivationStep> {
    let mut steps: Vec<DerivationStep> = Vec::new();
    for sentence in sentences(text) {
        let premises = sentence.split("we can conclude").next().unwrap_or_default();
        let reader = Reader {
            words: words(premises),
            labels,
            environment,
        };
        for step in reader.steps() {
            if steps.len() < MOST_STEPS && !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
    steps
}

/// Cuts a derivation into sentences; the items of a list are put behind its heading, between `⟦` and `⟧`.
fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut sentence = String::new();
    let mut inside = false;
    for line in text.lines() {
        let starts = ["Because ", "And because "]
            .iter()
            .any(|start| line.trim_start().starts_with(start));
        if starts && !sentence.is_empty() {
            sentences.push(std::mem::take(&mut sentence));
            inside = false;
        }
        let is_item = line.starts_with(ITEM);
        match (inside, is_item) {
            (false, true) => sentence.push_str(" ⟦"),
            (true, true) => sentence.push('|'),
            (true, false) => sentence.push_str("⟧ "),
            (false, false) => sentence.push(' '),
        }
        inside = is_item;
        sentence.push_str(line.trim());
    }
    if inside {
        sentence.push('⟧');
    }
    sentences.push(sentence);
    sentences
}

/// Cuts a sentence into words; markers in braces and lists stay whole.
fn words(sentence: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut depth = 0_usize;
    for character in sentence.chars() {
        match character {
            '{' | '⟦' => depth += 1,
            '}' | '⟧' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && character.is_whitespace() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(character);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A package with versions, or a repository, as a sentence writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    name: String,
    extras: String,
    versions: Vec<String>,
    marker: Option<String>,
}

impl Term {
    /// Reads a word such as `click{python_full_version < '3.11'}<8`.
    fn read(word: &str) -> Option<Self> {
        let word = word
            .trim_matches('`')
            .trim_end_matches([',', ';', ':'])
            .trim_end_matches('.');
        let end = word
            .find(|character: char| {
                !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.'))
            })
            .unwrap_or(word.len());
        let (name, mut rest) = word.split_at(end);
        if name.is_empty() {
            return None;
        }
        let mut extras = String::new();
        let mut marker = None;
        if rest.starts_with('[') {
            let (inside, behind) = rest.split_once(']')?;
            extras = format!("{inside}]");
            rest = behind;
        }
        if let Some(inside) = rest.strip_prefix('{') {
            let (inside, behind) = inside.split_once('}')?;
            marker = Some(escape_untrusted(inside));
            rest = behind;
        }
        let versions = rest.trim();
        let is_range = versions.is_empty() || versions.starts_with(['<', '>', '=', '!', '~']);
        is_range.then(|| Self {
            name: normalize_distribution(name),
            extras: escape_untrusted(&extras),
            versions: vec![escape_untrusted(versions)],
            marker,
        })
    }

    /// Reads the items of a list, all of one package.
    fn list(word: &str) -> Option<Self> {
        let inside = word.strip_prefix('⟦')?;
        let inside = inside.split('⟧').next().unwrap_or_default();
        let mut items = inside
            .split('|')
            .filter_map(|item| Self::read(item.trim().trim_start_matches("all versions of ")));
        let mut whole = items.next()?;
        for item in items {
            whole.versions.extend(item.versions);
        }
        Some(whole)
    }

    fn versions(&self) -> String {
        let stated = self.versions.iter().filter(|one| !one.is_empty());
        stated.cloned().collect::<Vec<_>>().join(" || ")
    }

    fn shown(&self) -> String {
        format!("{}{}{}", self.name, self.extras, self.versions())
    }
}

struct Reader<'a> {
    words: Vec<String>,
    labels: &'a BTreeMap<String, String>,
    environment: Option<&'a str>,
}

impl Reader<'_> {
    fn steps(&self) -> Vec<DerivationStep> {
        let mut steps = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            let next = self.words.get(at + 1).map(String::as_str);
            match (word.as_str(), next) {
                ("depends" | "depend", Some("on")) => {
                    if let Some(subject) = self.term_before(at) {
                        for object in self.objects(at + 2) {
                            steps.push(self.step(&subject, &object));
                        }
                    }
                }
                ("was" | "were", Some("not")) => {
                    if let Some(missing) = self.term_before(at) {
                        steps.push(self.step(&missing, &missing));
                    }
                }
                ("no", Some("version" | "versions")) => {
                    if let Some(missing) = self.term_at(at + 3).map(|(term, _)| term) {
                        steps.push(self.step(&missing, &missing));
                    }
                }
                _ => {}
            }
        }
        steps
    }

    fn step(&self, subject: &Term, object: &Term) -> DerivationStep {
        let label = self.labels.get(&subject.name);
        let marker = object.marker.as_ref().or(subject.marker.as_ref());
        DerivationStep {
            subject: label.cloned().unwrap_or_else(|| subject.shown()),
            is_repository: label.is_some(),
            package: object.name.clone(),
            versions: object.versions(),
            environment: marker
                .cloned()
                .or_else(|| self.environment.map(str::to_owned)),
        }
    }

    /// Reads the term that ends before a word.
    fn term_before(&self, at: usize) -> Option<Term> {
        let word = self.words.get(at.checked_sub(1)?)?;
        if word.starts_with('⟦') {
            return Term::list(word);
        }
        Term::read(word)
    }

    /// Reads the term that begins at a word, and gives the place behind it.
    fn term_at(&self, at: usize) -> Option<(Term, usize)> {
        let word = self.words.get(at)?;
        match word.as_str() {
            "one" | "all" | "any" => match self.words.get(at + 1)?.as_str() {
                "of:" => Some((Term::list(self.words.get(at + 2)?)?, at + 3)),
                "versions" => Some((Term::read(self.words.get(at + 3)?)?, at + 4)),
                _ => None,
            },
            _ => Some((Term::read(word)?, at + 1)),
        }
    }

    /// Reads the terms that something depends on: "B", or "B and C" where C is not the subject of what follows.
    fn objects(&self, at: usize) -> Vec<Term> {
        let Some((first, behind)) = self.term_at(at) else {
            return Vec::new();
        };
        let mut objects = vec![first];
        let ends = self
            .words
            .get(behind.saturating_sub(1))
            .is_some_and(|word| word.ends_with(','));
        if !ends
            && self.words.get(behind).is_some_and(|word| word == "and")
            && let Some((second, after)) = self.term_at(behind + 1)
        {
            let is_sentence = self.words.get(behind + 1).is_some_and(|word| {
                matches!(
                    word.as_str(),
                    "we" | "your" | "the" | "only" | "there" | "because"
                )
            });
            let has_verb = self.words.get(after).is_some_and(|word| {
                matches!(
                    word.as_str(),
                    "depends"
                        | "depend"
                        | "has"
                        | "have"
                        | "was"
                        | "were"
                        | "is"
                        | "are"
                        | "cannot"
                        | "requires"
                        | "require"
                        | "does"
                        | "do"
                        | "needs"
                        | "must"
                )
            });
            if !is_sentence && !has_verb {
                objects.push(second);
            }
        }
        objects
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::uv_answer::{self, Refusal};
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let labels = BTreeMap::from([
            ("repo-1-a".to_owned(), "./a".to_owned()),
            ("repo-2-b".to_owned(), "./b".to_owned()),
        ]);
        let found: Vec<String> = steps(text, &labels, None)
            .iter()
            .map(|step| {
                let kind = if step.is_repository { "!" } else { "" };
                let place = step
                    .environment
                    .as_ref()
                    .map_or_else(String::new, |place| format!(" if {place}"));
                format!(
                    "{kind}{} -> {} {}{place}",
                    step.subject, step.package, step.versions
                )
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn sentences_become_steps() {
        check(
            "Because requests==2.20.0 depends on urllib3>=1.21.1,<1.25 and repo-2-b depends on urllib3>=2, we can conclude that repo-2-b and requests==2.20.0 are incompatible.\nAnd because repo-1-a depends on requests==2.20.0, we can conclude that repo-1-a and repo-2-b are incompatible.\nAnd because your workspace requires repo-1-a and repo-2-b, we can conclude that your workspace's requirements are unsatisfiable.",
            &[
                "requests==2.20.0 -> urllib3 >=1.21.1,<1.25",
                "!./b -> urllib3 >=2",
                "!./a -> requests ==2.20.0",
            ],
        );
    }

    #[test]
    fn markers_and_two_objects_are_read() {
        check(
            "Because repo-1-a depends on click{python_full_version < '3.11' and os_name == 'nt'}<8 and repo-2-b depends on click>=8.1, we can conclude X.",
            &[
                "!./a -> click <8 if python_full_version < '3.11' and os_name == 'nt'",
                "!./b -> click >=8.1",
            ],
        );
        check(
            "And because flask>=3.1.0 depends on werkzeug>=3.1 and werkzeug<2, we can conclude that flask cannot be used.",
            &[
                "flask>=3.1.0 -> werkzeug >=3.1",
                "flask>=3.1.0 -> werkzeug <2",
            ],
        );
    }

    #[test]
    fn lists_are_one_term() {
        check(
            "Because the requested Python version (>=3.9) does not satisfy Python>=3.11 and all of:\n    numpy>=2.3.0rc1,<=2.4.0rc1\n    numpy>=2.4.1,<=2.4.6\n depend on Python>=3.11, we can conclude that all of:\n    numpy>=2.3.0rc1,<=2.4.0rc1\n    numpy>=2.4.1,<=2.4.6\n cannot be used.\nAnd because repo-1-a depends on one of:\n    x<1\n    x>2\n and all versions of y depend on z, we can conclude X.",
            &[
                "numpy>=2.3.0rc1,<=2.4.0rc1 || >=2.4.1,<=2.4.6 -> python >=3.11",
                "!./a -> x <1 || >2",
                "y -> z ",
            ],
        );
    }

    #[test]
    fn what_is_not_to_be_had_is_told() {
        check(
            "Because nothing-such was not found in the package registry and repo-1-a depends on nothing-such, we can conclude X.",
            &["nothing-such -> nothing-such ", "!./a -> nothing-such "],
        );
        check(
            "Because there is no version of click==99 and repo-1-a depends on click==99, we can conclude X.",
            &["click==99 -> click ==99", "!./a -> click ==99"],
        );
    }

    /// What uv said of real sets: every repository that it names takes part in a step, and no word is taken for a package.
    #[test]
    fn real_derivations_are_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_sets/said");
        let mut read = 0;
        for file in std::fs::read_dir(folder).expect("a folder") {
            let path = file.expect("a file").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let text = std::fs::read_to_string(&path).expect("a text");
            if !name.contains("python-") || !text.contains("No solution found") {
                continue;
            }
            let derivation = match uv_answer::read(&text, false) {
                Refusal::Unsatisfiable(derivation) | Refusal::Unknown(derivation, _) => derivation,
                other => panic!("{name}: {other:?}"),
            };
            let members: BTreeSet<&str> = text
                .split(|character: char| {
                    !(character.is_ascii_alphanumeric() || "-_.".contains(character))
                })
                .filter(|word| word.starts_with("repo-"))
                .map(|word| word.trim_end_matches('.'))
                .collect();
            let labels: BTreeMap<String, String> = members
                .iter()
                .map(|member| ((*member).to_owned(), format!("./{member}")))
                .collect();
            let steps = steps(&derivation.text, &labels, None);
            for label in labels.values() {
                assert!(
                    steps.iter().any(|step| step.subject == *label),
                    "{name}: {label} {steps:?}"
                );
            }
            for step in &steps {
                let words = ["one", "all", "any", "versions", "of", "and", "we"];
                assert!(!words.contains(&step.package.as_str()), "{name}: {step:?}");
            }
            read += 1;
        }
        assert!(read >= 8, "{read}");
    }

    #[test]
    fn hostile_texts_are_read_to_their_end() {
        for text in [
            "",
            "depends on",
            "Because {{{{ depends on ⟦⟦⟧ and",
            "a depends on one of: ⟦",
            "é depends on ü",
            &"Because a depends on b{".repeat(2_000),
            "no version",
        ] {
            let _ = steps(text, &BTreeMap::new(), None);
        }
    }
}
