"""The public log: queued leaves appended in the order of their hashes, then a signed head."""

from datetime import datetime

from django.db import connection

from cwf_portal.core.audit import acting
from panels.domain.disclosure import rounded_turnout
from panels.domain.log import Head, checkpoint, tree_hash
from panels.keys import portal_key
from panels.models import LeafQueue, LogHead, Phase, Round, SealedBallot

FEWEST_TO_APPEND = 10
ORIGIN = "community-wealth-fund/round/{code}"

# One statement, so that no leaf is in the queue and the log, or in neither.
APPEND = """
WITH taken AS (DELETE FROM panels_leafqueue WHERE round_id = %(round)s RETURNING leaf),
     next AS (SELECT coalesce(max(position), 0) AS last FROM panels_logleaf WHERE round_id = %(round)s)
INSERT INTO panels_logleaf (round_id, position, leaf)
SELECT %(round)s, next.last + row_number() OVER (ORDER BY taken.leaf), taken.leaf FROM taken, next
WHERE NOT EXISTS (
    SELECT FROM panels_logleaf known WHERE known.round_id = %(round)s AND known.leaf = taken.leaf
)
"""


def append_leaves(*, by: str, round: Round, at: datetime) -> LogHead | None:
    """Append what waits, sorted by hash, and publish a head; None when nothing is to be appended now.

    While voting is open a batch has ten leaves or more, so that no head tells which ballot came when.
    """
    with acting(by, "appended sealed ballots to the log"):
        locked = Round.objects.select_for_update().get(pk=round.pk)
        waiting = LeafQueue.objects.filter(round=locked).count()
        if not waiting or (waiting < FEWEST_TO_APPEND and locked.phase_at(at) is Phase.VOTING):
            return None
        with connection.cursor() as cursor:
            cursor.execute(APPEND, {"round": locked.pk})
        return publish_head(locked)


def publish_head(round: Round) -> LogHead:
    """Sign the log as it stands. The caller holds the lock of the round."""
    leaves = [bytes(leaf) for leaf in round.log.order_by("position").values_list("leaf", flat=True)]
    head = Head(ORIGIN.format(code=round.code), len(leaves), tree_hash(leaves))
    cast = SealedBallot.objects.of(round).standing().count()
    return LogHead.objects.create(
        round=round,
        size=head.size,
        checkpoint=checkpoint(head, portal_key()),
        turnout_shown=rounded_turnout(cast),
    )
