"""Writing XML as text, element by element: names are ours, whatever stands between them is escaped."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Final

from guanxi.kernel.money import CURRENCIES

_ESCAPES: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
# XML 1.0, production 2: what is no character of a document is left out, since nothing can carry it.
_NO_CHARACTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def opened(message: str, root: str) -> str:
    """The declaration, the document and the message's root element, all still open."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}"><{root}>'
    )


def closed(root: str) -> str:
    """The end of what `opened` began."""
    return f"</{root}></Document>\n"


def leaf(name: str, content: str, longest: int = 0) -> str:
    """An element with text in it, cut to `longest` characters; nothing at all for no text."""
    if not content:
        return ""
    written = _NO_CHARACTER.sub("", content[:longest] if longest else content).translate(_ESCAPES)
    return f"<{name}>{written}</{name}>"


def node(name: str, *content: str) -> str:
    """An element with elements in it; nothing at all when none of them is there."""
    inside = "".join(content)
    return f"<{name}>{inside}</{name}>" if inside else ""


def money(name: str, amount: Decimal, currency: str) -> str:
    """An amount without its sign, with the places its currency has, and more only where there are more."""
    places = CURRENCIES[currency][1] if currency in CURRENCIES else 2
    size = abs(amount)
    written = f"{size:.{places}f}" if size == round(size, places) else f"{size.normalize():f}"
    return f'<{name} Ccy="{currency}">{written}</{name}>'


def indicator(amount: Decimal) -> str:
    """Whether it is a debit or a credit."""
    return leaf("CdtDbtInd", "DBIT" if amount < 0 else "CRDT")


def instant(name: str, at: dt.datetime | None) -> str:
    """A moment in UTC, to the second."""
    return leaf(name, f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}") if at else ""


def number(value: Decimal) -> str:
    """A decimal number without an exponent."""
    return f"{value:f}"
