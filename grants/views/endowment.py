"""The fund itself: what each source holds and has promised, waves, and the places that start together."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import moment, pence
from grants import services
from grants.forms import ConfirmStepForm, StartForm, WaveForm
from grants.presenters.endowment import source_cards
from grants.selectors.days import today
from grants.selectors.endowment import policies, start, starts, waves
from grants.selectors.ledger import source_standings
from grants.selectors.promises import outlooks
from grants.views.steps import StepPage, posted, take_step
from neighbourhoods.selectors import current_ranking


@requires(Permission.VIEW_ENDOWMENT)
@require_safe
def endowment(request: SignedInRequest) -> HttpResponse:
    """Held, promised and headroom by source; waves and starts."""
    at = core_now()
    standings = source_standings()
    context = {
        "at": at,
        "cards": source_cards(standings, outlooks(today(at), standings)),
        "policies": policies().proposed(),
        "waves": waves(),
        "starts": starts(),
        "may_manage": Permission.MANAGE_ENDOWMENT in request.user.permissions,
    }
    return render(request, "grants/endowment.html", context)


@requires(Permission.MANAGE_ENDOWMENT)
def wave_announce(request: SignedInRequest) -> HttpResponse:
    """Note that money was announced."""
    form = WaveForm(posted(request))
    page = StepPage(
        title="Announce a wave",
        button="Announce",
        back=reverse("grants:endowment"),
        done="Noted. It counts once the bank has credited it.",
        intro="Announced money is no money: nothing can be promised from it until the bank has credited it.",
    )

    def act() -> None:
        services.announce_wave(
            by=request.user,
            programme=form.chosen_programme(),
            source=form.chosen_source(),
            title=form.cleaned_data["title"],
            announced_pence=form.cleaned_data["announced_pence"],
            expected_on=form.cleaned_data["expected_on"],
            bank_reference=form.cleaned_data["bank_reference"],
        )

    return take_step(request, form, page, act=act)


@requires(Permission.MANAGE_ENDOWMENT)
def start_propose(request: SignedInRequest) -> HttpResponse:
    """Propose that the places of one start of the ranking in force get their money set aside."""
    form = StartForm(posted(request))
    page = StepPage(
        title="Propose a start",
        button="Propose",
        back=reverse("grants:endowment"),
        done="Proposed. The other director confirms it.",
        intro="Each place gets what the formula gives. Nothing is set aside until the other director agrees.",
    )

    def act() -> None:
        ranking = current_ranking()
        if ranking is None:
            raise ConflictError("No ranking is published.", mend="Publish one first.")
        services.propose_cohort(
            by=request.user,
            programme=form.chosen_programme(),
            ranking=ranking,
            number=form.cleaned_data["number"],
        )

    return take_step(request, form, page, act=act)


@requires(Permission.VIEW_ENDOWMENT)
@require_safe
def start_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One start: its places and what each gets."""
    cohort = get_object_or_404(start(pk))
    may_confirm = (
        cohort.allocated_at is None
        and cohort.proposed_by_id != request.user.pk
        and Permission.MANAGE_ENDOWMENT in request.user.permissions
    )
    return render(request, "grants/start_detail.html", {"start": cohort, "may_confirm": may_confirm})


@requires(Permission.MANAGE_ENDOWMENT, fresh=True)
def start_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Set the money of a start aside, whole or not at all."""
    cohort = get_object_or_404(start(pk))
    form = ConfirmStepForm(posted(request))
    page = StepPage(
        title="Set this money aside",
        button="Set aside",
        back=reverse("grants:start-detail", args=[pk]),
        done="The money is set aside for every place of this start.",
        rows=[
            ("Programme", cohort.programme),
            ("Start", cohort.number),
            ("Places", len(cohort.allocations.all())),
            ("Needed", pence(sum(allocation.amount_pence for allocation in cohort.allocations.all()))),
            ("Proposed by", cohort.proposed_by),
            ("Proposed", moment(cohort.proposed_at)),
        ],
    )

    def act() -> None:
        services.allocate_cohort(by=request.user, cohort=cohort)

    return take_step(request, form, page, act=act)


@requires(Permission.MANAGE_ENDOWMENT)
@require_POST
def start_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a proposed start back."""
    services.withdraw_proposal(by=request.user, cohort=get_object_or_404(start(pk)))
    messages.success(request, "The proposal is withdrawn.")
    return redirect("grants:endowment")
