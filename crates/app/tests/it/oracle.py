"""A second opinion on imports, written on the standard library's own `ast` and sharing nothing with the program.

    oracle.py closure ROOT MODULE...              what taking the modules of ROOT brings, by the rules of the closure
    oracle.py project ROOT PACKAGE ORIGINAL...    whether every import of PACKAGE below ROOT resolves, and what it imports from elsewhere

Prints one JSON document. Knows the rules, not the program: a parent package is taken only where a name that it defines is used;
imports under `TYPE_CHECKING` are not followed; those in functions are.
"""

import ast
import json
import os
import sys

STANDARD = set(sys.stdlib_module_names) | {"__future__", "_typeshed"}


class Source:
    """The modules below an import root."""

    def __init__(self, root):
        self.files = {}
        self.packages = set()
        self.namespaces = set()
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                if not name.endswith(".py"):
                    continue
                path = os.path.relpath(os.path.join(folder, name), root)
                parts = path[:-3].split(os.sep)
                if parts[-1] == "__init__":
                    parts.pop()
                    self.packages.add(".".join(parts))
                self.files[".".join(parts)] = path
                for end in range(1, len(parts)):
                    self.namespaces.add(".".join(parts[:end]))
        self.namespaces -= set(self.files)
        self.trees = {}
        for module, path in self.files.items():
            with open(os.path.join(root, path), "rb") as file:
                self.trees[module] = ast.parse(file.read(), path)

    def holds(self, module):
        top = module.partition(".")[0]
        return top in self.files or top in self.namespaces

    def absolute(self, module, node):
        """The absolute name of what a `from` import names."""
        if not node.level:
            return node.module
        base = module.split(".")
        if module not in self.packages:
            base.pop()
        if node.level > 1:
            del base[1 - node.level :]
        return ".".join(base + ([node.module] if node.module else []))

    def names(self, module):
        """The names that a module's top level binds; `None` when it can have any name."""
        bound = set()
        for node, _, _ in statements(self.trees[module].body, into_functions=False):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                bound.add(node.name)
            elif isinstance(node, ast.Import):
                bound.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                if any(alias.name == "*" for alias in node.names):
                    return None
                bound.update(alias.asname or alias.name for alias in node.names)
            else:
                bound.update(part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
        return None if "__getattr__" in bound else bound


def statements(body, into_functions=True, type_checking=False, guarded=False):
    """Gives every statement with whether it is under `TYPE_CHECKING` and whether a missing import is caught."""
    for node in body:
        yield node, type_checking, guarded
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if into_functions:
                yield from statements(node.body, into_functions, type_checking, guarded)
            continue
        only_types = type_checking or (isinstance(node, ast.If) and is_type_checking(node.test))
        catches = isinstance(node, ast.Try) and any(catches_import_errors(handler) for handler in node.handlers)
        for field in ("body", "orelse", "finalbody"):
            inner = getattr(node, field, None) or []
            yield from statements(inner, into_functions, only_types if field == "body" else type_checking, guarded or (catches and field == "body"))
        for handler in getattr(node, "handlers", []):
            fallback = guarded or catches_import_errors(handler)
            yield from statements(handler.body, into_functions, type_checking, fallback)
        for case in getattr(node, "cases", []):
            yield from statements(case.body, into_functions, type_checking, guarded)


def is_type_checking(test):
    return getattr(test, "id", getattr(test, "attr", None)) == "TYPE_CHECKING"


def catches_import_errors(handler):
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(getattr(kind, "id", "") in ("ImportError", "ModuleNotFoundError", "Exception") for kind in caught)


def closure(root, modules):
    source = Source(root)
    taken, waiting, external = set(), list(modules), {}

    def note(module, guarded):
        top = module.partition(".")[0]
        if top not in STANDARD:
            kinds = external.setdefault(top, {"guarded": False, "required": False})
            kinds["guarded" if guarded else "required"] = True

    while waiting:
        module = waiting.pop()
        if module in taken:
            continue
        taken.add(module)
        for node, type_checking, guarded in statements(source.trees[module].body):
            if type_checking:
                continue
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if source.holds(alias.name):
                        waiting.append(alias.name)
                    else:
                        note(alias.name, guarded)
            elif isinstance(node, ast.ImportFrom):
                base = source.absolute(module, node)
                if not source.holds(base):
                    note(base, guarded)
                    continue
                for alias in node.names:
                    submodule = f"{base}.{alias.name}"
                    own = source.names(base) if base in source.files else set()
                    is_own = own is None or alias.name in own
                    if submodule in source.files and not is_own:
                        waiting.append(submodule)
                    elif submodule in source.files and imports_it_as_submodule(source, base, alias.name):
                        waiting.append(submodule)
                    else:
                        waiting.append(base)
    return {"files": sorted(source.files[module] for module in taken), "external": dict(sorted(external.items()))}


def imports_it_as_submodule(source, package, name):
    """Whether a package binds the name by importing its own submodule, and in no other way."""
    ways = []
    for node, _, _ in statements(source.trees[package].body, into_functions=False):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    ways.append(source.absolute(package, node) == package and alias.name == name)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            ways.append(node.name != name)
        elif not isinstance(node, ast.Import):
            stores = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
            ways.append(name not in stores)
    return bool(ways) and all(ways)


def project(root, package, originals):
    source = Source(root)
    problems, external, count = [], {}, 0

    def missing(module, node, what):
        problems.append(f"{source.files[module]}:{node.lineno}: {what}")

    for module, tree in source.trees.items():
        if module.partition(".")[0] != package:
            continue
        for node, type_checking, guarded in statements(tree.body):
            if isinstance(node, ast.Import):
                targets = [(alias.name, None) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = source.absolute(module, node)
                targets = [(base, alias.name) for alias in node.names]
            else:
                continue
            count += 1
            for target, name in targets:
                top = target.partition(".")[0]
                if top == package:
                    check_internal(source, module, node, target, name, missing)
                elif node_level(node):
                    missing(module, node, f"the import leaves the package: {target}")
                else:
                    kind = "type_checking" if type_checking else "guarded" if guarded else "required"
                    if top not in STANDARD:
                        external.setdefault(top, {"type_checking": False, "guarded": False, "required": False})[kind] = True
                    if top in originals:
                        missing(module, node, f"imports the original {target}")
        for node in ast.walk(tree):
            literal = literal_of_import_module(node)
            if literal and literal.partition(".")[0] in originals:
                missing(module, node, f"imports the original {literal} by its name")
            if literal and literal.partition(".")[0] == package and literal not in source.files:
                missing(module, node, f"there is no {literal}")
    return {"problems": problems, "external": dict(sorted(external.items())), "imports": count, "modules": sorted(source.files)}


def check_internal(source, module, node, target, name, missing):
    known = target in source.files or target in source.namespaces
    if not known:
        missing(module, node, f"there is no {target}")
    elif name is not None and name != "*" and f"{target}.{name}" not in source.files and f"{target}.{name}" not in source.namespaces:
        names = source.names(target) if target in source.files else set()
        if names is not None and name not in names:
            missing(module, node, f"{target} has no {name}")


def node_level(node):
    return getattr(node, "level", 0)


def literal_of_import_module(node):
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ("import_module", "__import__"):
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and not first.value.startswith("."):
            return first.value
    return None


command, root, *rest = sys.argv[1:]
if command == "closure":
    answer = closure(root, rest)
else:
    answer = project(root, rest[0], set(rest[1:]))
json.dump(answer, sys.stdout)
