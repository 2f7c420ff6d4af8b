"""Prints the import graph of one Python package as grimp sees it.

Usage: python grimp_edges.py FOLDER_OF_THE_PACKAGE [--exclude-type-checking]

Needs the distribution `grimp`. Nothing of the package is run: grimp reads its text. Imports under TYPE_CHECKING are included,
which is grimp's own default, unless the option asks to leave them out. grimp's cache is switched off.

The answer is one JSON object: `package`, `grimp` (its version), `type_checking_imports`, `modules` (sorted), and `edges`, sorted, each
`[importer, imported, line]` by dotted names and the first line.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import grimp


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    exclude = "--exclude-type-checking" in sys.argv
    folder = Path(arguments[0]).resolve()
    sys.path.insert(0, str(folder.parent))
    graph = grimp.build_graph(
        folder.name,
        include_external_packages=False,
        exclude_type_checking_imports=exclude,
        cache_dir=None,
    )
    edges = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            details = graph.get_import_details(importer=importer, imported=imported)
            lines = [detail["line_number"] for detail in details]
            edges.append([importer, imported, min(lines, default=0)])
    answer = {
        "package": folder.name,
        "grimp": version("grimp"),
        "type_checking_imports": not exclude,
        "modules": sorted(graph.modules),
        "edges": sorted(edges),
    }
    json.dump(answer, sys.stdout)
    print()


if __name__ == "__main__":
    main()
