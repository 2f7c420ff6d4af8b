"""All that is found out about one request."""

import collections
import json
import pathlib
import re
import subprocess
import sys

from .cargo_sources import Cargo
from .npm_sources import Npm
from .programs import ENVIRONMENT, NAME, ROOT, TEST_SECONDS, Problem, last_words, run
from .python_sources import Python, is_python_test

ECOSYSTEMS = {one.name: one for one in (Python, Cargo, Npm)}




def synthesize(program, request, scratch):
    """Asks for the component; gives the answer's document, a failure's error object included."""
    repository = request["repository"] + (f"#{request['component']}" if request["component"] else "")
    command = [program, "synthesize", "--repo", repository, "--name", NAME, "--output", scratch / NAME, "--json", "--quiet"]
    known = run([program, "synthesize", "--help"], scratch)[1]
    command += ["--ecosystem", request["ecosystem"]] if "--ecosystem" in known else []
    command += ["--level", "test"] if "--level" in known else []
    answer = run_json(command, scratch)
    if "--level" not in known and answer.get("project_path"):
        checked = run_json([program, "verify", scratch / NAME, "--level", "test", "--json", "--quiet"], scratch)
        answer["verification"] = checked.get("verification", checked)
    return answer


def run_json(command, scratch):
    """Runs the program; gives its document, or one with an error that says that there is none."""
    done = subprocess.run([str(word) for word in command], cwd=scratch, env=ENVIRONMENT, capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=2 * TEST_SECONDS, text=True, errors="replace")
    try:
        answer = json.loads(done.stdout)
        return answer if isinstance(answer, dict) else {}
    except ValueError:
        return {"error": {"code": f"exit status {done.returncode}", "message": last_words(done.stderr)}}


def taken_files(answer, request):
    """Gives new path -> path in the source of what was taken for its own sake: not the tests, nor what only they need."""
    files = [one for one in answer.get("plan", {}).get("files", []) if ":" in one["origin"]]
    from_source = {one["path"]: one["origin"].split(":", 1)[1] for one in files}
    reasons = {from_source[one["path"]]: one["reason"] for one in files}

    def for_tests(path, depth=0):
        if path in request["tests"] or is_test_path(path):
            return True
        importer = re.match(r"imported by (.+):\d+$", reasons.get(path, ""))
        return bool(importer) and depth < 50 and for_tests(importer.group(1), depth + 1)

    return from_source, sorted(path for path in reasons if not for_tests(path))


def is_test_path(path):
    """Tells whether a path of a source lies among tests."""
    parts = path.split("/")
    return is_python_test(path) or any(part in ("test", "tests", "testing", "__tests__") for part in parts[:-1])


class Check:
    """All that is found out about one request."""

    def __init__(self, request, program, scratch, move_tests):
        self.request, self.program, self.scratch, self.move_tests = request, program, scratch, move_tests
        self.steps = dict.fromkeys(("placed", "installed", "imported", "called"))
        self.failed, self.findings, self.verification = [], [], []
        self.original, self.new, self.reasons, self.along = {}, {}, collections.Counter(), set()
        self.refused, self.passing, self.why_original, self.by_name, self.why_new = False, set(), {}, None, {}

    def run(self):
        self.scratch.mkdir(parents=True)
        work = ECOSYSTEMS[self.request["ecosystem"]](self.request, self.scratch)
        try:
            self.step("source", work.fetch)
            answer = synthesize(self.program, self.request, self.scratch)
            work.placed, taken = taken_files(answer, self.request)
            files = sorted({*self.request["tests"], *work.tests_importing(taken)})
            if files:
                self.step("original", lambda: self.keep_original(work, files))
            self.project(work, answer, files, taken)
        except Problem as problem:
            self.failed.append(self.clean(str(problem)))
        except Exception as problem:  # A request must not end the others.
            self.failed.append(self.clean(f"this script failed: {type(problem).__name__}: {problem}"))
        return self

    def step(self, name, work):
        """Does a step; keeps what it could not do and gives whether it could."""
        try:
            work()
            done = True
        except Problem as problem:
            self.failed.append(self.clean(f"{name}: {problem}"))
            done = False
        if name in self.steps:
            self.steps[name] = done
        return done

    def clean(self, text):
        """Takes machine paths and addresses out of a text and shortens it."""
        text = text.replace("/tmp/copy/", "")
        for path in (str(self.scratch), str(ROOT), sys.base_prefix, str(pathlib.Path.home())):
            text = text.replace(path, "[folder]")
        text = re.sub(r"[a-z][a-z+]*://\S+", "[address]", text)
        text = re.sub(r"\b0x[0-9a-f]{6,}\b", "0x[...]", " ".join(text.split()))
        return text if len(text) <= 220 else text[:217] + "..."

    def keep_original(self, work, files):
        self.original, reasons = work.original(files)
        self.why_original = reasons

    def project(self, work, answer, files, taken):
        error = answer.get("error")
        self.findings = (error or {}).get("details", {}).get("findings", []) or answer.get("plan", {}).get("findings", [])
        self.verification = answer.get("verification", {}).get("checks", []) if isinstance(answer.get("verification"), dict) else []
        placed = (self.scratch / NAME).is_dir() and any(":" in one["origin"] for one in answer.get("plan", {}).get("files", []))
        self.steps["placed"] = placed
        if not placed:
            said = error or {"code": answer.get("status", "no answer"), "message": answer.get("explanation", "nothing was placed")}
            self.refused = said["code"] == "E_INCOMPATIBLE"
            self.failed.append(self.clean(f"{said['code']}: {said['message']}"))
            return
        if not self.step("installed", work.install):
            return
        hint = answer["imports"][0]["import_as"]
        if not self.step("imported", lambda: work.imports(hint)):
            return
        self.step("called", work.call)
        along = {path: origin for path, origin in work.placed.items() if origin in files}
        if self.move_tests and files:
            along = work.move(files, taken, self.move_tests == "beside")
        self.along = set(along.values())
        if along or files and work.name == "cargo":
            self.new, why = work.new(along)
            self.match()
            self.compare(why)

    def compare(self, why):
        self.why_new = why
        for key, outcome in self.original.items():
            if outcome == "passed" and not self.passes(key) and not self.is_absent(key):
                self.reasons[self.clean(why.get(key) or why.get((key[0], "")) or self.new.get(key) or "is not there")] += 1

    def passes(self, key):
        return key in self.passing

    def match(self):
        """Finds the tests that pass by their whole name, then the others by their name without parameters, which may name modules."""
        def plain(key):
            return key[0], key[1].split("[")[0]

        self.passing = {key for key in self.original if self.new.get(key) == "passed"}
        left = collections.Counter(plain(key) for key, outcome in self.new.items() if outcome == "passed" and key not in self.original)
        for key in sorted(self.original):
            if key not in self.new and left[plain(key)]:
                left[plain(key)] -= 1
                self.passing.add(key)

    def causes(self):
        """Says what went wrong, as the run shows it."""
        found = list(self.failed)
        if self.steps["called"] is not None and (missing := self.missing_tests()):
            found.append(f"{missing} tests did not come along")
        found += [f"{count} tests: {reason}" for reason, count in sorted(self.reasons.items(), key=lambda one: (-one[1], one[0]))[:3]]
        return found

    def missing_tests(self):
        """Counts the tests that pass upstream and are not in the project, for their file or for what was left out of it."""
        return sum(outcome == "passed" and not self.passes(key) and self.is_absent(key) for key, outcome in self.original.items())

    def is_absent(self, key):
        return key[0] not in self.along or key not in self.new and (key[0], "") not in self.why_new and not self.near(key)

    def near(self, key):
        """Gives the tests of the project that have the file and the plain name of a test."""
        if self.by_name is None:
            self.by_name = collections.defaultdict(list)
            for one in self.new:
                self.by_name[one[0], one[1].split("[")[0]].append(one)
        return self.by_name[key[0], key[1].split("[")[0]]

    def data(self):
        """Gives what the page shows of it, as JSON can have it."""
        tests = {
            "all": len(self.original),
            "passed": sum(self.passes(key) for key in self.original),
            "bad_upstream": sum(outcome != "passed" and not self.passes(key) for key, outcome in self.original.items()),
            "missing": self.missing_tests(),
        }
        return {"id": self.request["id"], "steps": self.steps, "failed": self.failed, "refused": self.refused, "causes": self.causes(),
                "verification": self.verification, "findings": self.findings, "tests": tests, "reasons": dict(self.reasons.most_common()),
                "upstream": {"::".join(key): [outcome, self.clean(self.why_original.get(key, ""))]
                             for key, outcome in self.original.items() if outcome != "passed"}}
