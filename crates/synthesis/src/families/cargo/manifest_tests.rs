//! Tests of normalised manifests.

use super::*;

const WORKSPACE: &str = r#"
[workspace]
members = ["a", "b", "c"]
[workspace.package]
version = "1.2.3"
edition = "2021"
readme = "README.md"
[workspace.dependencies]
b = { path = "b", version = "1", default-features = false }
c = { path = "c" }
log = { version = "0.4", features = ["std"] }
[workspace.lints.rust]
unused = "deny"
"#;

fn normalised(text: &str, part: Option<&[&str]>) -> Normalised {
    let files = BTreeSet::from(["src/lib.rs", "tests/t.rs", "README.md"]);
    let placed = BTreeMap::from([
        (
            "a",
            PlacedPackage {
                folder: "crates/a".to_owned(),
                new_name: None,
            },
        ),
        (
            "b",
            PlacedPackage {
                folder: "crates/x/b".to_owned(),
                new_name: None,
            },
        ),
    ]);
    let names: Option<BTreeSet<String>> =
        part.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let words = BTreeSet::from(["b", "log", "trybuild"]);
    normalise(&ManifestInput {
        text,
        path: "a/Cargo.toml",
        folder: "a",
        workspace: Some((WORKSPACE, "")),
        new_folder: "crates/a",
        new_name: part.is_some().then_some("a-part"),
        files: &files,
        placed: &placed,
        library: Some("aa"),
        part: names.as_ref(),
        words: &words,
    })
}

fn check(text: &str, part: Option<&[&str]>, expected: &str, findings: &[&str]) {
    let normalised = normalised(text, part);
    assert_eq!(normalised.text, expected);
    let found: Vec<String> = normalised
        .findings
        .iter()
        .map(|finding| {
            format!(
                "{:?} {} {}",
                finding.severity,
                finding.kind,
                finding.line.unwrap_or(0)
            )
        })
        .collect();
    assert_eq!(found, findings, "{:#?}", normalised.findings);
}

#[test]
fn what_the_workspace_gives_is_filled_in() {
    check(
        r#"# A comment.
[package]
name = "a" # its name
version.workspace = true
edition = { workspace = true }
readme.workspace = true
workspace = ".."
include = ["src"]

[lints]
workspace = true

[dependencies]
b = { workspace = true, features = ["x"] } # the neighbour
log = { workspace = true, features = ["kv", "std"], optional = true }
serde = "1"
"#,
        None,
        r#"# A comment.
[package]
name = "a" # its name
version = "1.2.3"
edition = "2021"
readme = "README.md"
autoexamples = false
autobenches = false
publish = false

[lints.rust]
unused = "warn"

[dependencies]
b = { path = "../x/b", version = "1", default-features = false, features = ["x"] } # the neighbour
log = { version = "0.4", features = ["std", "kv"], optional = true }
serde = "1"
"#,
        &["Info lints-softened 10"],
    );
}

#[test]
fn comments_stay_around_dotted_keys() {
    check(
        "[package]\nname = \"a\"\n\n# Which one.\nversion.workspace = true # of all\n\n[dependencies]\n# The neighbour.\nb.workspace = true # near\n\n# Tells.\nlog = { workspace = true }\n",
        None,
        "[package]\nname = \"a\"\n\n# Which one.\nversion = \"1.2.3\" # of all\nautoexamples = false\nautobenches = false\npublish = false\n\n[dependencies]\n# The neighbour.\nb = { path = \"../x/b\", version = \"1\", default-features = false } # near\n\n# Tells.\nlog = { version = \"0.4\", features = [\"std\"] }\n",
        &[],
    );
}

#[test]
fn what_counts_elsewhere_is_left_out() {
    check(
        r#"[package]
name = "a"
version = "1.0.0"
publish = ["corp"]

[patch.crates-io]
x = { path = "../../../x" }

[profile.release]
lto = true

[[bench]]
name = "speed"

[[test]]
name = "t"

[[test]]
name = "gone"

[dev-dependencies]
trybuild = "1"
criterion = "0.5"
"#,
        None,
        r#"[package]
name = "a"
version = "1.0.0"
autoexamples = false
autobenches = false
publish = false

[[test]]
name = "t"

[dev-dependencies]
trybuild = "1"
"#,
        &[
            "Warning settings-not-taken 6",
            "Info settings-not-taken 9",
            "Info settings-not-taken 12",
            "Info settings-not-taken 15",
            "Info dependencies-left-out 21",
        ],
    );
}

#[test]
fn what_chooses_a_place_is_refused() {
    let check = |dependency: &str, expected: &[&str]| {
        let text =
            format!("[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\n{dependency}\n");
        let found: Vec<String> = normalised(&text, None)
            .findings
            .iter()
            .map(|finding| {
                format!(
                    "{:?} {} {}",
                    finding.severity,
                    finding.kind,
                    finding.line.unwrap_or(0)
                )
            })
            .collect();
        assert_eq!(found, expected, "{dependency}");
    };
    check("b = { path = \"../b\" }", &[]);
    check(
        "x = { path = \"../../../x\" }",
        &["Error path-dependency 5"],
    );
    check(
        "x = { path = \"/etc\", version = \"1\" }",
        &["Warning path-dependency 5"],
    );
    check(
        "x = { git = \"https://git.example/x\", version = \"1\" }",
        &["Error git-dependency 5"],
    );
    check(
        "x = { version = \"1\", registry-index = \"https://git.example\" }",
        &["Error registry-address 5"],
    );
    check(
        "x = { version = \"1\", registry = \"corp\" }",
        &["Warning other-registry 5"],
    );
    check("c = { workspace = true }", &["Error path-dependency 5"]);
    check("y = { workspace = true }", &["Error not-inherited 5"]);
    check("y = 1", &["Error manifest-unreadable 5"]);
}

#[test]
fn a_part_has_only_the_dependencies_that_it_names() {
    check(
        r#"[package]
name = "a"
version = "1.0.0"
default-run = "tool"

[lib]
name = "aa"
path = "src/lib.rs"

[[bin]]
name = "tool"

[features]
default = ["std", "dep:log", "rand/std"]
std = []

[dependencies]
log = { version = "0.4", optional = true }
rand = "0.8"
"#,
        Some(&["log"]),
        r#"[package]
name = "a-part"
version = "1.0.0"
autoexamples = false
autobenches = false
autobins = false
autotests = false
publish = false

[lib]
name = "aa"
path = "src/lib.rs"

[features]
default = ["std", "dep:log"]
std = []

[dependencies]
log = { version = "0.4", optional = true }
"#,
        &["Info dependencies-left-out 17"],
    );
}

#[test]
fn any_text_gives_an_answer() {
    for text in [
        "",
        "[",
        "[package]",
        "package = 1",
        "[package]\nname = 1\n[dependencies]\nx = []",
        "[dependencies]\na = { b = { c = {} } }",
    ] {
        let _ = normalised(text, None);
    }
}
