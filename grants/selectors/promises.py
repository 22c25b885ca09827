"""What is promised and not yet paid, by source and day, and what each programme has left of each source."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import F, Sum

from grants.domain.dates import add_months
from grants.domain.indexation import Indexation, factors, uplift_by_source
from grants.domain.ledger import Account
from grants.domain.schedule import Profile, Terms, build_schedule, first_anchor, running_contributions
from grants.domain.shares import split_cumulatively
from grants.domain.spending import MONTHS_IN_YEAR, Rung, SpendDown, hybrid, liquidity_ladder, spend_down
from grants.domain.working_days import england_and_wales
from grants.models import Agreement, AgreementStatus, Posting, SpendingPolicy, TrancheFunding, TrancheStatus, Wave
from grants.selectors.ledger import SourceStanding
from grants.selectors.reserved import Payments, reserved_payments

Against = dict[int, SpendDown]
WITHOUT_SCHEDULE = (AgreementStatus.APPROVED, AgreementStatus.OFFERED)


def promised_payments(
    on: date, *, programme_pk: int | None = None, without: int | None = None, at_cap: bool = True
) -> Payments:
    """Day and pence of every payment that agreements promise and that is not yet sent, by primary key of the source.

    Agreements that nobody has accepted yet count as if accepted on `on`.

    Args:
        on: Today.
        programme_pk: Only agreements of this programme.
        without: The primary key of an agreement that is left out.
        at_cap: With the most that prices may still add, on the days on which it would be paid.
    """
    scheduled = TrancheFunding.objects.exclude(tranche__status__in=(TrancheStatus.PAID, TrancheStatus.CANCELLED))
    waiting = Agreement.objects.filter(status__in=WITHOUT_SCHEDULE)
    running = Agreement.objects.filter(status=AgreementStatus.ACTIVE).exclude(indexation=Indexation.NONE)
    if without is not None:
        waiting = waiting.exclude(pk=without)
    if programme_pk is not None:
        scheduled = scheduled.filter(tranche__agreement__allocation__programme=programme_pk)
        waiting = waiting.filter(allocation__programme=programme_pk)
        running = running.filter(allocation__programme=programme_pk)
    found: Payments = defaultdict(list)
    rows = (
        scheduled.order_by()
        .values_list("source", "tranche__due_on")
        .annotate(total=Sum(F("amount_pence") + F("uplift_pence") + F("contribution_pence")))
    )
    for source, due_on, total in rows:
        found[source].append((due_on, total))
    for agreement in waiting.select_related("allocation__programme").prefetch_related("funding"):
        add_payments(found, planned_payments(agreement, on, at_cap=at_cap))
    if at_cap:
        add_payments(found, reserved_payments(running))
    return found


def planned_payments(agreement: Agreement, on: date, *, at_cap: bool = True) -> Payments:
    """The payments that an agreement would have if it were accepted on `on`, by primary key of the source.

    With `at_cap` each has the most that prices may add to it.
    """
    first_days = agreement.allocation.programme.first_payment_days
    terms = Terms(
        total_pence=agreement.amount_pence,
        starts_on=on,
        anchor_on=first_anchor(on, first_days),
        term_years=agreement.term_years,
        cadence_months=agreement.cadence_months,
        profile=Profile(agreement.profile),
        weights=tuple(agreement.custom_weights),
    )
    planned = build_schedule(terms, england_and_wales())
    amounts = [tranche.amount_pence for tranche in planned]
    contributions = running_contributions(amounts, agreement.amount_pence, agreement.contribution_pence)
    funding = sorted(agreement.funding.all(), key=lambda part: part.source_id)
    places = split_cumulatively(amounts, [part.amount_pence for part in funding])
    bodies = split_cumulatively(contributions, [part.contribution_pence for part in funding])
    index_terms = agreement.index_terms
    by_year = factors(index_terms, (), agreement.term_years, unknown=index_terms.cap if at_cap else Fraction(0))
    found: Payments = defaultdict(list)
    for tranche, place_row, body_row in zip(planned, places, bodies, strict=True):
        risen = uplift_by_source(place_row, by_year[tranche.year - 1])
        for part, *pence in zip(funding, place_row, body_row, risen, strict=True):
            found[part.source_id].append((tranche.due_on, sum(pence)))
    return found


def add_payments(into: Payments, more: Payments) -> None:
    """Put one lot of payments beside another."""
    for source, payments in more.items():
        into.setdefault(source, []).extend(payments)


def remaining_by_source(programme_pk: int, standings: Iterable[SourceStanding]) -> dict[int, int]:
    """What a programme has left of each source, in pence, by primary key of the source.

    That is the source's cash and investments; where several programmes received waves from one source, each has the
    part of it that its waves were of all.
    """
    received: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows = (
        Wave.objects.filter(received_pence__isnull=False)
        .order_by()
        .values_list("source", "programme")
        .annotate(total=Sum("received_pence"))
    )
    for source, programme, total in rows:
        received[source][programme] = total
    return {
        standing.source.pk: (standing.cash_pence + standing.investments_pence)
        * received[standing.source.pk][programme_pk]
        // sum(received[standing.source.pk].values())
        for standing in standings
        if sum(received[standing.source.pk].values())
    }


def spent_lately(programme_pk: int, on: date) -> dict[int, int]:
    """What a programme's agreements were paid since a year before a day, in pence, by primary key of the source."""
    rows = (
        Posting.objects.filter(
            account=Account.PAID.value,
            agreement__allocation__programme=programme_pk,
            journal__effective_on__gt=add_months(on, -MONTHS_IN_YEAR),
        )
        .values_list("source")
        .annotate(total=Sum("amount_pence"))
        .order_by()
    )
    return {source: max(0, -total) for source, total in rows}


def set_against(policy: SpendingPolicy, on: date, *, payments: Payments, standings: list[SourceStanding]) -> Against:
    """A policy whose day has not passed against promised payments, by primary key of the source."""
    remaining = remaining_by_source(policy.programme_id, standings)
    rule, until = policy.rule, policy.spend_down_on
    spent = spent_lately(policy.programme_id, on) if rule else {}
    found: Against = {}
    for source in (standing.source.pk for standing in standings):
        promised, left = payments.get(source, []), remaining.get(source, 0)
        if rule is not None:
            last = spent.get(source, 0)
            found[source] = hybrid(rule, remaining_pence=left, last_pence=last, begins_on=on, payments=promised)
        elif until is not None:
            found[source] = spend_down(remaining_pence=left, begins_on=on, spend_down_on=until, payments=promised)
    return found


def policy_in_force(programme_pk: int) -> SpendingPolicy | None:
    """The policy that two directors agreed on last; None where the programme has none."""
    return SpendingPolicy.objects.in_force().filter(programme=programme_pk).first()


@dataclass(frozen=True)
class SourceOutlook:
    """What is to come for one source: its ladder, and each policy in force set against what is promised."""

    ladder: list[Rung]
    policies: list[tuple[SpendingPolicy, SpendDown]]


def outlooks(on: date, standings: list[SourceStanding]) -> dict[int, SourceOutlook]:
    """The ladder and the policies of every source, by its primary key; a policy whose day has passed is left out."""
    payments = promised_payments(on)
    policies = [
        policy
        for policy in SpendingPolicy.objects.in_force().select_related("programme")
        if policy.spend_down_on is None or policy.spend_down_on > on
    ]
    against = [
        (
            policy,
            set_against(
                policy, on, payments=promised_payments(on, programme_pk=policy.programme_id), standings=standings
            ),
        )
        for policy in policies
    ]
    return {
        standing.source.pk: SourceOutlook(
            ladder=liquidity_ladder(
                on=on,
                payments=payments.get(standing.source.pk, []),
                assets_pence={"cash": standing.cash_pence, **standing.invested.value_by_class},
            ),
            policies=[(policy, found[standing.source.pk]) for policy, found in against],
        )
        for standing in standings
    }
