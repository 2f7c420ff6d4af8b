//! Packages put together from trees in memory: nested ones, requirements files, workspaces, locks, and trees that mean harm.

use synthesizer_model::project::LockFile;

use super::*;
use crate::memory_tree::MemoryTree;

fn read(files: &[(&str, &str)]) -> EcosystemFacts {
    let tree = MemoryTree::of_texts(files.iter().copied());
    let relevant: Vec<TreePath> = tree
        .entries()
        .iter()
        .filter(|entry| Python.is_relevant(entry.path.as_str()))
        .map(|entry| entry.path.clone())
        .collect();
    Python.read(&tree, &relevant)
}

/// Shows projects as `folder role name: requirement group manifest:line, …`.
fn shown(facts: &EcosystemFacts) -> Vec<String> {
    let project = |project: &Project| {
        let dependencies: Vec<String> = project
            .dependencies
            .iter()
            .map(|dependency| {
                let group = dependency.group.as_deref().unwrap_or("-");
                let url = dependency.url.as_ref().map(|url| format!(" @{url}"));
                let url = url.unwrap_or_default();
                format!(
                    "{} {group} {}:{}{url}",
                    dependency.requirement(),
                    dependency.manifest,
                    dependency.line
                )
            })
            .collect();
        let name = project.facts.name.as_deref().unwrap_or("-");
        format!(
            "{}|{:?}|{name}: {}",
            project.folder,
            project.role,
            dependencies.join(", ")
        )
    };
    facts.projects.iter().map(project).collect()
}

fn problems(facts: &EcosystemFacts) -> Vec<String> {
    let problems = facts.problems.iter();
    problems
        .map(|problem| format!("{}: {}", problem.path, problem.what))
        .collect()
}

fn check(files: &[(&str, &str)], expected: &[&str], expected_problems: &[&str]) -> EcosystemFacts {
    let facts = read(files);
    assert_eq!(shown(&facts), expected);
    let problems = problems(&facts);
    assert_eq!(problems.len(), expected_problems.len(), "{problems:?}");
    for (problem, expected) in problems.iter().zip(expected_problems) {
        assert!(problem.starts_with(expected), "{problems:?}");
    }
    facts
}

#[test]
fn nested_packages_stay_apart() {
    let root = "[project]\nname='x'\nversion='1'\nrequires-python='>=3.9'\ndependencies=['a']\nlicense='MIT'\nlicense-files=['L*']\n\
        [project.scripts]\nx='x.cli:main'\n[project.entry-points.g]\np='x'\n";
    let facts = check(
        &[
            ("pyproject.toml", root),
            ("src/x/cli.py", ""),
            ("src/x/__init__.py", ""),
            (
                "examples/e/setup.py",
                "from setuptools import setup\nsetup(name='e', install_requires=['b'])\n",
            ),
            (
                "src/x/setup.py",
                "def configuration():\n    pass\nsetup(**configuration().todict())\n",
            ),
            ("tools/pyproject.toml", "[tool.black]\nline-length=1\n"),
        ],
        &[
            "|Root|x: a - pyproject.toml:5",
            "examples/e|Nested|e: b - examples/e/setup.py:2",
        ],
        &[],
    );
    let root = &facts.projects[0];
    assert_eq!(
        root.runtimes.get("python").map(String::as_str),
        Some(">=3.9")
    );
    assert_eq!(
        (root.license.as_deref(), root.license_files.as_slice()),
        (Some("MIT"), &["L*".to_owned()][..])
    );
    let targets: Vec<(&str, &str, Option<&str>)> = root
        .targets
        .iter()
        .map(|target| {
            (
                target.kind.as_str(),
                target.name.as_str(),
                target.path.as_deref(),
            )
        })
        .collect();
    let expected = [
        ("script", "x", Some("src/x/cli.py")),
        ("export", "g:p", Some("src/x/__init__.py")),
    ];
    assert_eq!(targets, expected);
}

#[test]
fn requirements_files_belong_to_the_nearest_package() {
    check(
        &[
            (
                "pyproject.toml",
                "[project]\nname='x'\ndependencies=['a']\n",
            ),
            ("requirements.txt", "a==1\n"),
            ("requirements/dev.txt", "-r ../requirements.txt\nb\n"),
            ("docs/requirements.txt", "c\n-e ..\n-e ../lib\n-e ../gone\n"),
            ("lib/setup.cfg", "[metadata]\nname = l\n"),
            ("lib/requirements/base.txt", "d\n"),
            ("examples/web/requirements.txt", "w\n"),
        ],
        &[
            "|Root|x: a - pyproject.toml:3, c docs docs/requirements.txt:1, b dev requirements/dev.txt:2, a==1 dev requirements.txt:1, a==1 requirements requirements.txt:1, l docs docs/requirements.txt:3 @path+lib",
            "examples/web|Nested|-: w - examples/web/requirements.txt:1",
            "lib|Nested|l: d - lib/requirements/base.txt:1",
        ],
        &["docs/requirements.txt: line 4: no manifest names the package in ../gone"],
    );
}

#[test]
fn folders_with_nothing_but_requirements_are_packages_without_a_name() {
    check(
        &[
            ("backend/requirements.txt", "a\n-r requirements/more.txt\n"),
            ("backend/requirements/more.txt", "b\n"),
            ("backend/requirements/test.txt", "c\n"),
            ("other/environment.yml", "dependencies:\n- pip:\n  - d\n"),
            ("pyproject.toml", "[tool.ruff]\n"),
        ],
        &[
            "backend|Nested|-: a - backend/requirements.txt:1, b - backend/requirements/more.txt:1, c test backend/requirements/test.txt:1",
            "other|Nested|-: d environment other/environment.yml:3",
        ],
        &[],
    );
}

#[test]
fn members_of_a_workspace_are_known() {
    let facts = check(
        &[
            (
                "pyproject.toml",
                "[project]\nname='x'\ndependencies=['a', 'b']\n[tool.uv.sources]\na={workspace=true}\nb={path='ext/b'}\n[tool.uv.workspace]\nmembers=['packages/*','gone']\nexclude=['packages/out']\n",
            ),
            (
                "packages/a/pyproject.toml",
                "[project]\nname='A'\ndependencies=['q']\n",
            ),
            ("packages/out/pyproject.toml", "[project]\nname='o'\n"),
            ("ext/b/pyproject.toml", "[project]\nname='b'\n"),
        ],
        &[
            "|Root|x: a - pyproject.toml:3 @path+packages/a, b - pyproject.toml:3 @path+ext/b",
            "ext/b|Nested|b: ",
            "packages/a|Member|A: q - packages/a/pyproject.toml:3",
            "packages/out|Nested|o: ",
        ],
        &["pyproject.toml: line 8: the member `gone` is not in the tree"],
    );
    let member = &facts.projects[2];
    assert_eq!(member.workspace.as_deref(), Some(""));
    assert_eq!(member.dependencies[0].member.as_deref(), Some("A"));
}

#[test]
fn programs_that_make_packages_are_read_and_their_versions_looked_up() {
    let program = "from setuptools import setup\nimport os\nabout = {}\nexec(open('x/v.py').read(), about)\n\
        setup(name='x', version=about['__version__'], install_requires=open('r.txt').read().splitlines(), extras_require={'t': ['p']})\n";
    let facts = check(
        &[
            ("setup.py", program),
            ("x/v.py", "__version__ = '2.0'\n"),
            ("r.txt", "a>=1\n# c\n-c k.txt\n"),
            ("k.txt", "a<3\n"),
        ],
        &["|Root|x: a>=1 - r.txt:1, p t setup.py:5"],
        &[],
    );
    let root = &facts.projects[0];
    assert_eq!(root.facts.version.as_deref(), Some("2.0"));
    assert_eq!(root.manifests, ["r.txt", "setup.py"]);
    assert_eq!(root.dependencies[0].parsed.as_deref(), Some(">=1, <3"));
    // What `[project]` closes, the program does not open.
    check(
        &[
            ("pyproject.toml", "[project]\nname='x'\n"),
            (
                "setup.py",
                "from setuptools import setup\nsetup(name='x', install_requires=['a', f()])\n",
            ),
        ],
        &["|Root|x: "],
        &[],
    );
    check(
        &[(
            "setup.py",
            "from setuptools import setup\nsetup(name='x', install_requires=f())\n",
        )],
        &["|Root|x: "],
        &[
            "setup.py: line 2: install_requires is not static",
            "setup.py: no manifest states",
        ],
    );
}

#[test]
fn programs_that_cannot_be_read_are_told() {
    let endless = format!(
        "r = ['a']\n{}setup(name='x', install_requires=r)\n",
        "r = r + r\n".repeat(90_000)
    );
    check(
        &[
            ("setup.py", &endless),
            ("a/setup.py", "setup(\n"),
            ("b/setup.py", "f()\n"),
        ],
        &["|Root|-: "],
        &[
            "setup.py: line 1: not read as Python: larger than",
            "setup.py: no manifest states",
            "a/setup.py: line 2: not read as Python",
        ],
    );
}

fn packages(lock: &LockFile) -> Vec<String> {
    let shown = lock.packages.iter().map(|package| {
        let own = if package.own { " own" } else { "" };
        let development = if package.development { " dev" } else { "" };
        let required = package.required_by.join(",");
        format!(
            "{} {} {} [{required}]{own}{development}",
            package.name, package.version, package.source
        )
    });
    shown.collect()
}

fn check_lock(files: &[(&str, &str)], expected: &[&str]) {
    let facts = read(files);
    let lock = facts.locks.first().expect("a lock file");
    assert_eq!(packages(lock), expected, "{:?}", facts.problems);
}

#[test]
fn a_group_is_told_from_the_extra_of_its_name() {
    check(
        &[(
            "pyproject.toml",
            "[project]\nname='x'\n[project.optional-dependencies]\nTest=['a']\nfast=['b']\n[dependency-groups]\ntest=['c']\nlint=['d']\n",
        )],
        &[
            "|Root|x: a Test pyproject.toml:4, b fast pyproject.toml:5, c group:test pyproject.toml:7, d lint pyproject.toml:8",
        ],
        &[],
    );
}

#[test]
fn lock_files_name_the_whole_set() {
    let manifest = (
        "pyproject.toml",
        "[project]\nname='x'\ndependencies=['a']\n[dependency-groups]\ndev=['d']\n",
    );
    check_lock(
        &[
            manifest,
            (
                "uv.lock",
                "version = 1\n[[package]]\nname='x'\nsource={editable='.'}\ndependencies=[{name='a'}]\n[package.dev-dependencies]\ndev=[{name='d'}]\n\
                 [[package]]\nname='a'\nversion='1'\nsource={registry='https://h.example'}\ndependencies=[{name='b',version='2'}]\n\
                 [[package]]\nname='b'\nversion='2'\nsource={git='https://h.example/b#0'}\n[[package]]\nname='d'\nversion='3'\n",
            ),
        ],
        &[
            "a 1 registry [x]",
            "b 2 git [a]",
            "d 3 registry [x] dev",
            "x  path [] own",
        ],
    );
    check_lock(
        &[
            manifest,
            (
                "poetry.lock",
                "[[package]]\nname='a'\nversion='1'\ngroups=['main']\n[package.dependencies]\nb='>=1'\n[[package]]\nname='b'\nversion='2'\n\
                 groups=['main','dev']\n[[package]]\nname='d'\nversion='3'\ngroups=['dev']\n",
            ),
        ],
        &[
            "a 1 registry [x]",
            "b 2 registry [a]",
            "d 3 registry [x] dev",
        ],
    );
    check_lock(
        &[
            manifest,
            (
                "pdm.lock",
                "[[package]]\nname='a'\nversion='1'\ngroups=['default']\ndependencies=['b>=1']\n[[package]]\nname='b'\nversion='2'\n[[package]]\nname='d'\nversion='3'\ngroups=['dev']\n",
            ),
        ],
        &[
            "a 1 registry [x]",
            "b 2 registry [a]",
            "d 3 registry [x] dev",
        ],
    );
    check_lock(
        &[
            manifest,
            (
                "pylock.toml",
                "lock-version='1.0'\n[[packages]]\nname='a'\nversion='1'\ndependencies=[{name='b'}]\n[[packages]]\nname='b'\nvcs={commit-id='0f'}\n",
            ),
        ],
        &["a 1 registry [x]", "b 0f git [a]"],
    );
    check_lock(
        &[
            ("Pipfile", "[packages]\na='*'\n"),
            (
                "Pipfile.lock",
                "{\"_meta\":{},\"default\":{\"a\":{\"version\":\"==1\"}},\"develop\":{\"d\":{\"version\":\"==3\"}}}",
            ),
        ],
        &["a 1 registry []", "d 3 registry [] dev"],
    );
    let compiled = "# This file is autogenerated by pip-compile\na==1\n    # via -r requirements.in\nb==2\n    # via a\n";
    check_lock(
        &[
            manifest,
            ("requirements.in", "a\n"),
            ("requirements.txt", compiled),
        ],
        &["a 1 registry [x]", "b 2 registry [a]"],
    );
    check(
        &[("requirements.in", "a\n"), ("requirements.txt", compiled)],
        &["|Root|-: a - requirements.in:1"],
        &[],
    );
}

#[test]
fn trees_that_mean_harm_are_bounded() {
    let deep = format!("a = {}", "[".repeat(100_000));
    let long_extra = format!(
        "[project]\nname='x'\n[project.optional-dependencies]\n{} = [{}]\n",
        "e".repeat(100_000),
        "'a',".repeat(20_000)
    );
    let names: Vec<String> = (0..3_000)
        .map(|number| format!("p{number}/pyproject.toml"))
        .collect();
    let mut files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), "[project]\nname='x'\ndependencies=['a']\n[tool.uv.workspace]\nmembers=['*','a*','b*']\n"))
        .collect();
    files.push(("pyproject.toml", &long_extra));
    files.push(("deep/pyproject.toml", &deep));
    files.push(("nul/requirements.txt", "a\0\n\u{feff}b\n"));
    files.push((
        "loop/requirements.txt",
        "-r requirements.txt\n-r ../loop/other.txt\n-r /etc/passwd\n-r ../../x\n",
    ));
    files.push(("loop/other.txt", "-r requirements.txt\n"));
    files.push(("bad/uv.lock", "[[package]\n"));
    files.push(("bad/poetry.lock", "package = 1\n"));
    files.push(("bad/Pipfile.lock", "[1]"));
    files.push(("bad/pylock.toml", "packages = 'x'\n"));
    let started = std::time::Instant::now();
    let facts = read(&files);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    assert!(facts.projects.len() > 3_000);
    let kept: usize = facts.projects[0]
        .dependencies
        .iter()
        .filter_map(|known| known.group.as_ref())
        .map(String::len)
        .sum();
    assert!(kept <= 20_000 * 512, "{kept}");
}
