"""Opening the box after close: once, by two keepers, in a process that knows no voter.

Both keepers enter their keys in one sitting, on one device, in one request. The portal runs in several processes and
on several machines: a key that waited for its fellow would have to be stored where all of them can read it.
"""

import secrets
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from threading import Timer

from django.db import DatabaseError, connection, transaction
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from panels.domain.log import set_hash
from panels.domain.opening import LONGEST_SECONDS, OpenedBox, OpeningRequest
from panels.domain.sealing import KeeperKey, private_bytes, public_bytes
from panels.errors import KeeperError, PanelError, PhaseError
from panels.keys import KeepersKeys, portal_key
from panels.models import Act, BoxOpening, Certification, Keeper, OpeningSet, Round, SealedBallot, SetAside
from panels.models.box import SealedBallotQuerySet
from panels.models.round import OPENING_PAUSE
from panels.permissions import require_member
from panels.selectors.paper import leaves_in_order, sealed_in_order
from panels.services.casting import rules_sheet
from panels.services.certifying import TELL_AND_ANNUL, reconcile
from panels.services.changed_ballots import set_changed_aside
from panels.services.keepers import check_two_bodies
from panels.services.keying import settle_envelopes
from panels.services.log import append_leaves
from panels.services.results import count_round
from panels.services.roll_check import check_roll, set_aside_twice
from panels.services.rounds import check_log_settings

OPENER = (sys.executable, "-m", "panels.domain.opening")
SIGNED_SET = b"cwf-opening-v1"
NOT_OPENED = "The box could not be opened; nothing was changed."
SALT_BYTES = 32
Opener = Callable[[OpeningRequest], OpenedBox]


def run_opener(request: OpeningRequest) -> OpenedBox:
    """Opens in a process of its own: the keys travel through its standard input and end with it.

    Raises:
        PanelError: the process failed. Its output is not repeated: it could hold a ballot.
    """
    process = start_opener()
    gives_up = Timer(LONGEST_SECONDS, process.kill)
    gives_up.start()
    try:
        return ask_opener(process, request)
    finally:
        process.communicate()
        gives_up.cancel()


def start_opener(*options: str) -> "subprocess.Popen[str]":
    """The opener's process. What it says when it fails could hold a ballot: nobody hears it."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module, nothing of the user's
        (*OPENER, *options), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def ask_opener(process: "subprocess.Popen[str]", request: OpeningRequest) -> OpenedBox:
    """Send a request ballot by ballot, and read what was in the box.

    Raises:
        PanelError: the process failed. Its output is not repeated: it could hold a ballot.
    """
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the opener was started without pipes")
    with suppress(BrokenPipeError):
        process.stdin.writelines(request.to_lines())
        process.stdin.flush()
    answer = process.stdout.readline()
    try:
        return OpenedBox.from_json(answer)
    except ValueError:  # it holds what was in the box: neither it nor the error is repeated
        pass
    raise PanelError(NOT_OPENED, mend="Please tell the fund.")


def name_opening_set(*, by: User, round: Round) -> OpeningSet:
    """Say, and sign, which sealed ballots are going to be opened, before anybody enters a key. Twice changes nothing.

    Only what stands on the public list is opened. A ballot that somebody changed in the database since is set aside,
    and everybody concerned is told.

    Raises:
        PhaseError: voting has not been over for 60 seconds, somebody can still show where they live, a pair on the list
            is not judged, a burst not reviewed, or an envelope or paper waits.
        PanelError: the database would log too much, or a ballot from paper is not on the public list.
        BallotRefusedError: this host has another signing key than the one that the rules were signed with.
    """
    _look_before_the_lock(by, round)
    with acting(by, "named the ballots to open"):
        locked = _locked(round)
        at = core_now()
        _require_opener(by, locked, at)
        known = OpeningSet.objects.filter(round=locked).first()
        if known:
            return known
        _check_may_open(locked, at)
        rules_sheet(locked)  # with another key than signed the rules, no mark in the box would be true
        append_leaves(by="system:log", round=locked, at=at)
        _set_aside_pending(locked)
        check_roll(locked)
        set_aside_twice(locked)
        settle_envelopes(locked)
        set_changed_aside(locked)
        return _sign_set(locked, by)


def open_box(
    *,
    by: User,
    round: Round,
    keys: KeepersKeys,
    keepers: tuple[int, int] = (1, 2),
    opener: Opener = run_opener,
) -> Round:
    """Open every sealed ballot, write the contents sorted, and count them.

    A box is opened once. The same two keys may open it again, whole, and find the same in it.

    Args:
        by: a keeper of this vote or a member of the panel.
        round: closed.
        keys: the private keys, handed out for this moment.
        keepers: the two whose keys are used.
        opener: opens in a process of its own unless told otherwise.

    Raises:
        PhaseError: voting has not been over for 60 seconds.
        KeeperError: there are not two keys of two keepers of this vote, other keys opened it before, or both keepers
            belong to one body by now.
        PanelError: the database would log too much, the box is not what was signed, or it does not open.
    """
    named = OpeningSet.objects.filter(round=round).first() or name_opening_set(by=by, round=round)
    with acting(by, "opened the box"):
        locked = _locked(round)
        _require_opener(by, locked, core_now())
        if Certification.objects.filter(round=locked, certified_at__isnull=False).exists():
            raise PhaseError("This vote is certified, and its sealed ballots are deleted.")
        known = BoxOpening.objects.filter(round=locked).first()
        if known is None:
            _check_may_open(locked, core_now())
            check_two_bodies(locked, keepers)
        pair = _pair(locked, keys, keepers)
        request = _request(locked, pair)
        _check_set(named, leaves_in_order(locked))
        if known:
            _check_pair(known, pair)
            _check_same(known, opener(request))
        else:
            _keep(locked, by, box=opener(request), named=named, pair=pair)
        return Round.objects.in_full().get(pk=locked.pk)


def _look_before_the_lock(by: User, round: Round) -> None:
    """Nobody casts in any vote while the lock is waited for: it is for those alone who may name what to open, in time.

    The round is read anew, since it would remember for its owner that nothing was opened yet.
    """
    fresh = Round.objects.select_related("panel").get(pk=round.pk)
    _require_opener(by, fresh, core_now())
    if not OpeningSet.objects.filter(round=fresh).exists():
        _check_closed(fresh, core_now())
        _wait_for_casts_on_their_way()


def _locked(round: Round) -> Round:
    return Round.objects.select_for_update(of=("self",)).select_related("panel").get(pk=round.pk)


def _require_opener(by: User, round: Round, at: datetime) -> None:
    """Keepers of this vote, and members of its panel."""
    if not Keeper.objects.filter(round=round, user=by).exists():
        require_member(by, round.panel, day=localdate(at), permission=Permission.OPEN_BOX)


def _wait_for_casts_on_their_way() -> None:
    """A cast that began before close has either ended or is seen by what follows: this lock waits for it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE panels_sealedballot IN SHARE MODE")


def _check_closed(round: Round, at: datetime) -> None:
    if not round.permits(Act.OPEN_BOX, at):
        raise PhaseError("The box can be opened only after voting has closed.")
    if at < round.voting_closes_at + OPENING_PAUSE:
        raise PhaseError("Voting has only just closed.", mend="Try again in a minute.")


def _check_may_open(round: Round, at: datetime) -> None:
    _check_closed(round, at)
    waiting = _pending(round).unrefused().count() if at < round.show_by + OPENING_PAUSE else 0
    if waiting:
        raise PhaseError(
            f"{waiting} who voted can still show where they live, until {moment_text(round.show_by)}.",
            mend="Open the box after that.",
        )
    check_log_settings()


def _pair(round: Round, keys: KeepersKeys, keepers: tuple[int, int]) -> tuple[KeeperKey, KeeperKey]:
    """The two private keys, once it is certain that they are those of the frozen rules."""
    if len(set(keepers)) != len(keepers):
        raise KeeperError("Both sheets are of the same keeper.", mend="Two different keepers open the box together.")
    public = rules_sheet(round).content["keepers"]
    first, second = (keys.read(round.code, number) for number in sorted(keepers))
    for key in (first, second):
        if public[key.number - 1] != public_bytes(key.private).hex():
            raise KeeperError(f"Key {key.number} is not a key of this vote.", mend="Take the sheet made for this vote.")
    return first, second


def _pending(round: Round) -> SealedBallotQuerySet:
    """Votes, on this site or on paper, of people who have not shown what the round asks for."""
    return SealedBallot.objects.of(round).standing().filter(roll_entry__set_aside=None).pending()


def _set_aside_pending(round: Round) -> None:
    """From now on it is fixed whose ballots stay closed, whatever they still show."""
    pending = _pending(round).order_by("roll_entry").values_list("pk", flat=True)
    SetAside.objects.bulk_create(
        (SetAside(roll_entry_id=entry, reason=SetAside.Reason.NOT_SHOWN) for entry in pending), ignore_conflicts=True
    )


def _sign_set(round: Round, by: User) -> OpeningSet:
    leaves = leaves_in_order(round)
    salt = secrets.token_bytes(SALT_BYTES)
    hashed = set_hash(leaves, salt)
    signature = portal_key().sign(SIGNED_SET + round.code.bytes + len(leaves).to_bytes(8) + hashed)
    return OpeningSet.objects.create(
        round=round, count=len(leaves), salt=salt, hash=hashed, signature=signature, named_by=by
    )


def _check_set(named: OpeningSet, leaves: list[bytes]) -> None:
    if (named.count, bytes(named.hash)) != (len(leaves), set_hash(leaves, bytes(named.salt))):
        raise PanelError(
            "The box no longer holds the ballots that were signed before opening.",
            mend=TELL_AND_ANNUL,
        )


def _request(round: Round, pair: tuple[KeeperKey, KeeperKey]) -> OpeningRequest:
    sheet = rules_sheet(round)
    first, second = pair
    return OpeningRequest(
        round_id=round.code.hex,
        rules_hash=sheet.hash.hex(),
        ballot=sheet.ballot,
        keepers=(first.number, second.number),
        keys=(private_bytes(first.private).hex(), private_bytes(second.private).hex()),
        sealed=(sealed.hex() for sealed in sealed_in_order(round)),
    )


def _keep(round: Round, by: User, *, box: OpenedBox, named: OpeningSet, pair: tuple[KeeperKey, KeeperKey]) -> None:
    """Store what was in the box: that it was opened, the contents without their order, and the result."""
    BoxOpening.objects.create(
        round=round,
        opened_by=by,
        set_count=named.count,
        set_hash=named.hash,
        set_signature=named.signature,
        keepers=_numbers(pair),
        counted_count=len(box.ballots),
        invalid_count=box.invalid_count,
        contents_digest=box.digest,
    )
    reconcile(round=round)
    _write_contents(round, box)
    count_round(round, box.ballots)


def _check_pair(known: BoxOpening, pair: tuple[KeeperKey, KeeperKey]) -> None:
    if known.keepers != _numbers(pair):
        raise KeeperError(
            f"This box was opened with keys {known.keepers}.", mend="Only the same two may open it again."
        )


def _check_same(known: BoxOpening, box: OpenedBox) -> None:
    if known.contents_digest != box.digest:
        raise PanelError("The box does not hold what it held when it was opened.", mend="Please tell the fund at once.")


def _numbers(pair: tuple[KeeperKey, KeeperKey]) -> str:
    return ",".join(str(key.number) for key in pair)


def _write_contents(round: Round, box: OpenedBox) -> None:
    into = "COPY panels_countedballot (round_id, number, choices) FROM STDIN"
    with suppress(DatabaseError), connection.wrap_database_errors:
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            for number, ballot in enumerate(box.ballots, start=1):
                copy.write_row((round.pk, number, ",".join(map(str, ballot))))
        return
    # Where the disc is full, the error quotes the line that it stopped at: a ballot. It is not repeated.
    raise PanelError(NOT_OPENED, mend="Please tell the fund.")
