//! What strangers may write as a license: bounded, without a panic, and never compatible by accident.

use proptest::prelude::*;
use synthesizer_model::{
    compatibility::{Dimension, Verdict},
    text::is_deceptive,
};

use super::{super::*, judged, package, source};

#[test]
fn what_is_too_much_is_unknown() {
    let check = |text: &str| {
        let found = judged(&[text, "MIT"], &[], None);
        assert_eq!(found.verdict, Verdict::Unknown);
        assert!(found.possible_outbound.is_empty());
        assert!(
            found.findings[0].what.len() < 1_000,
            "{}",
            found.findings[0].what
        );
    };
    check(&vec!["MIT"; 10_000].join(" OR "));
    check(&vec!["MIT"; 10_000].join(" AND "));
    check(&format!(
        "{}MIT{}",
        "(".repeat(500_000),
        ")".repeat(500_000)
    ));
    check(&"M".repeat(1_000_000));
    check(&vec!["(MIT OR ISC)"; 200].join(" AND "));
    check("LicenseRef-\u{202e}x");
}

#[test]
fn a_product_of_many_choices_costs_no_more_than_its_length() {
    let text = vec!["(MIT OR GPL-3.0-only)"; 60].join(" AND ");
    let found = judged(&[&text], &[], Some("MIT"));
    assert_eq!(found.verdict, Verdict::Compatible);
}

#[test]
fn a_flood_of_different_licenses_is_answered() {
    let words =
        |number: usize| format!("LicenseRef-{number} OR MIT AND Apache-2.0 WITH LLVM-exception");
    let mut works: Vec<LicensedWork> = (0..30_000)
        .map(|number| package("./a", &number.to_string(), &words(number)))
        .collect();
    works.push(source("./a", "GPL-2.0-only"));
    let found = judge(&works, None).unwrap();
    assert_eq!(found.verdict, Verdict::Unknown);
}

#[test]
fn names_that_deceive_are_escaped() {
    let mut work = source("./a\u{202e}", "Foo\u{1b}[31m");
    work.part = WorkPart::Package("p\u{7}\n".to_owned());
    let found = judge(&[work], None).unwrap();
    for finding in found.findings {
        assert!(
            !finding.what.chars().any(is_deceptive),
            "{:?}",
            finding.what
        );
        assert!(!finding.fix.unwrap_or_default().chars().any(is_deceptive));
        assert!(!finding.requirements[0].specifier.chars().any(is_deceptive));
    }
}

fn expressions() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "MIT",
        "Apache-2.0",
        "GPL-2.0+",
        "GPL-3.0-only",
        "LicenseRef-x",
        "AND",
        "OR",
        "WITH",
        "(",
        ")",
        "+",
        "/",
        "LLVM-exception",
        "CC0-1.0",
        "BUSL-1.1",
        "MPL-2.0",
        "Foo",
        "DocumentRef-a:LicenseRef-b",
        "NONE",
        "\u{e9}",
        " ",
    ]);
    prop_oneof![
        prop::collection::vec(word, 0..12).prop_map(|words| words.join(" ")),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn any_text_is_judged_and_the_findings_say_the_same(
        sources in prop::collection::vec(expressions(), 0..5),
        packages in prop::collection::vec(expressions(), 0..4),
        outbound in prop::option::of(expressions()),
    ) {
        let mut works: Vec<LicensedWork> = sources.iter().map(|text| source("./a", text)).collect();
        works.extend(packages.iter().map(|text| package("./b", "p", text)));
        if let Ok(found) = judge(&works, outbound.as_deref()) {
            prop_assert_eq!(Dimension::new(found.findings).verdict, found.verdict);
            let is_possible = (found.verdict as u8) <= (Verdict::Conditional as u8);
            prop_assert!(!is_possible || !found.possible_outbound.is_empty());
            for name in found.possible_outbound {
                let again = judge(&works, Some(&name)).unwrap();
                prop_assert!((again.verdict as u8) <= (Verdict::Conditional as u8), "{}", name);
            }
        }
    }

    #[test]
    fn one_more_work_never_makes_it_better(
        sources in prop::collection::vec(expressions(), 1..5),
        outbound in prop::sample::select(vec!["MIT", "GPL-3.0-only", "Apache-2.0 OR MIT"]),
    ) {
        let works: Vec<LicensedWork> = sources.iter().map(|text| source("./a", text)).collect();
        let all = judge(&works, Some(outbound)).unwrap().verdict;
        let fewer = judge(&works[1..], Some(outbound)).unwrap().verdict;
        prop_assert!((fewer as u8) <= (all as u8));
    }
}
