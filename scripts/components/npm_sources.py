"""Packages of npm; tests are TAP programs or run by vitest."""

import json
import pathlib
import re
import shutil

from .programs import IN_A_COPY, NAME, NPM, Problem, last_words, need, run, sandboxed, split, unpack
from .python_sources import renamed_files

class Npm:
    """Packages of npm; tests are TAP programs or run by vitest."""

    name = "npm"
    installed = "installed"

    def __init__(self, request, scratch):
        self.request, self.scratch = request, scratch
        self.source, self.project = scratch / "source", scratch / NAME

    def fetch(self):
        name, version = split(self.request["repository"])
        need(run(["npm", "pack", "--silent", *NPM, f"{name}@{version}"], self.scratch), "the source cannot be found")
        unpack(next(self.scratch.glob("*.tgz")), self.source)

    def tests_importing(self, taken):
        """Tests are named by hand."""
        return []

    def original(self, files):
        manifest = json.loads((self.source / "package.json").read_text(encoding="utf-8"))
        for field in ("devDependencies", "scripts"):
            manifest.pop(field, None)
        (self.source / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
        need(run(["npm", "install", "--silent", *NPM, *self.request.get("test_packages", [])], self.source), "the original cannot be installed")
        return self.tests(self.source, files, "original")

    def tests(self, directory, files, label):
        if any("vitest" in package for package in self.request.get("test_packages", [])):
            return self.vitest(directory, files, label)
        outcomes, reasons = {}, {}
        for file in files:
            status, said = sandboxed([*IN_A_COPY, directory, "/usr/bin/node", file], "/tmp", [directory])
            found = tap(said)
            if not found or status not in (0, 1):
                found |= {("the whole file"): "failed"}
            for test, outcome in found.items():
                outcomes[(file, test)] = outcome
                if outcome == "failed":
                    reasons[(file, test)] = last_words(said)
        return outcomes, reasons

    def vitest(self, directory, files, label):
        report = self.scratch / f"{label}.json"
        report.write_text("{}")
        command = ["/usr/bin/node", "node_modules/vitest/vitest.mjs", "run", "--reporter=json", f"--outputFile={report}", "--cache=false",
                   "--root=.", *files]
        status, said = sandboxed(command, directory, [directory], [report])
        (self.scratch / f"{label}.txt").write_text(said)
        outcomes, reasons = {}, {}
        try:
            answer = json.loads(report.read_text(encoding="utf-8"))
        except ValueError:
            answer = {}
        for one in answer.get("testResults", []):
            file = pathlib.Path(one["name"]).relative_to(directory).as_posix()
            for test in one["assertionResults"]:
                outcomes[(file, test["fullName"])] = {"passed": "passed", "failed": "failed"}.get(test["status"], "skipped")
            if not one["assertionResults"]:
                outcomes[(file, "the whole file")], reasons[(file, "the whole file")] = "failed", (one.get("message") or "").splitlines()[:1]
        return outcomes, reasons

    def install(self):
        self.copy = self.scratch / "copy"
        shutil.copytree(self.project, self.copy, ignore=shutil.ignore_patterns(".git", "node_modules"))
        need(run(["npm", "ci", "--silent", *NPM], self.copy), "npm ci failed")
        manifest = json.loads((self.copy / "package.json").read_text(encoding="utf-8"))
        if "build" in manifest.get("scripts", {}):
            status, said = sandboxed(["/usr/bin/npm", "run", "build"], self.copy, [], [self.copy], {"npm_config_update_notifier": "false"})
            if status != 0:
                raise Problem(f"the build failed: {last_words(said)}")

    def trial(self, text):
        """Runs a module where the built files lie, so that the names of the project's top hold."""
        place = self.copy / "dist" if (self.copy / "dist").is_dir() else self.copy
        (place / "check_component_call.mjs").write_text(text, encoding="utf-8")
        status, said = sandboxed(["/usr/bin/node", "check_component_call.mjs"], place, [self.copy])
        if status != 0:
            raise Problem(last_words(said))

    def imports(self, hint):
        quoted = re.search(r"""["']([^"']+)["']""", hint)
        self.module = quoted.group(1) if quoted else hint.strip()
        self.trial(f"import {json.dumps(self.module)};\n")

    def call(self):
        self.trial(self.request["call"].replace("{{import}}", self.module))

    def new(self, placed):
        base = self.copy / "dist"
        built = {}
        for path, origin in placed.items():
            script = re.sub(r"\.(m|c)?ts$", r".\1js", path)
            built[f"dist/{script}" if (base / script).is_file() else path] = origin
        outcomes, reasons = self.tests(self.copy, sorted(built), "new")
        return renamed_files(outcomes, built), renamed_files(reasons, built)

    def move(self, files, taken, beside):
        raise Problem("tests are moved by hand for Python only")


def tap(said):
    """Reads the tests of a TAP stream: each comment begins one, and it passes when nothing below it is `not ok`."""
    found, test = {}, ""
    for line in said.splitlines():
        if match := re.match(r"\s*# (?!tests |pass |fail |ok$|skip |todo )(.+)", line):
            test = match.group(1).strip()
        elif match := re.match(r"\s*(not )?ok\b(.*)", line):
            skipped = re.search(r"# (SKIP|TODO)\b", match.group(2), re.I)
            outcome = "skipped" if skipped else "failed" if match.group(1) else "passed"
            worst = ("passed", "skipped", "failed")
            found[test] = max(found.get(test, outcome), outcome, key=worst.index)
    return found
