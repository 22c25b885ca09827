"""Programmes and waves: the terms, and the money that comes in."""

import json
from datetime import date
from importlib import resources

from cwf_portal.core.audit import Actor, acting, actor_name
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.award import split_wave
from grants.domain.ledger import JournalKind
from grants.domain.postings import received
from grants.models import Programme, Source, Wave
from grants.selectors.days import today
from grants.services.bank_references import known_by
from grants.services.posting import Entry, post_journal


def presets() -> dict[str, dict[str, object]]:
    """The programmes that come with the project, by code.

    Source: the campaign's proposals of 2020; government response to the technical consultation, 25 September 2025.
    """
    text = resources.files("grants.data").joinpath("programmes.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, object]] = json.loads(text)
    return loaded


def open_programme(*, by: User, preset: str, code: str = "", **changes: object) -> Programme:
    """Open a programme from a preset, with some terms changed where the fund wants so.

    Opening the same code again returns the first.

    Args:
        by: A director.
        preset: One of `presets()`.
        code: The programme's own code; the preset's unless given.
        changes: Fields of `Programme` that differ from the preset.

    Raises:
        NotAllowedError: `by` may not manage the endowment.
        DomainError: There is no such preset.
    """
    return _open_programme(by=by, preset=preset, code=code, changes=changes)


def open_programme_by_two(*, asked_by: User, by: User, preset: str, code: str = "") -> Programme:
    """Open a programme that two directors decided on; its history names both.

    Raises:
        NotAllowedError: One of the two may not manage the endowment, or they are one person.
        DomainError: There is no such preset.
    """
    require(asked_by, Permission.MANAGE_ENDOWMENT)
    if asked_by.pk == by.pk:
        raise NotAllowedError("A programme is opened by two directors.", mend="Name another director.")
    return _open_programme(by=by, preset=preset, code=code, changes={}, why=f" as {actor_name(asked_by)} asked")


def _open_programme(*, by: User, preset: str, code: str, changes: dict[str, object], why: str = "") -> Programme:
    require(by, Permission.MANAGE_ENDOWMENT)
    known = presets()
    if preset not in known:
        raise DomainError(f"There is no preset called {preset}.", mend=f"Choose one of {', '.join(sorted(known))}.")
    with acting(by, f"opened the programme {code or preset}{why}"):
        programme, _ = Programme.objects.get_or_create(code=code or preset, defaults=known[preset] | changes)
        return programme


def announce_wave(
    *,
    by: User,
    programme: Programme,
    source: Source,
    title: str,
    announced_pence: int,
    expected_on: date,
    bank_reference: str,
    is_sample: bool = False,
) -> Wave:
    """Note that money was announced. Nothing is posted: announced money is no money.

    The bank's line is matched by `bank_reference`. The same reference again returns the first wave.

    Raises:
        NotAllowedError: `by` may not manage the endowment.
        DomainError: The amount is not positive, the reference is empty, or the source cannot be promised from.
        ConflictError: The reference stands for another wave, or for an order.
    """
    require(by, Permission.MANAGE_ENDOWMENT)
    if announced_pence < 1:
        raise DomainError("A wave must bring money.", mend="Enter an amount above zero.")
    if not bank_reference.strip():
        raise DomainError("The bank's line needs a reference to be known by.", mend="Enter the payer's reference.")
    if not source.is_spendable:
        raise DomainError(f"No wave comes from “{source}”.", mend="Choose where the money comes from.")
    with acting(by, f"announced the wave {title}"):
        with known_by(bank_reference.strip()):
            wave, _ = Wave.objects.get_or_create(
                bank_reference=bank_reference.strip(),
                defaults={
                    "programme": programme,
                    "source": source,
                    "title": title,
                    "announced_on": today(),
                    "announced_pence": announced_pence,
                    "announced_by": by,
                    "expected_on": expected_on,
                    "is_sample": is_sample,
                },
            )
        if (wave.programme_id, wave.source_id, wave.announced_pence) != (programme.pk, source.pk, announced_pence):
            raise ConflictError(f"The reference {bank_reference} stands for another wave: {wave.title}.")
        return wave


def post_wave_received(*, by: Actor, wave: Wave, amount_pence: int, value_on: date, statement_line: str) -> Wave:
    """Post a wave that the bank has credited: cash against free money, by strand.

    What the bank says is posted, whatever was announced. The same line again changes nothing.

    Args:
        by: Who read the statement; `system:statements` for the machine.
        wave: The wave that the line's reference names.
        amount_pence: What was credited, above zero.
        value_on: The bank's value date.
        statement_line: How the line is known in the statement, kept as the journal's reference.

    Raises:
        ConflictError: Another line has already brought this wave.
        DomainError: The amount is not positive.
    """
    if amount_pence < 1:
        raise DomainError("A wave must bring money.", mend="Look at the bank's line again.")
    with acting(by, f"the bank credited the wave {wave.bank_reference}"):
        wave = (
            Wave.objects.select_for_update(no_key=True, of=("self",))
            .select_related("programme", "journal")
            .get(pk=wave.pk)
        )
        if wave.journal is not None and wave.journal.source_reference != statement_line:
            raise ConflictError(
                f"The wave “{wave.title}” has arrived already.", mend="Explain the second line by hand."
            )
        wave.journal = post_journal(
            by=by,
            entry=Entry(
                kind=JournalKind.WAVE_RECEIVED,
                key=f"wave:{wave.bank_reference}",
                lines=received(wave.source_id, split_wave(amount_pence, wave.programme.wave_pct)),
                effective_on=value_on,
                reference=statement_line,
            ),
        )
        wave.received_on = value_on
        wave.received_pence = amount_pence
        wave.save(update_fields=["journal", "received_on", "received_pence"])
        return wave
