"""Words and rows for reconciliation with the bank."""

from datetime import date
from urllib.parse import urlencode

from cwf_portal.core.figures_text import day_text, moment_text, pounds
from grants.models import BankMessage, DoubtSettlement, LineClearing, PassedOver, StatementLine
from grants.selectors.bank_lines import Period
from grants.selectors.clawbacks import overtaken_by, received_pence

Rows = list[tuple[str, object]]
PARTS = ("day", "month", "year")


def group_rows(found: Period) -> list[tuple[str, int, str, str, str]]:
    """Each group with its count, what came in, what went out and both together; the last row is the whole."""
    rows = [
        (str(one.group.label), one.count, pounds(one.in_pence), pounds(one.out_pence), pounds(one.net_pence))
        for one in found.groups
    ]
    came, went = sum(one.in_pence for one in found.groups), sum(one.out_pence for one in found.groups)
    return [*rows, ("All lines", found.line_count, pounds(came), pounds(went), pounds(found.moved_pence))]


def days_query(days: tuple[date, date]) -> str:
    """From one day to another as the address of the page of reconciliation says it."""
    parts = {"from_on": days[0], "to_on": days[1]}
    return urlencode({f"{name}_{part}": getattr(on, part) for name, on in parts.items() for part in PARTS})


def line_rows(line: StatementLine) -> Rows:
    """One line as the bank wrote it, and why the portal did not match it."""
    return [
        ("Amount", f"{pounds(abs(line.amount_pence))} {'came in' if line.amount_pence > 0 else 'went out'}"),
        ("Bank’s value date", day_text(line.value_on)),
        ("Where", f"{line}, the bank’s reference {line.bank_reference}"),
        ("Text", line.reference or "none"),
        ("Our reference in it", line.end_to_end_id or "none"),
        ("Why it was not matched", line.finding),
        *[("Taken back as an error", _taken_back(clearing)) for clearing in line.clearings.all()],
    ]


def _taken_back(clearing: LineClearing) -> str:
    return f"“{clearing.get_kind_display()}”, said by {clearing.proposed_by}; journal {clearing.journal_id} is reversed"


def clearing_rows(clearing: LineClearing) -> Rows:
    """A line and what one person says it is."""
    named = (
        clearing.payment
        or clearing.run
        or clearing.wave
        or clearing.source
        or clearing.clawback
        or clearing.counter_line
    )
    return [
        *line_rows(clearing.line),
        ("Said to be", clearing.get_kind_display()),
        ("Namely", str(named)),
        ("How they know", clearing.note),
        ("Said by", f"{clearing.proposed_by}, {moment_text(clearing.proposed_at)}"),
        *_announced(clearing),
        *_overtakes(clearing),
    ]


def _announced(clearing: LineClearing) -> Rows:
    """What was announced where another sum is said to be that money: whoever confirms does so knowingly."""
    wave = clearing.wave
    if wave is None or wave.announced_pence == clearing.line.amount_pence:
        return []
    less = wave.announced_pence - clearing.line.amount_pence
    differs = f"{pounds(abs(less))} {'less came' if less > 0 else 'more came'}"
    said = f"{pounds(wave.announced_pence)}: {differs}. What comes later is other money."
    return [("Announced", said)]


def _overtakes(clearing: LineClearing) -> Rows:
    """What the return of a payment means for claims that were closed before."""
    is_return = clearing.kind == LineClearing.Kind.RETURNED and clearing.payment is not None
    claims = overtaken_by(clearing.payment) if is_return and clearing.payment else []
    return [(f"{claim} is overtaken", _what_came(received_pence(claim))) for claim in claims]


def _what_came(came_pence: int) -> str:
    came = f"{pounds(came_pence)} came of it and stays with the place" if came_pence else "Nothing had come of it"
    return f"{came}. The payment counts as returned in full, and is paid again."


def passing_rows(message: BankMessage, passed_over: PassedOver | None = None) -> Rows:
    """A message that could not be taken in, and why somebody wants to go on without it."""
    rows: Rows = [
        ("Message", f"{message}, {moment_text(message.received_at)}"),
        ("Why it could not be taken in", message.problem),
    ]
    if passed_over is not None:
        rows.append(("Why to go on without it", passed_over.reason))
        rows.append(("Asked by", f"{passed_over.proposed_by}, {moment_text(passed_over.proposed_at)}"))
    return rows


def settlement_rows(settlement: DoubtSettlement) -> Rows:
    """What one person read in a letter of the bank."""
    payment = settlement.payment
    return [
        (
            "About",
            f"Payment {payment}"
            if payment
            else f"Every payment of run {settlement.run_id} that the bank is silent about",
        ),
        ("The letter says", settlement.get_outcome_display()),
        ("Letter", settlement.letter),
        ("Entered by", f"{settlement.proposed_by}, {moment_text(settlement.proposed_at)}"),
    ]
