"""The floor of casting: Django with sessions, sign-in and CSRF, one view, and nothing else."""

from cwf_portal.settings import *  # noqa: F403 - the same databases and cookies

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
