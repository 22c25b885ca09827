"""What the fund invests in, and what selling a part of it takes out of the books."""

from dataclasses import dataclass
from enum import StrEnum

from grants.domain.award import BASIS_POINTS, Strand, split_wave


class AssetClass(StrEnum):
    """Kinds of investment, the steadiest first; each has a haircut in `ledger.HAIRCUT_PCT`."""

    GILTS = "gilts"
    BONDS = "bonds"
    EQUITIES = "equities"


ASSET_CLASS_LABELS = {
    AssetClass.GILTS: "Government bonds (gilts)",
    AssetClass.BONDS: "Other bonds",
    AssetClass.EQUITIES: "Shares (equities)",
}


@dataclass(frozen=True)
class Carried:
    """What the books say of a holding, in pence: its value, and how much of that valuations have added."""

    value_pence: int
    unrealised_pence: int

    @property
    def loss_pence(self) -> int:
        """How much valuations have taken away; gains are no negative losses."""
        return max(0, -self.unrealised_pence)


def part_of(carried: Carried, basis_points: int) -> Carried:
    """What goes out of the books when a part of a holding is sold, rounded down; 10,000 basis points take it all.

    Raises:
        ValueError: A part below 1 or above 10,000.
    """
    if not 1 <= basis_points <= BASIS_POINTS:
        raise ValueError(f"{basis_points} basis points are no part of a holding.")
    return Carried(
        carried.value_pence * basis_points // BASIS_POINTS,
        carried.unrealised_pence * basis_points // BASIS_POINTS,
    )


def split_gain(gain_pence: int, pct_by_strand: dict[Strand, int]) -> dict[Strand, int]:
    """Divide what a sale brought above its cost among strands as a wave is divided; a loss likewise, below zero."""
    parts = split_wave(abs(gain_pence), pct_by_strand)
    return parts if gain_pence >= 0 else {strand: -part for strand, part in parts.items()}
