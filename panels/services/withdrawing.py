"""Taking one's own ballot out of the box while voting is open, for instance to vote on paper."""

from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from cwf_portal.core.audit import acting
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from panels.domain.marks import Standing
from panels.errors import BallotRefusedError
from panels.keys import box_key
from panels.models import PaperEnvelope, Round, SealedBallot
from panels.services.casting import rules_sheet
from panels.services.paper import mark_on_paper, require_voting

# The one statement of a withdrawal: the clock of the database decides, and an old form changes nothing.
WITHDRAW = """
UPDATE panels_sealedballot AS box SET sealed = NULL, leaf = NULL, state = 'withdrawn', mark = %(mark)s
FROM panels_rollentry roll JOIN panels_round round ON round.id = roll.round_id
WHERE box.roll_entry_id = roll.id AND roll.user_id = %(user)s AND round.id = %(round)s
    AND box.state = 'box' AND box.version = %(seen)s
    AND core_now() >= round.voting_opens_at AND core_now() < round.voting_closes_at
    AND NOT EXISTS (SELECT FROM panels_annulment WHERE panels_annulment.round_id = round.id)
"""


def withdraw_ballot(*, by: User, round: Round, seen_version: int) -> SealedBallot:
    """Take one's own ballot out of the box; an envelope that was set aside because of it then counts.

    The public list keeps its entry, and the reconciliation counts it as withdrawn. Twice changes nothing.

    Args:
        by: the voter.
        round: open.
        seen_version: of the ballot that is withdrawn.

    Raises:
        PhaseError: voting is not open.
        BallotRefusedError: there is no ballot of theirs, it was replaced since, or this host has another signing key.
    """
    require(by, Permission.CAST_BALLOT)
    with acting(by, "withdrew a ballot"):
        locked = Round.objects.select_for_update(of=("self",), no_key=True).select_related("panel").get(pk=round.pk)
        if locked.frozen_at is not None:
            rules_sheet(locked)  # with another key than signed the rules, the mark would not be true
        without = Standing(locked.code.bytes, by.pk, seen_version, None)
        values: dict[str, Any] = {
            "user": by.pk,
            "round": locked.pk,
            "seen": seen_version,
            "mark": without.mark(box_key()),
        }
        with connection.cursor() as cursor:
            cursor.execute(WITHDRAW, values)
        mark = SealedBallot.objects.of(locked).filter(roll_entry__user=by).select_related("roll_entry").first()
        if mark is None or mark.state == SealedBallot.State.IN_BOX:
            require_voting(locked)
            raise BallotRefusedError(
                gettext_noop("No ballot of yours is in the box.")
                if mark is None
                else gettext_noop("Your ballot was replaced since."),
                mend="Open the vote again.",
            )
        aside = PaperEnvelope.objects.filter(roll_entry=mark.roll_entry, state=PaperEnvelope.State.ASIDE).first()
        if aside and mark.state == SealedBallot.State.WITHDRAWN and mark_on_paper(mark.roll_entry):
            aside.state = PaperEnvelope.State.RECEIVED
            aside.save(update_fields=["state"])
        return SealedBallot.objects.get(pk=mark.pk)
