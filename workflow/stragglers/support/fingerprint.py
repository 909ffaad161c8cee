"""The identity of code: what a script computes, comments, docstrings, log lines and layout left out.

Every rule carries the fingerprint of its script as a param. A changed formula then reruns the jobs that use it and is
never silently stale. A script stands for itself and for the definitions of the library that it reaches, name by name:
what else a module holds, and in which module a definition stands, does not matter.
"""

import ast
import builtins
import hashlib
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).parents[1]
PACKAGE = (LIBRARY.parent.name, LIBRARY.name)
LOGGER = "log"
"""Name of the modules' loggers: calls of their methods compute nothing."""
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
EVERYTHING, EFFECTS = "*", ""
"""What a module may be asked for beside a name: all of it, or what importing it does beside defining names."""

Reference = tuple[Path, str]
"""A file, and the name that is wanted of it."""


@dataclass(frozen=True)
class Statement:
    """A statement at the top level of a module."""

    text: str
    """Its syntax tree, which differs between minor versions of Python; empty for an import of the library."""
    names: frozenset[str]
    """Names that it reads, of its own module."""
    imported: frozenset[Reference]
    """What it imports of the library."""


@dataclass(frozen=True)
class Module:
    bindings: dict[str, list[Statement]]
    """Name -> the statements that bind it."""
    imported: dict[str, Reference]
    """Name -> what of the library it stands for."""
    effects: list[Statement]
    """Statements that do more than bind names, as far as can be seen."""


def fingerprint(script: Path, *imported: str) -> str:
    """Hash of ``script`` and of the library's definitions that it reaches, directly or not.

    ``imported``: what the script imports by a name that it is given, as ``room.module`` or ``room.module.name``. Its
    text does not tell.
    """
    texts = {statement.text for statements in reached(script, *imported).values() for statement in statements}
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:16]


def definitions(script: Path, *imported: str) -> dict[str, str]:
    """What a :func:`fingerprint` is made of: file, from the folder of the workflow on, and name -> hash.

    A script stands for itself; ``(module)`` is what importing a module does beside defining names.
    """
    hashes = {}
    for (path, name), statements in reached(script, *imported).items():
        if text := "\n".join(statement.text for statement in statements if statement.text):
            called = {EVERYTHING: "", EFFECTS: " (module)"}.get(name, f" {name}")
            place = Path(PACKAGE[0], path.relative_to(LIBRARY.parent)) if LIBRARY.parent in path.parents else path
            hashes[f"{place}{called}"] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return dict(sorted(hashes.items()))


def reached(script: Path, *imported: str) -> dict[Reference, list[Statement]]:
    """What ``script`` and what it imports may run: the statements by what they are reached for."""
    waiting: list[Reference] = [(Path(script), EVERYTHING), *map(_reference, imported)]
    seen: dict[Reference, list[Statement]] = {}
    modules: dict[Path, Module] = {}
    while waiting:
        reference = waiting.pop()
        if reference in seen:
            continue
        path, name = reference
        statements = seen[reference] = []
        if path not in modules:
            modules[path] = _parse(path, path.stat().st_mtime_ns)
            waiting += [(package, EFFECTS) for package in _packages(path)]
        module = modules[path]
        if name in module.imported:
            waiting.append(module.imported[name])
            continue
        if name not in (EVERYTHING, EFFECTS) and name not in module.bindings:
            # A module of a package, or a name that only running the code would find.
            submodule = _file(path.parent, name) if path.name == "__init__.py" else None
            waiting.append((submodule or path, EVERYTHING))
            continue
        statements += module.effects + module.bindings.get(name, [])
        if name == EVERYTHING:
            statements += [statement for bound in module.bindings.values() for statement in bound]
            waiting += module.imported.values()
        for statement in statements:
            waiting += statement.imported
            waiting += [(path, read) for read in statement.names if read in module.bindings or read in module.imported]
    return seen


class _Silent(ast.NodeTransformer):
    """Leaves out what stands alone and computes nothing: docstrings, also of attributes, and log lines."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        if isinstance(node.value, ast.Constant):
            return None
        if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
            owner = node.value.func.value
            if isinstance(owner, ast.Name) and owner.id == LOGGER:
                return None
        return node


@cache
def _parse(path: Path, mtime: int) -> Module:
    source = path.read_text(encoding="utf-8")
    tree = _Silent().visit(ast.parse(source))
    read_globally = _global_names(symtable.symtable(source, path.name, "exec"))
    module = Module({}, {}, [])
    for node in (each for statement in tree.body for each in _one_by_one(statement)):
        if isinstance(node, ast.Import | ast.ImportFrom) and (found := dict(_library_imports(node, path))):
            module.imported.update(found)
            continue
        nested = [each for each in ast.walk(node) if isinstance(each, ast.Import | ast.ImportFrom)]
        statement = Statement(
            ast.dump(node),
            frozenset(_names(node, read_globally)),
            frozenset(reference for each in nested for _, reference in _library_imports(each, path)),
        )
        for name in _bound(node):
            module.bindings.setdefault(name, []).append(statement)
        if _does_more(node, module):
            module.effects.append(statement)
    return module


def _one_by_one(node: ast.stmt) -> Iterator[ast.stmt]:
    """An import as one statement a name, since what is imported beside does not matter; others as they are."""
    if isinstance(node, ast.Import):
        yield from (ast.Import([alias]) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (ast.ImportFrom(node.module, [alias], node.level) for alias in node.names)
    else:
        yield node


def _global_names(table: symtable.SymbolTable) -> list[tuple[int, str]]:
    """Line of a function or class and each name that it reads from the module, for all inside ``table``."""
    found = []
    for scope in table.get_children():
        found += [(scope.get_lineno(), symbol.get_name()) for symbol in scope.get_symbols() if symbol.is_global()]
        found += _global_names(scope)
    return found


def _names(node: ast.stmt, read_globally: list[tuple[int, str]]) -> set[str]:
    """Names of its module that a statement reads: those of its own variables that bear the same name are none."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    if not isinstance(node, DEFINITIONS):
        return names
    inside = {name for line, name in read_globally if node.lineno <= line <= node.end_lineno}
    # What runs when the definition does: decorators, defaults, annotations, bases.
    body = {id(each) for statement in node.body for each in ast.walk(statement)}
    at_once = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and id(each) not in body}
    return names & (inside | at_once)


def _bound(node: ast.stmt) -> Iterator[str]:
    """Names that a statement binds in its module."""
    if isinstance(node, DEFINITIONS):
        yield node.name
        return
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id
        elif isinstance(each, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in each.names)
        elif isinstance(each, DEFINITIONS):
            yield each.name


def _does_more(node: ast.stmt, module: Module) -> bool:
    """Whether a statement may do more than bind names: a decorator of the library may put its function on a list."""
    if isinstance(node, DEFINITIONS):
        roots = {
            each.id for decorator in node.decorator_list for each in ast.walk(decorator) if isinstance(each, ast.Name)
        }
        outside = {name for name, bound in module.bindings.items() if any(s.text.startswith("Import") for s in bound)}
        return bool(roots - outside - set(dir(builtins)))
    if isinstance(node, ast.Assign):
        targets = [each for target in node.targets for each in getattr(target, "elts", [target])]
        return not all(isinstance(target, ast.Name) for target in targets)
    return not isinstance(node, ast.AnnAssign | ast.Import | ast.ImportFrom)


def _library_imports(node: ast.Import | ast.ImportFrom, path: Path) -> Iterator[tuple[str, Reference]]:
    """The names that an import binds, with what of the library each stands for."""
    if isinstance(node, ast.ImportFrom):
        if node.level:
            folder = path.parents[node.level - 1]
            file = _file(folder, *filter(None, (node.module or "").split(".")))
        else:
            file = _named(node.module.split("."))
        if file:
            yield from ((alias.asname or alias.name, (file, alias.name)) for alias in node.names)
        return
    for alias in node.names:
        if file := _named(alias.name.split(".")):
            yield alias.asname or alias.name.partition(".")[0], (file, EVERYTHING)


def _reference(name: str) -> Reference:
    """What a dotted name stands for, as ``from ROOM.MODULE import NAME`` would find it."""
    *parts, last = name.split(".")
    return _file(LIBRARY, *parts), last


def _named(parts: list[str]) -> Path | None:
    """File of a library module by its full name."""
    return _file(LIBRARY, *parts[2:]) if tuple(parts[:2]) == PACKAGE else None


def _file(folder: Path, *parts: str) -> Path | None:
    """File of a module or package below a folder of the library."""
    base = folder.joinpath(*parts)
    files = (base / "__init__.py", base.with_name(f"{base.name}.py"))
    return next((file for file in files if file.is_file() and LIBRARY in file.parents), None)


def _packages(path: Path) -> list[Path]:
    """The ``__init__.py`` that run before a library module."""
    files = [folder / "__init__.py" for folder in path.parents if folder == LIBRARY or LIBRARY in folder.parents]
    return [file for file in files if file != path and file.is_file()]
