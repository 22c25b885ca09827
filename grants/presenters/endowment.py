"""What the page of the fund says: each source by itself, never added up."""

from dataclasses import dataclass

from cwf_portal.core.figures_text import day_text
from cwf_portal.core.templatetags.cwf import pence, pounds_short
from grants.domain.award import STRAND_LABELS, Strand
from grants.domain.investments import ASSET_CLASS_LABELS, AssetClass
from grants.domain.ledger import HAIRCUT_PCT, Account
from grants.domain.spending import SpendDown
from grants.models import SpendingPolicy
from grants.selectors.ledger import SourceStanding
from grants.selectors.promises import SourceOutlook
from grants.services.headroom import frozen_sentence

Row = tuple[str, str]


@dataclass(frozen=True)
class LadderRow:
    """One step of the ladder, in words."""

    label: str
    due: str
    due_so_far: str
    available: str
    is_covered: bool


@dataclass(frozen=True)
class SourceCard:
    """One source: three large figures, why it promises nothing at present, and the rows behind them."""

    name: str
    code: str
    definition: str
    held: str
    promised: str
    headroom: str
    frozen: str
    rows: list[Row]
    headroom_rows: list[Row]
    class_rows: list[Row]
    free_rows: list[Row]
    policy_rows: list[Row]
    ladder: list[LadderRow]


def source_cards(standings: list[SourceStanding], outlooks: dict[int, SourceOutlook]) -> list[SourceCard]:
    """One card per source that holds or held money."""
    return [
        _card(standing, outlooks[standing.source.pk])
        for standing in standings
        if standing.cash_pence or standing.investments_pence or standing.held_by_account[Account.PAID]
    ]


def _card(standing: SourceStanding, outlook: SourceOutlook) -> SourceCard:
    held = standing.held_by_account
    return SourceCard(
        name=standing.source.name,
        code=standing.source.code,
        definition=standing.source.definition,
        held=pounds_short(standing.cash_pence + standing.investments_pence),
        promised=pounds_short(standing.promised_pence),
        headroom=pounds_short(standing.headroom_pence),
        frozen=frozen_sentence(standing),
        rows=[
            ("Held, to the penny", pence(standing.cash_pence + standing.investments_pence)),
            ("Free", pence(standing.free_pence)),
            ("Set aside for places, no agreement yet", pence(held[Account.ALLOCATED])),
            ("Kept for price rises", pence(held[Account.INDEX_RESERVE])),
            ("Pledged: later years, subject to the yearly review", pence(held[Account.PLEDGED])),
            ("Committed: legally promised", pence(held[Account.COMMITTED])),
            ("Released for payment", pence(held[Account.PAYABLE])),
            ("With the bank", pence(held[Account.INSTRUCTED])),
            ("Promised, to the penny", pence(standing.promised_pence)),
            ("Paid so far", pence(held[Account.PAID])),
        ],
        headroom_rows=_headroom_rows(standing),
        class_rows=_class_rows(standing),
        free_rows=[(STRAND_LABELS[strand], pence(standing.free_by_strand[strand])) for strand in Strand],
        policy_rows=[row for policy, found in outlook.policies for row in _policy_rows(policy, found)],
        ladder=[
            LadderRow(
                rung.label,
                pence(rung.due_pence),
                pence(rung.due_so_far_pence),
                pence(rung.available_pence),
                rung.is_covered,
            )
            for rung in outlook.ladder
        ],
    )


def _headroom_rows(standing: SourceStanding) -> list[Row]:
    """The arithmetic, one term a row."""
    position = standing.position
    uncovered = max(0, position.haircut_pence + position.unrealised_loss_pence - position.contingency_pence)
    return [
        ("Free", pence(position.free_pence)),
        ("Margin held against investments", pence(position.haircut_pence)),
        ("Losses not yet real; gains do not count", pence(position.unrealised_loss_pence)),
        ("Contingency, which covers the first of these", pence(position.contingency_pence)),
        ("Margin and losses that contingency does not cover", pence(uncovered)),
        ("Headroom: free less that", pence(standing.headroom_pence)),
    ]


def _class_rows(standing: SourceStanding) -> list[Row]:
    by_class = standing.invested.value_by_class
    return [
        ("Cash at bank", pence(standing.cash_pence)),
        *(
            (f"{ASSET_CLASS_LABELS[asset]}, margin {HAIRCUT_PCT[asset]}%", pence(by_class.get(asset, 0)))
            for asset in AssetClass
        ),
    ]


def _policy_rows(policy: SpendingPolicy, found: SpendDown) -> list[Row]:
    """What the policy lets go and what is promised, at the end of each year."""
    rows = [
        ("Policy", str(policy)),
        ("A year may spend", pence(found.yearly_budget_pence)),
    ]
    rows += [
        (
            f"By {day_text(year.ends_on)}",
            f"{pence(year.promised_pence)} promised of {pence(year.allowed_pence)}"
            + (": more than the policy lets go" if year.is_broken else ""),
        )
        for year in found.years
    ]
    if found.after_pence:
        rows.append(("After that day", f"{pence(found.after_pence)} promised: the policy lets nothing go then"))
    return rows
