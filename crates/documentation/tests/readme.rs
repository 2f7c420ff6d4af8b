//! The whole README for fixed facts, hostile ones included.

use synthesizer_documentation::{ReadmeComponent, ReadmeFacts, ReadmeFolder, ReadmeSource, readme};
use synthesizer_model::{
    finding::{Finding, Severity},
    synthesis::PlannedPackage,
};

fn component(name: &str, source: &str, import_as: &str, files: usize) -> ReadmeComponent {
    ReadmeComponent {
        name: name.to_owned(),
        source: source.to_owned(),
        import_as: import_as.to_owned(),
        files,
    }
}

fn source(
    id: &str,
    url: &str,
    version: Option<&str>,
    revision: &str,
    license: &str,
) -> ReadmeSource {
    ReadmeSource {
        id: id.to_owned(),
        url: url.to_owned(),
        version: version.map(str::to_owned),
        revision: revision.to_owned(),
        license: license.to_owned(),
    }
}

fn package(
    name: &str,
    requirement: &str,
    extra: Option<&str>,
    imported_by: &[&str],
) -> PlannedPackage {
    PlannedPackage {
        name: name.to_owned(),
        requirements: vec![requirement.to_owned()],
        extra: extra.map(str::to_owned),
        imported_by: imported_by.iter().map(|one| (*one).to_owned()).collect(),
    }
}

#[test]
fn a_readme_says_what_the_facts_say() {
    let packages = [
        package(
            "colorama",
            "colorama; platform_system == \"Windows\"",
            None,
            &["click"],
        ),
        package(
            "cryptography",
            "cryptography>=42",
            Some("secure"),
            &["click", "wares"],
        ),
    ];
    let findings = [
        Finding::new(Severity::Info, "name-kept", "not for the README"),
        Finding::new(
            Severity::Warning,
            "computed-import",
            "the module's name is computed; it is imported from wherever the environment has it, which the synthesis cannot see",
        )
        .of("wares")
        .at("src/wares/load.py", Some(12)),
        Finding::new(Severity::Warning, "unknown-license", "the license of wares is not known"),
    ];
    let facts = ReadmeFacts {
        name: "toolbox".to_owned(),
        template: "python-default".to_owned(),
        components: vec![
            component(
                "click.formatting",
                "click",
                "from toolbox.click import formatting",
                16,
            ),
            component("wares", "wares", "import toolbox.wares", 1),
        ],
        sources: vec![
            source(
                "click",
                "pypi:click@8.1.7",
                Some("8.1.7"),
                "ca9853ad459e787e2192211578cc907e7594e294c7ccc834",
                "BSD-3-Clause",
            ),
            source(
                "wares",
                "https://host.example/wares.git",
                None,
                "0123456789abcdef0123456789abcdef01234567",
                "unknown",
            ),
        ],
        folders: vec![ReadmeFolder {
            path: "src/toolbox/click".to_owned(),
            source: "click".to_owned(),
            from: "src/click".to_owned(),
            files: 16,
        }],
        packages: &packages,
        template_packages: Vec::new(),
        findings: &findings,
        family: Default::default(),
        requires_python: ">=3.9".to_owned(),
        tests: true,
        commands: vec!["uv sync --locked".to_owned(), "uv run pytest".to_owned()],
    };
    assert_eq!(readme(&facts), include_str!("expected/toolbox.md"));
}

#[test]
fn hostile_facts_stay_text() {
    let packages = [package("x", "x`|\n# y", None, &["<b>"])];
    let findings = [Finding::new(
        Severity::Warning,
        "k",
        "a\n\n# [link](https://host.example) | <img src=x> `",
    )
    .at("a`b\n.py", Some(1))];
    let facts = ReadmeFacts {
        name: "x\n# <script>".to_owned(),
        template: "``".to_owned(),
        components: vec![
            component("a|b`c", "i|d", "import x\n```\n# out", 0),
            component("d", "missing|", "", 1),
        ],
        sources: vec![source(
            "i|d",
            "https://u`|x",
            Some("1|2"),
            "\u{202e}|",
            "[MIT](x)",
        )],
        folders: Vec::new(),
        packages: &packages,
        template_packages: Vec::new(),
        findings: &findings,
        family: Default::default(),
        requires_python: String::new(),
        tests: false,
        commands: Vec::new(),
    };
    assert_eq!(readme(&facts), include_str!("expected/hostile.md"));
}
