"""Objections to a published result: made by voters, answered by the panel and the fund, before a vote is certified."""

from django.utils.timezone import localdate

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from panels.errors import PanelError, PhaseError
from panels.models import Objection, ObjectionAnswer, Phase, Residence, Round
from panels.permissions import membership_of, require_member_or_officer
from panels.selectors.objections import agreed_on, may_object
from panels.selectors.paper import has_project_at_home
from panels.services.annulling import annul, lock_for_ending
from panels.services.certifying import challenge_ends_at

TOPIC = "panels.objections"
SHORTEST = 10
RIGHT = "An objection to the result was found right: {reason}"


def object_to_result(*, by: User, round: Round, text: str) -> Objection:
    """Say why the result should not stand. One of each person, and it stays as it was written: the first again.

    Raises:
        NotAllowedError: `by` is not on the voters' list for certain, and has not shown that they live in the place.
        PhaseError: there is no published result, or the time to object is over.
        PanelError: no reason is given.
    """
    require(by, Permission.CAST_BALLOT)
    with acting(by, "objected to a result"):
        locked = lock_for_ending(round)
        if not may_object(by, locked):
            raise NotAllowedError(
                "Only people on the voters' list, and people who have shown that they live there, can object.",
                mend="Do you live there? Show it first, from your home page.",
            )
        known = Objection.objects.filter(round=locked, objector=by).first()
        if known:
            return known
        _check_open(locked)
        if len(text.strip()) < SHORTEST:
            raise PanelError("Say why the result should not stand.", mend="Two or three sentences.")
        return Objection.objects.create(round=locked, objector=by, text=text.strip())


def answer_objection(*, by: User, objection: Objection, is_right: bool, reason: str) -> ObjectionAnswer:
    """Say what `by` makes of an objection. Once somebody of the panel and somebody of the fund agree, it is answered.

    If they find it right, the vote is annulled with the reason of whoever said so last.

    Raises:
        NotAllowedError: `by` is neither of the panel nor an officer, objected, lives with whoever did, or has a
            project in the vote at home.
        PanelError: there is no reason, or it is answered already.
    """
    with acting(by, "answered an objection"):
        round = lock_for_ending(objection.round)
        day, permission = localdate(core_now()), Permission.APPOINT_KEEPER
        require_member_or_officer(by, round.panel, day=day, permission=permission)
        known = ObjectionAnswer.objects.filter(objection=objection, judge=by).first()
        if known:
            return known
        _check_independent(by, objection, round)
        if agreed_on(objection) is not None:
            raise PanelError("The panel and the fund have answered this objection.")
        if len(reason.strip()) < SHORTEST:
            raise PanelError("The reason is missing.", mend="One or two sentences; everybody can read them.")
        is_member = membership_of(by, round.panel, day) is not None
        side = ObjectionAnswer.Side.PANEL if is_member else ObjectionAnswer.Side.FUND
        answer = ObjectionAnswer.objects.create(
            objection=objection, judge=by, side=side, is_right=is_right, reason=reason.strip()
        )
        _conclude(by, objection, answer)
        return answer


def _check_open(round: Round) -> None:
    at, ends_at = core_now(), challenge_ends_at(round)
    if ends_at is None or round.phase_at(at) is not Phase.PUBLISHED:
        raise PhaseError("There is no published result to object to.")
    if at >= ends_at:
        raise PhaseError(f"The time to object ended on {moment_text(ends_at)}.", mend="Write to the fund.")


def _check_independent(by: User, objection: Objection, round: Round) -> None:
    homes = Residence.objects.filter(user=objection.objector_id).values("household_hmac")
    is_theirs = objection.objector_id == by.pk
    if is_theirs or Residence.objects.filter(user=by, household_hmac__in=homes).exists():
        raise NotAllowedError("You or your household objected.", mend="Somebody else answers.")
    if has_project_at_home(by, round):
        raise NotAllowedError("You or your household have a project in this vote.", mend="Somebody else answers.")


def _conclude(by: User, objection: Objection, answer: ObjectionAnswer) -> None:
    is_right = agreed_on(objection)
    if is_right is None:
        return
    if is_right:
        annul(objection.round, by=by, reason=RIGHT.format(reason=answer.reason))
    found = "It was found right, and the vote is annulled." if is_right else "The result stands."
    send_message(
        to=objection.objector.email,
        subject=f"Your objection: {objection.round.title}",
        body=f"The panel and the fund have answered your objection. {found}\n\n"
        f"{address_of('panels:objection-list', objection.round_id)}\n",
        topic=TOPIC,
    )
