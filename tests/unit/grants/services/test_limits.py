"""Limits of authority that two directors change, from the next day, with a reason."""

from datetime import timedelta
from typing import Any

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage, RoleGrant, User
from cwf_portal.core.permissions import Role
from grants.domain.authority import Rank, Risk
from grants.domain.limits import CELLS, Cell, LimitKind
from grants.errors import WrongStateError
from grants.models import AuthorityLimit, LimitChange, ReleaseLimit, WriteOffLimit
from grants.selectors.authority import limits
from grants.selectors.clawbacks import write_off_limit_pence
from grants.selectors.days import today
from grants.selectors.limits import confirmable_by, limits_on, release_rule
from grants.services.limits import confirm_limit, propose_limit, withdraw_limit
from tests.unit.grants.conftest import give_rank, hand_over, make_person, to_next_noon
from tests.unit.grants.models.test_constraints import refused_by
from tests.unit.grants.services.test_authority import rule_of
from tests.unit.grants.test_races import at_once, refused

DAY = timedelta(days=1)
APPROVE = Cell(LimitKind.APPROVE, Rank.SENIOR_OFFICER, Risk.LOW)
WRITE_OFF = Cell(LimitKind.WRITE_OFF, Rank.HEAD_OF_GRANTS)
RELEASE = Cell(LimitKind.RELEASE, role="finance_manager")


def make_directors() -> tuple[User, User]:
    to_next_noon()  # no midnight comes while a test runs
    return make_person("fund-director", Role.FUND_DIRECTOR), make_person("finance-director", Role.FINANCE_DIRECTOR)


@pytest.fixture
def directors(db: None) -> tuple[User, User]:
    return make_directors()


def propose(by: User, cell: Cell = APPROVE, **changes: Any) -> LimitChange:
    said = {"limit_pence": 12_000_000, "from_on": today() + DAY, "reason": " Prices rose. "}
    return propose_limit(by=by, cell=cell, **said | changes)


def test_first_limits_are_those_of_the_table(db: None) -> None:
    pounds = {cell: (stands.pence or 0) // 100 for cell, stands in limits_on(today()).items()}

    assert list(pounds) == list(CELLS)
    assert len({cell.key for cell in CELLS}) == len(CELLS) == 18
    assert pounds[APPROVE] == 100_000
    assert pounds[Cell(LimitKind.APPROVE, Rank.SENIOR_OFFICER, Risk.HIGH)] == 0
    assert pounds[Cell(LimitKind.WRITE_OFF, Rank.SENIOR_OFFICER)] == 0
    assert pounds[WRITE_OFF] == 25_000
    assert pounds[RELEASE] == 5_000_000


def test_each_kind_of_limit_stands_from_its_day_after_two_directors(directors: tuple[User, User]) -> None:
    one, other = directors
    senior = give_rank(make_person("senior", Role.SENIOR_OFFICER), Rank.SENIOR_OFFICER, "north")
    head = give_rank(make_person("head", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "south")
    manager = make_person("manager", Role.FINANCE_MANAGER)
    for cell in (APPROVE, WRITE_OFF, RELEASE):
        change = propose(one, cell)
        assert propose(one, cell) == change
        assert confirm_limit(by=other, change=change) == confirm_limit(by=other, change=change)
        assert limits_on(today())[cell].pence != 12_000_000

    told = OutgoingMessage.objects.filter(topic="grants.limits").order_by("pk")
    assert list(told.values_list("to", flat=True)) == [person.email for person in (senior, head, manager)]
    assert "£120,000: Approve an agreement, low risk: Senior officer" in told[0].body
    to_next_noon()
    assert {limits_on(today())[cell].pence for cell in (APPROVE, WRITE_OFF, RELEASE)} == {12_000_000}
    assert next(row for row in limits(today()) if row.rank is Rank.SENIOR_OFFICER).pence[Risk.LOW] == 12_000_000
    assert write_off_limit_pence(Rank.HEAD_OF_GRANTS, today()) == 12_000_000
    assert release_rule(today()).limit_pence([Role.FINANCE_MANAGER]) == 12_000_000


def test_nobody_but_another_director_confirms(directors: tuple[User, User]) -> None:
    one, _ = directors
    change, head = propose(one), make_person("head", Role.HEAD_OF_GRANTS)

    with pytest.raises(NotAllowedError, match="You proposed this limit"):
        confirm_limit(by=one, change=change)
    for act in (
        propose,
        lambda by: confirm_limit(by=by, change=change),
        lambda by: withdraw_limit(by=by, change=change),
    ):
        with pytest.raises(NotAllowedError, match="Your account may not"):
            act(head)
    assert AuthorityLimit.objects.filter(from_on=change.from_on).count() == 0


def test_directors_who_act_for_one_another_are_one(directors: tuple[User, User]) -> None:
    one = give_rank(directors[0], Rank.FUND_DIRECTOR, "north")
    twin = give_rank(make_person("twin", Role.FINANCE_DIRECTOR), Rank.FUND_DIRECTOR, "south")
    change = propose(one)
    hand_over(one, twin)

    with pytest.raises(NotAllowedError, match="count as one person"):
        confirm_limit(by=twin, change=change)
    assert confirm_limit(by=directors[1], change=change).confirmed_at is not None


def test_fund_director_and_finance_director_not_two_of_one_post(directors: tuple[User, User]) -> None:
    one, other = directors
    same = make_person("other-fund-director", Role.FUND_DIRECTOR)
    change = propose(one)
    confirms = {"confirmed_by": same, "confirmed_at": core_now()}

    with pytest.raises(NotAllowedError, match="holds the same post as you"):
        confirm_limit(by=same, change=change)
    assert rule_of(lambda: LimitChange.objects.filter(pk=change.pk).update(**confirms)) == (
        "grants_limitchange_both_posts"
    )
    assert confirmable_by(same, [change], today()) == confirmable_by(one, [change], today()) == []
    assert confirmable_by(other, [change], today()) == [change]
    assert confirm_limit(by=other, change=change).confirmed_at is not None


def test_limit_of_somebody_who_is_no_director_any_more_is_refused_in_words(directors: tuple[User, User]) -> None:
    one, other = directors
    change = propose(one)
    with acting("system:test", "took the post away"):
        RoleGrant.objects.filter(user=one).update(revoked_by=other, revoked_at=core_now())

    assert confirmable_by(other, [change], today()) == []
    with pytest.raises(WrongStateError, match="no director any more. Withdraw it, then propose it afresh"):
        confirm_limit(by=other, change=change)


@pytest.mark.parametrize(
    ("cell", "changes", "said"),
    [
        (APPROVE, {"reason": "  "}, "needs its reason"),
        (APPROVE, {"from_on": timedelta(0)}, "from tomorrow at the earliest"),
        (APPROVE, {"from_on": timedelta(days=367)}, "a year ahead at most"),
        (APPROVE, {"limit_pence": 10_000_000}, "That is the limit on that day already"),
        (RELEASE, {"limit_pence": 0}, "needs a limit above zero"),
        (APPROVE, {"limit_pence": -1}, "needs a limit above zero"),
    ],
)
def test_a_proposal_that_makes_no_sense_is_refused(
    directors: tuple[User, User], cell: Cell, changes: dict[str, Any], said: str
) -> None:
    if "from_on" in changes:
        changes = {"from_on": today() + changes["from_on"]}
    with pytest.raises(DomainError, match=said):
        propose(directors[0], cell, **changes)
    assert not LimitChange.objects.exists()


def test_one_change_of_a_limit_waits_at_a_time_and_one_begins_on_a_day(directors: tuple[User, User]) -> None:
    one, other = directors
    change = propose(one)
    with pytest.raises(ConflictError, match="waits already"):
        propose(other, limit_pence=1)
    propose(other, WRITE_OFF)
    confirm_limit(by=other, change=change)

    again = propose(one, limit_pence=13_000_000)
    with pytest.raises(ConflictError, match="begins on the same day"):
        confirm_limit(by=other, change=again)
    with pytest.raises(WrongStateError, match="agreed on"):
        withdraw_limit(by=one, change=change)
    withdraw_limit(by=other, change=again)
    withdraw_limit(by=one, change=again)
    again.refresh_from_db()
    assert again.withdrawn_by == other
    with pytest.raises(WrongStateError, match="withdrawn"):
        confirm_limit(by=other, change=again)


def test_a_proposal_whose_day_has_come_is_made_anew(directors: tuple[User, User]) -> None:
    one, other = directors
    change = propose(one)
    to_next_noon()
    assert confirmable_by(other, [change], today()) == []
    with pytest.raises(WrongStateError, match="has come. Withdraw it, then propose it afresh"):
        confirm_limit(by=other, change=change)
    with pytest.raises(ConflictError, match="has come. Withdraw it, then propose it afresh"):
        propose(one)
    withdraw_limit(by=other, change=change)
    assert confirm_limit(by=other, change=propose(one)).confirmed_at is not None


def test_database_lets_no_limit_stand_that_two_directors_did_not_agree_on(directors: tuple[User, User]) -> None:
    one, other = directors
    change, from_on = propose(one), today() + DAY
    AUTHORITY = {"rank": APPROVE.rank, "risk": APPROVE.risk, "limit_pence": change.limit_pence, "from_on": from_on}
    of_it = LimitChange.objects.filter(pk=change.pk)
    head = make_person("head", Role.HEAD_OF_GRANTS)
    now = core_now()

    assert rule_of(lambda: AuthorityLimit.objects.create(**AUTHORITY)) == "grants_authoritylimit_by_two"
    assert rule_of(lambda: of_it.update(confirmed_by=head, confirmed_at=now)) == "grants_limitchange_by_directors"
    assert rule_of(lambda: of_it.update(confirmed_by=one, confirmed_at=now)) == "grants_limitchange_two_people"
    assert "limit_pence" in rule_of(lambda: of_it.update(limit_pence=1))
    confirm_limit(by=other, change=change)
    assert "is decided" in rule_of(lambda: of_it.update(confirmed_by=None, confirmed_at=None))
    for changed in ({"limit_pence": 1}, {"rank": 3}, {"risk": "high"}):
        rule = rule_of(
            lambda changed=changed: AuthorityLimit.objects.create(**AUTHORITY | {"from_on": from_on + DAY} | changed)
        )
        assert rule == "grants_authoritylimit_by_two"
    off = rule_of(lambda: WriteOffLimit.objects.create(rank=2, limit_pence=change.limit_pence, from_on=from_on))
    run = rule_of(lambda: ReleaseLimit.objects.create(role="finance_manager", limit_pence=1, from_on=from_on))
    assert (off, run) == ("grants_writeofflimit_by_two", "grants_releaselimit_by_two")

    late = propose(one, WRITE_OFF)
    to_next_noon()
    confirms = {"confirmed_by": other, "confirmed_at": now}
    assert (
        rule_of(lambda: LimitChange.objects.filter(pk=late.pk).update(**confirms)) == "grants_limitchange_from_tomorrow"
    )


def test_constraints_of_a_change(directors: tuple[User, User]) -> None:
    change = propose(directors[0])
    tried: list[tuple[dict[str, object], str]] = [
        ({"rank": 1}, "kind_fits"),
        ({"risk": ""}, "kind_fits"),
        ({"kind": "release"}, "kind_fits"),
        ({"limit_pence": -1}, "not_negative"),
        ({"reason": ""}, "reason_given"),
        ({}, "one_proposed"),
        ({"confirmed_at": core_now()}, "begins_proposed"),
    ]
    assert [refused_by(change, **changed) for changed, _ in tried] == [
        f"grants_limitchange_{rule}" for _, rule in tried
    ]
    of_it, now = LimitChange.objects.filter(pk=change.pk), core_now()
    assert rule_of(lambda: of_it.update(withdrawn_at=now)) == "grants_limitchange_withdrawn_pair"
    assert rule_of(lambda: of_it.update(confirmed_by=directors[1])) == "grants_limitchange_confirmed_pair"
    both = {"withdrawn_by": directors[1], "withdrawn_at": now, "confirmed_by": directors[1], "confirmed_at": now}
    assert rule_of(lambda: of_it.update(**both)) == "grants_limitchange_one_end"


def test_two_proposals_of_one_limit_at_once_leave_one_and_confirming_twice_at_once_puts_it_in_force_once(
    committed_db: str,
) -> None:
    one, other = make_directors()
    more = make_person("other-fund-director", Role.FUND_DIRECTOR), make_person("another", Role.FINANCE_DIRECTOR)
    results = at_once(
        *(lambda by=by, pence=pence: propose(by, limit_pence=pence) for by, pence in ((one, 1), (other, 2)))
    )
    assert refused(results) == 1
    change = LimitChange.objects.get()

    by = [other, more[1]] if change.proposed_by == one else [one, more[0]]
    results = at_once(*(lambda by=by: confirm_limit(by=by, change=change) for by in by))

    assert refused(results) == 0
    assert AuthorityLimit.objects.filter(from_on=change.from_on).count() == 1
