"""Which message it is, who sent it to whom: the namespace of its `Document`, and its business application header.

ISO 20022 names a message `urn:iso:std:iso:20022:tech:xsd:pain.001.001.09`; markets hang a suffix of their own on it
(`pain.001.001.03.ch.02`) or use their own address with it in. A document may stand in an envelope of whatever name.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import msgspec
from lxml import etree

from guanxi.kernel.iso20022.elements import local, moment, text
from guanxi.kernel.iso20022.errors import MessageUnknown

_NAME: Final = re.compile(r"\b([a-z]{4})\.(\d{3})\.(\d{3})(?:\.(\d{2}))?")


class Identity(msgspec.Struct, frozen=True):
    """A message's name, such as pain.001.001.09: its kind is pain.001, its version 9."""

    name: str
    kind: str
    version: int
    namespace: str


class ApplicationHeader(msgspec.Struct, frozen=True):
    """head.001: who sent what to whom."""

    sender: str
    receiver: str
    business_id: str
    definition: str
    created_at: dt.datetime | None


def identify(document: etree._Element) -> Identity:
    """Which message `document` is; `MessageUnknown` when its namespace does not say."""
    namespace = etree.QName(document).namespace or ""
    found = _NAME.search(namespace)
    if local(document) != "Document" or found is None:
        raise MessageUnknown(
            f"The element {local(document)} is in the namespace {namespace[:100]!r}, which names no ISO 20022 message.",
            element=local(document),
            next_step="Send a Document in a namespace such as urn:iso:std:iso:20022:tech:xsd:pain.001.001.09.",
        )
    area, number, variant, version = found.groups()
    return Identity(found[0], f"{area}.{number}", int(version or variant), namespace)


def document_in(root: etree._Element) -> etree._Element:
    """The `Document` in `root`, which may be an envelope around it."""
    if local(root) == "Document":
        return root
    found = next(root.iter("{*}Document"), None)
    if found is None:
        raise MessageUnknown(f"There is no Document in {local(root)}.", element=local(root))
    return found


def header_in(root: etree._Element) -> ApplicationHeader | None:
    """The business application header that stands before the document, if there is one."""
    found = next(root.iter("{*}AppHdr"), None)
    if found is None:
        return None
    return ApplicationHeader(
        sender=_side(found, "Fr") or text(found, "From/Id"),
        receiver=_side(found, "To") or text(found, "To/Id"),
        business_id=text(found, "BizMsgIdr", "MsgRef"),
        definition=text(found, "MsgDefIdr"),
        created_at=moment(found, "CreDt") or moment(found, "CrDate"),
    )


def _side(header: etree._Element, name: str) -> str:
    return text(header, f"{name}/FIId/FinInstnId/BICFI", f"{name}/OrgId/Id/OrgId/AnyBIC", f"{name}/OrgId/Nm")
