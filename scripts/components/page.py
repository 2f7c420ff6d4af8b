"""Writes docs/components.md from what was found out."""

import re

from .request import ECOSYSTEMS

HEAD = """# Components, asked for one by one

Made by `scripts/check-components` from real runs over the requests of `crates/app/tests/component_requests/requests.toml`, which
were chosen for their difficulties. Do not edit it.

- placed: the project is there. installed: `uv sync` or `npm ci` and the build succeed; for Rust, `cargo check`. imported: the component
  loads in the new project under its new name. called: a small program that uses it gives the known result.
- upstream tests: those of the published source that import a taken module, passed of all. A test that is skipped has not passed. Behind
  them, how many do not pass in the original either, in an environment of its own on the same machine: without a network, as the
  user of a sandbox, with the default features.
- The program verified each project itself, too: the last column, own checks.
"""


class Result:
    """What was found out about one request, of this run or of the data of another."""

    def __init__(self, request, data):
        self.request = request
        self.steps, self.failed, self.refused, self.causes = data["steps"], data["failed"], data["refused"], data["causes"]
        self.verification, self.findings, self.tests = data["verification"], data["findings"], data["tests"]

    def good(self):
        """Says whether nothing is left to explain."""
        if self.request.get("expected") == "refused":
            return self.refused and bool(self.findings)
        tests = self.tests["passed"] + self.tests["bad_upstream"] == self.tests["all"]
        return all(self.steps.values()) and not self.failed and tests and bool(self.tests["all"] or not self.request["tests"])

    def line(self):
        """Tells it in one line."""
        steps = " ".join(f"{name}={'-' if ok is None else 'yes' if ok else 'no'}" for name, ok in self.steps.items())
        return (f"{'ok ' if self.good() else 'BAD'} {self.request['id']:26} {steps} tests={self.tests['passed']}/{self.tests['all']} "
                f"(upstream bad {self.tests['bad_upstream']}) {'; '.join(self.causes)[:200]}")


def page(checks, causes):
    """Writes the page of results."""
    lines = [HEAD]
    lines += ["## Together", "", "| | requests | placed | installed or compiled | imported | called | tests passed | not upstream either | share of each request, on average | without tests |",
              "|---|---|---|---|---|---|---|---|---|---|"]
    groups = [(name, [one for one in checks if one.request["ecosystem"] == name]) for name in ECOSYSTEMS]
    for name, group in [*groups, ("all", checks)]:
        takes = [one for one in group if one.request.get("expected") != "refused"]
        if not takes:
            continue
        steps = [sum(bool(one.steps[step]) for one in takes) for step in ("placed", "installed", "imported", "called")]
        total, passed = sum(one.tests['all'] for one in takes), sum(one.tests['passed'] for one in takes)
        shares = [one.tests['passed'] / one.tests['all'] for one in takes if one.tests['all']]
        average = f"{100 * sum(shares) / len(shares):.0f} %" if shares else "-"
        without = sum(not one.request["tests"] and not one.tests['all'] for one in takes)
        lines.append(f"| {name} | {len(takes)} | " + " | ".join(share(step, len(takes)) for step in steps)
                     + f" | {share(passed, total)} | {sum(one.tests['bad_upstream'] for one in takes)} | {average} | {without} |")
    refused = [one for one in checks if one.request.get("expected") == "refused"]
    if refused:
        lines += ["", f"Of {len(refused)} requests that have to be refused with a reason, {sum(one.good() for one in refused)} were."]
    for name, group in groups:
        if not group:
            continue
        step = ECOSYSTEMS[name].installed
        lines += ["", f"## {name}", "", f"| request | component | placed | {step} | imported | called | upstream tests | own checks |", "|---|---|---|---|---|---|---|---|"]
        for one in group:
            component = f"{one.request['repository'].split(':', 1)[1]} {one.request['component']}".strip()
            tests = f"{one.tests['passed']}/{one.tests['all']}" if one.tests['all'] else "none" if not one.request["tests"] else "unknown"
            tests += f" ({one.tests['bad_upstream']} not upstream either)" if one.tests['bad_upstream'] else ""
            own = ", ".join(f"{check['name']} {check['result']}" for check in one.verification if check["result"] != "passed")
            steps = ["yes" if done else "-" if done is None else "no" for done in one.steps.values()]
            if one.request.get("expected") == "refused":
                steps[0] = "refused, as it has to be" if one.good() else f"{steps[0]}, had to be refused"
            lines.append(f"| {one.request['id']} | `{component}` | " + " | ".join(steps) + f" | {tests} | {own or ('passed' if one.verification else '-')} |")
    lines += ["", "## What did not work, and what told it beforehand", ""]
    for one in checks:
        if one.good():
            continue
        lines += [f"### {one.request['id']}", "", f"{one.request['because'][:1].upper()}{one.request['because'][1:]}.", ""]
        stated = causes.get(one.request["id"], {})
        lines += [f"- seen: {escaped(cause)}" for cause in one.causes] or ["- seen: nothing failed"]
        lines.append(f"- cause: {stated['cause']}" if "cause" in stated else "- cause: not stated yet")
        told = telling(one.findings, stated.get("finding"))
        lines += [f"- told: {escaped(text)}" for text in told] or ["- told: nothing"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def telling(findings, kind):
    """Gives the findings that told a failure, one line for each kind: those of the stated kind, or else errors, warnings and remarks on tests."""
    kinds = {}
    for one in findings:
        if one["kind"] == kind if kind else one["severity"] in ("error", "warning") or one["kind"].startswith("test-"):
            kinds.setdefault(one["kind"], []).append(one)
    lines = []
    for name, group in kinds.items():
        first = group[0]
        where = f" ({first['path']}{':' + str(first['line']) if first.get('line') else ''})" if first.get("path") else ""
        lines.append(f"{first['severity']} {name}: {first['what']}{where}" + (f", and {len(group) - 1} more" if len(group) > 1 else ""))
    return lines


def share(part, whole):
    return f"{part} ({100 * part // whole} %)" if whole else "0"


def escaped(text):
    return re.sub(r"([|<>*_`\[\]])", r"\\\1", text)
