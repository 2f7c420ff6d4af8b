//! npm's ranges as intervals; alternatives become the smallest interval that holds them all.

use synthesizer_model::dependency::Dependency;

use super::{
    bounds::{Bounds, after},
    cargo::{from, to},
    dialect::Dialect,
    semantic::{Bare, caret, hull, read},
};

/// How many alternatives are read.
const MOST_ALTERNATIVES: usize = 64;

/// Packages of npm.
pub(super) struct Npm;

impl Dialect for Npm {
    fn read(&self, specifier: &str) -> Option<Bounds> {
        let mut whole: Option<Bounds> = None;
        for alternative in specifier.split("||").take(MOST_ALTERNATIVES) {
            let bounds = match alternative.split_once(" - ") {
                Some((from, to)) => {
                    read(&format!(">={} <={}", from.trim(), to.trim()), Bare::Exact)?
                }
                None => read(alternative, Bare::Exact)?,
            };
            whole = Some(match whole {
                Some(whole) => hull(whole, bounds),
                None => bounds,
            });
        }
        whole
    }

    fn write(&self, bounds: &Bounds) -> String {
        match (&bounds.lower, &bounds.upper) {
            (Some(lower), Some(_)) if bounds.is_pin() => lower.text.clone(),
            (None, None) => self.any().to_owned(),
            (lower, upper) => [from(lower.as_ref()), to(upper.as_ref())]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    fn any(&self) -> &'static str {
        "*"
    }

    fn ends(&self, release: &[u64]) -> Vec<Vec<u64>> {
        vec![after(release, caret(release))]
    }

    fn constraint(&self, dependency: &Dependency) -> String {
        format!("npm:{}@{}", dependency.name, dependency.specifier)
    }

    fn extra(&self) -> &'static str {
        "extra"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(specifier: &str, expected: Option<&str>) {
        let found = Npm.read(specifier).map(|bounds| Npm.write(&bounds));
        assert_eq!(found.as_deref(), expected, "{specifier}");
    }

    #[test]
    fn ranges_are_intervals() {
        check("^17.0.2", Some(">=17.0.2 <18"));
        check("1.2.3", Some("1.2.3"));
        check("1.2", Some(">=1.2 <1.3"));
        check("1.x", Some(">=1 <2"));
        check("^16.8.0 || ^18", Some(">=16.8.0 <19"));
        check("1.2 - 2.3", Some(">=1.2 <=2.3"));
        check(">= 1 < 3", Some(">=1 <3"));
        check("*", Some("*"));
        check("latest", None);
    }
}
