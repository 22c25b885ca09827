"""What may become of a source's money: suppositions in the address, a fan, its table, and scenarios that are kept."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core import charts, fans
from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.errors import DomainError
from cwf_portal.core.exports import csv_response
from cwf_portal.core.permissions import Permission
from grants.domain.forecast import Forecast
from grants.forms.scenarios import ScenarioForm, ScenarioNameForm
from grants.presenters.scenarios import CSV_HEADER, ScenarioResult, csv_rows, points, scenario_result
from grants.selectors.days import today
from grants.selectors.scenarios import market_assumptions, saved_scenarios, scenario_defaults
from grants.services.scenarios import run_again, save_scenario, try_scenario


@requires(Permission.VIEW_ENDOWMENT)
@require_safe
def scenario_page(request: SignedInRequest) -> HttpResponse:
    """Suppositions and, where they were sent, what they lead to."""
    form = ScenarioForm(request.GET) if request.GET else ScenarioForm(initial=scenario_defaults(today()))
    found = _forecast(form) if form.is_bound else None
    context = {
        "form": form,
        "query": request.GET.urlencode(),
        "source": form.chosen_source() if found else None,
        "result": _result(form, found) if found else None,
        "assumptions": market_assumptions(),
        "saved": saved_scenarios()[:50],
        "name_form": ScenarioNameForm() if Permission.SAVE_SCENARIO in request.user.permissions else None,
    }
    return render(request, "grants/scenarios.html", context, status=400 if form.errors else 200)


@requires(Permission.VIEW_ENDOWMENT)
@require_safe
def scenario_csv(request: SignedInRequest) -> HttpResponse:
    """The table of a scenario as a file, in pence."""
    found = _forecast(ScenarioForm(request.GET))
    if found is None:
        return _not_run()
    return csv_response("scenario", CSV_HEADER, csv_rows(found, today().year), sample=settings.DEMO)


@requires(Permission.VIEW_ENDOWMENT)
@require_safe
def scenario_svg(request: SignedInRequest, money: str) -> HttpResponse:
    """The fan of a scenario as a picture, in the money of each year or of today."""
    found = _forecast(ScenarioForm(request.GET))
    if found is None:
        return _not_run()
    bands = found.real if money == "real" else found.nominal
    title = "Value in the money of today" if money == "real" else "Value in the money of each year"
    chart = fans.fan(points(bands, today().year), unit="pence")
    context = {"chart": chart, "title": title, "id": charts.id_of(title)}
    return HttpResponse(
        render_to_string("components/svg_fan_picture.html", context), content_type="image/svg+xml; charset=utf-8"
    )


@requires(Permission.SAVE_SCENARIO)
@require_POST
def scenario_save(request: SignedInRequest) -> HttpResponse:
    """Keep what the address supposes under a name."""
    form, name = ScenarioForm(request.GET), ScenarioNameForm(request.POST)
    back = f"{reverse('grants:scenarios')}?{request.GET.urlencode()}"
    if not form.is_valid() or not name.is_valid():
        messages.error(request, "A scenario that is kept needs a name of at most 80 characters.")
        return redirect(back)
    scenario = save_scenario(
        by=request.user,
        name=name.cleaned_data["name"],
        source=form.chosen_source(),
        suppositions=form.suppositions(),
        seed=form.cleaned_data["seed"],
    )
    messages.success(request, "Kept. Anyone who sees the fund can run it again.")
    return redirect("grants:scenario-detail", pk=scenario.pk)


@requires(Permission.VIEW_ENDOWMENT)
@require_safe
def scenario_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """A scenario that was kept, run again from what was stored with it."""
    scenario = get_object_or_404(saved_scenarios(), pk=pk)
    suppositions, found, is_same = run_again(scenario)
    result = scenario_result(found, suppositions, int(scenario.basis["as_of"][:4]))
    context = {"scenario": scenario, "result": result, "is_same": is_same}
    return render(request, "grants/scenario_detail.html", context)


def _forecast(form: ScenarioForm) -> Forecast | None:
    """Run what the form supposes; a refusal stands in the form."""
    if not form.is_valid():
        return None
    try:
        _, found = try_scenario(
            source=form.chosen_source(), suppositions=form.suppositions(), seed=form.cleaned_data["seed"]
        )
    except DomainError as error:
        form.add_error(None, str(error))
        return None
    return found


def _result(form: ScenarioForm, found: Forecast) -> ScenarioResult:
    return scenario_result(found, form.suppositions(), today().year)


def _not_run() -> HttpResponse:
    return HttpResponseBadRequest("These suppositions cannot be run: open the page of the scenario to mend them.")
