"""From a resident to a sealed ballot in the box: one person, one vote, and nobody's choice beside their name.

The choice lives in this process for the time of one call. It is sealed before the database sees it, and the statement
that stores it runs on its own: no transaction around it, no history, no time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import IntegrityError, InternalError, OperationalError, connection, transaction
from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from cwf_portal.core.said import Place, Said
from panels.domain.ballot_paper import BallotError, Kind, Marks, ballot_length, check, encode, naming, ranking
from panels.domain.log import leaf_hash, raw_public, receipt_promise, short_code
from panels.domain.marks import Standing
from panels.domain.people import age_reached
from panels.domain.rules_sheet import RulesSheet, read_rules
from panels.domain.sealing import VERSION as SEAL_VERSION
from panels.domain.sealing import seal, sealed_length
from panels.errors import BallotRefusedError, NotOnRollError, PhaseError
from panels.keys import box_key, portal_key
from panels.models import Act, LeafQueue, LogLeaf, Phase, Residence, RollEntry, Round, SealedBallot
from panels.selectors.rounds import voted_elsewhere
from panels.services.enrolling import enrol_one

# Codes of projects: those chosen, or the voter's order, the first first. Or a number for each: its place or its points.
Choices = Sequence[str] | Mapping[str, int]

CAST_LIMIT = "5s"
ELSEWHERE = "You have voted at a polling place or with a card."
# The database's clock decides, in the statement that stores. A form that was sent before, or an old one, changes
# nothing: its version is not the one in the box. Nor does a ballot for other rules than the database has.
# The limit is the statement's own, as SET LOCAL would set it: what has not ended five seconds after it asked the time
# is undone by the server, long before the box is opened.
CAST = """
WITH limited AS MATERIALIZED (
    SELECT set_config('transaction_timeout', %(limit)s, true)
), boxed AS (
    INSERT INTO panels_sealedballot AS box (roll_entry_id, sealed, leaf, version, mark)
    SELECT roll.id, %(sealed)s, %(leaf)s, 1, %(first_mark)s
    FROM limited, panels_rollentry roll JOIN panels_round round ON round.id = roll.round_id
    WHERE roll.user_id = %(user)s AND round.id = %(round)s AND round.frozen_at IS NOT NULL
        AND round.rules_signature = %(rules)s
        AND core_now() >= round.voting_opens_at AND core_now() < round.voting_closes_at
        AND NOT EXISTS (SELECT FROM panels_annulment WHERE panels_annulment.round_id = round.id)
        AND NOT EXISTS (SELECT FROM panels_setaside WHERE panels_setaside.roll_entry_id = roll.id)
    ON CONFLICT (roll_entry_id) DO UPDATE
        SET sealed = EXCLUDED.sealed, leaf = EXCLUDED.leaf, version = box.version + 1, state = 'box',
            mark = %(next_mark)s
        WHERE box.version = %(seen)s AND box.state <> 'paper'
    RETURNING version
), queued AS (
    INSERT INTO panels_leafqueue (leaf, round_id) SELECT %(leaf)s, %(round)s FROM boxed
)
SELECT version FROM boxed
"""


@dataclass(frozen=True)
class Receipt:
    """Proof of a ballot in the box that shows no choice.

    Attributes:
        leaf: hash of the sealed bytes, 32 bytes; what the public log will hold.
        version: 1 for the first ballot, more after replacing it.
        round_code: 16 bytes, of the vote whose log it is.
        was_replayed: the form had been sent before; this is the receipt of the ballot already in the box.
    """

    leaf: bytes
    version: int
    round_code: bytes
    was_replayed: bool = False

    @property
    def code(self) -> str:
        """The first 80 bits of the leaf, for people."""
        return short_code(self.leaf)

    @cached_property
    def promise(self) -> bytes:
        """The portal's signature that the leaf will be under the next head: made where it is shown, always the same."""
        return receipt_promise(self.round_code, self.leaf, portal_key())


def enrol(*, by: User, round: Round) -> RollEntry:
    """Put `by` on the voters' list; once there, always the same entry.

    The entry of somebody who has not shown yet what the round asks for is pending: they vote first and show it after.

    Raises:
        PhaseError: voting has closed.
        NotOnRollError: they did not say where they live, it is another place, or they are too young.
    """
    require(by, Permission.CAST_BALLOT)
    at = core_now()
    if not round.permits(Act.ENROL, at):
        raise PhaseError(not_open(round, round.phase_at(at)))
    known = RollEntry.objects.filter(round=round, user=by).first()
    if known:
        return known
    _check_residence(by, round)
    with transaction.atomic():
        enrol_one(round, by.pk)
    entry = RollEntry.objects.filter(round=round, user=by).first()
    if entry is None:
        raise NotOnRollError("What you told us about yourself has just changed.", mend="Try again.")
    return entry


def cast_ballot(*, by: User, round: Round, choices: Choices, seen_version: int) -> Receipt:
    """Seal a choice and put it into the box, replacing the ballot whose version the voter saw.

    Args:
        by: the voter, on the list of the round.
        round: frozen and open.
        choices: as the kind of ballot asks, see `Choices`.
        seen_version: 0 when the voter saw no ballot in the box, else the version seen.

    Raises:
        BallotRefusedError: no choice, too many, one twice, one that is not on this ballot, or more than it allows.
        NotOnRollError: `by` has no vote here.
        PhaseError: voting has not begun or is over by the database's clock.
    """
    receipt = cast_at_once(by=by, round=round, choices=choices, seen_version=seen_version)
    return receipt or _receipt_in_the_box(by, round)


def cast_at_once(*, by: User, round: Round, choices: Choices, seen_version: int) -> Receipt | None:
    """As `cast_ballot`, for a round that was read some time ago; None where nothing was stored, for whatever reason.

    The statement that stores looks at the round as it is: nobody votes by old rules, nor in a vote that was annulled.
    """
    require(by, Permission.CAST_BALLOT)
    sheet = rules_sheet(round)
    sealed = seal(plain_ballot(sheet, choices), sheet.keepers, sheet.context)
    return _put_into_box(by, round, sealed=sealed, seen_version=seen_version)


def cast_sealed_ballot(*, by: User, round: Round, sealed: bytes, seen_version: int) -> Receipt:
    """Put a ballot into the box that the voter's browser has sealed; what is in it nobody can check before opening.

    Args:
        by: the voter, on the list of the round.
        round: frozen and open.
        sealed: of the one length that ballots of this round have.
        seen_version: 0 when the voter saw no ballot in the box, else the version seen.

    Raises:
        BallotRefusedError: the bytes have another length or version, or were sent before.
        NotOnRollError: `by` has no vote here.
        PhaseError: voting has not begun or is over by the database's clock.
    """
    require(by, Permission.CAST_BALLOT)
    sheet = rules_sheet(round)
    if len(sealed) != sealed_length(ballot_length(len(sheet.project_ids))) or sealed[:1] != SEAL_VERSION:
        raise BallotRefusedError("This is not a sealed ballot of this vote.", mend="Start again from the ballot.")
    leaf = leaf_hash(sealed)
    if SealedBallot.objects.filter(roll_entry__round=round, roll_entry__user=by, leaf=leaf).exists():
        return _receipt_in_the_box(by, round)
    was_sent = BallotRefusedError("This sealed ballot was sent before.", mend="Start again from the ballot.")
    if LogLeaf.objects.filter(round=round, leaf=leaf).exists() or LeafQueue.objects.filter(leaf=leaf).exists():
        raise was_sent
    try:
        receipt = _put_into_box(by, round, sealed=sealed, seen_version=seen_version)
    except IntegrityError:
        raise was_sent from None
    return receipt or _receipt_in_the_box(by, round)


def check_choices(round: Round, choices: Choices) -> None:
    """Raise BallotRefusedError unless these choices make a ballot of the round."""
    marks_of(rules_sheet(round), choices)


def plain_ballot(sheet: RulesSheet, choices: Choices) -> bytes:
    """The ballot of these choices before it is sealed; BallotRefusedError unless they make one."""
    return encode(marks_of(sheet, choices), sheet.ballot)


def unreadable_ballot(sheet: RulesSheet) -> bytes:
    """A ballot that counts as invalid when the box is opened, as long as any other."""
    return bytes(ballot_length(len(sheet.project_ids)))


def rules_sheet(round: Round) -> RulesSheet:
    """The frozen rules, their signature checked against the key outside the database.

    Raises:
        PhaseError: nothing is frozen yet.
        BallotRefusedError: the stored rules are not those the portal signed.
    """
    if round.rules is None or round.rules_signature is None:
        raise PhaseError("This vote is still being prepared.")
    try:
        key = raw_public(portal_key().public_key())
        return read_rules(bytes(round.rules), bytes(round.rules_signature), key)
    except ValueError as error:
        raise BallotRefusedError(
            "The rules of this vote are not those that were signed, so no ballot can be sealed.",
            mend="Please tell the fund.",
        ) from error


def receipt_for(*, user: User, round: Round) -> Receipt | None:
    """The receipt of the ballot that will count for this person, if one is in the box."""
    ballot = SealedBallot.objects.of(round).in_box().filter(roll_entry__user=user).only("leaf", "version").first()
    return receipt_of(round, bytes(ballot.leaf or b""), ballot.version) if ballot else None


def _put_into_box(by: User, round: Round, *, sealed: bytes, seen_version: int) -> Receipt | None:
    leaf = leaf_hash(sealed)
    first, key = Standing(round.code.bytes, by.pk, 1, leaf), box_key()
    values = {
        "sealed": sealed,
        "leaf": leaf,
        "user": by.pk,
        "round": round.pk,
        "seen": seen_version,
        "first_mark": first.mark(key),
        "next_mark": replace(first, version=seen_version + 1).mark(key),
        "rules": round.rules_signature,
    }
    version = _store(values)
    return None if version is None else receipt_of(round, leaf, version)


def _store(values: dict[str, Any]) -> int | None:
    """The new version, or None when nothing was stored. Values were converted before: no error shows one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(CAST, values | {"limit": CAST_LIMIT})
            row = cursor.fetchone()
            if connection.in_atomic_block:  # the limit is this statement's, not its caller's
                cursor.execute("SET LOCAL transaction_timeout = 0")
    except (OperationalError, InternalError) as error:
        connection.close_if_unusable_or_obsolete()  # the server ends it with the limit; who is told so needs another
        raise BallotRefusedError(
            "The database did not answer in time.",
            mend="Open the vote again: it shows if your vote is in the box.",
        ) from error
    return row[0] if row else None


def _receipt_in_the_box(by: User, round: Round) -> Receipt:
    """Why nothing was stored: the form was old and a ballot is there, or the person may not vote now."""
    phase = round.phase_at(core_now())
    if not phase.permits(Act.CAST):
        raise PhaseError(not_open(round, phase))
    if voted_elsewhere(by, round):
        raise BallotRefusedError(ELSEWHERE, mend="It counts. You do not vote here as well.")
    receipt = receipt_for(user=by, round=round)
    if receipt is None and SealedBallot.objects.of(round).standing().filter(roll_entry__user=by).exists():
        raise BallotRefusedError(
            "Your vote is on paper: your envelope was received.", mend="It counts. You do not vote here as well."
        )
    if receipt is None and SealedBallot.objects.of(round).filter(roll_entry__user=by).exists():
        raise BallotRefusedError("You withdrew your ballot.", mend="To vote again, start from the ballot.")
    if receipt is None:
        raise NotOnRollError("You are not on the voters' list of this vote.", mend="Show first where you live.")
    return replace(receipt, was_replayed=True)


def receipt_of(round: Round, leaf: bytes, version: int) -> Receipt:
    """The receipt of a ballot with this leaf."""
    return Receipt(leaf, version, round.code.bytes)


def marks_of(sheet: RulesSheet, choices: Choices) -> Marks:
    """The marks of these choices on the ballot paper.

    Raises:
        BallotRefusedError: they make no ballot; the sentence says how to mend it and repeats no choice.
    """
    known = {code: place for place, code in enumerate(sheet.project_ids)}
    if any(code not in known for code in choices):
        raise BallotRefusedError("A project you chose is not part of this vote.", mend="Start again from the ballot.")
    if not isinstance(choices, Mapping) and len(set(choices)) != len(choices):
        raise BallotRefusedError("A project was chosen twice.", mend="Start again from the ballot.")
    if isinstance(choices, Mapping):
        marks = tuple(choices.get(code, 0) for code in sheet.project_ids)
    else:
        marked = ranking if sheet.ballot.kind is Kind.RANKED else naming
        marks = marked([known[code] for code in choices], len(known))
    try:
        check(marks, sheet.ballot)
    except BallotError as error:
        raise BallotRefusedError(error.sentence, mend=error.mend) from None
    return marks


def _check_residence(by: User, round: Round) -> None:
    residence = Residence.objects.filter(user=by).first()
    if residence is None:
        raise NotOnRollError("You have not told us yet where you live.", mend="Do that first.")
    if residence.placed_by == Residence.PlacedBy.ELSEWHERE:
        raise NotOnRollError("Two people found that you live in another place.", mend="Ask the fund.")
    if residence.neighbourhood_id != round.panel.neighbourhood_id:
        raise NotOnRollError("This vote is for people who live in another place.")
    if is_too_young(residence, round, core_now()):
        raise too_young(round)


def is_too_young(residence: Residence, round: Round, at: datetime) -> bool:
    """Whether somebody is younger than this vote asks for."""
    return age_reached(residence.of_age_on, localdate(at)) < round.minimum_age


def too_young(round: Round, who: str = "You") -> NotOnRollError:
    """What is said to somebody who is younger than a vote asks for, or of them."""
    you = "You can vote here from your {age} birthday."
    they = "They can vote here from their {age} birthday."
    return NotOnRollError(Said(you if who == "You" else they, age=Place(round.minimum_age)))


def not_open(round: Round, phase: Phase) -> str:
    """Why nobody can vote in this phase, for a person to read."""
    if phase is Phase.ANNULLED:
        return Said("“{title}” was annulled. Nothing was stored.", title=round.title)
    if phase in {Phase.CLOSED, Phase.OPENED, Phase.PUBLISHED, Phase.CERTIFIED, Phase.MISSED}:
        return Said("Voting in “{title}” has closed. Nothing was stored.", title=round.title)
    return Said("Voting in “{title}” has not begun yet. Nothing was stored.", title=round.title)
