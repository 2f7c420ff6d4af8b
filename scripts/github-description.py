#!/usr/bin/env python3
"""Writes the part of GitHub's published OpenAPI description that the program uses: python3 github-description.py IN OUT."""

import json
import sys

PATHS = ["/search/repositories", "/repos/{owner}/{repo}"]


def references(value):
    """Gives every $ref below a value."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key == "$ref" and isinstance(child, str):
                yield child
            else:
                yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        whole = json.load(file)
    part = {key: whole[key] for key in ("openapi", "info", "servers")}
    part["paths"] = {
        path: {key: whole["paths"][path][key] for key in ("get", "parameters") if key in whole["paths"][path]}
        for path in PATHS
    }
    components, seen, pending = {}, set(), [part["paths"]]
    while pending:
        for reference in references(pending.pop()):
            if reference not in seen:
                seen.add(reference)
                _, _, kind, name = reference.split("/", 3)
                value = whole["components"][kind][name]
                components.setdefault(kind, {})[name] = value
                pending.append(value)
    part["components"] = components
    with open(target, "w", encoding="utf-8") as file:
        json.dump(part, file)


main()
