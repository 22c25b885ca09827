"""Every limit that two directors may change: what a rank approves or writes off, and what a role releases."""

from dataclasses import dataclass
from enum import StrEnum

from grants.domain.authority import RANK_LABELS, Rank, Risk

CHANGED_AHEAD_DAYS_MAX = 366
RELEASING = {"finance_manager": "Finance manager", "finance_director": "Finance director"}


class LimitKind(StrEnum):
    """What a limit is of."""

    APPROVE = "approve"
    WRITE_OFF = "write_off"
    RELEASE = "release"


LIMIT_KIND_LABELS = {
    LimitKind.APPROVE: "Approve an agreement",
    LimitKind.WRITE_OFF: "Write off, of one agreement",
    LimitKind.RELEASE: "Release in one run",
}


@dataclass(frozen=True)
class Cell:
    """One place in the tables of limits; `rank` and `risk` are None and `role` is empty where the kind has none."""

    kind: LimitKind
    rank: Rank | None = None
    risk: Risk | None = None
    role: str = ""

    @property
    def key(self) -> str:
        """As a form sends it."""
        return "-".join([self.kind.value, *(str(one.value) for one in (self.rank, self.risk) if one), self.role]).strip(
            "-"
        )

    def __str__(self) -> str:
        who = RANK_LABELS[self.rank] if self.rank else RELEASING[self.role]
        return f"{LIMIT_KIND_LABELS[self.kind]}{f', {self.risk.value} risk' if self.risk else ''}: {who}"


DECIDING = tuple(rank for rank in Rank if rank is not Rank.GRANTS_OFFICER)  # a grants officer recommends
CELLS = (
    *(Cell(LimitKind.APPROVE, rank, risk) for rank in DECIDING for risk in Risk),
    *(Cell(LimitKind.WRITE_OFF, rank) for rank in DECIDING),
    *(Cell(LimitKind.RELEASE, role=role) for role in RELEASING),
)
