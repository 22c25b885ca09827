"""What PostgreSQL does for each question that a piece of code asks."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

EXPLAINED = ("SELECT", "WITH", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Plan:
    """One statement and how it is carried out."""

    statement: str
    root: dict[str, Any]

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Every step of the plan, but for an index from which only the first few entries are taken."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            is_cut = node["Node Type"] == "Limit"
            waiting += [part for part in node.get("Plans", []) if not (is_cut and _takes_the_first(part))]

    def scanned_whole(self) -> set[str]:
        """Tables that are read from end to end: row by row, or a whole index with nothing to look for."""
        return {
            node["Relation Name"]
            for node in self.nodes()
            if node["Node Type"] == "Seq Scan"
            or (
                node["Node Type"] in ("Index Scan", "Index Only Scan") and "Index Cond" not in node and _reads_all(node)
            )
        }


def _takes_the_first(node: dict[str, Any]) -> bool:
    """An index in its order, of which every entry counts: whoever wants one reads one."""
    return node["Node Type"] in ("Index Scan", "Index Only Scan") and "Filter" not in node


def _reads_all(node: dict[str, Any]) -> bool:
    """A whole index, unless it is a partial one, which holds only what is still open."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT indpred IS NULL FROM pg_index WHERE indexrelid = %s::regclass", [node["Index Name"]])
        return bool(cursor.fetchone()[0])


def plans_of(act: Callable[[], object], *, analyze: bool = False) -> list[Plan]:
    """Do it, and explain every different statement that it asked."""
    with CaptureQueriesContext(connection) as context:
        act()
    statements = dict.fromkeys(query["sql"] for query in context.captured_queries)
    return [_explained(statement, analyze=analyze) for statement in statements if _has_plan(statement)]


def _has_plan(statement: str) -> bool:
    upper = statement.upper()
    return upper.lstrip().startswith(EXPLAINED) and " FROM " in upper.replace("\n", " ") + " "


def _explained(statement: str, *, analyze: bool) -> Plan:
    with connections["owner"].cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"EXPLAIN (FORMAT JSON{', ANALYZE, BUFFERS' if analyze else ''}) {statement}")
        found = cursor.fetchone()[0]
        cursor.execute("ROLLBACK")
    root = (json.loads(found) if isinstance(found, str) else found)[0]
    return Plan(statement, root["Plan"] | {"Execution Time": root.get("Execution Time", 0.0)})


def text_of(statement: str) -> str:
    """The plan as people read it, with what it really cost."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}")
        lines = [row[0] for row in cursor.fetchall()]
        cursor.execute("ROLLBACK")
    return "\n".join(lines)
