"""The portal's settings with the linter of migrations installed."""

from cwf_portal.settings import *  # noqa: F403 - all of them

INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]  # noqa: F405
