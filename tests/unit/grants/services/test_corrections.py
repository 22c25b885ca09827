"""Reversing a clerical error: two people, once, only entries that stand by themselves."""

import pytest
from django.db import IntegrityError, connection, transaction

from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from grants.domain.award import Strand
from grants.domain.ledger import CLERICAL_KINDS, Account, JournalKind, Line, Purse, why_not_reversed
from grants.domain.postings import allocation_returned, strand_transfer
from grants.models import Correction, Journal, Source
from grants.selectors.balances import balances_by_source
from grants.selectors.books import corrections_to_decide, why_not_corrected
from grants.selectors.days import today
from grants.services import Entry, post_journal
from grants.services.corrections import agree_correction, ask_correction, refuse_correction
from neighbourhoods.models import Neighbourhood
from tests.unit.grants.conftest import People, make_people, make_person, sealed
from tests.unit.grants.services.test_posting import interest
from tests.unit.grants.test_races import at_once, refused

WRONG = "Entered for the wrong purpose."


def dormant() -> int:
    return Source.objects.get(code="dormant").pk


def transfer(people: People, key: str = "transfer") -> Journal:
    lines = strand_transfer(dormant(), giver=Strand.CONTINGENCY, taker=Strand.PLACE, pence=700)
    entry = Entry(JournalKind.STRAND_TRANSFER, key, lines, today(), approver=people.finance_director)
    return post_journal(by=people.director, entry=entry)


def test_a_reversal_is_asked_by_one_and_agreed_by_another(people: People) -> None:
    journal = transfer(people)
    asked = ask_correction(by=people.finance_manager, journal=journal, reason=WRONG)
    assert why_not_corrected(journal) == "Somebody has asked already; another person decides."

    with sealed():
        done = agree_correction(by=people.finance_director, correction=asked)

    assert done.reversal.reverses == journal
    assert (done.reversal.actor, done.reversal.approver) == (people.finance_manager, people.finance_director)
    assert done.reversal.source_reference == WRONG
    assert set(balances_by_source()[dormant()].values()) == {0}
    assert why_not_corrected(journal) == "It was reversed already."


def test_asking_and_agreeing_twice_changes_nothing(people: People) -> None:
    journal = transfer(people)
    asked = ask_correction(by=people.finance_manager, journal=journal, reason=WRONG)
    assert ask_correction(by=people.finance_manager, journal=journal, reason="again") == asked

    first = agree_correction(by=people.finance_director, correction=asked)
    again = agree_correction(by=people.finance_director, correction=asked)

    assert first.reversal == again.reversal
    assert Journal.objects.filter(kind="reversal").count() == 1
    with pytest.raises(ConflictError, match="reversed already"):
        refuse_correction(by=people.finance_director, correction=asked)
    with pytest.raises(ConflictError, match="reversed already"):
        ask_correction(by=people.finance_manager, journal=journal, reason=WRONG)


def test_what_was_refused_stands_and_may_be_asked_again(people: People) -> None:
    journal = transfer(people)
    asked = ask_correction(by=people.finance_manager, journal=journal, reason=WRONG)

    first = refuse_correction(by=people.finance_director, correction=asked)

    assert refuse_correction(by=people.finance_director, correction=asked) == first
    assert not Journal.objects.filter(kind="reversal").exists()
    with pytest.raises(ConflictError, match="was refused"):
        agree_correction(by=people.finance_director, correction=asked)
    assert ask_correction(by=people.finance_director, journal=journal, reason=WRONG).pk != asked.pk


def test_nobody_decides_what_they_asked(people: People) -> None:
    asked = ask_correction(by=people.finance_manager, journal=transfer(people), reason=WRONG)

    for decide in (agree_correction, refuse_correction):
        with pytest.raises(NotAllowedError, match="You asked"):
            decide(by=people.finance_manager, correction=asked)
    assert list(corrections_to_decide(people.finance_manager)) == []
    assert list(corrections_to_decide(people.finance_director)) == [asked]
    with pytest.raises(ConflictError, match="Somebody has asked"):
        ask_correction(by=people.finance_director, journal=asked.journal, reason=WRONG)


def test_a_reason_is_needed_and_the_auditor_only_reads(people: People) -> None:
    journal = transfer(people)

    with pytest.raises(DomainError, match="needs a reason"):
        ask_correction(by=people.finance_manager, journal=journal, reason="  ")
    with pytest.raises(NotAllowedError):
        ask_correction(by=make_person("auditor", Role.AUDITOR), journal=journal, reason=WRONG)


@pytest.mark.parametrize("kind", [kind for kind in JournalKind if kind not in CLERICAL_KINDS])
def test_every_other_kind_says_why_it_is_never_reversed(kind: JournalKind) -> None:
    assert why_not_reversed(kind).endswith(".")


def test_a_line_of_the_bank_is_a_fact(people: People) -> None:
    journal = post_journal(by="system:statements", entry=interest("a"))

    with pytest.raises(ConflictError, match="another line of the bank"):
        ask_correction(by=people.finance_manager, journal=journal, reason=WRONG)


def reverse_directly(people: People, journal: Journal, lines: list[Line]) -> str:
    """Post a reversal past the services; the constraint that refuses it at commit."""
    entry = Entry(JournalKind.REVERSAL, "forced", lines, today(), approver=people.finance_director, reverses=journal)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            post_journal(by=people.director, entry=entry)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name or ""
    return ""


def test_the_database_refuses_to_reverse_a_line_of_the_bank(people: People) -> None:
    journal = post_journal(by="system:statements", entry=interest("a"))
    undo = Purse(dormant(), Strand.PLACE).move(Account.FREE, Account.CASH, 500)

    assert reverse_directly(people, journal, undo) == "grants_journal_clerical"


def test_the_database_refuses_a_reversal_that_is_not_the_opposite(people: People) -> None:
    journal = transfer(people)
    half = strand_transfer(dormant(), giver=Strand.PLACE, taker=Strand.CONTINGENCY, pence=350)

    assert reverse_directly(people, journal, half) == "grants_journal_mirrors"


def test_money_that_has_gone_on_is_named_when_it_cannot_be_taken_back(people: People) -> None:
    """Suspense that was cleared to a place's allocation and promised since."""
    place = Neighbourhood.objects.order_by("code").first()
    purse = Purse(dormant(), Strand.PLACE, place.pk)
    cleared = [Line(Account.SUSPENSE, dormant(), 900), purse.credit(Account.ALLOCATED, 900)]
    entry = Entry(JournalKind.UNKNOWN_CLEARED, "cleared", cleared, today(), approver=people.finance_director)
    journal = post_journal(by=people.director, entry=entry)
    gone = allocation_returned(purse, 400)
    post_journal(
        by=people.director,
        entry=Entry(JournalKind.ALLOCATION_RETURNED, "gone", gone, today(), approver=people.finance_director),
    )
    asked = ask_correction(by=people.finance_manager, journal=journal, reason=WRONG)

    with pytest.raises(ConflictError, match=r"takes £9 out of “Set aside for places”; only £5 is there"):
        agree_correction(by=people.finance_director, correction=asked)

    assert Correction.objects.get().is_agreed is None


def test_two_who_agree_at_once_reverse_once(committed_db: str) -> None:
    people = make_people()
    other = make_person("other-director", Role.FINANCE_DIRECTOR)
    asked = ask_correction(by=people.finance_manager, journal=transfer(people), reason=WRONG)

    results = at_once(
        *(lambda by=by: agree_correction(by=by, correction=asked) for by in (people.finance_director, other))
    )

    assert refused(results) == 0
    assert Journal.objects.filter(kind="reversal").count() == 1
    assert Correction.objects.get().decided_by in (people.finance_director, other)


def test_agreeing_and_refusing_at_once_leaves_one_decision(committed_db: str) -> None:
    people = make_people()
    other = make_person("other-director", Role.FINANCE_DIRECTOR)
    asked = ask_correction(by=people.finance_manager, journal=transfer(people), reason=WRONG)

    results = at_once(
        lambda: agree_correction(by=people.finance_director, correction=asked),
        lambda: refuse_correction(by=other, correction=asked),
    )

    assert refused(results) == 1
    assert Journal.objects.filter(kind="reversal").count() == (Correction.objects.get().is_agreed is True)
