"""Ranks that two administrators give, and officers of equal rank who act for one another."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.core.services import revoke_role
from grants import services
from grants.domain.authority import DELEGATED_DAYS_MAX, Rank, Risk
from grants.models import Approval, AuthorityChange, Delegation, OfficerAuthority
from grants.selectors.authority import acting_for, equals_of, limits
from grants.selectors.days import today
from grants.selectors.values import whole_life_pence
from grants.services.approvals import officer_today
from grants.services.authority import ask_for_rank, confirm_rank, withdraw_rank
from grants.services.delegations import confirm_delegation, end_delegation, propose_delegation
from grants.services.posting import constraint_of
from tests.unit.grants.conftest import People, Story, give_rank, make_person
from tests.unit.grants.test_races import at_once, refused

DAY = timedelta(days=1)


@pytest.fixture
def office(db: None) -> tuple[User, User, User]:
    """Two administrators, and an officer without a rank."""
    return make_office()


def make_office() -> tuple[User, User, User]:
    return (
        make_person("one-administrator", Role.ADMINISTRATOR),
        make_person("other-administrator", Role.ADMINISTRATOR),
        make_person("new-senior", Role.SENIOR_OFFICER),
    )


def ask(by: User, user: User, **changes: Any) -> AuthorityChange:
    said = {"rank": Rank.SENIOR_OFFICER, "team": " North ", "from_on": today() + DAY}
    return ask_for_rank(by=by, user=user, **said | changes)


def rule_of(change: Any) -> str:
    """The rule of the database that refuses what is done past the services; "" where none does."""
    try:
        with acting("system:test", "went past the services"), transaction.atomic():
            change()
    except IntegrityError as error:
        return constraint_of(error) or str(error).splitlines()[0]
    return ""


def test_a_rank_is_asked_by_one_confirmed_by_another_and_counts_from_its_day(office: tuple[User, ...]) -> None:
    one, other, officer = office
    change = ask(one, officer)
    assert ask(one, officer) == change
    assert not OfficerAuthority.objects.filter(user=officer).exists()

    confirm_rank(by=other, change=change)
    confirm_rank(by=other, change=change)

    with pytest.raises(NotAllowedError, match="hold no rank today"):
        officer_today(officer)
    advance_clock(by=DAY)
    assert officer_today(officer).team == "north"
    assert officer_today(officer).rank is Rank.SENIOR_OFFICER


def test_a_later_rank_ends_the_one_before_and_no_rank_ends_it_for_good(office: tuple[User, ...]) -> None:
    one, other, officer = office
    give_rank(officer, Rank.SENIOR_OFFICER, "north")

    confirm_rank(by=other, change=ask(one, officer, rank=Rank.GRANTS_MANAGER, team="south"))
    confirm_rank(by=other, change=ask(one, officer, rank=None, team="", from_on=today() + 5 * DAY))

    assert list(OfficerAuthority.objects.order_by("from_on").values_list("rank", "team", "to_on")) == [
        (Rank.SENIOR_OFFICER, "north", today()),
        (Rank.GRANTS_MANAGER, "south", today() + 4 * DAY),
    ]
    assert officer_today(officer).rank is Rank.SENIOR_OFFICER
    with pytest.raises(DomainError, match="hold no rank on that day"):
        ask(one, officer, rank=None, team="", from_on=today() + 9 * DAY)


def test_nobody_ranks_themselves_or_alone_or_from_today(office: tuple[User, ...]) -> None:
    one, other, officer = office
    with pytest.raises(NotAllowedError, match="to themselves"):
        ask(one, one)
    with pytest.raises(NotAllowedError):
        ask(officer, one)
    with pytest.raises(DomainError, match="from tomorrow"):
        ask(one, officer, from_on=today())
    with pytest.raises(DomainError, match="needs a team"):
        ask(one, officer, team=" ")
    change = ask(one, officer)
    with pytest.raises(NotAllowedError, match="second person"):
        confirm_rank(by=one, change=change)
    with pytest.raises(ConflictError, match="A change waits already"):
        ask(other, officer, team="south")
    withdraw_rank(by=other, change=change)
    assert withdraw_rank(by=other, change=change).withdrawn_by == other
    with pytest.raises(ConflictError, match="taken back"):
        confirm_rank(by=other, change=change)


def test_a_rank_that_somebody_asked_for_who_is_no_administrator_any_more_is_not_confirmed(
    office: tuple[User, ...],
) -> None:
    one, other, officer = office[:3]
    change = ask(one, officer)
    revoke_role(by=other, grant=one.role_grants.get(role=Role.ADMINISTRATOR))
    with pytest.raises(ConflictError, match="may no longer ask"):
        confirm_rank(by=other, change=change)
    withdraw_rank(by=other, change=change)


def test_a_request_whose_day_has_come_is_asked_anew(office: tuple[User, ...]) -> None:
    one, other, officer = office
    change = ask(one, officer)
    advance_clock(by=DAY)

    with pytest.raises(ConflictError, match="its day has come"):
        confirm_rank(by=other, change=change)


def test_the_database_takes_no_rank_that_two_did_not_give(office: tuple[User, ...]) -> None:
    one, other, officer = office
    change = ask(one, officer)
    said = {"user": officer, "rank": Rank.SENIOR_OFFICER, "team": "north", "from_on": change.from_on}
    create = OfficerAuthority.objects.create

    assert rule_of(lambda: create(**said)) == "grants_officerauthority_by_two"
    assert rule_of(lambda: create(**said, change=change)) == "grants_officerauthority_by_two"
    alone = {"confirmed_by": one, "confirmed_at": core_now()}
    assert rule_of(lambda: AuthorityChange.objects.update(**alone)) == "grants_authoritychange_two_people"
    assert rule_of(lambda: AuthorityChange.objects.update(**alone | {"confirmed_by": officer})) == (
        "grants_authoritychange_two_people"
    )
    assert "never changes" in rule_of(lambda: AuthorityChange.objects.update(rank=Rank.FUND_DIRECTOR))
    confirm_rank(by=other, change=change)
    assert "never changes" in rule_of(lambda: OfficerAuthority.objects.update(rank=Rank.FUND_DIRECTOR))
    assert "is decided" in rule_of(lambda: AuthorityChange.objects.update(confirmed_by=None, confirmed_at=None))


def test_two_who_confirm_at_once_give_one_rank(committed_db: str) -> None:
    one, other, officer = make_office()
    third = make_person("third-administrator", Role.ADMINISTRATOR)
    change = ask(one, officer)

    results = at_once(*(lambda by=by: confirm_rank(by=by, change=change) for by in (other, third)))

    assert refused(results) == 0
    assert OfficerAuthority.objects.filter(user=officer).count() == 1


def stand_in(people: People, rank: Rank = Rank.HEAD_OF_GRANTS, team: str = "east") -> User:
    """Another head of grants."""
    return give_rank(make_person(f"stand-in-{rank}", Role.HEAD_OF_GRANTS), rank, team)


def hand_over(giver: User, taker: User, **changes: Any) -> Delegation:
    said = {"from_on": today(), "to_on": today() + 9 * DAY, "reason": "On leave."}
    return propose_delegation(by=giver, taker=taker, **said | changes)


def confirmed(giver: User, taker: User, administrator: User) -> Delegation:
    return confirm_delegation(by=administrator, delegation=hand_over(giver, taker))


def test_authority_passes_when_an_administrator_confirms_and_comes_back(story: Story, office: tuple[User, ...]) -> None:
    head, administrator = story.people.head, office[0]
    other = stand_in(story.people)
    assert list(equals_of(head, today())) == [other]
    delegation = hand_over(head, other)
    assert hand_over(head, other) == delegation
    assert officer_today(head).rank is Rank.HEAD_OF_GRANTS

    confirm_delegation(by=administrator, delegation=delegation)
    confirm_delegation(by=administrator, delegation=delegation)

    assert [one.giver for one in acting_for(other, today())] == [head]
    with pytest.raises(NotAllowedError, match="acts for you until"):
        officer_today(head)
    assert officer_today(other).team == "east"
    end_delegation(by=head, delegation=delegation)
    assert officer_today(head).team == "south"


def test_authority_comes_back_by_itself_after_its_last_day(story: Story, office: tuple[User, ...]) -> None:
    confirmed(story.people.head, stand_in(story.people), office[0])

    advance_clock(by=10 * DAY)

    assert officer_today(story.people.head).rank is Rank.HEAD_OF_GRANTS


def test_giver_and_taker_count_as_one_person(story: Story, office: tuple[User, ...]) -> None:
    people = story.people
    other = stand_in(people)
    story.recommend()
    services.assure_agreement(by=people.senior, agreement=story.agreement)
    services.approve_agreement(by=people.fund_director, agreement=story.agreement, minute_reference="B 1")
    director = give_rank(make_person("second-director", Role.FUND_DIRECTOR), Rank.FUND_DIRECTOR, "west")
    confirmed(people.fund_director, director, office[0])

    with pytest.raises(NotAllowedError, match="Somebody for whom you act"):
        services.approve_agreement(by=director, agreement=story.agreement)
    assert refused_approval(story, director) == "grants_approval_stand_in_apart"
    services.approve_agreement(by=other, agreement=story.agreement)


def refused_approval(story: Story, by: User) -> str:
    """What the database says to a second approval written past the service."""
    authority = OfficerAuthority.objects.get(user=by)
    return rule_of(
        lambda: Approval.objects.create(
            agreement=story.agreement,
            attempt=1,
            step="second",
            outcome="approved",
            by=by,
            rank=authority.rank,
            team=authority.team,
            value_pence=whole_life_pence(story.agreement),
        )
    )


def test_whoever_handed_over_approves_nothing(story: Story, office: tuple[User, ...]) -> None:
    people = story.people
    story.recommend()
    services.assure_agreement(by=people.senior, agreement=story.agreement)
    services.approve_agreement(by=people.fund_director, agreement=story.agreement, minute_reference="B 1")
    confirmed(people.head, stand_in(people), office[0])

    with pytest.raises(NotAllowedError, match="Take your authority back first"):
        services.approve_agreement(by=people.head, agreement=story.agreement)
    assert refused_approval(story, people.head) == "grants_approval_handed_over"


def test_authority_goes_to_equal_rank_only_and_for_thirty_days_at_most(story: Story, office: tuple[User, ...]) -> None:
    head, other = story.people.head, stand_in(story.people)
    lower = stand_in(story.people, Rank.GRANTS_MANAGER)

    with pytest.raises(ConflictError, match="officer of equal rank"):
        hand_over(head, lower)
    with pytest.raises(ConflictError, match="officer of equal rank"):
        hand_over(head, story.people.fund_director)
    with pytest.raises(NotAllowedError, match="to themselves"):
        hand_over(head, head)
    with pytest.raises(ConflictError, match="may not approve"):
        hand_over(head, office[0])
    with pytest.raises(DomainError, match="at most 30 days"):
        hand_over(head, other, to_on=today() + DELEGATED_DAYS_MAX * DAY)
    with pytest.raises(DomainError, match="is past"):
        hand_over(head, other, from_on=today() - DAY)
    with pytest.raises(DomainError, match="before the first"):
        hand_over(head, other, to_on=today() - DAY)
    with pytest.raises(DomainError, match="Say why"):
        hand_over(head, other, reason=" ")
    assert hand_over(head, other, to_on=today() + (DELEGATED_DAYS_MAX - 1) * DAY).pk


def test_authority_is_not_handed_on_nor_to_two(story: Story, office: tuple[User, ...]) -> None:
    head, other = story.people.head, stand_in(story.people)
    third = give_rank(make_person("third-head", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "west")
    hand_over(head, other)

    for giver, taker in ((head, third), (other, third), (third, head)):
        with pytest.raises(ConflictError, match="handed over their authority in these days"):
            hand_over(giver, taker)
    assert hand_over(head, third, from_on=today() + 10 * DAY, to_on=today() + 12 * DAY).pk


def test_a_third_person_confirms(story: Story, office: tuple[User, ...]) -> None:
    delegation = hand_over(story.people.head, stand_in(story.people))
    with pytest.raises(NotAllowedError):
        confirm_delegation(by=story.people.director, delegation=delegation)
    with pytest.raises(NotAllowedError):
        end_delegation(by=story.people.senior, delegation=delegation)
    with acting("system:test", "made an administrator of the taker"):
        delegation.taker.role_grants.create(
            role=Role.ADMINISTRATOR, requested_by=office[0], confirmed_by=office[1], confirmed_at=core_now()
        )
    with pytest.raises(NotAllowedError, match="one of the two"):
        confirm_delegation(by=User.objects.get(pk=delegation.taker_id), delegation=delegation)
    end_delegation(by=office[0], delegation=delegation)
    with pytest.raises(ConflictError, match="taken back"):
        confirm_delegation(by=office[1], delegation=delegation)


def test_the_database_refuses_what_the_service_refuses(story: Story, office: tuple[User, ...]) -> None:
    head, other = story.people.head, stand_in(story.people)
    said: dict[str, Any] = {"giver": head, "taker": other, "from_on": today(), "to_on": today(), "reason": "x"}
    at = {"confirmed_at": core_now()}
    refusals = {
        "grants_delegation_not_to_oneself": {"taker": head},
        "grants_delegation_thirty_days": {"to_on": today() + DELEGATED_DAYS_MAX * DAY},
        "grants_delegation_reason_given": {"reason": ""},
        "grants_delegation_third_person": {"confirmed_by": other, **at},
        "grants_delegation_confirmed_pair": at,
        "grants_delegation_ended_pair": {"ended_at": core_now()},
        "grants_delegation_equal_rank": {"taker": story.people.senior},
    }

    found = {
        rule: rule_of(lambda changes=changes: Delegation.objects.create(**said | changes))
        for rule, changes in refusals.items()
    }

    assert found == {rule: rule for rule in refusals}
    delegation = confirmed(head, other, office[0])
    assert "never changes" in rule_of(lambda: Delegation.objects.update(to_on=today() + 20 * DAY))
    assert "never deleted" in rule_of(lambda: Delegation.objects.all().delete())
    end_delegation(by=head, delegation=delegation)
    assert "is decided" in rule_of(lambda: Delegation.objects.update(ended_by=None, ended_at=None))


def test_handing_over_to_two_at_once_hands_over_to_one(committed_db: str) -> None:
    heads = [
        give_rank(make_person(f"head-{name}", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, name)
        for name in ("north", "south", "east")
    ]

    results = at_once(
        lambda: hand_over(heads[0], heads[1]),
        lambda: hand_over(heads[0], heads[2]),
        lambda: hand_over(heads[1], heads[0]),
    )

    assert refused(results) == 2
    assert Delegation.objects.count() == 1


@pytest.mark.django_db
def test_limits_are_those_of_the_table() -> None:
    found = {row.rank: row.pence for row in limits(date(2030, 1, 1))}

    assert found[Rank.HEAD_OF_GRANTS] == {Risk.LOW: 150_000_000, Risk.MEDIUM: 100_000_000, Risk.HIGH: 25_000_000}
    assert set(found[Rank.GRANTS_OFFICER].values()) == {None}
