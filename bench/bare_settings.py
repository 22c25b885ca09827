"""The floor of casting: Django with sessions, sign-in and CSRF, one view, and nothing else; on Django's own engine."""

from cwf_portal import settings as ours
from cwf_portal.settings import *  # noqa: F403 - the same databases and cookies

DATABASES = {name: {**each, "ENGINE": "django.db.backends.postgresql"} for name, each in ours.DATABASES.items()}

ROOT_URLCONF = "bench.bare"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # allauth does not start without it; it costs next to nothing
]
PLAIN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
AUTHENTICATION_BACKENDS = [PLAIN_BACKEND]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
