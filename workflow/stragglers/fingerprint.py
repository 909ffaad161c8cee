"""The identity of code: what a script computes, comments, docstrings and layout left out.

Every rule carries the fingerprint of its script as a param. A changed formula then reruns the
jobs that use it and is never silently stale, while a comment costs nothing.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).parent
PACKAGE = f"{LIBRARY.parent.name}.{LIBRARY.name}"
DEFINITIONS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def fingerprint(script: Path) -> str:
    """Hash of ``script`` and the library modules it imports, directly or not.

    It rests on Python's syntax tree, whose form differs between minor versions of Python.
    """
    seen: dict[Path, str] = {}
    waiting = [Path(script)]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen[path], imported = _parse(path, path.stat().st_mtime_ns)
            waiting.extend(imported)
    return hashlib.sha256("".join(seen[path] for path in sorted(seen)).encode()).hexdigest()[:16]


@cache
def _parse(path: Path, mtime: int) -> tuple[str, list[Path]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS):
            # Texts that stand alone say something and do nothing: docstrings, also of attributes.
            node.body = [
                statement
                for statement in node.body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ]
    imported = [module for node in ast.walk(tree) for module in _library_modules(node)]
    return ast.dump(tree), imported


def _library_modules(node: ast.AST) -> list[Path]:
    """Library files that an import statement reads."""
    if isinstance(node, ast.Import):
        dotted = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        base = ".".join(filter(None, [PACKAGE if node.level else "", node.module]))
        # ``from package import name`` may name a module or something inside one.
        dotted = [base, *(f"{base}.{alias.name}" for alias in node.names)]
    else:
        return []
    names = (name.removeprefix(f"{PACKAGE}.").replace(".", "/") for name in dotted if name.startswith(f"{PACKAGE}."))
    return [path for name in names if (path := LIBRARY / f"{name}.py").is_file()]
