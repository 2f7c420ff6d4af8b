//! PEP 440 specifiers as intervals.

use pep440_rs::{Operator, Version};
use synthesizer_model::dependency::Dependency;

use super::{
    bounds::{Bounds, End, after},
    dialect::Dialect,
};
use crate::python_range::parse_specifiers;

/// Python distributions, and the versions of Python itself.
pub(super) struct Python;

impl Dialect for Python {
    fn read(&self, specifier: &str) -> Option<Bounds> {
        let mut bounds = Bounds::default();
        for one in parse_specifiers(specifier)?.iter() {
            let version = one.version();
            if version.epoch() != 0 {
                return None;
            }
            let end = |included| End::new(public(version), version.release().to_vec(), included);
            let before = |kept| End::of(&after(version.release(), kept), false);
            let length = version.release().len();
            match one.operator() {
                Operator::GreaterThan => bounds.raise_lower(end(false)),
                Operator::GreaterThanEqual => bounds.raise_lower(end(true)),
                Operator::LessThan => bounds.reduce_upper(end(false)),
                Operator::LessThanEqual => bounds.reduce_upper(end(true)),
                Operator::Equal => {
                    bounds.raise_lower(end(true));
                    bounds.reduce_upper(end(true));
                }
                Operator::EqualStar => {
                    bounds.raise_lower(end(true));
                    bounds.reduce_upper(before(length));
                }
                Operator::TildeEqual => {
                    bounds.raise_lower(end(true));
                    bounds.reduce_upper(before(length.checked_sub(1)?));
                }
                Operator::NotEqual | Operator::NotEqualStar => {
                    bounds.exclusions.push(one.to_string());
                }
                Operator::ExactEqual => return None,
            }
        }
        Some(bounds)
    }

    fn write(&self, bounds: &Bounds) -> String {
        if bounds.is_pin()
            && let Some(lower) = &bounds.lower
        {
            return format!("=={}", lower.text);
        }
        let lower = bounds.lower.as_ref().map(|end| {
            let sign = if end.included { ">=" } else { ">" };
            format!("{sign}{}", end.text)
        });
        let upper = bounds.upper.as_ref().map(|end| {
            let sign = if end.included { "<=" } else { "<" };
            format!("{sign}{}", end.text)
        });
        let exclusions = bounds.exclusions.iter().cloned();
        let parts: Vec<String> = lower.into_iter().chain(upper).chain(exclusions).collect();
        parts.join(",")
    }

    fn any(&self) -> &'static str {
        ""
    }

    fn ends(&self, release: &[u64]) -> Vec<Vec<u64>> {
        vec![after(release, 2), after(release, 1)]
    }

    fn constraint(&self, dependency: &Dependency) -> String {
        let plain = Dependency {
            marker: None,
            ..dependency.clone()
        };
        // Without versions it could be meant for another family.
        let family = if plain.specifier.is_empty() {
            "python:"
        } else {
            ""
        };
        format!("{family}{}", plain.requirement())
    }

    fn extra(&self) -> &'static str {
        "extra"
    }
}

/// Writes a version without its local part, which only `==` may have.
fn public(version: &Version) -> String {
    let text = version.to_string();
    text.split('+').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(specifier: &str, expected: Option<&str>) {
        let found = Python.read(specifier).map(|bounds| Python.write(&bounds));
        assert_eq!(found.as_deref(), expected, "{specifier}");
    }

    #[test]
    fn specifiers_are_intervals() {
        check("~=1.4.2", Some(">=1.4.2,<1.5"));
        check("==1.*, !=1.5", Some(">=1,<2,!=1.5"));
        check("==7.0+cpu", Some("==7.0"));
        check(">1, >=2, <4, <=3", Some(">=2,<=3"));
        check("", Some(""));
        check("===1", None);
        check("==1!2", None);
        check("nonsense", None);
    }
}
