//! The templates of the program: each is complete, and what it gives parses.

use std::collections::BTreeSet;

use bytes::Bytes;
use synthesizer_model::{
    ErrorCode, Failure,
    finding::Problem,
    tree::{Blob, EntryKind, Origin, SourceTree, TreeEntry, TreePath},
};

use super::{template::Texts, *};

fn values(ecosystem: &str) -> Values {
    let component = |module: &str, symbol: Option<&str>| TestedComponent {
        module: module.to_owned(),
        symbol: symbol.map(str::to_owned),
    };
    let path = |text: &str| TreePath::new(text).expect(text);
    Values {
        ecosystem: ecosystem.to_owned(),
        name: "my-toolbox".to_owned(),
        package: "my_toolbox".to_owned(),
        title: "Parts of click 8.1.7.".to_owned(),
        components: vec![component("one", None), component("two", Some("Three"))],
        moved: vec![
            path("src/my_toolbox/click/core.py"),
            path("src/my_toolbox/\"odd\".py"),
        ],
    }
}

#[test]
fn every_template_uses_all_its_texts_and_gives_manifests_that_parse() {
    for template in BUILT_IN {
        let mut used = BTreeSet::new();
        for ecosystem in template.ecosystems().expect("a descriptor") {
            let filled = fill(template, &values(ecosystem.as_str())).expect(&template.name);
            for part in &filled.parts {
                match part.path.file_name() {
                    "package.json" => {
                        serde_json::from_str::<serde_json::Value>(&part.text)
                            .expect(&template.name);
                    }
                    _ => {
                        toml::from_str::<toml::Table>(&part.text).expect(&template.name);
                    }
                }
            }
            assert!(!filled.commands.is_empty(), "{}", template.name);
            for workflow in filled
                .files
                .iter()
                .filter(|file| file.path.as_str().ends_with("check.yml"))
            {
                for command in &filled.commands {
                    assert!(
                        workflow.text.contains(&command.run),
                        "{}: {}",
                        template.name,
                        command.run
                    );
                }
            }
            let described = template.described().expect("a descriptor");
            used.extend(described.files.into_iter().map(|file| file.text));
            used.extend(described.parts.into_iter().map(|part| part.text));
        }
        let Texts::BuiltIn(texts) = template.texts else {
            panic!("{} is not built in", template.name);
        };
        let known: BTreeSet<String> = texts.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(used, known, "{}", template.name);
    }
}

#[test]
fn a_template_is_found_by_name_and_ecosystem() {
    let check = |name: &str, ecosystem: &str, hint: Option<&str>| {
        let found = find(name, ecosystem).map(|template| template.name.to_string());
        match hint {
            None => assert_eq!(found.ok().as_deref(), Some(name)),
            Some(hint) => {
                let failure = found.expect_err(name);
                assert_eq!(failure.code, ErrorCode::Argument);
                assert_eq!(failure.hint.as_deref(), Some(hint));
            }
        }
    };
    let known = "use one of: python-default, python-web, python-ml, python-cli, rust-workspace, rust-cli, node-typescript, minimal";
    check("python-web", "python", None);
    for ecosystem in ["python", "cargo", "npm"] {
        check("minimal", ecosystem, None);
    }
    check("rails", "python", Some(known));
    check(
        "python-default",
        "cargo",
        Some("use ecosystem = \"python\""),
    );
    check(
        "minimal",
        "go",
        Some("use ecosystem = \"python\" or \"cargo\" or \"npm\""),
    );
    assert_eq!(
        ecosystem_of("rust-cli").expect("known").as_deref(),
        Some("cargo")
    );
    assert_eq!(ecosystem_of("minimal").expect("known"), None);
    assert!(ecosystem_of("rails").is_err());
}

struct Folder {
    origin: Origin,
    entries: Vec<TreeEntry>,
    files: Vec<Bytes>,
}

impl SourceTree for Folder {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn entries(&self) -> &[TreeEntry] {
        &self.entries
    }

    fn problems(&self) -> &[Problem] {
        &[]
    }

    fn read(&self, path: &TreePath) -> Result<Blob, Failure> {
        let at = self.entries.iter().position(|entry| entry.path == *path);
        Ok(Blob::new(self.files[at.expect("a listed file")].clone()))
    }
}

fn folder(files: &[(&str, EntryKind, &[u8])]) -> Folder {
    let mut files = files.to_vec();
    files.sort_by_key(|(path, _, _)| *path);
    Folder {
        origin: Origin {
            slug: "mine".to_owned(),
            url: "./mine".to_owned(),
            revision: "tree:0".to_owned(),
            version: None,
            platform: "local".to_owned(),
        },
        entries: files
            .iter()
            .map(|(path, kind, _)| TreeEntry {
                path: TreePath::new(path).expect(path),
                kind: *kind,
                size: None,
            })
            .collect(),
        files: files
            .iter()
            .map(|(_, _, bytes)| Bytes::copy_from_slice(bytes))
            .collect(),
    }
}

const DESCRIPTOR: &str = "name = \"mine\"\ndescription = \"Mine\"\necosystems = [\"python\"]\n";

fn described(file: &str, text: &str) -> String {
    format!("{DESCRIPTOR}[[file]]\npath = \"{file}\"\ntext = \"{text}\"\nreason = \"x\"\n")
}

#[test]
fn a_folder_of_the_user_is_a_template() {
    let descriptor = described("src/{{ package }}/x.txt", "texts/x.tmpl");
    let tree = folder(&[
        ("template.toml", EntryKind::File, descriptor.as_bytes()),
        (
            "texts/x.tmpl",
            EntryKind::File,
            b"{{ title }} {% for one in components %}{{ one.module }} {% endfor %}\n",
        ),
        ("unread", EntryKind::File, b"\xff"),
    ]);
    let template = Template::from_tree(&tree).expect("a template");
    let filled = fill(&template, &values("python")).expect("files");
    assert_eq!(filled.files[0].path.as_str(), "src/my_toolbox/x.txt");
    assert_eq!(filled.files[0].text, "Parts of click 8.1.7. one two ");
    assert_eq!(template.fingerprint().len(), 64);
}

#[test]
fn a_hostile_folder_is_refused() {
    let check = |files: &[(&str, EntryKind, &[u8])], expected: ErrorCode| {
        let made = Template::from_tree(&folder(files))
            .and_then(|template| fill(&template, &values("python")));
        assert_eq!(
            made.map(|_| ()).map_err(|failure| failure.code),
            Err(expected),
            "{:?}",
            files[0].0
        );
    };
    let one = |descriptor: &str, text: &[u8], expected| {
        check(
            &[
                ("template.toml", EntryKind::File, descriptor.as_bytes()),
                ("x", EntryKind::File, text),
            ],
            expected,
        );
    };
    check(&[("other.toml", EntryKind::File, b"")], ErrorCode::NotFound);
    check(
        &[("template.toml", EntryKind::Symlink, b"")],
        ErrorCode::NotFound,
    );
    check(
        &[
            (
                "template.toml",
                EntryKind::File,
                described("a", "x").as_bytes(),
            ),
            ("x", EntryKind::Symlink, b""),
        ],
        ErrorCode::NotFound,
    );
    one(&described("../a", "x"), b"", ErrorCode::Path);
    one(
        &described(".git/hooks/pre-commit", "x"),
        b"",
        ErrorCode::Path,
    );
    one(&described("{{ title }}/../../a", "x"), b"", ErrorCode::Path);
    one(&described("a", "../x"), b"", ErrorCode::Argument);
    one(&described("a", "/etc/passwd"), b"", ErrorCode::Argument);
    one(&described("a", "x"), b"\xff", ErrorCode::Argument);
    one(&described("a", "x"), b"{{ secret }}", ErrorCode::Argument);
    one(
        &described("a", "x"),
        b"{% include \"/etc/passwd\" %}",
        ErrorCode::Argument,
    );
    one(
        &described("a", "x"),
        &vec![b'x'; (256 << 10) + 1],
        ErrorCode::Limit,
    );
    one(&"#".repeat(65 << 10), b"", ErrorCode::Limit);
    one(
        &format!(
            "{}{}",
            described("a", "x"),
            "[[file]]\npath = \"A\"\ntext = \"x\"\nreason = \"x\"\n"
        ),
        b"",
        ErrorCode::Argument,
    );
    one(
        &format!(
            "{}{}",
            described("a", "x"),
            "[[file]]\npath = \"a/b\"\ntext = \"x\"\nreason = \"x\"\n"
        ),
        b"",
        ErrorCode::Argument,
    );
    one(
        &DESCRIPTOR.replace("mine", "python-web"),
        b"",
        ErrorCode::Argument,
    );
    let many: String = (0..200)
        .map(|number| format!("[[file]]\npath = \"f{number}\"\ntext = \"x\"\nreason = \"x\"\n"))
        .collect();
    one(
        &format!("{DESCRIPTOR}{many}"),
        &vec![b'x'; 100_000],
        ErrorCode::Limit,
    );
}
