"""What the exchange refuses.

ExchangeError
├── JournalUnavailable    the journal cannot be written; nothing was sent anywhere
└── ExchangeBusy          more requests wait than can be answered in time; nothing was done
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class ExchangeError(GuanxiError):
    """The family of exchange errors."""

    code = "exchange.error"
    permanent = False


class JournalUnavailable(ExchangeError):
    """The journal cannot be written."""

    code = "exchange.journal_unavailable"

    def __init__(self) -> None:
        super().__init__("The journal cannot be written.", next_step="Send the same request again in a moment.")


class ExchangeBusy(ExchangeError):
    """More requests wait than can be answered in time."""

    code = "exchange.busy"

    def __init__(self) -> None:
        super().__init__("Too many requests are waiting.", next_step="Send the same request again in a moment.")
