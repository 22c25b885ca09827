"""Words and rows for ranks and delegations."""

from cwf_portal.core.figures_text import day_text, pounds
from grants.domain.authority import RANK_LABELS, Rank, Risk
from grants.models import AuthorityChange, Delegation
from grants.selectors.authority import RankLimits

Rows = list[tuple[str, object]]


def change_rows(change: AuthorityChange) -> Rows:
    """What one administrator asked for."""
    return [
        ("Person", change.user),
        ("Rank", change.get_rank_display() if change.rank else "No rank any more"),
        ("Team", change.team or "None"),
        ("From", day_text(change.from_on)),
        ("Asked by", change.requested_by),
    ]


def delegation_rows(delegation: Delegation) -> Rows:
    """Who would act for whom."""
    return [
        ("Hands over their authority", delegation.giver),
        ("Acts for them", delegation.taker),
        ("Days", f"{day_text(delegation.from_on)} to {day_text(delegation.to_on)}"),
        ("Why", delegation.reason),
    ]


def limit_rows(limits: list[RankLimits]) -> list[tuple[str, list[str]]]:
    """Each rank with what it may approve at low, medium and high risk; above the highest, the Board decides."""
    return [(RANK_LABELS[row.rank], [_amount(row, risk) for risk in Risk]) for row in limits]


def _amount(row: RankLimits, risk: Risk) -> str:
    pence = row.pence[risk]
    if row.rank is Rank.GRANTS_OFFICER or pence is None:
        return "recommends"
    return pounds(pence)
