//! What the findings say, as people read it.

use super::{super::*, judged, package, source};

fn told(found: &LicenseJudgement) -> Vec<String> {
    let findings = found.findings.iter();
    findings
        .map(|one| {
            format!(
                "[{}] {} | {}",
                one.verdict,
                one.what,
                one.fix.as_deref().unwrap_or("-")
            )
        })
        .collect()
}

#[test]
fn an_answer_names_the_license_the_works_and_the_ways_out() {
    let check = |sources: &[&str], outbound: Option<&str>, expected: &[&str]| {
        assert_eq!(
            told(&judged(sources, &[], outbound)),
            expected,
            "{sources:?} {outbound:?}"
        );
    };
    check(
        &["MIT", "GPL-3.0-only"],
        Some("MIT"),
        &[
            "[incompatible] ./1: under GPL-3.0-only, cannot be passed on under MIT: Software under a copyleft license such as the GPL-3.0-only \
           license normally cannot be redistributed under a non-copyleft license such as the MIT license, except if it were explicitly permitted \
           in the licenses. | Pass the whole on under GPL-3.0-only; or replace ./1, or ask its holders for a \
           license that allows it, such as MIT.",
        ],
    );
    check(
        &["MIT OR GPL-2.0-only", "Apache-2.0"],
        None,
        &["[compatible] ./0: under MIT OR GPL-2.0-only, taken under MIT. | -"],
    );
    check(
        &["", "MIT"],
        None,
        &[
            "[unknown] ./0: no license is stated. Without one only the holders may copy, change or pass it on; whether they would allow it is \
           unknown. | Ask the holders of ./0 to state a license, or replace it. Everything whose license is known could be passed on under MIT, \
           BSD-2-Clause, BSD-3-Clause or Apache-2.0.",
        ],
    );
}

#[test]
fn a_contradiction_names_both_sides_and_what_would_mend_it() {
    let found = judged(&["MIT", "GPL-2.0-only", "Apache-2.0"], &[], None);
    assert_eq!(
        told(&found),
        [
            "[incompatible] No license for the whole allows ./1 (under GPL-2.0-only) and ./2 (under Apache-2.0) together: under GPL-2.0-only: \
          Incompatibility of the Apache-2.0 license with the GPL-2.0-only license is explicitly stated in the GPL-2.0-only license checklist; \
          under Apache-2.0: Software under a copyleft license such as the GPL-2.0-only license normally cannot be redistributed under a \
          non-copyleft license such as the Apache-2.0 license, except if it were explicitly permitted in the licenses. | Replace ./1 or ask its \
          holders for another license, such as MIT (then the whole could be under MIT, BSD-2-Clause, BSD-3-Clause or Apache-2.0); or ask the \
          holders of ./1 for GPL-2.0-or-later (then the whole could be under GPL-3.0-or-later, AGPL-3.0-or-later, GPL-3.0-only or \
          AGPL-3.0-only); or replace ./2 or ask its holders for another license, such as MIT (then the whole could be under GPL-2.0-only)."
        ]
    );
    let finding = &found.findings[0];
    assert_eq!(finding.repositories, ["./1", "./2"]);
    let places: Vec<String> = finding
        .requirements
        .iter()
        .map(|one| format!("{} {} {}", one.repository, one.specifier, one.place()))
        .collect();
    assert_eq!(
        places,
        [
            "./1 GPL-2.0-only pyproject.toml:3",
            "./2 Apache-2.0 pyproject.toml:3"
        ]
    );
}

#[test]
fn many_works_under_one_license_are_one_finding() {
    let mut works = vec![source("./a", "MIT")];
    works.extend((0..300).map(|number| package("./a", &format!("p{number}"), "GPL-3.0-only")));
    let found = judge(&works, Some("MIT")).unwrap();
    assert_eq!(found.findings.len(), 1);
    let finding = &found.findings[0];
    assert!(finding.what.starts_with(
        "p0 (needed by ./a), p1 (needed by ./a), p2 (needed by ./a), p3 (needed by ./a) and 296 more: under GPL-3.0-only"
    ));
    assert_eq!(
        (finding.repositories.len(), finding.requirements.len()),
        (1, 100)
    );
}

#[test]
fn it_says_that_it_is_no_legal_advice_and_how_old_its_data_is() {
    let notice = judged(&[], &[], None).notice;
    assert!(
        notice.contains("no legal advice") && notice.contains("2026-07-27"),
        "{notice}"
    );
}
