"""Agreements by what waits for them: the queues of officers, of organisations and of the calendar."""

from datetime import date, datetime
from functools import reduce
from operator import or_

from django.db.models import BigIntegerField, Count, Exists, F, Func, OuterRef, Prefetch, Q, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from grants.domain.authority import LOWEST_RANK_FOR, MILLION_POUNDS_PENCE, Officer, Rank, Risk, Step
from grants.models import (
    AccountableBody,
    Agreement,
    AgreementStatus,
    Approval,
    BankAccount,
    BodyContact,
    Cohort,
    Hold,
    Report,
    Review,
    Tranche,
    UnspentDecision,
    Uplift,
)
from grants.models.agreement import AgreementQuerySet
from grants.selectors.authority import limits, officer_of
from grants.selectors.days import today

S = AgreementStatus
PARTIES = ("agreement__allocation__neighbourhood", "agreement__body__organisation")


class WholeLife(Func):
    """The value that decides who approves: see migration 0002."""

    function = "grants_whole_life_pence"
    output_field = BigIntegerField()


def has_standing_agreement(neighbourhood_pk: int) -> bool:
    """Whether a place has an agreement that neither lapsed nor was discontinued."""
    return (
        Agreement.objects.filter(allocation__neighbourhood=neighbourhood_pk)
        .exclude(status__in=(S.LAPSED, S.DISCONTINUED))
        .exists()
    )


def offers_to_lapse(at: datetime) -> QuerySet[Agreement]:
    """Offers nobody accepted in time, and what nobody accepted before its vote was annulled."""
    return Agreement.objects.lapsing_by(localdate(at))


def terms_to_close(at: datetime) -> QuerySet[Agreement]:
    """Active agreements past their term: everything paid, the last report accepted, the last anniversary posted."""
    unfinished = Tranche.objects.unfinished().filter(agreement=OuterRef("pk"))
    unread = Report.objects.filter(agreement=OuterRef("pk"), accepted_at=None)
    unsettled = Uplift.objects.lacking().filter(agreement=OuterRef("pk"))
    return Agreement.objects.in_state(S.ACTIVE).filter(
        ~Exists(unfinished), ~Exists(unread), ~Exists(unsettled), ends_on__lte=localdate(at), next_uplift_on=None
    )


def anniversaries_to_post(at: datetime) -> QuerySet[Agreement]:
    """Agreements whose payments are to be raised with prices by now."""
    return Agreement.objects.rising_by(localdate(at))


def agreements(*, status: str = "", words: str = "") -> QuerySet[Agreement]:
    """Agreements for the officers' list, latest first; every word is part of the reference, place, body or title."""
    found = Agreement.objects.with_parties().order_by("-drafted_at", "-pk")
    if status:
        found = found.filter(status=status)
    for word in words.split():
        found = found.filter(
            Q(reference__icontains=word)
            | Q(title__icontains=word)
            | Q(allocation__neighbourhood__label__icontains=word)
            | Q(body__organisation__name__icontains=word)
        )
    return found


def case_file(reference: str) -> QuerySet[Agreement]:
    """One agreement with everything its case page shows."""
    return (
        Agreement.objects.with_parties()
        .select_related("resolution", "accepted_by")
        .prefetch_related(
            Prefetch("approvals", Approval.objects.select_related("by").order_by("decided_at", "pk")),
            Prefetch("tranches", Tranche.objects.order_by("number")),
            Prefetch("reports", Report.objects.select_related("submitted_by", "accepted_by").order_by("year")),
            Prefetch("reviews", Review.objects.select_related("proposed_by", "confirmed_by").order_by("year")),
            Prefetch("holds", Hold.objects.select_related("placed_by", "lifted_by", "tranche").order_by("-placed_at")),
            Prefetch(
                "tranches__unspent_decisions", UnspentDecision.objects.select_related("proposed_by", "decided_by")
            ),
            "funding__source",
            "uplifts",
            "variations",
            "clawbacks",
        )
        .filter(reference=reference)
    )


def _untouched_by(user: User) -> AgreementQuerySet:
    """Agreements of which the person took no step of the present attempt."""
    own = Approval.objects.filter(agreement=OuterRef("pk"), attempt=OuterRef("attempt"), by=user)
    return Agreement.objects.with_parties().filter(~Exists(own))


def to_recommend() -> QuerySet[Agreement]:
    """Drafts to check."""
    return Agreement.objects.with_parties().in_state(S.DRAFT).order_by("drafted_at")


def to_offer() -> QuerySet[Agreement]:
    """Approved twice, and not yet sent to the organisation."""
    return Agreement.objects.with_parties().in_state(S.APPROVED).order_by("drafted_at")


def to_assure(user: User) -> QuerySet[Agreement]:
    """Recommended agreements that need assurance, where the person took no other step and their rank suffices."""
    officer = officer_of(user, today())
    if officer is None or officer.rank < LOWEST_RANK_FOR[Step.ASSURANCE]:
        return Agreement.objects.none()
    return (
        _untouched_by(user)
        .in_state(S.RECOMMENDED)
        .alias(value=WholeLife(F("pk")))
        .filter(Q(value__gte=MILLION_POUNDS_PENCE) | Q(risk=Risk.HIGH.value))
        .order_by("drafted_at")
    )


def to_approve(user: User) -> QuerySet[Agreement]:
    """Agreements of which the person may give the first or the second approval: by rank, limit and team, and where they
    took no other step."""
    officer = officer_of(user, today())
    if officer is None:
        return Agreement.objects.none()
    small = Q(status=S.RECOMMENDED, value__lt=MILLION_POUNDS_PENCE) & ~Q(risk=Risk.HIGH.value)
    return (
        _untouched_by(user)
        .alias(value=WholeLife(F("pk")))
        .filter((Q(status=S.ASSURED) | small) & _within_limits(officer.rank) | _second_for(officer))
        .order_by("drafted_at")
    )


def _within_limits(rank: Rank) -> Q:
    """What an officer of a rank may approve first; above every limit a director does, for the Board."""
    if rank is Rank.FUND_DIRECTOR:
        return Q(risk__in=list(Risk))
    own = next(row.pence for row in limits(today()) if row.rank is rank)
    within = [Q(risk=risk.value, value__lte=pence) for risk, pence in own.items() if pence is not None]
    return reduce(or_, within, Q(pk__in=[]))


def _second_for(officer: Officer) -> Q:
    """Approved once, by somebody of another team who is at most one rank above."""
    first = Approval.objects.filter(
        agreement=OuterRef("pk"), attempt=OuterRef("attempt"), step=Step.FIRST, rank__lte=officer.rank + 1
    )
    return Q(Exists(first.exclude(team=officer.team)), status=S.FIRST_APPROVED)


def reports_to_read() -> QuerySet[Report]:
    """Sent in and waiting for an officer, the oldest first."""
    return _with_agreement(Report.objects.to_read()).order_by("submitted_at")


def report_days() -> list[tuple[date, int]]:
    """The due dates of reports that wait to be read, and how many of each, the earliest first."""
    found = Report.objects.to_read().order_by("due_on").values_list("due_on").annotate(Count("pk"))
    return list(found)


def reports_of_day(day: date) -> QuerySet[Report]:
    """Those of one due date that wait to be read, with all that a page of many needs."""
    waiting = Report.objects.to_read().filter(due_on=day)
    return waiting.select_related(*PARTIES, "agreement__allocation__programme", "submitted_by").order_by("pk")


def reports_missing(day: date) -> QuerySet[Report]:
    """Due and not sent in, the latest first."""
    return _with_agreement(Report.objects.missing(day).filter(agreement__status=S.ACTIVE)).order_by("due_on")


def reviews_due(day: date) -> QuerySet[Review]:
    """Due, of running agreements, with no outcome proposed."""
    return _reviews_with_agreement(Review.objects.due(day)).order_by("due_on")


def reviews_to_confirm(user: User) -> QuerySet[Review]:
    """Proposed by somebody else and waiting for a second officer."""
    return _reviews_with_agreement(Review.objects.to_confirm().exclude(proposed_by=user)).order_by("proposed_at")


def _with_agreement(reports: QuerySet[Report]) -> QuerySet[Report]:
    return reports.select_related(*PARTIES)


def _reviews_with_agreement(reviews: QuerySet[Review]) -> QuerySet[Review]:
    return reviews.select_related(*PARTIES, "proposed_by")


def open_holds() -> QuerySet[Hold]:
    """Holds that stand, with what a page names."""
    return Hold.objects.open().select_related(*PARTIES, "placed_by", "tranche").order_by("placed_at", "pk")


def bank_details_to_confirm() -> QuerySet[BankAccount]:
    """Proposals waiting for a call back, the oldest first."""
    return (
        BankAccount.objects.proposed().select_related("body__organisation", "proposed_by").order_by("proposed_at", "pk")
    )


def details_before(body: AccountableBody) -> BankAccount | None:
    """The bank details that a body was paid to before anything was proposed: those approved, or approved last."""
    S = BankAccount.Status
    known = BankAccount.objects.filter(body=body, status__in=(S.APPROVED, S.REPLACED)).select_related("decided_by")
    return known.order_by("status", "-decided_at").first()  # "approved" comes before "replaced"


def starts_to_confirm(user: User) -> QuerySet[Cohort]:
    """Starts that another director proposed."""
    waiting = Cohort.objects.filter(allocated_at=None).exclude(proposed_by=user)
    return waiting.select_related("programme").order_by("programme_id", "number")


def bodies_of(user: User, role: BodyContact.Role) -> QuerySet[AccountableBody]:
    """Organisations for which the person acts now in a role."""
    return (
        AccountableBody.objects.filter(contacts__user=user, contacts__role=role, contacts__to_on=None)
        .select_related("organisation")
        .order_by("organisation__name")
    )


def own_agreements(user: User) -> QuerySet[Agreement]:
    """Agreements of the organisations for which the person acts now, from the offer on."""
    hidden = (S.DRAFT, S.RECOMMENDED, S.ASSURED, S.FIRST_APPROVED, S.APPROVED)
    return (
        Agreement.objects.of_contact(user)
        .exclude(status__in=hidden)
        .with_parties()
        .prefetch_related(
            Prefetch("tranches", Tranche.objects.order_by("number")),
            Prefetch("reports", Report.objects.order_by("year")),
            Prefetch("holds", Hold.objects.open().select_related("tranche").order_by("placed_at")),
            "clawbacks",
        )
        .order_by("-offered_at")
    )


def own_reports_due(user: User, day: date) -> QuerySet[Report]:
    """Reports that the person's organisations owe by a day."""
    acting_for = BodyContact.objects.standing().filter(user=user, role=BodyContact.Role.TREASURER).values("body")
    return _with_agreement(
        Report.objects.missing(day).filter(agreement__body__in=acting_for, agreement__status=S.ACTIVE)
    ).order_by("due_on")


def report_of(reference: str, year: int) -> QuerySet[Report]:
    """One yearly report, with what its pages name."""
    return Report.objects.select_related(
        *PARTIES, "agreement__allocation__programme", "submitted_by", "accepted_by"
    ).filter(agreement__reference=reference, year=year)


def review_of(reference: str, year: int) -> QuerySet[Review]:
    """One yearly review, with what its pages name."""
    return _reviews_with_agreement(Review.objects.filter(agreement__reference=reference, year=year)).select_related(
        "agreement__allocation__programme"
    )


def tranches_of(agreement: Agreement) -> list[Tranche]:
    """Every payment of an agreement, by number."""
    return list(agreement.tranches.order_by("number"))


def own_report(user: User, reference: str, year: int) -> QuerySet[Report]:
    """A report that the person may send in; empty for anybody else's."""
    acting_for = BodyContact.objects.standing().filter(user=user, role=BodyContact.Role.TREASURER).values("body")
    return report_of(reference, year).filter(agreement__body__in=acting_for)


def agreements_of(neighbourhood_pk: int) -> QuerySet[Agreement]:
    """Every agreement of a place, the latest first."""
    return Agreement.objects.filter(allocation__neighbourhood=neighbourhood_pk).order_by("-pk")
