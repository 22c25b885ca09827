"""What the fund has invested, and what finance asks of the bank: proposed by one, confirmed by another."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.forms import GovForm
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import day, moment, pence
from grants import services
from grants.domain.investments import AssetClass
from grants.forms import ConfirmStepForm
from grants.forms.investments import (
    HoldingForm,
    InterestForm,
    PurchaseForm,
    RunningCostForm,
    SaleForm,
    ValuationForm,
)
from grants.models import FundOrder, Holding
from grants.presenters.investments import holding_groups, order_rows
from grants.selectors.investments import (
    holding_standings,
    orders,
    orders_awaited,
    orders_to_confirm,
    valuations_to_confirm,
)
from grants.views.steps import StepPage, posted, take_step

WAITS = "Proposed. A colleague in finance confirms it."
BY_LINE = "Nothing moves before a colleague has confirmed it and the bank's line of this reference has come."


@requires(Permission.VIEW_ENDOWMENT)
@require_safe
def investments(request: SignedInRequest) -> HttpResponse:
    """Holdings by source, and what waits for a second person or for the bank."""
    context = {
        "at": core_now(),
        "groups": holding_groups(holding_standings()),
        "valuations": valuations_to_confirm(),
        "proposed": orders_to_confirm(),
        "awaited": orders_awaited(),
        "settled": orders().filter(settled_on__isnull=False).order_by("-settled_on", "-pk")[:50],
        "may_manage": Permission.MANAGE_INVESTMENTS in request.user.permissions,
    }
    return render(request, "grants/investments.html", context)


@requires(Permission.MANAGE_INVESTMENTS)
def holding_new(request: SignedInRequest) -> HttpResponse:
    """Name something to invest in."""
    form = HoldingForm(posted(request))

    def act() -> None:
        services.open_holding(
            by=request.user,
            source=form.chosen_source(),
            programme=form.chosen_programme(),
            asset_class=AssetClass(form.cleaned_data["asset_class"]),
            name=form.cleaned_data["name"],
        )

    intro = "Gains and losses of a sale are divided among the purposes as waves of the programme are."
    return _step(request, form, title="Name a holding", done="Named. Money can be invested in it.", intro=intro)(act)


@requires(Permission.MANAGE_INVESTMENTS)
def valuation_propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what a statement says a holding is worth."""
    holding = get_object_or_404(Holding.objects.select_related("source"), pk=pk)
    form = ValuationForm(posted(request))

    def act() -> None:
        services.propose_valuation(by=request.user, holding=holding, **form.cleaned_data)

    intro = f"{holding}, {holding.source}. Valuations never go back: each is of a later day than the last."
    return _step(request, form, title="Value a holding", intro=intro)(act)


@requires(Permission.MANAGE_INVESTMENTS, fresh=True)
def valuation_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Post what another proposed."""
    valuation = get_object_or_404(valuations_to_confirm(), pk=pk)
    rows: list[tuple[str, object]] = [
        ("Holding", valuation.holding),
        ("Source", valuation.holding.source),
        ("In the books", pence(valuation.holding.entries.carried().value_pence)),
        ("By the statement", pence(valuation.value_pence)),
        ("Day", day(valuation.valued_on)),
        ("Statement", valuation.statement_reference),
        ("Proposed by", valuation.proposed_by),
    ]

    def act() -> None:
        services.confirm_valuation(by=request.user, valuation=valuation)

    intro = (
        "A fall is posted however large. If it takes headroom below zero, nothing new is promised until it is mended."
    )
    return _step(request, ConfirmStepForm(posted(request)), title="Confirm this valuation", rows=rows, intro=intro)(act)


@requires(Permission.MANAGE_INVESTMENTS)
@require_POST
def valuation_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a proposed valuation back."""
    services.withdraw_valuation(by=request.user, valuation=get_object_or_404(valuations_to_confirm(), pk=pk))
    messages.success(request, "The valuation is withdrawn.")
    return redirect("grants:investments")


@requires(Permission.MANAGE_INVESTMENTS)
def purchase_propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Propose to invest cash."""
    holding = get_object_or_404(Holding.objects.select_related("source", "programme"), pk=pk)
    form = PurchaseForm(posted(request))

    def act() -> None:
        services.propose_purchase(by=request.user, holding=holding, terms=form.terms())

    return _step(request, form, title=f"Invest in {holding}", intro=BY_LINE)(act)


@requires(Permission.MANAGE_INVESTMENTS)
def sale_propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Propose to sell a part of a holding."""
    holding = get_object_or_404(Holding.objects.select_related("source", "programme"), pk=pk)
    form = SaleForm(posted(request))

    def act() -> None:
        services.propose_sale(
            by=request.user,
            holding=holding,
            part_basis_points=form.cleaned_data["part_pct"] * 100,
            terms=form.terms(),
        )

    return _step(request, form, title=f"Sell {holding}", intro=BY_LINE)(act)


@requires(Permission.MANAGE_INVESTMENTS)
def running_cost_propose(request: SignedInRequest) -> HttpResponse:
    """Propose to pay what running the fund costs."""
    form = RunningCostForm(posted(request))

    def act() -> None:
        services.propose_running_cost(
            by=request.user, source=form.chosen_source(), programme=form.chosen_programme(), terms=form.terms()
        )

    return _step(request, form, title="Pay a running cost", intro=BY_LINE)(act)


@requires(Permission.MANAGE_INVESTMENTS)
def interest_propose(request: SignedInRequest) -> HttpResponse:
    """Propose which lines of the bank are interest."""
    form = InterestForm(posted(request))

    def act() -> None:
        services.propose_interest(
            by=request.user, source=form.chosen_source(), programme=form.chosen_programme(), terms=form.terms()
        )

    intro = "Every credit of this reference becomes free money of the source, divided as waves of the programme are."
    return _step(request, form, title="Know interest by its reference", intro=intro)(act)


@requires(Permission.MANAGE_INVESTMENTS, fresh=True)
def order_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm what another proposed."""
    order = get_object_or_404(orders_to_confirm(), pk=pk)

    def act() -> None:
        services.confirm_order(by=request.user, order=order)

    return _step(
        request,
        ConfirmStepForm(posted(request)),
        title="Confirm this order",
        rows=[*order_rows(order), ("Proposed", moment(order.proposed_at))],
        done="Confirmed. The bank's line of this reference will post it.",
    )(act)


@requires(Permission.MANAGE_INVESTMENTS)
@require_POST
def order_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an order back, or end a rule about interest."""
    services.withdraw_order(by=request.user, order=get_object_or_404(FundOrder, pk=pk))
    messages.success(request, "The order is withdrawn.")
    return redirect("grants:investments")


def _step(
    request: SignedInRequest,
    form: GovForm,
    *,
    title: str,
    intro: str = "",
    done: str = WAITS,
    rows: list[tuple[str, object]] | None = None,
) -> Callable[[Callable[[], None]], HttpResponse]:
    """A step that leads back to the page of investments."""
    page = StepPage(
        title=title,
        button="Confirm" if rows else "Propose" if done == WAITS else "Save",
        back=reverse("grants:investments"),
        done=done if done != WAITS or not rows else "Posted.",
        intro=intro,
        rows=rows or [],
    )
    return lambda act: take_step(request, form, page, act=act)
