//! Cargo's version requirements as intervals.

use synthesizer_model::dependency::Dependency;

use super::{
    bounds::{Bounds, End, after},
    dialect::Dialect,
    semantic::{Bare, caret, read},
};

/// Crates.
pub(super) struct Cargo;

impl Dialect for Cargo {
    fn read(&self, specifier: &str) -> Option<Bounds> {
        read(specifier, Bare::Caret)
    }

    fn write(&self, bounds: &Bounds) -> String {
        match (&bounds.lower, &bounds.upper) {
            (Some(lower), Some(_)) if bounds.is_pin() => format!("={}", lower.text),
            (None, None) => self.any().to_owned(),
            (lower, upper) => [from(lower.as_ref()), to(upper.as_ref())]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", "),
        }
    }

    fn any(&self) -> &'static str {
        "*"
    }

    fn ends(&self, release: &[u64]) -> Vec<Vec<u64>> {
        let mut ends = vec![after(release, 2), after(release, caret(release))];
        ends.dedup();
        ends
    }

    fn constraint(&self, dependency: &Dependency) -> String {
        format!("cargo:{}@{}", dependency.name, dependency.specifier)
    }

    fn extra(&self) -> &'static str {
        "feature"
    }
}

/// Writes a lower end as a comparator.
pub(super) fn from(end: Option<&End>) -> Option<String> {
    end.map(|end| format!("{}{}", if end.included { ">=" } else { ">" }, end.text))
}

/// Writes an upper end as a comparator.
pub(super) fn to(end: Option<&End>) -> Option<String> {
    end.map(|end| format!("{}{}", if end.included { "<=" } else { "<" }, end.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(specifier: &str, expected: Option<&str>) {
        let found = Cargo.read(specifier).map(|bounds| Cargo.write(&bounds));
        assert_eq!(found.as_deref(), expected, "{specifier}");
    }

    #[test]
    fn requirements_are_intervals() {
        check("1.2", Some(">=1.2, <2"));
        check("0.29", Some(">=0.29, <0.30"));
        check("^0.0.3", Some(">=0.0.3, <0.0.4"));
        check("=1.0.100", Some("=1.0.100"));
        check("= 1.0", Some(">=1.0, <1.1"));
        check("~1.4.2", Some(">=1.4.2, <1.5"));
        check("1.*", Some(">=1, <2"));
        check("*", Some("*"));
        check(">=1, <1.5", Some(">=1, <1.5"));
        check("nonsense", None);
    }
}
