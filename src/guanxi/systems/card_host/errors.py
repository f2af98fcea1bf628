"""What keeps the card host from answering.

CardHostError
├── HostUnreachable     there is no signed-on connection: nothing was sent
└── HostSilent          the message was sent and no authentic answer came: its effect is unknown
"""

from __future__ import annotations

from guanxi.kernel.errors import GuanxiError


class CardHostError(GuanxiError):
    """The family of card host errors."""

    code = "card_host.error"
    permanent = False


class HostUnreachable(CardHostError):
    """There is no signed-on connection; nothing was sent."""

    code = "card_host.unreachable"


class HostSilent(CardHostError):
    """The message was sent and no authentic answer came in time."""

    code = "card_host.silent"
