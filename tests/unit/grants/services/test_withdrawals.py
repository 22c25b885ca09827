"""A claim made in error is taken back by two people: nothing more is due, and what stood against it can go on."""

from collections.abc import Callable
from importlib import import_module

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank
from grants.domain.ledger import Account
from grants.errors import LimitError, WrongStateError
from grants.models import (
    Clawback,
    Journal,
    LineClearing,
    Opinion,
    Payment,
    Posting,
    StatementLine,
    TrancheStatus,
    WriteOff,
)
from grants.presenters.bank import clearing_rows
from grants.presenters.clawback import claim_page
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.clawbacks import open_pence, paid_less_claims
from grants.selectors.days import today
from grants.selectors.ledger import held_on
from grants.services.clearing import confirm_clearing, propose_clearing
from grants.services.clearing_checks import Explanation
from grants.services.statements import last_statement_sequence, take_statement
from neighbourhoods.models import StaleSlice
from tests.unit.grants.conftest import POUND, give_rank, hand_over, make_person, sealed
from tests.unit.grants.models.test_constraints import refused_by
from tests.unit.grants.payment_world import World, teller
from tests.unit.grants.services.test_clawbacks import ask_back, propose, receive, refused
from tests.unit.grants.services.test_statements import Entry, statement
from tests.unit.grants.test_races import at_once

S = Clawback.Status
CLAIMS = import_module("grants.migrations.0024_claims_withdrawn")


def test_claim_is_withdrawn_by_two_and_the_organisation_told(paid: World) -> None:
    people, claim = paid.people, ask_back(paid)
    receive(claim, 3_333)
    proposal = services.propose_withdrawal(by=people.officer, clawback=claim, reason="It was another agreement.")
    assert services.propose_withdrawal(by=people.senior, clawback=claim, reason="Too.") == proposal
    with pytest.raises(NotAllowedError, match="rank may not withdraw"):
        services.confirm_withdrawal(by=people.senior, withdrawal=proposal)

    with pytest.raises(NotAllowedError, match="You raised this claim"):
        services.confirm_withdrawal(by=people.head, withdrawal=proposal)

    with sealed():
        done = services.confirm_withdrawal(by=people.fund_director, withdrawal=proposal)

    assert services.confirm_withdrawal(by=people.fund_director, withdrawal=proposal) == done
    assert (done.amount_pence, done.status) == (claim.total_pence - 3_333, Opinion.CONFIRMED)
    assert Clawback.objects.get().status == S.REVOKED
    assert held_on(Account.RECOVERY_DUE) == 0
    assert (ledger_identities(), list(broken_seals())) == ([], [])
    assert Journal.objects.filter(kind="clawback_withdrawn").count() == 1
    told = OutgoingMessage.objects.filter(subject__startswith="You need not pay back")
    assert {letter.to for letter in told} == {people.treasurer.email, people.signatory.email}
    # What came before stays with the place, the rest can be asked back again.
    again = ask_back(paid)
    assert (again.number, open_pence(again)) == (2, again.total_pence)


def test_no_more_than_was_paid_is_asked_back_beside_what_came_of_a_withdrawn_claim(paid: World) -> None:
    tranche = paid.tranche(1)
    claim = ask_back(paid, tranche.grant_pence)
    receive(claim, 1_000 * POUND)
    proposal = services.propose_withdrawal(by=paid.people.officer, clawback=claim, reason="In error.")
    services.confirm_withdrawal(by=paid.people.fund_director, withdrawal=proposal)

    with pytest.raises(DomainError, match="what was paid"):
        propose(paid, tranche.grant_pence)
    rest = propose(paid, 1)
    with sealed():
        services.raise_clawback(by=paid.people.head, clawback=rest)
    assert ledger_identities() == []


def test_returned_payment_is_posted_once_the_claim_is_withdrawn(paid: World) -> None:
    people, claim, payment = paid.people, ask_back(paid), paid.tranche(1).payments.get()
    back = Entry("B", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x", reason="AC04")
    take_statement(sequence=3, content=statement(back, sequence=3))
    line = StatementLine.objects.get(bank_reference="B")
    said = Explanation(LineClearing.Kind.RETURNED, payment=payment)
    with pytest.raises(DomainError) as refusal:
        propose_clearing(by=paid.checker, line=line, explanation=said, note="It came back.")
    assert refusal.value.mend == "Settle or withdraw the claim first."

    proposal = services.propose_withdrawal(by=people.officer, clawback=claim, reason="It came back.")
    services.confirm_withdrawal(by=people.fund_director, withdrawal=proposal)
    clearing = propose_clearing(by=paid.checker, line=line, explanation=said, note="It came back.")
    with sealed():
        confirm_clearing(by=people.finance_manager, clearing=clearing)

    assert paid.tranche(1).status == TrancheStatus.PAYABLE
    assert held_on(Account.SUSPENSE) == held_on(Account.RECOVERY_DUE) == 0
    assert (ledger_identities(), list(broken_seals())) == ([], [])


@pytest.mark.parametrize("end", ["withdrawn", "written off", "written off whole", "paid"])
def test_payment_that_comes_back_beside_what_came_of_a_closed_claim_is_posted_by_two(paid: World, end: str) -> None:
    people, payment = paid.people, paid.tranche(1).payments.get()
    claim = ask_back(paid)
    came = {"paid": claim.total_pence, "written off whole": 0}.get(end, 3_333)
    if came:
        receive(claim, came)
    if end == "withdrawn":
        proposal = services.propose_withdrawal(by=people.officer, clawback=claim, reason="In error.")
        services.confirm_withdrawal(by=people.fund_director, withdrawal=proposal)
    if end.startswith("written off"):
        write_off(paid, claim)
    free, allocated = held_on(Account.FREE), held_on(Account.ALLOCATED)
    back = Entry("B", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x", reason="AC04")
    take_statement(sequence=3, content=statement(back, sequence=3))
    line = StatementLine.objects.get(bank_reference="B")
    StaleSlice.objects.all().delete()
    assert line.match == "suspense"
    assert refused(Clawback.objects.get(), status="moot") == "grants_clawback_overtaken_by_two"

    said = Explanation(LineClearing.Kind.RETURNED, payment=payment)
    clearing = propose_clearing(by=paid.checker, line=line, explanation=said, note="It came back.")
    assert "is overtaken" in str(clearing_rows(clearing))
    with sealed():
        confirm_clearing(by=people.finance_manager, clearing=clearing)
        confirm_clearing(by=people.finance_manager, clearing=clearing)

    assert paid.tranche(1).status == TrancheStatus.PAYABLE
    assert held_on(Account.PAYABLE) == payment.total_pence
    assert held_on(Account.PAID) == held_on(Account.SUSPENSE) == held_on(Account.RECOVERY_DUE) == 0
    assert (held_on(Account.FREE), held_on(Account.ALLOCATED)) == (free, allocated)  # what came stays where it went
    assert Clawback.objects.get().status == S.OVERTAKEN
    assert (ledger_identities(), list(broken_seals())) == ([], [])
    told = OutgoingMessage.objects.filter(topic="grants.clawback", subject__contains="came back to us")
    assert sorted(told.values_list("to", flat=True)) == sorted([people.signatory.email, people.treasurer.email])
    assert ("stays with the place" in told[0].body) is bool(came)
    overtaken = Journal.objects.filter(kind="clawback_overtaken").values_list("approver", flat=True)
    assert list(overtaken) == ([paid.checker.pk] if came else [])
    assert {"grants.promised", "grants.sent"} <= set(StaleSlice.objects.values_list("measure_code", flat=True))
    assert claim_page(Clawback.objects.get(), people.officer).steps == []


def test_claim_written_off_is_overtaken_beside_one_that_was_paid(paid: World) -> None:
    came, lost = ask_back(paid, 1_000 * POUND), ask_back(paid, 2_000 * POUND)
    receive(came, came.total_pence)
    write_off(paid, lost)

    bring_back(paid)

    assert set(Clawback.objects.values_list("status", flat=True)) == {S.OVERTAKEN}
    assert Journal.objects.filter(kind="clawback_overtaken").count() == 1
    assert (ledger_identities(), list(broken_seals())) == ([], [])
    assert [(share.place_pence, share.body_pence) for share in paid_less_claims(paid.agreement.pk)] == []


def test_no_more_claims_are_overtaken_than_it_takes(paid: World) -> None:
    paid.pay(2)
    small, large = ask_back(paid, 1_000 * POUND), ask_back(paid, paid.tranche(2).grant_pence - 500 * POUND)
    for claim in (small, large):
        receive(claim, claim.total_pence, line=f"LINE-{claim.number}")

    bring_back(paid)

    small.refresh_from_db()
    large.refresh_from_db()
    assert (small.status, large.status) == (S.OVERTAKEN, S.SETTLED)
    assert paid.tranche(1).status == TrancheStatus.PAYABLE
    assert (ledger_identities(), list(broken_seals())) == ([], [])


def test_database_keeps_a_claim_that_nothing_overtook_at_commit(paid: World) -> None:
    claim = ask_back(paid)
    receive(claim, claim.total_pence)
    clearing = say_it_came_back(paid)

    def overtaken(*, confirmed: bool) -> str:
        try:
            with transaction.atomic(), acting("system:test", "past the service"):
                Clawback.objects.filter(pk=claim.pk).update(status=S.OVERTAKEN)
                if confirmed:
                    LineClearing.objects.filter(pk=clearing.pk).update(
                        status=Opinion.CONFIRMED,
                        decided_by=paid.people.finance_manager,
                        decided_at=core_now(),
                        journal=Posting.objects.first().journal,
                    )
                    Payment.objects.filter(pk=clearing.payment_id).update(status="returned", failed_on=today())
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except IntegrityError as error:
            return str(error.__cause__.diag.constraint_name or error)
        return ""

    assert overtaken(confirmed=False) == "grants_clawback_overtaken_by_return"
    assert overtaken(confirmed=True) == "grants_clawback_overtaken_in_books"
    with sealed():
        confirm_clearing(by=paid.people.finance_manager, clearing=clearing)


def write_off(world: World, claim: Clawback) -> None:
    proposal = services.propose_write_off(by=world.people.officer, clawback=claim, reason="Wound up.")
    services.confirm_write_off(by=world.people.head, write_off=proposal)


def say_it_came_back(world: World) -> LineClearing:
    """The first payment comes back, and somebody says so of the line that nobody knew."""
    payment, sequence = world.tranche(1).payments.get(), last_statement_sequence() + 1
    back = Entry("B", payment.total_pence, end_to_end_id=payment.end_to_end_id, reference="x", reason="AC04")
    take_statement(sequence=sequence, content=statement(back, sequence=sequence))
    line, said = StatementLine.objects.get(bank_reference="B"), Explanation(LineClearing.Kind.RETURNED, payment=payment)
    return propose_clearing(by=world.checker, line=line, explanation=said, note="It came back.")


def bring_back(world: World) -> None:
    with sealed():
        confirm_clearing(by=world.people.finance_manager, clearing=say_it_came_back(world))


def test_refusals_say_what_is_wrong(paid: World) -> None:
    people, claim = paid.people, propose(paid)
    with pytest.raises(WrongStateError, match="Nothing of this claim is open"):
        services.propose_withdrawal(by=people.officer, clawback=claim, reason="In error.")
    claim = services.raise_clawback(by=people.head, clawback=claim)
    with pytest.raises(DomainError, match="needs its reason"):
        services.propose_withdrawal(by=people.officer, clawback=claim, reason=" ")
    with pytest.raises(NotAllowedError):
        services.propose_withdrawal(by=people.treasurer, clawback=claim, reason="In error.")
    own = services.propose_withdrawal(by=people.head, clawback=claim, reason="In error.")
    with pytest.raises(NotAllowedError, match="You proposed this"):
        services.confirm_withdrawal(by=people.head, withdrawal=own)
    with pytest.raises(ConflictError, match="withdraw this claim"):
        services.propose_write_off(by=people.officer, clawback=claim, reason="Wound up.")
    with pytest.raises(WrongStateError, match="withdrawn, not written off"):
        services.confirm_write_off(by=people.fund_director, write_off=own)
    receive(claim, 5)
    with pytest.raises(ConflictError, match="Money came"):
        services.confirm_withdrawal(by=people.fund_director, withdrawal=own)
    services.refuse_write_off(by=people.fund_director, write_off=own, reason="It stands.")
    lost = services.propose_write_off(by=people.officer, clawback=claim, reason="Wound up.")
    with pytest.raises(ConflictError, match="write the rest off"):
        services.propose_withdrawal(by=people.officer, clawback=claim, reason="In error.")
    with pytest.raises(WrongStateError, match="written off, not withdrawn"):
        services.confirm_withdrawal(by=people.head, withdrawal=lost)


def test_database_holds_rank_people_and_that_two_withdrew_it(paid: World) -> None:
    people, claim = paid.people, ask_back(paid)
    proposal = services.propose_withdrawal(by=people.officer, clawback=claim, reason="In error.")
    journal = Posting.objects.first().journal
    confirmed = {"status": "confirmed", "decided_at": core_now(), "journal": journal}

    assert refused(claim, status="revoked") == "grants_clawback_withdrawn_by_two"
    assert refused(proposal, **confirmed, decided_by=people.fund_director) == "grants_writeoff_journal_fits"
    assert refused(proposal, **confirmed, decided_by=people.head) == "grants_writeoff_apart_from_claim"
    assert refused(proposal, **confirmed, decided_by=people.senior) == "grants_writeoff_rank_suffices"
    assert "never changes" in refused(proposal, kind="lost")
    assert refused_by(proposal, status="refused", refusal="No.") == "grants_writeoff_begins_proposed"
    assert refused_by(claim, number=2, reference="A" * 16) == "grants_clawback_begins_proposed"
    with sealed():
        services.confirm_withdrawal(by=people.fund_director, withdrawal=proposal)
    assert refused(Clawback.objects.get(), status="raised") == "grants_clawback_step"
    with pytest.raises(DatabaseError, match="no way back"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIMS.Migration.operations[-1].reverse_sql)


def test_what_was_asked_in_error_counts_against_the_limits(paid: World) -> None:
    people = paid.people
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    for number in (1, 2):
        claim = ask_back(paid, 20_000 * POUND)
        proposal = services.propose_withdrawal(by=people.officer, clawback=claim, reason="In error.")
        if number == 1:
            services.confirm_withdrawal(by=other, withdrawal=proposal)
    with pytest.raises(LimitError, match="of this agreement would be written off; you may write off £25,000"):
        services.confirm_withdrawal(by=other, withdrawal=proposal)
    confirmed = {"status": "confirmed", "decided_at": core_now(), "journal": Posting.objects.first().journal}
    assert refused(proposal, **confirmed, decided_by=other) == "grants_writeoff_within_limit"
    services.confirm_withdrawal(by=people.fund_director, withdrawal=proposal)


def test_whoever_acts_for_the_one_who_raised_a_claim_does_not_withdraw_it(paid: World) -> None:
    head, claim = paid.people.head, ask_back(paid)
    other = give_rank(make_person("other", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "east")
    proposal = services.propose_withdrawal(by=paid.people.officer, clawback=claim, reason="In error.")
    hand_over(head, other)

    with pytest.raises(NotAllowedError, match="raised this claim; one of you"):
        services.confirm_withdrawal(by=other, withdrawal=proposal)
    confirmed = {"status": "confirmed", "decided_at": core_now(), "journal": Posting.objects.first().journal}
    assert refused(proposal, **confirmed, decided_by=other) == "grants_writeoff_apart_from_claim"


def test_line_and_withdrawal_race_and_the_debt_ends_once(committed_beginning: Callable[..., World]) -> None:
    world = committed_beginning("paid", teller("paid", then=World.pay))
    claim = services.raise_clawback(by=world.people.head, clawback=propose(world))
    proposal = services.propose_withdrawal(by=world.people.officer, clawback=claim, reason="In error.")

    results = at_once(
        lambda: services.confirm_withdrawal(by=world.people.fund_director, withdrawal=proposal),
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
    assert WriteOff.objects.filter(status=Opinion.CONFIRMED).count() == (Clawback.objects.get().status == S.REVOKED)
