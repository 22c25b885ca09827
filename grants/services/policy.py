"""How fast a programme spends: two directors agree on a day or a rule; what would break it is refused with numbers."""

from dataclasses import asdict
from datetime import date
from typing import Any

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.spending import Hybrid, SpendDown
from grants.errors import PolicyError, WrongStateError, in_pounds
from grants.models import Agreement, Programme, SpendingPolicy
from grants.selectors.days import today
from grants.selectors.ledger import SourceStanding
from grants.selectors.promises import (
    add_payments,
    planned_payments,
    policy_in_force,
    promised_payments,
    set_against,
)
from grants.services.headroom import lock_sources


def propose_policy(
    *, by: User, programme: Programme, reason: str, spend_down_on: date | None = None, rule: Hybrid | None = None
) -> SpendingPolicy:
    """Propose how fast a programme spends: all by a day, or by a rule that smooths. The same again returns the first.

    Raises:
        NotAllowedError: `by` may not manage the endowment.
        DomainError: The day is not ahead, the rule lies out of bounds, both or neither are given, or no reason is.
        ConflictError: Another proposal waits.
    """
    require(by, Permission.MANAGE_ENDOWMENT)
    if not reason.strip():
        raise DomainError("A policy needs a reason.", mend="Say why by this day.")
    if (spend_down_on is None) == (rule is None):
        raise DomainError("A policy has a day or a rule.", mend="Enter the one that belongs to its kind.")
    if spend_down_on is not None and spend_down_on <= today():
        raise DomainError("The day by which all is spent must lie ahead.", mend="Enter a later day.")
    if rule is not None and rule.problems:
        raise DomainError(" ".join(rule.problems), mend="Change the percentages.")
    said: dict[str, Any] = {"spend_down_on": spend_down_on, "reason": reason.strip()}
    if rule is not None:
        said |= {"kind": SpendingPolicy.Kind.HYBRID.value, **asdict(rule)}
    with acting(by, f"proposed how fast {programme.code} spends"):
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        waiting = programme.policies.proposed().first()
        if waiting is not None:
            if all(getattr(waiting, name) == value for name, value in said.items()) and waiting.rule == rule:
                return waiting
            raise ConflictError("A policy of this programme waits already.", mend="Confirm or withdraw it first.")
        return SpendingPolicy.objects.create(programme=programme, proposed_by=by, **said)


def confirm_policy(*, by: User, policy: SpendingPolicy) -> SpendingPolicy:
    """Agree to a policy; from now on no approval may break it. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not manage the endowment, or proposed it.
        WrongStateError: It was withdrawn.
    """
    require(by, Permission.MANAGE_ENDOWMENT)
    with acting(by, "agreed to a spending policy"):
        lock_sources()  # an approval under way is decided by the policy it began with, and comes first
        policy = SpendingPolicy.objects.select_for_update().get(pk=policy.pk)
        if policy.confirmed_at is not None:
            return policy
        if policy.withdrawn_at is not None:
            raise WrongStateError("This policy was withdrawn.", mend="Propose it afresh.")
        if policy.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this policy.", mend="Ask the other director to confirm it.")
        policy.confirmed_by, policy.confirmed_at = by, core_now()
        policy.save(update_fields=["confirmed_by", "confirmed_at"])
        return policy


def withdraw_policy(*, by: User, policy: SpendingPolicy) -> SpendingPolicy:
    """Take a proposed policy back. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not manage the endowment.
        WrongStateError: It is in force already.
    """
    require(by, Permission.MANAGE_ENDOWMENT)
    with acting(by, "withdrew a proposed policy"):
        policy = SpendingPolicy.objects.select_for_update().get(pk=policy.pk)
        if policy.confirmed_at is not None:
            raise WrongStateError("This policy was agreed on.", mend="Propose another to take its place.")
        if policy.withdrawn_at is None:
            policy.withdrawn_by, policy.withdrawn_at = by, core_now()
            policy.save(update_fields=["withdrawn_by", "withdrawn_at"])
        return policy


def require_policy(*, agreement: Agreement, on: date, standings: list[SourceStanding]) -> None:
    """Refuse an approval whose payments would break its programme's policy.

    Args:
        agreement: About to be approved.
        on: Today.
        standings: Where the sources stand; the caller holds their lock, so that no policy changes meanwhile.

    Raises:
        PolicyError: With the numbers of the first source and year that break it.
    """
    policy = policy_in_force(agreement.allocation.programme_id)
    if policy is None:
        return
    own = planned_payments(agreement, on)
    for standing, found in _set_against(policy, standings, agreement=agreement, on=on):
        if standing.source.pk in own:
            _require_within(policy, standing, found)


def _set_against(
    policy: SpendingPolicy, standings: list[SourceStanding], *, agreement: Agreement, on: date
) -> list[tuple[SourceStanding, SpendDown]]:
    """The policy against all that would be promised, by source."""
    if policy.spend_down_on is not None and policy.spend_down_on <= on:
        raise PolicyError(
            f"By its policy the programme has spent everything by {day_text(policy.spend_down_on)}.",
            mend="Two directors can agree on a later day.",
        )
    payments = promised_payments(on, programme_pk=policy.programme_id, without=agreement.pk)
    add_payments(payments, planned_payments(agreement, on))
    found = set_against(policy, on, payments=payments, standings=standings)
    return [(standing, found[standing.source.pk]) for standing in standings]


def _require_within(policy: SpendingPolicy, standing: SourceStanding, found: SpendDown) -> None:
    mend = "Agree on a slower profile or a shorter term, or have two directors change the policy."
    if found.after_pence and policy.spend_down_on is not None:
        raise PolicyError(
            f"{in_pounds(found.after_pence)} from “{standing.source}” would fall due after "
            f"{day_text(policy.spend_down_on)}, the day by which the programme has spent everything.",
            mend=mend,
        )
    broken = found.first_broken
    if broken is not None:
        raise PolicyError(
            f"By {day_text(broken.ends_on)} {in_pounds(broken.promised_pence)} from “{standing.source}” would be "
            f"promised, but the policy lets {in_pounds(broken.allowed_pence)} go by then.",
            mend=mend,
        )
