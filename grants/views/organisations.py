"""An officer registers the organisations that look after money, their people, and the checks on them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.errors import DomainError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.forms import GovForm
from cwf_portal.core.permissions import Permission, has_permission
from grants import services
from grants.forms import BodyForm, ChecksForm, ContactForm
from grants.models import BodyContact
from grants.presenters.bodies import body_page, body_rows
from grants.selectors.bodies import bodies, contacts_of
from grants.selectors.days import today
from grants.views.steps import StepPage, posted, take_step
from panels.services import register_organisation


@requires(Permission.VIEW_CASES)
@require_safe
def body_list(request: SignedInRequest) -> HttpResponse:
    """Every organisation: how long its checks hold, who acts for it, whether it can be paid."""
    context = {"rows": body_rows(bodies(), today()), "can_register": _may_change(request)}
    return render(request, "grants/body_list.html", context)


@requires(Permission.REVIEW_AGREEMENT)
def body_new(request: SignedInRequest) -> HttpResponse:
    """Register an organisation after the checks on it."""
    form = BodyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        facts = form.body()
        try:
            organisation = register_organisation(
                by=request.user, name=facts.pop("name"), registration=facts.pop("registration")
            )
            body = services.register_body(by=request.user, organisation=organisation, **facts)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{body} is registered. Now name its people.")
            return redirect("grants:body-detail", pk=body.pk)
    return render(request, "grants/body_new.html", {"form": form}, status=400 if form.errors else 200)


@requires(Permission.VIEW_CASES)
@require_safe
def body_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One organisation: its checks, its people, its bank details."""
    body = get_object_or_404(bodies(), pk=pk)
    context = {"body": body, "page": body_page(body, today()), "can_change": _may_change(request)}
    return render(request, "grants/body_detail.html", context)


@requires(Permission.REVIEW_AGREEMENT)
def checks_renew(request: SignedInRequest, pk: int) -> HttpResponse:
    """Note that the checks were done again."""
    body = get_object_or_404(bodies(), pk=pk)
    form = ChecksForm(posted(request))
    page = StepPage(
        title="Renew the checks",
        button="Renew",
        back=reverse("grants:body-detail", args=[pk]),
        done="Noted. Payments that waited for this go on.",
        rows=[("Organisation", body), ("The checks hold until", day_text(body.due_diligence_expires_on))],
    )

    def act() -> None:
        services.renew_checks(by=request.user, body=body, **form.cleaned_data)

    return take_step(request, form, page, act=act)


@requires(Permission.REVIEW_AGREEMENT)
def contact_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """Name somebody who signs or keeps the accounts."""
    body = get_object_or_404(bodies(), pk=pk)
    form = ContactForm(posted(request))
    page = StepPage(
        title="Name somebody who acts for it",
        button="Name them",
        back=reverse("grants:body-detail", args=[pk]),
        done="Named. An administrator gives them the role, and then they can sign in and act.",
        intro="Two people who are not related: one signs, another keeps the accounts.",
        rows=[("Organisation", body)],
    )

    def act() -> None:
        role = BodyContact.Role(form.cleaned_data["role"])
        services.add_contact(by=request.user, body=body, user=form.cleaned_data["user"], role=role)

    return take_step(request, form, page, act=act)


@requires(Permission.REVIEW_AGREEMENT)
def contact_end(request: SignedInRequest, pk: int, contact: int) -> HttpResponse:
    """Somebody no longer acts for the organisation: asked once more, for they lose their access at once."""
    body = get_object_or_404(bodies(), pk=pk)
    leaving = get_object_or_404(contacts_of(body), pk=contact)
    role = leaving.get_role_display().lower()
    page = StepPage(
        title=f"{leaving.user} no longer acts for it?",
        button="They no longer act for it",
        button_kind="warning",
        back=reverse("grants:body-detail", args=[pk]),
        done=f"{leaving.user} no longer acts for {body}.",
        intro=f"They can do nothing for it from now on. Name another {role} soon: an organisation needs one.",
        rows=[("Organisation", body), ("Acts as", role), ("Since", day_text(leaving.from_on))],
    )

    def act() -> None:
        services.end_contact(by=request.user, contact=leaving)

    return take_step(request, GovForm(posted(request)), page, act=act)


def _may_change(request: SignedInRequest) -> bool:
    return has_permission(request.user, Permission.REVIEW_AGREEMENT)
