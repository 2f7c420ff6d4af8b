//! Licenses for the whole: the one that was asked for, and those that are tried. Must not look at repositories.

use synthesizer_model::{
    compatibility::Verdict,
    failure::{ErrorCode, Failure},
};

use super::{
    expression::{Basis, Licenses, Reading, Step, shown},
    matrix::{Copyleft, matrix},
    pair::{Use, judge_pair},
};

/// The most licenses that an outbound expression may name.
const MOST_IN_OUTBOUND: usize = 8;
/// The most licenses that the inputs name and that are tried; the others of the matrix are tried anyway when none of these will do.
const MOST_OF_INPUTS: usize = 128;
/// Names with more changes than this from what was written are no suggestions.
const FARTHEST: usize = 4;

/// Licenses that people usually choose, the freest first; the order decides between licenses that are equally free.
const USUAL: &[&str] = &[
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Apache-2.0",
    "MPL-2.0",
    "LGPL-2.1-or-later",
    "LGPL-2.1-only",
    "LGPL-3.0-or-later",
    "LGPL-3.0-only",
    "GPL-2.0-or-later",
    "GPL-2.0-only",
    "GPL-3.0-or-later",
    "GPL-3.0-only",
    "AGPL-3.0-or-later",
    "AGPL-3.0-only",
];

/// A license for the whole.
#[derive(Debug, Clone)]
pub(super) struct Outbound {
    /// As it is written.
    pub(super) name: String,
    /// What a receiver may choose between; each is a list of licenses of which any may lead the others.
    pub(super) alternatives: Vec<Vec<usize>>,
    /// What is to be said when licenses that hold together allow each other in no order: a verdict that is worse than conditional.
    pub(super) contradiction: Option<Verdict>,
}

/// Reads the license that was asked for.
///
/// Alternatives (`OR`) must all be possible, because the receiver chooses. Of licenses that hold together (`AND`), one has to lead: the others, and
/// all parts, must be allowed under it. Where none can, the license contradicts itself.
///
/// # Errors
/// `E_ARGUMENT` with the nearest names that SPDX knows.
pub(super) fn read_outbound(text: &str, licenses: &mut Licenses) -> Result<Outbound, Failure> {
    let refused = |why: String| {
        Failure::new(
            ErrorCode::Argument,
            format!("the outbound license {} cannot be used: {why}", shown(text)),
        )
    };
    let steps = licenses
        .read(text.trim(), Reading::Asked)
        .map_err(|why| refused(why).with_hint(suggestion(text)))?;
    let count = steps.iter().filter(|step| matches!(step, Step::License(_)));
    if count.count() > MOST_IN_OUTBOUND {
        return Err(
            refused(format!("it names more than {MOST_IN_OUTBOUND} licenses"))
                .with_hint("name the one license under which the whole is to be passed on"),
        );
    }
    let mut outbound = Outbound {
        name: written(&steps, licenses),
        alternatives: Vec::new(),
        contradiction: None,
    };
    for together in alternatives(&steps) {
        let verdicts = together
            .iter()
            .map(|lead| leading(*lead, &together, licenses));
        let verdicts: Vec<Verdict> = verdicts.collect();
        let best = verdicts
            .iter()
            .copied()
            .min_by_key(|verdict| *verdict as u8);
        if let Some(best) = best.filter(|best| !is_possible(*best)) {
            outbound.contradiction = Some(outbound.contradiction.map_or(best, |one| one.and(best)));
        }
        let leads = together.iter().zip(&verdicts);
        let leads = leads.filter(|(_, verdict)| is_possible(**verdict));
        outbound
            .alternatives
            .push(leads.map(|(lead, _)| *lead).collect());
    }
    Ok(outbound)
}

/// Says whether a work may be passed on with such a verdict, as it is or after something was done.
pub(super) const fn is_possible(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Compatible | Verdict::Conditional)
}

/// Multiplies the expression out: a list of choices, each a list of licenses that hold together. Eight licenses give at most 18 choices.
fn alternatives(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut stack: Vec<Vec<Vec<usize>>> = Vec::new();
    for step in steps {
        if let Step::License(place) = step {
            stack.push(vec![vec![*place]]);
            continue;
        }
        let right = stack.pop().unwrap_or_default();
        let left = stack.pop().unwrap_or_default();
        stack.push(match step {
            Step::Or => [left, right].concat(),
            _ => left
                .iter()
                .flat_map(|one| right.iter().map(|other| [one.as_slice(), other].concat()))
                .collect(),
        });
    }
    stack.pop().unwrap_or_default()
}

/// Says whether one of several licenses that hold together allows all the others.
fn leading(lead: usize, together: &[usize], licenses: &Licenses) -> Verdict {
    let others = together.iter().filter(|part| **part != lead);
    others.fold(Verdict::Compatible, |all, part| {
        all.and(judge_pair(licenses.get(lead), licenses.get(*part), Use::Copied).verdict)
    })
}

/// Writes steps as an expression, with the names of today.
pub(super) fn written(steps: &[Step], licenses: &Licenses) -> String {
    // With each text: whether it is an `OR`, which needs parentheses inside an `AND`.
    let mut stack: Vec<(String, bool)> = Vec::new();
    for step in steps {
        if let Step::License(place) = step {
            stack.push((licenses.get(*place).name.clone(), false));
            continue;
        }
        let (right, right_is_or) = stack.pop().unwrap_or_default();
        let (left, left_is_or) = stack.pop().unwrap_or_default();
        let inside = |text: String, is_or| if is_or { format!("({text})") } else { text };
        stack.push(match step {
            Step::Or => (format!("{left} OR {right}"), true),
            _ => {
                let (left, right) = (inside(left, left_is_or), inside(right, right_is_or));
                (format!("{left} AND {right}"), false)
            }
        });
    }
    stack.pop().unwrap_or_default().0
}

/// Gives the licenses to try: those that the inputs name and the usual ones, the freest first; with `all` the others of the matrix after them.
///
/// The order is: without copyleft, unclear, for files or a library alone, for the whole; then by how many licenses of the matrix accept code under
/// it, the more the freer; then the order of the usual licenses; then by name.
pub(super) fn candidates(licenses: &mut Licenses, all: bool) -> Vec<Outbound> {
    let matrix = matrix();
    let of_inputs = 0..licenses.all().len().min(MOST_OF_INPUTS);
    let mut named: Vec<usize> = of_inputs
        .filter(|place| is_offered(&licenses.get(*place).basis))
        .collect();
    let usual = USUAL.iter().filter_map(|name| matrix.place(name));
    named.extend(usual.map(|place| licenses.of_matrix(place)));
    sort(&mut named, licenses);
    if all {
        let mut others: Vec<usize> = (0..matrix.len())
            .map(|place| licenses.of_matrix(place))
            .filter(|place| !named.contains(place))
            .collect();
        sort(&mut others, licenses);
        named.extend(others);
    }
    let outbound = named.iter().map(|place| Outbound {
        name: licenses.get(*place).name.clone(),
        alternatives: vec![vec![*place]],
        contradiction: None,
    });
    outbound.collect()
}

fn sort(places: &mut Vec<usize>, licenses: &Licenses) {
    places.sort_by_cached_key(|place| freedom(*place, licenses));
    places.dedup();
}

fn is_offered(basis: &Basis) -> bool {
    match basis {
        Basis::Matrix(_) => true,
        Basis::StandIn(_, rule) => rule.condition.is_empty(),
        Basis::OneWay(_) | Basis::Closed(_) | Basis::Unlisted | Basis::Own | Basis::NoSuch => false,
    }
}

type Freedom = (Copyleft, std::cmp::Reverse<usize>, usize, String);

fn freedom(place: usize, licenses: &Licenses) -> Freedom {
    let license = licenses.get(place);
    let name = license.name.clone();
    let usual = USUAL.iter().position(|usual| *usual == name);
    let (copyleft, accepted_by) = match license.basis {
        Basis::Matrix(place) | Basis::StandIn(place, _) => {
            (matrix().copyleft(place), matrix().accepted_by(place))
        }
        _ => (Copyleft::Full, 0),
    };
    (
        copyleft,
        std::cmp::Reverse(accepted_by),
        usual.unwrap_or(USUAL.len()),
        name,
    )
}

fn suggestion(text: &str) -> String {
    let words =
        text.split(|character: char| character.is_whitespace() || "()/".contains(character));
    let is_word = |word: &&str| !word.is_empty() && !matches!(*word, "AND" | "OR" | "WITH");
    let mut near: Vec<&str> = Vec::new();
    for word in words.filter(is_word).take(MOST_IN_OUTBOUND) {
        for name in nearest(word) {
            if !near.contains(&name) {
                near.push(name);
            }
        }
    }
    match near.as_slice() {
        [] => "give an SPDX identifier or expression, such as MIT, Apache-2.0 or GPL-3.0-or-later"
            .to_owned(),
        names => format!("did you mean {}?", names.join(" or ")),
    }
}

/// Gives at most three identifiers that are near to a word that is none, without those that SPDX gave up.
fn nearest(word: &str) -> Vec<&'static str> {
    let word = word.to_ascii_lowercase();
    if word.len() > 64
        || spdx::identifiers::LICENSES
            .iter()
            .any(|known| known.name.eq_ignore_ascii_case(&word))
    {
        return Vec::new();
    }
    let imprecise = spdx::identifiers::IMPRECISE_NAMES.iter();
    let mut imprecise = imprecise.filter(|(name, _)| name.eq_ignore_ascii_case(&word));
    if let Some((_, name)) = imprecise.next()
        && let Some(id) = spdx::license_id(name)
        && !id.is_deprecated()
    {
        return vec![id.name];
    }
    let mut near: Vec<(usize, bool, &str)> = Vec::new();
    for known in spdx::identifiers::LICENSES {
        let is_deprecated = known.flags & spdx::flags::IS_DEPRECATED != 0;
        let lower = known.name.to_ascii_lowercase();
        let distance = match lower.starts_with(&word) && word.len() > 2 {
            true => 1,
            false => edit_distance(&word, &lower),
        };
        if !is_deprecated && distance <= FARTHEST.min(word.len() * 2 / 3) {
            near.push((distance, !USUAL.contains(&known.name), known.name));
        }
    }
    near.sort_unstable();
    let nearest = near.first().map_or(0, |(distance, ..)| *distance);
    near.retain(|(distance, ..)| *distance <= nearest + 1);
    near.into_iter().take(3).map(|(_, _, name)| name).collect()
}

/// Counts the characters to insert, remove or change.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, left) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, right) in right.iter().enumerate() {
            let changed = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_license_is_refused_with_the_nearest_names() {
        let check = |text: &str, expected: &str| {
            let failure = read_outbound(text, &mut Licenses::default()).expect_err(text);
            assert_eq!(failure.code, ErrorCode::Argument);
            assert_eq!(failure.hint.as_deref(), Some(expected), "{text}");
        };
        check("MTI", "did you mean MIT or FTL or MTLL?");
        check("Apache-2", "did you mean Apache-2.0?");
        check(
            "GPL-3.0-onyl",
            "did you mean GPL-3.0-only or AGPL-3.0-only or GPL-2.0-only?",
        );
        check(
            "",
            "give an SPDX identifier or expression, such as MIT, Apache-2.0 or GPL-3.0-or-later",
        );
        check(
            &["MIT"; 9].join(" OR "),
            "name the one license under which the whole is to be passed on",
        );
    }

    #[test]
    fn an_expression_is_multiplied_out_and_written_as_it_was() {
        let check = |text: &str, name: &str, expected: &[&[&str]]| {
            let mut licenses = Licenses::default();
            let outbound = read_outbound(text, &mut licenses).expect(text);
            let alternatives = outbound.alternatives.iter().map(|leads| {
                let names = leads.iter().map(|lead| licenses.get(*lead).name.as_str());
                names.collect::<Vec<_>>()
            });
            assert_eq!(alternatives.collect::<Vec<_>>(), expected, "{text}");
            assert_eq!(outbound.name, name);
        };
        check("GPL-2.0+", "GPL-2.0-or-later", &[&["GPL-2.0-or-later"]]);
        check(
            "mit OR Apache-2.0",
            "MIT OR Apache-2.0",
            &[&["MIT"], &["Apache-2.0"]],
        );
        check(
            "MIT AND GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            &[&["GPL-3.0-only"]],
        );
        check(
            "GPL-2.0-only AND Apache-2.0",
            "GPL-2.0-only AND Apache-2.0",
            &[&[]],
        );
        check(
            "(MIT OR ISC) AND Zlib",
            "(MIT OR ISC) AND Zlib",
            &[&["MIT", "Zlib"], &["ISC", "Zlib"]],
        );
    }

    #[test]
    fn the_freest_come_first() {
        let names: Vec<String> = candidates(&mut Licenses::default(), false)
            .into_iter()
            .map(|outbound| outbound.name)
            .collect();
        let expected = [
            "MIT",
            "BSD-2-Clause",
            "BSD-3-Clause",
            "Apache-2.0",
            "MPL-2.0",
            "LGPL-2.1-or-later",
            "LGPL-2.1-only",
            "LGPL-3.0-or-later",
            "LGPL-3.0-only",
            "GPL-2.0-or-later",
            "GPL-3.0-or-later",
            "AGPL-3.0-or-later",
            "GPL-2.0-only",
            "GPL-3.0-only",
            "AGPL-3.0-only",
        ];
        assert_eq!(names, expected);
    }
}
