"""Which tests need PyTorch or Ray: read from what they import, so that no test has to say it.

`make test` runs without either and `make test-parity` with both. A test belongs to the second if
its module imports one of PACKAGES, or if itself, a fixture of its module or a helper that it calls
does, be it with `pytest.importorskip`. What only a parameter chooses, such as a backend by its
name, no reader of code can see: such a parameter carries its marker itself.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = {
    "torch": "torch",
    "transformers": "torch",
    "sentence_transformers": "torch",
    "accelerate": "torch",
    "datasets": "torch",
    "onnx": "torch",
    "ray": "needs_ray",
}
"""The marker of each package that `make test` does without."""

TESTS = Path(__file__).parents[1]


class Module:
    """A file of tests or of tests/support, and what its parts import."""

    def __init__(self, path: Path) -> None:
        tree = ast.parse(path.read_text("utf-8"))
        self.functions = {
            node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)
        }
        self.helpers: dict[str, Path] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("support."):
                file = TESTS.joinpath(*(node.module or "").split(".")).with_suffix(".py")
                self.helpers |= {alias.name: file for alias in node.names}
        self.imports = imported_packages(outside_functions(tree))

    def packages_of(self, function: str, *, seen: set[tuple[Module, str]]) -> set[str]:
        """What the module and one of its functions import, and what that function calls."""
        found = set(self.imports)
        if (self, function) in seen or function not in self.functions:
            return found
        seen.add((self, function))
        nodes = list(ast.walk(self.functions[function]))
        found |= imported_packages(nodes)
        for name in names_in(nodes):
            if name in self.functions:
                found |= self.packages_of(name, seen=seen)
            elif name in self.helpers:
                found |= read_module(self.helpers[name]).packages_of(name, seen=seen)
        return found


@cache
def read_module(path: Path) -> Module:
    return Module(path)


def markers_of(path: Path, function: str) -> set[str]:
    """The markers of a test: `torch`, `needs_ray`, both or none."""
    packages = read_module(path).packages_of(function, seen=set())
    return {PACKAGES[package] for package in packages & PACKAGES.keys()}


def names_in(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield what is called or passed on, and the fixtures that are asked for."""
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when the module is imported."""
    for node in ast.iter_child_nodes(tree):
        is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not is_for_types:
            yield node
            yield from outside_functions(node)


def imported_packages(nodes: Iterator[ast.AST] | list[ast.AST]) -> set[str]:
    """The top names of `import x`, `from x import y` and `pytest.importorskip("x")`."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module or ""]
        elif isinstance(node, ast.Call) and "importorskip" in ast.dump(node.func):
            words = [word.value for word in node.args if isinstance(word, ast.Constant)]
            found += [word for word in words if isinstance(word, str)]
    return {name.partition(".")[0] for name in found}
