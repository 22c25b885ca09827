"""The pages on which ideas are commented on, reported, looked at, hidden and asked for again."""

import uuid

import pytest
from django.test import Client

from panels.models import IdeaComment, ModerationCase
from tests.unit.panels.builders import person
from tests.unit.panels.services.test_ideas_moderation import hidden, reported
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_an_idea_is_reported_hidden_asked_for_and_shown_again_on_pages(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    neighbour, author = signed_in(world.residents[1]), signed_in(idea.author)
    chair, officer = signed_in(world.chair), signed_in(world.officer)
    assert "Report this idea" in text_of(neighbour.get(f"/ideas/{idea.pk}/"))
    assert neighbour.post(f"/ideas/{idea.pk}/report/", {"note": "Rude."}).status_code == 400
    assert neighbour.post(f"/ideas/{idea.pk}/report/", {"why": "rude", "note": "Rude."})["Location"].endswith("/")
    case = ModerationCase.objects.get()
    assert "Look at 1 idea, comment or photo" in text_of(chair.get("/home/"))
    assert "Warm Halls" in text_of(chair.get("/ideas/checks/"))
    missing = chair.post(f"/ideas/checks/{case.pk}/", {"shows": "no"})
    assert "Enter the reason" in text_of(missing)
    assert "Nothing waits" in text_of(
        chair.post(f"/ideas/checks/{case.pk}/", {"shows": "no", "reason": "It names people."}, follow=True)
    )
    public = text_of(Client().get(f"/ideas/{idea.pk}/"))
    assert "It names people." in public
    assert "Warm Halls" not in public
    assert "Warm Halls" not in text_of(Client().get(f"/rounds/{idea.round_id}/ideas/"))
    assert "Ask for it to be shown again" in text_of(author.get(f"/ideas/{idea.pk}/"))
    asked = author.post(f"/ideas/checks/{case.pk}/appeal/", {"text": "It names nobody."}, follow=True)
    assert "Another person looks at it." in text_of(asked)
    own = chair.post(f"/ideas/checks/{case.pk}/", {"shows": "yes", "reason": "I was wrong."})
    assert "You hid this yourself" in text_of(own)
    assert "It names nobody." in text_of(officer.get(f"/ideas/checks/{case.pk}/"))
    officer.post(f"/ideas/checks/{case.pk}/", {"shows": "yes", "reason": "It names nobody."})
    assert "Shown again" in text_of(Client().get(f"/ideas/{idea.pk}/"))


def test_a_moderator_who_reports_goes_on_to_decide(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    response = signed_in(world.chair).post(f"/ideas/{idea.pk}/report/", {"why": "advert"})

    assert response["Location"] == f"/ideas/checks/{ModerationCase.objects.get().pk}/"


def test_whoever_wrote_it_lets_it_rest_on_their_page(world):
    case = hidden(world)
    author, page = signed_in(case.author), f"/ideas/checks/{case.pk}/"
    assert "Or let it rest" in text_of(author.get(page + "appeal/"))
    assert signed_in(world.residents[2]).post(page + "rest/").status_code == 404
    assert "You let it rest on" in text_of(author.post(page + "rest/", follow=True))
    assert "let it rest on" in text_of(signed_in(world.officer).get(page))


def test_what_is_hidden_is_for_its_author_and_moderators_only(world):
    case = hidden(world)
    idea = case.proposal
    stranger = signed_in(person())
    assert stranger.get(f"/ideas/checks/{case.pk}/").status_code == 403
    assert stranger.get(f"/ideas/checks/{case.pk}/appeal/").status_code == 404
    assert signed_in(world.residents[1]).get(f"/ideas/{idea.pk}/report/").status_code == 404
    for path in ("comment", "report"):
        assert stranger.get(f"/ideas/{idea.pk}/{path}/").status_code == 404
    assert "Warm Halls for everybody." in text_of(signed_in(world.officer).get(f"/ideas/{idea.pk}/"))
    assert "Warm Halls for everybody." not in text_of(stranger.get(f"/ideas/{idea.pk}/"))


def test_residents_comment_where_the_panel_switched_it_on(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    resident, chair = signed_in(world.residents[1]), signed_in(world.chair)
    assert "Add a comment" not in text_of(resident.get(f"/ideas/{idea.pk}/"))
    assert "not switched comments on" in text_of(resident.get(f"/ideas/{idea.pk}/comment/"))
    page = chair.post(f"/rounds/{idea.round_id}/comments/", {"comments": "on"}, follow=True)
    assert "Residents can comment on ideas now." in text_of(page)
    form = {"text": "<b>Good</b> idea.", "submission": str(uuid.uuid4())}
    assert "Enter your comment" in text_of(resident.post(f"/ideas/{idea.pk}/comment/", form | {"text": ""}))
    assert "out of date" in text_of(resident.post(f"/ideas/{idea.pk}/comment/", form | {"submission": "x"}))
    page = text_of(resident.post(f"/ideas/{idea.pk}/comment/", form, follow=True))
    assert "&lt;b&gt;Good&lt;/b&gt; idea." in page
    assert world.residents[1].full_name not in text_of(Client().get(f"/ideas/{idea.pk}/"))
    comment = IdeaComment.objects.get()
    report = f"/ideas/{idea.pk}/report/{comment.pk}/"
    assert "Good" in text_of(signed_in(world.residents[2]).get(report))
    assert resident.get(f"/ideas/{idea.pk}/report/{comment.pk + 1}/").status_code == 404
    assert signed_in(world.officer).post(f"/rounds/{idea.round_id}/comments/").status_code == 403


def test_cases_take_few_queries(world, django_assert_max_num_queries):
    round = world.round_for_ideas()
    for number in range(4):
        reported(world, world.idea(round, f"Idea {number}"))
    officer = signed_in(world.officer)
    with django_assert_max_num_queries(12):
        assert "Idea 3" in text_of(officer.get("/ideas/checks/"))
