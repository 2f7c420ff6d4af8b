"""Crates, compiled and tested by cargo inside the sandbox, from vendored sources."""

import json
import os
import pathlib
import re
import shutil

from .programs import NAME, Problem, last_words, need, run, sandboxed, split

class Cargo:
    """Crates, compiled and tested by cargo inside the sandbox, from vendored sources."""

    name = "cargo"
    installed = "compiled"

    def __init__(self, request, scratch):
        self.request, self.scratch = request, scratch
        self.source, self.project = scratch / "source", scratch / NAME
        self.module_path = request["component"].split("::", 1)[1] if "::" in request["component"] else ""

    def fetch(self):
        name, version = split(self.request["repository"])
        pattern = f"registry/src/*/{name}-{version}"
        home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
        if not any(home.glob(pattern)):
            need(run(["cargo", "info", "--quiet", f"{name}@{version}"], self.scratch), "the source cannot be found")
        shutil.copytree(next(home.glob(pattern)), self.source)

    def tests_importing(self, taken):
        """Tests of a whole crate are all of them; those of a module are named by hand."""
        return []

    def vendored(self, directory):
        """Puts what a manifest needs into a folder beside it, so that cargo needs no network."""
        vendor = self.scratch / f"vendor-{directory.name}"
        said = need(run(["cargo", "vendor", "--versioned-dirs", vendor], directory), "the packages cannot be had")
        (directory / ".cargo").mkdir(exist_ok=True)
        if "[source" in said:
            with open(directory / ".cargo/config.toml", "a", encoding="utf-8") as config:
                config.write("\n" + said[said.index("[source"):])

    def cargo(self, directory, *arguments):
        sysroot = pathlib.Path(need(run(["rustc", "--print", "sysroot"], self.scratch), "no rustc").strip())
        target = self.scratch / f"target-{directory.name}"
        target.mkdir(exist_ok=True)
        vendor = [path for path in [self.scratch / f"vendor-{directory.name}"] if path.exists()]
        variables = {"PATH": f"{sysroot}/bin:/usr/bin:/bin", "CARGO_HOME": "/tmp/home/.cargo", "CARGO_TARGET_DIR": target, "CARGO_TERM_COLOR": "never",
                     "CARGO_INCREMENTAL": "0", "CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_PROFILE_TEST_DEBUG": "0", "CARGO_BUILD_JOBS": "2"}
        return sandboxed(["cargo", *arguments, "--offline"], directory, [directory, sysroot, *vendor], [target], variables)

    def outcomes(self, said, packages=()):
        """Reads what the test harness says: tests by the file that they are in."""
        found, reasons, file = {}, {}, ""
        for line in said.splitlines():
            if match := re.match(r"\s+Running (?:unittests )?(\S+)", line):
                file = match.group(1)
            elif match := re.match(r"test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)", line):
                key = (file, match.group(1))
                found[key] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}[match.group(2)]
        for name in re.findall(r"(?m)^---- (\S+) stdout ----$", said):
            reasons |= {key: "its assertion failed" for key in found if key[1] == name}
        return found, reasons

    def wanted(self, key, files):
        """Tells whether a test lies in one of the files; unit tests say their module, not their file."""
        if key[0] in files:
            return True
        units = {re.sub(r"^src/|(/mod)?\.rs$", "", path).replace("/", "::") for path in files if path.startswith("src/")}
        return not key[0].startswith("tests/") and (not self.module_path or any(key[1].startswith(f"{unit}::") for unit in units))

    def original(self, files):
        (self.source / ".cargo").mkdir(exist_ok=True)
        self.vendored(self.source)
        status, said = self.cargo(self.source, "test", "--no-fail-fast", "--lib", "--tests")
        (self.scratch / "original.txt").write_text(said)
        found, reasons = self.outcomes(said)
        if not found and status != 0:
            raise Problem(f"the original does not compile its tests: {last_words(said)}")
        return {key: value for key, value in found.items() if self.wanted(key, files)}, reasons

    def install(self):
        # The project stays as it is: the caller's tests go into a copy.
        self.copy = self.scratch / "copy"
        shutil.copytree(self.project, self.copy, ignore=shutil.ignore_patterns(".git", "target"))
        self.vendored(self.copy)
        status, said = self.cargo(self.copy, "check", "--workspace", "--locked")
        if status != 0:
            raise Problem(f"cargo check failed: {last_words(said)}")

    def trial(self, body):
        said = need(run(["cargo", "metadata", "--no-deps", "--format-version", "1", "--offline"], self.copy), "the manifest cannot be read")
        packages = json.loads(said[said.index("{"):])["packages"]
        own = next((one for one in packages if one["name"] == NAME), packages[0])
        target = pathlib.Path(own["manifest_path"]).parent / "tests/check_component_call.rs"
        target.parent.mkdir(exist_ok=True)
        target.write_text(f"#![allow(unused)]\n#[test]\nfn called() {{\n{body}\n}}\n")
        status, said = self.cargo(self.copy, "test", "--package", own["name"], "--test", "check_component_call")
        if status != 0:
            raise Problem(last_words(said))

    def imports(self, hint):
        self.module = re.sub(r"^(pub )?(use|extern crate) |;$|::\*$|::\{.*$", "", hint.strip())
        self.trial(f"use {self.module} as _;")

    def call(self):
        self.trial(self.request["call"].replace("{{import}}", self.module))

    def new(self, placed):
        status, said = self.cargo(self.copy, "test", "--workspace", "--no-fail-fast", "--lib", "--tests")
        (self.scratch / "new.txt").write_text(said)
        found, reasons = self.outcomes(said)
        # By the last part: a member's own folder, or a module that lies deeper than it did.
        by_name = {path.rsplit("/", 1)[-1]: origin for path, origin in placed.items()}
        own = f"{self.module_path}::" if self.module_path else ""

        def named(key):
            test = own + key[1].split(own, 1)[1] if own and own in key[1] else key[1]
            return by_name.get(key[0].rsplit("/", 1)[-1], key[0]), test

        return {named(key): value for key, value in found.items()}, reasons

    def move(self, files, taken, beside):
        raise Problem("tests are moved by hand for Python only")
