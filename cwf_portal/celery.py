"""The Celery application. PostgreSQL is the truth; a task only says "look now"."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwf_portal.settings")
os.environ.setdefault("CWF_PATIENCE", "jobs")
app = Celery("cwf_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def leave_out_what_is_loaded(**_: Any) -> None:
    """What is loaded by now stays: no garbage collection of a child looks at it again."""
    gc.freeze()
