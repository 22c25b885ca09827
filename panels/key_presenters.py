"""Sentences and rows about the keepers of a vote, their keys, and the opening of its box."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from cwf_portal.core.figures_text import day_text, moment_text
from cwf_portal.core.languages import as_code, as_written, in_words, sentences
from panels.domain.key_sheet import fingerprint
from panels.keys import KEEPERS, SheetsInFolder
from panels.models import (
    Attestation,
    Certification,
    Keeper,
    Objection,
    ObjectionAnswer,
    OpeningSet,
    Reconciliation,
    Round,
)
from panels.services.certifying import BACKUPS_KEPT

WHO = {
    Keeper.Body.PANEL: "A member of the panel. Not somebody who works for the fund.",
    Keeper.Body.FUND: "Somebody who works for the fund. The fund names them.",
    Keeper.Body.INDEPENDENT: "Somebody from neither, such as a librarian, a teacher or the returning officer.",
}


def keeper_rows(
    forms: Mapping[Keeper.Body, Any], keepers: Iterable[Keeper], to_lose: Mapping[int, Any]
) -> list[dict[str, Any]]:
    """For each body: who may keep its key, who does, how far they are, the form to name them, and to say it is lost."""
    named = {keeper.body: keeper for keeper in keepers}
    has_key = {body for body, keeper in named.items() if not keeper.is_lost}
    return [
        {
            "body": body,
            "who": WHO[body],
            "facts": _facts_of(named.get(body.value)),
            "form": form,
            "lost_form": to_lose.get(body.value) if body.value in has_key else None,
        }
        for body, form in forms.items()
    ]


def key_facts(keeper: Keeper) -> list[tuple[str, str]]:
    """What a keeper sees of their own key."""
    round = keeper.round
    facts = [("Vote", round.title), ("You keep the key of", keeper.get_body_display())]
    if keeper.made_at:
        facts += [
            ("Fingerprint", _fingerprint(keeper)),
            ("Made", f"{moment_text(keeper.made_at)}, with: {keeper.get_made_with_display()}"),
        ]
    facts += _lost_facts(keeper)
    facts.append(("Voting closes", moment_text(round.voting_closes_at)))
    return facts


def public_keys(round: Round, keepers: Iterable[Keeper]) -> list[tuple[str, str]]:
    """(body, fingerprint and what happened to the key) for everybody; nothing before the vote is fixed."""
    if round.frozen_at is None:
        return []
    rows = []
    for keeper in keepers:
        lost = [format_html("{}: {}", said, how) for said, how in _lost_facts(keeper)] or [SafeString("")]
        known = sentences(as_code(_fingerprint(keeper)), in_words(keeper.get_made_with_display()), *lost)
        rows.append((in_words(keeper.get_body_display()), known))
    return rows


def opening_page(
    round: Round, named: OpeningSet | None, *, keys: Sequence[str], keepers: Iterable[Keeper], changed: int = 0
) -> dict[str, Any]:
    """What the two keepers see before and while they enter their sheets."""
    people = {keeper.body: str(keeper.user) for keeper in keepers}
    prints = [
        (f"{body.label}: {people.get(body, '')}", fingerprint(bytes.fromhex(keys[body - 1]))) for body in Keeper.Body
    ]
    facts = []
    if named:
        facts = [
            ("Ballots to open", f"{named.count:,}"),
            ("Their fingerprint", bytes(named.hash).hex()),
            ("Signed on", moment_text(named.named_at)),
        ]
    if changed:
        facts.append(("Set aside because somebody changed them in the database", f"{changed:,}"))
    return {"round": round, "named": named, "facts": facts, "prints": prints, "sheets": _sample_sheets(round)}


def sums_of(round: Round, rows: Iterable[Reconciliation], unexplained: int) -> list[tuple[str, str]]:
    """What became of every entry of the public list, as a sum that anybody can check."""
    sums = [("The rules", "1")] if round.rules is not None else []
    for row in rows:
        way = row.get_channel_display().lower()
        sums += [
            (f"Opened, {way}", f"{row.opened_count:,}"),
            (f"Replaced by their voters, {way}", f"{row.replaced_count:,}"),
            (f"Set aside unopened, {way}", f"{row.set_aside_count:,}"),
            (f"Withdrawn, {way}", f"{row.withdrawn_count:,}"),
        ]
    if hasattr(round, "opening"):
        sums.append(("Of those opened, counted", f"{round.opening.counted_count:,}"))
        sums.append(("Of those opened, invalid", f"{round.opening.invalid_count:,}"))
        sums.append(("Entries that nothing explains", f"{unexplained:,}"))
    return sums


def certifying_facts(
    round: Round, certification: Certification | None, ends_at: datetime | None
) -> list[tuple[str, str]]:
    """Where the end of the vote stands."""
    facts = []
    if ends_at:
        facts.append(("People of the place can object until", moment_text(ends_at)))
    if certification:
        facts.append(("Asked for by", f"{certification.asked_by}, {moment_text(certification.asked_at)}"))
        if certification.certified_at:
            erased_on = localdate(certification.certified_at + BACKUPS_KEPT)
            facts += [
                ("Certified by", f"{certification.certified_by}, {moment_text(certification.certified_at)}"),
                ("Sealed ballots", "Deleted here. Keepers were told to destroy their sheets."),
                ("Gone from backups by", day_text(erased_on)),
            ]
    return facts


def attested(round: Round, found: Iterable[Attestation]) -> list[tuple[str, str]]:
    """What keepers found when they opened the box again off this site."""
    return [
        (
            _("{body}: opened again elsewhere").format(body=_(one.keeper.get_body_display())),
            _("The same ballots") if one.digest == round.opening.contents_digest else _("Other ballots: tell the fund"),
        )
        for one in found
    ]


def checked_again(
    round: Round,
    found: Iterable[Attestation],
    *,
    waiting: Iterable[Keeper],
    objections: Sequence[tuple[Objection, Sequence[ObjectionAnswer]]],
) -> list[tuple[str, str]]:
    """What must be there before a vote is certified: both keepers' second opening, an answer to every objection."""
    if not hasattr(round, "opening"):
        return []
    rows = attested(round, found)
    rows += [(f"{keeper.get_body_display()}: opened again elsewhere", f"{keeper.user}: not yet") for keeper in waiting]
    answered = sum(1 for _, answers in objections if answers)
    made = f"{len(objections):,} made, {answered:,} answered" if objections else "None made"
    return [*rows, ("Objections", made)]


def _sample_sheets(round: Round) -> list[str]:
    """The demo's own key sheets, so that a visitor can play two keepers; nothing anywhere else."""
    if not (settings.DEMO and round.is_sample):
        return []
    folder = SheetsInFolder()
    return [sheet for number in KEEPERS if (sheet := folder.sheet(round.code, number))]


def _facts_of(keeper: Keeper | None) -> list[tuple[str, str]]:
    if keeper is None:
        return []
    state = f"Made on {moment_text(keeper.made_at)}" if keeper.made_at else "Not made yet"
    facts = [("Keeper", str(keeper.user)), ("Named by", str(keeper.appointed_by)), ("Key", state)]
    if keeper.public_key:
        facts.append(("Fingerprint", _fingerprint(keeper)))
    return facts + _lost_facts(keeper)


def _lost_facts(keeper: Keeper) -> list[tuple[str, str]]:
    """That a key is lost, or that one side says so and nobody else has yet."""
    if keeper.lost_at is None:
        return []
    if keeper.is_lost:
        return [(_("Lost"), format_html("{}: {}", moment_text(keeper.lost_at), as_written(keeper.lost_note)))]
    said = _("Said to be lost; the keeper or the other side has not said so yet")
    side = in_words(keeper.get_lost_side_display())
    return [(said, format_html("{}, {}: {}", side, moment_text(keeper.lost_at), as_written(keeper.lost_note)))]


def _fingerprint(keeper: Keeper) -> str:
    return fingerprint(bytes.fromhex(keeper.public_key))
