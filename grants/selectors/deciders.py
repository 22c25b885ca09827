"""What of others' proposals a person may decide, so that nobody is offered what the service would refuse them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from grants.domain.authority import Officer, Rank
from grants.models import Clawback, Delegation, WriteOff
from grants.selectors.authority import officer_of
from grants.selectors.clawbacks import claims_to_raise, write_off_limit_pence, write_offs_proposed
from grants.selectors.days import today

CLAIMS_FROM = Rank.HEAD_OF_GRANTS


@dataclass(frozen=True)
class Decider:
    """A person as the rules of two see them.

    Attributes:
        officer: Their primary key, rank and team today.
        stood: By whom they let themselves be stood in for, and for whom they stood in, since the oldest step.
        write_off_pence: The most that they may write off of one agreement.
    """

    officer: Officer
    stood: tuple[Delegation, ...]
    write_off_pence: int

    def is_one_with(self, person: int | None, since: datetime | None) -> bool:
        """Whether they are that person, or one of the two has acted for the other since that person's own step."""
        if person == self.officer.user:
            return True
        of_them = [one for one in self.stood if person in (one.giver_id, one.taker_id)]
        return since is not None and any(one.stood_since(since) for one in of_them)

    def may_raise(self, claim: Clawback) -> bool:
        """Whether they may raise a claim that is proposed."""
        return self.officer.rank >= CLAIMS_FROM and not self.is_one_with(claim.proposed_by_id, claim.proposed_at)

    def may_give_up(self, write_off: WriteOff) -> bool:
        """Whether they may agree that a claim is given up. `write_off` comes from `write_offs_proposed`."""
        if self.is_one_with(write_off.proposed_by_id, write_off.proposed_at):
            return False
        before: int = vars(write_off)["given_up_pence"]
        is_within = before + write_off.amount_pence <= self.write_off_pence
        if write_off.kind == WriteOff.Kind.LOST:
            return is_within
        is_apart = not self.is_one_with(write_off.clawback.decided_by_id, write_off.clawback.decided_at)
        return is_apart and self.officer.rank >= CLAIMS_FROM and (is_within or self.officer.rank is Rank.FUND_DIRECTOR)


def decider(user: User, *, since: datetime) -> Decider | None:
    """The person as they stand now; None where they hold no rank, or have handed their authority over.

    Args:
        user: Who would decide.
        since: When the oldest of what they would decide was done; who acted for one another before does not matter.
    """
    day = today()
    officer = officer_of(user, day)
    if officer is None:
        return None
    stood = Delegation.objects.stood_since(since).filter(Q(giver=user) | Q(taker=user))
    return Decider(officer, tuple(stood), write_off_limit_pence(officer.rank, day))


def claims_for(user: User) -> list[Clawback]:
    """Proposed claims that the person may raise, oldest first."""
    proposed = list(claims_to_raise(user))
    one = decider(user, since=_oldest(proposed))
    return [claim for claim in proposed if one.may_raise(claim)] if one else []


def write_offs_for(user: User) -> list[WriteOff]:
    """Proposals to give a claim up to which the person may agree, oldest first."""
    proposed = list(write_offs_proposed().exclude(proposed_by=user))
    one = decider(user, since=_oldest(write_off.clawback for write_off in proposed))
    return [write_off for write_off in proposed if one.may_give_up(write_off)] if one else []


def _oldest(claims: Iterable[Clawback]) -> datetime:
    return min((claim.proposed_at for claim in claims), default=core_now())
