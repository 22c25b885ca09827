"""Varying a running agreement: who may, what changes, what never does, and what the ledger says."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank
from grants.domain.dates import add_months
from grants.domain.ledger import Account
from grants.domain.schedule import Profile
from grants.errors import HeadroomError, LimitError, WrongStateError
from grants.models import (
    Agreement,
    AgreementVersion,
    Journal,
    Payment,
    Tranche,
    TrancheStatus,
    Variation,
    VariationLine,
)
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.ledger import allocated_by_source, held_on
from grants.services import Proposal
from grants.services.claim import claim_due
from grants.services.uplift import raise_with_prices
from tests.unit.grants.conftest import Story, give_rank, make_person, sealed
from tests.unit.grants.models.test_constraints import refused_by
from tests.unit.grants.payment_world import World, its_bank_goes_on, teller
from tests.unit.grants.reconciler.lived_again import schedule_differences
from tests.unit.grants.services.test_uplift import go_to_anniversary, publish
from tests.unit.grants.test_races import at_once


def same(agreement: Agreement, **changes: Any) -> Proposal:
    """A proposal that changes nothing but what is named."""
    proposal = Proposal(
        total_pence=agreement.amount_pence,
        ends_on=agreement.ends_on,
        cadence_months=agreement.cadence_months,
        profile=Profile(agreement.profile),
        reason="The lease comes later.",
        consent="Letter of the trustees, 3 May",
    )
    return replace(proposal, **changes)


def propose(story: Story, **changes: Any) -> Variation:
    agreement = story.fresh()
    return services.propose_variation(by=story.people.officer, agreement=agreement, proposal=same(agreement, **changes))


def approve_by_value(story: Story, variation: Variation) -> Variation:
    """Assurance and two approvals, as for an agreement of this size."""
    services.approve_variation(by=story.people.senior, variation=variation)
    services.approve_variation(by=story.people.fund_director, variation=variation, minute_reference="B 3")
    return services.approve_variation(by=story.people.head, variation=variation)


def extend_half_a_year(story: Story) -> Variation:
    """No cost, and everything comes half a year later."""
    agreement = story.fresh()
    after = list(agreement.tranches.order_by("number").values_list("amount_pence", flat=True))
    advance_clock(by=agreement.tranches.get(number=1).due_on - core_now().date() + timedelta(days=1))
    return propose(story, ends_on=add_months(agreement.ends_on, 6), amounts=tuple(after))


def test_acceptance_keeps_the_first_version(accepted: Story) -> None:
    agreement = accepted.agreement

    version = agreement.versions.get()
    assert (version.number, version.variation, version.amount_pence) == (1, None, agreement.amount_pence)
    assert version.lines.count() == 20
    assert sum(line.amount_pence for line in version.lines.all()) == agreement.amount_pence


@pytest.mark.usefixtures("accepted")
def test_a_small_change_takes_one_senior_officer(story: Story) -> None:
    variation = extend_half_a_year(story)
    assert variation.is_small

    with sealed():
        services.approve_variation(by=story.people.senior, variation=variation)

    agreement = story.fresh()
    assert agreement.variations.get().status == Variation.Status.APPLIED
    assert (agreement.version, agreement.term_years) == (2, 11)
    assert agreement.tranches.get(number=1).due_on == variation.lines.get(number=1).due_on
    assert agreement.reports.count() == 11
    assert agreement.reviews.count() == 10
    assert agreement.reports.get(year=11).due_on == agreement.ends_on
    assert agreement.versions.get(number=2).lines.count() == 20
    assert ledger_identities() == list(broken_seals()) == schedule_differences() == []


@pytest.mark.usefixtures("accepted")
def test_small_changes_count_together_until_the_next_full_approval(story: Story) -> None:
    services.approve_variation(by=story.people.senior, variation=extend_half_a_year(story))

    second = extend_half_a_year(story)

    assert not second.is_small
    services.refuse_variation(by=story.people.head, variation=second, reason="To try.")
    called_small = copied(story, second)
    with (
        acting("system:test", "tried"),
        pytest.raises(IntegrityError, match="more than six months"),
        transaction.atomic(),
    ):
        approve_past_the_service(story, called_small, lines=list(second.lines.all()))
    approve_by_value(story, extend_half_a_year(story))
    assert extend_half_a_year(story).is_small


def test_a_saving_goes_back_to_the_place(accepted: Story) -> None:
    agreement = accepted.agreement
    place = agreement.allocation.neighbourhood_id
    before = held_on(Account.INDEX_RESERVE)
    variation = propose(accepted, total_pence=agreement.amount_pence - 1_000_000_00)
    assert not variation.is_small

    with sealed():
        approve_by_value(accepted, variation)

    agreement = accepted.fresh()
    assert sum(allocated_by_source(place).values()) == 1_000_000_00
    assert sum(one.amount_pence for one in agreement.tranches.all()) == agreement.amount_pence
    assert agreement.contribution_pence * 20 == agreement.amount_pence
    assert held_on(Account.INDEX_RESERVE) < before
    assert held_on(Account.INDEX_RESERVE) == agreement.uplift_cap_pence
    assert Journal.objects.get(kind="varied").approver == accepted.people.head
    assert ledger_identities() == list(broken_seals()) == schedule_differences() == []


def test_what_was_saved_can_be_given_again_and_no_more(accepted: Story) -> None:
    whole = accepted.agreement.amount_pence
    approve_by_value(accepted, propose(accepted, total_pence=whole - 500_000_00))

    with pytest.raises(HeadroomError, match="this place on top"):
        propose(accepted, total_pence=whole + 1)
    with sealed():
        approve_by_value(accepted, propose(accepted, total_pence=whole))

    assert accepted.fresh().version == 3
    assert sum(allocated_by_source(accepted.agreement.allocation.neighbourhood_id).values()) == 0
    assert ledger_identities() == schedule_differences() == []


@pytest.mark.usefixtures("paid")
def test_another_rhythm_for_what_remains(world: World) -> None:
    story = world.stories[0]
    paid = world.tranche(1)

    with sealed():
        approve_by_value(story, propose(story, cadence_months=3, profile=Profile.EVEN))

    agreement = world.agreement
    assert agreement.cadence_months == 3
    rest = agreement.tranches.exclude(pk=paid.pk).order_by("due_on")
    amounts = [one.amount_pence for one in rest]
    assert len(amounts) == 39
    assert max(amounts) - min(amounts) <= 1
    assert sum(amounts) + paid.amount_pence == agreement.amount_pence
    after = world.tranche(1)
    assert (after.due_on, after.amount_pence, after.status) == (paid.due_on, paid.amount_pence, TrancheStatus.PAID)
    assert ledger_identities() == schedule_differences() == []
    world.pay(2)
    assert ledger_identities() == list(broken_seals()) == schedule_differences() == []


@pytest.mark.usefixtures("accepted")
def test_payments_that_are_left_over_are_cancelled(story: Story) -> None:
    with sealed():
        approve_by_value(story, propose(story, cadence_months=12))

    agreement = story.fresh()
    assert agreement.tranches.filter(status=TrancheStatus.CANCELLED).count() == 10
    standing = agreement.tranches.exclude(status=TrancheStatus.CANCELLED)
    assert sum(one.amount_pence for one in standing) == agreement.amount_pence
    assert agreement.versions.get(number=2).lines.count() == 10
    assert ledger_identities() == schedule_differences() == []


def test_uplift_given_before_follows_the_new_payments(accepted: Story) -> None:
    agreement = accepted.agreement
    publish(agreement, 1, "2.0")
    go_to_anniversary(agreement, 1)
    raise_with_prices(by="system:calendar", at=core_now())

    with sealed():
        approve_by_value(accepted, propose(accepted, profile=Profile.EVEN))

    agreement = accepted.fresh()
    raised = agreement.tranches.filter(year=2, uplift_pence__gt=0)
    assert all(abs(one.uplift_pence * 50 - one.amount_pence) <= 50 * 3 for one in raised[1:])
    total = sum(one.uplift_pence for one in agreement.tranches.all())
    assert held_on(Account.INDEX_RESERVE) + total == agreement.uplift_cap_pence
    assert ledger_identities() == list(broken_seals()) == schedule_differences() == []


@pytest.mark.usefixtures("accepted")
def test_people_and_limits_are_those_of_an_agreement(story: Story) -> None:
    people = story.people
    with pytest.raises(NotAllowedError):
        services.propose_variation(by=people.head, agreement=story.agreement, proposal=same(story.agreement))
    variation = propose(story, profile=Profile.EVEN)

    with pytest.raises(ConflictError, match="proposed already"):
        propose(story, profile=Profile.EVEN)
    with pytest.raises(NotAllowedError):
        services.approve_variation(by=people.officer, variation=variation)
    services.approve_variation(by=people.senior, variation=variation)
    with pytest.raises(NotAllowedError, match="took another step"):
        services.approve_variation(by=people.senior, variation=variation)
    with pytest.raises(LimitError, match="you may approve up to"):
        services.approve_variation(by=people.head, variation=variation)
    services.approve_variation(by=people.fund_director, variation=variation, minute_reference="B 9")
    same_team = give_rank(make_person("same-team", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "north")
    with pytest.raises(NotAllowedError, match="same team"):
        services.approve_variation(by=same_team, variation=variation)
    services.approve_variation(by=people.head, variation=variation)
    with pytest.raises(WrongStateError, match="decided already"):
        services.approve_variation(by=people.head, variation=variation)


@pytest.mark.usefixtures("accepted")
def test_a_refused_variation_changes_nothing(story: Story) -> None:
    variation = propose(story, cadence_months=12)

    with pytest.raises(DomainError, match="needs a reason"):
        services.refuse_variation(by=story.people.head, variation=variation, reason=" ")
    services.refuse_variation(by=story.people.head, variation=variation, reason="Not agreed by the panel.")

    agreement = story.fresh()
    assert (agreement.version, agreement.tranches.count(), agreement.cadence_months) == (1, 20, 6)
    with pytest.raises(WrongStateError):
        services.refuse_variation(by=story.people.head, variation=variation, reason="Again.")
    assert propose(story, cadence_months=12).attempt == variation.attempt + 1


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": " "}, "needs its reason"),
        ({"ends_on": date(2020, 1, 1)}, "must end after today"),
        ({"ends_on": date(2060, 1, 1)}, "must end after today and by"),
        ({"amounts": (1, 2)}, "still to come; there are 2 amounts"),
        ({"profile": Profile.CUSTOM, "weights": (1, 2)}, "must have 10 shares"),
    ],
)
def test_a_proposal_that_makes_no_sense_is_refused(story: Story, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DomainError, match=sentence):
        propose(story, **changes)


def test_only_a_running_agreement_is_varied(story: Story) -> None:
    proposal = same(story.agreement, ends_on=date(2036, 1, 1))
    with pytest.raises(WrongStateError, match="runs can be varied"):
        services.propose_variation(by=story.people.officer, agreement=story.agreement, proposal=proposal)


def test_a_payment_released_meanwhile_stops_the_variation(world: World) -> None:
    story = world.stories[0]
    variation = propose(story, profile=Profile.EVEN)
    services.approve_variation(by=story.people.senior, variation=variation)
    services.approve_variation(by=story.people.fund_director, variation=variation, minute_reference="B 3")
    world.go_to_due(1)
    assert world.sweep() is not None

    with pytest.raises(ConflictError, match="released or came back"):
        services.approve_variation(by=story.people.head, variation=variation)

    assert world.agreement.version == 1


def test_the_database_refuses_terms_without_their_version_and_a_large_change_called_small(accepted: Story) -> None:
    agreement = accepted.agreement
    with acting("system:test", "tried"):
        with pytest.raises(IntegrityError, match="terms of agreement"), transaction.atomic():
            Agreement.objects.filter(pk=agreement.pk).update(amount_pence=1, version=2)
        variation = propose(accepted, cadence_months=12)
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            Variation.objects.filter(pk=variation.pk).update(is_small=True)
        services.refuse_variation(by=accepted.people.head, variation=variation, reason="To try.")
    sneaked = copied(accepted, variation)
    with (
        acting("system:test", "tried"),
        pytest.raises(IntegrityError, match="more than six months"),
        transaction.atomic(),
    ):
        approve_past_the_service(accepted, sneaked)


def copied(story: Story, variation: Variation) -> Variation:
    """The same variation once more, called small; not saved."""
    return Variation(
        agreement=story.fresh(),
        attempt=story.agreement.attempt + 1,
        reason="Small?",
        consent="None",
        is_small=True,
        standing=variation.standing,
        proposed_by=story.people.officer,
        **{name: getattr(variation, name) for name in ("amount_pence", "contribution_pence", "uplift_cap_pence")},
        **{name: getattr(variation, name) for name in ("term_years", "ends_on", "cadence_months", "profile")},
    )


def approve_past_the_service(story: Story, sneaked: Variation, lines: Sequence[VariationLine] = ()) -> None:
    sneaked.save()
    for line in lines:
        line.pk, line.variation = None, sneaked
    VariationLine.objects.bulk_create(lines)
    Agreement.objects.filter(pk=sneaked.agreement_id).update(attempt=sneaked.attempt)
    services.approve_variation(by=story.people.officer, variation=sneaked)


def test_every_constraint_of_versions_and_variations_refuses_its_case(accepted: Story) -> None:
    version = accepted.agreement.versions.get()
    variation = propose(accepted, cadence_months=12)
    head, at = accepted.people.head.pk, core_now()
    decided = {"attempt": 9, "decided_by_id": head, "decided_at": at}
    cases = [
        (variation, {"status": "refused", "refusal": "No.", "decided_by_id": head, "decided_at": at}, "variation_once"),
        (variation, {"attempt": 9}, "variation_one_open"),
        (variation, decided | {"status": "odd"}, "variation_status_known"),
        (variation, decided | {"status": "applied", "reason": ""}, "variation_says_why"),
        (variation, {"attempt": 9, "decided_at": at}, "variation_decided_whole"),
        (variation, decided | {"status": "applied", "decided_by_id": variation.proposed_by_id}, "variation_two_people"),
        (variation, decided | {"status": "refused", "refusal": ""}, "variation_refusal_has_reason"),
        (variation.lines.first(), {}, "variationline_once"),
        (variation.lines.first(), {"number": 99, "amount_pence": 0}, "variationline_positive"),
        (version, {}, "agreementversion_once"),
        (version, {"number": 2}, "agreementversion_varied_after_first"),
        (version.lines.first(), {}, "scheduleline_once"),
    ]

    assert [refused_by(row, **changes) for row, changes, _ in cases] == [f"grants_{rule}" for _, _, rule in cases]


@pytest.fixture
def waiting(committed_beginning: Callable[..., World], tmp_path: Path) -> Iterator[tuple[World, Variation]]:
    """A world that commits, with a variation that lacks its last approval on the day the first payment is claimed."""
    world = committed_beginning("world", teller("world"))
    with its_bank_goes_on(world, "world", tmp_path):
        story = world.stories[0]
        variation = propose(story, profile=Profile.EVEN)
        services.approve_variation(by=story.people.senior, variation=variation)
        services.approve_variation(by=story.people.fund_director, variation=variation, minute_reference="B 3")
        world.go_to_due(1)
        yield world, variation


def test_a_variation_and_a_claim_at_once_never_mix(waiting: tuple[World, Variation]) -> None:
    """Either the payment is claimed as it was and the variation is refused, or it is varied and claimed as varied."""
    world, variation = waiting

    results = at_once(
        lambda: services.approve_variation(by=world.people.head, variation=variation),
        lambda: claim_due(at=core_now()),
    )

    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, ConflictError)]
    claim_due(at=core_now())
    for payment in Payment.objects.select_related("tranche"):
        assert payment.total_pence == payment.tranche.total_pence
    standing = Tranche.objects.exclude(status=TrancheStatus.CANCELLED)
    assert sum(one.amount_pence for one in standing) == world.agreement.amount_pence
    assert AgreementVersion.objects.count() == (1 if isinstance(results[0], ConflictError) else 2)
    assert VariationLine.objects.exists()
    assert ledger_identities() == list(broken_seals()) == schedule_differences() == []
