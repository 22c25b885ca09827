"""Papers: envelopes opened together, papers entered by two who see nothing of each other, sealed once both agree.

What somebody enters is sealed in the call that brings it. Beside the seal stands a keyed fingerprint, by which two
entries of one paper can be compared and nothing else; both are deleted once the papers are sealed into the box. The
number of a paper is pencilled on it after the papers were mixed, so it says nothing about who came when.
"""

import hashlib
import hmac

from django.conf import settings

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.models import User
from panels.domain.log import leaf_hash
from panels.domain.marks import paper_mark
from panels.domain.rules_sheet import FEWEST_PAPERS
from panels.domain.sealing import seal
from panels.errors import PanelError, PaperError, PhaseError
from panels.keys import box_key
from panels.models import (
    Act,
    KeyedPaper,
    LeafQueue,
    OpeningSet,
    PaperBatch,
    PaperCount,
    PaperEnvelope,
    Phase,
    Round,
    SealedPaper,
    SetAside,
)
from panels.models.round import OPENING_PAUSE
from panels.selectors import paper, roll
from panels.services.casting import Choices, not_open, plain_ballot, rules_sheet, unreadable_ballot
from panels.services.pairs import check_other_home
from panels.services.paper import lock_for_polling
from panels.services.roll_check import found_twice

State = PaperEnvelope.State


def open_batch(*, by: User, round: Round) -> PaperBatch:
    """Open every envelope that can be opened now, together. While a batch is not counted, that batch again.

    An envelope of somebody who may be on the list twice waits until that is judged, and one of somebody who has not
    shown where they live until they have; once voting has closed, all wait for these, because an envelope opened alone
    says what is in it. Whoever has not shown it in time is not waited for.

    Raises:
        PhaseError: voting has not begun, or it is fixed already what is opened.
        PaperError: fewer than ten wait while voting is open, or none at all; or voting has closed, and an envelope
            is of somebody who may be on the list twice, or who can still show where they live.
    """
    with acting(by, "opened envelopes"):
        locked = lock_for_polling(by, round)
        known = PaperBatch.objects.filter(round=locked, confirmed_by=None).first()
        if known:
            return known
        at = core_now()
        phase = locked.phase_at(at)
        if not phase.permits(Act.TAKE_IN_PAPER):
            raise PhaseError(not_open(locked, phase))
        if OpeningSet.objects.filter(round=locked).exists():
            raise PhaseError("It is fixed already what is opened.")
        waiting = PaperEnvelope.objects.filter(round=locked).to_open()
        if phase is Phase.CLOSED and waiting.filter(roll_entry__in=_unjudged(locked)).exists():
            raise PaperError(
                "An envelope is of somebody who may be on the list twice.",
                mend="Judge the pairs on the voters' list first: what is left is opened together.",
            )
        pending = waiting.pending()
        if phase is Phase.CLOSED and at < locked.show_by + OPENING_PAUSE and pending.exists():
            raise PaperError(
                f"{pending.count()} who voted on paper can still show where they live, "
                f"until {moment_text(locked.show_by)}.",
                mend="Open all envelopes together after that.",
            )
        ready = waiting.exclude(roll_entry__in=_in_question(locked)).exclude(pk__in=pending.values("pk"))
        number = ready.count()
        if not number or (phase is Phase.VOTING and number < FEWEST_PAPERS):
            raise PaperError(
                f"{number} envelopes can be opened now; it takes {FEWEST_PAPERS} while voting is open.",
                mend="Once voting has closed, all that are left are opened together.",
            )
        ready.update(state=State.OPENED)
        batches = PaperBatch.objects.filter(round=locked).count()
        return PaperBatch.objects.create(round=locked, number=batches + 1, opened_by=by, envelopes_count=number)


def count_batch(*, by: User, batch: PaperBatch, papers: int, empty: int) -> PaperBatch:
    """Say how many papers were in the envelopes, and how many envelopes held none or more than one.

    One person says it, and another who has counted too says the same: then it stands. If they say something else, both
    are forgotten, and both count again.

    Raises:
        NotAllowedError: `by` or somebody of their household has a project in the vote, or was the first to count.
        PaperError: that is not the number of envelopes, or the papers are being entered already.
    """
    with acting(by, "counted papers"):
        locked = _locked(by, batch)
        is_same = (locked.papers_count, locked.empty_count) == (papers, empty)
        if is_same and (locked.confirmed_by_id or by.pk == locked.counted_by_id):
            return locked
        if locked.first_keyer_id or locked.is_sealed:
            raise PaperError("The papers are being entered already.")
        _check_nothing_to_win(by, locked)
        if papers + empty != locked.envelopes_count:
            raise PaperError(
                f"{papers} papers and {empty} without one paper make {papers + empty}; "
                f"{locked.envelopes_count} envelopes were opened.",
                mend="Count again.",
            )
        if is_same:
            check_other_home(by, [locked.counted_by_id])
            locked.confirmed_by, locked.is_sealed = by, papers == 0
        elif locked.counted_by_id in {None, by.pk} and not locked.confirmed_by_id:
            locked.papers_count, locked.empty_count, locked.counted_by = papers, empty, by
        else:
            locked.papers_count = locked.empty_count = locked.counted_by = locked.confirmed_by = None
        locked.save(update_fields=["papers_count", "empty_count", "counted_by", "confirmed_by", "is_sealed"])
        return locked


def key_paper(*, by: User, batch: PaperBatch, number: int, choices: Choices | None) -> KeyedPaper:
    """Enter what one paper says, sealed at once. The same number again changes nothing.

    Args:
        by: one of two; whoever begins first and second are the two.
        batch: counted by two and not sealed.
        number: as pencilled on the paper, from 1.
        choices: as on a ballot of this round; None where the paper is blank, breaks the rules or cannot be read.

    Raises:
        NotAllowedError: two others enter this batch, or `by` or somebody of their household has a project in the vote,
            or is the first of the two.
        PaperError: there is no such paper in the batch.
        BallotRefusedError: these choices are no ballot of the round.
    """
    with acting(by, "entered a paper"):
        locked = _locked(by, batch)
        if locked.is_sealed or not 1 <= number <= (locked.papers_count or 0):
            raise PaperError("There is no such paper to enter in this batch.")
        if not locked.confirmed_by_id:
            raise PaperError("Only one person has counted the papers.", mend="Another counts them first.")
        _claim(by, locked)
        known = KeyedPaper.objects.filter(batch=locked, number=number, keyer=by).first()
        if known:
            return known
        sheet = rules_sheet(locked.round)
        plain = unreadable_ballot(sheet) if choices is None else plain_ballot(sheet, choices)
        return KeyedPaper.objects.create(
            batch=locked,
            number=number,
            keyer=by,
            sealed=seal(plain, sheet.keepers, sheet.context),
            fingerprint=_fingerprint(locked, number, plain),
        )


def compare_batch(*, by: User, batch: PaperBatch) -> list[int]:
    """Compare both entries of every paper. Where they differ, both are deleted and entered again after a joint look.

    When none differs, the papers are sealed into the box in the order of their hashes, and what was entered is deleted.

    Returns:
        The numbers that differ; empty when the batch is sealed.

    Raises:
        NotAllowedError: `by` is not one of the two.
        PaperError: not every paper is entered twice.
    """
    with acting(by, "compared papers"):
        locked = _locked(by, batch)
        if locked.is_sealed:
            return []
        if by.pk not in {locked.first_keyer_id, locked.second_keyer_id}:
            raise NotAllowedError("Two others enter this batch.", mend="They compare it.")
        entered = KeyedPaper.objects.filter(batch=locked)
        if not locked.papers_count or entered.count() != 2 * locked.papers_count:
            raise PaperError("Not every paper is entered twice yet.")
        differing = paper.differing_papers(locked)
        if differing:
            entered.filter(number__in=differing).delete()
            locked.differences_count += len(differing)
            locked.save(update_fields=["differences_count"])
        else:
            _seal(locked)
        return differing


def release_keyer(*, by: User, batch: PaperBatch, keyer: User, reason: str) -> PaperBatch:
    """Somebody else takes over from `keyer`, who stopped: what they entered is deleted. Twice changes nothing.

    Raises:
        NotAllowedError: `by` is that person, or neither sits on the panel nor is an officer.
        PaperError: there is no reason, or the batch is sealed.
    """
    with acting(by, f"released who entered papers: {reason.strip()}"):
        locked = _locked(by, batch)
        if locked.is_sealed:
            raise PaperError("The papers are sealed already.")
        if by == keyer:
            raise NotAllowedError("You enter this batch yourself.", mend="Somebody else releases you.")
        if len(reason.strip()) < 3:
            raise PaperError("A reason is needed.", mend="Say in a sentence why somebody else takes over.")
        keyers = [locked.first_keyer_id, locked.second_keyer_id]
        if keyer.pk in keyers:
            KeyedPaper.objects.filter(batch=locked, keyer=keyer).delete()
            keyers.remove(keyer.pk)
            locked.first_keyer_id, locked.second_keyer_id = keyers[0], None
            locked.save(update_fields=["first_keyer", "second_keyer"])
        return locked


def settle_envelopes(round: Round) -> None:
    """Before it is named what to open: nothing of paper waits any more, and what became of every envelope is counted.

    The caller holds the lock of the round, and has set aside who is on the list twice or has not shown in time.

    Raises:
        PhaseError: an envelope waits to be opened, or a batch to be entered.
    """
    envelopes = PaperEnvelope.objects.filter(round=round).exclude(state=State.BLANK)
    if not envelopes.exists():
        return
    aside = SetAside.objects.filter(roll_entry__round=round).values("roll_entry")
    envelopes.to_open().filter(roll_entry__in=aside).update(state=State.ASIDE)
    waiting = envelopes.to_open().count()
    if waiting:
        raise PhaseError(
            f"{waiting} envelope{'s wait' if waiting > 1 else ' waits'} to be opened.",
            mend="Open and enter them first.",
        )
    batches = PaperBatch.objects.filter(round=round)
    if batches.filter(is_sealed=False).exists():
        raise PhaseError("Papers wait to be entered by two people.", mend="Enter and compare them first.")
    counts = paper.envelope_counts(round)
    papers, empty = (sum(batches.values_list(field, flat=True)) for field in ("papers_count", "empty_count"))
    PaperCount.objects.create(
        round=round,
        issued_count=sum(counts.values()) - counts[State.BLANK],
        spoilt_count=counts[State.SPOILT],
        not_returned_count=counts[State.ISSUED],
        late_count=counts[State.LATE],
        aside_count=counts[State.ASIDE],
        opened_count=counts[State.OPENED],
        papers_count=papers,
        empty_count=empty,
    )


def _locked(by: User, batch: PaperBatch) -> PaperBatch:
    """The batch as it is under the lock of its vote, which everybody takes who changes a batch or what was entered."""
    lock_for_polling(by, batch.round)
    return PaperBatch.objects.select_related("round").get(pk=batch.pk)


def _in_question(round: Round) -> set[int]:
    """Entries that may be one person with another, or were found to be."""
    aside = SetAside.objects.filter(roll_entry__round=round).values_list("roll_entry", flat=True)
    return _unjudged(round) | found_twice(round) | set(aside)


def _unjudged(round: Round) -> set[int]:
    """Entries that may be one person with another, until two people have judged it."""
    return {entry for match in roll.open_matches(round) for entry in (match.first, match.second)}


def _claim(by: User, batch: PaperBatch) -> None:
    """The first two who begin are the two."""
    if by.pk in {batch.first_keyer_id, batch.second_keyer_id}:
        return
    if batch.second_keyer_id:
        raise NotAllowedError("Two others enter this batch.", mend="Ask them.")
    _check_nothing_to_win(by, batch)
    check_other_home(by, [batch.first_keyer_id])
    field = "second_keyer" if batch.first_keyer_id else "first_keyer"
    setattr(batch, field, by)
    batch.save(update_fields=[field])


def _check_nothing_to_win(by: User, batch: PaperBatch) -> None:
    """Who counts or enters papers has nothing to win or lose in this vote."""
    if paper.has_project_at_home(by, batch.round):
        raise NotAllowedError(
            "You or your household have a project in this vote.", mend="Somebody else counts and enters papers."
        )


def _fingerprint(batch: PaperBatch, number: int, plain: bytes) -> str:
    message = b"keyed paper\n" + batch.pk.to_bytes(8) + number.to_bytes(8) + plain
    return hmac.new(settings.PERSON_HMAC_KEY.encode(), message, hashlib.sha256).hexdigest()


def _seal(batch: PaperBatch) -> None:
    """The first one's seals go into the box, sorted; nothing says any more which paper had which number."""
    chosen = KeyedPaper.objects.filter(batch=batch, keyer=batch.first_keyer).values_list("sealed", flat=True)
    rows = sorted((leaf_hash(bytes(sealed)), bytes(sealed)) for sealed in chosen)
    if len(rows) != batch.papers_count:
        raise PanelError("The batch does not hold as many papers as were counted.", mend="Please tell the fund.")
    code, key = batch.round.code.bytes, box_key()
    SealedPaper.objects.bulk_create(
        SealedPaper(round=batch.round, leaf=leaf, sealed=sealed, mark=paper_mark(code, leaf, key))
        for leaf, sealed in rows
    )
    LeafQueue.objects.bulk_create(LeafQueue(round=batch.round, leaf=leaf) for leaf, _ in rows)
    KeyedPaper.objects.filter(batch=batch).delete()
    batch.is_sealed = True
    batch.save(update_fields=["is_sealed"])
