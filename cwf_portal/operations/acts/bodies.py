"""The organisations that look after a place's money, and the two people who act for each."""

from dataclasses import dataclass
from datetime import date

from cwf_portal.core.models import User
from cwf_portal.operations.acts.office import Office
from grants.models import AccountableBody, BodyContact
from grants.services.bodies import add_contact, register_body
from neighbourhoods.models import Neighbourhood
from panels.services.panels import register_organisation


@dataclass(frozen=True)
class Body:
    """An accountable body with its two people."""

    accountable_body: AccountableBody
    signatory: User
    treasurer: User


def found_body(
    office: Office, neighbourhood: Neighbourhood, *, signatory: User, treasurer: User, checked_until: date
) -> Body:
    """Register an invented organisation after due diligence, with one who signs and one who keeps accounts."""
    organisation = register_organisation(
        by=office.grants_officer, name=f"{neighbourhood.label} Community Trust (sample)", is_sample=True
    )
    accountable_body = register_body(
        by=office.grants_officer,
        organisation=organisation,
        legal_form=AccountableBody.LegalForm.CIO,
        due_diligence_expires_on=checked_until,
        is_sample=True,
    )
    add_contact(by=office.grants_officer, body=accountable_body, user=signatory, role=BodyContact.Role.SIGNATORY)
    add_contact(by=office.grants_officer, body=accountable_body, user=treasurer, role=BodyContact.Role.TREASURER)
    return Body(accountable_body, signatory, treasurer)
