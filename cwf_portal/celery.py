"""The Celery application. PostgreSQL is the truth; a task only says "look now"."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_process_init

from cwf_portal.core.clock import check_time_machine

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwf_portal.settings")
app = Celery("cwf_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def refuse_a_movable_clock(**_: Any) -> None:
    """A worker starts only where settings and database agree about the time machine."""
    check_time_machine()


@worker_process_init.connect
def leave_out_what_is_loaded(**_: Any) -> None:
    """What is loaded by now stays: no garbage collection of a child looks at it again."""
    gc.freeze()
