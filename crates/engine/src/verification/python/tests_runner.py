# Runs inside the sandbox: runs the tests and reports their outcomes on one line that begins with the nonce.
import json
import os
import sys

request = json.loads(sys.stdin.readline())
out = os.dup(1)
sys.path[:0] = request["path"]

import pytest  # noqa: E402


class Counter:
    def __init__(self):
        self.counts = dict.fromkeys(("passed", "failed", "skipped", "errors", "expected_failures"), 0)
        self.first = []
        self.by_file = {}

    def add(self, kind, name, why=""):
        self.counts[kind] += 1
        of_file = self.by_file.setdefault(name.split("::")[0], {})
        of_file[kind] = of_file.get(kind, 0) + 1
        if kind in ("failed", "errors") and len(self.first) < 20:
            self.first.append([name[:300], why[:300]])

    def pytest_collectreport(self, report):
        if report.failed:
            self.add("errors", report.nodeid, self.why(report))
        elif report.skipped:
            self.add("skipped", report.nodeid)

    def pytest_runtest_logreport(self, report):
        expected = hasattr(report, "wasxfail")
        if report.when == "call":
            if expected and report.skipped:
                self.add("expected_failures", report.nodeid)
            elif report.passed:
                self.add("passed", report.nodeid)
            elif report.skipped:
                self.add("skipped", report.nodeid)
            else:
                self.add("failed", report.nodeid, self.why(report))
        elif report.skipped:
            self.add("expected_failures" if expected else "skipped", report.nodeid)
        elif report.failed:
            self.add("errors", report.nodeid, self.why(report))

    @staticmethod
    def why(report):
        crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
        text = crash.message if crash else str(report.longrepr)
        lines = [line for line in text.splitlines() if line.strip()]
        return (lines[0] if crash else lines[-1]) if lines else ""


counter = Counter()
status = pytest.main(request["arguments"], plugins=[counter])
answer = {"status": int(status), "first": counter.first, "files": counter.by_file, **counter.counts}
os.write(out, ("\n" + request["nonce"] + json.dumps(answer) + "\n").encode())
