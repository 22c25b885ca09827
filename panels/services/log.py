"""The public log: queued leaves appended in the order of their hashes, then a signed head."""

from datetime import datetime

from django.db import connection
from django.db.models import Q
from django.utils.timezone import localdate

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import User
from panels.domain.disclosure import rounded_turnout
from panels.domain.log import Head, checkpoint, tree_hash
from panels.errors import PhaseError
from panels.keys import portal_key
from panels.models import HeadReader, Keeper, LeafQueue, LogHead, PanelMembership, Phase, Round, SealedBallot

FEWEST_TO_APPEND = 10
TOPIC = "panels.heads"
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


def read_heads(*, by: User, round: Round, wants: bool) -> None:
    """Get every head that is published from now on by email, or no longer. Twice changes nothing.

    Raises:
        PhaseError: the list has not begun yet, or the vote is over.
    """
    with acting(by, "asked for the heads of a vote"):
        if not wants:
            HeadReader.objects.filter(round=round, user=by).delete()
            return
        if round.frozen_at is None or hasattr(round, "opening"):
            raise PhaseError("No heads are published now.", mend="They are while the vote is running.")
        HeadReader.objects.get_or_create(round=round, user=by)


def publish_head(round: Round) -> LogHead:
    """Sign the log as it stands, and send that to people outside. The caller holds the lock of the round.

    The turnout leaves out whoever must still show where they live, or say that a ballot by email is theirs: anybody
    could send many of those.
    """
    leaves = [bytes(leaf) for leaf in round.log.order_by("position").values_list("leaf", flat=True)]
    head = Head(ORIGIN.format(code=round.code), len(leaves), tree_hash(leaves))
    cast = SealedBallot.objects.of(round).standing().certain().count()
    published = LogHead.objects.create(
        round=round,
        size=head.size,
        checkpoint=checkpoint(head, portal_key()),
        turnout_shown=rounded_turnout(cast),
    )
    _send(published)
    return published


def _send(head: LogHead) -> int:
    """To the panel, the keepers and whoever asked: then nobody can be shown another list. Not of invented votes."""
    round = head.round
    if round.is_sample:
        return 0
    sitting = PanelMembership.objects.on(localdate(core_now())).filter(panel=round.panel_id)
    readers = Q(pk__in=HeadReader.objects.filter(round=round).values("user")) | Q(pk__in=sitting.values("user"))
    people = User.objects.filter(readers | Q(pk__in=Keeper.objects.filter(round=round).values("user")), is_active=True)
    body = (
        f"The public list of “{round.title}” has {head.size} entries now, the rules included. Keep this message: with "
        "it you can prove what the list held today, whatever the portal says later.\n\n"
        f"{head.checkpoint}\n"
        f"All heads, and how to check them: {address_of('panels:round-log', round.pk)}\n"
    )
    subject = f"Public list of ballots: {round.title}"
    return send_many(
        ((address, subject, body) for address in people.order_by("pk").values_list("email", flat=True)), topic=TOPIC
    )
