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
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _DATABASE.path.lstrip("/"),
        "USER": unquote(_DATABASE.username or ""),
        "PASSWORD": unquote(_DATABASE.password or ""),
        "HOST": _DATABASE.hostname or "",
        "PORT": _DATABASE.port or 5432,
        "OPTIONS": {"pool": True},
    },
}

USE_TZ = True
TIME_ZONE = _CONFIGURATION.bank_time_zone
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
STATIC_URL = "/static/"
