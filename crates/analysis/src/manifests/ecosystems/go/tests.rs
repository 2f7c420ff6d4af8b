//! Modules put together from trees in memory.

use super::*;
use crate::{manifests::allowance::MOST_DEPENDENCIES, memory_tree::MemoryTree};

fn read(files: &[(&str, &str)]) -> EcosystemFacts {
    let tree = MemoryTree::of_texts(files.iter().copied());
    let paths = tree.entries().iter().map(|entry| entry.path.clone());
    let relevant: Vec<TreePath> = paths.filter(|path| Go.is_relevant(path.as_str())).collect();
    Go.read(&tree, &relevant)
}

/// Checks the requirements of all modules, their locked modules and the problems, each in one line.
fn check(
    files: &[(&str, &str)],
    dependencies: &[&str],
    locked: &[&str],
    problems: &[&str],
) -> EcosystemFacts {
    let facts = read(files);
    let projects = facts.projects.iter();
    let found: Vec<String> = projects
        .flat_map(|project| &project.dependencies)
        .map(|dependency| {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            format!(
                "{}:{} {} as {} {} = {} group {} url {} of {}",
                dependency.manifest,
                dependency.line,
                dependency.name,
                text(&dependency.imported_as),
                dependency.specifier,
                text(&dependency.parsed),
                text(&dependency.group),
                text(&dependency.url),
                text(&dependency.member),
            )
        })
        .collect();
    assert_eq!(found, dependencies);
    let locks = facts.locks.iter();
    let found: Vec<String> = locks
        .flat_map(|lock| lock.packages.iter().map(move |package| (lock, package)))
        .map(|(lock, package)| {
            format!(
                "{}: {} {} {} own {} {:?}",
                lock.path,
                package.name,
                package.version,
                package.source,
                package.own,
                package.required_by
            )
        })
        .collect();
    assert_eq!(found, locked);
    let told: Vec<String> = facts
        .problems
        .iter()
        .map(|problem| format!("{}: {}", problem.path, problem.what))
        .collect();
    assert_eq!(told, problems);
    facts
}

#[test]
fn a_module_asks_for_what_it_imports_and_lists_what_its_build_takes() {
    let facts = check(
        &[
            (
                "go.mod",
                "module example.test/m\ngo 1.24\nrequire example.test/a v1.2.3\nrequire example.test/b v0.1.0 // indirect\n\
                 require example.test/t v0.3.0 // indirect\nreplace example.test/a => example.test/fork/v2 v2.0.0\n\
                 replace example.test/b => ./b\nexclude example.test/a v1.2.4\ntool example.test/t/cmd/t\ntool example.test/m/own\ntool nowhere/x\n\
                 replace example.test/z v1.0.0 => example.test/z v1.1.0\n",
            ),
            ("b/go.mod", "module example.test/b\n"),
            ("go.sum", "example.test/z v1.0.0 h1:x=\n"),
        ],
        &[
            "go.mod:3 example.test/fork/v2 as example.test/a v2.0.0 = >=2.0.0, <3.0.0 group - url - of -",
            "go.mod:9 example.test/t as - v0.3.0 = >=0.3.0, <2.0.0 group tool url - of -",
        ],
        &[
            "go.mod: example.test/b v0.1.0 path own true []",
            "go.mod: example.test/fork/v2 v2.0.0 registry own false [\"example.test/m\"]",
            "go.mod: example.test/t v0.3.0 registry own false []",
        ],
        &[
            "go.mod: line 11: no required module brings the tool `nowhere/x`",
            "go.mod: line 12: puts example.test/z v1.1.0 in the place of `example.test/z v1.0.0`",
            "go.mod: line 8: excludes version v1.2.4 of `example.test/a`",
        ],
    );
    let runtimes = &facts.projects[0].runtimes;
    assert_eq!(runtimes.get("go").map(String::as_str), Some("1.24"));
}

#[test]
fn an_older_module_is_locked_by_what_it_vendors_or_by_its_sums() {
    let module = "module m\ngo 1.16\nrequire a v1.0.0\n";
    let sums = "a v1.0.0 h1:x=\nb v1.0.0 h1:x=\nb v1.1.0 h1:x=\n";
    let asked = ["go.mod:3 a as - v1.0.0 = >=1.0.0, <2.0.0 group - url - of -"];
    check(
        &[("go.mod", module), ("go.sum", sums)],
        &asked,
        &[
            "go.sum: a v1.0.0 registry own false [\"m\"]",
            "go.sum: b v1.1.0 registry own false []",
        ],
        &[],
    );
    check(
        &[
            ("go.mod", module),
            ("go.sum", sums),
            ("vendor/a/go.work", "use ./gone\n"),
            ("vendor/b/go.mod", "module b\n"),
            (
                "vendor/modules.txt",
                "# a v1.0.0\n## explicit\n# b v1.0.0\n",
            ),
        ],
        &asked,
        &[
            "vendor/modules.txt: a v1.0.0 registry own false [\"m\"]",
            "vendor/modules.txt: b v1.0.0 registry own false []",
        ],
        &[],
    );
}

#[test]
fn a_workspace_has_members_and_replaces_for_them() {
    let facts = check(
        &[
            (
                "go.work",
                "go 1.22\nuse (\n\t./a\n\t./gone\n)\nreplace x => ../far\n",
            ),
            ("a/go.mod", "module example.test/a\nrequire x v1.0.0\n"),
            ("b/go.mod", "module example.test/b\n"),
            ("c/Gopkg.toml", "?"),
        ],
        &["a/go.mod:2 x as - v1.0.0 = >=1.0.0, <2.0.0 group - url path+../far of example.test/a"],
        &[],
        &[
            "c/Gopkg.toml: Gopkg.toml is not read",
            "go.work: line 4: the module `./gone` is not in the tree",
        ],
    );
    let roles: Vec<(&str, ProjectRole, Option<&str>, &[String])> = facts
        .projects
        .iter()
        .map(|project| {
            let workspace = project.workspace.as_deref();
            let manifests = project.manifests.as_slice();
            (project.folder.as_str(), project.role, workspace, manifests)
        })
        .collect();
    assert_eq!(
        roles,
        [
            ("", ProjectRole::Root, Some(""), &["go.work".to_owned()][..]),
            ("a", ProjectRole::Member, Some(""), &["a/go.mod".to_owned()]),
            ("b", ProjectRole::Nested, None, &["b/go.mod".to_owned()]),
        ]
    );
}

#[test]
fn many_modules_and_requirements_are_bounded() {
    let module: String = (0..300)
        .map(|number| format!("require m{number} v1.0.0\nreplace m{number} => ../m\n"))
        .collect();
    let module = format!("module m\n{module}");
    let files: Vec<(String, &str)> = (0..10)
        .map(|number| (format!("{number}/go.mod"), module.as_str()))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    let facts = read(&files);
    let kept: usize = facts
        .projects
        .iter()
        .map(|project| project.dependencies.len())
        .sum();
    assert_eq!(kept, MOST_DEPENDENCIES);
    assert!(facts.problems.len() < 5_000);
}
