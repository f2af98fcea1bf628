"""What the catalogue refuses.

ServiceError
└── ServiceUnknown    no service of that name is in the catalogue, or this channel does not offer it
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class ServiceError(GuanxiError):
    """The family of service errors."""

    code = "services.error"


class ServiceUnknown(ServiceError):
    """No service of that name is in the catalogue, or this channel does not offer it."""

    code = "services.unknown"
