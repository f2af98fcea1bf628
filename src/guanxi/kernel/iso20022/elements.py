"""Reading the elements of a message by their names, whichever version's namespace they are in.

Types are those of the ISO 20022 data dictionary: ActiveCurrencyAndAmount (18 digits, 5 of them decimals), ISODate,
ISODateTime, Max35Text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from lxml import etree

from guanxi.kernel.iso20022.errors import ElementInvalid

ACCOUNT_PATHS: Final = ("Id/IBAN", "Id/Othr/Id", "Id/PrtryAcct/Id", "Id/BBAN", "Id/UPIC")
AGENT_PATHS: Final = (
    "FinInstnId/BICFI",
    "FinInstnId/BIC",
    "FinInstnId/ClrSysMmbId/MmbId",
    "FinInstnId/CmbndId/BIC",
    "FinInstnId/Othr/Id",
)
_AMOUNT: Final = re.compile(r"\d{1,18}(\.\d{1,18})?|\.\d{1,18}")
_COUNT: Final = re.compile(r"\d{1,15}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?")


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def path_of(element: etree._Element, below: str = "") -> str:
    """Where `element` stands, from the message's root element down, with `below` added."""
    names = [local(element), *(local(each) for each in element.iterancestors())]
    return "/".join([*reversed(names), *([below] if below else [])])


def find(element: etree._Element, *paths: str) -> etree._Element | None:
    """The first element below `element` at one of `paths` (`A/B`), which are the names that versions give it."""
    namespace = str(element.tag).rpartition("}")[0]
    for path in paths:
        found = element.find(_qualified(namespace, path))
        if found is not None:
            return found
    return None


def every(element: etree._Element, path: str) -> Iterator[etree._Element]:
    """All elements at `path`."""
    yield from element.iterfind(_qualified(str(element.tag).rpartition("}")[0], path))


def text(element: etree._Element, *paths: str) -> str:
    """What stands at the first of `paths` that is there, without white space around it; empty when none is."""
    found = find(element, *paths)
    return (found.text or "").strip() if found is not None else ""


def required(element: etree._Element, path: str, *, longest: int = 35) -> str:
    """What stands at `path`; `ElementInvalid` when that is nothing, or too much."""
    found = text(element, path)
    if not found:
        raise ElementInvalid(f"{path_of(element, path)} is missing.", element=path_of(element, path))
    if len(found) > longest:
        raise ElementInvalid(
            f"{path_of(element, path)} has {len(found)} characters; {longest} is the most.",
            element=path_of(element, path),
        )
    return found


def amount(found: etree._Element) -> tuple[Decimal, str]:
    """An amount and its currency."""
    written, currency = (found.text or "").strip(), found.get("Ccy", "")
    if not _AMOUNT.fullmatch(written):
        raise _misfit(found, f"{written[:30]!r} is not an amount")
    if not _CURRENCY.fullmatch(currency):
        raise _misfit(found, f"{currency[:10]!r} is not a currency code")
    return Decimal(written), currency


def decimal(element: etree._Element, path: str) -> Decimal | None:
    """The number at `path`, if there is one."""
    written = text(element, path)
    if not written:
        return None
    if not _AMOUNT.fullmatch(written.lstrip("+-")):
        raise ElementInvalid(
            f"{path_of(element, path)}: {written[:30]!r} is not a number.", element=path_of(element, path)
        )
    return Decimal(written)


def count(element: etree._Element, path: str) -> int | None:
    """The count at `path`, if there is one."""
    written = text(element, path)
    if not written:
        return None
    if not _COUNT.fullmatch(written):
        raise ElementInvalid(
            f"{path_of(element, path)}: {written[:30]!r} is not a count.", element=path_of(element, path)
        )
    return int(written)


def moment(element: etree._Element, path: str) -> dt.datetime | None:
    """The date and time at `path`; one without an offset is taken as UTC."""
    written = text(element, path)
    if not written:
        return None
    try:
        return _aware(dt.datetime.fromisoformat(written))
    except ValueError:
        raise ElementInvalid(
            f"{path_of(element, path)}: {written[:40]!r} is not a date and time.", element=path_of(element, path)
        ) from None


def day(element: etree._Element, *paths: str) -> dt.date | None:
    """The date at the first of `paths` that is there: a date, a date with an offset, or a date and time."""
    written = text(element, *paths)
    if not written:
        return None
    plain = _DATE.fullmatch(written)
    try:
        return dt.date.fromisoformat(plain[1]) if plain else dt.datetime.fromisoformat(written).date()
    except ValueError:
        raise ElementInvalid(
            f"{path_of(element, paths[0])}: {written[:40]!r} is not a date.", element=path_of(element, paths[0])
        ) from None


def choice_moment(element: etree._Element, path: str) -> dt.datetime | None:
    """A DateAndDateTime choice at `path`, as a moment: a date is its midnight in UTC."""
    if (at := moment(element, f"{path}/DtTm")) is not None:
        return at
    on = day(element, f"{path}/Dt")
    return dt.datetime(on.year, on.month, on.day, tzinfo=dt.UTC) if on else None


def account(element: etree._Element, path: str) -> str:
    """The number of the account at `path`: its IBAN or another identification."""
    return text(element, *(f"{path}/{each}" for each in ACCOUNT_PATHS))


def agent(element: etree._Element, path: str) -> str:
    """The bank at `path`: its BIC, or its clearing-system member id."""
    return text(element, *(f"{path}/{each}" for each in AGENT_PATHS))


def leaves(element: etree._Element) -> dict[str, list[etree._Element]]:
    """Every element below `element` that has none below itself, under its path: one walk for what is read often."""
    found: dict[str, list[etree._Element]] = {}
    _gather(element, "", found)
    return found


def first_of(told: Mapping[str, list[etree._Element]], *paths: str) -> str:
    """What stands at the first of `paths` among the leaves `told`; empty when none is there."""
    for path in paths:
        if path in told:
            return (told[path][0].text or "").strip()
    return ""


def _gather(element: etree._Element, prefix: str, found: dict[str, list[etree._Element]]) -> None:
    for child in element:
        name = prefix + child.tag.rpartition("}")[2]
        if len(child):
            _gather(child, f"{name}/", found)
        else:
            found.setdefault(name, []).append(child)


def party_name(element: etree._Element, path: str) -> str:
    """The name of the party at `path`, which later versions wrap in a choice."""
    return text(element, f"{path}/Nm", f"{path}/Pty/Nm", f"{path}/Agt/FinInstnId/Nm")


_PATHS: Final[dict[tuple[str, str], str]] = {}


def _qualified(namespace: str, path: str) -> str:
    """`path` in `namespace` ("{urn:…"), remembered: there are few of both in use at a time."""
    known = _PATHS.get((namespace, path))
    if known is None:
        prefix = f"{namespace}}}" if namespace else ""
        known = "/".join(prefix + name for name in path.split("/"))
        if len(_PATHS) > 4096:  # namespaces are the senders' to choose
            _PATHS.clear()
        _PATHS[(namespace, path)] = known
    return known


def _aware(at: dt.datetime) -> dt.datetime:
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _misfit(element: etree._Element, what: str) -> ElementInvalid:
    return ElementInvalid(f"{path_of(element)}: {what}.", element=path_of(element))
