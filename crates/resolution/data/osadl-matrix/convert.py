#!/usr/bin/env python3
"""Writes matrix.tsv from OSADL's own files.

Usage: convert.py MATRIX COPYLEFT DATE > matrix.tsv

MATRIX is OSADL's matrixseqexpl.json, or a copy of it that leaves out the answers "Yes" and "Same"
({"matrix": {leading: {subordinate: {"compatibility": ..., "explanation": ...}}}}).
COPYLEFT is OSADL's copyleft.json, or a file {"licenses": {license: {"copyleft": ...}}}.
DATE is the day on which OSADL's files were read.
"""

import html
import json
import sys

VALUES = {"No": "no", "Unknown": "unknown", "Check dependency": "check"}
INTERPRETATION = " Interpretation: "


def read_matrix(path):
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    if "matrix" in data:
        return data["matrix"]
    return {
        row["name"]: {cell["name"]: cell for cell in row["compatibilities"]}
        for row in data["licenses"]
    }


def read_copyleft(path):
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    if "copyleft" in data:
        return data["copyleft"]
    return {name: entry.get("copyleft") for name, entry in data["licenses"].items()}


def template(text, leading, subordinate):
    """Puts placeholders where the explanation names the two licenses, and leaves out what it says twice."""
    text = " ".join(html.unescape(html.unescape(text)).split())
    head, separator, tail = text.partition(INTERPRETATION)
    if separator and head == tail:
        text = head
    # One name may be a part of the other, so the longer one goes first.
    names = sorted([(leading, "{leading}"), (subordinate, "{subordinate}")], key=lambda pair: -len(pair[0]))
    for name, placeholder in names:
        text = text.replace(f"the {name} license", f"the {placeholder} license")
        text = text.replace(f"the {name} cannot", f"the {placeholder} cannot")
    return text


def main():
    matrix, copyleft, date = read_matrix(sys.argv[1]), read_copyleft(sys.argv[2]), sys.argv[3]
    reasons, lines = {}, []
    for leading in sorted(matrix):
        groups = {}
        for subordinate, cell in sorted(matrix[leading].items()):
            value = cell["compatibility"]
            if value in ("Yes", "Same"):
                continue
            text = template(cell["explanation"], leading, subordinate)
            number = reasons.setdefault(text, len(reasons) + 1)
            groups.setdefault((VALUES[value], number), []).append(subordinate)
        for (value, number), names in sorted(groups.items()):
            lines.append(f"answer\t{leading}\t{value}\t{number}\t{', '.join(names)}")
    print(f"date\t{date}")
    for name in sorted(matrix):
        print(f"license\t{name}\t{copyleft[name]}")
    for text, number in reasons.items():
        print(f"reason\t{number}\t{text}")
    print("\n".join(lines))


main()
