"""Decisions of two directors, as everyone reads them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString

from cwf_portal.core.templatetags.cwf import day, pence
from grants.domain.award import STRAND_LABELS, Strand
from grants.models import FundDecision


@dataclass(frozen=True)
class DecisionCard:
    """One published decision."""

    title: str
    on: SafeString | str
    rows: list[tuple[str, object]]


def decision_cards(found: Iterable[FundDecision]) -> list[DecisionCard]:
    """Published decisions in their order."""
    return [
        DecisionCard(decision.get_kind_display(), day(decision.confirmed_at), [*_content(decision)])
        for decision in found
    ]


def decision_rows(decision: FundDecision) -> list[tuple[str, object]]:
    """A proposed decision, for the director who is asked."""
    return [("What", decision.get_kind_display()), *_content(decision), ("Proposed by", decision.proposed_by)]


def _content(decision: FundDecision) -> list[tuple[str, object]]:
    if decision.allocation is not None:
        where: list[tuple[str, object]] = [("Place", decision.allocation.neighbourhood)]
    else:
        where = [
            ("From", STRAND_LABELS[Strand(decision.giver)]),
            ("To", STRAND_LABELS[Strand(decision.taker)]),
        ]
    return [("Source", decision.source), *where, ("Amount", pence(decision.amount_pence)), ("Reason", decision.reason)]
