"""What access refuses.

AccessError
├── SignInRefused     the login or the password is wrong, or sign-in is locked for a while: one answer for all three
└── SignInBusy        too many sign-ins are being checked at once; try again in a moment
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
