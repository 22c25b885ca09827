"""The settings of tests: those of the portal, on the tests' own servers, with the time machine switched on."""

import os

from tests.support import cluster

SOCKETS = cluster.home() / "run"
DATABASE = f"test_{cluster.WORKER}_{os.getpid()}"  # a clone of the template, see tests/support/databases.py

os.environ["CWF_TESTING"] = "1"
for variable, role in (
    ("DATABASE_URL", "cwf_app"),
    ("DATABASE_OWNER_URL", "cwf_owner"),
    ("DATABASE_READER_URL", "cwf_reader"),
):
    os.environ[variable] = f"postgresql://{role}@/{DATABASE}?host={SOCKETS}"
os.environ["REDIS_URL"] = f"redis+socket://{cluster.redis().socket}"

from cwf_portal.settings import *  # noqa: E402, F403 - the environment comes first

INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]  # noqa: F405
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]  # noqa: F405 - a loop of queries fails the test
ZEAL_RAISE = True
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},  # no set-up step needed
}
# Else every new client of a test reads through all static files. Browser tests have the portal's own settings.
WHITENOISE_AUTOREFRESH = True
