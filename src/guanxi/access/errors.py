"""What access refuses.

AccessError
├── SignInRefused     the login or the password is wrong, or sign-in is locked for a while: one answer for all three
├── SignInBusy        too many sign-ins are being checked at once; try again in a moment
├── TerminalUnknown   no terminal in service has this id
├── ClientUnknown     no machine client of this name may speak
├── WorkingKeyUnreadable  a stored key does not open: another secret, another owner, or damage
└── ActionDenied      this role may not do that
"""

from __future__ import annotations

import uuid

from guanxi.kernel.errors import GuanxiError


class AccessError(GuanxiError):
    """The family of access errors."""

    code = "access.error"


class SignInRefused(AccessError):
    """The login or the password is wrong, or sign-in is locked; which of them is not told to the person.

    `party_id` is set when a failed attempt was counted against a real credential, so that it can be put on record.
    """

    code = "access.sign_in_refused"

    def __init__(self, party_id: uuid.UUID | None) -> None:
        super().__init__(
            "The login or the password is wrong, or sign-in is locked for a while after repeated failures.",
            next_step="Check both; after five failures wait before trying again, or ask the service centre.",
        )
        self.party_id = party_id


class SignInBusy(AccessError):
    """Too many sign-ins are being checked at once."""

    code = "access.sign_in_busy"
    permanent = False

    def __init__(self) -> None:
        super().__init__("Too many sign-ins are being checked at this moment.", next_step="Try again in a few seconds.")


class TerminalUnknown(AccessError):
    """No terminal in service has this id."""

    code = "access.terminal_unknown"

    def __init__(self, terminal_id: str) -> None:
        super().__init__(f"No terminal {terminal_id!r} is in service.", next_step="Register it, or put it in service.")


class ClientUnknown(AccessError):
    """No machine client of this name may speak."""

    code = "access.client_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"No machine client {name!r} may speak.", next_step="See guanxi client list, or add it.")


class WorkingKeyUnreadable(AccessError):
    """A stored key does not open."""

    code = "access.working_key_unreadable"

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"The stored key of {owner} does not open.",
            next_step="Check that GUANXI_SECRET_KEY is the one it was stored under, or load the key again.",
        )


class ActionDenied(AccessError):
    """This role may not do that."""

    code = "access.action_denied"

    def __init__(self, action: str) -> None:
        super().__init__(
            "Your role does not include this.", next_step="Ask your supervisor if you need it.", action=action
        )
