"""The files of this repository as the rules about it read them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.support.cluster import CHECKOUT

NOT_OURS = {".git", ".venv", "var", "node_modules", "__pycache__", ".hypothesis", "htmlcov"}
ROOMS = ("cwf_portal", "neighbourhoods", "panels", "grants")


@dataclass(frozen=True)
class Source:
    """One file: its path in the repository and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @property
    def is_test(self) -> bool:
        return self.path.startswith("tests/")

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.path

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones too."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def files() -> Iterator[Path]:
    """Every file that is or could be committed."""
    folders = [CHECKOUT]
    while folders:
        for entry in folders.pop().iterdir():
            if entry.name in NOT_OURS or entry.is_symlink() or entry.name.endswith("_cache"):
                continue
            if entry.is_dir():
                folders.append(entry)
            else:
                yield entry


def texts(suffix: str = "") -> list[Source]:
    """All text files whose name ends with `suffix`, by path; files that are not UTF-8 are left out."""
    found = []
    for file in files():
        if not file.name.endswith(suffix):
            continue
        try:
            found.append(Source(str(file.relative_to(CHECKOUT)), file.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return sorted(found, key=lambda source: source.path)


def example(text: str, path: str = "grants/example.py") -> Source:
    """A source that breaks a rule on purpose."""
    return Source(path, text)
