//! Tests of the page: it stays narrow, the worst comes first, what to paste can be pasted.

use serde_json::{Value, json};
use synthesizer_model::dependency::Ecosystem;

use super::*;

fn pair(first: &str, second: &str, verdict: Verdict, because_of: &[&str]) -> PairVerdict {
    PairVerdict {
        repositories: [first.to_owned(), second.to_owned()],
        verdict,
        because_of: because_of.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn found(pairs: Vec<PairVerdict>) -> Compatibility {
    let none = || Dimension::new(Vec::new());
    Compatibility {
        verdict: Verdict::Compatible,
        code: None,
        repositories_checked: 2,
        dimensions: synthesizer_model::compatibility::Dimensions {
            dependencies: none(),
            runtime: none(),
            licenses: none(),
            names: none(),
        },
        pairs,
        possible_outbound_licenses: Vec::new(),
        resolutions: Vec::new(),
        explanation: String::new(),
        diagram: None,
        warnings: Vec::new(),
    }
}

fn page(compatibility: Compatibility) -> String {
    let text = render(&CompatAnswer {
        compatibility,
        correlation_id: String::new(),
    });
    anstream::adapter::strip_str(&text).to_string()
}

/// All pairs of so many repositories.
fn all_pairs(count: usize, verdict: Verdict, because_of: &[&str]) -> Vec<PairVerdict> {
    let names: Vec<String> = (0..count).map(|at| format!("pypi:package-{at}")).collect();
    let mut pairs = Vec::new();
    for (at, first) in names.iter().enumerate() {
        for second in &names[at + 1..] {
            pairs.push(pair(first, second, verdict, because_of));
        }
    }
    pairs
}

#[test]
fn the_table_of_pairs_is_as_wide_as_a_terminal_at_most() {
    let all = ["dependencies", "runtime", "licenses", "names"];
    for count in 2..=12 {
        let text = page(found(all_pairs(count, Verdict::Incompatible, &all)));
        for line in text.lines() {
            let width = line.trim_end().chars().count();
            assert!(width <= WIDEST, "{count}: {width} in {line:?}");
        }
        assert_eq!(text.contains("Pairs that"), count > 6, "{text}");
    }
    assert!(page(found(all_pairs(3, Verdict::Compatible, &[]))).contains("ok"));
}

#[test]
fn where_there_is_no_table_the_worst_pairs_come_first() {
    let mut pairs = all_pairs(12, Verdict::Conditional, &["names"]);
    pairs.push(pair(
        "./last",
        "./worst",
        Verdict::Incompatible,
        &["licenses"],
    ));
    let text = page(found(pairs));
    let row = text
        .lines()
        .find(|line| line.contains(" if N") || line.contains(" no L"))
        .expect("a row");
    assert!(row.contains("./worst"), "{text}");
    assert!(text.contains("and 47 more"), "{text}");
}

#[test]
fn changes_of_one_option_stand_together_and_can_be_pasted() {
    let change = |option: u32, constraint: &str| -> Value {
        json!({
            "option": option, "repository": "./a", "requirement": "x", "becomes": "y", "manifest": "setup.py", "line": 1,
            "what": format!("change {constraint}"), "constraint": constraint,
        })
    };
    let mut resolution = Resolution::unanswered(Ecosystem::Python, "uv 1");
    resolution.relaxations = serde_json::from_value(json!([
        change(1, "./a :: x; os_name == 'nt'"),
        change(2, "./a :: y"),
        change(2, "./b :: y"),
    ]))
    .expect("relaxations");
    let mut compatibility = found(Vec::new());
    compatibility.resolutions = vec![resolution];
    let text = page(compatibility);
    let expected = r"- option 1: change ./a :: x; os_name == 'nt'
    --constraint './a :: x; os_name == '\''nt'\'''
- option 2: change ./a :: y
    --constraint './a :: y'
   and: change ./b :: y
    --constraint './b :: y'
";
    assert!(text.contains(expected), "{text}");
}
