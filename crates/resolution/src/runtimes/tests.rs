//! What goes together and what does not, by runtime.

use proptest::prelude::*;
use synthesizer_model::resolution::RuntimeRequirement;

use super::judge;

/// Repositories `./a`, `./b`, … with texts `RUNTIME VERSION`; expects findings as `VERDICT: WHAT` and ranges as `RUNTIME RANGE`.
fn check(all: &[&[&str]], python_version: Option<&str>, findings: &[&str], ranges: &[&str]) {
    let repositories: Vec<(String, Vec<RuntimeRequirement>)> = all
        .iter()
        .zip('a'..='z')
        .map(|(texts, repository)| {
            let requirements = texts.iter().map(|text| requirement(text));
            (format!("./{repository}"), requirements.collect())
        })
        .collect();
    let judgement = judge(&repositories, python_version);
    let found: Vec<String> = judgement
        .findings
        .iter()
        .map(|finding| format!("{}: {}", finding.verdict, finding.what))
        .collect();
    assert_eq!(found, findings);
    let found: Vec<String> = judgement
        .ranges
        .iter()
        .map(|(runtime, range)| format!("{runtime} {range}"))
        .collect();
    assert_eq!(found, ranges);
}

fn requirement(text: &str) -> RuntimeRequirement {
    let (runtime, specifier) = text.split_once(' ').expect("a runtime and a version");
    RuntimeRequirement {
        runtime: runtime.to_owned(),
        specifier: specifier.to_owned(),
        manifest: "manifest".to_owned(),
        line: 2,
    }
}

#[test]
fn pythons_need_a_version_in_common() {
    check(
        &[&["python >=3.9"], &["python <4"], &[]],
        None,
        &[],
        &["python >=3.9,<4"],
    );
    check(
        &[&["python >=3.10"], &["python <3.9"], &["python >=3.8"]],
        None,
        &[
            "incompatible: ./a needs Python >=3.10 and ./b needs Python <3.9: no version of Python suits all",
        ],
        &[],
    );
    check(
        &[&["python >=3.10"], &["python >=3.8"]],
        Some("3.9"),
        &[
            "incompatible: ./a needs Python >=3.10, and Python 3.9 was asked for: no version of Python suits all",
        ],
        &[],
    );
    check(
        &[&["python >=3.8"]],
        Some("3.12"),
        &[],
        &["python >=3.12,<3.13"],
    );
    check(
        &[&["python three"], &["python >=3.8"]],
        Some("new"),
        &[
            "unknown: ./a asks for Python `three`, which cannot be read",
            "unknown: the Python version asked for, `new`, cannot be read",
        ],
        &["python >=3.8"],
    );
}

#[test]
fn the_largest_level_suits_all() {
    check(
        &[
            &["rust 1.70", "edition 2021"],
            &["rust 1.81.1", "edition 2018"],
        ],
        None,
        &[],
        &["edition 2018, 2021", "rust >=1.81.1"],
    );
    check(
        &[&["rust 1.70", "edition 2024"]],
        None,
        &[],
        &["edition 2024", "rust >=1.85"],
    );
    check(
        &[&["go 1.21"], &["go 1.9"], &["go 1.23rc1"]],
        None,
        &[],
        &["go >=1.23rc1"],
    );
    check(
        &[&["java 1.8"], &["java 17"], &["java 11"]],
        None,
        &[],
        &["java >=17"],
    );
    check(
        &[&["java ${release}"], &["rust new"], &["edition 1999"]],
        None,
        &[
            "unknown: ./b asks for Rust `new`, which cannot be read",
            "unknown: ./c asks for the Rust edition `1999`, which cannot be read",
            "unknown: ./a asks for Java `${release}`, which cannot be read",
        ],
        &[],
    );
}

#[test]
fn a_pinned_toolchain_can_be_too_old() {
    check(
        &[&["rust-toolchain 1.70.0"], &["rust 1.80"]],
        None,
        &["conditional: ./a pins the Rust toolchain 1.70.0, and ./b needs Rust 1.80 or later"],
        &["rust >=1.80"],
    );
    check(
        &[&["rust-toolchain 1.80"], &["rust 1.80.1"]],
        None,
        &[],
        &["rust >=1.80.1"],
    );
    check(
        &[&["rust-toolchain stable", "rust 1.80"]],
        None,
        &[],
        &["rust >=1.80"],
    );
    check(
        &[
            &["rust-toolchain nightly-2026-01-01"],
            &["rust-toolchain 1.90.0"],
        ],
        None,
        &[
            "conditional: ./a pins the Rust toolchain nightly-2026-01-01: its code may need what no release has",
        ],
        &[],
    );
}

#[test]
fn engines_advise() {
    check(
        &[&["node >=18"], &["node ^20 || >=22", "npm >=9"]],
        None,
        &[],
        &["node >=20.0.0 <21.0.0 || >=22.0.0", "npm >=9.0.0"],
    );
    check(
        &[&["node 14.x"], &["node >=18"], &["node *"]],
        None,
        &[
            "conditional: ./a needs node 14.x and ./b needs node >=18: no version of node is in all of these ranges, which npm only warns about",
        ],
        &[],
    );
    check(
        &[&["node lts/*"], &["type module"]],
        None,
        &["unknown: ./a asks for node `lts/*`, which cannot be read"],
        &[],
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_ends_well(
        runtime in "(python|rust|edition|rust-toolchain|go|java|node|npm)",
        one in "[0-9.*x<>=~^| \\-a-cé]{0,30}",
        other in ".{0,30}",
    ) {
        let ask = |text: &str| vec![RuntimeRequirement { specifier: text.to_owned(), ..requirement(&format!("{runtime} 1")) }];
        drop(judge(&[("a".to_owned(), ask(&one)), (other.clone(), ask(&other))], Some(&one)));
    }
}
