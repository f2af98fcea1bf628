"""What the parties room refuses.

PartiesError
├── PartyUnknown            no party is found under this id
└── SearchNotPermitted      the actor may not look for customers
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class PartiesError(GuanxiError):
    """The family of the parties room's errors."""

    code = "parties.error"


class PartyUnknown(PartiesError):
    """No party is found under this id."""

    code = "parties.unknown"

    def __init__(self) -> None:
        super().__init__("This customer is not known.", next_step="Search for the customer by name or number.")


class SearchNotPermitted(PartiesError):
    """The actor may not look for customers."""

    code = "parties.search_not_permitted"

    def __init__(self) -> None:
        super().__init__("You may not look for customers.", next_step="Sign in with an active staff account.")
