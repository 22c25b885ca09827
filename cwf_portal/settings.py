"""Settings: the same for every process, changed only by the environment.

`DATABASE_URL`, `DATABASE_OWNER_URL`, `DATABASE_READER_URL` and `REDIS_URL` name servers that somebody else runs.
Where one is missing, the address of the embedded server of this checkout is used (`cwf_portal.embedded`).
"""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from cwf_portal.embedded import paths

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("CWF_VAR", BASE_DIR / "var"))


def flag(name: str) -> bool:
    """True when the environment variable is set to something other than "", "0" or "false"."""
    return os.environ.get(name, "").lower() not in {"", "0", "false"}


# How long PostgreSQL lets one of our statements wait for a lock, a statement last, and a transaction stand idle. What
# a person waits for ends soon and in a sentence; a job is tried again at the next tick; commands and migrations may
# work for long, but never stand in front of everybody else in the queue for a lock.
PATIENCE = {
    "web": "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=2min",
    "jobs": "-c lock_timeout=30s -c statement_timeout=10min -c idle_in_transaction_session_timeout=15min",
    "": "-c lock_timeout=2min",
}[os.environ.get("CWF_PATIENCE", "")]

# A server that vanished without a word is noticed after half a minute: what we sent was not acknowledged, or, where we
# wait for its answer, it does not say that it is there. Between processes of one machine neither does anything.
GONE = {"tcp_user_timeout": 30_000, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}


def database(url: str) -> dict[str, object]:
    """Django's database dictionary for a `postgresql://` address; a socket folder may stand in `?host=`.

    Whatever else stands behind the `?` is libpq's to read, above all how the server is to prove itself: an
    `sslmode=verify-full` that we left out would be a connection in the clear that everybody believes is not.
    """
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host, port = query.pop("host", parts.hostname or ""), query.pop("port", str(parts.port or ""))
    options = f"{PATIENCE} {query.pop('options', '')}".rstrip()
    return {
        "ENGINE": "cwf_portal.postgres",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {"connect_timeout": 5, **GONE, **query, "options": options},
    }


DEMO = flag("DEMO")
SCRATCH = flag("CWF_SCRATCH")  # journey and kill tests: a clone that is thrown away
CRASH_POINTS = Path(os.environ["CWF_CRASH_POINTS"]) if SCRATCH and "CWF_CRASH_POINTS" in os.environ else None
TESTING = flag("CWF_TESTING")
TIME_MACHINE = DEMO or SCRATCH or TESTING
DEBUG = False


def secret(name: str, variable: str) -> str:
    """The environment's, else one that this checkout makes for itself: beside its own database, never beside another's.

    Raises:
        ImproperlyConfigured: somebody else runs the database, and each host would make up another secret.
    """
    if given := os.environ.get(variable):
        return given
    if os.environ.get("DATABASE_URL") and not TIME_MACHINE:
        raise ImproperlyConfigured(
            f"{variable} is missing in the environment. Where DATABASE_URL is set every host needs the same one."
        )
    return paths.secret(name, VAR_DIR)


SECRET_KEY = secret("secret_key", "SECRET_KEY")
# The one before, while it is changed: what was signed with it stays good, and nobody is signed out.
SECRET_KEY_FALLBACKS = [before] if (before := os.environ.get("SECRET_KEY_BEFORE")) else []
PERSON_HMAC_KEY = secret("person_hmac_key", "PERSON_HMAC_KEY")
KEYS_DIR = Path(os.environ.get("CWF_KEYS", VAR_DIR / "keys"))
ALLOWED_HOSTS = [name.strip() for name in os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")]
SITE_ADDRESS = os.environ.get("SITE_ADDRESS", "http://127.0.0.1:8000").rstrip("/")
PLAIN_HTTP = SITE_ADDRESS.startswith("http://")
GIVING_PREFIX = os.environ.get("GIVING_PREFIX") or "cwf"  # 360Giving gives each funder one
BANK_ADDRESS = os.environ.get("BANK_ADDRESS", "")
if BANK_ADDRESS.startswith("http") and not TIME_MACHINE:
    raise ImproperlyConfigured(
        "BANK_ADDRESS is the sandbox bank’s, which moves no money. A bank’s begins with file://."
    )
BANK_FORMAT = os.environ.get("BANK_FORMAT", "pain001")  # what payment files are written in: pain001 or bacs18
FUND_ACCOUNT = {  # the defaults are the sandbox bank's
    "name": os.environ.get("FUND_ACCOUNT_NAME", "Community Wealth Fund"),
    "sort_code": os.environ.get("FUND_SORT_CODE", "000100"),
    "account_number": os.environ.get("FUND_ACCOUNT_NUMBER", "00010001"),
    "service_user_number": os.environ.get("FUND_SERVICE_USER_NUMBER", ""),  # of Bacs, six digits
}

INSTALLED_APPS = [
    "cwf_portal.core",
    "neighbourhoods",
    "panels",
    "grants",
    "cwf_portal.operations",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rules",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "drf_spectacular",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "cwf_portal.core.middleware.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cwf_portal.core.middleware.PrivatePagesMiddleware",
    "cwf_portal.core.languages.LanguageMiddleware",
    "cwf_portal.core.middleware.SecondStepMiddleware",
    "cwf_portal.core.middleware.NothingThereMiddleware",
    "cwf_portal.core.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "cwf_portal.urls"
WSGI_APPLICATION = "cwf_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cwf_portal.core.context.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def database_of(role: str, variable: str) -> dict:
    """The role's own address, else the application's where somebody else runs the server, else the embedded one."""
    address = os.environ.get(variable) or os.environ.get("DATABASE_URL")
    return database(address or paths.database_url(role, VAR_DIR))


DATABASES = {
    "default": database_of("cwf_app", "DATABASE_URL"),
    "owner": database_of("cwf_owner", "DATABASE_OWNER_URL"),
    "reader": database_of("cwf_reader", "DATABASE_READER_URL"),
}
REDIS_URL = os.environ.get("REDIS_URL") or paths.redis_url(VAR_DIR)

CACHES = {
    "default": {
        "BACKEND": "cwf_portal.core.cache.OpenRedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
    }
}

AUTH_USER_MODEL = "core.User"
# The second is for those who signed in before there was the first.
AUTHENTICATION_BACKENDS = [
    "cwf_portal.core.backends.AuthenticationBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "core:home"
LOGOUT_REDIRECT_URL = "neighbourhoods:start"
ACCOUNT_ADAPTER = "cwf_portal.core.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a letter for each change of address or second step
ACCOUNT_CHANGE_EMAIL = True  # one address each; a new one replaces it once its code was entered
ACCOUNT_LOGIN_BY_CODE_FORMAT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT = {"numeric": True, "length": 8}
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_FORMS = {
    "login": "cwf_portal.core.forms.account.LoginForm",
    "signup": "cwf_portal.core.forms.account.SignupForm",
    "add_email": "cwf_portal.core.forms.account.AddEmailForm",
    "request_login_code": "cwf_portal.core.forms.account.RequestLoginCodeForm",
    "confirm_login_code": "cwf_portal.core.forms.account.ConfirmLoginCodeForm",
    "confirm_email_verification_code": "cwf_portal.core.forms.account.ConfirmEmailCodeForm",
}
SESSION_ENGINE = "cwf_portal.core.sessions"
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "request_login_code": "300/m/ip,5/m/key",
    "signup": "300/m/ip",
    "login_failed": "300/m/ip,10/5m/key",
    "vote_first": "60/m/ip,300/h/ip",
    "vote_first_email": "5/h/key",
    "card_wrong": "30/5m/ip",
    "photo": "30/h/key",
    "idea": "10/h/key",
    "comment": "30/h/key",
    "report": "30/h/key",
    "objection": "10/h/key",
    "correction": "10/h/key",
    "correction_verdict": "30/h/key",
    "receipt": "5/h/key",
}
# A second step at sign-in: whoever works for the fund, and Members, must have one; everybody may. The demo signs in
# with one click instead, and asks for it only where somebody set it up.
SECOND_STEP_ASKED = not TIME_MACHINE
MFA_ADAPTER = "cwf_portal.core.accounts.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # phones whose clocks are half a minute wrong
MFA_TOTP_ISSUER = "Community Wealth Fund"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = PLAIN_HTTP
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip"}
MFA_FORMS = {
    "authenticate": "cwf_portal.core.forms.second_step.AuthenticateForm",
    "activate_totp": "cwf_portal.core.forms.second_step.ActivateAppForm",
    "deactivate_totp": "cwf_portal.core.forms.second_step.RemoveAppForm",
    "add_webauthn": "cwf_portal.core.forms.second_step.AddPasskeyForm",
    "generate_recovery_codes": "cwf_portal.core.forms.second_step.NewCodesForm",
}
# Limits count the address that our own proxies saw; what a visitor writes into the header counts for nothing.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("CWF_PROXIES") or flag("CWF_TLS_ELSEWHERE"))

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True
LANGUAGES = [("en-gb", "English"), ("cy", "Cymraeg"), ("pl", "Polski"), ("ur", "اردو"), ("bn", "বাংলা")]
LOCALE_PATHS = [VAR_DIR / "locale"]  # made at set-up of the .po files in locale, each where it is whole
LANGUAGE_COOKIE_NAME = "language"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", VAR_DIR / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = ["cwf_portal.core.uploads.BoundedUploadHandler"]

EMAIL_BACKEND = "cwf_portal.core.mail.OutboxBackend"
EMAIL_DELIVERY_BACKEND = os.environ.get("EMAIL_DELIVERY_BACKEND", "")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT") or 25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")  # STARTTLS
EMAIL_TIMEOUT = int(os.environ.get("EMAIL_TIMEOUT") or 10)  # seconds; Django would wait for ever
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "no-reply@community-wealth-fund.example")
SMS_DELIVERY_BACKEND = os.environ.get("SMS_DELIVERY_BACKEND", "")  # such as cwf_portal.core.notify.send_sms
SMS_OFFERED = bool(SMS_DELIVERY_BACKEND) or DEMO or TESTING  # the demo shows text messages on its page
NOTIFY_ADDRESS = "https://api.notifications.service.gov.uk"
NOTIFY_API_KEY = os.environ.get("NOTIFY_API_KEY", "")
NOTIFY_SMS_TEMPLATE = os.environ.get("NOTIFY_SMS_TEMPLATE", "")  # the id of a template that says ((body))

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "max_retries": 1,
    "interval_start": 0,  # kombu would sleep two seconds in each request that asks for a tick while Redis is away
    "interval_step": 0,
}
CELERY_BROKER_POOL_ACQUIRE_TIMEOUT = 2  # kombu would wait for ever
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {"tick": {"task": "core.tick", "schedule": 10.0, "options": {"expires": 30}}}

OUTBOX_NUDGES = not SCRATCH  # the journey plays beat itself
RECONCILE_DAILY = not SCRATCH  # the journey lives through years of days and reconciles at its end

PGHISTORY_APPEND_ONLY = True

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "cwf_portal.core.paging.BoundedPagination",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Community Wealth Fund portal",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cwf_portal.core.api_schema.with_refusals",
    ],
}

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"  # of a browser: none is used
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "cwf_portal.core.views.errors.out_of_date"
if not PLAIN_HTTP:
    SECURE_SSL_REDIRECT = True  # behind a proxy it is what the proxy says in X-Forwarded-Proto
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked from inside, where nothing ends TLS
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    CSRF_TRUSTED_ORIGINS = [SITE_ADDRESS]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("CWF_TLS_ELSEWHERE") else None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "cwf_portal.core.log.RowlessFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}
