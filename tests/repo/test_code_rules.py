"""Every rule of tests/support/rules.py holds for this repository, and each is seen to refuse what breaks it."""

from collections.abc import Callable, Iterable
from functools import cache, partial

import pytest

from tests.support import rules
from tests.support.sources import Source, example, texts

Rule = Callable[[Iterable[Source]], list[str]]


@cache
def read(suffix: str) -> tuple[Source, ...]:
    return tuple(texts(suffix))


TEMPLATE_LINES = partial(rules.too_long_files, longest=rules.LONGEST_TEMPLATE)
LONG_FUNCTION = "def work():\n" + "    pass\n" * 60
BROKEN: list[tuple[str, Rule, str]] = [
    (".py", rules.too_long_functions, LONG_FUNCTION),
    (".py", rules.too_long_files, "x = 1\n" * 451),
    (".py", rules.too_many_positional, "def pay(a, b, c, d): ..."),
    (".py", rules.other_clocks, "at = timezone.now()"),
    (".py", rules.other_clocks, "at = django.utils.timezone.now()"),
    (".py", rules.other_clocks, "at = datetime.now(tz=UTC)"),
    (".py", rules.other_clocks, "on = date.today()"),
    (".py", rules.other_clocks, "on = core_now().date()"),
    (".py", rules.insides_of_others, "from allauth.account.internal.flows.login import record_authentication"),
    (".py", rules.other_clocks, "rows.filter(at__lt=Now())"),
    (".py", rules.other_clocks, "at = DateTimeField(auto_now_add=True)"),
    (".py", rules.flushing_tests, "def test_it(transactional_db): assert True"),
    (".py", rules.flushing_tests, "def test_it(live_server): assert True"),
    (".py", rules.flushing_tests, "class T(TransactionTestCase): pass"),
    (".py", rules.flushing_tests, "pytestmark = pytest.mark.django_db(transaction=True)"),
    (".py", rules.flushing_tests, "pytestmark = pytest.mark.usefixtures('live_server')"),
    (".py", rules.tests_without_assertion, "def test_it():\n    work()"),
    (".py", rules.lazy_internal_imports, "def work():\n    from panels import services"),
    (".py", rules.lazy_internal_imports, "def work():\n    from . import services"),
    (".html", TEMPLATE_LINES, "<p>\n" * 151),
    (".html", rules.inline_code, "<p style='color: red'>"),
    (".html", rules.inline_code, "<script>alert(1)</script>"),
    (".html", rules.inline_code, '<a onclick="go()">'),
    (".py", rules.unfinished, "# TO" + "DO: later"),
    (".html", rules.unfinished, "{# FIX" + "ME #}"),
    ("", rules.places_of_this_machine, "index = py" + "pi.org"),
    ("", rules.places_of_this_machine, "open('/wo" + "rk/main')"),
]


RULES = sorted({(suffix, rule) for suffix, rule, _ in BROKEN}, key=str)


@pytest.mark.parametrize(("suffix", "rule"), RULES)
def test_rule_holds(suffix: str, rule: Rule):
    offences = rule(read(suffix))
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(("suffix", "rule", "broken"), BROKEN)
def test_rule_refuses_what_breaks_it(suffix: str, rule: Rule, broken: str):
    folder = "tests" if rule in {rules.tests_without_assertion, rules.flushing_tests} else "grants"
    assert len(rule([example(broken, f"{folder}/example{suffix or '.txt'}")])) == 1


def test_functions_are_short_as_a_habit():
    lengths = sorted(
        rules.length(function) for source in read(".py") if not source.is_migration for function in source.functions()
    )
    assert lengths[int(len(lengths) * 0.95)] <= rules.LONGEST_FUNCTION_P95
