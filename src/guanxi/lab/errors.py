"""What the lab cannot do.

LabError
├── NoDemoBank          the files that hold cards, PINs and terminal keys in the clear are not there
├── TerminalOffline     the gateway cannot be reached, or did not let the terminal sign on; nothing was sent
└── NotSignedIn         the gateway refused login and password
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class LabError(GuanxiError):
    """The family of lab errors."""

    code = "lab.error"


class NoDemoBank(LabError):
    """There is nobody to play."""

    code = "lab.no_demo_bank"

    def __init__(self, folder: object) -> None:
        super().__init__(
            f"There is no demo bank in {folder}.",
            next_step="Make one with `guanxi demo`, or set GUANXI_HOME to an installation that has one.",
        )


class TerminalOffline(LabError):
    """The terminal is not signed on; nothing was sent."""

    code = "lab.terminal_offline"
    permanent = False

    def __init__(self, terminal_id: str) -> None:
        super().__init__(
            f"{terminal_id} is not connected to the bank.",
            next_step="Check that the gateway runs; the terminal connects by itself.",
        )


class NotSignedIn(LabError):
    """The gateway refused login and password."""

    code = "lab.not_signed_in"
    permanent = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail or "The bank refused the sign-in.", next_step="Wait a minute, then try again.")
