"""Every rule of tests/support/rules.py holds for this repository, and each is seen to refuse what breaks it."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.support import rules
from tests.support.sources import Source, example, texts

Rule = Callable[[Iterable[Source]], list[str]]


TEMPLATE_LINES = partial(rules.too_long_files, longest=rules.LONGEST_TEMPLATE)
LONG_FUNCTION = "def work():\n" + "    pass\n" * 60
BROKEN: list[tuple[str, Rule, str]] = [
    (".py", rules.too_long_functions, LONG_FUNCTION),
    (".py", rules.long_as_a_habit, LONG_FUNCTION),
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
    (".html", rules.marked_up_titles, "{% block title %}Check of {{ report.day|day }}{% endblock %}"),
    (".html", rules.marked_up_titles, "{% block title %}Run {% sample_tag %}{% endblock %}"),
    (".py", rules.unfinished, "# TO" + "DO: later"),
    (".html", rules.unfinished, "{# FIX" + "ME #}"),
    ("", rules.places_of_this_machine, "index = py" + "pi.org"),
    ("", rules.places_of_this_machine, "open('/wo" + "rk/main')"),
]


@contextmanager
def much_to_keep() -> Iterator[None]:
    """The collector of garbage would look through all that was parsed again and again, half of what parsing costs."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("suffix", sorted({suffix for suffix, _, _ in BROKEN}))
def test_rules_hold(suffix: str):
    """All rules about such files in one test, so that one worker parses them once."""
    with much_to_keep():
        sources = texts(suffix)
        about_them = {rule: None for its_suffix, rule, _ in BROKEN if its_suffix == suffix}
        offences = [offence for rule in about_them for offence in rule(sources)]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(("suffix", "rule", "broken"), BROKEN)
def test_rule_refuses_what_breaks_it(suffix: str, rule: Rule, broken: str):
    folder = "tests" if rule in {rules.tests_without_assertion, rules.flushing_tests} else "grants"
    assert len(rule([example(broken, f"{folder}/example{suffix or '.txt'}")])) == 1
