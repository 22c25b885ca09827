"""What the terms of an agreement may come to once prices rise: worked out before there is a date, kept at approval."""

from collections.abc import Sequence
from datetime import date

from grants.domain.indexation import IndexedTranche, reserve_at_cap
from grants.domain.schedule import Profile, Terms, tranche_amounts, year_of
from grants.domain.shares import split_cumulatively
from grants.models import Agreement, AgreementFunding

ANY_DAY = date(2000, 1, 1)  # amounts do not depend on dates


def set_uplift_cap(agreement: Agreement, funding: Sequence[AgreementFunding]) -> None:
    """Work out in memory the most that prices may add; the caller saves."""
    agreement.uplift_cap_pence = sum(uplift_cap_by_source(agreement, funding))


def uplift_cap_by_source(agreement: Agreement, funding: Sequence[AgreementFunding]) -> list[int]:
    """The most that prices may add over the term, in pence, one amount for each row of `funding`."""
    amounts = tranche_amounts(terms_of(agreement))
    rows = split_cumulatively(amounts, [part.amount_pence for part in funding])
    nothing = (0,) * len(funding)
    planned = [
        IndexedTranche(year=year_of(index, agreement.cadence_months), parts=tuple(row), given=nothing)
        for index, row in enumerate(rows)
    ]
    return reserve_at_cap(agreement.index_terms, planned)


def terms_of(agreement: Agreement) -> Terms:
    """What the schedule of an agreement follows from; before acceptance its dates mean nothing."""
    return Terms(
        total_pence=agreement.amount_pence,
        starts_on=agreement.starts_on or ANY_DAY,
        anchor_on=agreement.anchor_on or ANY_DAY,
        term_years=agreement.term_years,
        cadence_months=agreement.cadence_months,
        profile=Profile(agreement.profile),
        weights=tuple(agreement.custom_weights),
    )
