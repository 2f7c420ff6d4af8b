//! SPDX expressions of strangers, read within bounds into the licenses that they name and how these are joined. Must not judge.

use std::collections::HashMap;

use spdx::{
    AdditionItem, Expression, LicenseItem, LicenseReq, ParseMode,
    expression::{ExprNode, Operator},
};
use synthesizer_model::text::escape_untrusted;

use super::{
    matrix::{Place, matrix},
    rules::{
        CLOSED, CLOSED_NAMES, DEPRECATED, EXCEPTIONS, ExceptionKind, ONE_WAYS, OneWay, STAND_INS,
        StandIn,
    },
};

/// The longest expression that is read, in bytes.
const LONGEST: usize = 4_096;
/// The most licenses that one expression may name.
const MOST_TERMS: usize = 128;
/// The most licenses that all expressions of one question may name together.
const MOST_TERMS_IN_ALL: usize = 5_000;
/// How much of a text is shown, in characters.
const MOST_SHOWN: usize = 200;

/// What is known of a license.
#[derive(Debug, Clone, Copy)]
pub(super) enum Basis {
    /// The matrix has it.
    Matrix(Place),
    /// It is judged like one of the matrix.
    StandIn(Place, &'static StandIn),
    /// Its own text names the licenses for the whole.
    OneWay(&'static OneWay),
    /// It forbids what open licenses allow; the reason.
    Closed(&'static str),
    /// SPDX lists it, and neither the matrix nor a rule has it.
    Unlisted,
    /// A license of somebody's own: `LicenseRef-…`.
    Own,
    /// No license that SPDX knows.
    NoSuch,
}

/// One license with its exception and its later versions, as an expression names it.
#[derive(Debug, Clone)]
pub(super) struct License {
    /// Its SPDX name, without what SPDX gave up; of a name that is none, what was written. Fit to be shown.
    pub(super) name: String,
    /// What is known of it, without the exception unless the matrix has the pair.
    pub(super) basis: Basis,
    /// Other licenses of the matrix that may be chosen instead: later versions, after `+`.
    pub(super) instead: Vec<Place>,
    /// What its exception allows, where the matrix does not have the pair.
    pub(super) exception: Option<ExceptionKind>,
}

/// A step of an expression in postfix order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A license, by its place among [`Licenses`].
    License(usize),
    /// Both of the two before hold.
    And,
    /// One of the two before may be chosen.
    Or,
}

/// All licenses that the expressions of one question name, each once.
#[derive(Debug, Default)]
pub(super) struct Licenses {
    list: Vec<License>,
    places: HashMap<String, usize>,
    terms: usize,
}

/// How strictly an expression is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As found: `/` for `OR`, and unknown names stand as licenses of which nothing is known.
    Found,
    /// As asked for: every name must be one of SPDX or begin with `LicenseRef-`.
    Asked,
}

impl Licenses {
    /// Gives a license by its place.
    pub(super) fn get(&self, place: usize) -> &License {
        &self.list[place]
    }

    /// Gives all, in the order in which they were met.
    pub(super) fn all(&self) -> &[License] {
        &self.list
    }

    /// Adds a license of the matrix and gives its place.
    pub(super) fn of_matrix(&mut self, place: Place) -> usize {
        self.add(License {
            name: matrix().name(place).to_owned(),
            basis: Basis::Matrix(place),
            instead: Vec::new(),
            exception: None,
        })
    }

    /// Reads an expression into steps.
    ///
    /// # Errors
    /// Why it cannot be read, as the end of a sentence, fit to be shown.
    pub(super) fn read(&mut self, text: &str, reading: Reading) -> Result<Vec<Step>, String> {
        if text.len() > LONGEST {
            return Err(format!(
                "it has {} bytes, more than the {LONGEST} that are read",
                text.len()
            ));
        }
        let mode = ParseMode {
            allow_slash_as_or_operator: reading == Reading::Found,
            allow_imprecise_license_names: false,
            allow_postfix_plus_on_gpl: true,
            allow_deprecated: true,
            allow_unknown: true,
        };
        let expression = Expression::parse_mode(text, mode)
            .map_err(|error| format!("it is no SPDX expression ({})", error.reason))?;
        let count = expression.requirements().count();
        if count > MOST_TERMS {
            return Err(format!(
                "it names {count} licenses, more than the {MOST_TERMS} that are looked at"
            ));
        }
        self.terms += count;
        if self.terms > MOST_TERMS_IN_ALL {
            return Err(format!(
                "all expressions together name more than the {MOST_TERMS_IN_ALL} licenses that are looked at"
            ));
        }
        let mut steps = Vec::new();
        for node in expression.iter() {
            steps.push(match node {
                ExprNode::Op(Operator::And) => Step::And,
                ExprNode::Op(Operator::Or) => Step::Or,
                ExprNode::Req(found) => {
                    let span = found.span.start as usize..found.span.end as usize;
                    let license = license_of(&found.req, text.get(span).unwrap_or_default());
                    if reading == Reading::Asked && matches!(license.basis, Basis::NoSuch) {
                        return Err(format!("SPDX knows no license {}", license.name));
                    }
                    Step::License(self.add(license))
                }
            });
        }
        Ok(steps)
    }

    fn add(&mut self, license: License) -> usize {
        if let Some(place) = self.places.get(&license.name) {
            return *place;
        }
        let place = self.list.len();
        self.places.insert(license.name.clone(), place);
        self.list.push(license);
        place
    }
}

/// Makes a text of a stranger fit to be shown: escaped and not too long.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(MOST_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    escape_untrusted(&shown)
}

fn license_of(requirement: &LicenseReq, written: &str) -> License {
    let (mut name, mut or_later) = match &requirement.license {
        LicenseItem::Spdx { id, or_later } => (id.name.to_owned(), *or_later),
        LicenseItem::Other(_) => match in_list_case(written) {
            Some(name) => (name.to_owned(), false),
            None => return of_own(requirement, written),
        },
    };
    let mut exception = requirement
        .addition
        .as_ref()
        .map(|addition| match addition {
            AdditionItem::Spdx(id) => id.name.to_owned(),
            AdditionItem::Other(other) => shown(&other.add_ref),
        });
    if let Some((_, current, its_exception)) = DEPRECATED.iter().find(|(old, ..)| *old == name) {
        name = (*current).to_owned();
        exception = exception.or(its_exception.map(str::to_owned));
    }
    let only = format!("{name}-only");
    if spdx::license_id(&only).is_some() {
        name = only;
    }
    let later = format!("{}-or-later", name.strip_suffix("-only").unwrap_or(&name));
    if or_later && spdx::license_id(&later).is_some() {
        name = later;
        or_later = false;
    }
    with_exception(name, or_later, exception)
}

fn with_exception(base: String, or_later: bool, exception: Option<String>) -> License {
    let instead = match or_later {
        true => matrix().same_or_later(&base),
        false => Vec::new(),
    };
    let plus = if or_later { "+" } else { "" };
    let Some(exception) = exception else {
        return License {
            basis: basis(&base),
            name: format!("{base}{plus}"),
            instead,
            exception: None,
        };
    };
    let name = format!("{base}{plus} WITH {exception}");
    if let Some(place) = matrix().place(&name) {
        return License {
            basis: Basis::Matrix(place),
            name,
            instead: Vec::new(),
            exception: None,
        };
    }
    let known = EXCEPTIONS.iter().find(|(known, _)| *known == exception);
    License {
        basis: basis(&base),
        name,
        instead,
        exception: Some(known.map_or(ExceptionKind::Other, |(_, kind)| *kind)),
    }
}

fn basis(name: &str) -> Basis {
    if let Some(place) = matrix().place(name) {
        return Basis::Matrix(place);
    }
    if let Some(rule) = STAND_INS.iter().find(|rule| rule.license == name)
        && let Some(place) = matrix().place(rule.like)
    {
        return Basis::StandIn(place, rule);
    }
    if let Some(rule) = ONE_WAYS.iter().find(|rule| rule.license == name) {
        return Basis::OneWay(rule);
    }
    closed(name).map_or(Basis::Unlisted, Basis::Closed)
}

fn closed(name: &str) -> Option<&'static str> {
    let rule = CLOSED
        .iter()
        .find(|rule| match rule.license.ends_with('-') {
            true => name.starts_with(rule.license),
            false => name == rule.license,
        });
    rule.map(|rule| rule.because)
}

fn of_own(requirement: &LicenseReq, written: &str) -> License {
    let is_own = written.starts_with("LicenseRef-") || written.starts_with("DocumentRef-");
    let lower = written.to_ascii_lowercase();
    let by_name = CLOSED_NAMES
        .iter()
        .find(|(word, _)| is_own && lower.contains(word))
        .map(|(_, because)| *because);
    let basis = match (matrix().place(written), closed(written).or(by_name)) {
        (Some(place), _) => Basis::Matrix(place),
        (None, Some(because)) => Basis::Closed(because),
        (None, None) if is_own => Basis::Own,
        (None, None) => Basis::NoSuch,
    };
    let exception = requirement
        .addition
        .as_ref()
        .map(|addition| match addition {
            AdditionItem::Spdx(id) => format!(" WITH {}", id.name),
            AdditionItem::Other(other) => format!(" WITH {}", shown(&other.add_ref)),
        });
    License {
        name: format!("{}{}", shown(written), exception.unwrap_or_default()),
        basis,
        instead: Vec::new(),
        exception: None,
    }
}

/// Finds the SPDX identifier that differs from a name in upper and lower case alone.
fn in_list_case(name: &str) -> Option<&'static str> {
    let mut known = spdx::identifiers::LICENSES.iter();
    known
        .find(|license| license.name.eq_ignore_ascii_case(name))
        .map(|license| license.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let mut licenses = Licenses::default();
        let found = licenses.read(text, Reading::Found).map(|steps| {
            let steps = steps.iter().map(|step| match step {
                Step::License(place) => licenses.get(*place).name.clone(),
                Step::And => "&".to_owned(),
                Step::Or => "|".to_owned(),
            });
            steps.collect::<Vec<_>>().join(", ")
        });
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn names_that_spdx_gave_up_become_those_of_today() {
        check("GPL-2.0", Ok("GPL-2.0-only"));
        check("GPL-2.0+", Ok("GPL-2.0-or-later"));
        check("LGPL-2.1", Ok("LGPL-2.1-only"));
        check("AGPL-3.0+", Ok("AGPL-3.0-or-later"));
        check(
            "GPL-2.0-with-classpath-exception",
            Ok("GPL-2.0-only WITH Classpath-exception-2.0"),
        );
        check("StandardML-NJ", Ok("SMLNJ"));
        check("GPL-2.0-or-later", Ok("GPL-2.0-or-later"));
        check("EUPL-1.1+", Ok("EUPL-1.1+"));
    }

    #[test]
    fn expressions_of_every_form_are_read() {
        check("MIT", Ok("MIT"));
        check("mit", Ok("MIT"));
        check("MIT/Apache-2.0", Ok("MIT, Apache-2.0, |"));
        check("MIT AND (ISC OR Zlib)", Ok("MIT, ISC, Zlib, |, &"));
        check(
            "Apache-2.0 WITH LLVM-exception",
            Ok("Apache-2.0 WITH LLVM-exception"),
        );
        check("LicenseRef-x OR MIT", Ok("LicenseRef-x, MIT, |"));
        check(
            "DocumentRef-d:LicenseRef-x",
            Ok("DocumentRef-d:LicenseRef-x"),
        );
        check("Foo OR MIT", Ok("Foo, MIT, |"));
    }

    #[test]
    fn what_is_no_expression_is_said_to_be_none() {
        let none = |text: &str| {
            let found = Licenses::default().read(text, Reading::Found);
            let reason = found.expect_err(text);
            assert!(reason.starts_with("it is no SPDX expression"), "{reason}");
        };
        none("");
        none("MIT OR");
        none("SEE LICENSE IN LICENSE.txt");
        none("((MIT)");
        none("MIT \u{202e} ISC");
    }

    #[test]
    fn what_is_too_much_is_not_read() {
        let many = vec!["MIT"; 10_000];
        check(
            &many.join(" OR "),
            Err("it has 69996 bytes, more than the 4096 that are read"),
        );
        check(
            &many[..200].join(" AND "),
            Err("it names 200 licenses, more than the 128 that are looked at"),
        );
        let deep = format!("{}MIT{}", "(".repeat(2_000), ")".repeat(2_000));
        check(&deep, Ok("MIT"));
    }
}
