"""What the sandbox bank refuses.

SandboxError
├── RequestInvalid     a field is missing or makes no sense; names it
├── AccountUnknown     no account, operation or system has this name
├── StatusImpossible   an account cannot become what is asked as it stands
└── Unavailable        switched off on purpose, or without its database; to be tried again
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


class StatusImpossible(SandboxError):
    """An account cannot become what is asked as it stands."""

    code = "sandbox.status_impossible"
    status = 409


class Unavailable(SandboxError):
    """Not to be had at the moment."""

    code = "sandbox.unavailable"
    permanent = False
    status = 503
