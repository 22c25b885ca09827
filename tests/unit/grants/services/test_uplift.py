"""Anniversaries: payments rise by the published rate under the cap, once, to the penny, by source."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from grants import services
from grants.domain.dates import add_months
from grants.domain.indexation import Indexation, IndexTerms, rate_month, uplift_pence
from grants.domain.ledger import Account
from grants.domain.schedule import Profile
from grants.models import Agreement, Journal, Payment, Tranche, TrancheFunding, TrancheStatus
from grants.presenters.case import case_page
from grants.selectors.agreements import terms_to_close
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.days import today
from grants.selectors.ledger import held_on, reserved_by_source
from grants.selectors.uplifts import uplifts_past_figures
from grants.services import ChosenTerms
from grants.services.claim import claim_due
from grants.services.uplift import raise_with_prices
from grants.waiting.prices import waiting
from tests.unit.grants.conftest import Story, sealed
from tests.unit.grants.payment_world import World, its_bank_goes_on, teller
from tests.unit.grants.prices import publish_rate
from tests.unit.grants.reconciler.lived_again import schedule_differences
from tests.unit.grants.test_races import at_once

JOB = "system:calendar"


def anniversary(agreement: Agreement, year: int) -> date:
    return add_months(agreement.starts_on, 12 * year)


def publish(agreement: Agreement, year: int, per_cent: str) -> None:
    publish_rate(rate_month(anniversary(agreement, year)), per_cent)


def go_to_anniversary(agreement: Agreement, year: int) -> None:
    advance_clock(by=anniversary(agreement, year) - today() + timedelta(hours=1))


def read_reports(story: Story) -> None:
    """Every yearly report came and was accepted."""
    story.agreement.reports.update(
        accepted_at=core_now(),
        accepted_by=story.people.officer,
        submitted_by=story.people.treasurer,
        submitted_at=core_now(),
        spent_pence=0,
        unspent_pence=0,
        summary="Well.",
    )


def uplifts_by_year(agreement: Agreement) -> dict[int, int]:
    rows = agreement.tranches.values_list("year").annotate(total=Sum("uplift_pence")).order_by("year")
    return {year: total for year, total in rows if total}


def test_an_anniversary_raises_the_coming_year_once(accepted: Story) -> None:
    agreement = accepted.agreement
    publish(agreement, 1, "2.1")
    kept = held_on(Account.INDEX_RESERVE)
    go_to_anniversary(agreement, 1)

    with sealed():
        assert raise_with_prices(by=JOB, at=core_now()) == 1
    assert raise_with_prices(by=JOB, at=core_now()) == 0

    raised = list(agreement.tranches.filter(year=2))
    assert [one.uplift_pence for one in raised] == [
        uplift_pence(one.amount_pence, Fraction(1021, 1000)) for one in raised
    ]
    assert set(uplifts_by_year(agreement)) == {2}
    uplift = agreement.uplifts.get()
    assert (uplift.exact_factor, uplift.used_pence) == (Fraction(1021, 1000), sum(one.uplift_pence for one in raised))
    assert uplift.rates[0]["rate"] == "21/1000"
    assert uplift.rates[0]["figures"][0]["version"] == 1
    assert held_on(Account.INDEX_RESERVE) == kept - uplift.used_pence - uplift.unused_pence
    assert accepted.fresh().next_uplift_on == anniversary(agreement, 2)
    assert Journal.objects.filter(kind="uplift").count() == 1
    assert ledger_identities() == list(broken_seals()) == schedule_differences() == []


def test_what_is_only_pledged_rises_as_pledged(accepted: Story) -> None:
    """The yearly review may come after the anniversary: it then promises payments with what prices added to them."""
    agreement = accepted.agreement
    publish(agreement, 1, "3.0")
    pledged = held_on(Account.PLEDGED)
    go_to_anniversary(agreement, 1)

    raise_with_prices(by=JOB, at=core_now())

    waiting = agreement.tranches.filter(year=2, status=TrancheStatus.PLEDGED)
    assert waiting.exists()
    assert held_on(Account.PLEDGED) - pledged == sum(one.uplift_pence for one in waiting)
    report = agreement.reports.get(year=1)
    services.submit_report(by=accepted.people.treasurer, report=report, spent_pence=5, unspent_pence=0, summary="Well.")
    services.accept_report(by=accepted.people.officer, report=report)
    review = agreement.reviews.get(year=1)
    services.propose_review(by=accepted.people.officer, review=review, outcome="continue", note="Well.")
    with sealed():
        services.confirm_review(by=accepted.people.senior, review=review)
    assert ledger_identities() == schedule_differences() == []


def last_said(story: Story) -> str:
    """The last line of the case's history."""
    page = case_page(story.fresh(), story.people.officer, 0)
    return page.timeline[-1].detail


def missing_last(story: Story) -> Agreement:
    """Every figure was there but that of the last anniversary that raises a payment."""
    agreement = story.accept()
    for year in range(1, agreement.term_years - 1):
        publish(agreement, year, "1.0")
    go_to_anniversary(agreement, agreement.term_years - 1)
    raise_with_prices(by=JOB, at=core_now())
    return agreement


def test_a_figure_that_comes_late_counts_as_soon_as_it_is_loaded(story: Story) -> None:
    agreement = missing_last(story)
    last = agreement.term_years - 1
    kept = held_on(Account.INDEX_RESERVE)
    before = agreement.tranches.filter(year=last + 1).aggregate(total=Sum("uplift_pence"))["total"]
    assert kept > 0
    month = f"{rate_month(anniversary(agreement, last)):%B %Y}"
    assert [(item.title, item.kind) for item in waiting(story.people.officer)] == [
        (f"Consumer prices (CPIH) of {month} are not loaded yet", "know")
    ]
    assert raise_with_prices(by=JOB, at=core_now()) == 0

    publish(agreement, last, "2.0")
    with sealed():
        assert raise_with_prices(by=JOB, at=core_now()) == 1
    assert raise_with_prices(by=JOB, at=core_now()) == 0

    factor = Fraction(101, 100) ** (last - 1) * Fraction(102, 100)
    assert uplifts_by_year(agreement)[last + 1] == sum(
        uplift_pence(one.amount_pence, factor) for one in agreement.tranches.filter(year=last + 1)
    )
    late = agreement.uplifts.get(year=last, entry=2)
    assert (late.exact_factor, late.used_pence) == (factor, uplifts_by_year(agreement)[last + 1] - before)
    assert held_on(Account.INDEX_RESERVE) == 0
    assert late.unused_pence == kept - late.used_pence
    assert not waiting(story.people.officer)
    assert "Every figure is known now" in last_said(story)
    assert story.fresh().next_uplift_on == anniversary(agreement, agreement.term_years)
    assert ledger_identities() == list(broken_seals()) == schedule_differences() == []


def test_what_a_missing_figure_may_ask_for_stays_kept_while_a_payment_is_open(story: Story) -> None:
    agreement = missing_last(story)
    kept = held_on(Account.INDEX_RESERVE)

    go_to_anniversary(agreement, agreement.term_years)
    raise_with_prices(by=JOB, at=core_now())

    assert held_on(Account.INDEX_RESERVE) == kept > 0
    publish(agreement, agreement.term_years - 1, "9.0")
    with sealed():
        raise_with_prices(by=JOB, at=core_now())
    assert held_on(Account.INDEX_RESERVE) == 0
    assert agreement.uplifts.last().used_pence == kept
    assert ledger_identities() == schedule_differences() == []


def test_a_figure_that_comes_after_the_last_payment_is_waited_for_no_more(story: Story) -> None:
    agreement = missing_last(story)
    go_to_anniversary(agreement, agreement.term_years)
    raise_with_prices(by=JOB, at=core_now())
    assert not uplifts_past_figures(core_now()).exists()
    with acting("system:test", "paid"):
        agreement.tranches.update(status=TrancheStatus.PAID)
        read_reports(story)
    assert not terms_to_close(core_now()).exists()
    assert uplifts_past_figures(core_now()).get().agreement == agreement

    assert raise_with_prices(by=JOB, at=core_now()) == 1

    assert held_on(Account.INDEX_RESERVE) == 0
    assert agreement.uplifts.last().rates[-1]["too_late"]
    assert terms_to_close(core_now()).get() == agreement
    assert "came too late" in last_said(story)


def test_a_missing_figure_leaves_the_factor_and_is_made_good_at_the_next_anniversary(accepted: Story) -> None:
    agreement = accepted.agreement
    go_to_anniversary(agreement, 1)
    raise_with_prices(by=JOB, at=core_now())
    first = agreement.uplifts.get(year=1)
    assert (first.used_pence, first.journal, first.exact_factor) == (0, None, 1)
    assert "rate" not in first.rates[0]

    publish(agreement, 1, "2.0")
    publish(agreement, 2, "5.0")
    go_to_anniversary(agreement, 2)
    with sealed():
        raise_with_prices(by=JOB, at=core_now())

    second = agreement.uplifts.get(year=2)
    assert second.exact_factor == Fraction(102 * 103, 10_000)
    owed = {
        year: sum(uplift_pence(one.amount_pence, factor) for one in agreement.tranches.filter(year=year))
        for year, factor in ((2, Fraction(102, 100)), (3, second.exact_factor))
    }
    # Nothing was paid meanwhile, so each payment carries its own; a paid one's share goes on the next.
    assert uplifts_by_year(agreement) == owed
    assert ledger_identities() == schedule_differences() == []


def test_a_fixed_rate_needs_no_figure(story: Story) -> None:
    chosen = ChosenTerms(12, Profile.EVEN, IndexTerms(Indexation.FIXED, 200))
    services.choose_terms(by=story.people.officer, agreement=story.agreement, chosen=chosen)
    agreement = story.accept()
    cap = agreement.uplift_cap_pence

    for year in range(1, agreement.term_years + 1):
        go_to_anniversary(agreement, year)
        with sealed():
            assert raise_with_prices(by=JOB, at=core_now()) == 1

    amount = agreement.tranches.first().amount_pence
    assert uplifts_by_year(agreement) == {
        tranche.year: uplift_pence(tranche.amount_pence, Fraction(102, 100) ** (tranche.year - 1))
        for tranche in agreement.tranches.filter(year__gte=2)
    }
    assert amount > 0
    assert agreement.uplifts.aggregate(total=Sum("used_pence"))["total"] == cap
    assert held_on(Account.INDEX_RESERVE) == 0
    assert story.fresh().next_uplift_on is None
    assert ledger_identities() == schedule_differences() == []


def test_an_agreement_that_does_not_rise_has_no_anniversaries(story: Story) -> None:
    chosen = ChosenTerms(6, Profile.EVEN, IndexTerms())
    services.choose_terms(by=story.people.officer, agreement=story.agreement, chosen=chosen)
    agreement = story.accept()
    go_to_anniversary(agreement, 3)

    assert agreement.next_uplift_on is None
    assert raise_with_prices(by=JOB, at=core_now()) == 0


def test_a_clock_that_stood_still_posts_every_anniversary_in_order(accepted: Story) -> None:
    agreement = accepted.agreement
    publish(agreement, 1, "1.0")
    publish(agreement, 2, "-0.4")
    publish(agreement, 3, "9.9")
    go_to_anniversary(agreement, 3)

    assert raise_with_prices(by=JOB, at=core_now()) == 3

    assert [uplift.exact_factor for uplift in agreement.uplifts.order_by("year")] == [
        Fraction(101, 100),
        Fraction(101, 100),
        Fraction(101 * 103, 10_000),
    ]
    assert ledger_identities() == schedule_differences() == []


def test_an_agreement_closes_only_after_its_last_anniversary(accepted: Story) -> None:
    agreement = accepted.agreement
    go_to_anniversary(agreement, agreement.term_years)
    with acting("system:test", "paid"):
        agreement.tranches.update(status=TrancheStatus.PAID)
        read_reports(accepted)
    assert not terms_to_close(core_now()).exists()

    raise_with_prices(by=JOB, at=core_now())

    assert terms_to_close(core_now()).get() == agreement
    assert held_on(Account.INDEX_RESERVE) == 0


def test_every_source_gives_its_share(accepted: Story) -> None:
    agreement = accepted.agreement
    publish(agreement, 1, "2.7")
    kept = reserved_by_source(agreement.pk)
    go_to_anniversary(agreement, 1)
    raise_with_prices(by=JOB, at=core_now())

    for tranche in agreement.tranches.filter(year=2):
        parts = list(tranche.funding.filter(why="uplift"))
        assert {part.entry for part in parts} == {2}
        assert sum(part.uplift_pence for part in parts) == tranche.uplift_pence
    assert reserved_by_source(agreement.pk).keys() == kept.keys()


def close_first_year(world: World) -> None:
    agreement = world.agreement
    report = agreement.reports.get(year=1)
    services.submit_report(by=world.people.treasurer, report=report, spent_pence=5, unspent_pence=0, summary="Well.")
    services.accept_report(by=world.people.officer, report=report)
    review = agreement.reviews.get(year=1)
    services.propose_review(by=world.people.officer, review=review, outcome="continue", note="Well.")
    services.confirm_review(by=world.people.senior, review=review)


def test_the_bank_is_asked_for_base_uplift_and_contribution(world: World) -> None:
    publish(world.agreement, 1, "2.5")
    world.pay(1)
    world.pay(2)
    world.go_to(anniversary(world.agreement, 1))
    close_first_year(world)
    raise_with_prices(by=JOB, at=core_now())
    paid_before = world.bank.totals()["paid_pence"]

    run = world.pay(3)

    tranche, payment = world.tranche(3), Payment.objects.get(run=run)
    assert tranche.uplift_pence == uplift_pence(tranche.amount_pence, Fraction(1025, 1000)) > 0
    whole = tranche.amount_pence + tranche.uplift_pence + tranche.contribution_pence
    assert (payment.uplift_pence, payment.total_pence, run.total_pence) == (tranche.uplift_pence, whole, whole)
    assert world.bank.totals()["paid_pence"] - paid_before == whole
    assert tranche.status == TrancheStatus.PAID
    assert ledger_identities() == list(broken_seals()) == schedule_differences() == []


@pytest.mark.usefixtures("paid")
def test_a_figure_that_comes_after_the_payment_goes_on_the_next(world: World) -> None:
    world.pay(2)
    world.go_to(anniversary(world.agreement, 1))
    close_first_year(world)
    raise_with_prices(by=JOB, at=core_now())
    world.pay(3)
    publish(world.agreement, 1, "2.0")
    world.go_to(anniversary(world.agreement, 2))

    raise_with_prices(by=JOB, at=core_now())

    assert world.tranche(3).uplift_pence == 0
    following = world.tranche(4)
    factor = Fraction(102, 100)
    assert following.uplift_pence == uplift_pence(following.amount_pence, factor) + uplift_pence(
        world.tranche(3).amount_pence, factor
    )
    assert ledger_identities() == schedule_differences() == []


def add_entry(tranche: Tranche, *, amount_pence: int = 0, uplift_pence: int = 0) -> None:
    TrancheFunding.objects.create(
        tranche=tranche,
        source_id=tranche.funding.first().source_id,
        entry=2,
        amount_pence=amount_pence,
        uplift_pence=uplift_pence,
        contribution_pence=0,
    )


def take_a_penny(tranche: Tranche) -> None:
    Tranche.objects.filter(pk=tranche.pk).update(amount_pence=tranche.amount_pence - 1)
    add_entry(tranche, amount_pence=-1)


@pytest.mark.usefixtures("paid")
def test_the_database_keeps_what_was_released_and_what_makes_a_payment_up(world: World) -> None:
    paid, coming = world.tranche(1), world.tranche(2)
    with acting("system:test", "tried"):
        for change in ({"amount_pence": 1}, {"uplift_pence": 1}, {"due_on": date(2060, 1, 1)}, {"year": 9}):
            with pytest.raises(IntegrityError, match="changes no more"), transaction.atomic():
                Tranche.objects.filter(pk=paid.pk).update(**change)
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM grants_tranche WHERE id = %s", [coming.pk])
        with pytest.raises(IntegrityError, match="does not make it up"), transaction.atomic(), sealed():
            Tranche.objects.filter(pk=coming.pk).update(uplift_pence=1)
        with pytest.raises(IntegrityError, match="does not make it up"), transaction.atomic(), sealed():
            add_entry(coming, uplift_pence=1)
        with pytest.raises(IntegrityError, match="not what was agreed"), transaction.atomic(), sealed():
            take_a_penny(coming)


@pytest.fixture
def settled(committed_beginning: Callable[..., World], tmp_path: Path) -> Iterator[World]:
    """A world that commits: its second year has begun, and neither anniversary nor third payment was looked at yet."""
    world = committed_beginning("world", teller("world"))
    with its_bank_goes_on(world, "world", tmp_path):
        publish(world.agreement, 1, "2.0")
        world.pay(1)
        world.pay(2)
        world.go_to(anniversary(world.agreement, 1))
        close_first_year(world)
        world.go_to_due(3)
        yield world


def test_two_jobs_at_once_post_an_anniversary_once(settled: World) -> None:
    results = at_once(*[lambda: raise_with_prices(by=JOB, at=core_now())] * 4)

    assert sorted(results) == [0, 0, 0, 1]
    assert settled.agreement.uplifts.count() == 1
    assert ledger_identities() == schedule_differences() == []


def test_an_anniversary_and_a_claim_at_once_agree_on_the_amount(settled: World) -> None:
    """Whoever comes first: the payment in the run is the payment in the schedule, and its place loses nothing."""
    results = at_once(
        lambda: raise_with_prices(by=JOB, at=core_now()),
        lambda: claim_due(at=core_now()),
    )

    assert not [result for result in results if isinstance(result, Exception)]
    claim_due(at=core_now())  # a payment that the anniversary held was skipped
    payment = Payment.objects.get(tranche=settled.tranche(3))
    assert payment.total_pence == settled.tranche(3).total_pence
    factor = Fraction(102, 100)
    assert sum(uplifts_by_year(settled.agreement).values()) == sum(
        uplift_pence(one.amount_pence, factor) for one in settled.agreement.tranches.filter(year=2)
    )
    assert ledger_identities() == list(broken_seals()) == schedule_differences() == []
