"""What web and worker look at before they begin: whether these settings belong to this database."""

import hashlib
import hmac

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from cwf_portal.core.clock import check_time_machine
from cwf_portal.core.models import PersonKey


def check_start() -> None:
    """Refuse to start on a database that these settings would harm.

    Raises:
        ImproperlyConfigured: somebody could move a clock that must not be moved, or people would not be known again.
    """
    check_time_machine()
    check_person_key()


def check_person_key() -> None:
    """Remember with the first start which key the database is filled under; refuse any other from then on.

    Only its fingerprint is kept. With another key somebody known would be entered as somebody new, and vote twice.

    Raises:
        ImproperlyConfigured: PERSON_HMAC_KEY is not the one that this database was filled under.
    """
    fingerprint = hmac.new(settings.PERSON_HMAC_KEY.encode(), b"cwf", hashlib.sha256).hexdigest()
    if not PersonKey.objects.exists():
        PersonKey.objects.bulk_create([PersonKey(fingerprint=fingerprint)], ignore_conflicts=True)
    if not hmac.compare_digest(PersonKey.objects.get().fingerprint, fingerprint):
        raise ImproperlyConfigured(
            "PERSON_HMAC_KEY is not the key that this database was filled under: people would not be known again, and "
            "could vote twice. Put the key that belongs to it into the environment; it is kept with the backups."
        )
