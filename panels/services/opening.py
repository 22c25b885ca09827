"""Opening the box after close: once, by two keepers, in a process that knows no voter."""

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from panels.domain.canonical import digest
from panels.domain.opening import OpenedBox, OpeningRequest
from panels.domain.sealing import private_bytes
from panels.errors import PanelError, PhaseError
from panels.keys import KeepersKeys, KeysInFolder, portal_key
from panels.models import BoxOpening, Phase, Round, SealedBallot
from panels.models.round import OPENING_PAUSE
from panels.permissions import require_member
from panels.services.casting import rules_sheet
from panels.services.log import append_leaves
from panels.services.results import count_round
from panels.services.rounds import check_log_settings

OPENER = (sys.executable, "-m", "panels.domain.opening")
LONGEST_OPENING_SECONDS = 600
SIGNED_SET = b"cwf-opening-v1"
Opener = Callable[[OpeningRequest], OpenedBox]


def run_opener(request: OpeningRequest) -> OpenedBox:
    """Opens in a process of its own: the keys travel through its standard input and end with it.

    Raises:
        PanelError: the process failed. Its output is not repeated: it could hold a ballot.
    """
    run = subprocess.run(  # noqa: S603 - our own interpreter and module, nothing of the user's
        OPENER,
        input=request.to_json(),
        capture_output=True,
        text=True,
        timeout=LONGEST_OPENING_SECONDS,
        check=False,
    )
    if run.returncode:
        raise PanelError("The box could not be opened; nothing was changed.", mend="Please tell the fund.")
    return OpenedBox.from_json(run.stdout)


def open_box(
    *,
    by: User,
    round: Round,
    keys: KeepersKeys | None = None,
    keepers: tuple[int, int] = (1, 2),
    opener: Opener = run_opener,
) -> Round:
    """Open every sealed ballot, write the contents sorted, and count them. Opening twice returns the opened round.

    Raises:
        PhaseError: voting has not been over for 60 seconds.
        PanelError: the database would log too much, or the box does not open.
    """
    _wait_for_casts_on_their_way()
    with acting(by, "opened the box"):
        locked = Round.objects.select_for_update(of=("self",)).select_related("panel").get(pk=round.pk)
        at = core_now()
        require_member(by, locked.panel, day=localdate(at), permission=Permission.OPEN_BOX)
        if BoxOpening.objects.filter(round=locked).exists():
            return Round.objects.in_full().get(pk=locked.pk)
        _check_may_open(locked, at)
        append_leaves(by="system:log", round=locked, at=at)
        request = _request(locked, keys or KeysInFolder(), keepers)
        opening = _signed_set(locked, by, request)
        box = opener(request)
        opening.counted_count, opening.invalid_count = len(box.ballots), box.invalid_count
        opening.contents_digest = box.digest
        opening.save()
        _write_contents(locked, box)
        count_round(locked, box.ballots)
        return Round.objects.in_full().get(pk=locked.pk)


def _wait_for_casts_on_their_way() -> None:
    """A cast that began before close has either ended or is seen by what follows: this lock waits for it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE panels_sealedballot IN SHARE MODE")


def _check_may_open(round: Round, at: datetime) -> None:
    if round.phase_at(at) is not Phase.CLOSED:
        raise PhaseError("The box can be opened only after voting has closed.")
    if at < round.voting_closes_at + OPENING_PAUSE:
        raise PhaseError("Voting has only just closed.", mend="Try again in a minute.")
    check_log_settings()


def _request(round: Round, keys: KeepersKeys, keepers: tuple[int, int]) -> OpeningRequest:
    sheet = rules_sheet(round)
    ballots = SealedBallot.objects.filter(roll_entry__round=round).order_by("leaf").values_list("sealed", flat=True)
    first, second = (private_bytes(keys.read(round.code, number).private).hex() for number in keepers)
    return OpeningRequest(
        round_id=round.code.hex,
        rules_hash=sheet.hash.hex(),
        project_count=len(sheet.project_ids),
        most_choices=sheet.most_choices,
        keepers=keepers,
        keys=(first, second),
        sealed=[bytes(sealed).hex() for sealed in ballots],
    )


def _signed_set(round: Round, by: User, request: OpeningRequest) -> BoxOpening:
    """What is about to be opened, signed before a key is used; not saved yet."""
    leaves = SealedBallot.objects.filter(roll_entry__round=round).order_by("leaf").values_list("leaf", flat=True)
    set_hash = digest(b"".join(bytes(leaf) for leaf in leaves))
    message = SIGNED_SET + round.code.bytes + len(request.sealed).to_bytes(8) + set_hash
    return BoxOpening(
        round=round,
        opened_by=by,
        set_count=len(request.sealed),
        set_hash=set_hash,
        set_signature=portal_key().sign(message),
        keepers=",".join(map(str, request.keepers)),
    )


def _write_contents(round: Round, box: OpenedBox) -> None:
    into = "COPY panels_countedballot (round_id, number, choices) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for number, ballot in enumerate(box.ballots, start=1):
            copy.write_row((round.pk, number, ",".join(map(str, ballot))))
