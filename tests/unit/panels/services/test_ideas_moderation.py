"""What should not be shown: reported, hidden with a reason, asked again once, decided by another person; comments."""

import uuid
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from panels.errors import PanelError, PhaseError, ProposalError
from panels.models import IdeaComment, IdeaReport, ModerationCase, Proposal
from panels.selectors.ideas import ideas_of
from panels.selectors.moderation import cases_waiting_for, comments_on
from panels.services import Costs, assess_proposal, freeze_round, join_ideas
from panels.services.ideas import support_idea
from panels.services.ideas_comments import comment_on_idea, switch_comments
from panels.services.ideas_moderation import (
    Complaint,
    answer_appeal,
    appeal_case,
    decide_case,
    report_idea,
    waive_appeal,
)
from tests.unit.panels.builders import World, person

pytestmark = pytest.mark.django_db
RUDE = Complaint("rude", "It names my neighbour.")


def reported(world: World, idea: Proposal | None = None) -> ModerationCase:
    idea = idea or world.idea(world.round_for_ideas(), "Warm Halls")
    return report_idea(by=world.residents[1], proposal=idea, complaint=RUDE)


def hidden(world: World, idea: Proposal | None = None) -> ModerationCase:
    return decide_case(by=world.chair, case=reported(world, idea), hides=True, reason="It names a neighbour.")


def kinds_of(case: ModerationCase) -> list[str]:
    return [step.kind for step in case.proposal.steps.order_by("pk")]


def test_a_hidden_idea_is_nowhere_but_kept_and_its_proposer_reads_why(world):
    case = hidden(world)
    idea = case.proposal
    assert not ideas_of(idea.round).exists()
    assert Proposal.objects.get(pk=idea.pk).what == "Warm Halls for everybody."
    assert kinds_of(case) == ["put_forward", "hidden"]
    assert "It names a neighbour." in OutgoingMessage.objects.get(to=idea.author.email).body
    for act in (
        lambda: support_idea(by=world.residents[1], proposal=idea),
        lambda: assess_proposal(by=world.chair, proposal=idea, costs=Costs(1_00, 0), reason="Cheap."),
        lambda: join_ideas(by=world.chair, ideas=[idea], into=world.idea(idea.round, "Other"), reason="The same."),
    ):
        with pytest.raises(ProposalError):
            act()


def test_reporting_twice_is_once_and_what_stays_is_not_reported_again(world):
    case = reported(world)
    assert reported(world, case.proposal) == case
    assert IdeaReport.objects.filter(case=case).count() == 1
    kept = decide_case(by=world.chair, case=case, hides=False, reason="It is true and kind.")
    assert decide_case(by=world.members[1], case=case, hides=True, reason="No, it is not.") == kept
    with pytest.raises(ProposalError, match="stays as it is"):
        reported(world, case.proposal)
    with pytest.raises(ProposalError, match="Choose why"):
        report_idea(by=world.residents[2], proposal=case.proposal, complaint=Complaint("ugly"))


def test_an_appeal_is_made_once_by_the_author_and_answered_by_another_person(world):
    case = hidden(world)
    author = case.author
    with pytest.raises(NotAllowedError, match="whoever wrote it"):
        appeal_case(by=world.residents[1], case=case, text="Show it.")
    with pytest.raises(ProposalError, match="Nobody has asked"):
        answer_appeal(by=world.members[1], case=case, shows=True, reason="It is fine.")
    with pytest.raises(ProposalError, match="Say in a sentence"):
        appeal_case(by=author, case=case, text=" ")
    first = appeal_case(by=author, case=case, text="It names nobody.")
    assert appeal_case(by=author, case=case, text="Again!").appeal == first.appeal
    with pytest.raises(NotAllowedError, match="You hid this yourself"):
        answer_appeal(by=world.chair, case=case, shows=True, reason="Changed my mind.")
    with pytest.raises(ProposalError, match="The reason is missing"):
        answer_appeal(by=world.officer, case=case, shows=True, reason="")
    answer_appeal(by=world.officer, case=case, shows=True, reason="It names nobody.")
    assert answer_appeal(by=world.members[1], case=case, shows=False, reason="It does.").answer == "shown"
    assert kinds_of(case) == ["put_forward", "hidden", "appealed", "shown"]
    assert ideas_of(case.proposal.round).exists()


def test_nobody_decides_on_what_they_wrote_or_for_another_place(world):
    round = world.round_for_ideas()
    case = reported(world, world.idea(round, "Mine", by=world.chair))
    with pytest.raises(NotAllowedError, match="You wrote this yourself"):
        decide_case(by=world.chair, case=case, hides=False, reason="It is mine.")
    with pytest.raises(NotAllowedError):
        decide_case(by=person(Role.PANEL_MEMBER), case=case, hides=True, reason="I dislike it.")
    assert not cases_waiting_for(world.chair, core_now()).exists()
    assert cases_waiting_for(world.members[1], core_now()).get() == case
    assert not cases_waiting_for(world.residents[0], core_now()).exists()


def test_a_vote_is_not_fixed_while_somebody_waits_for_an_answer(world, shaped):
    case = hidden(world, shaped.proposals.first())
    appeal_case(by=case.author, case=case, text="It names nobody.")
    with pytest.raises(PanelError, match="asked for a hidden idea"):
        freeze_round(by=world.chair, round=shaped)
    answer_appeal(by=world.officer, case=case, shows=False, reason="It names a neighbour.")
    frozen = freeze_round(by=world.chair, round=shaped)
    assert case.proposal not in {project.proposal for project in frozen.projects.all()}
    late = report_idea(by=world.residents[1], proposal=frozen.projects.first().proposal, complaint=RUDE)
    with pytest.raises(PhaseError, match="stands on the ballot"):
        decide_case(by=world.chair, case=late, hides=True, reason="It names a neighbour.")


@pytest.mark.parametrize("has_asked", [False, True])
def test_who_wrote_it_can_let_it_rest_so_that_the_vote_need_not_wait(world, shaped, has_asked):
    case = hidden(world, shaped.proposals.first())
    if has_asked:
        appeal_case(by=case.author, case=case, text="It names nobody.")
    with pytest.raises(PanelError, match="asked for a hidden" if has_asked else "can ask another person"):
        freeze_round(by=world.chair, round=shaped)
    with pytest.raises(NotAllowedError, match="Only whoever wrote it"):
        waive_appeal(by=world.residents[3], case=case)
    waived = waive_appeal(by=case.author, case=case)
    assert waive_appeal(by=case.author, case=case).waived_at == waived.waived_at
    assert kinds_of(case)[-1] == "waived"
    assert not cases_waiting_for(world.officer, core_now()).exists()
    with pytest.raises(ProposalError, match="Nobody has asked"):
        answer_appeal(by=world.officer, case=case, shows=True, reason="It names nobody.")
    if not has_asked:
        with pytest.raises(ProposalError, match="You let this rest"):
            appeal_case(by=case.author, case=case, text="It names nobody.")
    assert freeze_round(by=world.chair, round=shaped).frozen_at


def test_who_let_it_rest_is_told_what_they_can_do_instead(world):
    """Only an idea is put forward: of a comment it would be wrong to say so."""
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    switch_comments(by=world.chair, round=idea.round, is_on=True)
    said = {"text": "Their cat is ugly.", "submission": uuid.uuid4()}
    comment = comment_on_idea(by=world.residents[0], proposal=idea, **said)
    for about, sentence in ((None, "Put another idea forward"), (comment, "Write another comment")):
        case = report_idea(by=world.residents[1], proposal=idea, about=about, complaint=RUDE)
        case = decide_case(by=world.chair, case=case, hides=True, reason="It names a neighbour.")
        waive_appeal(by=world.residents[0], case=case)
        with pytest.raises(ProposalError, match=sentence):
            appeal_case(by=world.residents[0], case=case, text="It names nobody.")


def test_hiding_an_idea_parts_what_was_joined_with_it(world, shaped):
    """Else it would be missing from the vote, and whoever put it forward would not know."""
    target, *others = shaped.proposals.order_by("pk")
    join_ideas(by=world.chair, ideas=others, into=target, reason="The same.")
    hidden(world, target)
    for idea in Proposal.objects.filter(pk__in=[other.pk for other in others]):
        assert (idea.state, idea.merged_into) == ("submitted", None)
        assert [step.kind for step in idea.steps.order_by("pk")][-2:] == ["joined", "parted"]
        told = OutgoingMessage.objects.get(subject=f"Your idea: {idea.title}", body__contains="stands for itself again")
        assert target.title not in told.body
    with pytest.raises(PanelError, match="not been worked out"):
        freeze_round(by=world.chair, round=shaped)


@pytest.mark.parametrize("is_comment", [False, True])
def test_what_was_shown_again_is_never_decided_by_whoever_hid_it(world, is_comment):
    round = world.round_for_ideas()
    idea = world.idea(round, "Warm Halls")
    switch_comments(by=world.chair, round=round, is_on=True)
    about, unrelated = say(world, idea) if is_comment else None, say(world, idea, text="Bad.")
    reporting = partial(report_idea, proposal=idea, about=about, complaint=RUDE)
    case = decide_case(by=world.chair, case=reporting(by=world.residents[2]), hides=True, reason="It is rude.")
    appeal_case(by=case.author, case=case, text="It is kind.")
    answer_appeal(by=world.officer, case=case, shows=True, reason="It is kind.")
    again = reporting(by=world.residents[3])
    assert again != case
    with pytest.raises(NotAllowedError, match="You hid this before"):
        decide_case(by=world.chair, case=again, hides=True, reason="Still rude.")
    decided = {"outcome": "kept", "reason": "It is kind.", "decided_by": world.chair, "decided_at": core_now()}
    with pytest.raises(IntegrityError, match="hid this before"), acting("system:test", "by hand"), transaction.atomic():
        ModerationCase.objects.filter(pk=again.pk).update(**decided)
    assert not cases_waiting_for(world.chair, core_now()).exists()
    assert cases_waiting_for(world.members[1], core_now()).get() == again
    decide_case(by=world.members[1], case=again, hides=True, reason="I find it rude.")
    appeal_case(by=case.author, case=again, text="It is kind.")
    with pytest.raises(NotAllowedError, match="You hid this before"):
        answer_appeal(by=world.chair, case=again, shows=False, reason="Still rude.")
    answered = {"answer": "shown", "answer_reason": "It is.", "answered_by": world.chair, "answered_at": core_now()}
    with pytest.raises(IntegrityError, match="hid this before"), acting("system:test", "by hand"), transaction.atomic():
        ModerationCase.objects.filter(pk=again.pk).update(**answered)
    other = report_idea(by=world.residents[2], proposal=idea, about=unrelated, complaint=RUDE)
    assert cases_waiting_for(world.chair, core_now()).get() == other
    decide_case(by=world.chair, case=other, hides=True, reason="Another matter.")


def say(world: World, idea: Proposal, *, by: object = None, text: str = "Good.") -> IdeaComment:
    return comment_on_idea(by=by or world.residents[1], proposal=idea, text=text, submission=uuid.uuid4())


def test_comments_are_off_until_the_panel_switches_them_on_and_over_at_the_freeze(world, shaped):
    idea = shaped.proposals.first()
    with pytest.raises(PhaseError, match="not switched comments on"):
        say(world, idea)
    switch_comments(by=world.chair, round=shaped, is_on=True)
    roles = [say(world, idea, by=one).role for one in (world.residents[1], idea.author, world.members[1])]
    assert roles == ["resident", "proposer", "panel"]
    with pytest.raises(NotAllowedError, match="people who live here"):
        say(world, idea, by=person())
    with pytest.raises(ProposalError):
        say(world, idea, text=" ")
    switch_comments(by=world.chair, round=shaped, is_on=False)
    with pytest.raises(PhaseError):
        say(world, idea)
    assert comments_on(idea).count() == 3
    with pytest.raises(NotAllowedError):
        switch_comments(by=world.officer, round=shaped, is_on=True)
    freeze_round(by=world.chair, round=shaped)
    for act in (
        lambda: switch_comments(by=world.chair, round=shaped, is_on=True),
        lambda: say(world, idea),
    ):
        with pytest.raises(PhaseError, match="The vote is fixed"):
            act()


def test_a_comment_sent_twice_is_one_and_is_hidden_like_an_idea(world):
    round = world.round_for_ideas()
    idea = world.idea(round, "Warm Halls")
    switch_comments(by=world.chair, round=round, is_on=True)
    key = uuid.uuid4()
    first, second = (
        comment_on_idea(by=world.residents[1], proposal=idea, text="Rude words.", submission=key) for _ in range(2)
    )
    assert first == second
    case = report_idea(by=world.residents[2], proposal=idea, about=first, complaint=RUDE)
    decide_case(by=world.chair, case=case, hides=True, reason="It insults people.")
    assert not comments_on(idea).exists()
    assert ideas_of(round).get() == idea
    told = OutgoingMessage.objects.get(to=world.residents[1].email)
    assert f"/ideas/checks/{case.pk}/appeal/" in told.body
    appeal_case(by=world.residents[1], case=case, text="I was joking.")
    answer_appeal(by=world.officer, case=case, shows=True, reason="A joke.")
    assert comments_on(idea).get() == first
    with pytest.raises(ProposalError, match="Choose why"):
        report_idea(by=world.residents[2], proposal=world.idea(round, "Other"), about=first, complaint=RUDE)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"outcome": "hidden", "reason": ""}, "decided_together"),
        ({"appeal": "Why?"}, "appeal_pair"),
        ({"answer": "shown"}, "answered_together"),
        ({"answer": "shown", "answer_reason": "So.", "appeal": "Why?", "answered_by": "chair"}, "by_another"),
        ({"answer": "shown", "answer_reason": "So.", "appeal": "Why?", "answered_by": "author"}, "not_by_author"),
        ({"decided_by": "author"}, "not_by_author"),
        ({"waived_at": "now", "outcome": "kept"}, "waived_unanswered"),
    ],
)
def test_the_database_refuses_what_two_people_must_decide(world, changes, rule):
    case = hidden(world)
    at = core_now()
    people = {"chair": world.chair, "author": case.author, "now": at}
    fields = {name: people.get(value, value) for name, value in changes.items()}
    fields |= {"appealed_at": at} if "appeal" in changes and "answer" in changes else {}
    fields |= {"answered_at": at} if "answered_by" in changes else {}
    with pytest.raises(IntegrityError, match=rule), acting("system:test", "by hand"):
        ModerationCase.objects.filter(pk=case.pk).update(**fields)


def test_the_database_keeps_one_case_at_a_time_and_never_changes_what_was_said(world):
    case = hidden(world)
    with pytest.raises(IntegrityError, match="one_at_a_time"), acting("system:test", "by hand"):
        ModerationCase.objects.create(proposal=case.proposal, author=case.author)
    with pytest.raises(IntegrityError, match="why_known"), transaction.atomic():
        IdeaReport.objects.create(case=case, reported_by=world.chair, why="ugly")
    with pytest.raises(IntegrityError, match="_once"), transaction.atomic():
        IdeaReport.objects.create(case=case, reported_by=world.residents[1], why="rude")
    for fields, rule in (({"role": "resident", "text": ""}, "says_something"), ({"role": "x", "text": "y"}, "role")):
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            IdeaComment.objects.create(proposal=case.proposal, author=world.chair, **fields)
    for rows, change in ((IdeaReport.objects, {"note": "Kind."}), (IdeaComment.objects, {"text": "Kind."})):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
