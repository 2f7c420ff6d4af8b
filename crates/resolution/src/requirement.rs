//! Untrusted requirements, read into what a solver may see. No requirement chooses a host: direct references go by name only.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};
use pep508_rs::{ExtraName, MarkerTree, Requirement, VersionOrUrl};
use synthesizer_model::dependency::{Dependency, normalize_distribution};
use url::Url;
use version_ranges::Ranges;

use crate::python_range::is_reasonable;

/// The longest requirement that is read, in bytes.
const LONGEST_REQUIREMENT: usize = 4_096;
/// Parentheses nest this deep at most: the marker's parser recurses.
const MOST_PARENTHESES: usize = 64;
/// Conditions that a marker may combine: its normal form can double with every two of them.
const MOST_CONDITIONS: usize = 32;
/// The longest number in a condition, in digits: the algebra of markers adds one to it.
const LONGEST_NUMBER: usize = 18;

/// A requirement that a solver may see.
#[derive(Debug, Clone)]
pub(crate) struct SolverRequirement {
    /// PEP 508, without a direct reference.
    pub(crate) text: String,
    /// Normalised name.
    pub(crate) name: String,
    /// Whether a direct reference was left out, so that any version will do.
    pub(crate) by_name_only: bool,
    /// Where it holds.
    pub(crate) condition: MarkerTree,
    /// The versions that it allows, when it holds in every environment.
    pub(crate) always: Option<Ranges<Version>>,
}

/// Reads one requirement of a manifest.
///
/// # Errors
/// The reason why it cannot be given to a solver, as the end of a sentence.
pub(crate) fn read_dependency(dependency: &Dependency) -> Result<SolverRequirement, &'static str> {
    let mut read = read_text(&dependency.requirement(), dependency.group.as_deref())?;
    if dependency.url.is_some() {
        read.by_name_only = true;
    }
    Ok(read)
}

/// Reads one requirement as PEP 508 text; `extra` is taken as asked for.
///
/// # Errors
/// The reason why it cannot be given to a solver, as the end of a sentence.
pub(crate) fn read_text(
    text: &str,
    extra: Option<&str>,
) -> Result<SolverRequirement, &'static str> {
    if text.len() > LONGEST_REQUIREMENT {
        return Err("it is longer than 4,096 bytes");
    }
    if text.matches('(').count() > MOST_PARENTHESES || conditions(text) > MOST_CONDITIONS {
        return Err("its condition is too complex");
    }
    if text
        .split_once(';')
        .is_some_and(|(_, marker)| !is_computable(marker))
    {
        return Err("its condition cannot be computed with");
    }
    let mut requirement =
        Requirement::<Url>::from_str(text).map_err(|_| "it is not a requirement by PEP 508")?;
    let by_name_only = matches!(requirement.version_or_url, Some(VersionOrUrl::Url(_)));
    requirement.clear_url();
    let simplified = asked_for(&requirement.marker, extra);
    let specifiers = match &requirement.version_or_url {
        Some(VersionOrUrl::VersionSpecifier(specifiers)) => specifiers.clone(),
        Some(VersionOrUrl::Url(_)) | None => VersionSpecifiers::empty(),
    };
    if !is_reasonable(&specifiers) {
        return Err("its version numbers are out of range");
    }
    let rewritten = by_name_only || simplified != requirement.marker;
    let holds_always = simplified.is_true();
    requirement.marker = simplified.clone();
    Ok(SolverRequirement {
        name: normalize_distribution(requirement.name.as_ref()),
        text: if rewritten {
            requirement.to_string()
        } else {
            text.trim().to_owned()
        },
        by_name_only,
        condition: simplified,
        always: (holds_always && !by_name_only).then(|| Ranges::from(specifiers)),
    })
}

/// Says whether the algebra of markers can be given a text: it adds one to version numbers without a check, and panics at `'x' ~= os_name`;
/// a panic there would lock its table of markers for good.
pub(crate) fn is_computable(marker: &str) -> bool {
    let is_short = |digits: &str| digits.len() <= LONGEST_NUMBER;
    let follows_text = |(at, _): (usize, &str)| {
        let before = marker.get(..at).unwrap_or_default().trim_end();
        before.ends_with(['\'', '"'])
    };
    marker
        .split(|character: char| !character.is_ascii_digit())
        .all(is_short)
        && !marker.match_indices("~=").any(follows_text)
}

/// Gives about how many conditions a marker combines, but for the first.
pub(crate) fn conditions(text: &str) -> usize {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| matches!(*word, "and" | "or"))
        .count()
}

/// Removes `extra == "…"` of the extra that was asked for; a solver would take it as not asked for.
fn asked_for(marker: &MarkerTree, extra: Option<&str>) -> MarkerTree {
    match extra.map(ExtraName::from_str) {
        Some(Ok(extra)) => marker.clone().simplify_extras(&[extra]),
        Some(Err(_)) | None => marker.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, extra: Option<&str>, expected: Result<(&str, bool), &str>) {
        let read = read_text(text, extra);
        let found = match &read {
            Ok(read) => Ok((read.text.as_str(), read.by_name_only)),
            Err(reason) => Err(*reason),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn no_requirement_chooses_a_host() {
        check("Click >= 8", None, Ok(("Click >= 8", false)));
        check("a @ https://host.example/a.whl", None, Ok(("a", true)));
        check(
            "a[x] @ git+ssh://host.example/a ; os_name == 'nt'",
            None,
            Ok(("a[x] ; os_name == 'nt'", true)),
        );
        check("a @ file:///etc/passwd", None, Ok(("a", true)));
        check("./folder", None, Err("it is not a requirement by PEP 508"));
        check(
            "a @ ../folder",
            None,
            Err("it is not a requirement by PEP 508"),
        );
        check(
            "-r other.txt",
            None,
            Err("it is not a requirement by PEP 508"),
        );
    }

    #[test]
    fn hostile_texts_are_refused_without_a_panic() {
        check(
            "a\"\n[tool.uv]\nindex-url = \"x",
            None,
            Err("it is not a requirement by PEP 508"),
        );
        check(
            &format!("a=={}.*", u64::MAX),
            None,
            Err("its version numbers are out of range"),
        );
        check(
            &format!("a; {}", "(".repeat(3_000)),
            None,
            Err("its condition is too complex"),
        );
        check(
            &format!("a>{}", "1".repeat(5_000)),
            None,
            Err("it is longer than 4,096 bytes"),
        );
        check("", None, Err("it is not a requirement by PEP 508"));
        for marker in [
            "'x' ~= os_name",
            "os_name == 'a' and \"x\"~=sys_platform",
            "python_version > '3.18446744073709551615'",
            "python_version == '18446744073709551615.*'",
        ] {
            let refused = Err("its condition cannot be computed with");
            check(&format!("a; {marker}"), None, refused);
        }
        for specifier in [">1.post9999999999999999999", ">1.dev9999999999999999999"] {
            let refused = Err("its version numbers are out of range");
            check(&format!("a{specifier}"), None, refused);
        }
    }

    #[test]
    fn the_extra_that_was_asked_for_holds() {
        check("a>=1; extra == 'x'", Some("x"), Ok(("a>=1", false)));
        check(
            "a>=1; extra == 'x'",
            None,
            Ok(("a>=1; extra == 'x'", false)),
        );
    }
}
