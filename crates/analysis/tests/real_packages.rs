//! The closure rules on published packages: how many files a component brings, and why.

use std::{fs, path::Path};

use synthesizer_analysis::{
    closure::Taker,
    memory_tree::MemoryTree,
    needed::{self, Provided},
    repository::{self, ReadSource},
};
use synthesizer_model::{
    component::{Closure, Need, Reason},
    progress::Unwatched,
    tree::Origin,
};
use synthesizer_testkit::published::fetch_source;

struct Package {
    tree: MemoryTree,
    read: ReadSource,
}

impl Package {
    fn fetch(name: &str, version: &str) -> Self {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = fetch_source(name, version, scratch.path());
        let mut files = Vec::new();
        collect(&folder, "", &mut files);
        let origin = Origin {
            slug: name.to_owned(),
            url: format!("pypi:{name}@{version}"),
            revision: "test".to_owned(),
            version: Some(version.to_owned()),
            platform: "pypi".to_owned(),
        };
        let tree = MemoryTree::new(origin, files);
        let read = repository::read(&tree, &Unwatched).expect("not cancelled");
        Self { tree, read }
    }

    fn take(&self, component: &str) -> Closure {
        let taker = Taker::new(&self.tree, &self.read.python);
        let selection = taker.select(component).expect("the component exists");
        taker.take(&[selection])
    }

    fn needs(&self, closure: &Closure) -> Vec<(String, Need, bool)> {
        let declared = &self.read.declared();
        let matched =
            needed::match_distributions(&closure.external_imports, declared, &Provided::default());
        matched
            .distributions
            .into_iter()
            .map(|needed| (needed.name, needed.need, needed.declared))
            .collect()
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let entry = entry.expect("readable");
        let name = entry.file_name().into_string().expect("UTF-8");
        let path = format!("{prefix}{name}");
        if entry.file_type().expect("known").is_dir() {
            collect(&entry.path(), &format!("{path}/"), files);
        } else {
            files.push((path, fs::read(entry.path()).expect("readable")));
        }
    }
}

fn paths(closure: &Closure) -> Vec<&str> {
    closure
        .files
        .iter()
        .map(|file| file.import_path.as_str())
        .collect()
}

#[test]
fn function_level_imports_are_followed() {
    let click = Package::fetch("click", "8.1.7");
    let closure = click.take("click.formatting");
    assert_eq!(
        paths(&closure),
        [
            "click/_compat.py",
            "click/_textwrap.py",
            "click/_winconsole.py",
            "click/exceptions.py",
            "click/formatting.py",
            "click/globals.py",
            "click/parser.py",
            "click/utils.py",
        ]
    );
    let wrapper = closure
        .files
        .iter()
        .find(|file| file.import_path == "click/_textwrap.py")
        .expect("taken");
    assert_eq!(
        wrapper.reason.to_string(),
        "imported by src/click/formatting.py:54 when called"
    );
    assert_eq!(
        click.needs(&closure),
        [("colorama".to_owned(), Need::Required, true)]
    );
}

#[test]
fn type_checking_imports_are_not_followed() {
    let flask = Package::fetch("flask", "3.1.0");
    let closure = flask.take("flask.json.tag");
    assert_eq!(
        paths(&closure),
        [
            "flask/globals.py",
            "flask/json/__init__.py",
            "flask/json/provider.py",
            "flask/json/tag.py"
        ]
    );
    assert_eq!(closure.generated_packages, ["flask/__init__.py"]);
    let needs = flask.needs(&closure);
    let expected = [
        ("markupsafe".to_owned(), Need::Required, false),
        ("werkzeug".to_owned(), Need::Required, true),
    ];
    assert_eq!(
        needs, expected,
        "flask imports markupsafe without declaring it"
    );
}

#[test]
fn an_unused_parent_does_not_come_along() {
    let requests = Package::fetch("requests", "2.34.2");
    let closure = requests.take("requests.structures");
    assert_eq!(
        paths(&closure),
        ["requests/compat.py", "requests/structures.py"]
    );
    assert_eq!(closure.generated_packages, ["requests/__init__.py"]);
}

#[test]
fn a_whole_package_brings_its_data() {
    let requests = Package::fetch("requests", "2.34.2");
    let closure = requests.take("requests");
    assert_eq!(closure.files.len(), 20, "{:?}", paths(&closure));
    let data = closure
        .files
        .iter()
        .find(|file| file.import_path == "requests/py.typed")
        .expect("taken");
    assert_eq!(data.reason, Reason::PackageMember);
    let needs = requests.needs(&closure);
    for name in ["certifi", "charset-normalizer", "idna", "urllib3"] {
        assert!(
            needs.contains(&(name.to_owned(), Need::Required, true)),
            "{name}: {needs:?}"
        );
    }
    for name in ["chardet", "cryptography", "pyopenssl", "simplejson"] {
        let extra = needs
            .iter()
            .any(|(needed, need, _)| needed == name && *need == Need::Optional);
        assert!(
            extra,
            "{name} is imported only where it is installed: {needs:?}"
        );
    }
    assert!(closure.findings.is_empty(), "{:?}", closure.findings);
}

#[test]
fn a_parent_whose_names_are_used_comes_with_its_own_closure() {
    let itsdangerous = Package::fetch("itsdangerous", "2.2.0");
    let timed = itsdangerous.take("itsdangerous.timed");
    assert!(
        !paths(&timed).contains(&"itsdangerous/__init__.py"),
        "{:?}",
        paths(&timed)
    );
    let flask = Package::fetch("flask", "3.1.0");
    let cli = flask.take("flask.cli");
    assert!(cli.files.len() > 4, "{:?}", paths(&cli));
    let missing = Taker::new(&flask.tree, &flask.read.python)
        .select("flask.nothing")
        .expect_err("no such module");
    assert_eq!(missing.code.as_str(), "E_NOT_FOUND");
}
