//! Distributions: PEP 440, markers, extras, Pythons.

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::{RepositoryRequirements, RuntimeRequirement},
};

use super::{asks, look, repository};

/// Reads `NAME SPECIFIER ; MARKER`; the first blank ends the name.
fn requirement(text: &str) -> Dependency {
    let (requirement, marker) = match text.split_once(';') {
        Some((requirement, marker)) => (requirement.trim(), Some(marker.trim().to_owned())),
        None => (text, None),
    };
    let (name, specifier) = requirement.split_once(' ').unwrap_or((requirement, ""));
    Dependency {
        marker,
        ..asks(Ecosystem::Python, name, specifier.trim())
    }
}

/// Repositories `a`, `b`, … with a text each: `PYTHON | REQUIREMENT | REQUIREMENT …`.
fn repositories(texts: &[&str]) -> Vec<RepositoryRequirements> {
    texts
        .iter()
        .zip('a'..='z')
        .map(|(text, name)| {
            let mut parts = text.split('|').map(str::trim);
            let python = parts.next().filter(|python| !python.is_empty());
            RepositoryRequirements {
                requires_python: python.map(str::to_owned),
                ..repository(&name.to_string(), parts.map(requirement).collect())
            }
        })
        .collect()
}

fn check(texts: &[&str], expected: &[&str]) {
    assert_eq!(
        look(Ecosystem::Python, &repositories(texts), None),
        expected,
        "{texts:?}"
    );
}

/// Whether two specifiers of one package contradict each other.
fn check_pair(one: &str, other: &str, contradict: bool) {
    let found = look(
        Ecosystem::Python,
        &repositories(&[&format!("| x {one}"), &format!("| x {other}")]),
        None,
    );
    assert_eq!(
        !found.is_empty(),
        contradict,
        "{one} and {other}: {found:?}"
    );
}

#[test]
fn ranges_are_intersected() {
    check(
        &["| Click ==7.0 | six", "| click >=8.1", "| click"],
        &["click: a Click==7.0, b click>=8.1"],
    );
    check(&["| click >=8", "| click <9"], &[]);
    check(
        &["| a_b.c ==1", "| A-B-C ==2"],
        &["a-b-c: a a_b.c==1, b A-B-C==2"],
    );
    check(&["| x >=3,<2"], &["x: a x>=3,<2"]);
    check(&["| x ==1 | x ==2"], &["x: a x==1, a x==2"]);
    // No two contradict each other, all three do.
    check(
        &["| x >=1,<=1.0", "| x !=1.0", "| x ~=1.0"],
        &["x: a x>=1,<=1.0, b x!=1.0"],
    );
    check(
        &["| x ==1.0", "| x ==2.0", "| x >=1", "| x ==1.0.0"],
        &["x: a x==1.0, b x==2.0, d x==1.0.0"],
    );
}

#[test]
fn versions_are_those_of_pep_440() {
    check_pair("==1.0", "==1.0.0", false);
    check_pair("==1.0", "==1.0+cpu", false);
    check_pair("==1.0+gpu", "==1.0+cpu", true);
    check_pair("!=1.0", "==1.0+cpu", true);
    check_pair("<=1.0", "==1.0+cpu", false);
    check_pair("==1.*", "==1.9.1.post4", false);
    check_pair("==1.*", "==2.0.dev1", true);
    check_pair("==1.*", ">=2.0a1", true);
    check_pair("~=2.2", ">=2.9,<3", false);
    check_pair("~=2.2", ">=3.0.dev1", true);
    check_pair("~=2.2.1", "==2.3", true);
    check_pair("<2", "==2.0rc1", true);
    check_pair("<2.0rc2", "==2.0rc1", false);
    check_pair(">1.0", "==1.0.post1", true);
    check_pair(">1.0.post0", "==1.0.post1", false);
    check_pair(">=1.0", "==1.0.post1", false);
    check_pair(">1.0", "==1.0+local", true);
    check_pair("==1!1.0", "==1.0", true);
    check_pair(">=1!0", "<9999", true);
    check_pair("===1.0", "==1.0", false);
    check_pair("===1.0", "==1.1", true);
    check_pair("!=1.*", "==1.5", true);
    check_pair("!=1.*,>=1", "<2", true);
    check_pair("==1.0.post1.*", "==1.0.post1", false);
    check_pair("nonsense", "==1", false);
}

#[test]
fn markers_keep_requirements_apart() {
    check(
        &[
            "| x ==1; sys_platform == 'win32'",
            "| x ==2; sys_platform == 'linux'",
        ],
        &[],
    );
    check(
        &["| x ==1; sys_platform == 'win32'", "| x ==2"],
        &["x where sys_platform == 'win32': a x==1; sys_platform == 'win32', b x==2"],
    );
    check(
        &[
            "| x ==1; python_version < '3.10'",
            "| x ==2; python_version >= '3.9'",
        ],
        &[
            "x where python_full_version < '3.10': a x==1; python_version < '3.10', b x==2; python_version >= '3.9'",
        ],
    );
    check(
        &[
            "| x ==1; python_version < '3.9'",
            "| x ==2; python_version >= '3.9'",
        ],
        &[],
    );
    // Outside of the Pythons that suit all.
    check(&[">=3.10 | x ==1; python_version < '3.9'", "| x ==2"], &[]);
    check(&["<3.13 | x ==1; python_version >= '3.13'", "| x ==2"], &[]);
    check(
        &[">=3.10 | x ==1; python_version >= '3.8'", "| x ==2"],
        &["x: a x==1; python_version >= '3.8', b x==2"],
    );
    // No platform is like that.
    check(
        &[
            "| x ==1; sys_platform == 'win32'",
            "| x ==2; os_name == 'posix'",
        ],
        &[],
    );
    check(
        &[
            "| x ==1; 'linux' in sys_platform",
            "| x ==2; platform_system == 'Windows'",
        ],
        &[],
    );
    check(
        &[
            "| x ==1; 'linux' in sys_platform",
            "| x ==2; platform_system != 'Windows'",
        ],
        &[
            "x where platform_system != 'Windows' and 'linux' in sys_platform: a x==1; 'linux' in sys_platform, b x==2; platform_system != 'Windows'",
        ],
    );
    // Three that contradict each other together.
    check(
        &[
            "| x >=1,<=1.0; os_name == 'nt'",
            "| x !=1.0,!=1.0.0",
            "| x >=0",
        ],
        &["x where os_name == 'nt': a x>=1,<=1.0; os_name == 'nt', b x!=1.0,!=1.0.0"],
    );
    // A marker that is not certain, or that no parser is given.
    for marker in [
        "python_version > 'three'",
        "'x' ~= os_name",
        "python_version == '99999999999999999999'",
        "((((",
    ] {
        check(&[&format!("| x ==1; {marker}"), "| x ==2"], &[]);
    }
}

#[test]
fn two_conflicts_of_one_package_are_told_apart() {
    check(
        &["| x ==1", "| x ==2", "| x ==3; sys_platform == 'darwin'"],
        &[
            "x: a x==1, b x==2",
            "x where sys_platform == 'darwin': a x==1, b x==2, c x==3; sys_platform == 'darwin'",
        ],
    );
}

#[test]
fn an_extra_that_was_asked_for_counts() {
    let of_extra = |marker: &str, group: Option<&str>| Dependency {
        marker: Some(marker.to_owned()),
        group: group.map(str::to_owned),
        ..asks(Ecosystem::Python, "x", "==1")
    };
    let check = |dependency: Dependency, is_conflict: bool| {
        let other = asks(Ecosystem::Python, "x", "==2");
        let both = [
            repository("a", vec![dependency]),
            repository("b", vec![other]),
        ];
        let found = look(Ecosystem::Python, &both, None);
        assert_eq!(!found.is_empty(), is_conflict, "{found:?}");
    };
    check(of_extra("extra == 'fast'", Some("fast")), true);
    check(of_extra("extra == 'fast'", None), false);
    check(of_extra("extra == 'fast'", Some("slow")), false);
    check(
        of_extra("os_name == 'nt' and extra == 'fast'", Some("fast")),
        true,
    );
}

#[test]
fn pythons_without_overlap_are_a_conflict() {
    check(&[">=3.10", "<3.9", ">=3.8"], &["python: a >=3.10, b <3.9"]);
    check(
        &[">=3.10 | x ==1", "<3.9 | x ==2"],
        &["python: a >=3.10, b <3.9", "x: a x==1, b x==2"],
    );
    check(&[">=3.8", "three"], &[]);
    let mut both = repositories(&[">=3.10", "<3.9"]);
    both[1].runtimes.push(RuntimeRequirement {
        runtime: "python".to_owned(),
        specifier: "<3.9".to_owned(),
        manifest: "setup.cfg".to_owned(),
        line: 4,
    });
    let found = synthesizer_resolution::first_look::conflicts(Ecosystem::Python, &both, None);
    let places: Vec<String> = found[0]
        .requirements
        .iter()
        .map(|one| one.place())
        .collect();
    assert_eq!(places, ["", "setup.cfg:4"]);
}

#[test]
fn the_version_asked_for_narrows() {
    let both = repositories(&["| x ==1; python_version < '3.10'", "| x ==2", ">=3.8"]);
    let check = |version: &str, expected: &[&str]| {
        assert_eq!(
            look(Ecosystem::Python, &both, Some(version)),
            expected,
            "{version}"
        );
    };
    check("3.12", &[]);
    check("3.9", &["x: a x==1; python_version < '3.10', b x==2"]);
    check(
        "3.7",
        &[
            "python: c >=3.8, python_version 3.7",
            "x where python_full_version < '3.10': a x==1; python_version < '3.10', b x==2",
        ],
    );
    check(
        "three",
        &["x where python_full_version < '3.10': a x==1; python_version < '3.10', b x==2"],
    );
}

#[test]
fn other_requirements_do_not_count() {
    let mut direct = asks(Ecosystem::Python, "x", "==1");
    direct.url = Some("https://host.example/x".to_owned());
    let check = |dependency: Dependency| {
        let other = asks(Ecosystem::Python, &dependency.name, "==2");
        let both = [
            repository("a", vec![dependency]),
            repository("b", vec![other]),
        ];
        assert_eq!(look(Ecosystem::Python, &both, None), [""; 0]);
    };
    check(direct);
    check(asks(Ecosystem::Cargo, "x", "=1"));
    check(asks(Ecosystem::Python, "no name", "==1"));
    check(asks(Ecosystem::Python, "repo-1-a", "==1"));
}
