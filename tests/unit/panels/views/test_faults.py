"""A defect of ours on the way of a ballot: the log finds it, and never says what the voter chose."""

import logging

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from panels.models import SealedBallot
from tests.unit.panels.builders import person
from tests.unit.panels.views.test_voting import address, signed_in, text_of

pytestmark = pytest.mark.django_db
CANARY = "Canary Hall"


def as_logged(record: logging.LogRecord) -> str:
    """As the portal's own handler writes it."""
    chosen = settings.LOGGING["formatters"]["plain"]
    text: str = import_string(chosen["()"])(chosen["format"]).format(record)
    return text


@pytest.mark.parametrize(
    ("step", "broken"),
    [
        ("cast/", "panels.views.voting.BallotForm"),
        ("check/", "panels.views.voting.read_back"),
        ("ballot/", "panels.views.voting.with_form"),
        ("first/", "panels.views.first.with_form"),
        ("first/who/", "panels.views.first.with_form"),
    ],
)
def test_a_fault_on_the_way_of_a_ballot_tells_its_code_and_no_choice(world, round, monkeypatch, caplog, step, broken):
    def fails(*_, **__):
        raise KeyError(CANARY)

    monkeypatch.setattr(broken, fails)
    voter = signed_in(world.residents[0])
    if "first" in step:
        voter.logout()
    voter.raise_request_exception = False
    chosen = [] if step == "first/who/" else ["1"]
    response = voter.post(address(round, step), {"project": chosen, "seen": "0"})
    logged = as_logged(next(record for record in caplog.records if record.name == "django.request"))

    assert response.status_code == 500
    assert CANARY not in logged
    assert "KeyError" in logged
    assert "in fails" in logged
    assert logged.splitlines()[-1].removeprefix("Fault ") in text_of(response)
    assert not SealedBallot.objects.exists()


@pytest.mark.parametrize(
    ("page", "broken"),
    [
        ("/living-here/", "panels.views.living.say_where"),
        ("/living-here/letter/", "panels.views.showing.LetterForm"),
        ("/living-here/code/", "panels.views.showing.RouteCodeForm"),
        ("/rounds/{round}/my-key/make/", "panels.views.keeping.make_key"),
        ("/rounds/{round}/open-box/", "panels.views.keeping.get_object_or_404"),
    ],
)
def test_a_fault_tells_no_address_no_code_and_no_key(world, shaped, monkeypatch, caplog, page, broken):
    def fails(*_, **__):
        raise ValueError(CANARY)

    monkeypatch.setattr(broken, fails)
    sender = signed_in(world.keepers[0] if "rounds" in page else person())
    sender.raise_request_exception = False
    response = sender.post(page.format(round=shaped.pk), {"address": CANARY})
    logged = as_logged(next(record for record in caplog.records if record.name == "django.request"))

    assert response.status_code == 500
    assert (CANARY in logged, "ValueError" in logged) == (False, True)
