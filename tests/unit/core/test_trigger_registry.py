"""The index of triggers says what pgtrigger would find by reading all of them."""

from collections.abc import Iterator
from typing import Any

import pgtrigger
import pgtrigger.registry
import pytest

from cwf_portal.core.models import User
from cwf_portal.core.trigger_registry import IndexedRegistry, install

PLAIN: Any = pgtrigger.registry._Registry


def known() -> Any:
    return pgtrigger.registry._registry


def trigger(name: str, *, where: str = "x") -> pgtrigger.Trigger:
    return pgtrigger.Protect(name=name, operation=pgtrigger.Delete, condition=pgtrigger.Condition(where))


@pytest.fixture
def added() -> Iterator[pgtrigger.Trigger]:
    mine = trigger("of_this_test")
    mine.register(User)
    yield mine
    if mine.get_uri(User) in known():
        mine.unregister(User)


def test_index_holds_what_reading_every_trigger_gives(added: pgtrigger.Trigger) -> None:
    assert isinstance(known(), IndexedRegistry)
    assert known().by_db_table == PLAIN.by_db_table.fget(known())
    assert known().pg_function_names == PLAIN.pg_function_names.fget(known())
    assert ("core_user", "of_this_test") in known().by_db_table


def test_another_trigger_of_the_same_name_is_refused(added: pgtrigger.Trigger) -> None:
    with pytest.raises(KeyError, match="already used for model"):
        trigger("of_this_test", where="y").register(User)


def test_another_trigger_whose_function_has_the_same_name_is_refused(added: pgtrigger.Trigger) -> None:
    class Twin(type(added)):  # type: ignore[misc]
        def get_pgid(self, model: Any) -> str:
            return added.get_pgid(User)

    with pytest.raises(KeyError, match="Postgres function name"):
        Twin(name="twin", operation=pgtrigger.Delete).register(User)


def test_trigger_that_was_taken_out_is_in_no_index_and_may_come_again(added: pgtrigger.Trigger) -> None:
    added.unregister(User)
    assert ("core_user", "of_this_test") not in known().by_db_table
    assert added.get_pgid(User) not in known().pg_function_names
    added.register(User)
    assert ("core_user", "of_this_test") in known().by_db_table


def test_index_that_is_there_stays() -> None:
    before = known()
    install()
    assert known() is before


def test_index_that_comes_too_late_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    late = PLAIN()
    late.data["some"] = (User, trigger("some"))
    monkeypatch.setattr(pgtrigger.registry, "_registry", late)
    with pytest.raises(RuntimeError, match="install it earlier"):
        install()
