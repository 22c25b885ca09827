"""The Celery application. PostgreSQL is the truth; a task only says "look now"."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwf_portal.settings")
app = Celery("cwf_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
