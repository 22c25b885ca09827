"""A host with another key than the database was filled under does not start."""

import threading

import pytest
from celery.signals import worker_init
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, connections, transaction

from cwf_portal.core.models import PersonKey
from cwf_portal.core.starting import check_person_key

WRONG = "PERSON_HMAC_KEY is not the key that this database was filled under"


@pytest.mark.django_db
def test_key_of_the_first_start_is_the_key_for_ever(settings) -> None:
    check_person_key()
    check_person_key()
    settings.PERSON_HMAC_KEY += "x"

    with pytest.raises(ImproperlyConfigured, match=WRONG):
        check_person_key()
    with pytest.raises(SystemExit, match=WRONG):  # Celery goes on after any other error of a signal
        worker_init.send(sender=None)
    assert settings.PERSON_HMAC_KEY not in PersonKey.objects.get().fingerprint


@pytest.mark.django_db
def test_fingerprint_has_one_row_that_nobody_changes() -> None:
    check_person_key()
    with pytest.raises(IntegrityError, match="core_personkey_one_row"), transaction.atomic():
        PersonKey.objects.create(pk=2, fingerprint="0" * 64)
    with pytest.raises(DatabaseError), transaction.atomic():
        PersonKey.objects.update(fingerprint="0" * 64)


@pytest.mark.usefixtures("committed_db")
def test_hosts_that_start_together_keep_one_key(settings) -> None:
    """With the same key all start; nobody falls over the row of another."""
    start, errors = threading.Barrier(4), []

    def host() -> None:
        start.wait()
        try:
            check_person_key()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    hosts = [threading.Thread(target=host) for _ in range(4)]
    for thread in hosts:
        thread.start()
    for thread in hosts:
        thread.join()

    assert (errors, PersonKey.objects.count()) == ([], 1)
