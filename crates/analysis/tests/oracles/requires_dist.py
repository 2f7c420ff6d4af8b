"""Puts what a manifest declares and what the built metadata declares into one form, with the distribution `packaging`.

Usage: python requires_dist.py < QUESTION

The question is one JSON object: `metadata`, the text of a METADATA file, and `ours`, with `extras` (names) and `requirements`: a list of
[requirement without a marker, marker or null, extra or null]. Nothing of a package is run.

The answer is one JSON object with `expected` (of the metadata) and `found` (of ours), each with `extras` (normalised, sorted),
`requirements` and `expanded`. `requirements` holds, by "NAME[EXTRAS]SPECIFIER for EXTRA", the environments in which it is asked for, as a
number with one bit for each of some hundred environments. `expanded` is the same with every extra of the package itself replaced by what it
asks for.
"""

import json
import sys
from email import message_from_string
from functools import lru_cache
from itertools import product

from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SYSTEMS = [
    ("win32", "nt", "Windows", "AMD64"),
    ("linux", "posix", "Linux", "x86_64"),
    ("linux", "posix", "Linux", "aarch64"),
    ("darwin", "posix", "Darwin", "arm64"),
    ("emscripten", "posix", "Emscripten", "wasm32"),
    ("cygwin", "posix", "CYGWIN", "x86_64"),
]
PYTHONS = ["2.7", *(f"3.{minor}" for minor in range(6, 16))]
IMPLEMENTATIONS = [("cpython", "CPython"), ("pypy", "PyPy")]


def environments() -> list:
    made = []
    for python, system, implementation in product(PYTHONS, SYSTEMS, IMPLEMENTATIONS):
        environment = dict(default_environment())
        environment.update(
            python_version=python,
            python_full_version=f"{python}.3",
            implementation_version=f"{python}.3",
            sys_platform=system[0],
            os_name=system[1],
            platform_system=system[2],
            platform_machine=system[3],
            implementation_name=implementation[0],
            platform_python_implementation=implementation[1],
        )
        made.append(environment)
    return made


ENVIRONMENTS = environments()
EVERYWHERE = (1 << len(ENVIRONMENTS)) - 1


@lru_cache(maxsize=None)
def where(marker: str, extra: str) -> int:
    """Gives the environments in which a marker holds, as bits."""
    if not marker:
        return EVERYWHERE
    parsed = Marker(marker)
    bits = 0
    for place, environment in enumerate(ENVIRONMENTS):
        bits |= parsed.evaluate({**environment, "extra": extra}) << place
    return bits


def entry(requirement: Requirement, extra: str) -> tuple:
    asked = tuple(sorted(canonicalize_name(each) for each in requirement.extras))
    version = "@" if requirement.url else str(requirement.specifier)
    return (canonicalize_name(requirement.name), asked, version, extra)


def add(entries: dict, key: tuple, bits: int) -> None:
    if bits:
        entries[key] = entries.get(key, 0) | bits


def of_metadata(metadata) -> tuple:
    extras = sorted({canonicalize_name(extra) for extra in metadata.get_all("Provides-Extra", [])})
    entries = {}
    for line in metadata.get_all("Requires-Dist", []):
        requirement = Requirement(line)
        marker = str(requirement.marker or "")
        always = where(marker, "")
        add(entries, entry(requirement, ""), always)
        for extra in extras if "extra" in marker else []:
            # What is asked for anyway is not of the extra.
            add(entries, entry(requirement, extra), where(marker, extra) & ~always)
    return extras, entries


def of_ours(ours: dict) -> tuple:
    extras = sorted({canonicalize_name(extra) for extra in ours["extras"]})
    entries = {}
    for text, marker, extra in ours["requirements"]:
        extra = canonicalize_name(extra) if extra else ""
        add(entries, entry(Requirement(text), extra), where(marker or "", extra))
    return extras, entries


def expanded(name: str, entries: dict) -> dict:
    found = {}
    for extra in {key[3] for key in entries}:
        waiting, seen = [(extra, EVERYWHERE)], set()
        while waiting:
            current, bits = waiting.pop()
            for key, at in entries.items():
                if key[3] != current or not at & bits:
                    continue
                if key[0] != name or not key[1]:
                    add(found, (*key[:3], extra), at & bits)
                    continue
                for inner in key[1]:
                    if (inner, at & bits) not in seen:
                        seen.add((inner, at & bits))
                        waiting.append((inner, at & bits))
    return found


def shown(entries: dict) -> dict:
    return {
        f"{name}[{','.join(asked)}]{version} for {extra or 'all'}": f"{bits:x}"
        for (name, asked, version, extra), bits in sorted(entries.items())
    }


def main() -> None:
    question = json.load(sys.stdin)
    metadata = message_from_string(question["metadata"])
    name = canonicalize_name(metadata["Name"])
    answer = {}
    for side, (extras, entries) in {"expected": of_metadata(metadata), "found": of_ours(question["ours"])}.items():
        answer[side] = {
            "extras": extras,
            "requirements": shown(entries),
            "expanded": shown(expanded(name, entries)),
        }
    json.dump(answer, sys.stdout)
    print()


if __name__ == "__main__":
    main()
