"""The short form of `make attack`: the same spider on a fund without a history, and what it must find."""

import pytest
from csp.decorators import csp_exempt
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import include, path
from django.views.decorators.clickjacking import xframe_options_exempt

from cwf_portal.core.access import public, same_for_everybody
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from tests.attack.spider import TRIES, Spider
from tests.unit.grants.conftest import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
WALKERS = (None, Role.RESIDENT, Role.HEAD_OF_GRANTS, Role.FINANCE_DIRECTOR, Role.AUDITOR, Role.ADMINISTRATOR)


def writes(request):
    OutgoingMessage.objects.create(to="a@example.org", subject="a", body="a", topic="a")
    return HttpResponse("<form method=post action=/bad/breaks/><input name=a></form><a href=/bad/nowhere/>")


def breaks(request):
    raise RuntimeError("as a mistake of ours would")


def leads_away(request):
    return HttpResponseRedirect("https://evil.example/")


@same_for_everybody
@public
@csp_exempt()
@xframe_options_exempt
def keeps(request):
    answer = HttpResponse(headers={"Cache-Control": "public, max-age=60"})
    answer.set_cookie("who", "me")
    return answer


bad = [
    path("writes/", writes), path("breaks/", breaks), path("leads-away/", leads_away), path("keeps/", keeps),
]  # fmt: skip
urlpatterns = [path("bad/", include(bad)), path("", include("cwf_portal.urls"))]


def spider(role: Role | None) -> Spider:
    user = make_person(f"walks-{role}", role) if role else None
    return Spider(role or "nobody", user, TRIES)


@pytest.mark.parametrize("role", WALKERS)
def test_whoever_follows_every_link_and_sends_every_form_finds_nothing(role):
    walker = spider(role)
    walker.walk("/", "/home/")
    walker.send()
    assert walker.findings == []
    assert len(walker.opened) > 10


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("/bad/writes/", "a GET wrote to core_outgoingmessage"),
        ("/bad/writes/", "leads nowhere"),
        ("/bad/breaks/", "answered 500"),
        ("/bad/leads-away/", "leads to https://evil.example/"),
        ("/bad/keeps/", "sets who on a page that caches keep"),
        ("/bad/keeps/", "its policy is"),
        ("/bad/keeps/", "X-Frame-Options is"),
    ],
)
def test_what_is_wrong_is_found(address, what):
    walker = spider(Role.RESIDENT)
    walker.walk(address)
    assert [finding for finding in walker.findings if finding.what.startswith(what)]
