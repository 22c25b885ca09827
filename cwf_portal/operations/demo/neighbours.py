"""What neighbours do in the demo besides voting: support, comments, a report, and milestones to follow."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from cwf_portal.operations.acts.places import Place
from neighbourhoods.services import follow_place
from panels.models import Project, Proposal, Round
from panels.services.ideas import support_idea
from panels.services.ideas_comments import comment_on_idea, switch_comments
from panels.services.ideas_moderation import Complaint, report_idea
from panels.services.projects import finish_milestone, follow_project, plan_milestone

COMMENT = "Could it be open on Sundays too? That is when I have time."
RUDE_COMMENT = "Ask the man at number 12, he broke the last one."
COMPLAINT = Complaint("private", "Everybody knows who lives at number 12.")


def take_part(place: Place, round: Round, ideas: Sequence[Proposal]) -> None:
    """Many support the first idea and few the second; one comment is reported and waits for the panel."""
    first, second = ideas[:2]
    for idea, people in ((first, place.voters[:14]), (second, place.voters[:4])):
        for neighbour in people:
            if neighbour != idea.author:
                support_idea(by=neighbour, proposal=idea)
    switch_comments(by=place.chair, round=round, is_on=True)
    asker, rude, reporter = place.voters[:3]
    comment_on_idea(by=asker, proposal=first, text=COMMENT, submission=uuid.uuid5(round.code, COMMENT))
    said = comment_on_idea(by=rude, proposal=second, text=RUDE_COMMENT, submission=uuid.uuid5(round.code, RUDE_COMMENT))
    report_idea(by=reporter, proposal=second, about=said, complaint=COMPLAINT)


def plan_parts(place: Place, projects: Iterable[Project], today: date) -> None:
    """The first project has reached all its parts, the others one of two; a neighbour follows each, and the place."""
    follow_place(by=place.voters[0], place=place.neighbourhood, is_weekly=True)
    for number, project in enumerate(projects):
        first = plan_milestone(by=place.chair, project=project, title="Three quotes", due_on=today - timedelta(days=60))
        finish_milestone(by=place.chair, milestone=first)
        due_on = today + timedelta(days=90)
        second = plan_milestone(by=place.chair, project=project, title="Open to everybody", due_on=due_on)
        if number == 0:
            finish_milestone(by=place.chair, milestone=second)
        follow_project(by=place.voters[0], project=project)
