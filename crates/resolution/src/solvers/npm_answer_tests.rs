//! Tests of reading npm's refusals. Reports are shortened from what npm 11 says.

use super::*;

fn shown(way: &Way) -> String {
    let steps = way.iter().map(|edge| {
        let asker = match &edge.asker {
            Some((name, version)) => format!("{name} {version}"),
            None => "the root".to_owned(),
        };
        format!("{} {} {} of {asker}", edge.kind, edge.package, edge.range)
    });
    steps.collect::<Vec<_>>().join(" <-")
}

fn summary(stdout: &str, stderr: &str, offline: bool) -> String {
    match read(stdout, stderr, offline) {
        Refusal::Clash(clash) => {
            let found: Vec<String> = clash.found_for.iter().map(shown).collect();
            format!(
                "{:?} for{} | failing{}",
                clash.found,
                found.join(" and"),
                shown(&clash.failing)
            )
        }
        Refusal::Lack(package, range) => format!("no {package} {range:?}"),
        Refusal::Unknown(reason) => format!("unknown: {reason}"),
        Refusal::Cache(failure) => format!("cache: {}", failure.message),
        Refusal::Failed(failure) => format!("{} {}", failure.code.as_str(), failure.message),
    }
}

fn answer(code: &str, summary: &str, detail: &str) -> String {
    serde_json::json!({"error": {"code": code, "summary": summary, "detail": detail}}).to_string()
}

fn check(stdout: &str, expected: &str) {
    assert_eq!(summary(stdout, "", false), expected);
}

const PEERS: &str = "While resolving: repo-2-b@0.0.0\nFound: react@17.0.2\nnode_modules/react\n  peer react@\"^17\" from repo-1-a@0.0.0\n  repo-1-a\n    repo-1-a@0.0.0\n    node_modules/repo-1-a\n      workspace repo-1-a from the root project\n  react@\">=16\" from the root project\n\nCould not resolve dependency:\npeer react@\"^18\" from repo-2-b@0.0.0\nrepo-2-b\n  repo-2-b@0.0.0\n\nConflicting peer dependency: react@18.3.1\nnode_modules/react\n  peer react@\"^18\" from repo-2-b@0.0.0\n";

const DEEP: &str = "While resolving: repo-1-a@0.0.0\nFound: react@18.2.0\nnode_modules/react\n  react@\"18.2.0\" from repo-1-a@0.0.0\n  repo-1-a\n  peer react@\">=16.3.0\" from reactstrap@8.9.0\n  node_modules/reactstrap\n    reactstrap@\"8.9.0\" from repo-1-a@0.0.0\n    repo-1-a\n\nCould not resolve dependency:\npeer react@\"^19.3.1\" from react-dom@19.3.1\nnode_modules/react-dom\n  peer react-dom@\">=16.3.0\" from reactstrap@8.9.0\n  node_modules/reactstrap\n    reactstrap@\"8.9.0\" from repo-1-a@0.0.0\n    repo-1-a\n\nFix the upstream dependency conflict\n";

#[test]
fn contradictions_are_read_with_their_ways() {
    check(
        &answer("ERESOLVE", "could not resolve", PEERS),
        "Some((\"react\", \"17.0.2\")) forpeer react ^17 of repo-1-a 0.0.0 and react >=16 of the root | failingpeer react ^18 of repo-2-b 0.0.0",
    );
    check(
        &answer("ERESOLVE", "unable to resolve dependency tree", DEEP),
        "Some((\"react\", \"18.2.0\")) for react 18.2.0 of repo-1-a 0.0.0 andpeer react >=16.3.0 of reactstrap 8.9.0 <- reactstrap 8.9.0 of repo-1-a 0.0.0 | failingpeer react ^19.3.1 of react-dom 19.3.1 <-peer react-dom >=16.3.0 of reactstrap 8.9.0 <- reactstrap 8.9.0 of repo-1-a 0.0.0",
    );
    let lines: String = PEERS
        .lines()
        .map(|line| format!("npm error {line}\n"))
        .collect();
    assert_eq!(
        summary("", &format!("npm error code ERESOLVE\n{lines}"), false),
        summary(&answer("ERESOLVE", "", PEERS), "", false)
    );
    check(
        &answer("ERESOLVE", "", "nonsense"),
        "unknown: npm found no set, and its report cannot be read",
    );
}

#[test]
fn what_is_not_to_be_had_is_told_apart() {
    check(
        &answer("ETARGET", "No matching version found for @scope/x@^99.", ""),
        "no @scope/x Some(\"^99\")",
    );
    check(
        &answer(
            "ETARGET",
            "No matching version found for x@1.0.0 with a date before 1/1/2020, 0:00:00 AM.",
            "",
        ),
        "no x Some(\"1.0.0\")",
    );
    check(
        &answer(
            "E404",
            "Not Found - GET https://host.example/gone",
            "The requested resource 'gone@1' could not be found or you do not have permission to access it.",
        ),
        "no gone None",
    );
    let offline = summary(
        &answer("ETARGET", "No matching version found for x@^99.", ""),
        "",
        true,
    );
    assert_eq!(
        offline,
        "unknown: the network is switched off and the cache does not have the versions of x that are needed"
    );
}

#[test]
fn what_cannot_be_told_is_unknown() {
    let check = |code: &str, expected: &str| {
        let told = summary(&answer(code, "why", ""), "", false);
        assert_eq!(told, format!("unknown: {expected}"));
    };
    check(
        "ENOTCACHED",
        "the network is switched off and the cache does not have what is needed",
    );
    check(
        "EBADPLATFORM",
        "npm refuses a package that is for another platform than this one: why",
    );
    check(
        "EALLOWGIT",
        "a package asks for something that does not come from a registry, which is not fetched: why",
    );
}

#[test]
fn failures_name_neither_addresses_nor_paths() {
    check(
        &answer(
            "ECONNREFUSED",
            "FetchError: request to http://user:word@127.0.0.1:9/react failed, reason: connect",
            "",
        ),
        "E_UPSTREAM npm could not reach the package registry: ECONNREFUSED",
    );
    check(
        &answer("E503", "busy", ""),
        "E_UPSTREAM npm could not reach the package registry: E503",
    );
    check(
        &answer("E401", "no", ""),
        "E_AUTH the package registry refuses the credentials of npm",
    );
    check(
        &answer("EACCES", "permission denied, mkdir '/home/me/.npm'", ""),
        "cache: npm cannot write its cache: permission denied, mkdir '[path]'",
    );
    check(
        &answer("EODD", "odd\u{7}", ""),
        "E_INTERNAL npm could not lock: EODD: odd\\u{7}",
    );
    check("", "E_INTERNAL npm ended without an answer");
    check(
        "{\"error\": {\"summary\": \"accept field must be a string\", \"detail\": \"\"}}",
        "E_INTERNAL npm could not lock: accept field must be a string",
    );
    check("{\"error\": 3}", "E_INTERNAL npm ended without an answer");
}

#[test]
fn absurd_reports_are_read_within_bounds() {
    let mut report = "Found: x\n".to_owned();
    for depth in 0..3_000 {
        report.push_str(&" ".repeat(depth % 90 + 1));
        report.push_str("x@\"1\" from x@1\n");
    }
    report.push_str("\nCould not resolve dependency:\n");
    for depth in 0..90 {
        report.push_str(&" ".repeat(depth));
        report.push_str("x@\"1\" from x@1\n");
    }
    let Refusal::Clash(clash) = read(&answer("ERESOLVE", "", &report), "", false) else {
        panic!("a clash");
    };
    assert_eq!(
        (clash.failing.len(), clash.found_for.len()),
        (LONGEST_WAY, 34)
    );
    for line in [
        "@\"",
        "x@\"1",
        "x@\"1\" from é",
        " @\"\" from @",
        "x@\"1\" from ",
    ] {
        assert_eq!(edge(line), None, "{line}");
    }
}

/// What npm said about sets of real packages, kept beside the list of them.
#[test]
fn what_npm_said_about_real_sets_is_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_sets/said");
    let said =
        |name: &str| std::fs::read_to_string(format!("{folder}/{name}.txt")).expect("a file");
    let check = |name: &str, expected: &str| {
        let told = summary("", &said(name), false);
        assert!(told.ends_with(expected), "{name}: {told}");
    };
    check(
        "npm-greedy-react-dom",
        "failingpeer react ^19.3.1 of react-dom 19.3.1 <-peer react-dom >=16.8 of repo-2-react-router-dom 0.0.0",
    );
    check(
        "npm-vue-peer-transitive",
        "forpeer vue ^2.0.0 of vuex 3.6.2 <-peer vuex ^3.0.0 of repo-1-vuex-router-sync 0.0.0 | failingpeer vue ^3.0.0 of repo-2-vue-i18n 0.0.0",
    );
    check(
        "case-npm-optional-peer",
        "failingpeerOptional react ^17 of repo-1-case 0.0.0",
    );
    check("case-npm-offline", "the cache does not have what is needed");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy().trim_end_matches(".txt").to_owned();
        if name.starts_with("npm-") {
            let refusal = read("", &said(&name), false);
            assert!(matches!(refusal, Refusal::Clash(_)), "{name}: {refusal:?}");
        }
    }
}
