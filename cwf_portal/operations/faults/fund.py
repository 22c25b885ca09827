"""A fund that has promised to pay: places whose agreements were accepted group by group, so that pay days are many."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import give_roles
from cwf_portal.operations.acts.agreements import (
    accept,
    approve_again_and_offer,
    approve_once,
    confirm_account,
    propose_account,
)
from cwf_portal.operations.acts.bodies import Body, found_body
from cwf_portal.operations.acts.fund import open_fund, receive_waves, set_aside
from cwf_portal.operations.acts.office import BOOTSTRAP, Office, make_accounts, open_office
from cwf_portal.operations.machine import Machine
from cwf_portal.operations.people import person
from grants.models import Agreement
from grants.services import draft_agreement
from neighbourhoods.models import Neighbourhood
from panels.domain.disclosure import Disclosure
from panels.models import Panel, PanelMembership, Resolution, ResolutionVote, Round, RoundResult
from panels.models.round import CHALLENGE_WINDOW

MEMBERS = 8
TERM_YEARS = 10
APART = timedelta(days=3)  # between the groups; all within the ninety days of an offer
CHECKS_HOLD = timedelta(days=30 * 365)


@dataclass(frozen=True)
class Promise:
    """A place that is offered money, and who takes it for the place."""

    body: Body
    agreement: Agreement


def promise_money(machine: Machine, *, seed: int, groups: int, group_size: int) -> Office:
    """Money comes in, `groups` × `group_size` places (at most 25) are promised theirs; returns the people who pay."""
    office = open_office(seed=seed, from_on=machine.today())
    fund = open_fund(office, term_years=TERM_YEARS)
    receive_waves(office, fund, machine, number=1)
    cohort = set_aside(office, fund, number=1)
    places = [one.neighbourhood for one in cohort.allocations.select_related("neighbourhood").order_by("pk")]
    promises = [_offer(office, place, seed=seed, day=machine.today()) for place in places[: groups * group_size]]
    for group in _in_groups(promises, group_size):
        for promise in group:
            accept(promise.body, promise.agreement)
        machine.wait(APART)
    return office


def _in_groups(promises: list[Promise], size: int) -> Iterator[list[Promise]]:
    for start in range(0, len(promises), size):
        yield promises[start : start + size]


def _offer(office: Office, place: Neighbourhood, *, seed: int, day: date) -> Promise:
    signatory, treasurer = make_accounts([person(seed, place.code, post) for post in ("signatory", "treasurer")])
    for user, role in ((signatory, Role.SIGNATORY), (treasurer, Role.TREASURER)):
        give_roles(requested_by=office.administrator, confirmed_by=office.second_administrator, users=[user], role=role)
    body = found_body(office, place, signatory=signatory, treasurer=treasurer, checked_until=day + CHECKS_HOLD)
    confirm_account(office, propose_account(body))
    agreement = draft_agreement(by=BOOTSTRAP, resolution=_carried(place, body, seed))
    approve_once(office, agreement)
    approve_again_and_offer(office, agreement)
    return Promise(body, Agreement.objects.get(pk=agreement.pk))


def _carried(place: Neighbourhood, body: Body, seed: int) -> Resolution:
    """A lawful panel and its decision as they stand afterwards: how people voted is no matter of this battery."""
    at = core_now()
    with acting(BOOTSTRAP, "wrote down a panel and its decision"):
        panel = Panel.objects.create(neighbourhood=place, name=str(place), is_sample=True)
        users = make_accounts([person(seed, place.code, "member", number) for number in range(MEMBERS)])
        members = PanelMembership.objects.bulk_create(
            PanelMembership(panel=panel, user=user, is_resident=True, is_chair=number == 0, starts_on=date(2020, 1, 1))
            for number, user in enumerate(users)
        )
        resolution = Resolution.objects.create(
            panel=panel,
            kind=Resolution.Kind.ENDORSE_RESULT,
            title=f"Our plan for {place.name}",
            round=Round.objects.create(
                panel=panel,
                title="What should we do first?",
                budget_pence=30_000_000,
                most_choices=3,
                rule="equal_shares",
                ideas_open_at=at - timedelta(days=90),
                ideas_close_at=at - timedelta(days=60),
                voting_opens_at=at - timedelta(days=40),
                voting_closes_at=at - timedelta(days=20),
            ),
            accountable_body=body.accountable_body.organisation,
            term_years=TERM_YEARS,
            moved_by=members[0],
        )
        ResolutionVote.objects.bulk_create(
            ResolutionVote(resolution=resolution, member=member, vote="for", voted_by=member.user) for member in members
        )
        RoundResult.objects.create(
            round=resolution.round,
            disclosure=Disclosure.WINNERS,
            counted_count=MEMBERS,
            spent_pence=resolution.round.budget_pence,
            published_at=at - CHALLENGE_WINDOW,
            published_by=users[0],
        )
        resolution.status, resolution.decided_at = Resolution.Status.CARRIED, at
        resolution.outcome = "All members took part."
        resolution.save()
    return resolution
