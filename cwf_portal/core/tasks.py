"""Celery says "look now"; everything else is derived from the database."""

import sys
from typing import Any

from celery import shared_task
from celery.signals import worker_init
from django.core.exceptions import ImproperlyConfigured

from cwf_portal.core.starting import check_start
from cwf_portal.core.ticks import run_tick


@worker_init.connect
def refuse_a_strange_database(**_: Any) -> None:
    """A worker starts only where settings and database belong together.

    Raises:
        SystemExit: they do not. Celery would log any other error of a signal and go on.
    """
    try:
        check_start()
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")


@shared_task(name="core.tick")
def tick() -> None:
    """Run every registered job once. Harmless twice, late, or never."""
    run_tick()
