//! Holds every platform's entries against the language and the stars that were asked for. Must not know any platform.

use synthesizer_model::discovery::RepositoryFacts;

use crate::client::PlatformDescriptor;

/// Names that people write for a language, and what platforms call it; both in lower case.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("bash", "shell"),
    ("cpp", "c++"),
    ("csharp", "c#"),
    ("cs", "c#"),
    ("fsharp", "f#"),
    ("golang", "go"),
    ("js", "javascript"),
    ("kt", "kotlin"),
    ("objc", "objective-c"),
    ("py", "python"),
    ("rb", "ruby"),
    ("rs", "rust"),
    ("sh", "shell"),
    ("ts", "typescript"),
];

/// Drops what does not fit, and says how many that were.
///
/// Entries whose language or stars nobody knows are dropped too, unless the platform filters by them itself.
pub(crate) fn drop_unfit(
    entries: &mut Vec<RepositoryFacts>,
    descriptor: &PlatformDescriptor,
    language: Option<&str>,
    min_stars: u64,
) -> usize {
    let before = entries.len();
    let wanted = language.map(common_name);
    entries.retain(|facts| {
        let language_fits = match (&wanted, &facts.language) {
            (None, _) => true,
            (Some(wanted), Some(known)) => common_name(known) == *wanted,
            (Some(_), None) => descriptor.filters_language,
        };
        let stars_fit = match facts.stars {
            _ if min_stars == 0 => true,
            Some(stars) => stars >= min_stars,
            None => descriptor.filters_stars,
        };
        language_fits && stars_fit
    });
    before - entries.len()
}

/// Gives the name under which languages are compared.
pub(crate) fn common_name(language: &str) -> String {
    let small = language.trim().to_lowercase();
    let common = OTHER_NAMES
        .iter()
        .find(|(written, _)| *written == small)
        .map(|(_, common)| (*common).to_owned());
    common.unwrap_or(small)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{DESCRIPTORS, entry};

    /// Filters one entry at a platform that filters nothing itself, or everything.
    fn check(
        known: (Option<&str>, Option<u64>),
        itself: bool,
        wanted: (Option<&str>, u64),
        kept: bool,
    ) {
        let descriptor = if itself {
            DESCRIPTORS[0]
        } else {
            DESCRIPTORS[1]
        };
        let mut entries = vec![RepositoryFacts {
            language: known.0.map(str::to_owned),
            stars: known.1,
            ..entry("here", "a/b")
        }];
        let dropped = drop_unfit(&mut entries, descriptor, wanted.0, wanted.1);
        assert_eq!(
            (entries.len(), dropped),
            (usize::from(kept), usize::from(!kept)),
            "{known:?} {wanted:?}"
        );
    }

    #[test]
    fn known_facts_decide_and_unknown_ones_by_who_filters() {
        check((Some("Python"), Some(5)), false, (Some("python"), 5), true);
        check((Some("Python"), Some(5)), true, (Some("Rust"), 0), false);
        check((Some("C++"), None), false, (Some("cpp"), 0), true);
        check((Some("Go"), None), false, (Some(" golang "), 0), true);
        check((None, None), false, (Some("go"), 0), false);
        check((None, None), true, (Some("go"), 0), true);
        check((None, None), false, (None, 1), false);
        check((None, None), true, (None, 1), true);
        check((None, Some(4)), true, (None, 5), false);
        check((None, None), false, (None, 0), true);
    }
}
