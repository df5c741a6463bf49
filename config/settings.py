"""Settings. The embedded default needs none of the environment variables; docs/settings.md lists them all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from huey.serializer import SignedSerializer

from config.keys import ensure_key, retired_keys

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# pytest names itself in the environment; tests then keep to a folder of their own.
TESTING = "PYTEST_VERSION" in os.environ and "THROUGHLINE_DATA" not in os.environ
if TESTING:
    _test_folder = tempfile.TemporaryDirectory(prefix="throughline-test-")
    DATA_DIR = Path(_test_folder.name)
else:
    DATA_DIR = Path(env.str("THROUGHLINE_DATA", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("THROUGHLINE_DEMO", default=False)
KEYS_DIR = DATA_DIR / "keys"
SECRET_KEY = ensure_key(KEYS_DIR, "secret").hex()
AUDIT_KEY = ensure_key(KEYS_DIR, "audit")
# Keys of before `rotate_audit_key`: they seal nothing any more, and what they sealed verifies.
AUDIT_RETIRED_KEYS = retired_keys(KEYS_DIR, "audit")
# What seals sign-off sheets where it is not the installation's own key, and who says at what time.
SEAL_KEY = env.str("SEAL_KEY", default="")
SEAL_CERTIFICATE = env.str("SEAL_CERTIFICATE", default="")
SEAL_KEY_PASSWORD = env.str("SEAL_KEY_PASSWORD", default="")
SEAL_TIME_STAMPS = env.str("SEAL_TIME_STAMPS", default="")

PUBLIC_URL = env.str("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
GATES_URL = env.str("GATES_URL", default="http://127.0.0.1:8001").rstrip("/")
MLFLOW_STORE_URL = env.str("MLFLOW_STORE_URL", default=f"sqlite:///{DATA_DIR / 'mlflow' / 'mlflow.db'}")
SANDBOX = env.str("SANDBOX", default="on")
# What Prometheus must send to read /metrics; without it there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
RAY_ADDRESS = env.str("RAY_ADDRESS", default="")
RAY_SERVE_URL = env.str("RAY_SERVE_URL", default="http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
SECURE = _public.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_public.hostname or "localhost", "localhost"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_tasks",
    "huey.contrib.djhuey",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "ui",
    "accounts",
    "jobs",
    "assessment",
    "roadmap",
    "charters",
    "projects",
    "notebooks",
    "deployments",
    "reports",
    "config",
]

MIDDLEWARE = [
    "ui.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.OrganizationMiddleware",
    "ui.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.page",
            ],
            "builtins": ["ui.templatetags.ui"],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'throughline.sqlite3'}")
}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = None
_database["CONN_HEALTH_CHECKS"] = True
if _database["ENGINE"].endswith("sqlite3"):
    # FULL, not NORMAL: an acknowledged answer must survive a power cut.
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        # What is deleted, or moved within the file, is overwritten there: nobody finds it later.
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
        "PRAGMA secure_delete=ON",
    }
    _database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_FORMS = {
    "login": "accounts.sign_in_forms.LoginForm",
    "request_login_code": "accounts.sign_in_forms.RequestLoginCodeForm",
    "confirm_login_code": "accounts.sign_in_forms.ConfirmLoginCodeForm",
    "reset_password": "accounts.sign_in_forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.sign_in_forms.ResetPasswordKeyForm",
    "change_password": "accounts.sign_in_forms.ChangePasswordForm",
    "set_password": "accounts.sign_in_forms.SetPasswordForm",
}
MFA_FORMS = {
    "authenticate": "accounts.sign_in_forms.SecondFactorForm",
    "activate_totp": "accounts.sign_in_forms.ActivateTOTPForm",
    "deactivate_totp": "accounts.sign_in_forms.DeactivateTOTPForm",
    "generate_recovery_codes": "accounts.sign_in_forms.GenerateRecoveryCodesForm",
}
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Throughline"

SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "throughline_session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "throughline_csrf"
CSRF_FAILURE_VIEW = "ui.views.csrf_failure"
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Five files of 10 MB beside the answers of one page, and what they are wrapped in.
MAX_BODY_BYTES = 56 * 1024 * 1024

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_HASHED = env.bool("STATIC_HASHED", default=not (DEBUG or TESTING))
WHITENOISE_USE_FINDERS = not STATIC_HASHED
# Else each client of the tests would look through all files before its first request.
WHITENOISE_AUTOREFRESH = DEBUG or TESTING
STATIC_ROOT.mkdir(exist_ok=True)
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "ui.static_files.HashedFiles"
            if STATIC_HASHED
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}

# Mail goes to files until a server is named, so that a first try needs none.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    globals().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "accounts.mail_files.EmlBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Throughline <throughline@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# The queue lives beside the database: a file in the embedded default, PostgreSQL where that holds the data.
# Entries are signed, since the worker unpickles them.
HUEY: dict[str, Any] = {
    "name": "throughline",
    "immediate": False,
    # `migrate` makes them (jobs/apps.py): made on import, three starts at once would race for them while
    # Django is still loading its apps, and nothing could start while the database is away.
    "create_tables": False,
    "serializer": SignedSerializer(secret=SECRET_KEY, salt="queue"),
    "consumer": {"workers": env.int("WORKER_THREADS", default=2), "worker_type": "thread"},
}
if _database["ENGINE"].endswith("sqlite3"):
    HUEY |= {"huey_class": "huey.SqliteHuey", "filename": str(DATA_DIR / "queue.sqlite3")}
else:
    HUEY |= {"huey_class": "huey.api.PostgresHuey", "dsn": env.str("DATABASE_URL")}
TASKS: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}
        if TESTING
        else {"BACKEND": "huey.contrib.djhuey.tasks_backend.HueyBackend", "ENQUEUE_ON_COMMIT": True}
    )
}
JOB_FUNCTIONS = "config.jobs.JOBS"
PANELS = "config.panels.PANELS"
LINK_TARGETS = "config.links.TARGETS"
# What else is held against the audit log when it is verified.
AUDIT_CHECKS = ["charters.proof.check"]
# What else forgets a person who is erased.
ERASERS = [
    "jobs.erasing.erase",
    "assessment.erasing.erase",
    "roadmap.erasing.erase",
    "charters.erasing.erase",
    "projects.erasing.erase",
    "deployments.erasing.erase",
    "reports.erasing.erase",
]
# What apps above accounts make for an organization when it is founded, in the same transaction.
AFTER_FOUNDING = ["deployments.actions.environments.found_environments"]
# What apps above accounts do when somebody is removed from an organization, in the same transaction.
AFTER_LEAVING = ["projects.actions.people.leave_organization"]
# What apps above charters do when the outcome owner has decided, in the same transaction.
AFTER_DECISION = ["projects.actions.closing.follow_decision"]
AUDIT_SENTENCES = "config.audit_sentences.SENTENCES"
EVENT_KINDS = "config.events.KINDS"
EVENT_SUBJECTS = "config.events.SUBJECTS"
EVENT_GUESTS = "projects.guests.guests"
# Hosts, addresses and networks that webhooks may reach although they are not on the public internet.
WEBHOOKS_ALLOWED = env.list("WEBHOOKS_ALLOWED", default=[])

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api_auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api_auth.ScopePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ui.api.StrictJSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_PAGINATION_CLASS": "ui.api.Pagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "ui.api.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": [],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Throughline API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    # Names that stay the same when another app adds a field called state, kind or role
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "accounts.models.Role",
        "ProjectRoleEnum": "projects.models.ProjectMember.Role",
        "PlanKindEnum": "roadmap.models.Plan.Kind",
        "PlanStateEnum": "roadmap.models.Plan.State",
        "RosterKindEnum": "assessment.evidence.models.RosterPerson.Kind",
        "CharterStateEnum": "charters.models.STATE_CHOICES",
        "RevisionStateEnum": "charters.models.REVISION_STATE_CHOICES",
        "VerdictEnum": "charters.api_keeping.OUTCOMES",
        "DecisionOutcomeEnum": "charters.models.Decision.Outcome",
    },
}

# Rate limits must hold across processes; compiled fragments need not. Rights are never cached.
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "default"}
        if TESTING
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
    ),
    "fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "ui.middleware.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(request_id)s %(name)s: %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING" if TESTING else "INFO")},
    "loggers": {
        "django_tasks": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        # The worker command adds a handler of its own
        "huey": {"level": "WARNING", "propagate": False},
        "weasyprint": {"level": "ERROR"},
        "pyhanko": {"level": "WARNING"},
        "pyhanko_certvalidator": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS = ["security.W019"]
