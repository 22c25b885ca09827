"""The verifier that needs only Python: six modules here, handed out as one file."""

import ast
from functools import cache
from pathlib import Path

NAME = "verify_round.py"
PARTS = ("signatures.py", "counting.py", "publishing.py", "reading.py", "ballot_file.py", "checking.py")
HEAD = '''#!/usr/bin/env python3
"""Checks the published bundle of a vote, on any machine, with nothing but Python 3.8 or later.

    python3 verify_round.py BUNDLE.zip [--receipt CODE] [--key HEX] [--json]

It asks nobody and trusts nobody: signatures, hashes and the count are worked out here. Exit status 0: all that can be
proven holds. 1: something does not hold; the sentence says what. 2: the file cannot be read.
"""

from __future__ import annotations
'''


@cache
def one_file() -> str:
    """The parts in one text, without what they import from each other."""
    return "\n".join([HEAD, *(_alone(Path(__file__).with_name(part).read_text(encoding="utf-8")) for part in PARTS)])


def _alone(source: str) -> str:
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("__future__", "panels.")):
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    return "".join(lines)
