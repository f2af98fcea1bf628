"""Django settings of the office, and of every command that uses the models."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from guanxi.storage.configuration import configuration

_CONFIGURATION = configuration()
_DATABASE = urlsplit(_CONFIGURATION.database_url or "postgresql://guanxi@127.0.0.1:5432/guanxi")

SECRET_KEY = _CONFIGURATION.secret_key or "set-by-guanxi-run-from-the-installation-key"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "guanxi.office.urls"
AUTH_USER_MODEL = "access.StaffMember"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "guanxi.access",
    "guanxi.parties",
    "guanxi.interactions",
    "guanxi.exchange",
    "guanxi.office.shell",
    "guanxi.office.home",
    "guanxi.office.parties",
    "guanxi.office.interactions",
    "guanxi.office.exchange",
    "guanxi.office.records",
    "guanxi.office.lab",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "guanxi.office.shell.middleware.security_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "guanxi.office.shell.middleware.explain_refusals",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "guanxi.office.shell.context.shell",
            ],
            "builtins": ["guanxi.office.shell.templatetags.shell", "django.templatetags.i18n"],
        },
    },
]
ASGI_APPLICATION = "guanxi.office.asgi.application"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "guanxi.office.shell.failures.csrf_failure"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _DATABASE.path.lstrip("/"),
        "USER": unquote(_DATABASE.username or ""),
        "PASSWORD": unquote(_DATABASE.password or ""),
        "HOST": _DATABASE.hostname or "",
        "PORT": _DATABASE.port or 5432,
        "OPTIONS": {"pool": {"min_size": 2, "max_size": 20, "timeout": 10}},
    },
}

USE_TZ = True
TIME_ZONE = _CONFIGURATION.bank_time_zone
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
STATIC_URL = "/static/"
