"""What pages say of a payment while money from before is not spent."""

from cwf_portal.core.figures_text import day_text
from cwf_portal.core.templatetags.cwf import pence
from grants.errors import per_cent
from grants.models import Report, Tranche, UnspentDecision
from grants.selectors.unspent import Surplus

Row = tuple[str, object]


def following_rows(report: Report, limit: Surplus | None) -> list[Row]:
    """What a report that waits to be read means for the next payment; nothing where it says that all is spent."""
    if report.submitted_at is None or report.accepted_at is not None or not report.unspent_pence or limit is None:
        return []
    if not limit.later_pence:
        return [("The next payment", f"{pence(limit.scheduled_pence)} of grant, in full once the report is accepted")]
    return [
        (
            "The next payment",
            f"{pence(limit.pay_pence)} of {pence(limit.scheduled_pence)} of grant once the report is accepted; two "
            "officers decide, and the rest comes later",
        )
    ]


def limit_rows(tranche: Tranche, limit: Surplus) -> list[Row]:
    """What the rule gives for a payment, with every number it takes."""
    return [
        *_payment(tranche),
        ("Grant in this payment", pence(limit.scheduled_pence)),
        (f"Left of the money before, by the report of year {limit.report.year}", pence(limit.unspent_pence)),
        ("Planned for the coming period", pence(limit.plan_pence)),
        ("Margin on top", per_cent(limit.margin_basis_points)),
        ("By the rule, goes now", pence(limit.pay_pence)),
        ("By the rule, comes later", pence(limit.later_pence)),
    ]


def decision_rows(decision: UnspentDecision) -> list[Row]:
    """What one officer proposed for a payment."""
    rows: list[Row] = [
        *_payment(decision.tranche),
        ("Grant in this payment", pence(decision.scheduled_pence)),
        (f"Left of the money before, by the report of year {decision.report.year}", pence(decision.unspent_pence)),
        ("Planned for the coming period", pence(decision.plan_pence)),
        ("Margin on top", per_cent(decision.margin_basis_points)),
        ("Goes now", pence(decision.pay_pence)),
    ]
    if decision.later_on:
        rows.append(("Comes later", f"{pence(decision.later_pence)}, due on {day_text(decision.later_on)}"))
    return [*rows, ("Proposed by", decision.proposed_by), ("Where the plan stands", decision.reason)]


def _payment(tranche: Tranche) -> list[Row]:
    agreement = tranche.agreement
    return [
        ("Place", agreement.allocation.neighbourhood),
        ("Organisation", agreement.body),
        ("Payment", f"{tranche.number}, due on {day_text(tranche.due_on)}"),
    ]
