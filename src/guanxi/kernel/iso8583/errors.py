"""What the ISO 8583 codec refuses.

Iso8583Error
├── MalformedMessage        bytes that are not a message of our specification; keeps what could be read
├── UnencodableMessage      a field value that does not fit its field
├── PackagerUnknown         no dialect of that name
├── FramingLost             the stream holds no length header any more; only closing the connection helps
└── PinBlockUnreadable      not a PIN for this card under this terminal's key
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guanxi.kernel.errors import GuanxiError

if TYPE_CHECKING:
    from guanxi.kernel.iso8583.packager import Message


class Iso8583Error(GuanxiError):
    """The family of ISO 8583 errors."""

    code = "iso8583.error"


class MalformedMessage(Iso8583Error):
    """Bytes that are not a message. `partial` holds the type and the fields before the fault, `None` without a type."""

    code = "iso8583.malformed_message"

    def __init__(
        self, sentence: str, *, partial: Message | None, field: int | None = None, position: int | None = None
    ) -> None:
        super().__init__(sentence, field=field, position=position)
        self.partial = partial
        self.field = field
        self.position = position  # the octet, counted from 0, where it goes wrong


class UnencodableMessage(Iso8583Error):
    """A field value that does not fit its field."""

    code = "iso8583.unencodable_message"


class PackagerUnknown(Iso8583Error):
    """There is no dialect of that name."""

    code = "iso8583.packager_unknown"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no packager {name!r}.", next_step=f"Take one of {', '.join(known)}.")


class FramingLost(Iso8583Error):
    """No length header can be found in the stream any more."""

    code = "iso8583.framing_lost"


class PinBlockUnreadable(Iso8583Error):
    """Not a PIN block for this card number under this key."""

    code = "iso8583.pin_block_unreadable"

    def __init__(self) -> None:
        super().__init__("The PIN block cannot be read.", next_step="Check the PIN key of the terminal.")
