"""What storage refuses.

StorageError
├── ConfigurationInvalid    a setting is missing or makes no sense
└── DatabaseUnavailable     PostgreSQL cannot be reached, started or used; try again when it can
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class StorageError(GuanxiError):
    """The family of storage errors."""

    code = "storage.error"


class ConfigurationInvalid(StorageError):
    """A setting is missing or makes no sense."""

    code = "storage.configuration_invalid"


class DatabaseUnavailable(StorageError):
    """PostgreSQL cannot be reached, started or used."""

    code = "storage.database_unavailable"
    permanent = False
