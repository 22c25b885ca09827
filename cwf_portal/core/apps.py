from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from cwf_portal.core import trigger_registry

trigger_registry.install()  # here, since apps are configured before the first model is read


class CoreConfig(AppConfig):
    name = "cwf_portal.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Every room registers its jobs and handlers (`tasks`), its home-page items (`waiting`) and its figures."""
        autodiscover_modules(
            "outbox", "messages", "sign_ins", "forgetting", "tasks", "waiting", "navigation", "figures", "hooks",
            "alarms", "held", "closing",
        )  # fmt: skip
