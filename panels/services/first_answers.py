"""“Is this you?”: the owner of an email address, signed in, takes over a ballot sent with it, or does not."""

from django.db import connection
from django.utils.translation import gettext_noop

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from panels.domain.marks import Standing
from panels.errors import BallotRefusedError, NotOnRollError, PanelError, PhaseError, ResidenceError
from panels.keys import box_key
from panels.models import FirstVote, FirstVoteAnswer, OpeningSet, Residence, RollEntry, Round, SealedBallot, TypedName
from panels.selectors.rounds import voted_elsewhere
from panels.services.casting import ELSEWHERE
from panels.services.enrolling import enrol_one
from panels.services.marking import is_ours
from panels.services.residence import keep_residence

# Where the owner took their own ballot out of the box, this one takes its place; what stands there is never replaced.
# The number of ballots cast is of both, so that every entry of the public list stays explained.
MOVE = """
WITH moved AS (
    DELETE FROM panels_sealedballot WHERE roll_entry_id = %(source)s RETURNING sealed, leaf
)
INSERT INTO panels_sealedballot AS box (roll_entry_id, sealed, leaf, version, state, mark)
SELECT %(target)s, sealed, leaf, %(version)s, 'box', %(mark)s FROM moved
ON CONFLICT (roll_entry_id) DO UPDATE
    SET sealed = EXCLUDED.sealed, leaf = EXCLUDED.leaf, version = EXCLUDED.version, state = 'box', mark = EXCLUDED.mark
    WHERE box.state = 'withdrawn' AND box.version = %(seen)s
"""
STANDING: dict[str, str] = {
    SealedBallot.State.IN_BOX: gettext_noop("You have voted already, and that ballot counts."),
    SealedBallot.State.ON_PAPER: gettext_noop("You have voted on paper, and that vote counts."),
}


def answer_first_vote(*, by: User, first_vote: FirstVote, is_mine: bool) -> FirstVoteAnswer:
    """Say whether a ballot sent with one's email address is one's own. The first answer stands.

    Yes: what was typed becomes what `by` says about themselves, and the sealed ballot moves, unopened, to their own
    entry on the list. No: it stays where it is and is set aside.

    Raises:
        NotAllowedError: it was sent with another address.
        PhaseError: the time to say so is over.
        ResidenceError: `by` has said other things about themselves, or another account was given the same details.
        NotOnRollError: two people found that `by` lives in another place.
        BallotRefusedError: a ballot of `by` is in the box already, or they voted on paper.
    """
    require(by, Permission.DECLARE_RESIDENCE)
    with acting(by, "said whether a ballot is theirs"):
        vote = FirstVote.objects.select_related("typed_name", "roll_entry").get(pk=first_vote.pk)
        if vote.account_id != by.pk:
            raise NotAllowedError("This ballot was sent with another email address.")
        rounds = Round.objects.select_for_update(of=("self",), no_key=True).select_related("panel")
        round = rounds.get(pk=vote.roll_entry.round_id)
        owner = User.objects.select_for_update(no_key=True).get(pk=by.pk)
        known = FirstVoteAnswer.objects.filter(first_vote=vote).first()
        if known:
            return known
        if is_mine:
            _take_over(owner, vote, round)
        TypedName.objects.filter(first_vote=vote).delete()
        return FirstVoteAnswer.objects.create(first_vote=vote, is_mine=is_mine)


def _take_over(by: User, vote: FirstVote, round: Round) -> None:
    if core_now() >= round.show_by or OpeningSet.objects.filter(round=round).exists():
        raise PhaseError("The time to say so is over. The ballot stays closed.")
    _keep_details(by, vote, round)
    enrol_one(round, by.pk)
    entry = RollEntry.objects.filter(round=round, user=by).first()
    if entry is None:
        raise NotOnRollError("Two people found that you live in another place.", mend="Ask the fund.")
    if voted_elsewhere(by, round):
        raise BallotRefusedError(ELSEWHERE, mend="Say that this one is not yours.")
    _move_ballot(vote.roll_entry, entry, round)


def _move_ballot(source: RollEntry, target: RollEntry, round: Round) -> None:
    """Under the lock of both rows, since their marks are told anew: what the portal did not write, it does not mark."""
    rows = SealedBallot.objects.select_for_update().filter(roll_entry__in=(source, target)).in_bulk()
    sent, own = rows.get(source.pk), rows.get(target.pk)
    _check_room(own)
    if sent is None or sent.state != SealedBallot.State.IN_BOX:
        return
    if not is_ours(round, sent, source.user_id) or (own and own.version and not is_ours(round, own, target.user_id)):
        raise PanelError("Somebody changed this ballot in the database.", mend="Please tell the fund.")
    seen = own.version if own else 0
    moved = Standing(round.code.bytes, target.user_id, seen + sent.version, bytes(sent.leaf or b""))
    values = {"source": source.pk, "target": target.pk, "seen": seen, "version": moved.version}
    with connection.cursor() as cursor:
        cursor.execute(MOVE, values | {"mark": moved.mark(box_key())})
        is_moved = bool(cursor.rowcount)
    if not is_moved:  # they voted while we looked, and a row that was not there could not be locked
        _check_room(SealedBallot.objects.get(roll_entry=target))


def _check_room(own: SealedBallot | None) -> None:
    if own and own.state in STANDING:
        raise BallotRefusedError(STANDING[own.state], mend="Say that this one is not yours.")


def _keep_details(by: User, vote: FirstVote, round: Round) -> None:
    known = Residence.objects.filter(user=by).first()
    if known is None:
        claim = Residence(
            user=by,
            neighbourhood_id=round.panel.neighbourhood_id,
            placed_by=vote.placed_by,
            person_hmac=vote.person_hmac,
            household_hmac=vote.household_hmac,
            born_hmac=vote.born_hmac,
            of_age_on=vote.of_age_on,
        )
        keep_residence(claim, full_name=vote.typed_name.full_name)
    elif (known.neighbourhood_id, known.person_hmac) != (round.panel.neighbourhood_id, vote.person_hmac):
        raise ResidenceError(
            "You have told us other details about yourself.", mend="Say that this is not you, and vote yourself."
        )
