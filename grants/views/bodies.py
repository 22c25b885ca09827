"""Pages of the organisations that look after the money, and the officer who confirms where they are paid."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import day, moment
from grants import services
from grants.forms import AcceptForm, BankDetailsConfirmForm, BankDetailsForm, ReasonForm, ReportForm
from grants.models import AgreementStatus, BankAccount, BodyContact
from grants.presenters.own import own_page
from grants.presenters.reviews import sent_row
from grants.selectors.agreements import (
    bank_details_to_confirm,
    bodies_of,
    details_before,
    own_agreements,
    own_report,
    tranches_of,
)
from grants.selectors.days import today
from grants.selectors.modulus import modulus_check, modulus_in_words
from grants.views.steps import StepPage, posted, take_step


@requires(Permission.VIEW_OWN_BODY)
@require_safe
def own_list(request: SignedInRequest) -> HttpResponse:
    """The agreements of the person's organisations."""
    context = {
        "agreements": own_agreements(request.user),
        "bodies": bodies_of(request.user, BodyContact.Role.TREASURER).prefetch_related("bank_accounts"),
    }
    return render(request, "grants/own_list.html", context)


@requires(Permission.VIEW_OWN_BODY)
@require_safe
def own_agreement(request: SignedInRequest, reference: str) -> HttpResponse:
    """One agreement: what it gives, when it pays, what is owed in return."""
    agreement = get_object_or_404(own_agreements(request.user), reference=reference)
    return render(request, "grants/own_agreement.html", {"own": own_page(agreement, request.user, today())})


@requires(Permission.ACCEPT_AGREEMENT)
def agreement_accept(request: SignedInRequest, reference: str) -> HttpResponse:
    """Accept the offer for the organisation."""
    offered = own_agreements(request.user).filter(status=AgreementStatus.OFFERED)
    agreement = get_object_or_404(offered, reference=reference)
    form = AcceptForm(posted(request))
    page = StepPage(
        title="Accept this agreement",
        button="Accept",
        back=reverse("grants:own-agreement", args=[reference]),
        done="Accepted. The first payment comes in about four weeks.",
        intro="The first payments become a legal promise; later years follow a yearly review.",
        rows=own_page(agreement, request.user, today()).summary,
    )

    def act() -> None:
        services.accept_offer(by=request.user, agreement=agreement)

    return take_step(request, form, page, act=act)


@requires(Permission.SUBMIT_REPORT)
def report_submit(request: SignedInRequest, reference: str, year: int) -> HttpResponse:
    """Send in the yearly report."""
    report = get_object_or_404(own_report(request.user, reference, year), accepted_at=None)
    form = ReportForm(posted(request), initial={"summary": report.summary})
    page = StepPage(
        title=f"Report of year {year}",
        button="Send the report",
        back=reverse("grants:own-agreement", args=[reference]),
        done="Sent. An officer will read it.",
        intro=report.sent_back_reason and f"The fund sent it back: {report.sent_back_reason}",
        rows=[
            ("Place", report.agreement.allocation.neighbourhood),
            ("Due", day(report.due_on)),
            sent_row(year, tranches_of(report.agreement)),
        ],
    )

    def act() -> None:
        services.submit_report(by=request.user, report=report, **form.cleaned_data)

    return take_step(request, form, page, act=act)


@requires(Permission.PROPOSE_BANK_DETAILS)
def bank_details_propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say where the organisation is to be paid."""
    body = get_object_or_404(bodies_of(request.user, BodyContact.Role.TREASURER), pk=pk)
    form = BankDetailsForm(posted(request))
    page = StepPage(
        title="Where should we pay?",
        button="Send the details",
        back=reverse("grants:own-list"),
        done="Sent. We will call you on the number we already hold.",
        intro="Payments wait until somebody here has called you back, and two working days more.",
        rows=[("Organisation", body), ("We pay now", details_before(body) or "Nowhere yet")],
    )

    def act() -> None:
        services.propose_bank_account(by=request.user, body=body, **form.cleaned_data)

    return take_step(request, form, page, act=act)


@requires(Permission.CONFIRM_BANK_DETAILS)
@require_safe
def bank_details_list(request: SignedInRequest) -> HttpResponse:
    """Bank details that wait for a call back."""
    return render(request, "grants/bank_details_list.html", {"accounts": bank_details_to_confirm()})


@requires(Permission.CONFIRM_BANK_DETAILS, fresh=True)
def bank_details_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm details after calling back."""
    account = get_object_or_404(bank_details_to_confirm(), pk=pk)
    form = BankDetailsConfirmForm(posted(request))
    page = StepPage(
        title="Confirm bank details",
        button="Confirm",
        back=reverse("grants:bank-details-list"),
        done="Confirmed. They are used after two working days.",
        intro="Call the organisation on a number we held before. Let them read the details to you.",
        rows=_account_rows(account),
    )

    def act() -> None:
        services.approve_bank_account(
            by=request.user,
            account=account,
            called_back_on_number=form.cleaned_data["called_back_on_number"],
            payee_check=BankAccount.PayeeCheck(form.cleaned_data["payee_check"]),
        )

    return take_step(request, form, page, act=act)


@requires(Permission.CONFIRM_BANK_DETAILS)
def bank_details_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Refuse details, with the reason."""
    account = get_object_or_404(bank_details_to_confirm(), pk=pk)
    form = ReasonForm(posted(request))
    page = StepPage(
        title="Refuse bank details",
        button="Refuse",
        back=reverse("grants:bank-details-list"),
        done="Refused. The old details are used again.",
        rows=_account_rows(account),
        button_kind="warning",
    )

    def act() -> None:
        services.refuse_bank_account(by=request.user, account=account, reason=form.cleaned_data["reason"])

    return take_step(request, form, page, act=act)


def _numbers(account: BankAccount) -> dict[str, str]:
    return {"sort_code": account.sort_code, "account_number": account.account_number}


def _account_rows(account: BankAccount) -> list[tuple[str, object]]:
    before = details_before(account.body)
    return [
        ("Organisation", account.body),
        ("Name on the account", _changed(account.account_name, before.account_name if before else None)),
        ("Sort code", _changed(_dashed(account), _dashed(before) if before else None)),
        ("Account number", _changed(account.account_number, before.account_number if before else None)),
        ("Number called last time", _called(before)),
        ("Modulus check", modulus_in_words(modulus_check(**_numbers(account)))),
        ("Proposed by", account.proposed_by),
        ("Proposed", moment(account.proposed_at)),
    ]


def _dashed(account: BankAccount) -> str:
    return "-".join((account.sort_code[:2], account.sort_code[2:4], account.sort_code[4:]))


def _changed(new: str, before: str | None) -> str:
    """A part of new details beside the same part of those in use, so that a second person sees what is different."""
    if before is None:
        return new
    return f"{new} (as before)" if new == before else f"{new} (until now {before})"


def _called(before: BankAccount | None) -> str:
    if before is None:
        return "None: these are its first details"
    day_of_call = f", {day_text(localdate(before.decided_at))}" if before.decided_at else ""
    return f"{before.called_back_on_number}, by {before.decided_by}{day_of_call}"
