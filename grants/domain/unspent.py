"""How much of a payment goes while money from before is not spent; the rest becomes a later payment.

A payment is the smaller of what is scheduled and of the coming period's plan, with a margin on top, less what is left.
Slow spending never ends an agreement: it moves money to later, and nothing of it is lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grants.domain.award import BASIS_POINTS
from grants.domain.shares import share_out


@dataclass(frozen=True)
class Decided:
    """What two people decided for an earlier period after the same report: its one plan, and what is paid for it."""

    plan_pence: int
    pay_pence: int


def most_payable_pence(*, plan_pence: int, unspent_pence: int, margin_basis_points: int) -> int:
    """The most that a payment may come to: the plan and its margin, rounded down to the penny, less what is left."""
    return max(0, plan_pence + plan_pence * margin_basis_points // BASIS_POINTS - unspent_pence)


def left_by_plan(unspent_pence: int, decided: Iterable[Decided]) -> int:
    """What is left once each period so far has spent its plan; a report that comes later says what really is."""
    left = unspent_pence
    for one in decided:
        left = max(0, left + one.pay_pence - one.plan_pence)
    return left


@dataclass(frozen=True)
class Part:
    """What one source gives of a payment, in pence."""

    source: int
    amount_pence: int
    uplift_pence: int
    contribution_pence: int

    @property
    def is_nothing(self) -> bool:
        return not (self.amount_pence or self.uplift_pence or self.contribution_pence)


def set_apart(parts: Sequence[Part], later_pence: int) -> list[Part]:
    """What each source gives of the part of a payment's grant that comes later; the contribution follows its grant.

    Base and uplift of all sources move in proportion by largest remainder, so that what stays and what moves both have
    a base.

    Raises:
        ValueError: Nothing would move, or nothing would stay.
    """
    cells = [pence for part in parts for pence in (part.amount_pence, part.uplift_pence)]
    if not 0 < later_pence < sum(cells):
        raise ValueError("Part of the payment must stay and part must move.")
    moved = share_out(later_pence, cells)
    return [
        Part(
            part.source,
            amount,
            uplift,
            part.contribution_pence * amount // part.amount_pence if part.amount_pence else 0,
        )
        for part, amount, uplift in zip(parts, moved[::2], moved[1::2], strict=True)
    ]
