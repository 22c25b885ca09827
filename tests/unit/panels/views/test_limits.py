"""Forms that one person can send only so often within the hour."""

import uuid

import pytest

from panels.models import IdeaReport, ModerationCase, Proposal
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
OFTEN = "You have sent this form many times. Try again in an hour."


def test_whoever_puts_very_many_ideas_forward_waits(world, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"idea": "1/h/key"}
    address, author = f"/rounds/{world.round_for_ideas().pk}/ideas/new/", signed_in(world.residents[0])
    for number in range(2):
        idea = {"title": f"Hub {number}", "what": "For all.", "kind": "meet", "submission": str(uuid.uuid4())}
        page = author.post(address, idea)
    assert OFTEN in text_of(page)
    assert Proposal.objects.count() == 1


def test_whoever_reports_very_much_waits(world, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"report": "1/h/key"}
    round, somebody = world.round_for_ideas(), signed_in(world.residents[1])
    for title in ("Hub", "Hall"):
        page = somebody.post(f"/ideas/{world.idea(round, title).pk}/report/", {"why": "rude", "note": ""})
    assert OFTEN in text_of(page)
    assert (IdeaReport.objects.count(), ModerationCase.objects.count()) == (1, 1)
