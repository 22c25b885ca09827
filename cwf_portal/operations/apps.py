from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "cwf_portal.operations"
    label = "operations"
