"""Agreements in the words of the 360Giving Data Standard (version 1.1), as one row of a spreadsheet each.

Source: 360Giving, Data Standard, flat template, https://standard.threesixtygiving.org/ (CC BY 4.0).
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from django.utils.timezone import localdate

from grants.models import AccountableBody, Agreement

HEADER = (
    "Identifier", "Title", "Description", "Currency", "Amount Awarded", "Amount Disbursed", "Award Date", "URL",
    "Planned Dates:Start Date", "Planned Dates:End Date", "Planned Dates:Duration (months)",
    "Recipient Org:Identifier", "Recipient Org:Name", "Recipient Org:Charity Number", "Recipient Org:Company Number",
    "Beneficiary Location:Name", "Beneficiary Location:Geographic Code",
    "Beneficiary Location:Geographic Code Type", "Funding Org:Identifier", "Funding Org:Name",
    "Grant Programme:Title", "From an open call?",
)  # fmt: skip
FUNDER = "Community Wealth Fund"
WARD = "WD"  # the standard's code type of an electoral ward; ours are of 2017
MONTHS_IN_YEAR = 12
Form = AccountableBody.LegalForm
CHARITIES, COMPANIES = (Form.CHARITY, Form.CIO), (Form.COMPANY, Form.CIC)


def giving_rows(
    agreements: Iterable[Agreement], *, prefix: str, address: Callable[[str], str]
) -> list[tuple[object, ...]]:
    """A row for each agreement, in pounds.

    Args:
        agreements: As `awarded` finds them.
        prefix: Which 360Giving gave the fund: identifiers begin with it.
        address: Makes the code of a place the whole address of its page.
    """
    return [_row(agreement, prefix, address(agreement.allocation.neighbourhood.code)) for agreement in agreements]


def _row(agreement: Agreement, prefix: str, address: str) -> tuple[object, ...]:
    place, body = agreement.allocation.neighbourhood, agreement.body
    charity, company = _numbers(body)
    return (
        f"360G-{prefix}-{agreement.reference}",
        f"{place.label}: {agreement.title}",
        f"{agreement.resolution.title}. Decided by the panel of residents; paid over {agreement.term_years} years.",
        "GBP",
        _pounds(agreement.amount_pence),
        _pounds(vars(agreement)["sent_pence"]),
        localdate(agreement.accepted_at),
        address,
        agreement.starts_on,
        agreement.ends_on,
        MONTHS_IN_YEAR * agreement.term_years,
        _identifier(body, prefix),
        body.organisation.name,
        charity,
        company,
        place.label,
        place.code,
        WARD,
        f"360G-{prefix}",
        FUNDER,
        str(agreement.allocation.programme),
        "No",
    )


def _numbers(body: AccountableBody) -> tuple[str, str]:
    """Its number as a charity and as a company; empty where it is not the one or the other."""
    number = body.organisation.registration.strip()
    return (number if body.legal_form in CHARITIES else "", number if body.legal_form in COMPANIES else "")


def _identifier(body: AccountableBody, prefix: str) -> str:
    """Its identifier on org-id.guide's lists; one of our own where it stands on neither."""
    charity, company = _numbers(body)
    if charity.isdigit():
        return f"GB-CHC-{charity}"
    return f"GB-COH-{company}" if company.isalnum() else f"360G-{prefix}-org-{body.pk}"


def _pounds(pence: int) -> Decimal:
    return Decimal(pence) / 100
