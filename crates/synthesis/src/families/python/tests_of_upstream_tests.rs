//! A small project whose tests came along: places, packages, views, requirements, options and scripts.

use std::collections::BTreeMap;

use synthesizer_model::component::{ClosureFile, Need, Reason};

use super::{
    SourceTestFile, SourceTests, plan,
    sample::{input, needs, path, python_facts, request, source, source_file},
};

fn test_file(place: &str, text: &str, views: &[&str]) -> SourceTestFile {
    let is_python = place.ends_with(".py");
    SourceTestFile {
        file: ClosureFile {
            path: path(place),
            module: is_python.then(|| place.trim_end_matches(".py").replace('/', ".")),
            import_path: place.to_owned(),
            reason: Reason::Tests {
                modules: vec!["pkg.a".to_owned()],
            },
        },
        contents: source_file(text.as_bytes()),
        facts: python_facts(text.as_bytes(), is_python),
        names: BTreeMap::new(),
        views: views.iter().map(|view| (*view).to_owned()).collect(),
        is_cut: false,
        above: BTreeMap::new(),
    }
}

#[test]
fn tests_are_placed_with_their_origin_and_needs() {
    let mut one = source(
        "my-pkg",
        &[("pkg/a.py", "class A: ...\n")],
        &["pkg/__init__.py"],
    );
    one.scripts.insert("run-a".to_owned(), "pkg.a:A".to_owned());
    one.scripts
        .insert("lost".to_owned(), "pkg.gone:main".to_owned());
    let of_a = ("pkg.a".to_owned(), Some("A".to_owned()));
    let view = BTreeMap::from([
        ("A".to_owned(), of_a),
        ("a".to_owned(), ("pkg.a".to_owned(), None)),
    ]);
    one.tests = SourceTests {
        files: vec![
            test_file("tests/conftest.py", "pytest_plugins = ['pytester']\n", &[]),
            test_file("tests/data/x.json", "{}", &[]),
            test_file("tests/test_a.py", "from pkg import A\n", &["pkg"]),
        ],
        views: BTreeMap::from([("pkg".to_owned(), view)]),
        needed: vec![needs("pytest-mock", "pytest-mock>=3", Need::Required)],
        options: vec![(
            "pyproject.toml".to_owned(),
            "[tool.pytest.ini_options]\npython_files = [\"check_*.py\"]\nfilterwarnings = [\"ignore::pkg.a.A\", \"ignore::gone.W\"]\n".to_owned(),
        )],
    };
    let sources = vec![one];
    let request = request(&sources);
    let synthesis = plan(&input(&request, sources)).expect("a plan");
    let text = |place: &str| {
        let file = synthesis
            .files
            .iter()
            .find(|file| file.path.as_str() == place);
        String::from_utf8_lossy(&file.expect(place).contents).into_owned()
    };
    let planned: Vec<(&str, &str)> = synthesis
        .plan
        .files
        .iter()
        .filter(|file| file.path.is_below("tests"))
        .map(|file| (file.path.as_str(), file.origin.as_str()))
        .collect();
    assert_eq!(
        planned,
        [
            ("tests/__init__.py", "generated"),
            ("tests/my_pkg/__init__.py", "generated"),
            ("tests/my_pkg/_packages/__init__.py", "generated"),
            ("tests/my_pkg/_packages/pkg/__init__.py", "generated"),
            ("tests/my_pkg/tests/__init__.py", "generated"),
            ("tests/my_pkg/tests/conftest.py", "my-pkg:tests/conftest.py"),
            ("tests/my_pkg/tests/data/x.json", "my-pkg:tests/data/x.json"),
            ("tests/my_pkg/tests/test_a.py", "my-pkg:tests/test_a.py"),
            ("tests/test_components.py", "generated"),
        ]
    );
    assert_eq!(
        text("tests/my_pkg/tests/test_a.py"),
        "from tests.my_pkg._packages.pkg import A\n"
    );
    let view = text("tests/my_pkg/_packages/pkg/__init__.py");
    assert!(
        view.ends_with("from toolbox.pkg.a import A as A\nfrom toolbox.pkg import a as a\n"),
        "{view}"
    );
    let manifest: toml::Table = toml::from_str(&text("pyproject.toml")).expect("TOML");
    let development = manifest["dependency-groups"]["dev"]
        .as_array()
        .expect("a list");
    assert!(
        development
            .iter()
            .any(|one| one.as_str() == Some("pytest-mock>=3"))
    );
    let options = &manifest["tool"]["pytest"]["ini_options"];
    let list = |name: &str| -> Vec<String> {
        let list = options[name].as_array().expect(name).iter();
        list.map(|one| one.as_str().expect(name).to_owned())
            .collect()
    };
    assert_eq!(list("testpaths"), ["tests", "tests/my_pkg/tests"]);
    assert_eq!(
        list("python_files"),
        ["check_*.py", "test_*.py", "*_test.py"]
    );
    assert_eq!(list("filterwarnings"), ["ignore::toolbox.pkg.a.A"]);
    let scripts = manifest["project"]["scripts"].as_table().expect("scripts");
    assert_eq!(scripts["run-a"].as_str(), Some("toolbox.pkg.a:A"));
    assert_eq!(scripts.len(), 1);
    let kinds: Vec<&str> = synthesis
        .findings
        .iter()
        .map(|one| one.kind.as_str())
        .collect();
    assert!(kinds.contains(&"script-left-out"), "{kinds:?}");
}
