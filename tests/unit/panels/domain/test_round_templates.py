from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panels.domain.round_templates import TEMPLATES, days_from, template_called
from panels.domain.rules_sheet import level_for
from panels.domain.tally import Rule, rules_for


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_parts_of_a_template_fit_each_other(template):
    assert template.rule in rules_for(template.kind, is_poll=template.rule is Rule.PRIORITY)
    assert (template.most_budget_pence == 0) is (template.rule is Rule.PRIORITY)
    assert template_called(template.code) is template


def test_small_grants_need_no_more_than_saying_where_one_lives():
    assert level_for(template_called("small-grants").most_budget_pence) == "declared"
    assert template_called("unknown") is None


@given(
    start=st.dates(date(2020, 1, 1), date(2100, 1, 1)),
    days=st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60)),
)
def test_days_follow_each_other_and_read_back(start, days):
    found = days_from(start, days)

    assert found.ideas_open_on <= found.ideas_close_on < found.voting_opens_on <= found.voting_closes_on
    assert found.days == days
