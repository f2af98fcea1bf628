"""What the sandbox bank refuses.

SandboxError
├── RequestInvalid     a field is missing or makes no sense; names it
├── AccountUnknown     no account, operation or system has this name
├── StatusImpossible   an account cannot become what is asked as it stands
├── Unavailable        switched off on purpose: nothing was done; to be tried again
└── OutcomeUnknown     the database was lost on the way: it was done or it was not; ask, or send the same again
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
    """Not to be had at the moment; nothing was done."""

    code = "sandbox.unavailable"
    permanent = False
    status = 503


class OutcomeUnknown(SandboxError):
    """The database was lost on the way, perhaps after it had committed."""

    code = "sandbox.outcome_unknown"
    permanent = False
    status = 500
