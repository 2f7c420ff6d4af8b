//! Tests of reading cargo's refusals. Texts are shortened from what cargo 1.95 says; the registry's name is left out.

use super::*;

fn shown(way: &Way) -> String {
    let mut shown = format!("{} {}", way.package.name, way.package.version);
    for (key, versions, asker) in &way.askers {
        shown.push_str(&format!(
            " <- {key} {versions} of {} {}",
            asker.name, asker.version
        ));
    }
    shown
}

fn summary(stderr: &str, offline: bool) -> String {
    match read(stderr, offline) {
        Refusal::Clash(clash) => {
            let reasons: Vec<String> = clash
                .reasons
                .iter()
                .map(|reason| match reason {
                    Reason::Links(library, way) => format!("links {library}: {}", shown(way)),
                    Reason::Feature(feature) => format!("no feature {feature}"),
                    Reason::Selected(way) => format!("selected: {}", shown(way)),
                })
                .collect();
            format!(
                "{} {} by {} | {}",
                clash.package,
                clash.versions,
                shown(&clash.asker),
                reasons.join(" | ")
            )
        }
        Refusal::Lack(lack) => format!(
            "no {} {:?}{} by {}",
            lack.package,
            lack.versions,
            if lack.yanked { " (yanked)" } else { "" },
            shown(&lack.asker)
        ),
        Refusal::Unknown(reason) => format!("unknown: {reason}"),
        Refusal::Failed(failure) => format!("{} {}", failure.code.as_str(), failure.message),
    }
}

fn check(stderr: &str, expected: &str) {
    assert_eq!(summary(stderr, false), expected);
}

const PINS: &str = "    Updating the index\nerror: failed to select a version for `serde`.\n    ... required by package `repo-2-b v0.0.0 (/x/repo-2-b)`\n\
versions that meet the requirements `=1.0.200` are: 1.0.200\n\nall possible versions conflict with previously selected packages.\n\n\
  previously selected package `serde v1.0.100`\n    ... which satisfies dependency `serde--2 = \"=1.0.100\"` of package `repo-1-a v0.0.0 (/x/repo-1-a)`\n\n\
failed to select a version for `serde` which could resolve this conflict\n";

const LINKS: &str = "error: failed to select a version for `libsqlite3-sys`.\n    ... required by package `rusqlite v0.28.0`\n\
\u{20}   ... which satisfies dependency `rusqlite = \"^0.28\"` of package `repo-1-a v0.0.0 (/x/repo-1-a)`\n\
versions that meet the requirements `^0.25.0` are: 0.25.2, 0.25.1, 0.25.0\n\n\
package `libsqlite3-sys` links to the native library `sqlite3`, but it conflicts with a previous package which links to `sqlite3` as well:\n\
package `libsqlite3-sys v0.28.0`\n    ... which satisfies dependency `libsqlite3-sys = \"^0.28\"` of package `repo-2-b v0.0.0 (/x/repo-2-b)`\n\
Only one package in the dependency graph may specify the same links value.\n\nfailed to select a version for `libsqlite3-sys` which could resolve this conflict\n";

#[test]
fn contradictions_are_read_with_their_ways() {
    check(
        PINS,
        "serde =1.0.200 by repo-2-b 0.0.0 | selected: serde 1.0.100 <- serde--2 =1.0.100 of repo-1-a 0.0.0",
    );
    check(
        LINKS,
        "libsqlite3-sys ^0.25.0 by rusqlite 0.28.0 <- rusqlite ^0.28 of repo-1-a 0.0.0 | links sqlite3: libsqlite3-sys 0.28.0 <- libsqlite3-sys ^0.28 of repo-2-b 0.0.0",
    );
    check(
        "error: failed to select a version for `serde`.\n    ... required by package `repo-1-a v0.0.0 (/x)`\nversions that meet the requirements `^1` are: 1.0.2, 1.0.1\n\npackage `repo-1-a` depends on `serde` with feature `nope` but `serde` does not have that feature.\n available features: alloc\n\n\nfailed to select a version for `serde` which could resolve this conflict\n",
        "serde ^1 by repo-1-a 0.0.0 | no feature nope",
    );
}

#[test]
fn what_is_not_to_be_had_is_told_apart() {
    check(
        "error: failed to select a version for the requirement `serde = \"^99\"`\ncandidate versions found which didn't match: 1.0.2, ...\nlocation searched: the index\nrequired by package `x v1.2.3`\n    ... which satisfies dependency `x = \"^1\"` of package `repo-1-a v0.0.0 (/x)`\nif you are looking for the prerelease package it needs to be specified explicitly\n",
        "no serde Some(\"^99\") by x 1.2.3 <- x ^1 of repo-1-a 0.0.0",
    );
    check(
        "error: failed to select a version for the requirement `futures-util = \"=0.3.29\"`\n  version 0.3.29 is yanked\nlocation searched: the index\nrequired by package `repo-1-a v0.0.0 (/x)`\n",
        "no futures-util Some(\"=0.3.29\") (yanked) by repo-1-a 0.0.0",
    );
    check(
        "error: no matching package named `gone` found\nlocation searched: the index\nrequired by package `repo-1-a v0.0.0 (/x)`\n",
        "no gone None by repo-1-a 0.0.0",
    );
    check(
        "error: no matching package found\nsearched package name: `serde-json`\nperhaps you meant:      serde_json\nlocation searched: the index\nrequired by package `repo-1-a v0.0.0 (/x)`\n",
        "no serde-json None by repo-1-a 0.0.0",
    );
    check(
        "error: failed to select a version for the requirement `x = \"^1\"`\n  version 1.0.0 requires a Cargo version that supports `edition2030`\nlocation searched: the index\nrequired by package `repo-1-a v0.0.0 (/x)`\n",
        "unknown: versions of x need a newer cargo, or their entries cannot be read",
    );
}

#[test]
fn offline_no_answer_is_no() {
    let off = "the network is switched off and the cache does not have";
    let check = |stderr: &str, offline: bool, expected: &str| {
        assert_eq!(
            summary(stderr, offline),
            format!("unknown: {off} {expected}")
        );
    };
    check(PINS, true, "the versions that are needed");
    check(
        "error: no matching package named `gone` found\nlocation searched: the index\nrequired by package `repo-1-a v0.0.0 (/x)`\nAs a reminder, you're using offline mode (--offline) which can sometimes cause surprising resolution failures.\n",
        false,
        "the versions of gone that are needed",
    );
    check(
        "error: failed to get `serde` as a dependency of package `repo-1-a v0.0.0 (/x)`\n\nCaused by:\n  attempting to make an HTTP request, but --offline was specified\n",
        true,
        "what is needed",
    );
}

#[test]
fn failures_name_neither_addresses_nor_paths() {
    check(
        "error: failed to get `serde` as a dependency of package `repo-1-a v0.0.0 (/x/repo-1-a)`\n\nCaused by:\n  download of config.json failed\n\nCaused by:\n  failed to download from `https://user:word@host.example/config.json`\n\nCaused by:\n  [7] Could not connect to server (Failed to connect to host)\n",
        "E_UPSTREAM cargo could not reach the package registry: [7] Could not connect to server",
    );
    check(
        "error: failed to get `x`\n\nCaused by:\n  failed to get successful HTTP response from `https://host.example/x` (1.2.3.4), got 403\n",
        "E_AUTH the package registry refuses the credentials of cargo",
    );
    check(
        "error: could not execute process `rustc -vV` (never executed)\n\nCaused by:\n  No such file or directory (os error 2)\n",
        "E_TOOL_MISSING cargo cannot start rustc, which it asks for its version",
    );
    check(
        "error: rustup could not choose a version of cargo to run\n",
        "E_TOOL_MISSING cargo cannot be started: rustup could not choose a version of cargo to run",
    );
    check(
        "error: could not load Cargo configuration\n\nCaused by:\n  could not parse TOML configuration in `/home/me/.cargo/config.toml`\n",
        "E_CONFIG cargo refuses its configuration: could not load Cargo configuration; could not parse TOML configuration in `[path]`",
    );
    check("", "E_INTERNAL cargo could not lock: ");
}

#[test]
fn absurd_texts_are_read_within_bounds() {
    for text in [
        "error: failed to select a version for `",
        "error: failed to select a version for `x`.",
        "error: failed to select a version for the requirement ``\nrequired by package `x`",
        "error: no matching package named `é` found\nrequired by package `é v`",
    ] {
        let _ = summary(text, false);
    }
    let mut long =
        "error: failed to select a version for `x`.\n    ... required by package `a v1`\n"
            .to_owned();
    long.push_str(
        &"    ... which satisfies dependency `a = \"^1\"` of package `a v1`\n".repeat(5_000),
    );
    let Refusal::Clash(clash) = read(&long, false) else {
        panic!("a clash");
    };
    assert_eq!(clash.asker.askers.len(), LONGEST_WAY);
}

#[test]
fn packages_that_need_a_newer_rust_are_listed() {
    let text = "     Locking 55 packages to latest Rust 1.60 compatible versions\n      Adding backtrace v0.3.69 (available: v0.3.77, requires Rust 1.88.0)\n      Adding clap v4.6.9 (requires Rust 1.85)\n";
    assert_eq!(needing_newer_rust(text), ["clap 4.6.9 needs Rust 1.85"]);
}

/// What cargo said about sets of real packages, kept beside the list of them.
#[test]
fn what_cargo_said_about_real_sets_is_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_sets/said");
    let said =
        |name: &str| std::fs::read_to_string(format!("{folder}/{name}.txt")).expect("a file");
    check(
        &said("cargo-git2-links"),
        "libgit2-sys ^0.17.0 by repo-2-git2 0.0.0 | links git2: libgit2-sys 0.16.2+1.7.2 <- libgit2-sys ^0.16.2 of repo-1-git2 0.0.0",
    );
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy().trim_end_matches(".txt").to_owned();
        let refusal = || read(&said(&name), false);
        if name.starts_with("cargo-") {
            let Refusal::Clash(clash) = refusal() else {
                panic!("{name}: {:?}", refusal());
            };
            assert!(!clash.reasons.is_empty(), "{name}");
        }
    }
}
