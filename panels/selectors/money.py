"""Money a panel can decide: what the fund has named, less what votes of the panel have spoken for."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Exists, F, OuterRef, Sum, When

from panels.models import MoneyEnvelope, Panel, Resolution, Round
from panels.models.round import RoundQuerySet


@dataclass(frozen=True)
class MoneyToDecide:
    """Attributes:
    named_pence: What the fund said last; it can go down.
    taken_pence: Promised by votes: their whole money until the result is published, then what was chosen.
    """

    named_pence: int
    taken_pence: int

    @property
    def left_pence(self) -> int:
        return max(0, self.named_pence - self.taken_pence)


def rounds_with_money(panel: Panel, at: datetime) -> RoundQuerySet:
    """Votes whose money cannot be promised again: neither annulled nor missed nor certified without a decision."""
    decision = Resolution.objects.standing().filter(round=OuterRef("pk"))
    rounds = Round.objects.standing().filter(panel=panel).exclude(frozen_at=None, voting_opens_at__lte=at)
    return rounds.exclude(~Exists(decision), certification__certified_at__isnull=False)


def money_of(panel: Panel, at: datetime) -> MoneyToDecide | None:
    """What the panel can decide in another vote; None when the fund has named no money."""
    envelope = MoneyEnvelope.objects.filter(neighbourhood=panel.neighbourhood_id).first()
    return money_left(envelope, rounds_with_money(panel, at)) if envelope else None


def money_left(envelope: MoneyEnvelope, rounds: RoundQuerySet) -> MoneyToDecide:
    """The money of this envelope beside these votes."""
    told = When(result__published_at__isnull=False, then=F("result__spent_pence"))
    taken = rounds.aggregate(all=Sum(Case(told, default=F("budget_pence"))))["all"]
    return MoneyToDecide(envelope.amount_pence, taken or 0)
