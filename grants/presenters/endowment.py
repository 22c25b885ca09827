"""What the page of the fund says: each source by itself, never added up."""

from dataclasses import dataclass

from cwf_portal.core.templatetags.cwf import pence, pounds_short
from grants.domain.award import STRAND_LABELS, Strand
from grants.domain.ledger import Account
from grants.selectors.ledger import SourceStanding

Row = tuple[str, str]


@dataclass(frozen=True)
class SourceCard:
    """One source: three large figures and the rows behind them."""

    name: str
    definition: str
    held: str
    promised: str
    headroom: str
    rows: list[Row]
    free_rows: list[Row]


def source_cards(standings: list[SourceStanding]) -> list[SourceCard]:
    """One card per source that holds or held money."""
    return [_card(standing) for standing in standings if standing.cash_pence or standing.held_by_account[Account.PAID]]


def _card(standing: SourceStanding) -> SourceCard:
    held = standing.held_by_account
    return SourceCard(
        name=standing.source.name,
        definition=standing.source.definition,
        held=pounds_short(standing.cash_pence + standing.investments_pence),
        promised=pounds_short(standing.promised_pence),
        headroom=pounds_short(standing.headroom_pence),
        rows=[
            ("Held, to the penny", pence(standing.cash_pence + standing.investments_pence)),
            ("Promised, to the penny", pence(standing.promised_pence)),
            ("Headroom, to the penny", pence(standing.headroom_pence)),
            ("Set aside for places, no agreement yet", pence(held[Account.ALLOCATED])),
            ("Pledged: later years, subject to the yearly review", pence(held[Account.PLEDGED])),
            ("Committed: legally promised", pence(held[Account.COMMITTED])),
            ("Released for payment", pence(held[Account.PAYABLE])),
            ("With the bank", pence(held[Account.INSTRUCTED])),
            ("Paid so far", pence(held[Account.PAID])),
            ("Losses not yet real", pence(standing.unrealised_loss_pence)),
        ],
        free_rows=[(STRAND_LABELS[strand], pence(standing.free_by_strand[strand])) for strand in Strand],
    )
