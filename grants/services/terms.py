"""The terms of an agreement: how its money spreads over the years and rises with prices, chosen on the draft."""

from dataclasses import dataclass

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import DomainError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.indexation import Indexation, IndexTerms
from grants.domain.schedule import CADENCES, Profile, weight_problems
from grants.errors import WrongStateError, per_cent
from grants.models import Agreement, AgreementStatus
from grants.services.agreements import locked
from grants.services.uplift_cap import set_uplift_cap


@dataclass(frozen=True)
class ChosenTerms:
    """What an officer chooses on a draft. `weights` is empty but for the custom profile."""

    cadence_months: int
    profile: Profile
    indexation: IndexTerms
    weights: tuple[int, ...] = ()


def choose_terms(*, by: User, agreement: Agreement, chosen: ChosenTerms) -> Agreement:
    """Set how a draft pays and rises. From the recommendation on, terms stand; choosing the same again changes nothing.

    Raises:
        NotAllowedError: `by` may not recommend agreements.
        WrongStateError: The agreement is no draft any more.
        DomainError: The plan's shares do not fit the term, or prices would count for more than the programme allows.
    """
    require(by, Permission.RECOMMEND_AGREEMENT)
    with acting(by, "chose how the agreement pays"):
        agreement = locked(agreement)
        if agreement.status != AgreementStatus.DRAFT:
            raise WrongStateError(
                "The terms stand since the agreement was recommended.",
                mend="Send it back to change them, or vary it once it runs.",
            )
        _check(agreement, chosen)
        agreement.cadence_months, agreement.profile = chosen.cadence_months, chosen.profile
        agreement.custom_weights = list(chosen.weights)
        agreement.indexation, agreement.index_basis_points = chosen.indexation.kind, chosen.indexation.basis_points
        set_uplift_cap(agreement, list(agreement.funding.order_by("source_id")))
        agreement.save()
        return agreement


def _check(agreement: Agreement, chosen: ChosenTerms) -> None:
    if chosen.cadence_months not in CADENCES:
        raise DomainError("Payments come once, twice, four or twelve times a year.", mend="Choose one of these.")
    if chosen.profile is Profile.CUSTOM:
        if problems := weight_problems(chosen.weights, agreement.term_years):
            raise DomainError(" ".join(problems), mend="Take the shares from the plan.")
    elif chosen.weights:
        raise DomainError("Shares for each year go with the plan's own spread.", mend="Choose it, or leave them out.")
    allowed = agreement.allocation.programme.index_terms
    if chosen.indexation.kind is Indexation.NONE:
        return
    if allowed.kind is Indexation.NONE:
        raise DomainError("Payments of this programme do not rise with prices.", mend="Choose “Not at all”.")
    if not 1 <= chosen.indexation.basis_points <= allowed.basis_points:
        raise DomainError(
            f"Payments of this programme rise by {per_cent(allowed.basis_points)} a year at most.",
            mend=f"Enter a rate from {per_cent(1)} to {per_cent(allowed.basis_points)}.",
        )
