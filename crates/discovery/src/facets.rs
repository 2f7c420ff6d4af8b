//! Counts what was found. Knows no platform and no language.

use std::collections::BTreeMap;

use synthesizer_model::discovery::{FacetCount, Facets, FoundRepository};

/// The most values of one facet; texts of strangers could make any number.
const MOST_VALUES: usize = 50;

/// Counts all repositories: a project on two platforms counts once for each of them.
pub(crate) fn count<'a>(found: impl Iterator<Item = &'a FoundRepository>) -> Facets {
    let mut platforms = Counter::default();
    let mut languages = Counter::default();
    let mut licenses = Counter::default();
    let mut kinds = Counter::default();
    for repository in found {
        let mut places: Vec<&str> = repository
            .also_on
            .iter()
            .map(|also| also.platform.as_str())
            .chain([repository.facts.platform.as_str()])
            .collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().for_each(|place| platforms.add(place));
        languages.add_known(repository.facts.language.as_deref());
        licenses.add_known(repository.facts.license.as_deref());
        kinds.add_known(Some(&repository.facts.kind));
    }
    Facets {
        platforms: platforms.most_frequent(),
        languages: languages.most_frequent(),
        licenses: licenses.most_frequent(),
        kinds: kinds.most_frequent(),
    }
}

/// Counts values without regard to case; the first spelling is shown.
#[derive(Default)]
struct Counter(BTreeMap<String, (String, usize)>);

impl Counter {
    fn add(&mut self, value: &str) {
        let counted = self.0.entry(value.to_lowercase());
        counted.or_insert_with(|| (value.to_owned(), 0)).1 += 1;
    }

    fn add_known(&mut self, value: Option<&str>) {
        if let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) {
            self.add(value);
        }
    }

    fn most_frequent(self) -> Vec<FacetCount> {
        let mut counts: Vec<FacetCount> = self
            .0
            .into_values()
            .map(|(value, count)| FacetCount { value, count })
            .collect();
        // The map gave them by name, and this sort keeps that order among equals.
        counts.sort_by_key(|counted| std::cmp::Reverse(counted.count));
        counts.truncate(MOST_VALUES);
        counts
    }
}

#[cfg(test)]
mod tests {
    use synthesizer_model::discovery::{AlsoOn, RepositoryFacts, ScoreParts};

    use super::*;
    use crate::testing::entry;

    fn found(platform: &str, language: Option<&str>, also_on: &[&str]) -> FoundRepository {
        FoundRepository {
            facts: RepositoryFacts {
                language: language.map(str::to_owned),
                ..entry(platform, "a/b")
            },
            score: 0.0,
            score_parts: ScoreParts::default(),
            also_on: also_on
                .iter()
                .map(|platform| AlsoOn {
                    platform: (*platform).to_owned(),
                    full_name: "a/b".to_owned(),
                    url: String::new(),
                })
                .collect(),
        }
    }

    fn check(counts: &[FacetCount], expected: &[(&str, usize)]) {
        let seen: Vec<(&str, usize)> = counts
            .iter()
            .map(|counted| (counted.value.as_str(), counted.count))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn values_are_counted_the_most_frequent_first() {
        let all = [
            found("west", Some("Rust"), &["east", "east"]),
            found("west", Some("rust"), &[]),
            found("north", Some("Ada"), &["west"]),
            found("north", None, &[]),
            found("north", Some(" "), &[]),
        ];
        let facets = count(all.iter());
        check(&facets.platforms, &[("north", 3), ("west", 3), ("east", 1)]);
        check(&facets.languages, &[("Rust", 2), ("Ada", 1)]);
        check(&facets.licenses, &[]);
        check(&facets.kinds, &[("repository", 5)]);
    }

    #[test]
    fn the_number_of_values_is_bounded() {
        let all: Vec<FoundRepository> = (0..500)
            .map(|number| found("west", Some(&format!("l{number}")), &[]))
            .collect();
        assert_eq!(count(all.iter()).languages.len(), MOST_VALUES);
    }
}
