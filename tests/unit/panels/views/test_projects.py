"""The page of a funded project, its milestones, and following it."""

import pytest
from django.test import Client

from panels.models import ProjectMilestone
from panels.services.projects import plan_milestone
from tests.unit.panels.builders import person
from tests.unit.panels.services.test_projects import DAY_ONE, funded
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_the_panel_tells_and_everybody_reads(world, result, django_assert_max_num_queries):
    project = funded(world, result)
    page = f"/projects/{project.pk}/"
    chair = signed_in(world.chair)
    assert "There is no news yet." in text_of(Client().get(page))
    news = {"state": "under_way", "owner": "Place Trust", "spent_pence": "100", "note": "Roof first."}
    assert chair.post(f"{page}report/", news)["Location"] == page
    roof = {"title": "New roof", "due_on_day": "3", "due_on_month": "5", "due_on_year": "2031"}
    missing = chair.post(f"{page}milestones/", roof | {"due_on_month": "15"})
    assert missing.status_code == 400
    assert "must be a real date" in text_of(missing)
    assert "New roof" in text_of(chair.post(f"{page}milestones/", roof, follow=True))
    milestone = ProjectMilestone.objects.get()
    assert "Done" in text_of(chair.post(f"{page}milestones/{milestone.pk}/done/", follow=True))
    again = chair.post(f"{page}milestones/", roof)
    assert "This is done already." in text_of(again)
    with django_assert_max_num_queries(9):
        read = text_of(Client().get(page))
    for words in ("Under way", "Place Trust", "Roof first.", "£100, as the panel said on", "New roof", "done on"):
        assert words in read
    assert page in text_of(Client().get(f"/rounds/{project.round_id}/"))
    assert page in text_of(Client().get(f"/ideas/{project.proposal_id}/"))


def test_anyone_with_an_account_follows_and_stops(world, result):
    project = funded(world, result)
    follow = f"/projects/{project.pk}/follow/"
    fan = signed_in(person())
    assert "You follow" not in text_of(fan.get("/home/"))
    assert "Stop writing to me" in text_of(fan.post(follow, follow=True))
    home = text_of(fan.get("/home/"))
    assert f"You follow: {project.title}" in home
    assert "Not started, told on" in home
    assert "Follow this project" in text_of(fan.post(follow, {"stop": "yes"}, follow=True))
    assert "/account/login/" in Client().post(follow)["Location"]


def test_pages_of_projects_are_refused_where_there_is_nothing_to_tell(world, result):
    project = funded(world, result)
    lost = project.round.projects.get(code="1")
    milestone = plan_milestone(by=world.chair, project=project, title="New roof", due_on=DAY_ONE)
    assert Client().get(f"/projects/{lost.pk}/").status_code == 404
    assert signed_in(person()).get(f"/projects/{project.pk}/milestones/").status_code == 403
    other = signed_in(world.chair)
    assert other.post(f"/projects/{project.pk}/milestones/{milestone.pk + 1}/done/").status_code == 404
