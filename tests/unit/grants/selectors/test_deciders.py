"""Who is offered a decision: each item is looked at since its own step, not since the oldest of the list."""

from datetime import UTC, date, datetime

from grants.domain.authority import Officer, Rank
from grants.models import Clawback, Delegation, WriteOff
from grants.selectors.deciders import Decider

ME, COLLEAGUE, OTHER = 1, 2, 3
BEFORE, ENDED, AFTER = (datetime(2026, 6, day, 9, tzinfo=UTC) for day in (1, 2, 3))
STOOD_IN = Delegation(
    giver_id=COLLEAGUE, taker_id=ME, from_on=date(2026, 5, 20), to_on=date(2026, 6, 10), ended_at=ENDED
)
I_NOW = Decider(Officer(ME, Rank.HEAD_OF_GRANTS, "north"), (STOOD_IN,), 1_000)


def claim(by: int, at: datetime, raised_by: int = OTHER) -> Clawback:
    return Clawback(proposed_by_id=by, proposed_at=at, decided_by_id=raised_by, decided_at=at)


def test_whoever_stood_in_before_a_claim_was_proposed_may_raise_it() -> None:
    assert I_NOW.may_raise(claim(COLLEAGUE, AFTER))
    assert not I_NOW.may_raise(claim(COLLEAGUE, BEFORE))
    assert not I_NOW.may_raise(claim(ME, AFTER))
    assert I_NOW.may_raise(claim(OTHER, BEFORE))


def test_days_count_where_nobody_ended_it() -> None:
    whole = Delegation(giver_id=ME, taker_id=COLLEAGUE, from_on=date(2026, 5, 20), to_on=date(2026, 6, 2))
    one = Decider(I_NOW.officer, (whole,), 0)

    assert not one.may_raise(claim(COLLEAGUE, ENDED))
    assert one.may_raise(claim(COLLEAGUE, AFTER))


def test_giving_up_looks_at_its_own_proposal_and_at_when_the_claim_was_raised() -> None:
    def may(kind: WriteOff.Kind, *, proposed: datetime, raised: datetime = BEFORE, raised_by: int = OTHER) -> bool:
        found = WriteOff(kind=kind, amount_pence=5, proposed_by_id=COLLEAGUE, proposed_at=proposed)
        found.clawback = claim(OTHER, raised, raised_by)
        vars(found)["given_up_pence"] = 0
        return I_NOW.may_give_up(found)

    assert may(WriteOff.Kind.LOST, proposed=AFTER)
    assert not may(WriteOff.Kind.LOST, proposed=BEFORE)
    assert may(WriteOff.Kind.ERROR, proposed=AFTER)
    assert may(WriteOff.Kind.ERROR, proposed=AFTER, raised=AFTER, raised_by=COLLEAGUE)
    assert not may(WriteOff.Kind.ERROR, proposed=AFTER, raised=BEFORE, raised_by=COLLEAGUE)
