"""Reading a whole message of whatever kind: those we know as their structs, every other by its name and its header."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from lxml import etree

from guanxi.kernel.iso20022 import xml
from guanxi.kernel.iso20022.account_messages import AccountMessage, read_account_message
from guanxi.kernel.iso20022.credit_transfers import Record, read_credit_transfers
from guanxi.kernel.iso20022.elements import local
from guanxi.kernel.iso20022.errors import ElementInvalid
from guanxi.kernel.iso20022.identity import ApplicationHeader, Identity, document_in, header_in, identify
from guanxi.kernel.iso20022.interbank_messages import TransferMessage, read_transfer_message
from guanxi.kernel.iso20022.status_messages import StatusMessage, read_status_message

Body = AccountMessage | StatusMessage | TransferMessage | tuple[Record, ...] | None


class Message(msgspec.Struct, frozen=True):
    """A message: which it is, its business header if it came with one, and its content if it is of a kind we read."""

    identity: Identity
    header: ApplicationHeader | None
    body: Body


def read_message(data: bytes) -> Message:
    """The message in `data`, an envelope around it or not."""
    root = xml.parse(data)
    document = document_in(root)
    identity = identify(document)
    inside = [each for each in document if isinstance(each.tag, str)]
    if not inside:
        raise ElementInvalid(f"The Document of {identity.name} is empty.", element=local(document))
    read = _READERS.get(identity.kind)
    return Message(identity, header_in(root), read(identity, inside[0]) if read else None)


def _credit_transfers(_identity: Identity, message: etree._Element) -> tuple[Record, ...]:
    return tuple(read_credit_transfers([etree.tostring(message.getparent(), encoding="UTF-8")]))


_READERS: Final[Mapping[str, Callable[[Identity, etree._Element], Any]]] = {
    "camt.052": read_account_message,
    "camt.053": read_account_message,
    "camt.054": read_account_message,
    "pain.001": _credit_transfers,
    "pain.002": read_status_message,
    "pacs.002": read_status_message,
    "pain.008": read_transfer_message,
    "pacs.008": read_transfer_message,
    "pacs.009": read_transfer_message,
}
