"""Sources of the Python package index, tests run by pytest."""

import ast
import hashlib
import json
import pathlib
import re
import shutil
import sys
import tomllib
import urllib.request

from .programs import ENVIRONMENT, IN_A_COPY, INSTALL_SECONDS, NAME, PYTEST, Problem, last_words, need, run, sandboxed, split, unpack

REPORTER = '''
import json, os

# Opened at once: tests may take the environment away, and the file system below it.
REPORT = os.open(os.environ["CHECK_REPORT"], os.O_WRONLY | os.O_APPEND)
write, dumps = os.write, json.dumps

def say(**what):
    write(REPORT, dumps(what).encode() + b"\\n")

def why(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr)
    return " ".join(text.strip().splitlines()[-1:] if not crash else text.splitlines()[:1])[:300]

def pytest_runtest_logreport(report):
    say(id=report.nodeid, when=report.when, outcome=report.outcome, xfail=hasattr(report, "wasxfail"), why=why(report) if report.failed else "")

def pytest_collectreport(report):
    if report.failed:
        say(id=report.nodeid, when="collect", outcome="failed", why=why(report))
'''


class Python:
    """Sources of the Python package index, tests run by pytest."""

    name = "python"
    installed = "installed"

    def __init__(self, request, scratch):
        self.request, self.scratch = request, scratch
        self.source, self.project = scratch / "source", scratch / NAME
        self.plugin = scratch / "plugin"

    def fetch(self):
        name, version = split(self.request["repository"])
        command = ["uv", "pip", "compile", "--no-deps", "--quiet", "--no-header", "--format", "pylock.toml", "--output-file", "pylock.toml", "wanted.in"]
        (self.scratch / "wanted.in").write_text(f"{name}=={version}\n")
        need(run(command, self.scratch), "the source cannot be found")
        archive = tomllib.loads((self.scratch / "pylock.toml").read_text())["packages"][0].get("sdist")
        if not archive:
            raise Problem("there is no source archive")
        with urllib.request.urlopen(archive["url"], timeout=INSTALL_SECONDS) as answer:
            content = answer.read()
        if hashlib.sha256(content).hexdigest() != archive["hashes"]["sha256"]:
            raise Problem("the source archive has another hash")
        (self.scratch / "source.tar.gz").write_bytes(content)
        unpack(self.scratch / "source.tar.gz", self.source)

    def module_of(self, path):
        """Gives the dotted module of a source file, by the nearest folder above that looks like the root of modules."""
        parts = list(pathlib.PurePosixPath(path).with_suffix("").parts)
        if parts[0] in ("src", "lib") and not (self.source / parts[0] / "__init__.py").exists():
            parts = parts[1:]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def tests_importing(self, taken):
        """Gives the test files of the source that import one of the taken files."""
        taken = {self.module_of(path) for path in taken if path.endswith(".py")}
        found = []
        for file in sorted(self.source.rglob("*.py")):
            path = file.relative_to(self.source).as_posix()
            if not is_python_test(path):
                continue
            try:
                tree = ast.parse(file.read_bytes())
            except (SyntaxError, ValueError):
                continue
            package = self.module_of(path).split(".")
            names = set()
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    names |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    above = package[:len(package) - node.level] if node.level else []
                    base = ".".join([*above, *([node.module] if node.module else [])])
                    names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
            if names & taken:
                found.append(path)
        return found

    def original(self, files):
        """Runs the upstream tests against the published package."""
        name, version = split(self.request["repository"])
        environment = self.scratch / "original"
        need(run(["uv", "venv", "--quiet", environment], self.scratch), "no environment for the original")
        wanted = [f"{name}=={version}", PYTEST, *self.request.get("test_packages", [])]
        extra = [] if "pluggy" == name else ["--no-build"]
        need(run(["uv", "pip", "install", "--quiet", *extra, "--python", environment / "bin/python", *wanted], self.scratch), "the original cannot be installed")
        variables = dict(self.request.get("test_variables", {}))
        if "PYTHONPATH" in variables:
            variables["PYTHONPATH"] = f"/tmp/copy/{variables['PYTHONPATH']}"
        return self.pytest(self.source, environment, files, variables, "original")

    def pytest(self, directory, environment, files, variables, label):
        report = self.scratch / f"{label}.jsonl"
        self.plugin.mkdir(exist_ok=True)
        (self.plugin / "check_components_report.py").write_text(REPORTER)
        command = [environment / "bin/python", "-m", "pytest", "-q", "-p", "check_components_report", "-o", "cache_dir=/tmp/cache",
                   "--continue-on-collection-errors", "--rootdir=."]
        path = ":".join(filter(None, [str(self.plugin), variables.get("PYTHONPATH", "")]))
        for more in ([], ["-o", "addopts="], ["-o", "addopts=", "-c", "/dev/null"]):
            report.write_text("")
            status, said = sandboxed([*IN_A_COPY, directory, *command, *more, "--", *files], "/tmp", [directory, environment, self.plugin, sys.base_prefix], [report],
                                     {**variables, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "CHECK_REPORT": report})
            if status in (0, 1, 2, 5) and report.stat().st_size or status == "timeout":
                break
        (self.scratch / f"{label}.txt").write_text(said)
        outcomes, reasons = {}, {}
        for line in report.read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            file, _, test = one["id"].partition("::")
            key = (file, test)
            if one["outcome"] == "failed":
                outcomes[key], reasons[key] = "failed", one["why"]
            elif outcomes.get(key) != "failed" and (one["outcome"] == "skipped" or one["when"] == "call"):
                outcomes[key] = one["outcome"]
        if status == "timeout":
            reasons[("", "")] = "the tests took too long"
        for file in files:
            if (file, "") in outcomes or not any(key[0] == file for key in outcomes):
                # Not collected: what it holds is counted from its text.
                why = reasons.get((file, ""), last_words(said))
                outcomes.pop((file, ""), None)
                for test in written_tests(directory / file):
                    outcomes[(file, test)], reasons[(file, test)] = "failed", why
        return outcomes, reasons

    def install(self):
        """Installs the project: its packages from wheels alone, then itself."""
        self.environment = self.scratch / "new"
        environment = ENVIRONMENT | {"UV_PROJECT_ENVIRONMENT": str(self.environment)}
        need(run(["uv", "sync", "--quiet", "--locked", "--no-build", "--no-install-project"], self.project, environment=environment), "uv sync failed")
        need(run(["uv", "sync", "--quiet", "--locked"], self.project, environment=environment), "uv sync failed")

    def python(self, text):
        status, said = sandboxed([self.environment / "bin/python", "-c", text], "/tmp", [self.project, self.environment, sys.base_prefix])
        if status != 0:
            raise Problem(last_words(said) if status != "timeout" else "took too long")

    def imports(self, hint):
        self.module = re.match(r"(?:import|from) (\S+)", hint).group(1)
        self.python(hint)

    def call(self):
        self.python(self.request["call"].replace("{{import}}", self.module))

    def new(self, placed):
        """Runs the upstream tests that came along; `placed` says which file of the project is which file of the source."""
        outcomes, reasons = self.pytest(self.project, self.environment, sorted(placed), {}, "new")
        return renamed_files(outcomes, placed), renamed_files(reasons, placed)

    def move(self, files, taken, beside):
        """Moves the upstream tests by hand, as an experiment, and gives what `new` takes."""
        own = {self.module_of(path) for path in self.placed.values() if path.endswith(".py")} if beside else None
        packages = sorted({self.module_of(path).split(".")[0] for path in taken if path.endswith(".py")})
        inside = {path: where for where, path in self.placed.items()}
        roots = sorted({path.split("/")[0] for path in files if "/" in path})
        copied, moved = self.project / "upstream", {}
        for root in roots:
            if (self.source / root).is_dir() and root not in ("src", "lib", *packages):
                shutil.copytree(self.source / root, copied / root, dirs_exist_ok=True)
        for path in [*files, *[name for name in ("conftest.py", "pytest.ini") if (self.source / name).is_file()]]:
            target = pathlib.PurePosixPath(path)
            target = target.relative_to(target.parts[0]) if target.parts[0] in ("src", "lib") else target
            where = self.project / "src" / NAME / target if target.parts[0] in packages else copied / path
            where.parent.mkdir(parents=True, exist_ok=True)
            for above in where.relative_to(self.project).parents:
                if (self.project / above).is_relative_to(self.project / "src" / NAME) and not (self.project / above / "__init__.py").exists():
                    (self.project / above / "__init__.py").write_text("")
            if path not in inside:
                shutil.copyfile(self.source / path, where)
            if path in files:
                moved[inside.get(path, where.relative_to(self.project).as_posix())] = path
        for file in [*copied.rglob("*.py"), *[self.project / one for one in moved]]:
            if file.is_file() and file.relative_to(self.project).as_posix() not in self.placed:
                file.write_text(renamed_imports(file.read_text(encoding="utf-8", errors="surrogateescape"), packages, own), encoding="utf-8", errors="surrogateescape")
        wanted = [PYTEST, *self.request.get("test_packages", []), *(["{}=={}".format(*split(self.request["repository"]))] if beside else [])]
        need(run(["uv", "pip", "install", "--quiet", "--no-build", "--python", self.environment / "bin/python", *wanted], self.scratch),
             "the packages of the tests cannot be installed")
        return moved


def renamed_files(tests, files):
    """Gives what is known of tests by the files of the source that they come from."""
    return {(files.get(file, file), test): what for (file, test), what in tests.items()}


def is_python_test(path):
    name = path.rsplit("/", 1)[-1]
    return name.startswith("test_") or name.endswith("_test.py") or name == "tests.py" and path != "src/jinja2/tests.py"


def written_tests(path):
    """Gives the tests that the text of a file defines: functions and methods whose names begin with test."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    own = [node.name for node in tree.body if isinstance(node, functions) and node.name.startswith("test")]
    return own + [f"{node.name}::{inner.name}" for node in tree.body if isinstance(node, ast.ClassDef)
                  for inner in node.body if isinstance(inner, functions) and inner.name.startswith("test")]


def renamed_imports(text, packages, own=None):
    """Puts the new package before names of the given ones in import statements, line by line; good enough for an experiment.

    With `own`, only modules among them are renamed: the others are meant to come from the published package.
    """
    names = "|".join(map(re.escape, packages))

    def line(match):
        space, before, module, after = match.group(1), match.group(2), match.group(3), match.group(4)
        if own is not None and module not in own:
            imported = re.match(r"\s+import\s+\(?([\w, ]+)", after) if before == "from" else None
            parts = [part.split()[0] for part in imported.group(1).split(",") if part.strip()] if imported else []
            if not parts or not all(f"{module}.{part}" in own for part in parts):
                return match.group(0)
        if before == "from" or " as " in after:
            return f"{space}{before} {NAME}.{module}{after}"
        top = module.split(".")[0]
        return f"{space}from {NAME} import {top}{after}" if top == module else f"{space}import {NAME}.{module}; from {NAME} import {top}{after}"

    return re.sub(rf"(?m)^([ \t]*)(from|import) ((?:{names})(?:\.\w+)*)(?![\w.])([^\n]*)$", line, text)
