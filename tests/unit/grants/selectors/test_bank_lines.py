"""Nothing can vanish from reconciliation: every line has one place, and the places add up to the balances."""

from datetime import timedelta

import pytest

from cwf_portal.sandbox_bank.messages import Entry
from grants.models import BankStatement, LineClearing, LineGroup, Payment, Source, StatementLine
from grants.selectors.bank_lines import known_days, lines_of, period, suggestions_for, suspense_ageing
from grants.selectors.days import today
from grants.services.clearing import confirm_clearing, propose_clearing
from grants.services.clearing_checks import Explanation
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_clearing import unknown


@pytest.fixture
def mixed(paid: World) -> list[StatementLine]:
    """A statement with one line of every group, after a payment's own."""
    payment = Payment.objects.get()
    lines = unknown(
        Entry("A", 900, reference="INTEREST"),
        Entry("B", -250, reference="CHARGES"),
        Entry("C", 5_000, reference="A STRANGER"),
        Entry("D", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="back", reason="AC04"),
    )
    dormant = Source.objects.get(code="dormant")
    interest = Explanation(LineClearing.Kind.INTEREST, source=dormant)
    first = propose_clearing(by=paid.checker, line=lines[0], explanation=interest, note="Letter.")
    confirm_clearing(by=paid.people.finance_manager, clearing=first)
    fee = Explanation(LineClearing.Kind.BANK_FEE, source=dormant)
    propose_clearing(by=paid.checker, line=lines[1], explanation=fee, note="Letter.")
    return lines


def test_every_line_is_in_one_group_and_groups_carry_opening_to_closing(mixed: list[StatementLine]) -> None:
    known = known_days()
    assert known is not None
    found = period(*known)

    assert {one.group: one.count for one in found.groups} == {
        LineGroup.MATCHED: 4,
        LineGroup.BY_HAND: 1,
        LineGroup.PROPOSED: 1,
        LineGroup.UNEXPLAINED: 1,
    }
    assert found.line_count == StatementLine.objects.count()
    assert found.missing_pence == 0
    assert found.opening_pence + found.moved_pence == BankStatement.objects.first().closing_pence
    listed = [line.pk for group in LineGroup for line in lines_of(group, known)]
    assert sorted(listed) == sorted(StatementLine.objects.values_list("pk", flat=True))


def test_every_single_day_adds_up_by_itself(mixed: list[StatementLine]) -> None:
    for statement in BankStatement.objects.all():
        found = period(statement.closes_on, statement.closes_on)
        assert found.missing_pence == 0
        assert found.line_count == sum(
            one.line_count for one in BankStatement.objects.filter(closes_on=statement.closes_on)
        )


def test_day_without_a_statement_is_empty_and_adds_up(mixed: list[StatementLine]) -> None:
    day = today() + timedelta(days=90)

    assert (period(day, day).line_count, period(day, day).missing_pence) == (0, 0)


def test_suspense_grows_old_by_the_banks_value_date(mixed: list[StatementLine]) -> None:
    ages = [suspense_ageing(today() + timedelta(days=days)) for days in (0, 3, 8)]

    assert [(age.fresh_count, age.old_count, age.very_old_count) for age in ages] == [(2, 0, 0), (0, 2, 0), (0, 0, 2)]
    assert {age.oldest_on for age in ages} == {mixed[1].value_on}


def test_debit_is_most_likely_the_payment_of_the_same_amount(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    run = wide_world.sweep()
    assert run is not None
    wide_world.release(run)
    wanted = run.payments.all()[1]
    line = unknown(Entry("A", -wanted.total_pence, reference=f"BACS {wanted.tranche.agreement.reference}"))[0]

    found = suggestions_for(line)

    assert found[0].key == f"payment:{wanted.pk}"
    assert f"file:{run.pk}" not in [one.key for one in found]


@pytest.mark.usefixtures("paid")
def test_credit_may_be_a_payment_that_came_back_or_cancel_a_debit(world: World) -> None:
    payment = Payment.objects.get()
    debit, credit = unknown(
        Entry("A", -payment.total_pence, reference="?"), Entry("B", payment.total_pence, reference="?")
    )

    keys = [one.key for one in suggestions_for(credit)]

    assert set(keys) == {f"cancels:{debit.pk}", f"returned:{payment.pk}"}
