"""All events of the fund's table in any order, on the real ledger: the identities hold after each.

`LEDGER_MACHINE_EXAMPLES` makes it longer: each example is up to fifty steps from one start, rolled back afterwards.
"""

import os
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from grants.domain import postings
from grants.domain.award import Strand, split_wave
from grants.domain.ledger import Account, JournalKind, Line, Purse, merge
from grants.models import Agreement, Journal, Programme, Source
from tests.unit.grants import wrong_postings
from tests.unit.grants.books import Books, Part, purse, share_of, unused_cap_is_promised, with_error
from tests.unit.grants.conftest import People, allocate, make_body, make_story

EXAMPLES = int(os.environ.get("LEDGER_MACHINE_EXAMPLES", "5"))
STEPS = 50
PLACES = 3
A, K = Account, JournalKind
PENCE = st.integers(1, 5_000_000)
SHARE = st.integers(1, 100)  # per cent of what is there
ENDS = st.sampled_from([K.CLAWBACK_RECEIVED, K.CLAWBACK_WITHDRAWN, K.WRITTEN_OFF])
SOURCE = st.sampled_from(["dormant", "lottery"])
AGREEMENT = st.integers(0, PLACES - 1)
STRAND = st.sampled_from(Strand)
FREE = (Strand.CONTINGENCY, Strand.RUNNING, Strand.CAPACITY)


class Fund(RuleBasedStateMachine):
    """The life of the fund: waves, markets, places, agreements, payments, money coming back."""

    people: People
    agreements: list[Agreement]
    says: object = postings
    lives: int = 0

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.books = Books(self.people.director, self.people.finance_director, self.says)
        self.sources = {source.code: source.pk for source in Source.objects.all()}
        self.carrying = dict.fromkeys(self.sources.values(), 0)
        self.unrealised = dict.fromkeys(self.sources.values(), 0)
        self.suspense = 0
        self.came: Counter[tuple[int, int, Strand]] = Counter()

    def teardown(self) -> None:
        type(self).lives += 1
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def _lines(self, number: int, parts: dict[Part, int], says: Callable[[Purse, int], list[Line]]) -> list[Line]:
        agreement = self.agreements[number]
        place = agreement.allocation.neighbourhood_id
        return merge(line for part, pence in parts.items() for line in says(purse(part, place, agreement.pk), pence))

    @initialize()
    def the_first_agreement_runs(self) -> None:
        self.approved(0, 60, 5)
        self.committed(0, 60)
        self.paid(0, 50, [K.INSTRUCTED, K.CONFIRMED])
        self.clawback_raised(0, 20)

    # What the fund owns

    @rule(source=SOURCE, pence=PENCE)
    def wave(self, source: str, pence: int) -> None:
        pk = self.sources[source]
        parts = split_wave(pence, {Strand.PLACE: 80, Strand.BODY_CONTRIBUTION: 15, Strand.CONTINGENCY: 5})
        self.books.post(K.WAVE_RECEIVED, self.says.received(pk, parts))
        self.books.bank[pk] += pence

    @rule(source=SOURCE, strand=STRAND, pence=PENCE)
    def interest(self, source: str, strand: Strand, pence: int) -> None:
        self.books.post(K.INTEREST, self.says.received(self.sources[source], {strand: pence}))
        self.books.bank[self.sources[source]] += pence

    @rule(source=SOURCE, pence=PENCE)
    def invested(self, source: str, pence: int) -> None:
        pk = self.sources[source]
        self.books.post(K.INVESTED, self.says.invested(pk, pence))
        self.books.bank[pk] -= pence
        self.carrying[pk] += pence

    @rule(source=SOURCE, percent=st.integers(-60, 60).filter(bool))
    def revalued(self, source: str, percent: int) -> None:
        pk = self.sources[source]
        change = self.carrying[pk] * percent // 100
        if change:
            self.books.post(K.REVALUED, self.says.revalued(pk, change))
            self.carrying[pk] += change
            self.unrealised[pk] += change

    @rule(source=SOURCE, percent=st.integers(50, 150))
    def sold(self, source: str, percent: int) -> None:
        pk = self.sources[source]
        carrying, unrealised = self.carrying[pk], self.unrealised[pk]
        proceeds = carrying * percent // 100
        if carrying < 1 or proceeds < 1:
            return
        parts = {Strand.PLACE: proceeds - carrying + unrealised}
        self.books.post(
            K.SOLD,
            self.says.sold(
                pk, proceeds_pence=proceeds, carrying_pence=carrying, unrealised_pence=unrealised, parts=parts
            ),
        )
        self.books.bank[pk] += proceeds
        self.carrying[pk] = self.unrealised[pk] = 0

    @rule(source=SOURCE, giver=st.sampled_from(FREE), pence=PENCE, undone=st.booleans())
    def strand_transfer(self, source: str, giver: Strand, pence: int, undone: bool) -> None:
        lines = self.says.strand_transfer(self.sources[source], giver=giver, taker=Strand.PLACE, pence=pence)
        journal = self.books.post(K.STRAND_TRANSFER, lines)
        if undone:
            self.books.undo(journal)

    @rule(source=SOURCE, pence=PENCE, kind=st.sampled_from([K.RUNNING_COST, K.BANK_FEE]))
    def running_cost(self, source: str, pence: int, kind: JournalKind) -> None:
        self.books.post(kind, self.says.spent_on_running(self.sources[source], pence))
        self.books.bank[self.sources[source]] -= pence

    @rule(pence=st.integers(-1000, 1000).filter(bool))
    def unknown_line(self, pence: int) -> None:
        unidentified = self.sources["unidentified"]
        self.books.post(K.UNKNOWN_LINE, self.says.unexplained(unidentified, pence))
        self.books.bank[unidentified] += pence
        self.suspense += pence

    @precondition(lambda self: self.suspense > 0)
    @rule(source=SOURCE)
    def unknown_cleared(self, source: str) -> None:
        unidentified, pk = self.sources["unidentified"], self.sources[source]
        lines = [
            *self.says.unexplained(unidentified, -self.suspense),
            *self.says.received(pk, {Strand.PLACE: self.suspense}),
        ]
        self.books.post(K.UNKNOWN_CLEARED, lines)
        self.books.bank[unidentified] -= self.suspense
        self.books.bank[pk] += self.suspense
        self.suspense = 0

    # Promises

    @rule(number=AGREEMENT, source=SOURCE, pence=PENCE)
    def allocated(self, number: int, source: str, pence: int) -> None:
        place = self.agreements[number].allocation.neighbourhood_id
        pk = self.sources[source]
        self.books.post(K.ALLOCATION, self.says.allocated(Purse(pk, Strand.PLACE, place), pence))
        self.books.allocated[place, pk] += pence

    @rule(number=AGREEMENT, source=SOURCE, percent=SHARE)
    def allocation_returned(self, number: int, source: str, percent: int) -> None:
        place = self.agreements[number].allocation.neighbourhood_id
        pk = self.sources[source]
        pence = self.books.allocated[place, pk] * percent // 100
        if pence:
            self.books.post(K.ALLOCATION_RETURNED, self.says.allocation_returned(Purse(pk, Strand.PLACE, place), pence))
            self.books.allocated[place, pk] -= pence

    @rule(number=AGREEMENT, percent=SHARE, cap=st.integers(0, 30))
    def approved(self, number: int, percent: int, cap: int) -> None:
        agreement = self.agreements[number]
        place = agreement.allocation.neighbourhood_id
        here = {(pk, Strand.PLACE): self.books.allocated[place, pk] for pk in self.sources.values()}
        base = share_of(here, percent)
        contributions = share_of({(pk, Strand.BODY_CONTRIBUTION): pence for (pk, _), pence in base.items()}, 5)
        reserves = share_of(base, cap)
        lines = self._lines(number, base | contributions, self.says.pledged)
        lines += self._lines(number, reserves, self.says.reserved_for_uplift)
        if not lines:
            return
        self.books.post(K.APPROVAL, lines)
        self.books.advance(agreement.pk, base | contributions, None, A.PLEDGED)
        for (pk, _), pence in base.items():
            self.books.allocated[place, pk] -= pence
        for (pk, _), pence in reserves.items():
            self.books.reserve[agreement.pk, pk] += pence

    @rule(number=AGREEMENT, percent=SHARE, kind=st.sampled_from([K.ACCEPTED, K.REVIEW_CONTINUED]))
    def committed(self, number: int, percent: int, kind: JournalKind = K.ACCEPTED) -> None:
        agreement = self.agreements[number]
        parts = share_of(self.books.held(agreement.pk, A.PLEDGED), percent)
        if parts:
            self.books.post(kind, self._lines(number, parts, self.says.committed))
            self.books.advance(agreement.pk, parts, A.PLEDGED, A.COMMITTED)

    @rule(number=AGREEMENT, source=SOURCE, used=SHARE, unused=SHARE)
    def uplifted(self, number: int, source: str, used: int, unused: int) -> None:
        agreement, pk = self.agreements[number], self.sources[source]
        kept = self.books.reserve[agreement.pk, pk]
        used_pence = kept * used // 100
        unused_pence = (kept - used_pence) * unused // 100
        if not used_pence + unused_pence:
            return
        inside = purse((pk, Strand.PLACE), agreement.allocation.neighbourhood_id, agreement.pk)
        self.books.post(K.UPLIFT, self.says.uplifted(inside, used_pence=used_pence, unused_pence=unused_pence))
        self.books.reserve[agreement.pk, pk] -= used_pence + unused_pence
        self.books.advance(agreement.pk, {(pk, Strand.PLACE): used_pence}, None, A.COMMITTED)

    @rule(
        number=AGREEMENT,
        percent=SHARE,
        how=st.sampled_from(
            [(K.LAPSED, A.PLEDGED), (K.DISCONTINUED, A.PLEDGED), (K.VARIED, A.PLEDGED), (K.VARIED, A.COMMITTED)]
        ),
    )
    def given_back(self, number: int, percent: int, how: tuple[JournalKind, Account]) -> None:
        kind, held = how
        agreement = self.agreements[number]
        parts = share_of(self.books.held(agreement.pk, held), percent)
        if not parts:
            return
        self.books.post(
            kind, self._lines(number, parts, lambda one, pence: self.says.given_back(one, pence, held=held))
        )
        self.books.advance(agreement.pk, parts, held, None)
        self._home(agreement, parts)

    def _home(self, agreement: Agreement, parts: dict[Part, int]) -> None:
        for (pk, strand), pence in parts.items():
            if strand is Strand.PLACE:
                self.books.allocated[agreement.allocation.neighbourhood_id, pk] += pence

    @rule(
        number=AGREEMENT,
        percent=SHARE,
        steps=st.lists(st.sampled_from([K.INSTRUCTED, K.CONFIRMED, K.REJECTED, K.RETURNED]), max_size=3, unique=True),
    )
    def paid(self, number: int, percent: int, steps: list[JournalKind]) -> None:
        """A payment is released and goes as far as these steps follow one another; all in one batch, as a bank may."""
        agreement = self.agreements[number]
        parts = share_of(self.books.held(agreement.pk, A.COMMITTED), percent)
        if not parts:
            return
        follows = {A.PAYABLE: [K.INSTRUCTED], A.INSTRUCTED: [K.CONFIRMED, K.REJECTED], A.PAID: [K.RETURNED]}
        done, at = [K.RELEASED], A.PAYABLE
        for kind in sorted(steps, key=list(JournalKind).index):
            if kind in follows[at]:
                done.append(kind)
                at = {K.INSTRUCTED: A.INSTRUCTED, K.CONFIRMED: A.PAID}.get(kind, A.PAYABLE)
        self._take(number, parts, done)
        self.books.advance(agreement.pk, parts, A.COMMITTED, at)

    @rule(
        number=AGREEMENT,
        percent=SHARE,
        step=st.sampled_from(
            [
                (K.RELEASE_WITHDRAWN, A.PAYABLE, A.COMMITTED),
                (K.INSTRUCTED, A.PAYABLE, A.INSTRUCTED),
                (K.CONFIRMED, A.INSTRUCTED, A.PAID),
                (K.REJECTED, A.INSTRUCTED, A.PAYABLE),
                (K.RETURNED, A.PAID, A.PAYABLE),
                (K.RETURN_REVERSED, A.PAYABLE, A.PAID),
                (K.TAKEN_OUT, A.INSTRUCTED, A.COMMITTED),
            ]
        ),
    )
    def payment_goes_on(self, number: int, percent: int, step: tuple[JournalKind, Account, Account]) -> None:
        kind, debit, credit = step
        agreement = self.agreements[number]
        parts = share_of(self._not_asked_back(agreement, debit), percent)
        if parts:
            self._take(number, parts, [kind])
            self.books.advance(agreement.pk, parts, debit, credit)

    def _not_asked_back(self, agreement: Agreement, account: Account) -> dict[Part, int]:
        held = self.books.held(agreement.pk, account)
        if account is not A.PAID:
            return held
        return {part: pence - self.books.due_back[agreement.pk, *part] for part, pence in held.items()}

    def _take(self, number: int, parts: dict[Part, int], kinds: list[JournalKind]) -> None:
        journals = [
            (kind, self._lines(number, parts, lambda one, pence, kind=kind: self.says.payment_step(kind, one, pence)))
            for kind in kinds
        ]
        if not {K.INSTRUCTED, K.RELEASE_WITHDRAWN, K.TAKEN_OUT} & {*kinds}:
            self.books.post_many(journals)
        else:
            for kind, lines in journals:
                self.books.post(kind, lines)
        sign = (K.RETURNED in kinds) - (K.CONFIRMED in kinds) - (K.RETURN_REVERSED in kinds)
        for (pk, _), pence in parts.items():
            self.books.bank[pk] += sign * pence

    # Money coming back

    @rule(number=AGREEMENT, percent=SHARE)
    def clawback_raised(self, number: int, percent: int) -> None:
        agreement = self.agreements[number]
        parts = share_of(self._not_asked_back(agreement, A.PAID), percent)
        if parts:
            self.books.post(K.CLAWBACK_RAISED, self._lines(number, parts, self.says.clawback_raised))
            for part, pence in parts.items():
                self.books.due_back[agreement.pk, *part] += pence

    @rule(number=AGREEMENT, percent=SHARE, kind=ENDS)
    def clawback_settled(self, number: int, percent: int, kind: K) -> None:
        """Money asked back comes, was asked in error, or is written off."""
        agreement = self.agreements[number]
        due = {part: self.books.due_back[agreement.pk, *part] for part in self.books.held(agreement.pk, A.PAID)}
        parts = share_of(due, percent)
        if not parts:
            return
        self.books.post(kind, self._lines(number, parts, getattr(self.says, kind.value)))
        for part, pence in parts.items():
            self.books.due_back[agreement.pk, *part] -= pence
        if kind is K.CLAWBACK_RECEIVED:
            self.books.advance(agreement.pk, parts, A.PAID, None)
            self._home(agreement, parts)
            for (pk, strand), pence in parts.items():
                self.books.bank[pk] += pence
                self.came[agreement.pk, pk, strand] += pence

    @rule(number=AGREEMENT, percent=SHARE)
    def clawback_overtaken(self, number: int, percent: int) -> None:
        """The payment that money was asked back of came back whole: what had come counts as paid once more."""
        agreement = self.agreements[number]
        came = {(pk, strand): pence for (owner, pk, strand), pence in self.came.items() if owner == agreement.pk}
        if parts := share_of(came, percent):
            self.books.post(K.CLAWBACK_OVERTAKEN, self._lines(number, parts, self.says.clawback_overtaken))
            self.books.advance(agreement.pk, parts, None, A.PAID)
            self.came.subtract({(agreement.pk, *part): pence for part, pence in parts.items()})

    @rule(number=AGREEMENT, source=SOURCE, over=PENCE)
    def more_than_there_is(self, number: int, source: str, over: int) -> None:
        """Floors hold: what an agreement does not have pledged cannot be committed."""
        agreement, pk = self.agreements[number], self.sources[source]
        pence = self.books.stage[agreement.pk, pk, Strand.PLACE, A.PLEDGED] + over
        lines = self._lines(number, {(pk, Strand.PLACE): pence}, postings.committed)
        with pytest.raises(IntegrityError, match="below zero"), transaction.atomic():
            self.books.post(K.ACCEPTED, lines)

    @invariant()
    def books_and_ledger_agree(self) -> None:
        assert self.books.differences() == []


def machine(people: People, programme: Programme, says: object = postings) -> type[Fund]:
    """The machine on three agreements of three places."""
    allocate(people, programme, places=PLACES)
    body = make_body(people)
    agreements = [make_story(people, programme, body=body).agreement for _ in range(PLACES)]
    return type("FundHere", (Fund,), {"people": people, "agreements": agreements, "says": says})


def run(people: People, programme: Programme, *, says: object = postings, examples: int = EXAMPLES) -> int:
    """Play it, and return how many lives it had."""
    fund = machine(people, programme, says)
    run_state_machine_as_test(
        fund,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return fund.lives


def test_the_identities_hold_after_every_event_in_any_order(people: People, programme: Programme) -> None:
    assert run(people, programme) >= EXAMPLES


def test_each_event_of_the_table_once_in_the_order_of_a_life(people: People, programme: Programme) -> None:
    fund = machine(people, programme)()

    seen = set()
    for step in a_whole_life(fund):
        step()
        assert fund.books.differences() == []
        seen |= set(Journal.objects.values_list("kind", flat=True))

    assert set(K) - seen == set()
    fund.teardown()


def a_whole_life(fund: Fund) -> list[Callable[[], None]]:
    return [
        lambda: fund.wave("dormant", 900_001),
        lambda: fund.interest("lottery", Strand.RUNNING, 77),
        lambda: fund.invested("dormant", 500_000),
        lambda: fund.revalued("dormant", -20),
        lambda: fund.sold("dormant", 130),
        lambda: fund.strand_transfer("dormant", Strand.CONTINGENCY, 300, undone=True),
        lambda: fund.running_cost("lottery", 40, K.RUNNING_COST),
        lambda: fund.running_cost("lottery", 2, K.BANK_FEE),
        lambda: fund.unknown_line(33),
        lambda: fund.unknown_cleared("dormant"),
        lambda: fund.allocated(1, "lottery", 70_001),
        lambda: fund.approved(1, 90, 9),
        lambda: fund.committed(1, 40, K.ACCEPTED),
        lambda: fund.committed(1, 40, K.REVIEW_CONTINUED),
        lambda: fund.uplifted(1, "lottery", 50, 50),
        lambda: fund.paid(1, 20, [K.INSTRUCTED, K.CONFIRMED, K.RETURNED]),
        lambda: fund.payment_goes_on(1, 50, (K.RETURN_REVERSED, A.PAYABLE, A.PAID)),
        lambda: fund.paid(1, 20, [K.INSTRUCTED]),
        lambda: fund.payment_goes_on(1, 100, (K.TAKEN_OUT, A.INSTRUCTED, A.COMMITTED)),
        lambda: fund.paid(1, 20, [K.INSTRUCTED, K.REJECTED]),
        lambda: fund.payment_goes_on(1, 50, (K.RELEASE_WITHDRAWN, A.PAYABLE, A.COMMITTED)),
        lambda: fund.paid(1, 50, [K.INSTRUCTED, K.CONFIRMED]),
        lambda: fund.clawback_raised(1, 50),
        lambda: fund.clawback_settled(1, 50, K.CLAWBACK_RECEIVED),
        lambda: fund.clawback_overtaken(1, 50),
        lambda: fund.clawback_settled(1, 50, K.CLAWBACK_WITHDRAWN),
        lambda: fund.clawback_settled(1, 100, K.WRITTEN_OFF),
        lambda: fund.given_back(1, 10, (K.VARIED, A.PLEDGED)),
        lambda: fund.given_back(1, 10, (K.VARIED, A.COMMITTED)),
        lambda: fund.given_back(1, 10, (K.LAPSED, A.PLEDGED)),
        lambda: fund.given_back(1, 100, (K.DISCONTINUED, A.PLEDGED)),
        lambda: fund.allocation_returned(1, "lottery", 100),
        lambda: fund.more_than_there_is(1, "dormant", 1),
    ]


@pytest.mark.parametrize(
    "error",
    [
        {"payment_step": wrong_postings.money_goes_unseen},
        {"uplifted": unused_cap_is_promised},
        {"clawback_received": wrong_postings.claim_is_forgotten},
    ],
    ids=lambda error: next(iter(error)),
)
def test_an_error_in_one_posting_is_found(people: People, programme: Programme, error: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        run(people, programme, says=with_error(**error), examples=60)
