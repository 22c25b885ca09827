"""pgtrigger's list of triggers, with an index: its own reads every trigger again for each that is added.

With several hundred triggers that was a third of what starting any process of the portal cost.
"""

from typing import TYPE_CHECKING

import pgtrigger.registry

if TYPE_CHECKING:
    from django.db.models import Model
    from pgtrigger.core import Trigger


class IndexedRegistry(pgtrigger.registry._Registry):  # noqa: SLF001 - it offers no other way in
    """The same promises: no two triggers of a table share a name, none of any table a function."""

    def __init__(self) -> None:
        self._functions: set[str] = set()
        self._by_table: dict[tuple[str, str], Trigger] = {}
        super().__init__()

    @property
    def pg_function_names(self) -> "set[str]":
        """Names of the functions of all triggers in PostgreSQL."""
        return self._functions

    @property
    def by_db_table(self) -> "dict[tuple[str, str], Trigger]":
        """Triggers by table and name."""
        return self._by_table

    def __setitem__(self, key: str, value: "tuple[type[Model], Trigger]") -> None:
        super().__setitem__(key, value)
        model, trigger = value
        self._functions.add(trigger.get_pgid(model))  # type: ignore[arg-type]  # it takes classes, and says instances
        self._by_table[model._meta.db_table, str(trigger.name)] = trigger

    def __delitem__(self, key: str) -> None:
        model, trigger = self[key]
        super().__delitem__(key)
        self._functions.discard(trigger.get_pgid(model))
        self._by_table.pop((model._meta.db_table, str(trigger.name)), None)


def install() -> None:
    """Keep triggers in it from now on; before the first is registered."""
    known = pgtrigger.registry._registry  # noqa: SLF001
    if known and not isinstance(known, IndexedRegistry):
        raise RuntimeError("Triggers were registered before their index: install it earlier.")
    if not known:
        pgtrigger.registry._registry = IndexedRegistry()  # noqa: SLF001
