"""Objections to a published result: made by voters, answered by the panel and the fund, before a vote is certified."""

from collections.abc import Collection, Sequence

from django.utils.timezone import localdate
from django.utils.translation import gettext_noop

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from cwf_portal.core.said import Said
from panels.errors import PanelError, PhaseError
from panels.models import Objection, ObjectionAnswer, Residence, Round
from panels.permissions import membership_of, require_member_or_officer
from panels.selectors.objections import agreed_among, may_object
from panels.selectors.paper import has_project_at_home
from panels.services.annulling import annul, lock_for_ending
from panels.services.certifying import challenge_ends_at
from panels.services.pairs import check_other_home

TOPIC = "panels.objections"
SHORTEST = 10
FOUND = {True: "It was found right, and the vote is annulled.", False: "The result stands.", None: ""}
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
                gettext_noop(
                    "Only people on the voters' list, and people who have shown that they live there, can object."
                ),
                mend=gettext_noop("Do you live there? Show it first, from your home page."),
            )
        known = Objection.objects.filter(round=locked, objector=by).first()
        if known:
            return known
        _check_open(locked)
        if len(text.strip()) < SHORTEST:
            raise PanelError(
                gettext_noop("Say why the result should not stand."), mend=gettext_noop("Two or three sentences.")
            )
        return Objection.objects.create(round=locked, objector=by, text=text.strip())


def answer_objection(*, by: User, objection: Objection, is_right: bool, reason: str) -> ObjectionAnswer:
    """Say what `by` makes of one objection; see `answer_alike`."""
    return answer_alike(by=by, objections=[objection], is_right=is_right, reason=reason)[0]


def answer_alike(*, by: User, objections: Sequence[Objection], is_right: bool, reason: str) -> list[ObjectionAnswer]:
    """Say the same of one or several objections to a result, of all or none. The same person twice changes nothing.

    Once somebody of the panel and somebody of the fund agree on an objection, it is answered. If they find it right,
    the vote is annulled with the reason of whoever said so last.

    Raises:
        NotAllowedError: `by` is neither of the panel nor an officer, made one of them, lives with whoever did or with
            somebody who has answered one, or has a project in the vote at home.
        PanelError: there is no reason, one is answered already, or they are of several votes.
    """
    if len({objection.round_id for objection in objections}) != 1:
        raise PanelError("Objections of one vote are answered together.")
    with acting(by, "answered objections"):
        round = lock_for_ending(objections[0].round)
        day, permission = localdate(core_now()), Permission.APPOINT_KEEPER
        require_member_or_officer(by, round.panel, day=day, permission=permission)
        known = list(ObjectionAnswer.objects.filter(objection__in=objections, judge=by).order_by("objection"))
        said = {answer.objection_id for answer in known}
        new = sorted({objection.pk for objection in objections} - said)
        if not new:
            return known
        check_independent(by, new, round)
        judges = ObjectionAnswer.objects.filter(objection__in=new).values_list("judge", flat=True)
        check_other_home(by, judges)
        if set(agreed_among(new).values()) != {None}:
            raise PanelError("The panel and the fund have answered this objection.")
        if len(reason.strip()) < SHORTEST:
            raise PanelError("The reason is missing.", mend="One or two sentences; everybody can read them.")
        answer = {"judge": by, "side": side_of(by, round), "is_right": is_right, "reason": reason.strip()}
        made = ObjectionAnswer.objects.bulk_create(ObjectionAnswer(objection_id=pk, **answer) for pk in new)
        _conclude(by, round, new, reason=reason.strip())
        return [*known, *made]


def _check_open(round: Round) -> None:
    at, ends_at = core_now(), challenge_ends_at(round)
    if ends_at is None or not round.has_result_at(at):
        raise PhaseError(gettext_noop("There is no published result to object to."))
    if at >= ends_at:
        raise PhaseError(
            Said("The time to object ended on {moment}.", moment=moment_text(ends_at)),
            mend=gettext_noop("Write to the fund."),
        )


def check_independent(by: User, objections: Collection[int], round: Round) -> None:
    """Raise NotAllowedError for whoever made one of these, lives with them, or has a project in the vote at home."""
    made = Objection.objects.filter(pk__in=objections)
    homes = Residence.objects.filter(user__in=made.values("objector")).values("household_hmac")
    is_theirs = made.filter(objector=by).exists()
    if is_theirs or Residence.objects.filter(user=by, household_hmac__in=homes).exists():
        raise NotAllowedError("You or your household objected.", mend="Somebody else answers.")
    if has_project_at_home(by, round):
        raise NotAllowedError("You or your household have a project in this vote.", mend="Somebody else answers.")


def side_of(user: User, round: Round) -> ObjectionAnswer.Side:
    """For whom somebody answers: members for the panel, everybody else for the fund."""
    is_member = membership_of(user, round.panel, localdate(core_now())) is not None
    return ObjectionAnswer.Side.PANEL if is_member else ObjectionAnswer.Side.FUND


def _conclude(by: User, round: Round, objections: Collection[int], *, reason: str) -> None:
    """Tell the objectors on whose objection both sides agree now; the vote is annulled where they find one right."""
    agreed = agreed_among(objections)
    if True in agreed.values():
        annul(round, by=by, reason=RIGHT.format(reason=reason))
    page = address_of("panels:objection-list", round.pk)
    told = Objection.objects.filter(pk__in=[pk for pk, is_right in agreed.items() if is_right is not None])
    send_many(
        [
            (
                address,
                f"Your objection: {round.title}",
                f"The panel and the fund have answered your objection. {FOUND[agreed[pk]]}\n\n{page}\n",
            )
            for pk, address in told.order_by("pk").values_list("pk", "objector__email")
        ],
        topic=TOPIC,
    )
