"""Drafting, offering, accepting, lapsing and completing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import OutboxMessage, OutgoingMessage
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Risk
from grants.domain.dates import add_months
from grants.domain.ledger import Account
from grants.errors import WrongStateError
from grants.models import Agreement, AgreementStatus, Report, Tranche, TrancheFunding, TrancheStatus
from grants.selectors.agreements import has_standing_agreement
from grants.selectors.checks import ledger_identities
from grants.selectors.ledger import held_on
from grants.services.uplift import raise_with_prices
from grants.tasks.calendar import draft_from_decision
from neighbourhoods.models import Event
from panels.models import Annulment, AnnulmentCall, Resolution
from tests.unit.grants.conftest import (
    People,
    Programme,
    Story,
    allocate,
    make_body,
    make_person,
    make_story,
    sealed,
)
from tests.unit.grants.sample import carried_resolution


def test_a_draft_takes_what_is_set_aside_with_its_sources(story: Story) -> None:
    agreement = story.agreement

    assert agreement.amount_pence == agreement.allocation.amount_pence
    assert agreement.reference == f"CWF-{agreement.allocation.neighbourhood.code}-1"
    assert sum(part.amount_pence for part in agreement.funding.all()) == agreement.amount_pence
    assert sum(part.contribution_pence for part in agreement.funding.all()) == agreement.contribution_pence
    assert {part.source.code for part in agreement.funding.select_related("source")} == {"dormant", "lottery"}


def test_drafting_again_returns_the_first(story: Story) -> None:
    again = services.draft_agreement(by="system:test", resolution=story.agreement.resolution)

    assert again == story.agreement
    assert Agreement.objects.count() == 1


def test_a_place_with_a_standing_agreement_gets_no_second(story: Story) -> None:
    place = story.agreement.allocation.neighbourhood
    second = carried_resolution(
        neighbourhood=place, organisation=story.agreement.body.organisation, term_years=10, title="Second"
    )

    assert has_standing_agreement(place.pk)
    with pytest.raises(ConflictError, match="standing agreement already"):
        services.draft_agreement(by="system:test", resolution=second)


def test_a_place_without_money_an_unknown_body_or_another_term_is_refused(people: People, programme: Programme) -> None:
    allocate(people, programme)
    place = programme.allocations.get().neighbourhood
    body = make_body(people)
    other = type(place).objects.exclude(pk=place.pk).first()

    with pytest.raises(ConflictError, match="Nothing is set aside"):
        services.draft_agreement(
            by="system:test",
            resolution=carried_resolution(neighbourhood=other, organisation=body.organisation, term_years=10),
        )
    decision = carried_resolution(neighbourhood=place, organisation=body.organisation, term_years=9)
    with pytest.raises(DomainError, match="9 years are outside the term"):
        services.draft_agreement(by="system:test", resolution=decision)


def test_an_organisation_that_is_not_registered_is_refused(people: People, programme: Programme) -> None:
    allocate(people, programme)
    organisation = make_body(people).organisation
    with acting("system:test", "another"):
        organisation.pk, organisation.name = None, "Unknown Friends"
        organisation.save()
    place = programme.allocations.get().neighbourhood

    with pytest.raises(ConflictError, match="Unknown Friends is not registered"):
        services.draft_agreement(
            by="system:test",
            resolution=carried_resolution(neighbourhood=place, organisation=organisation, term_years=10),
        )


def test_a_decision_that_was_not_carried_drafts_nothing(people: People, programme: Programme) -> None:
    allocate(people, programme)
    place = programme.allocations.get().neighbourhood
    decision = carried_resolution(
        neighbourhood=place, organisation=make_body(people).organisation, term_years=10, votes="against"
    )

    assert decision.status == Resolution.Status.NOT_CARRIED
    with pytest.raises(ConflictError, match="has not carried"):
        services.draft_agreement(by="system:test", resolution=decision)


def test_a_decision_about_a_vote_that_was_annulled_drafts_nothing(people: People, programme: Programme) -> None:
    allocate(people, programme)
    place = programme.allocations.get().neighbourhood
    decision = carried_resolution(neighbourhood=place, organisation=make_body(people).organisation, term_years=10)
    for side, by in (("panel", people.head), ("fund", people.director)):
        AnnulmentCall.objects.create(round=decision.round, side=side, reason="Both keys are lost.", called_by=by)
    Annulment.objects.create(round=decision.round, reason="Both keys are lost.", annulled_by=people.director)

    with pytest.raises(ConflictError, match="was annulled. Hold another vote"):
        services.draft_agreement(by="system:test", resolution=decision)
    draft_from_decision(OutboxMessage(payload={"resolution": decision.pk}))
    assert not Agreement.objects.exists()


def annul_vote_of(story: Story) -> None:
    round = story.agreement.resolution.round
    for side, by in (("panel", story.people.head), ("fund", story.people.director)):
        AnnulmentCall.objects.create(round=round, side=side, reason="Both keys are lost.", called_by=by)
    Annulment.objects.create(round=round, reason="Both keys are lost.", annulled_by=story.people.director)


@pytest.mark.parametrize(
    "reach",
    [lambda story: None, Story.recommend, Story.approve, lambda story: offer(story)],
    ids=["drafted", "recommended", "approved", "offered"],
)
def test_what_an_annulled_vote_left_goes_no_step_further_and_lapses(
    story: Story, reach: Callable[[Story], object]
) -> None:
    reach(story)
    annul_vote_of(story)
    people, agreement = story.people, story.agreement
    steps = [
        lambda: services.recommend_agreement(by=people.officer, agreement=agreement, risk=Risk.LOW),
        lambda: services.assure_agreement(by=people.senior, agreement=agreement),
        lambda: services.offer_agreement(by=people.officer, agreement=agreement),
        lambda: services.accept_offer(by=people.signatory, agreement=agreement),
    ]
    reached = ["draft", "recommended", "approved", "offered"].index(story.fresh().status)

    with pytest.raises(ConflictError, match="was annulled. Hold another vote"):
        steps[reached]()
    with sealed():
        assert services.lapse_offers(by="system:test", at=core_now()) == 1

    assert story.fresh().status == AgreementStatus.LAPSED
    assert held_on(Account.PLEDGED) == 0
    assert held_on(Account.ALLOCATED) == agreement.amount_pence
    assert ledger_identities() == []


def offer(story: Story) -> None:
    story.approve()
    services.offer_agreement(by=story.people.officer, agreement=story.agreement)


def test_an_offer_tells_the_signatory_and_lapses_after_ninety_days(story: Story) -> None:
    story.approve()

    agreement = services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    again = services.offer_agreement(by=story.people.officer, agreement=story.agreement)

    assert agreement.offer_lapses_on == localdate(core_now()) + timedelta(days=90) == again.offer_lapses_on
    letter = OutgoingMessage.objects.get(topic="grants.offer")
    assert letter.to == story.people.signatory.email
    assert "£" in letter.subject


def test_an_agreement_is_offered_only_after_approval_and_by_an_officer(story: Story) -> None:
    with pytest.raises(WrongStateError, match="This agreement is “to check”"):
        services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    with pytest.raises(NotAllowedError):
        services.offer_agreement(by=story.people.signatory, agreement=story.agreement)


def test_only_the_signatory_of_this_body_accepts(story: Story) -> None:
    story.approve()
    services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    stranger = make_person("stranger", Role.SIGNATORY)

    with pytest.raises(NotAllowedError, match="You do not sign for this organisation"):
        services.accept_offer(by=stranger, agreement=story.agreement)
    with pytest.raises(NotAllowedError):
        services.accept_offer(by=story.people.treasurer, agreement=story.agreement)


def test_acceptance_starts_the_term_and_lays_down_the_schedule(story: Story) -> None:
    with sealed():
        agreement = story.accept()

    start = localdate(core_now())
    assert agreement.starts_on == start
    assert agreement.anchor_on == start + timedelta(days=28)
    assert agreement.ends_on == add_months(start, 120)
    tranches = list(agreement.tranches.all())
    assert len(tranches) == 20
    assert sum(tranche.amount_pence for tranche in tranches) == agreement.amount_pence
    assert sum(tranche.contribution_pence for tranche in tranches) == agreement.contribution_pence
    by_source = {part.source_id: (part.amount_pence, part.contribution_pence) for part in agreement.funding.all()}
    for source, (amount, contribution) in by_source.items():
        parts = TrancheFunding.objects.filter(source=source)
        assert sum(part.amount_pence for part in parts) == amount
        assert sum(part.contribution_pence for part in parts) == contribution
    assert [report.year for report in agreement.reports.order_by("year")] == list(range(1, 11))
    assert [review.year for review in agreement.reviews.order_by("year")] == list(range(1, 10))
    assert Event.objects.filter(kind="grants.payment").count() == 3


@pytest.mark.usefixtures("accepted")
def test_accepting_twice_changes_nothing(story: Story) -> None:
    services.accept_offer(by=story.people.signatory, agreement=story.agreement)

    assert Tranche.objects.count() == 20


def test_an_offer_that_is_not_open_or_has_lapsed_cannot_be_accepted(
    story: Story, pass_time: Callable[..., None]
) -> None:
    story.approve()
    with pytest.raises(WrongStateError, match="“approved”"):
        services.accept_offer(by=story.people.signatory, agreement=story.agreement)
    services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    pass_time(days=91)

    with pytest.raises(WrongStateError, match="has lapsed"):
        services.accept_offer(by=story.people.signatory, agreement=story.agreement)


def test_a_lapsed_offer_gives_the_money_back_to_the_place(story: Story, pass_time: Callable[..., None]) -> None:
    story.approve()
    services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    assert services.lapse_offers(by="system:calendar", at=core_now()) == 0
    pass_time(days=91)

    with sealed():
        lapsed = services.lapse_offers(by="system:calendar", at=core_now())

    assert lapsed == 1
    assert story.fresh().status == AgreementStatus.LAPSED
    assert held_on(Account.PLEDGED) == 0
    assert held_on(Account.ALLOCATED) == story.agreement.amount_pence
    assert ledger_identities() == []
    assert services.lapse_offers(by="system:calendar", at=core_now()) == 0


def test_after_a_lapse_the_place_can_be_offered_the_whole_again(story: Story, pass_time: Callable[..., None]) -> None:
    story.approve()
    services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    pass_time(days=91)
    services.lapse_offers(by="system:calendar", at=core_now())

    again = services.draft_agreement(
        by="system:test",
        resolution=carried_resolution(
            neighbourhood=story.agreement.allocation.neighbourhood,
            organisation=story.agreement.body.organisation,
            term_years=10,
            title="Again",
        ),
    )

    assert again.reference.endswith("-2")
    assert again.amount_pence == story.agreement.amount_pence


def test_an_agreement_completes_when_its_term_is_over_all_is_paid_and_the_last_report_accepted(
    accepted: Story, pass_time: Callable[..., None]
) -> None:
    pass_time(days=3653)
    assert services.complete_agreements(by="system:calendar", at=core_now()) == 0
    with acting("system:test", "as if paid and reported"):
        Tranche.objects.update(status=TrancheStatus.PAID)
        assert services.complete_agreements(by="system:calendar", at=core_now()) == 0
        Report.objects.update(
            submitted_by=accepted.people.treasurer,
            submitted_at=core_now(),
            spent_pence=1,
            unspent_pence=0,
            summary="Done.",
            accepted_by=accepted.people.officer,
            accepted_at=core_now(),
        )

        assert services.complete_agreements(by="system:calendar", at=core_now()) == 0
    raise_with_prices(by="system:calendar", at=core_now())

    assert services.complete_agreements(by="system:calendar", at=core_now()) == 1
    assert accepted.fresh().status == AgreementStatus.COMPLETED


def test_two_places_of_one_body_are_two_agreements(people: People, programme: Programme) -> None:
    allocate(people, programme, places=2)
    first = make_story(people, programme)
    second = make_story(people, programme, body=first.agreement.body)

    assert first.agreement.body == second.agreement.body
    assert first.agreement.allocation != second.agreement.allocation
