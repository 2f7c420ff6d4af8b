//! Real packages, taken from the registry, placed, verified, installed and called. Needs the network when it runs for the first time.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use synthesizer_testkit::{program::Program, published::fetch_source};

use crate::{
    crafted::{assert_nothing_left, assert_verified, findings, program},
    oracle,
    project::Project,
};

/// The components of the toolbox: package, version, component.
pub(crate) const TOOLBOX: [(&str, &str, &str); 3] = [
    ("click", "8.1.7", "click.formatting"),
    ("itsdangerous", "2.2.0", "itsdangerous.timed"),
    ("flask", "3.1.0", "flask.json.tag"),
];

/// Calls one public function of each component; prints the same for the project and for the original packages.
const SMOKE: &str = include_str!("../../../../examples/toolbox_smoke.py");

/// Synthesises the toolbox from references `REPO` to the three packages and gives the answer.
pub(crate) fn toolbox(program: &Program, repositories: &[String; 3], output: &str) -> Value {
    let references: Vec<String> = repositories
        .iter()
        .zip(TOOLBOX)
        .map(|(repository, (_, _, component))| format!("{repository}#{component}"))
        .collect();
    let mut arguments = vec![
        "synthesize",
        "--json",
        "--name",
        "toolbox",
        "--output",
        output,
        // What comes along of tests has tests of its own.
        "--no-tests",
    ];
    for reference in &references {
        arguments.extend(["--repo", reference]);
    }
    program.run(arguments).expect_status(0).json()
}

/// Gives the references to the published packages.
pub(crate) fn published_references() -> [String; 3] {
    TOOLBOX.map(|(name, version, _)| format!("pypi:{name}@{version}"))
}

/// Unpacks the original sources and gives their folders in the order of the toolbox.
pub(crate) fn originals(into: &Path) -> [PathBuf; 3] {
    TOOLBOX.map(|(name, version, _)| fetch_source(name, version, into))
}

#[test]
fn the_toolbox_is_whole_and_works_as_the_originals_do() {
    let program = program();
    let answer = toolbox(&program, &published_references(), "toolbox");
    let project = Project::at(program.work().join("toolbox"));
    let folder = tempfile::tempdir().expect("a folder");
    let originals = originals(folder.path());

    assert_verified(&answer);
    assert_eq!(answer["status"], "succeeded");
    assert_nothing_left(&program);
    check_counts(&answer, &project, &originals);
    check_dependencies(&answer, &project, &originals);
    check_imports(&project);
    check_type_only_names(&answer, &project, &originals[2]);
    project.assert_committed();
    assert_eq!(answer["tree"], project.tree());
    let sources: Vec<(&str, &Path)> = TOOLBOX
        .iter()
        .zip(&originals)
        .map(|((name, _, _), folder)| (*name, folder.as_path()))
        .collect();
    project.assert_recorded(&sources);
    project.assert_portable(&program, &[folder.path()]);
    check_calls(&program, &project);

    let verified = program
        .run(["verify", "toolbox", "--level", "test", "--locked", "--json"])
        .expect_status(0);
    let checks = crate::crafted::checks(&verified.json());
    for name in [
        "locked",
        "parse",
        "imports-resolve",
        "install",
        "import",
        "tests",
    ] {
        assert_eq!(
            checks.get(name).map(String::as_str),
            Some("passed"),
            "{name}: {}",
            verified.stdout
        );
    }
    project.assert_committed();
}

#[test]
fn the_same_request_gives_the_same_tree_anywhere() {
    let trees = ["one", "deeper/below/two"].map(|output| {
        let program = program();
        std::fs::create_dir_all(program.work().join(output).parent().expect("a parent"))
            .expect("a folder");
        let answer = toolbox(&program, &published_references(), output);
        let project = Project::at(program.work().join(output));
        assert_eq!(answer["tree"], project.tree());
        project.assert_committed();
        project.tree()
    });
    assert_eq!(trees[0], trees[1]);
}

/// The number of files of each component is what an independent reader of the imports finds.
fn check_counts(answer: &Value, project: &Project, originals: &[PathBuf; 3]) {
    let moved: BTreeSet<String> = project.moved().into_keys().collect();
    let mut expected_files = BTreeSet::new();
    let mut counts = BTreeMap::new();
    for ((_, _, component), original) in TOOLBOX.iter().zip(originals) {
        let closure = oracle::closure(&original.join("src"), &[component]);
        counts.insert((*component).to_owned(), closure.files.len());
        expected_files.extend(
            closure
                .files
                .into_iter()
                .map(|file| format!("src/toolbox/{file}")),
        );
    }
    assert_eq!(moved, expected_files);
    let hints = answer["imports"].as_array().expect("imports");
    let told: BTreeMap<String, usize> = hints
        .iter()
        .map(|hint| {
            let component = hint["component"].as_str().expect("text").to_owned();
            assert_eq!(
                hint["import_as"],
                format!("import toolbox.{component}"),
                "{hint}"
            );
            (
                component,
                hint["files"]
                    .as_u64()
                    .and_then(|files| files.try_into().ok())
                    .expect("a count"),
            )
        })
        .collect();
    assert_eq!(told, counts);
    assert_eq!(counts["flask.json.tag"], 4);
    // Every file says why it is there.
    let planned = answer["plan"]["files"].as_array().expect("files");
    assert!(
        planned.iter().all(|file| file["reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty())),
        "{planned:#?}"
    );
}

/// The project declares what the taken code imports, as the sources' manifests have it, and nothing else.
fn check_dependencies(answer: &Value, project: &Project, originals: &[PathBuf; 3]) {
    let mut imported = BTreeSet::new();
    for ((_, _, component), original) in TOOLBOX.iter().zip(originals) {
        let closure = oracle::closure(&original.join("src"), &[component]);
        imported.extend(
            closure
                .external
                .into_iter()
                .filter(|(_, kinds)| kinds.runs())
                .map(|(name, _)| name),
        );
    }
    assert_eq!(
        imported,
        ["colorama", "markupsafe", "werkzeug"]
            .map(str::to_owned)
            .into()
    );
    // click's setup.py has the marker, Flask's manifest the specifier; Flask does not declare markupsafe itself.
    let declared: Vec<String> = project
        .dependencies()
        .iter()
        .map(|line| line.replace('\'', "\""))
        .collect();
    assert_eq!(
        declared,
        [
            "Werkzeug>=3.1",
            "colorama; platform_system == \"Windows\"",
            "markupsafe"
        ]
    );
    assert_eq!(project.extras(), BTreeMap::new());
    let undeclared = findings(answer, "undeclared-import");
    assert_eq!(undeclared.len(), 1, "{undeclared:?}");
    assert!(
        undeclared[0].starts_with("src/flask/json/tag.py:52 ")
            && undeclared[0].contains("markupsafe"),
        "{undeclared:?}"
    );
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("markupsafe"), "{warnings}");
}

fn check_imports(project: &Project) {
    let names = TOOLBOX.map(|(name, _, _)| name);
    let seen = oracle::project(&project.source(), "toolbox", &names);
    assert_eq!(seen.problems, [""; 0]);
    assert!(seen.imports > 100, "{}", seen.imports);
    let runs: Vec<&str> = seen
        .external
        .iter()
        .filter(|(_, kinds)| kinds.runs())
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(runs, ["colorama", "markupsafe", "werkzeug"]);
    // Parents are made empty where nothing uses their names.
    for path in [
        "src/toolbox/click/__init__.py",
        "src/toolbox/itsdangerous/__init__.py",
        "src/toolbox/flask/__init__.py",
    ] {
        assert_eq!(project.text(path), "", "{path}");
    }
    assert!(
        !project
            .text("src/toolbox/flask/json/__init__.py")
            .is_empty()
    );
}

/// Names that Flask imports for type checking alone become `Any`, each reported with its place.
fn check_type_only_names(answer: &Value, project: &Project, flask: &Path) {
    let globals = project.text("src/toolbox/flask/globals.py");
    let aliases: BTreeSet<&str> = globals
        .lines()
        .filter_map(|line| line.strip_prefix("    from typing import "))
        .flat_map(|names| names.split(&[',', ';'][..]))
        .filter_map(|name| name.trim().strip_prefix("Any as "))
        .collect();
    let expected = [
        "AppContext",
        "Flask",
        "Request",
        "RequestContext",
        "SessionMixin",
        "_AppCtxGlobals",
    ];
    assert_eq!(aliases, expected.into(), "{globals}");
    let reported: Vec<String> = findings(answer, "type-only-import")
        .into_iter()
        .filter(|finding| finding.starts_with("src/flask/"))
        .collect();
    for (file, module) in [
        ("src/flask/globals.py", "app"),
        ("src/flask/globals.py", "ctx"),
        ("src/flask/globals.py", "sessions"),
        ("src/flask/globals.py", "wrappers"),
        ("src/flask/json/__init__.py", "wrappers"),
        ("src/flask/json/provider.py", "sansio.app"),
    ] {
        let text = std::fs::read_to_string(flask.join(file)).expect("the original");
        let line = text
            .lines()
            .position(|line| {
                line.trim_start().starts_with("from .")
                    && line.contains(&format!(".{module} import "))
            })
            .unwrap_or_else(|| panic!("{file} imports {module}"));
        let place = format!("{file}:{} flask.{module}.", line + 1);
        assert!(
            reported.iter().any(|finding| finding.starts_with(&place)),
            "{place} is not in {reported:#?}"
        );
    }
    // A type of a declared dependency stays.
    assert!(
        project
            .text("src/toolbox/flask/json/provider.py")
            .contains("from werkzeug.sansio.response import Response")
    );
}

/// The calls of the smoke test give the same values in the project's environment and in one with the original packages.
fn check_calls(program: &Program, project: &Project) {
    let environment = program.world().join("environment");
    let uv = |arguments: &[&str]| {
        let mut command = Command::new("uv");
        command
            .args(arguments)
            .current_dir(project.root())
            .env("UV_PROJECT_ENVIRONMENT", &environment);
        run(command.env("UV_PYTHON_DOWNLOADS", "never"))
    };
    uv(&[
        "sync",
        "--locked",
        "--no-build",
        "--no-install-project",
        "--no-dev",
        "--quiet",
    ]);
    let original_environment = program.world().join("originals");
    let path = original_environment.to_str().expect("UTF-8");
    uv(&["venv", "--quiet", path]);
    let pins = TOOLBOX.map(|(name, version, _)| format!("{name}=={version}"));
    let install = ["pip", "install", "--quiet", "--no-build", "--python", path];
    let pins: Vec<&str> = pins.iter().map(String::as_str).collect();
    uv(&[&install[..], &pins].concat());

    let smoke = |environment: &Path, prefix: &str, modules: Option<PathBuf>| {
        let mut command = Command::new(environment.join("bin/python"));
        command
            .args(["-B", "-c", SMOKE, prefix])
            .env_remove("PYTHONPATH")
            .current_dir("/");
        run(command.envs(modules.map(|modules| ("PYTHONPATH", modules))))
    };
    let fresh = smoke(&environment, "toolbox.", Some(project.source()));
    let original = smoke(&original_environment, "", None);
    assert_eq!(fresh, original);
    assert_eq!(fresh.lines().count(), TOOLBOX.len(), "{fresh}");
    // uv has kept to its own folder.
    project.assert_committed();
}

pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

const REQUESTS: &str = "pypi:requests@2.34.2";

#[test]
fn requests_as_a_whole_comes_with_its_data_and_its_computed_import_is_reported() {
    let program = program();
    let reference = format!("{REQUESTS}#requests");
    let arguments = [
        "synthesize",
        "--json",
        "--no-tests",
        "--name",
        "web",
        "--output",
        "web",
        "--repo",
        &reference,
    ];
    let answer = program.run(arguments).expect_status(0).json();
    let project = Project::at(program.work().join("web"));
    let folder = tempfile::tempdir().expect("a folder");
    let original = fetch_source("requests", "2.34.2", folder.path());

    assert_verified(&answer);
    project.assert_committed();
    project.assert_recorded(&[("requests", &original)]);
    project.assert_portable(&program, &[folder.path()]);
    let package = crate::project::files_below(&original.join("src/requests"), &["__pycache__"]);
    let moved: BTreeSet<String> = project.moved().into_keys().collect();
    let expected: BTreeSet<String> = package
        .keys()
        .map(|path| format!("src/web/requests/{path}"))
        .collect();
    assert_eq!(moved, expected);
    assert!(moved.contains("src/web/requests/py.typed"));

    let compat =
        std::fs::read_to_string(original.join("src/requests/compat.py")).expect("the original");
    let line = compat
        .lines()
        .position(|line| line.contains("importlib.import_module("))
        .expect("it imports by name");
    let computed = findings(&answer, "computed-import");
    let place = format!("src/requests/compat.py:{} ", line + 1);
    assert!(
        computed.iter().any(|finding| finding.starts_with(&place)),
        "{place} is not in {computed:#?}"
    );

    let seen = oracle::project(&project.source(), "web", &["requests"]);
    assert_eq!(seen.problems, [""; 0]);
    check_requests_dependencies(&answer, &project);
    check_requests_notice(&project, &original);
    let verified = program
        .run(["verify", "web", "--level", "test", "--json"])
        .expect_status(0);
    assert_eq!(
        crate::crafted::checks(&verified.json())["tests"],
        "passed",
        "{}",
        verified.stdout
    );
    check_requests_call(&program, &project);
}

fn check_requests_dependencies(answer: &Value, project: &Project) {
    let required = project.dependencies();
    let expected = [
        "certifi>=2023.5.7",
        "charset_normalizer>=2,<4",
        "idna>=2.5,<4",
        "urllib3>=1.26,<3",
    ];
    assert_eq!(required, expected);
    // `requests` reaches chardet by a computed name and under a guard, and declares it as an extra.
    let extras: Vec<String> = project.extras().into_values().flatten().collect();
    assert!(
        extras.contains(&"chardet>=3.0.2,<8".to_owned()),
        "{extras:?}"
    );
    // What it uses where it happens to be there, undeclared, is told.
    let told = answer["plan"]["findings"].to_string();
    for name in ["simplejson", "cryptography", "OpenSSL"] {
        assert!(told.contains(&format!("imports {name}")), "{name}: {told}");
    }
}

fn check_requests_notice(project: &Project, original: &Path) {
    let notice = project.text("NOTICE");
    let upstream = std::fs::read_to_string(original.join("NOTICE")).expect("requests has a NOTICE");
    assert!(notice.contains(&upstream), "{notice}");
    assert!(
        project
            .text("LICENSES/Apache-2.0.txt")
            .contains("Apache License")
    );
    let lock = project.lock();
    let sources: Vec<_> = lock
        .sources
        .iter()
        .map(|source| (source.id.as_str(), source.license.as_str()))
        .collect();
    assert_eq!(sources, [("requests", "Apache-2.0")]);
    check_marks(project);
}

/// Apache-2.0 asks for a notice in changed files (section 4b): those have it, the others do not.
fn check_marks(project: &Project) -> usize {
    let mut changed = 0;
    for file in project
        .lock()
        .files
        .iter()
        .filter(|file| file.source != "generated" && file.path.ends_with(".py"))
    {
        let is_changed = file.transforms != ["moved"];
        let text = project.text(&file.path);
        let is_marked = text
            .lines()
            .take(3)
            .any(|line| line.starts_with("# Modified by Synthesizer: "));
        assert_eq!(
            (
                is_marked,
                file.transforms.contains(&"marked-changed".to_owned())
            ),
            (is_changed, is_changed),
            "{file:?}"
        );
        changed += usize::from(is_changed);
    }
    changed
}

/// A request to a local server by the placed copy gives what the original gives.
fn check_requests_call(program: &Program, project: &Project) {
    const SCRIPT: &str = "
import http.server, importlib, json, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({'path': self.path, 'agent': self.headers['User-Agent']}).encode()
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
requests = importlib.import_module(sys.argv[1] + 'requests')
session = requests.Session(); session.trust_env = False
answer = session.get('http://127.0.0.1:%d/a' % server.server_port, params={'b': 'c d'})
print(json.dumps([answer.status_code, answer.json(), requests.__version__, sorted(requests.structures.CaseInsensitiveDict(A=1).lower_items())]))
assert ('requests' in sys.modules) == (sys.argv[1] == '')
";
    let environment = program.world().join("environment");
    let mut sync = Command::new("uv");
    sync.args([
        "sync",
        "--locked",
        "--no-build",
        "--no-install-project",
        "--no-dev",
        "--quiet",
    ])
    .current_dir(project.root())
    .env("UV_PROJECT_ENVIRONMENT", &environment);
    run(&mut sync);
    let python = environment.join("bin/python");
    let call = |prefix: &str, modules: PathBuf| {
        let mut command = Command::new(&python);
        run(command
            .args(["-B", "-c", SCRIPT, prefix])
            .env("PYTHONPATH", modules)
            .current_dir("/"))
    };
    let folder = tempfile::tempdir().expect("a folder");
    let original = fetch_source("requests", "2.34.2", folder.path());
    assert_eq!(
        call("web.", project.source()),
        call("", original.join("src"))
    );
}

#[test]
fn a_part_of_requests_is_small_and_marked_where_it_was_changed() {
    let program = program();
    let structures = format!("{REQUESTS}#requests.structures");
    let hooks = format!("{REQUESTS}#requests.hooks");
    let arguments = [
        "synthesize",
        "--json",
        "--no-tests",
        "--name",
        "parts",
        "--output",
        "parts",
        "--repo",
        &structures,
        "--repo",
        &hooks,
    ];
    let answer = program.run(arguments).expect_status(0).json();
    let project = Project::at(program.work().join("parts"));
    assert_verified(&answer);
    let counts: BTreeMap<&str, u64> = answer["imports"]
        .as_array()
        .expect("imports")
        .iter()
        .map(|hint| {
            (
                hint["component"].as_str().expect("text"),
                hint["files"].as_u64().expect("a count"),
            )
        })
        .collect();
    assert_eq!(
        counts,
        [("requests.structures", 2), ("requests.hooks", 1)].into()
    );
    let moved: Vec<String> = project.moved().into_keys().collect();
    let expected =
        ["compat.py", "hooks.py", "structures.py"].map(|name| format!("src/parts/requests/{name}"));
    assert_eq!(moved, expected);
    assert_eq!(project.text("src/parts/requests/__init__.py"), "");
    // `hooks` imports two types of modules that were not taken.
    assert_eq!(check_marks(&project), 1);
    let hooks = project.text("src/parts/requests/hooks.py");
    assert!(
        hooks.contains("from typing import Any as _t") && hooks.contains("Any as Response"),
        "{hooks}"
    );
    assert_eq!(
        oracle::project(&project.source(), "parts", &["requests"]).problems,
        [""; 0]
    );
    let folder = tempfile::tempdir().expect("a folder");
    let original = fetch_source("requests", "2.34.2", folder.path());
    project.assert_recorded(&[("requests", &original)]);
}
