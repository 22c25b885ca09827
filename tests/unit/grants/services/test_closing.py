"""Whoever acts for an organisation is counted on: their account is closed once somebody else does."""

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.closing import close_account, hindrances
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.held import held_about
from cwf_portal.core.models import User
from grants.services import end_contact
from tests.unit.core.test_closing import tables_with
from tests.unit.grants.conftest import People, Story
from tests.unit.grants.services.test_sides import act_for_the_body


def test_acting_for_an_organisation_is_told_and_holds_closing_up(story: Story, people: People) -> None:
    with acting("system:test", "made for a test"):
        user = User.objects.create_user("canary@example.org", full_name="Canary Treasurer")
    contact = act_for_the_body(user, story)
    name = story.agreement.body.organisation.name
    told = {held.title: rows for held, rows in held_about(user)}
    assert [row["Organisation"] for row in told["Organisations that you act for"]] == [name]
    with pytest.raises(ConflictError, match=f"You act for {name}. An officer of the fund names somebody else first."):
        close_account(by=user)
    end_contact(by=people.officer, contact=contact)
    assert hindrances(user) == []
    close_account(by=user)
    assert str(User.objects.get(pk=user.pk)) == "Closed account"
    assert tables_with("canary") == ["core_outgoingmessage"]
