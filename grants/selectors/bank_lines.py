"""Lines of the bank’s statements for the page of reconciliation: in groups that add up, and what each may be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Max, Min, Prefetch, Q, QuerySet, Sum

from grants.domain.suggestions import Movement, ranked
from grants.errors import in_pounds
from grants.models import (
    BankStatement,
    Clawback,
    DoubtSettlement,
    LineClearing,
    LineGroup,
    Opinion,
    Payment,
    PaymentRun,
    PaymentStatus,
    StatementLine,
    Wave,
)
from grants.models.bank_message import StatementLineQuerySet
from grants.models.payment import FAILED, FAILED_AT_BANK
from grants.selectors.clawbacks import claims_awaited

OLD_DAYS, VERY_OLD_DAYS = 2, 7
RETURNS_LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True)
class GroupTotal:
    """Lines of one group: how many, and what came in and went out, in pence; `out_pence` is not above zero."""

    group: LineGroup
    count: int
    in_pence: int
    out_pence: int

    @property
    def net_pence(self) -> int:
        return self.in_pence + self.out_pence


@dataclass(frozen=True)
class Period:
    """The statements of some days: every line is in exactly one group, and the groups carry opening to closing."""

    first_on: date
    last_on: date
    statement_count: int
    opening_pence: int
    closing_pence: int
    groups: tuple[GroupTotal, ...]

    @property
    def line_count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def moved_pence(self) -> int:
        return sum(group.net_pence for group in self.groups)

    @property
    def missing_pence(self) -> int:
        """What the lines leave unexplained of the way from opening to closing: zero, unless something is broken."""
        return self.closing_pence - self.opening_pence - self.moved_pence


def period(first_on: date, last_on: date) -> Period:
    """The statements that close on these days, both counted, and all their lines by group."""
    statements = BankStatement.objects.filter(closes_on__gte=first_on, closes_on__lte=last_on).order_by("sequence")
    first, last = statements.first(), statements.last()
    rows = {
        row["place"]: row
        for row in StatementLine.objects.filter(statement__in=statements)
        .grouped()
        .order_by()
        .values(place=F("group"))
        .annotate(
            lines=Count("pk"),
            came=Sum("amount_pence", filter=Q(amount_pence__gt=0), default=0),
            went=Sum("amount_pence", filter=Q(amount_pence__lt=0), default=0),
        )
    }
    none = {"lines": 0, "came": 0, "went": 0}
    return Period(
        first_on=first_on,
        last_on=last_on,
        statement_count=statements.count(),
        opening_pence=first.opening_pence if first else 0,
        closing_pence=last.closing_pence if last else 0,
        groups=tuple(
            GroupTotal(group, row["lines"], row["came"], row["went"])
            for group in LineGroup
            for row in [rows.get(group.value, none)]
        ),
    )


def lines_of(group: LineGroup, days: tuple[date, date], *, text: str = "") -> StatementLineQuerySet:
    """The lines of one group from one day to another, oldest first; with a text, those that hold it."""
    found = (
        StatementLine.objects.in_group(group)
        .filter(statement__closes_on__gte=days[0], statement__closes_on__lte=days[1])
        .select_related("statement", "payment__tranche__agreement", "wave", "run")
        .order_by("statement__sequence", "position")
    )
    if text:
        holds = Q(reference__icontains=text) | Q(end_to_end_id__icontains=text) | Q(bank_reference__icontains=text)
        found = found.filter(holds)
    return found


def known_days() -> tuple[date, date] | None:
    """The first and the last day of which there is a statement."""
    found = BankStatement.objects.aggregate(first=Min("closes_on"), last=Max("closes_on"))
    return (found["first"], found["last"]) if found["first"] else None


def clearings_to_confirm() -> QuerySet[LineClearing]:
    """Explanations that wait for a second person, oldest first."""
    return (
        LineClearing.objects.filter(status=Opinion.PROPOSED)
        .select_related(
            "line__statement",
            "payment",
            "run",
            "wave",
            "source",
            "clawback__agreement",
            "counter_line__statement",
            "proposed_by",
        )
        .prefetch_related(Prefetch("line__clearings", _taken_back()))
        .order_by("pk")
    )


def _taken_back() -> QuerySet[LineClearing]:
    """Of what was said of lines, only what two people confirmed and a correction took back."""
    return LineClearing.objects.filter(status=Opinion.REVERSED).select_related("proposed_by")


def settlements_to_confirm() -> QuerySet[DoubtSettlement]:
    """Letters of the bank that wait for a second person, oldest first."""
    found = DoubtSettlement.objects.filter(status=Opinion.PROPOSED)
    return found.select_related("run", "payment", "proposed_by").order_by("pk")


@dataclass(frozen=True)
class Ageing:
    """How long lines have stood in suspense, by the bank's value date; counts and the sum without signs."""

    fresh_count: int
    old_count: int
    very_old_count: int
    oldest_on: date | None

    @property
    def count(self) -> int:
        return self.fresh_count + self.old_count + self.very_old_count


def suspense_ageing(day: date) -> Ageing:
    """Lines in suspense as of a day: up to two days, up to a week, longer."""
    old_on, very_old_on = day - timedelta(days=OLD_DAYS), day - timedelta(days=VERY_OLD_DAYS)
    found = StatementLine.objects.in_suspense().aggregate(
        fresh=Count("pk", filter=Q(value_on__gte=old_on)),
        old=Count("pk", filter=Q(value_on__lt=old_on, value_on__gte=very_old_on)),
        very_old=Count("pk", filter=Q(value_on__lt=very_old_on)),
        oldest=Min("value_on"),
    )
    return Ageing(found["fresh"], found["old"], found["very_old"], found["oldest"])


def contradictions() -> StatementLineQuerySet:
    """Lines in suspense by which the bank took money for a payment that counts as not made."""
    failed = Payment.objects.filter(status__in=FAILED).values("end_to_end_id")
    # Said twice, so that the index of lines in suspense serves.
    suspense = StatementLine.objects.filter(match=StatementLine.Match.SUSPENSE).in_suspense()
    return suspense.filter(amount_pence__lt=0, end_to_end_id__in=failed)


def contradicted(tranche_pks: Iterable[int]) -> set[int]:
    """Those of these payments of which such a line tells, by primary key."""
    found = Payment.objects.filter(tranche__in=list(tranche_pks))
    told = found.filter(end_to_end_id__in=contradictions().values("end_to_end_id"))
    return set(told.values_list("tranche", flat=True))


def unexplained_line(pk: int) -> StatementLineQuerySet:
    """The line of this key, if nobody has explained it."""
    found = StatementLine.objects.in_group(LineGroup.UNEXPLAINED).filter(pk=pk).select_related("statement")
    return found.prefetch_related(Prefetch("clearings", _taken_back()))


@dataclass(frozen=True)
class Suggestion:
    """One thing that a line may be: a key for the form, a sentence, and the row it names."""

    key: str
    text: str
    target: Payment | PaymentRun | Wave | Clawback | StatementLine


def suggestions_for(line: StatementLine) -> list[Suggestion]:
    """What the line may be, likeliest first: by amount, date and reference. Six queries."""
    offered = {suggestion.key: (suggestion, movement) for suggestion, movement in _candidates(line)}
    order = ranked(_movement(line), ((key, movement) for key, (_, movement) in offered.items()))
    return [offered[key][0] for key in order]


def _movement(line: StatementLine) -> Movement:
    return Movement(line.amount_pence, line.value_on, (line.reference, line.end_to_end_id, line.bank_reference))


def _candidates(line: StatementLine) -> Iterator[tuple[Suggestion, Movement]]:
    yield from _counter_lines(line)
    if line.amount_pence < 0:
        yield from _payments(line)
        yield from _files()
    else:
        yield from _returns(line)
        yield from _waves()
        yield from _claims(line)


def _counter_lines(line: StatementLine) -> Iterator[tuple[Suggestion, Movement]]:
    opposite = StatementLine.objects.in_group(LineGroup.UNEXPLAINED).filter(amount_pence=-line.amount_pence)
    for other in opposite.select_related("statement")[:20]:
        mirrored = Movement(line.amount_pence, other.value_on, (other.reference,))
        yield Suggestion(f"cancels:{other.pk}", f"It cancels {str(other).lower()}: {other.reference}", other), mirrored


def _payments(line: StatementLine) -> Iterator[tuple[Suggestion, Movement]]:
    open_ones = (PaymentStatus.INSTRUCTED, PaymentStatus.IN_DOUBT, *FAILED_AT_BANK)
    wanted = Payment.objects.filter(status__in=open_ones).select_related("tranche__agreement")
    for payment in wanted.order_by("-pk")[:2_000]:
        yield Suggestion(f"payment:{payment.pk}", _named("Our payment", payment), payment), _expected(payment, -1)


def _returns(line: StatementLine) -> Iterator[tuple[Suggestion, Movement]]:
    wanted = Payment.objects.filter(
        status=PaymentStatus.CONFIRMED, confirmed_on__gte=line.value_on - RETURNS_LOOK_BACK
    ).select_related("tranche__agreement")
    for payment in wanted.order_by("-pk")[:2_000]:
        suggestion = Suggestion(f"returned:{payment.pk}", _named("It came back: our payment", payment), payment)
        yield suggestion, _expected(payment, 1)


def _named(what: str, payment: Payment) -> str:
    reference = payment.tranche.agreement.reference
    return (
        f"{what} {payment.end_to_end_id} to {payment.payee_name}, {reference}, {payment.get_status_display().lower()}"
    )


def _expected(payment: Payment, sign: int) -> Movement:
    texts = (payment.end_to_end_id, payment.tranche.agreement.reference, payment.payee_name)
    return Movement(sign * payment.total_pence, payment.confirmed_on or payment.arrive_on, texts)


def _files() -> Iterator[tuple[Suggestion, Movement]]:
    runs = PaymentRun.objects.filter(payments__in=Payment.objects.with_bank()).distinct().order_by("-pk")[:50]
    for run in runs:
        owed = Payment.objects.with_bank().filter(run=run)
        movement = Movement(-owed.total_pence(), run.prepared_on, (run.message_id,))
        yield Suggestion(f"file:{run.pk}", f"The whole file of run {run.pk}, {owed.count()} payments", run), movement


def _waves() -> Iterator[tuple[Suggestion, Movement]]:
    for wave in Wave.objects.awaited()[:50]:
        movement = Movement(wave.announced_pence, wave.expected_on, (wave.bank_reference, wave.title))
        yield Suggestion(f"wave:{wave.pk}", f"Announced money: {wave.title}", wave), movement


def _claims(line: StatementLine) -> Iterator[tuple[Suggestion, Movement]]:
    for claim in claims_awaited()[:50]:
        still = claim.total_pence - vars(claim)["came_pence"]
        if line.amount_pence <= still:
            texts = (claim.reference, claim.agreement.reference, str(claim.agreement.body))
            words = f"Money asked back: {claim}, {in_pounds(still)} open"
            yield Suggestion(f"clawback:{claim.pk}", words, claim), Movement(still, claim.pay_by_on, texts)
