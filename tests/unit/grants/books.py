"""A small model of the fund's books beside the real ledger: what each event should leave, kept in plain dictionaries.

The model knows nothing of postings. It remembers the bank's balance, the present value of every agreement and how far
its money has come; `differences` compares that with what the database holds.
"""

from collections import Counter
from collections.abc import Iterable
from types import SimpleNamespace

from django.db import connection
from django.db.models import Sum

from cwf_portal.core.models import User
from grants.domain import postings
from grants.domain.award import Strand
from grants.domain.ledger import FLOORED, LONE_KINDS, PROMISED_TO_AGREEMENTS, Account, JournalKind, Line, Purse
from grants.models import Journal, Posting
from grants.selectors.days import today
from grants.services import Entry, post_journals, reverse_journal

Part = tuple[int, Strand]  # source, strand
Stage = tuple[int, int, Strand, Account]  # agreement, source, strand, account
A = Account


class Books:
    """Posts events to the ledger and keeps the model in step with them.

    `says` is what each event says in the ledger: `grants.domain.postings`, or a copy with an error in it.
    """

    def __init__(self, asks: User, agrees: User, says: object = postings) -> None:
        self.asks, self.agrees = asks, agrees
        self.says = says
        self.posted = 0
        start = balances()
        self.bank: Counter[int] = Counter()
        self.allocated: Counter[tuple[int, int]] = Counter()  # place, source
        for (account, source, _, place, _), pence in start.items():
            if account is A.CASH:
                self.bank[source] += pence
            elif account is A.ALLOCATED and place is not None:
                self.allocated[place, source] -= pence
        self.value: Counter[tuple[int, int, Strand]] = Counter()
        self.stage: Counter[Stage] = Counter()
        self.reserve: Counter[tuple[int, int]] = Counter()  # agreement, source
        self.due_back: Counter[tuple[int, int, Strand]] = Counter()

    def post(self, kind: JournalKind, lines: Iterable[Line]) -> Journal:
        """Post one journal and let the database check it as at commit."""
        return Journal.objects.get(pk=self.post_many([(kind, list(lines))])[0])

    def post_many(self, found: list[tuple[JournalKind, list[Line]]]) -> list[int]:
        """Several journals in one batch, as a statement or a run posts them; their primary keys."""
        lone = all(kind in LONE_KINDS for kind, _ in found)
        entries = []
        for kind, lines in found:
            self.posted += 1
            entries.append(
                Entry(kind, f"machine:{self.posted}", lines, today(), approver=None if lone else self.agrees)
            )
        journals = post_journals(by="system:machine" if lone else self.asks, entries=entries)
        settle()
        return journals

    def undo(self, journal: Journal) -> None:
        """A clerical error is reversed by two people."""
        reverse_journal(by=self.asks, approver=self.agrees, journal=journal, effective_on=today(), reason="machine")
        settle()

    def advance(self, agreement: int, parts: dict[Part, int], debit: Account | None, credit: Account | None) -> None:
        """Note that an agreement's money went from one stage to another; None is outside the agreement."""
        for (source, strand), pence in parts.items():
            if debit is not None:
                self.stage[agreement, source, strand, debit] -= pence
            if credit is not None:
                self.stage[agreement, source, strand, credit] += pence
            if debit is None or credit is None:
                self.value[agreement, source, strand] += pence if debit is None else -pence

    def held(self, agreement: int, account: Account) -> dict[Part, int]:
        """What an agreement has at a stage, by source and strand."""
        return {
            (source, strand): pence
            for (owner, source, strand, at), pence in self.stage.items()
            if owner == agreement and at is account and pence > 0
        }

    def differences(self) -> list[str]:
        """Where model and ledger disagree: the four identities, and every stage and floor besides."""
        found = balances()
        return [*self._identities(found), *self._stages(found), *_laws(found)]

    def _identities(self, found: dict[tuple, int]) -> list[str]:
        value: Counter[tuple[int, int, Strand]] = Counter()
        cash: Counter[int] = Counter()
        gone: Counter[Part] = Counter()
        owed: Counter[int] = Counter()
        for (account, source, strand, _, agreement), pence in found.items():
            if agreement is not None and account in PROMISED_TO_AGREEMENTS:
                value[agreement, source, strand] -= pence
            if account is A.CASH:
                cash[source] += pence
            if account in (A.APPLIED, A.PAID):
                gone[source, strand] += pence
            if account in (A.RECOVERABLE, A.RECOVERY_DUE):
                owed[source] += pence
        return [
            *(f"value of {key}: {value[key]} held, {self.value[key]} promised" for key in differing(value, self.value)),
            *(f"cash of {key}: {cash[key]}, the bank has {self.bank[key]}" for key in differing(cash, self.bank)),
            *(f"applied and paid of {key} differ by {pence}" for key, pence in gone.items() if pence),
            *(f"recoverable and recovery due of {key} differ by {pence}" for key, pence in owed.items() if pence),
        ]

    def _stages(self, found: dict[tuple, int]) -> list[str]:
        stage: Counter[Stage] = Counter()
        allocated: Counter[tuple[int, int]] = Counter()
        reserve: Counter[tuple[int, int]] = Counter()
        due_back: Counter[tuple[int, int, Strand]] = Counter()
        for (account, source, strand, place, agreement), pence in found.items():
            if agreement is not None and account in PROMISED_TO_AGREEMENTS:
                stage[agreement, source, strand, account] -= pence
            if account is A.ALLOCATED:
                allocated[place, source] -= pence
            if account is A.INDEX_RESERVE:
                reserve[agreement, source] -= pence
            if account is A.RECOVERY_DUE:
                due_back[agreement, source, strand] -= pence
        pairs = ((stage, self.stage), (allocated, self.allocated), (reserve, self.reserve), (due_back, self.due_back))
        return [f"{key}: {held[key]}, not {owed[key]}" for held, owed in pairs for key in differing(held, owed)]


def balances() -> dict[tuple, int]:
    """Every purse of the ledger with its balance in pence: account, source, strand, place, agreement."""
    rows = (
        Posting.objects.values_list("account", "source", "strand", "neighbourhood", "agreement")
        .annotate(total=Sum("amount_pence"))
        .order_by()
    )
    return {
        (Account(account), source, Strand(strand) if strand else None, place, agreement): total
        for account, source, strand, place, agreement, total in rows
    }


def _laws(found: dict[tuple, int]) -> list[str]:
    """Every source sums to zero, and no floor is broken."""
    sums: Counter[int] = Counter()
    for (_, source, *_), pence in found.items():
        sums[source] += pence
    return [
        *(f"source {source} sums to {pence}" for source, pence in sums.items() if pence),
        *(f"{key} is {-pence}" for key, pence in found.items() if key[0] in FLOORED and pence > 0),
    ]


def differing(one: Counter, other: Counter) -> list:
    """Keys under which the two do not say the same; nothing and zero are the same."""
    return [key for key in one.keys() | other.keys() if one[key] != other[key]]


def settle() -> None:
    """Check the deferred rules now instead of at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def with_error(**wrong: object) -> SimpleNamespace:
    """The table of postings with one event said wrongly."""
    return SimpleNamespace(**(vars(postings) | wrong))


def purse(part: Part, place: int, agreement: int | None = None) -> Purse:
    return Purse(part[0], part[1], place, agreement)


def share_of(parts: dict[Part, int], percent: int) -> dict[Part, int]:
    """A share of each part, rounded down; parts that come to nothing are left out."""
    shares = {part: pence * percent // 100 for part, pence in parts.items()}
    return {part: pence for part, pence in shares.items() if pence}


def unused_cap_is_promised(inside: Purse, *, used_pence: int, unused_pence: int) -> list[Line]:
    """An uplift that commits what prices did not ask for."""
    return inside.move(A.INDEX_RESERVE, A.COMMITTED, used_pence + unused_pence)
