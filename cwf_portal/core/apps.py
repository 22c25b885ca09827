from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "cwf_portal.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"
