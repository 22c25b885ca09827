from django.apps import AppConfig

from cwf_portal.celery import app as celery_app


class OperationsConfig(AppConfig):
    name = "cwf_portal.operations"
    label = "operations"

    def ready(self) -> None:
        """Tasks sent by name, from any process, go to our broker."""
        celery_app.set_default()
