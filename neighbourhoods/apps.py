from django.apps import AppConfig


class NeighbourhoodsConfig(AppConfig):
    name = "neighbourhoods"
    default_auto_field = "django.db.models.BigAutoField"
