"""Envelopes of votes on paper: labels printed, handed out, spoilt, received. The list is marked once, by one row.

The row that holds a ballot cast on this site is also what says that a vote is on paper, so that a person's two ways
meet in one key, whoever comes first. Nothing here holds a time.
"""

import secrets

from django.db import connection
from django.utils.timezone import localdate

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.models.people import NOWHERE
from cwf_portal.core.permissions import Permission, require
from panels.domain import crockford
from panels.errors import PaperError, PhaseError
from panels.models import Act, OpeningSet, PaperEnvelope, Phase, RollEntry, Round, SealedBallot, TableEntry
from panels.permissions import require_member_or_officer
from panels.selectors.paper import has_project_at_home
from panels.services.casting import not_open, rules_sheet
from panels.services.pairs import check_other_home

MOST_LABELS = 500
SERIAL_BYTES = 5  # eight letters
SHORTEST_REASON = 3
TOPIC = "panels.paper"
State = PaperEnvelope.State

# Waits for a ballot of the same person that is on its way, and is waited for by it.
MARK = """
INSERT INTO panels_sealedballot AS box (roll_entry_id, version, state) VALUES (%s, 0, 'paper')
ON CONFLICT (roll_entry_id) DO UPDATE SET state = 'paper' WHERE box.state = 'withdrawn'
RETURNING state
"""


def print_labels(*, by: User, round: Round, count: int) -> list[PaperEnvelope]:
    """Labels for envelopes, so that `count` wait to be handed out; printing again gives the same labels.

    Raises:
        PhaseError: the vote is not fixed yet, is over, or its rules know no paper.
        PaperError: not between 1 and 500.
    """
    with acting(by, "printed labels for envelopes"):
        locked = lock_for_polling(by, round)
        if not locked.permits(Act.PREPARE_PAPER, core_now()):
            raise PhaseError("Labels are printed once the vote is fixed, and until voting closes.")
        if not 1 <= count <= MOST_LABELS:
            raise PaperError(f"Print between 1 and {MOST_LABELS} labels at a time.")
        missing = count - PaperEnvelope.objects.filter(round=locked).blank().count()
        PaperEnvelope.objects.bulk_create(
            PaperEnvelope(round=locked, serial=_new_serial(), made_by=by) for _ in range(missing)
        )
        return list(PaperEnvelope.objects.filter(round=locked).blank().order_by("serial")[:count])


def issue_envelope(*, by: User, round: Round, serial: str, entry: RollEntry) -> PaperEnvelope:
    """Hand an envelope with a paper out to somebody on the list. The same again changes nothing.

    Whoever has not shown yet where they live can have one too: it stays closed until they have, in time or never.

    Raises:
        PhaseError: voting is not open.
        NotAllowedError: `by` neither sits on the panel nor is an officer, it is for themselves, or for
            somebody whom they put on the list.
        PaperError: the envelope is not blank, or the person may not vote on paper now; the sentence says why.
    """
    with acting(by, "handed an envelope out"):
        locked = lock_for_polling(by, round)
        require_voting(locked)
        envelope = envelope_by_serial(locked, serial)
        if (envelope.state, envelope.roll_entry_id) == (State.ISSUED, entry.pk):
            return envelope
        if envelope.state != State.BLANK:
            raise PaperError(f"This envelope is used: {envelope.get_state_display().lower()}.", mend="Take another.")
        _check_may_have(by, locked, entry)
        envelope.state, envelope.roll_entry, envelope.issued_by = State.ISSUED, entry, by
        envelope.save(update_fields=["state", "roll_entry", "issued_by"])
        return envelope


def spoil_envelope(*, by: User, round: Round, serial: str, reason: str) -> PaperEnvelope:
    """Note that an envelope or its paper is spoilt or lost; it does not count, and the person can have another.

    The person is told, with the reason. Another person can take it back if the envelope turns up (`restore_envelope`).

    Raises:
        PhaseError: voting is not open.
        PaperError: the envelope is not out, or there is no reason.
    """
    with acting(by, "noted a spoilt envelope"):
        locked = lock_for_polling(by, round)
        require_voting(locked)
        envelope = envelope_by_serial(locked, serial)
        if envelope.state == State.SPOILT:
            return envelope
        if envelope.state != State.ISSUED or envelope.roll_entry is None:
            raise PaperError(f"This envelope is not out: {envelope.get_state_display().lower()}.")
        if len(reason.strip()) < SHORTEST_REASON:
            raise PaperError("Say in a sentence what happened to it.", mend="The voter can read it.")
        envelope.spoilt_by, envelope.spoilt_reason, envelope.restored_by = by, reason.strip()[:200], None
        envelope.save(update_fields=["spoilt_by", "spoilt_reason", "restored_by"])
        _tell_spoilt(envelope, locked)
        return _take(envelope, State.SPOILT, by)


def restore_envelope(*, by: User, round: Round, serial: str) -> PaperEnvelope:
    """Take back that an envelope is spoilt or lost, because it turned up: it is out again, and can be received.

    Raises:
        PhaseError: voting is not open.
        NotAllowedError: `by`, or somebody they live with, noted it as spoilt.
        PaperError: it is not spoilt, the person has another by now, or has voted.
    """
    with acting(by, "took back that an envelope is spoilt"):
        locked = lock_for_polling(by, round)
        require_voting(locked)
        envelope = envelope_by_serial(locked, serial)
        if envelope.state == State.ISSUED and envelope.restored_by_id:
            return envelope
        entry = envelope.roll_entry
        if envelope.state != State.SPOILT or entry is None:
            raise PaperError(f"This envelope is not noted as spoilt: {envelope.get_state_display().lower()}.")
        if by.pk in {envelope.spoilt_by_id, entry.user_id}:
            raise NotAllowedError("You noted it yourself, or it is your own.", mend="Somebody else takes it back.")
        check_other_home(by, [envelope.spoilt_by_id])
        if PaperEnvelope.objects.filter(
            roll_entry=entry, state__in=(State.ISSUED, State.RECEIVED, State.OPENED)
        ).exists():
            raise PaperError("They have another envelope by now.", mend="Keep this one apart, unopened.")
        envelope.state, envelope.taken_by, envelope.restored_by = State.ISSUED, None, by
        envelope.save(update_fields=["state", "taken_by", "restored_by"])
        return envelope


def receive_envelope(*, by: User, round: Round, serial: str) -> PaperEnvelope:
    """Take an envelope back: it counts, or is set aside because a ballot is in the box, or comes too late.

    Raises:
        PhaseError: it is fixed already what is opened.
        NotAllowedError: `by`, or somebody they live with, handed it out.
        PaperError: the envelope was never handed out, or is noted as spoilt.
    """
    with acting(by, "received an envelope"):
        locked = lock_for_polling(by, round)
        envelope = envelope_by_serial(locked, serial)
        if envelope.state in {State.RECEIVED, State.ASIDE, State.LATE, State.OPENED}:
            return envelope
        if envelope.state != State.ISSUED or envelope.roll_entry is None:
            mend = "Another person than noted it can take that back." if envelope.state == State.SPOILT else ""
            raise PaperError(
                f"This envelope cannot count: {envelope.get_state_display().lower()}.",
                mend=mend or "Keep it apart, unopened.",
            )
        phase = locked.phase_at(core_now())
        if OpeningSet.objects.filter(round=locked).exists() or not phase.permits(Act.TAKE_IN_PAPER):
            raise PhaseError("It is fixed already what is opened.", mend="Keep the envelope apart, unopened.")
        if envelope.issued_by_id == by.pk:
            raise NotAllowedError("You handed this envelope out.", mend="Another person receives it.")
        check_other_home(by, [envelope.issued_by_id])
        if phase is Phase.CLOSED:
            return _take(envelope, State.LATE, by)
        if mark_on_paper(envelope.roll_entry):
            _tell_received(envelope.roll_entry, locked)
            return _take(envelope, State.RECEIVED, by)
        _tell_set_aside(envelope.roll_entry.user, locked)
        return _take(envelope, State.ASIDE, by)


def mark_on_paper(entry: RollEntry) -> bool:
    """Mark the list: this vote is on paper. False when a ballot is in the box, or it was marked before."""
    with connection.cursor() as cursor:
        cursor.execute(MARK, [entry.pk])
        return cursor.fetchone() is not None


def lock_for_polling(by: User, round: Round) -> Round:
    """The round, locked, for a member of its panel or an officer who has nothing to win in it.

    Raises:
        NotAllowedError: `by` is neither, or has a project in it at home.
        PhaseError: the rules of this vote know no paper.
    """
    require(by, Permission.RUN_POLLING)
    locked = (
        Round.objects.select_for_update(of=("self",), no_key=True)
        .select_related("panel__neighbourhood")
        .get(pk=round.pk)
    )
    require_member_or_officer(by, locked.panel, day=localdate(core_now()), permission=Permission.RUN_POLLING)
    if has_project_at_home(by, locked):
        raise NotAllowedError(
            "You or your household have a project in this vote.", mend="Somebody else looks after its paper."
        )
    if locked.frozen_at is None or "paper" not in rules_sheet(locked).content:
        raise PhaseError("There is no paper in this vote.", mend="Paper needs a vote that is fixed and allows it.")
    return locked


def envelope_by_serial(round: Round, typed: str) -> PaperEnvelope:
    """The envelope whose label says this, as somebody typed it.

    Raises:
        PaperError: no envelope of this vote has such a label.
    """
    try:
        serial = crockford.grouped(crockford.normalise(typed))
    except ValueError:
        serial = ""
    found = PaperEnvelope.objects.filter(round=round, serial=serial).select_related("roll_entry__user").first()
    if found is None:
        raise PaperError("No envelope of this vote has this number.", mend="Check each letter of the label.")
    return found


def _take(envelope: PaperEnvelope, state: PaperEnvelope.State, by: User) -> PaperEnvelope:
    envelope.state, envelope.taken_by = state, by
    envelope.save(update_fields=["state", "taken_by"])
    return envelope


def _new_serial() -> str:
    return crockford.grouped(crockford.encode(secrets.token_bytes(SERIAL_BYTES)))


def require_voting(round: Round) -> None:
    """Raise PhaseError unless voting is open by the database's clock."""
    phase = round.phase_at(core_now())
    if not phase.permits(Act.CAST):
        raise PhaseError(not_open(round, phase))


def _check_may_have(by: User, round: Round, entry: RollEntry) -> None:
    if entry.user_id == by.pk:
        raise NotAllowedError("This envelope would be your own.", mend="Somebody else hands it to you.")
    if TableEntry.objects.filter(roll_entry=entry.pk, entered_by=by).exists():
        raise NotAllowedError("You put this person on the list here.", mend="Somebody else hands the envelope out.")
    if entry.round_id != round.pk or hasattr(entry, "first_vote"):
        raise PaperError("This person is not on the voters' list of this vote.")
    check_counts(entry)
    mark = SealedBallot.objects.filter(roll_entry=entry).standing().first()
    if mark and mark.state == SealedBallot.State.ON_PAPER:
        raise PaperError("They have voted on paper already.")
    if mark:
        raise PaperError(
            "They have voted on this site.", mend="They can withdraw that ballot first, then vote on paper."
        )
    if PaperEnvelope.objects.filter(roll_entry=entry, state=State.ISSUED).exists():
        raise PaperError("They have an envelope already.", mend="If it is spoilt or lost, note that first.")


def check_counts(entry: RollEntry) -> None:
    """Raise PaperError where another entry of the same person counts."""
    if hasattr(entry, "set_aside"):
        raise PaperError(
            "This person is on the list twice, and their other entry counts.",
            mend="Take that one. Where it has a vote already, they have voted.",
        )


def _tell_received(entry: RollEntry, round: Round) -> None:
    is_certain = not entry.is_pending or hasattr(entry, "verification")
    until = (
        "" if is_certain else f"It is opened only if you show by {moment_text(round.show_by)} that you live here.\n\n"
    )
    _tell(
        entry.user,
        round,
        f"Your envelope in \u201c{round.title}\u201d was received, and the list says that you voted on paper.\n\n"
        f"{until}Was this not you? Then tell the fund by {moment_text(round.voting_closes_at)}.\n",
    )


def _tell_spoilt(envelope: PaperEnvelope, round: Round) -> None:
    if envelope.roll_entry is None:
        return
    _tell(
        envelope.roll_entry.user,
        round,
        f"{envelope.spoilt_by} noted that your envelope {envelope.serial} in \u201c{round.title}\u201d is spoilt or "
        f"lost: {envelope.spoilt_reason}\n\nIt does not count now. You can have another one, or vote on the site, "
        f"until {moment_text(round.voting_closes_at)}.\n\nIs it not so? Hand the envelope in by then, or "
        "tell the fund.\n",
    )


def _tell_set_aside(user: User, round: Round) -> None:
    body = (
        f"Your envelope in \u201c{round.title}\u201d was received, and a ballot of yours is in the box on the site. "
        "Only one of the two can count. As the rules say, it is the one on the site, and the envelope stays closed.\n\n"
        f"If your paper is to count, withdraw the ballot by {moment_text(round.voting_closes_at)}:\n"
        f"{address_of('panels:vote-receipt', round.pk)}\n"
    )
    _tell(user, round, body)


def _tell(user: User, round: Round, body: str) -> None:
    """People without an email address are told at the table."""
    if not user.email.endswith(NOWHERE):
        send_message(to=user.email, subject=f"Your envelope: {round.title}", body=body, topic=TOPIC)
