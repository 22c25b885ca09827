"""Invented residents for the demo and the journey, in a few statements for hundreds of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib.auth.hashers import make_password

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from neighbourhoods.models import Neighbourhood
from panels.domain.people import household_hmac, person_hmac
from panels.models import Keeper, Residence, Round, Vouch

# Who confirms somebody takes a lock of their own until the transaction ends, of which a server has some thousands.
AT_ONCE = 1_000


@dataclass(frozen=True)
class SamplePerson:
    """Somebody who does not exist."""

    email: str
    full_name: str
    born_on: date
    address: str


def create_sample_residents(
    *, by: User | str, neighbourhood: Neighbourhood, people: Sequence[SamplePerson], vouchers: tuple[User, User]
) -> list[User]:
    """Accounts, all marked as sample, of people of age whose residence two sample people confirmed.

    Args:
        by: named in the history of every row.
        neighbourhood: where all of them live.
        people: all of age; email addresses and people not used before.
        vouchers: who confirmed them: for the panel, and as a neighbour.
    """
    parts = (people[begins : begins + AT_ONCE] for begins in range(0, len(people), AT_ONCE))
    return [user for part in parts for user in _create(by, neighbourhood, people=part, vouchers=vouchers)]


def _create(
    by: User | str, neighbourhood: Neighbourhood, *, people: Sequence[SamplePerson], vouchers: tuple[User, User]
) -> list[User]:
    key = settings.PERSON_HMAC_KEY.encode()
    with acting(by, "made sample residents"):
        at = core_now()
        unusable = make_password(None)
        users = User.objects.bulk_create(
            User(email=person.email, full_name=person.full_name, is_sample=True, password=unusable) for person in people
        )
        residences = Residence.objects.bulk_create(
            Residence(
                user=user,
                neighbourhood=neighbourhood,
                level=Residence.Level.SHOWN,
                placed_by=Residence.PlacedBy.PEOPLE,
                proved_by=Residence.ProvedBy.IN_PERSON,
                person_hmac=person_hmac(name=person.full_name, born_on=person.born_on, address=person.address, key=key),
                household_hmac=household_hmac(person.address, key),
                shown_at=at,
            )
            for user, person in zip(users, people, strict=True)
        )
        Vouch.objects.bulk_create(
            Vouch(residence=residence, voucher=voucher, is_by_panel=is_by_panel)
            for residence in residences
            for voucher, is_by_panel in zip(vouchers, (True, False), strict=True)
        )
        return users


def create_sample_keepers(*, by: User, round: Round, users: Sequence[User], public_keys: Sequence[bytes]) -> None:
    """Three invented keepers of a sample round with their keys, in the order of the bodies; once."""
    with acting(by, "appointed sample keepers"):
        if round.keepers.exists():
            return
        at = core_now()
        Keeper.objects.bulk_create(
            Keeper(
                round=round,
                body=body,
                user=user,
                appointed_by=by,
                public_key=key.hex(),
                made_with=Keeper.MadeWith.TOOL,
                made_at=at,
            )
            for body, user, key in zip(Keeper.Body, users, public_keys, strict=True)
        )
