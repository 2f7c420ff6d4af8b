//! Manifests and lock files that are too large, too deep, that name themselves, or that stand for more than they hold.

use super::{File, analyze, assert_told, file};

const DEEP: usize = 100_000;

/// What it is, its files, and what of which path is told; nothing where a hostile text reads like any other.
type Case = (
    &'static str,
    Vec<File>,
    Option<(&'static str, &'static str)>,
);

fn check(cases: Vec<Case>) {
    for (case, files, told) in cases {
        let analysis = analyze(case, files);
        if let Some((path, words)) = told {
            assert_told(case, &analysis, path, words);
        }
        let told: usize = analysis
            .problems
            .iter()
            .map(|problem| problem.what.len())
            .sum();
        assert!(told < 256 << 10, "{case}: {told} bytes of problems");
    }
}

#[test]
fn deep_manifests_are_refused() {
    let deep_json = format!("{}{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    let deep_toml = format!("[project]\na = {}{}\n", "[".repeat(DEEP), "]".repeat(DEEP));
    let deep_yaml = format!("packages: {}{}\n", "[".repeat(DEEP), "]".repeat(DEEP));
    let block_yaml: String = (0..2_000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    let deep_xml = format!(
        "<project>{}{}</project>",
        "<a>".repeat(DEEP),
        "</a>".repeat(DEEP)
    );
    let deep_key = format!("[{}b]\nx = 1\n", "a.".repeat(DEEP));
    let setup = format!(
        "from setuptools import setup\nsetup(install_requires={}{})\n",
        "[".repeat(DEEP),
        "]".repeat(DEEP)
    );
    let sum = format!(
        "from setuptools import setup\nsetup(install_requires=[{}'a'])\n",
        "'a' + ".repeat(DEEP)
    );
    check(vec![
        (
            "package.json",
            vec![file("package.json", deep_json.as_str())],
            Some(("package.json", "")),
        ),
        (
            "package-lock.json",
            vec![
                file("package.json", "{}"),
                file("package-lock.json", deep_json.as_str()),
            ],
            Some(("package-lock.json", "")),
        ),
        (
            "tsconfig.json",
            vec![
                file("tsconfig.json", deep_json.as_str()),
                file("a.ts", "import 'b'\n"),
            ],
            None,
        ),
        (
            "Pipfile.lock",
            vec![file("Pipfile.lock", deep_json.as_str())],
            Some(("Pipfile.lock", "")),
        ),
        (
            "bun.lock",
            vec![
                file("package.json", "{}"),
                file("bun.lock", deep_json.as_str()),
            ],
            Some(("bun.lock", "")),
        ),
        (
            "pyproject.toml",
            vec![file("pyproject.toml", deep_toml.as_str())],
            Some(("pyproject.toml", "")),
        ),
        (
            "Cargo.toml",
            vec![file("Cargo.toml", deep_toml.as_str())],
            Some(("Cargo.toml", "")),
        ),
        (
            "dotted keys",
            vec![
                file("Cargo.toml", deep_key.as_str()),
                file("uv.lock", deep_key.as_str()),
            ],
            Some(("Cargo.toml", "")),
        ),
        (
            "REUSE.toml",
            vec![file("REUSE.toml", deep_toml.as_str())],
            Some(("REUSE.toml", "")),
        ),
        (
            "REUSE.toml with dotted keys",
            vec![file("REUSE.toml", deep_key.as_str())],
            Some(("REUSE.toml", "")),
        ),
        (
            "pnpm-lock.yaml",
            vec![
                file("package.json", "{}"),
                file("pnpm-lock.yaml", deep_yaml.as_str()),
            ],
            Some(("pnpm-lock.yaml", "")),
        ),
        (
            "environment.yml",
            vec![file("environment.yml", block_yaml.as_str())],
            None,
        ),
        (
            "pom.xml",
            vec![file("pom.xml", deep_xml.as_str())],
            Some(("pom.xml", "")),
        ),
        (
            "setup.py",
            vec![file("setup.py", setup.as_str())],
            Some(("setup.py", "")),
        ),
        (
            "a long sum in setup.py",
            vec![file("setup.py", sum.as_str())],
            Some(("setup.py", "")),
        ),
    ]);
}

#[test]
fn texts_that_stand_for_more_than_they_hold_are_not_unfolded() {
    let aliases: String = (1..40)
        .map(|level| {
            format!(
                "l{level}: &l{level} [{}]\n",
                format!("*l{},", level - 1).repeat(9)
            )
        })
        .collect();
    let yaml = format!(
        "lockfileVersion: '9.0'\nl0: &l0 [a, b]\n{aliases}packages: *l39\nimporters: {{.: *l39}}\n"
    );
    let entities: String = (1..40)
        .map(|level| {
            format!(
                "<!ENTITY l{level} \"{}\">",
                format!("&l{};", level - 1).repeat(9)
            )
        })
        .collect();
    let xml = format!(
        "<!DOCTYPE p [<!ENTITY l0 \"lol\">{entities}]><project><artifactId>&l39;</artifactId></project>"
    );
    let properties: String = (1..60)
        .map(|level| {
            format!(
                "<l{level}>${{l{0}}}${{l{0}}}${{l{0}}}</l{level}>",
                level - 1
            )
        })
        .collect();
    let doubling = format!(
        "<project><groupId>g</groupId><artifactId>a</artifactId><version>${{l59}}</version><properties><l0>lol</l0>{properties}</properties>\
         <dependencies><dependency><groupId>${{l59}}</groupId><artifactId>d</artifactId></dependency></dependencies></project>"
    );
    let setup = "from setuptools import setup\na = 'x'\nfor i in range(100000000):\n    a += a\nb = ['y'] * 10**12\nwhile True:\n    b = b + b\n\
                 setup(install_requires=[a * 99999999, *b], name='%09999999999d' % 1, version='{:>99999999999}'.format(1))\n";
    let braces = format!(r#"{{"name":"r","workspaces":["{}"]}}"#, "{a,b}".repeat(60));
    let globs: Vec<String> = (0..5_000)
        .map(|number| format!("\"**/*{number}/**/*a*b*c*/**\""))
        .collect();
    let many_globs = format!(r#"{{"name":"r","workspaces":[{}]}}"#, globs.join(","));
    let packages = |name: &str| {
        (0..2_000)
            .map(|number| {
                file(
                    format!("a/b/c/{number}/d/package.json"),
                    format!(r#"{{"name":"{name}{number}"}}"#),
                )
            })
            .collect::<Vec<_>>()
    };
    let with = |mut files: Vec<File>, more: Vec<File>| {
        files.extend(more);
        files
    };
    check(vec![
        (
            "aliases",
            vec![
                file("package.json", "{}"),
                file("pnpm-lock.yaml", yaml.as_str()),
            ],
            Some(("pnpm-lock.yaml", "")),
        ),
        (
            "entities",
            vec![file("pom.xml", xml.as_str())],
            Some(("pom.xml", "")),
        ),
        (
            "properties",
            vec![file("pom.xml", doubling.as_str())],
            Some(("pom.xml", "")),
        ),
        (
            "a program",
            vec![file("setup.py", setup)],
            Some(("setup.py", "")),
        ),
        (
            "braces",
            vec![file("package.json", braces.as_str())],
            Some(("package.json", "")),
        ),
        (
            "workspaces",
            with(
                vec![file("package.json", many_globs.as_str())],
                packages("p"),
            ),
            None,
        ),
        (
            "workspaces of pnpm",
            with(
                vec![
                    file("package.json", "{}"),
                    file(
                        "pnpm-workspace.yaml",
                        format!("packages: [{}]\n", globs.join(", ")),
                    ),
                ],
                packages("p"),
            ),
            None,
        ),
    ]);
}

#[test]
fn what_names_itself_ends() {
    let includes: Vec<File> = (0..3_000)
        .map(|number| {
            file(
                format!("requirements/{number}.txt"),
                format!(
                    "-r {}.txt\n-r {}.txt\n-c ../requirements.txt\np{number}\n",
                    (number + 1) % 3_000,
                    (number * 7) % 3_000
                ),
            )
        })
        .chain([file(
            "requirements.txt",
            "-r requirements/0.txt\n-r requirements.txt\n",
        )])
        .collect();
    let extends: Vec<File> = (0..2_000)
        .map(|number| {
            file(
                format!("c{number}/tsconfig.json"),
                format!(
                    r#"{{"extends":["../c{}/tsconfig.json","../c{}/tsconfig.json"]}}"#,
                    (number + 1) % 2_000,
                    (number * 3) % 2_000
                ),
            )
        })
        .chain((0..2_000).map(|number| file(format!("c{number}/a.ts"), "import '~/b'\n")))
        .collect();
    let parents: Vec<File> = (0..2_000)
        .map(|number| {
            let parent = (number + 1) % 2_000;
            file(format!("m{number}/pom.xml"), format!("<project><parent><groupId>g</groupId><artifactId>m{parent}</artifactId><version>1</version><relativePath>../m{parent}</relativePath></parent><artifactId>m{number}</artifactId><modules><module>../m{parent}</module></modules></project>"))
        })
        .collect();
    let groups: String = (0..5_000)
        .map(|number| {
            format!(
                "g{number} = [{{include-group = \"g{}\"}}, {{include-group = \"g{}\"}}]\n",
                (number + 1) % 5_000,
                (number * 3) % 5_000
            )
        })
        .collect();
    let extras: String = (0..3_000)
        .map(|number| {
            format!(
                "e{number} = [\"p[e{}]\", \"p[e{}]\"]\n",
                (number + 1) % 3_000,
                (number * 3) % 3_000
            )
        })
        .collect();
    let crates: Vec<File> = (0..1_000)
        .map(|number| file(format!("k{number}/Cargo.toml"), format!("[package]\nname = \"k{number}\"\nversion = \"1.0.0\"\nworkspace = \"../k{}\"\n[workspace]\nmembers = [\"../k*\", \"..\", \"**\"]\n[dependencies]\nk{} = {{ path = \"../k{}\" }}\n", (number + 1) % 1_000, (number + 1) % 1_000, (number + 1) % 1_000)))
        .collect();
    let includes_of_code: Vec<File> = (0..3_000)
        .map(|number| {
            file(
                format!("h/{number}.h"),
                format!(
                    "#include \"{}.h\"\n#include \"{}.h\"\n#include \"{number}.h\"\n",
                    (number + 1) % 3_000,
                    (number * 7) % 3_000
                ),
            )
        })
        .collect();
    let imports: Vec<File> = (0..3_000)
        .map(|number| {
            file(
                format!("p/m{number}.py"),
                format!(
                    "from p.m{} import *\nimport p.m{}\nimport p.m{number}\n",
                    (number + 1) % 3_000,
                    (number * 7) % 3_000
                ),
            )
        })
        .collect();
    let locked: String = (0..20_000).map(|number| format!("[[package]]\nname = \"l{number}\"\nversion = \"1.0.0\"\ndependencies = [\"l{}\", \"l{}\"]\n", (number + 1) % 20_000, (number * 7) % 20_000)).collect();
    check(vec![
        ("requirements", includes, None),
        ("tsconfig", extends, None),
        ("parents", parents, None),
        (
            "groups",
            vec![file(
                "pyproject.toml",
                format!("[project]\nname = \"p\"\n[dependency-groups]\n{groups}"),
            )],
            None,
        ),
        (
            "extras",
            vec![file(
                "pyproject.toml",
                format!("[project]\nname = \"p\"\n[project.optional-dependencies]\n{extras}"),
            )],
            None,
        ),
        ("crates", crates, None),
        ("headers", includes_of_code, None),
        ("modules", imports, None),
        (
            "locked",
            vec![
                file("Cargo.toml", "[package]\nname = \"p\"\n"),
                file("Cargo.lock", locked),
            ],
            None,
        ),
    ]);
}

#[test]
fn large_manifests_are_read_or_left_out() {
    const SIZE: usize = 16 << 20;
    let repeated = |piece: &str| piece.repeat(SIZE / piece.len());
    let hundred_thousand: String = (0..100_000).map(|number| format!("\"node_modules/p{number}\":{{\"version\":\"1.0.{number}\",\"dependencies\":{{\"p{}\":\"*\"}}}},", number / 2)).collect();
    let npm = format!(
        "{{\"lockfileVersion\":3,\"packages\":{{{hundred_thousand}\"\":{{\"name\":\"r\"}}}}}}"
    );
    let uv: String = (0..100_000).map(|number| format!("[[package]]\nname = \"p{number}\"\nversion = \"1\"\ndependencies = [{{ name = \"p{}\" }}]\n", number / 2)).collect();
    check(vec![
        (
            "requirements",
            vec![file("requirements.txt", repeated("package>=1.0\n"))],
            None,
        ),
        (
            "one long line",
            vec![file("requirements.txt", repeated("a,"))],
            None,
        ),
        (
            "pyproject",
            vec![file("pyproject.toml", repeated("# comment\n"))],
            None,
        ),
        (
            "package.json",
            vec![file(
                "package.json",
                format!(
                    "{{\"dependencies\":{{{}\"z\":\"1\"}}}}",
                    repeated("\"a\":\"1\",")
                ),
            )],
            None,
        ),
        (
            "package-lock",
            vec![
                file("package.json", "{\"name\":\"r\"}"),
                file("package-lock.json", npm),
            ],
            None,
        ),
        (
            "uv.lock",
            vec![
                file("pyproject.toml", "[project]\nname = \"p\"\n"),
                file("uv.lock", uv),
            ],
            None,
        ),
        (
            "yarn.lock",
            vec![
                file("package.json", "{}"),
                file("yarn.lock", repeated("a@^1:\n  version \"1\"\n")),
            ],
            None,
        ),
        (
            "go.sum",
            vec![
                file("go.mod", "module a\n"),
                file("go.sum", repeated("example.com/a v1.0.0 h1:x=\n")),
            ],
            None,
        ),
        (
            "pom.xml",
            vec![file(
                "pom.xml",
                format!("<project>{}</project>", repeated("<dependency/>")),
            )],
            None,
        ),
    ]);
}
