"""What the sandbox bank refuses.

SandboxError
├── RequestInvalid     a field is missing or makes no sense; names it
└── AccountUnknown     no account has this number
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class SandboxError(GuanxiError):
    """The family of the sandbox's errors."""

    code = "sandbox.error"
    status = 400


class RequestInvalid(SandboxError):
    """A field is missing or makes no sense."""

    code = "sandbox.request_invalid"


class AccountUnknown(SandboxError):
    """No account, or no operation, is found under this name."""

    code = "sandbox.unknown"
    status = 404
