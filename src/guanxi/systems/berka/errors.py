"""What the import refuses.

BerkaError
└── FileUnusable        a file is missing, or has not the columns it should have
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class BerkaError(GuanxiError):
    """The family of the import's errors."""

    code = "berka.error"


class FileUnusable(BerkaError):
    """A file is missing, or has not the columns it should have."""

    code = "berka.file_unusable"
