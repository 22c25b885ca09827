"""Money asked back: who may, what the bank's line settles, what is written off, and what the ledger says after each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank
from grants.domain.iso20022_camt053 import StatementEntry
from grants.domain.ledger import Account
from grants.errors import LimitError, WrongStateError
from grants.models import (
    Clawback,
    ClawbackReceipt,
    LineClearing,
    OfficerAuthority,
    Posting,
    StatementLine,
    Tranche,
    WriteOffLimit,
)
from grants.selectors.bank_lines import suggestions_for
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.clawbacks import claimable_shares, open_pence
from grants.selectors.days import today
from grants.selectors.ledger import allocated_by_source, held_on
from grants.services import clearing as clearings
from grants.services.clearing_checks import Explanation, check_fits
from grants.services.matching import Match, match_entries
from tests.unit.grants.conftest import give_rank, hand_over, make_person, sealed
from tests.unit.grants.models.test_constraints import refused_by
from tests.unit.grants.payment_world import World, teller
from tests.unit.grants.test_races import at_once

POUND = 100
S = Clawback.Status


def propose(world: World, amount_pence: int = 10_000 * POUND, **changes: Any) -> Clawback:
    said = {
        "by": world.people.officer,
        "agreement": world.agreement,
        "amount_pence": amount_pence,
        "ground": Clawback.Ground.MISSPENT,
        "reason": "The van was sold.",
        "pay_by_on": today() + timedelta(days=28),
    }
    return services.propose_clawback(**(said | changes))


def ask_back(world: World, amount_pence: int = 10_000 * POUND) -> Clawback:
    with sealed():
        return services.raise_clawback(by=world.people.head, clawback=propose(world, amount_pence))


def receive(clawback: Clawback, pence: int, line: str = "LINE-1") -> None:
    with sealed():
        services.receive_clawback(
            by="system:statements", clawback=clawback, amount_pence=pence, value_on=today(), bank_reference=line
        )


def arrive(world: World, reference: str, pence: int) -> None:
    """Money comes to the bank the day after the first payment, and its statement to us."""
    on = world.tranche(1).due_on + timedelta(days=1)
    world.bank.credit(reference=reference, amount_pence=pence, on=on)
    world.let_bank_live(on)


def line_of(claim: Clawback, **changes: Any) -> StatementEntry:
    """A line that pays all of a claim."""
    day = today()
    return replace(StatementEntry(1, "A", claim.total_pence, day, day, "", claim.reference, False, ""), **changes)


def refused(row: Any, **changes: Any) -> str:
    """What of the database refuses a change past the service; empty where nothing does."""
    try:
        with acting("system:test", "past the service"), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**changes)
            transaction.set_rollback(True)
    except IntegrityError as error:
        return str(error.__cause__.diag.constraint_name or error)
    return ""


def test_claim_is_raised_by_two_and_the_organisation_told(paid: World) -> None:
    claim = ask_back(paid)

    # A penny less than a twentieth: what each source's contribution comes to is rounded down.
    assert (claim.status, claim.amount_pence, claim.contribution_pence) == (S.RAISED, 10_000 * POUND, 49_999)
    assert held_on(Account.RECOVERY_DUE) == claim.total_pence == open_pence(claim)
    assert ledger_identities() == []
    letters = OutgoingMessage.objects.filter(topic="grants.clawback")
    assert {letter.to for letter in letters} == {paid.people.treasurer.email, paid.people.signatory.email}
    assert claim.reference in letters[0].body
    assert services.raise_clawback(by=paid.people.fund_director, clawback=claim) == claim


def test_line_with_the_reference_settles_the_claim_and_the_place_has_its_money_again(paid: World) -> None:
    place = paid.agreement.allocation.neighbourhood_id
    before = sum(allocated_by_source(place).values())
    claim = ask_back(paid)
    receive(claim, 4_000 * POUND)  # the sandbox bank takes a reference once
    assert open_pence(Clawback.objects.get()) == claim.total_pence - 4_000 * POUND
    assert ledger_identities() == []
    arrive(paid, claim.reference, claim.total_pence - 4_000 * POUND)

    claim = Clawback.objects.get()
    assert claim.status == S.SETTLED
    assert set(claim.statement_lines.values_list("match", flat=True)) == {"clawback"}
    assert list(claim.receipts.values_list("amount_pence", flat=True))[0] == 4_000 * POUND
    assert sum(allocated_by_source(place).values()) - before == claim.amount_pence
    assert held_on(Account.RECOVERY_DUE) == 0
    assert (ledger_identities(), list(broken_seals())) == ([], [])


def test_more_than_is_open_is_left_to_people_who_explain_it_as_something_else(paid: World) -> None:
    claim = ask_back(paid)
    arrive(paid, claim.reference, claim.total_pence + 1)

    line = StatementLine.objects.get(match="suspense")
    assert "of our claim is open" in line.finding
    said = Explanation(LineClearing.Kind.CLAWBACK, clawback=claim)
    with pytest.raises(DomainError, match="of that claim is open"):
        clearings.propose_clearing(by=paid.checker, line=line, explanation=said, note="A letter.")
    assert not [one for one in suggestions_for(line) if one.key.startswith("clawback")]


def test_line_without_the_reference_is_explained_by_two(paid: World) -> None:
    claim = ask_back(paid)
    arrive(paid, "SORRY", claim.total_pence)
    line = StatementLine.objects.get(match="suspense")
    first = suggestions_for(line)[0]
    assert (first.key, first.target) == (f"clawback:{claim.pk}", claim)
    said = Explanation(LineClearing.Kind.CLAWBACK, clawback=claim)
    proposal = clearings.propose_clearing(by=paid.checker, line=line, explanation=said, note="Their letter.")
    with sealed():
        clearings.confirm_clearing(by=paid.people.finance_manager, clearing=proposal)

    assert Clawback.objects.get().status == S.SETTLED
    assert ClawbackReceipt.objects.get().journal.approver == paid.checker
    assert ledger_identities() == []


def test_same_line_twice_counts_once_and_too_much_is_refused(paid: World) -> None:
    claim = ask_back(paid)
    receive(claim, 100)
    receive(claim, 100)
    assert ClawbackReceipt.objects.count() == 1
    with pytest.raises(ConflictError, match="is open, the line is"):
        receive(claim, claim.total_pence, "LINE-2")
    with pytest.raises(ConflictError):
        receive(claim, 0, "LINE-3")


def test_two_lines_of_one_statement_pay_no_more_than_is_open(paid: World) -> None:
    claim = ask_back(paid)
    lines = [line_of(claim), line_of(claim, bank_reference="B"), line_of(claim, bank_reference="C", amount_pence=-5)]

    assert [one.match for one in match_entries(lines)] == [Match.CLAWBACK, Match.SUSPENSE, Match.SUSPENSE]
    by_their_key = line_of(claim, end_to_end_id=claim.reference, reference="")
    assert match_entries([by_their_key])[0].clawback == claim


def test_return_of_a_payment_whose_money_was_asked_back_is_looked_at_by_people(paid: World) -> None:
    claim, payment = ask_back(paid), paid.tranche(1).payments.get()
    came = {"amount_pence": payment.total_pence, "end_to_end_id": payment.end_to_end_id, "is_return": True}

    found = match_entries([line_of(claim, **came)])[0]
    assert (found.match, found.payment) == (Match.SUSPENSE, None)
    assert "asked back" in found.finding
    line = StatementLine(amount_pence=payment.total_pence)
    with pytest.raises(DomainError, match="Part of what that payment brought"):
        check_fits(line, Explanation(LineClearing.Kind.RETURNED, payment=payment))


def test_rest_is_written_off_by_two_within_the_limit(paid: World) -> None:
    claim = ask_back(paid)
    receive(claim, 3_333)
    proposal = services.propose_write_off(by=paid.people.officer, clawback=claim, reason="It is wound up.")
    assert services.propose_write_off(by=paid.people.senior, clawback=claim, reason="Too.") == proposal
    manager = give_rank(make_person("manager", Role.GRANTS_MANAGER), Rank.GRANTS_MANAGER, "east")
    with pytest.raises(LimitError, match="you may write off £1,000"):
        services.confirm_write_off(by=manager, write_off=proposal)
    with pytest.raises(LimitError, match="you may write off £0"):
        services.confirm_write_off(by=paid.people.senior, write_off=proposal)
    with sealed():
        services.confirm_write_off(by=paid.people.head, write_off=proposal)

    written = services.confirm_write_off(by=paid.people.head, write_off=proposal)
    assert written.amount_pence == claim.total_pence - 3_333
    assert Clawback.objects.get().status == S.SETTLED
    assert held_on(Account.RECOVERY_DUE) == 0
    assert ledger_identities() == []
    with pytest.raises(WrongStateError, match="already"):
        services.refuse_write_off(by=paid.people.head, write_off=proposal, reason="Late.")
    with pytest.raises(WrongStateError, match="nothing to write off"):
        services.propose_write_off(by=paid.people.officer, clawback=claim, reason="Again.")


def test_dividing_a_debt_gains_nothing(paid: World) -> None:
    for number in (1, 2):
        claim = ask_back(paid, 20_000 * POUND)
        proposal = services.propose_write_off(by=paid.people.officer, clawback=claim, reason="Wound up.")
        if number == 1:
            services.confirm_write_off(by=paid.people.head, write_off=proposal)
    with pytest.raises(LimitError, match="of this agreement would be written off; you may write off £25,000"):
        services.confirm_write_off(by=paid.people.head, write_off=proposal)
    alone = {"status": "confirmed", "decided_by": paid.people.head, "decided_at": core_now()}
    journal = Posting.objects.first().journal
    assert refused(proposal, **alone, journal=journal) == "grants_writeoff_within_limit"
    services.confirm_write_off(by=paid.people.fund_director, write_off=proposal)


def test_write_off_waits_where_money_came_meanwhile_and_can_be_refused(paid: World) -> None:
    people, claim = paid.people, ask_back(paid)
    proposal = services.propose_write_off(by=people.officer, clawback=claim, reason="It is wound up.")
    receive(claim, 1)
    with pytest.raises(ConflictError, match="Money came since"):
        services.confirm_write_off(by=people.head, write_off=proposal)
    with pytest.raises(DomainError, match="needs a reason"):
        services.refuse_write_off(by=people.head, write_off=proposal, reason=" ")
    with pytest.raises(NotAllowedError):
        services.refuse_write_off(by=people.treasurer, write_off=proposal, reason="No.")
    services.refuse_write_off(by=people.officer, write_off=proposal, reason="They pay.")
    with pytest.raises(WrongStateError, match="refused"):
        services.confirm_write_off(by=people.head, write_off=proposal)
    with pytest.raises(DomainError, match="needs its reason"):
        services.propose_write_off(by=people.officer, clawback=claim, reason="")
    own = services.propose_write_off(by=people.head, clawback=claim, reason="All of it.")
    with pytest.raises(NotAllowedError, match="You proposed this"):
        services.confirm_write_off(by=people.head, write_off=own)


def test_only_what_was_paid_can_be_asked_back_and_only_once(paid: World) -> None:
    whole = paid.tranche(1).grant_pence
    with pytest.raises(DomainError, match="cannot be asked back"):
        propose(paid, whole + 1)
    first = propose(paid, whole - 5)
    assert propose(paid, whole - 5) == first
    with pytest.raises(ConflictError, match="proposed already"):
        propose(paid, 1)
    services.raise_clawback(by=paid.people.head, clawback=first)
    with pytest.raises(DomainError, match="Enter up to £0.05"):
        propose(paid, 6)
    assert sum(share.place_pence for share in claimable_shares(paid.agreement.pk)) == 5


def test_refusals_of_a_claim_say_what_is_wrong(paid: World) -> None:
    people = paid.people
    with pytest.raises(DomainError, match="needs its reason"):
        propose(paid, reason=" ")
    with pytest.raises(DomainError, match="time to pay"):
        propose(paid, pay_by_on=date(2020, 1, 1))
    claim = propose(paid)
    with pytest.raises(NotAllowedError, match="rank may not"):
        services.raise_clawback(by=people.senior, clawback=claim)
    with pytest.raises(NotAllowedError):
        services.raise_clawback(by=people.officer, clawback=claim)
    with pytest.raises(DomainError, match="needs a reason"):
        services.refuse_clawback(by=people.head, clawback=claim, reason="")
    with pytest.raises(NotAllowedError):
        services.refuse_clawback(by=people.treasurer, clawback=claim, reason="No.")
    services.refuse_clawback(by=people.officer, clawback=claim, reason="They explained it.")
    with pytest.raises(WrongStateError, match="not to be"):
        services.raise_clawback(by=people.head, clawback=claim)
    own = services.propose_clawback(
        by=people.head,
        agreement=paid.agreement,
        amount_pence=1,
        ground=Clawback.Ground.FRAUD,
        reason="Forged.",
        pay_by_on=today() + timedelta(days=9),
    )
    with pytest.raises(NotAllowedError, match="You proposed this claim"):
        services.raise_clawback(by=people.head, clawback=own)


def test_whoever_acts_for_the_proposer_neither_raises_nor_writes_off(paid: World) -> None:
    people = paid.people
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    hand_over(people.head, other)
    theirs = propose(paid, by=people.head)
    with pytest.raises(NotAllowedError, match="count as one person"):
        services.raise_clawback(by=other, clawback=theirs)
    raised = services.raise_clawback(by=people.fund_director, clawback=theirs)
    proposal = services.propose_write_off(by=people.head, clawback=raised, reason="Wound up.")
    with pytest.raises(NotAllowedError, match="count as one person"):
        services.confirm_write_off(by=other, write_off=proposal)
    services.confirm_write_off(by=people.fund_director, write_off=proposal)


def test_claim_that_payments_no_longer_cover_is_not_raised(paid: World) -> None:
    claim = propose(paid)
    with acting("system:test", "it came back"):
        Tranche.objects.filter(pk=paid.tranche(1).pk).update(status="payable")

    with pytest.raises(ConflictError, match="Less is paid"):
        services.raise_clawback(by=paid.people.head, clawback=claim)


def test_draft_has_nothing_to_ask_back(world: World) -> None:
    agreement = world.agreement
    agreement.status = "approved"
    with pytest.raises(DomainError, match="Enter up to £0"):
        propose(world)


def test_database_holds_rank_sum_people_and_what_was_proposed(paid: World) -> None:
    fits = ask_back(paid, 100 * POUND).journal
    claim = propose(paid)
    raised = {"status": "raised", "decided_by": paid.people.head, "decided_at": core_now()}
    journal = Posting.objects.first().journal

    assert refused(claim, **raised, journal=journal) == "grants_clawback_journal_fits"
    assert refused(claim, **(raised | {"decided_by": paid.people.senior}), journal=journal) == (
        "grants_clawback_rank_suffices"
    )
    assert refused(claim, **raised) == "grants_clawback_status_fits"
    assert refused(claim, status="settled") == "grants_clawback_step"
    assert "never changes" in refused(claim, amount_pence=5)
    with acting("system:test", "it came back"):
        Tranche.objects.filter(pk=paid.tranche(1).pk).update(status="payable")
    assert refused(claim, **raised, journal=journal) == "grants_clawback_within_paid"
    with acting("system:test", "promoted"):
        OfficerAuthority.objects.filter(user=paid.people.officer).update(to_on=date(2020, 1, 2))
    give_rank(paid.people.officer, Rank.FUND_DIRECTOR, "north")
    with acting("system:test", "paid"):
        Tranche.objects.filter(pk=paid.tranche(1).pk).update(status="instructed")
        Tranche.objects.filter(pk=paid.tranche(1).pk).update(status="paid")
    assert refused(claim, **(raised | {"decided_by": paid.people.officer}), journal=fits) == (
        "grants_clawback_two_people"
    )
    tried: list[tuple[dict[str, object], str]] = [
        ({"amount_pence": 0}, "positive"),
        ({"reason": ""}, "says_why"),
        ({"ground": "slow"}, "ground_known"),
        ({"number": 3, "reference": "A" * 16}, "one_proposed"),
    ]
    assert [refused_by(claim, **change) for change, _ in tried] == [f"grants_clawback_{rule}" for _, rule in tried]
    assert refused_by(WriteOffLimit.objects.first()) == "grants_writeofflimit_once_a_day"
    assert refused_by(WriteOffLimit.objects.first(), limit_pence=-1) == "grants_writeofflimit_makes_sense"


def test_line_and_write_off_race_and_the_debt_is_settled_once(committed_beginning: Callable[..., World]) -> None:
    world = committed_beginning("paid", teller("paid", then=World.pay))
    claim = services.raise_clawback(by=world.people.head, clawback=propose(world))
    proposal = services.propose_write_off(by=world.people.officer, clawback=claim, reason="Wound up.")

    results = at_once(
        lambda: services.confirm_write_off(by=world.people.head, write_off=proposal),
        lambda: services.receive_clawback(
            by="system:statements",
            clawback=claim,
            amount_pence=claim.total_pence,
            value_on=today(),
            bank_reference="LINE",
        ),
    )

    assert len([one for one in results if isinstance(one, ConflictError | WrongStateError)]) == 1
    assert held_on(Account.RECOVERY_DUE) == 0
    assert ledger_identities() == []
