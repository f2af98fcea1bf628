"""XML from strangers: no document type, no entities, no network, bounded in size and in depth.

The parser is libxml2's with its own limits on (depth 256, text 10 MB, amplification); see OWASP, XML External Entity
Prevention. A document type declaration is refused wherever one stands: ISO 20022 messages never have one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from lxml import etree

from guanxi.kernel.iso20022.errors import MessageTooLarge, XmlRefused

LARGEST_TREE: Final = 64 * 1024 * 1024  # octets of a message that is read in one piece
LARGEST_STREAM: Final = 512 * 1024 * 1024  # octets of one that is read record by record
LARGEST_RECORD: Final = 4 * 1024 * 1024  # octets between two records of such a one

_SAFE: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_NEXT: Final = "Send the message as plain, complete XML in the encoding it declares."


def parse(data: bytes) -> etree._Element:
    """The root element of `data`."""
    if len(data) > LARGEST_TREE:
        raise MessageTooLarge(f"The message has {len(data):,} octets; {LARGEST_TREE:,} are read.")
    try:
        root = etree.fromstring(data, etree.XMLParser(**_SAFE))
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise refusal(error) from None
    refuse_document_type(root)
    return root


def records(chunks: Iterable[bytes], names: frozenset[str]) -> Iterator[etree._Element]:
    """Each element of `chunks` whose local name is in `names`, when it is complete. Clear it once it has been read."""
    parser = etree.XMLPullParser(events=("start", "end"), tag=[f"{{*}}{name}" for name in sorted(names)], **_SAFE)
    total = since = 0
    checked = False
    for chunk in chunks:
        total, since = total + len(chunk), since + len(chunk)
        if total > LARGEST_STREAM:
            raise MessageTooLarge(f"The message has more than {LARGEST_STREAM:,} octets.")
        try:
            parser.feed(chunk)
        except (etree.XMLSyntaxError, ValueError, LookupError) as error:
            raise refusal(error) from None
        for event, element in parser.read_events():
            if not checked:
                refuse_document_type(element)
                checked = True
            if event == "end":
                since = 0
                yield element
        if since > LARGEST_RECORD:
            raise MessageTooLarge(f"More than {LARGEST_RECORD:,} octets follow each other without a record.")
    try:
        root = parser.close()
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise refusal(error) from None
    refuse_document_type(root)


def clear(element: etree._Element) -> None:
    """Let go of `element` and of what stands before it, so that memory stays flat."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def refuse_document_type(element: etree._Element) -> None:
    """`XmlRefused` when the document that `element` belongs to has a document type declaration."""
    found = element.getroottree().docinfo
    if found.doctype or found.internalDTD is not None:
        raise XmlRefused("The message has a document type declaration.", next_step="Leave out DOCTYPE and entities.")


def refusal(error: Exception) -> XmlRefused:
    """What the parser found, for a person."""
    line = getattr(error, "lineno", None)
    where = f" (line {line})" if line else ""
    text = str(error).partition(", line ")[0][:200]
    return XmlRefused(f"This is not well-formed XML{where}: {text}.", next_step=_NEXT)
