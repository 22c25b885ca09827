"""What a constraint or a lock guards about ideas, raced with real threads and connections."""

from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.models import OutgoingMessage
from panels.models import (
    IdeaStep,
    IdeaSupport,
    IdeaWords,
    ModerationCase,
    Photo,
    ProjectDelivery,
    ProjectFollow,
    ProjectNews,
    Proposal,
    Round,
)
from panels.services import DeliveryReport, freeze_round, join_ideas, part_idea, report_on_project
from panels.services.idea_words import Wording, check_words, fingerprint_of, write_words
from panels.services.ideas import support_idea
from panels.services.ideas_moderation import Complaint, answer_appeal, appeal_case, decide_case, report_idea
from panels.services.photos import MOST_PHOTOS, add_photo_of_idea
from panels.services.projects import TOPIC, follow_project
from tests.unit.panels.builders import World
from tests.unit.panels.photo_files import shot
from tests.unit.panels.services.test_races import at_once


def test_support_at_once_is_one(committed_db):
    """Without the constraint several find none yet, and one person counts more than once."""
    world = World(residents=2)
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    done = at_once([partial(support_idea, by=world.residents[1], proposal=idea)] * 8)

    assert {type(one) for one in done} == {IdeaSupport}
    assert IdeaSupport.objects.filter(proposal=idea).count() == 1


def test_ideas_joined_with_each_other_at_once_leave_no_chain(committed_db):
    """Without the lock of the vote each is joined with another that does not stand any more."""
    world = World(residents=1)
    round = world.round_for_ideas()
    ideas = [world.idea(round, f"Warm Halls {number}") for number in range(4)]
    pairs = zip(ideas, [*ideas[1:], ideas[0]], strict=True)
    at_once([partial(join_ideas, by=world.chair, ideas=[one], into=into, reason="The same.") for one, into in pairs])

    assert Proposal.objects.filter(round=round, merged_into=None).exists()
    assert not Proposal.objects.filter(merged_into__state="merged").exists()


def test_an_idea_joined_twice_at_once_is_told_once(committed_db):
    world = World(residents=1)
    round = world.round_for_ideas()
    first, second = (world.idea(round, title) for title in ("Warm Halls", "Cosy Halls"))
    at_once([partial(join_ideas, by=world.chair, ideas=[second], into=first, reason="The same.")] * 6)

    assert IdeaStep.objects.filter(proposal=second, kind="joined").count() == 1


def test_words_written_and_checked_at_once_are_one_text_checked_once(committed_db):
    """Without the lock of the vote each writer finds none yet, and each of those who check tells the proposer."""
    world = World(residents=1)
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    wording = Wording("Ciepłe sale", "Dla wszystkich.")
    write = partial(write_words, proposal=idea, language="pl", wording=wording)
    written = at_once([partial(write, by=member) for member in world.members[:6]])
    assert {type(one) for one in written} == {IdeaWords}
    words = IdeaWords.objects.get()
    others = [member for member in world.members if member != words.written_by]
    at_once([partial(check_words, by=member, words=words, seen=fingerprint_of(words)) for member in others[:6]])

    assert IdeaStep.objects.filter(proposal=idea, kind="worded").count() == 1


def test_a_case_is_opened_decided_and_answered_once_however_many_hurry(committed_db):
    """Without the lock of the vote the second of two decisions overwrites the first."""
    world = World(residents=6)
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    at_once([partial(report_idea, by=one, proposal=idea, complaint=Complaint("rude")) for one in world.residents[1:]])
    case = ModerationCase.objects.get()
    assert case.reports.count() == 5
    decisions = [
        partial(decide_case, by=member, case=case, hides=True, reason=f"Reason {number}")
        for number, member in enumerate(world.members[:6])
    ]
    at_once(decisions)
    assert idea.steps.filter(kind="hidden").count() == 1
    appeal_case(by=idea.author, case=case, text="It is kind.")
    answers = [
        partial(answer_appeal, by=member, case=case, shows=number % 2 == 0, reason="It is kind.")
        for number, member in enumerate(world.members[:6])
    ]
    at_once(answers)
    assert idea.steps.filter(kind__in=("shown", "upheld")).count() == 1


@pytest.mark.parametrize("name", ["report", "decision"])
def test_a_report_and_a_decision_queue_at_the_vote_and_lock_no_key(committed_db, name):
    """Else one holds the idea and the other the case, and when they commit each waits for the key of the other's."""
    world = World(residents=1)
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    case = report_idea(by=world.chair, proposal=idea, complaint=Complaint("rude"))
    act = {
        "report": partial(report_idea, by=world.members[1], proposal=idea, complaint=Complaint("rude")),
        "decision": partial(decide_case, by=world.chair, case=case, hides=True, reason="It is rude."),
    }[name]
    other = connection.copy()
    try:
        with transaction.atomic(), other.cursor() as cursor:
            act()
            for statement, pk in (
                ("SELECT FROM panels_round WHERE id = %s FOR KEY SHARE NOWAIT", idea.round_id),
                ("SELECT FROM panels_proposal WHERE id = %s FOR KEY SHARE NOWAIT", idea.pk),
                ("SELECT FROM panels_moderationcase WHERE id = %s FOR KEY SHARE NOWAIT", case.pk),
            ):
                cursor.execute(statement, [pk])
            with pytest.raises(OperationalError, match="could not obtain lock"):
                cursor.execute("SELECT FROM panels_round WHERE id = %s FOR NO KEY UPDATE NOWAIT", [idea.round_id])
    finally:
        other.close()


def test_a_report_sent_many_times_at_once_is_told_once_to_each_follower(committed_db):
    """Without the lock of the delivery each finds the old state; without the constraint a follower is told twice."""
    world = World(residents=2)
    project = world.open_round().projects.get(code="1")
    with acting("system:test", "funded by hand"):
        ProjectDelivery.objects.create(project=project)
    at_once([partial(follow_project, by=world.residents[1], project=project)] * 6)
    assert ProjectFollow.objects.count() == 1
    report = DeliveryReport("under_way", "Place Trust", "Roof first.", 100_00)
    at_once([partial(report_on_project, by=world.chair, project=project, report=report)] * 6)

    assert ProjectNews.objects.count() == 1
    assert OutgoingMessage.objects.filter(topic=TOPIC).count() == 1


def test_no_idea_is_parted_while_the_vote_is_being_fixed(committed_db):
    """Without the lock of the vote ideas are parted behind the back of the freeze, and nobody works them out."""
    world = World(residents=1)
    round = world.shaped_round()
    first, *others = round.proposals.order_by("pk")
    join_ideas(by=world.chair, ideas=others, into=first, reason="The same.")
    parting = [partial(part_idea, by=world.chair, proposal=idea, reason="Not the same.") for idea in others]
    at_once([*parting, partial(freeze_round, by=world.chair, round=round)])

    left = Proposal.objects.filter(round=round, state="submitted").exists()
    assert left != (Round.objects.get(pk=round.pk).frozen_at is not None)


def test_photos_added_at_once_are_as_many_as_allowed(committed_db):
    """Without the lock of the vote each counts before the others are stored."""
    world = World(residents=1)
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    done = at_once([partial(add_photo_of_idea, by=idea.author, proposal=idea, shot=shot()) for _ in range(6)])

    assert sum(isinstance(one, Photo) for one in done) == MOST_PHOTOS
    assert Photo.objects.count() == MOST_PHOTOS
