"""What the case page of an agreement says: where it stands, what happened, what happens next and who may do it."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from cwf_portal.core.figures_text import day_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import pence
from grants.domain.authority import MILLION_POUNDS_PENCE, RANK_LABELS, Rank, Risk
from grants.domain.indexation import Indexation
from grants.errors import per_cent
from grants.models import (
    Agreement,
    AgreementStatus,
    Approval,
    Opinion,
    Tranche,
    TrancheStatus,
    UnspentDecision,
    Uplift,
    Variation,
)
from grants.presenters.clawback import claim_links
from grants.presenters.holds import HoldCard, hold_cards

S = AgreementStatus
STATUS_COLOURS = {
    S.DRAFT: "yellow",
    S.RECOMMENDED: "yellow",
    S.ASSURED: "yellow",
    S.FIRST_APPROVED: "yellow",
    S.APPROVED: "blue",
    S.OFFERED: "blue",
    S.ACTIVE: "green",
    S.COMPLETED: "grey",
    S.LAPSED: "red",
    S.DISCONTINUED: "red",
}
TRANCHE_COLOURS = {
    TrancheStatus.PLEDGED: "grey",
    TrancheStatus.COMMITTED: "blue",
    TrancheStatus.PAYABLE: "yellow",
    TrancheStatus.INSTRUCTED: "yellow",
    TrancheStatus.PAID: "green",
    TrancheStatus.CANCELLED: "red",
}
# One or two words for a table; the status itself says it in full.
TRANCHE_WORDS = {
    TrancheStatus.PLEDGED: "Set aside",
    TrancheStatus.COMMITTED: "Promised",
    TrancheStatus.PAYABLE: "Released",
    TrancheStatus.INSTRUCTED: "With the bank",
    TrancheStatus.PAID: "Sent",
    TrancheStatus.CANCELLED: "Cancelled",
}
Row = tuple[str, object]


@dataclass(frozen=True)
class Step:
    """Something that can be done to the agreement now."""

    title: str
    url: str
    is_main: bool = True


@dataclass(frozen=True)
class Moment:
    """One line of the story so far."""

    at: datetime
    title: str
    detail: str


@dataclass(frozen=True)
class PaymentRow:
    """One line of the schedule; money in words of pounds."""

    number: int
    due_on: date
    place: str
    uplift: str
    body: str
    total: str
    status: str
    colour: str
    is_held: bool


@dataclass(frozen=True)
class CasePage:
    """Everything that the case page shows."""

    agreement: Agreement
    status_colour: str
    next_sentence: str
    steps: list[Step]
    summary: list[Row]
    figures: list[Row]
    timeline: list[Moment]
    payments: list[PaymentRow]
    open_holds: list[HoldCard]
    claims: list[tuple[str, str, str, str]]

    def to_judge(self) -> list[Row]:
        """What whoever takes the next step of an approval looks at: terms, money, and who took the steps before."""
        done = [one for one in self.agreement.approvals.all() if one.attempt == self.agreement.attempt]
        return [*self.summary, *self.figures, *((step.title, step.detail) for step in map(_decided, done))]


def case_page(agreement: Agreement, user: User, value_pence: int) -> CasePage:
    """Prepare the page for an officer. `agreement` comes from `case_file`; `value_pence` is its whole-life value."""
    steps = steps_for(agreement, user, value_pence)
    return CasePage(
        agreement=agreement,
        status_colour=STATUS_COLOURS[AgreementStatus(agreement.status)],
        next_sentence=next_sentence(agreement, value_pence),
        steps=steps,
        summary=_summary(agreement),
        figures=_figures(agreement, value_pence),
        timeline=_timeline(agreement),
        payments=payment_rows(agreement),
        open_holds=hold_cards(agreement, user),
        claims=claim_links(agreement),
    )


def plain_day(day: date | None) -> str:
    """A date inside a sentence; empty where there is none."""
    return day_text(day) if day else ""


def term_in_words(agreement: Agreement) -> str:
    """From when to when an accepted agreement runs."""
    return f"{plain_day(agreement.starts_on)} to {plain_day(agreement.ends_on)}"


def needs_assurance_now(agreement: Agreement, value_pence: int) -> bool:
    """Whether a recommended agreement goes to assurance before approval."""
    return value_pence >= MILLION_POUNDS_PENCE or agreement.risk == Risk.HIGH.value


def next_sentence(agreement: Agreement, value_pence: int) -> str:
    """What happens next, in one sentence."""
    if agreement.status == S.RECOMMENDED:
        if needs_assurance_now(agreement, value_pence):
            return "A senior officer gives assurance: the grant is large or risky."
        return "An officer within their limit approves it."
    sentences = {
        S.DRAFT: "A grants officer checks the draft and recommends it.",
        S.ASSURED: "An officer within their limit approves it.",
        S.FIRST_APPROVED: "A second officer, of another team, approves it.",
        S.APPROVED: "A grants officer sends the offer.",
        S.OFFERED: f"The organisation accepts by {plain_day(agreement.offer_lapses_on)}, or the offer lapses.",
        S.ACTIVE: "Payments follow the schedule; each year brings a report and a review.",
        S.COMPLETED: "Nothing more: everything is paid and reported.",
        S.LAPSED: "The money is back with the place. The panel can decide again.",
        S.DISCONTINUED: "What was promised is still paid; the rest is back with the place.",
    }
    return sentences[AgreementStatus(agreement.status)]


def steps_for(agreement: Agreement, user: User, value_pence: int) -> list[Step]:
    """What this officer may do now; a person who took a step of this attempt takes no other."""
    steps = _approval_steps(agreement, user, value_pence)
    may_recommend = Permission.RECOMMEND_AGREEMENT in user.permissions
    if agreement.status == S.DRAFT and may_recommend:
        steps.append(
            Step("Choose how it is paid", reverse("grants:agreement-terms", args=[agreement.reference]), is_main=False)
        )
    if agreement.status == S.APPROVED and may_recommend:
        steps.append(Step("Send the offer", reverse("grants:agreement-offer", args=[agreement.reference])))
    proposed = [one for one in agreement.variations.all() if one.status == Variation.Status.PROPOSED]
    for variation in proposed:
        address = reverse("grants:variation-detail", args=[agreement.reference, variation.attempt])
        steps.append(Step("See the proposed variation", address))
    if agreement.status == S.ACTIVE and may_recommend and not proposed:
        steps.append(Step("Vary", reverse("grants:variation-propose", args=[agreement.reference]), is_main=False))
    is_paid = any(one.status == TrancheStatus.PAID for one in agreement.tranches.all())
    if is_paid and Permission.REVIEW_AGREEMENT in user.permissions:
        address = reverse("grants:clawback-propose", args=[agreement.reference])
        steps.append(Step("Ask money back", address, is_main=False))
    if agreement.status in {S.OFFERED, S.ACTIVE} and Permission.HOLD_PAYMENT in user.permissions:
        steps.append(Step("Hold payments", reverse("grants:agreement-hold", args=[agreement.reference]), is_main=False))
    return steps


def _approval_steps(agreement: Agreement, user: User, value_pence: int) -> list[Step]:
    if any(done.by_id == user.pk and done.attempt == agreement.attempt for done in agreement.approvals.all()):
        return []
    assured = needs_assurance_now(agreement, value_pence)
    approve = (Permission.APPROVE_AGREEMENT, "grants:agreement-approve", "Approve")
    due = {
        S.DRAFT: (Permission.RECOMMEND_AGREEMENT, "grants:agreement-recommend", "Recommend"),
        S.RECOMMENDED: (
            (Permission.ASSURE_AGREEMENT, "grants:agreement-assure", "Give assurance") if assured else approve
        ),
        S.ASSURED: approve,
        S.FIRST_APPROVED: approve,
    }.get(AgreementStatus(agreement.status))
    if due is None or due[0] not in user.permissions:
        return []
    back = Step("Send back", reverse("grants:agreement-send-back", args=[agreement.reference]), is_main=False)
    return [Step(due[2], reverse(due[1], args=[agreement.reference])), back]


def _summary(agreement: Agreement) -> list[Row]:
    place = agreement.allocation.neighbourhood
    rows: list[Row] = [
        ("Place", _link("neighbourhoods:place-detail", place.code, place)),
        ("Organisation that looks after the money", _link("grants:body-detail", agreement.body_id, agreement.body)),
        ("The panel's decision", _link("panels:decision-detail", agreement.resolution_id, agreement.resolution.title)),
        ("Programme", agreement.allocation.programme),
        ("Term", f"{agreement.term_years} years from acceptance"),
        *terms_rows(agreement),
        ("Risk", "Not judged yet" if agreement.status == S.DRAFT else agreement.get_risk_display()),
    ]
    if agreement.starts_on:
        rows.append(("Runs", term_in_words(agreement)))
    return rows


def _link(name: str, key: object, words: object) -> str:
    return format_html('<a class="govuk-link" href="{}">{}</a>', reverse(name, args=[key]), words)


def terms_rows(agreement: Agreement) -> list[Row]:
    """How the money is paid, in words."""
    spread = agreement.get_profile_display()
    if agreement.custom_weights:
        spread = f"{spread}: {', '.join(str(weight) for weight in agreement.custom_weights)}"
    return [
        ("Paid", agreement.get_cadence_months_display()),
        ("Spread", spread),
        ("Rises with prices", indexation_in_words(agreement)),
    ]


def indexation_in_words(agreement: Agreement) -> str:
    """Whether and how payments rise."""
    rate = per_cent(agreement.index_basis_points)
    return {
        Indexation.NONE: "Not at all",
        Indexation.FIXED: f"By {rate} each year",
        Indexation.CPIH: f"With consumer prices (CPIH), by {rate} a year at most",
    }[Indexation(agreement.indexation)]


def _figures(agreement: Agreement, value_pence: int) -> list[Row]:
    rows: list[Row] = [
        ("Grant for the place", pence(agreement.amount_pence)),
        ("Contribution to the organisation's costs, on top", pence(agreement.contribution_pence)),
        ("Kept in case prices rise, at most", pence(agreement.uplift_cap_pence)),
        ("Whole-life value that decides who approves", pence(value_pence)),
        ("Set aside for the place", pence(agreement.allocation.kept_pence)),
        ("Left with the place after this agreement", pence(agreement.allocation.kept_pence - agreement.amount_pence)),
    ]
    given: dict[str, list[int]] = {}
    for part in agreement.funding.all():  # one row a source, and one more for each variation
        totals = given.setdefault(part.source.name, [0, 0])
        totals[0] += part.amount_pence
        totals[1] += part.contribution_pence
    return rows + [
        (f"From: {name}", f"{pence(place)}, and {pence(body)} on top") for name, (place, body) in given.items()
    ]


def _timeline(agreement: Agreement) -> list[Moment]:
    moments = [Moment(agreement.drafted_at, "Drafted", "From the panel's decision")]
    moments += [_decided(approval) for approval in agreement.approvals.all()]
    if agreement.offered_at:
        moments.append(Moment(agreement.offered_at, "Offered", f"Open until {plain_day(agreement.offer_lapses_on)}"))
    if agreement.accepted_at:
        moments.append(Moment(agreement.accepted_at, "Accepted", f"By {agreement.accepted_by} for the organisation"))
    for report in agreement.reports.all():
        if report.accepted_at:
            moments.append(
                Moment(report.accepted_at, f"Report of year {report.year} accepted", f"{report.accepted_by}")
            )
    moments += [_raised(uplift) for uplift in agreement.uplifts.all()]
    moments += [
        Moment(one.decided_at, f"Variation: {one.get_status_display().lower()}", one.refusal or one.reason)
        for one in agreement.variations.all()
        if one.decided_at
    ]
    moments += [
        _divided(tranche, one, one.decided_at)
        for tranche in agreement.tranches.all()
        for one in tranche.unspent_decisions.all()
        if one.status == Opinion.CONFIRMED and one.decided_at
    ]
    for review in agreement.reviews.all():
        if review.confirmed_at:
            detail = f"{review.get_outcome_display()}: {review.proposed_by} and {review.confirmed_by}"
            moments.append(Moment(review.confirmed_at, f"Review of year {review.year}", detail))
    return sorted(moments, key=lambda moment: moment.at)


def _decided(approval: Approval) -> Moment:
    refused = approval.outcome == Approval.Outcome.REFUSED
    title = "Sent back" if refused else approval.get_step_display()
    who = f"{approval.by}, {RANK_LABELS[Rank(approval.rank)].lower()}, team {approval.team}"
    parts = [who, approval.minute_reference and f"for the Board, minute {approval.minute_reference}", approval.reason]
    return Moment(approval.decided_at, title, "; ".join(part for part in parts if part))


def _raised(uplift: Uplift) -> Moment:
    """An anniversary: which figure counted, and what it moved."""
    factor = uplift.exact_factor
    detail = f"{pence(uplift.used_pence)} added, {pence(uplift.unused_pence)} no longer kept. "
    rate: dict[str, Any] = uplift.rates[-1] if uplift.rates else {}
    if uplift.entry > 1:
        missing = [one for one in uplift.rates if not one.get("rate")]
        said = _missing(missing[0]) if missing else f"Every figure is known now; factor {float(factor):.6f}."
        return Moment(uplift.made_at, f"Late figure of prices, year {uplift.year}", f"{detail}{said}")
    if not rate.get("rate"):
        return Moment(uplift.made_at, f"Prices after year {uplift.year}", f"{detail}{_missing(rate)}".strip())
    percent = Fraction(rate["rate"]) * 100
    said = f"Rate {float(percent):.2f}%"
    if "month" in rate:
        released_on = date.fromisoformat(rate["figures"][0]["released_on"])
        said += f" for {_month(rate['month'])}, as first published on {plain_day(released_on)}"
    return Moment(
        uplift.made_at,
        f"Raised with prices after year {uplift.year}",
        f"{detail}{said}; factor {float(factor):.6f}.",
    )


def _divided(tranche: Tranche, decision: UnspentDecision, at: datetime) -> Moment:
    """What two people decided while money from before was not spent."""
    detail = f"{pence(decision.pay_pence)} of {pence(decision.scheduled_pence)} of grant goes"
    if decision.later_on:
        detail += f", {pence(decision.later_pence)} is due on {plain_day(decision.later_on)}"
    people = f"{decision.proposed_by} and {decision.decided_by}"
    return Moment(at, f"Payment {tranche.number} beside unspent money", f"{detail}: {people}")


def _missing(rate: dict[str, Any]) -> str:
    if not rate:
        return ""
    if rate.get("too_late"):
        return f"The figure for {_month(rate['month'])} came too late: everything is paid."
    return f"The figure for {_month(rate['month'])} is not known yet; it is made good as soon as it is loaded."


def _month(day: str) -> str:
    return f"{date.fromisoformat(day):%B %Y}"


def payment_rows(agreement: Agreement) -> list[PaymentRow]:
    """The schedule, with money in words."""
    held_all = any(hold.lifted_at is None and hold.tranche_id is None for hold in agreement.holds.all())
    held = {hold.tranche_id for hold in agreement.holds.all() if hold.lifted_at is None}
    return [_payment(tranche, is_held=held_all or tranche.pk in held) for tranche in agreement.tranches.all()]


def _payment(tranche: Tranche, *, is_held: bool) -> PaymentRow:
    status = TrancheStatus(tranche.status)
    waiting = status in {TrancheStatus.COMMITTED, TrancheStatus.PAYABLE}
    return PaymentRow(
        number=tranche.number,
        due_on=tranche.due_on,
        place=pence(tranche.amount_pence),
        uplift=pence(tranche.uplift_pence),
        body=pence(tranche.contribution_pence),
        total=pence(tranche.total_pence),
        status="Held" if is_held and waiting else TRANCHE_WORDS[status],
        colour="red" if is_held and waiting else TRANCHE_COLOURS[status],
        is_held=is_held and waiting,
    )
