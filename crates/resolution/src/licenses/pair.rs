//! Whether code under one license may be a part of a work under another: the matrix first, the rules for what it lacks after.

use synthesizer_model::compatibility::Verdict;

use super::{
    expression::{Basis, License},
    matrix::{Copyleft, Place, matrix},
    rules::{ExceptionKind, OneWay, StandIn},
};

/// How a part comes into the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Use {
    /// Its source is copied into it.
    Copied,
    /// It stays a package that the work depends on and is linked with.
    Linked,
}

/// Why an answer is what it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Because {
    /// The two are the same license, or the matrix says yes.
    Plain,
    /// The matrix says so.
    Matrix(Place, Place),
    /// A license beside the matrix asks for something.
    Condition(&'static StandIn),
    /// The part's license names those for the whole.
    OneWay(&'static OneWay),
    /// The part's license forbids what open licenses allow.
    Closed(&'static str),
    /// The part's license forbids passing on changes.
    Unchanged,
    /// Neither matrix nor rules have the part's license.
    Unlisted,
    /// The part's license is somebody's own.
    Own,
    /// The part's license is none that SPDX knows.
    NoSuch,
    /// Neither matrix nor rules have the license of the whole.
    OutboundUnlisted,
    /// The license of the whole is not open.
    OutboundClosed,
    /// The exception of the whole would have to be granted for code of others.
    OutboundException,
    /// A package with copyleft for its own files stays as it is.
    LinkedFiles,
    /// A package under the LGPL stays replaceable.
    LinkedLibrary,
    /// An exception allows linking.
    LinkedByException,
    /// The part's exception allows linking, and here it is copied.
    CopiedDespiteException,
    /// An exception frees what the program puts into its output.
    Output,
    /// An exception waives what keeps Apache-2.0 from version 2 of the GPL.
    WithGpl2,
    /// An exception that is in no table might allow it.
    OtherException,
    /// A package under Python's license is not changed.
    LinkedPython,
}

/// Whether, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    /// Whether it may be passed on so.
    pub(super) verdict: Verdict,
    /// Why.
    pub(super) because: Because,
}

const fn answer(verdict: Verdict, because: Because) -> Answer {
    Answer { verdict, because }
}

/// Says whether code under `part`, used so, may be passed on in a work under `lead`.
pub(super) fn judge_pair(lead: &License, part: &License, used: Use) -> Answer {
    let is_same = lead.name == part.name;
    match (&lead.basis, &part.basis) {
        (_, Basis::NoSuch) => answer(Verdict::Unknown, Because::NoSuch),
        (_, Basis::Own) => answer(Verdict::Unknown, Because::Own),
        (_, Basis::Closed(_)) if is_same && part.name.contains("-ND-") => {
            answer(Verdict::Conditional, Because::Unchanged)
        }
        _ if is_same => answer(Verdict::Compatible, Because::Plain),
        (Basis::Unlisted | Basis::Own | Basis::NoSuch | Basis::OneWay(_), _) => {
            answer(Verdict::Unknown, Because::OutboundUnlisted)
        }
        (_, Basis::Closed(because)) => answer(Verdict::Incompatible, Because::Closed(because)),
        (_, Basis::Unlisted) => answer(Verdict::Unknown, Because::Unlisted),
        (Basis::Closed(_), _) => under_closed(part, used),
        (Basis::Matrix(whole) | Basis::StandIn(whole, _), Basis::OneWay(rule)) => {
            let allows = rule.leads.contains(&matrix().name(*whole));
            let verdict = match allows {
                true => Verdict::Compatible,
                false => Verdict::Incompatible,
            };
            answer(verdict, Because::OneWay(rule))
        }
        (
            Basis::Matrix(whole) | Basis::StandIn(whole, _),
            Basis::Matrix(inner) | Basis::StandIn(inner, _),
        ) => {
            let mut best = by_matrix(lead, part, (*whole, *inner), used);
            for inner in &part.instead {
                let other = by_matrix(lead, part, (*whole, *inner), used);
                if (other.verdict as u8) < (best.verdict as u8) {
                    best = other;
                }
            }
            with_conditions(lead, part, used, best)
        }
    }
}

/// Code without copyleft may go under a closed license; other code may not.
fn under_closed(part: &License, used: Use) -> Answer {
    let copyleft = match part.basis {
        Basis::Matrix(place) | Basis::StandIn(place, _) => matrix().copyleft(place),
        _ => Copyleft::Full,
    };
    let verdict = match (copyleft, used) {
        (Copyleft::None, _) | (Copyleft::Restricted, Use::Linked) => Verdict::Conditional,
        (Copyleft::Questionable, _) => Verdict::Unknown,
        (Copyleft::Restricted | Copyleft::Full, _) => Verdict::Incompatible,
    };
    answer(verdict, Because::OutboundClosed)
}

fn by_matrix(lead: &License, part: &License, (whole, inner): (Place, Place), used: Use) -> Answer {
    let copied = match matrix().cell(whole, inner).verdict {
        Verdict::Compatible => answer(Verdict::Compatible, Because::Plain),
        verdict => answer(verdict, Because::Matrix(whole, inner)),
    };
    // An exception only ever allows more, so what the plain license allows needs none.
    if (copied.verdict as u8) <= (Verdict::Conditional as u8) {
        return by_lead_exception(lead, inner, copied);
    }
    if let Some(kind) = part.exception {
        return by_exception(kind, whole, used, copied);
    }
    match used {
        Use::Copied => copied,
        Use::Linked => linked(part, whole, inner, copied),
    }
}

/// Who adds an exception to the whole grants it for all of it, which only holders can do where there is copyleft.
fn by_lead_exception(lead: &License, inner: Place, found: Answer) -> Answer {
    let is_free = matrix().copyleft(inner) == Copyleft::None;
    match lead.exception {
        Some(_) if !is_free => answer(Verdict::Conditional, Because::OutboundException),
        _ => found,
    }
}

fn by_exception(kind: ExceptionKind, whole: Place, used: Use, plain: Answer) -> Answer {
    match (kind, used) {
        (ExceptionKind::Linking, Use::Linked) => {
            answer(Verdict::Conditional, Because::LinkedByException)
        }
        (ExceptionKind::Linking, Use::Copied) => {
            answer(plain.verdict, Because::CopiedDespiteException)
        }
        (ExceptionKind::Output, _) => answer(Verdict::Conditional, Because::Output),
        (ExceptionKind::WithGpl2, _) if matrix().name(whole).starts_with("GPL-2.0-") => {
            answer(Verdict::Conditional, Because::WithGpl2)
        }
        (ExceptionKind::WithGpl2, _) => plain,
        (ExceptionKind::Other, _) => answer(Verdict::Unknown, Because::OtherException),
    }
}

/// What a package may be under although its source could not be copied.
fn linked(part: &License, whole: Place, inner: Place, copied: Answer) -> Answer {
    let name = matrix().name(inner);
    if matches!(
        part.name.as_str(),
        "Python-2.0" | "Python-2.0.1" | "PSF-2.0"
    ) {
        return answer(Verdict::Conditional, Because::LinkedPython);
    }
    // Who has to give up the exception of a GNU license to take in other code of it cannot rely on it.
    let is_strong =
        matrix().copyleft(whole) == Copyleft::Full || matrix().name(whole).starts_with("GPL-");
    if is_strong || matrix().copyleft(inner) != Copyleft::Restricted {
        return copied;
    }
    if name.starts_with("LGPL-") {
        return answer(Verdict::Conditional, Because::LinkedLibrary);
    }
    if name.contains(" WITH ") {
        return answer(Verdict::Conditional, Because::LinkedByException);
    }
    answer(Verdict::Compatible, Because::LinkedFiles)
}

fn with_conditions(lead: &License, part: &License, used: Use, found: Answer) -> Answer {
    let condition_of = |license: &License| match license.basis {
        Basis::StandIn(_, rule) if !rule.condition.is_empty() => Some(rule),
        _ => None,
    };
    let of_part = condition_of(part).filter(|_| used == Use::Copied);
    match of_part.or_else(|| condition_of(lead)) {
        Some(rule) if found.verdict == Verdict::Compatible => {
            answer(Verdict::Conditional, Because::Condition(rule))
        }
        _ => found,
    }
}

impl Because {
    /// Gives the reason in plain words, as the end of a sentence without a full stop; empty for [`Because::Plain`].
    pub(super) fn text(self) -> String {
        let text = match self {
            Self::Plain => "",
            Self::Matrix(whole, inner) => {
                return matrix()
                    .reason(whole, inner)
                    .trim_end_matches('.')
                    .to_owned();
            }
            Self::Condition(rule) => {
                return format!(
                    "{} is judged like {}: {}; {}",
                    rule.license, rule.like, rule.because, rule.condition
                );
            }
            Self::OneWay(rule) => rule.because,
            Self::Closed(because) => return format!("it is not open: {because}"),
            Self::Unchanged => {
                "it may be passed on only as it is, so nothing may be changed and no part be taken out"
            }
            Self::Unlisted => "neither OSADL's matrix nor the rules have this license",
            Self::Own => {
                "it is a license of somebody's own, whose terms no list knows; they have to be read"
            }
            Self::NoSuch => "SPDX knows no such license",
            Self::OutboundUnlisted => {
                "neither OSADL's matrix nor the rules have the license of the whole"
            }
            Self::OutboundClosed => {
                "the license of the whole is not open: code without copyleft may go under it, with its notices kept, and code with copyleft may not"
            }
            Self::OutboundException => {
                "the exception of the whole can be granted for this part only by its holders, so leave the exception out or ask them"
            }
            Self::LinkedFiles => {
                "its copyleft is for its own files, and as a package it stays as it is"
            }
            Self::LinkedLibrary => {
                "as a library it is passed on under its own license, and who receives the work must be able to replace it"
            }
            Self::LinkedByException => {
                "its exception allows linking with it; the package itself stays under its own license"
            }
            Self::CopiedDespiteException => {
                "its exception is for linking with it, and here its source is copied"
            }
            Self::Output => {
                "its exception is for what the program puts into its output; what is copied has to be that"
            }
            Self::WithGpl2 => {
                "its exception waives the terms that version 2 of the GPL does not allow, for combined works in compiled form"
            }
            Self::OtherException => "its exception might allow it, and has to be read",
            Self::LinkedPython => {
                "OSADL objects to the summary of changes that it asks for, which does not matter while the package is not changed; the FSF holds it to be compatible"
            }
        };
        text.to_owned()
    }
}
