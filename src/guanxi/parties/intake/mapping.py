"""From a row of a source to a party as the source tells it, by the source's description."""

from __future__ import annotations

import datetime as dt
import operator
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from guanxi.parties.intake.description import Column, SourceDescription
from guanxi.parties.intake.errors import ColumnsMissing
from guanxi.parties.intake.meanings import JOINED, Meaning
from guanxi.parties.normalisation.calendar_dates import read_date
from guanxi.parties.normalisation.characters import has_chinese
from guanxi.parties.normalisation.record import RawDocument, RawParty

LONGEST_KEY: Final = 64  # of SourceRecord.key
_LOST: Final = "\ufffd"
_YES: Final = frozenset(("1", "y", "yes", "true", "t", "d", "x", "是", "已删除", "删除", "deleted"))
_COUNTRIES: Final = {
    "中国": "CN", "中国大陆": "CN", "china": "CN", "chn": "CN", "prc": "CN", "香港": "HK", "中国香港": "HK",
    "hong kong": "HK", "hkg": "HK", "澳门": "MO", "中国澳门": "MO", "macao": "MO", "macau": "MO", "台湾": "TW",
    "中国台湾": "TW", "taiwan": "TW", "twn": "TW", "uk": "GB", "gbr": "GB", "united kingdom": "GB", "usa": "US",
    "united states": "US", "czechia": "CZ", "czech republic": "CZ", "cze": "CZ", "australia": "AU", "aus": "AU",
}  # fmt: skip
_SINGLE: Final = (
    *(Meaning.SURNAME, Meaning.LATIN_NAME, Meaning.GENDER, Meaning.BIRTH_DATE),
    *(Meaning.PROVINCE, Meaning.CITY, Meaning.DISTRICT, Meaning.POSTCODE),
)
_SEVERAL: Final = (
    ("phones", Meaning.PHONE),
    ("emails", Meaning.EMAIL),
    ("former_names", Meaning.FORMER_NAME),
)


class Mapped(NamedTuple):
    """What a row says. `key` is empty when it names none; `faults` are fields that were left out, and why."""

    key: str
    raw: RawParty
    told_at: dt.datetime | None
    deleted: bool
    faults: Sequence[tuple[str, str]]


Mapper = Callable[[Sequence[str]], Mapped]
_Getter = Callable[[Sequence[str]], Sequence[str]]
_NO_FAULTS: Final[Sequence[tuple[str, str]]] = ()


def make_mapper(description: SourceDescription, columns: Sequence[str], zone: dt.tzinfo) -> Mapper:
    """How rows of these columns are understood; `zone` is where times without an offset belong.

    `ColumnsMissing` when one that means something is not among them.
    """
    by_meaning = _columns_by_meaning(description, columns)
    key = _getter([columns.index(each) for each in description.key])
    build = _builder(description, by_meaning)
    told = _first(by_meaning[Meaning.TOLD_AT])
    deleted = _first(by_meaning[Meaning.DELETED])
    clean = _cleaner(by_meaning)

    def map_row(cells: Sequence[str]) -> Mapped:
        cells, faults = clean(cells)
        return Mapped(
            "|".join(key(cells)).strip("|"),
            build(cells),
            _instant(cells[told], zone) if told is not None and cells[told] else None,
            deleted is not None and cells[deleted].lower() in _YES,
            faults,
        )

    return map_row


_Meant = defaultdict[str, list[tuple[int, Column]]]


def _columns_by_meaning(description: SourceDescription, columns: Sequence[str]) -> _Meant:
    used = [column for column in description.columns if column.means]
    missing = [each for each in (*description.key, *(column.name for column in used)) if each not in columns]
    if missing:
        raise ColumnsMissing(list(dict.fromkeys(missing)))
    found: _Meant = defaultdict(list)
    for column in used:
        found[column.means].append((columns.index(column.name), column))
    return found


def _cleaner(by_meaning: _Meant) -> Callable[[Sequence[str]], tuple[Sequence[str], Sequence[tuple[str, str]]]]:
    """Values that stand for nothing, and those with characters that were lost, become empty."""
    nothing = [
        (at, frozenset(column.nothing)) for meant in by_meaning.values() for at, column in meant if column.nothing
    ]
    used = [(at, column.name) for meant in by_meaning.values() for at, column in meant]

    def clean(cells: Sequence[str]) -> tuple[Sequence[str], Sequence[tuple[str, str]]]:
        lost = [(at, name) for at, name in used if _LOST in cells[at]]
        blank = [at for at, values in nothing if cells[at] in values]
        if not lost and not blank:
            return cells, _NO_FAULTS
        cleaned = list(cells)
        for at in (*blank, *(at for at, _ in lost)):
            cleaned[at] = ""
        return cleaned, [(name, "it has characters that cannot be read") for _, name in lost]

    return clean


def _builder(description: SourceDescription, by_meaning: _Meant) -> Callable[[Sequence[str]], RawParty]:
    single = [(str(meaning), by_meaning[meaning][0][0]) for meaning in _SINGLE if by_meaning[meaning]]
    several = [(field, _positions(by_meaning[meaning])) for field, meaning in _SEVERAL if by_meaning[meaning]]
    joined = [(str(meaning), _positions(by_meaning[meaning])) for meaning in sorted(JOINED) if by_meaning[meaning]]
    documents = _documents(by_meaning)
    kind, country = _first(by_meaning[Meaning.KIND]), _first(by_meaning[Meaning.COUNTRY])

    def build(cells: Sequence[str]) -> RawParty:
        fields: dict[str, Any] = {field: cells[at] for field, at in single}
        for field, positions in several:
            fields[field] = tuple([cells[at] for at in positions if cells[at]])
        for field, positions in joined:
            fields[field] = _joined(cells, positions)
        return RawParty(
            kind=cells[kind] if kind is not None and cells[kind] else description.kind,
            country=_country(cells[country], description.country) if country is not None else description.country,
            date_order=description.date_order,
            documents=tuple(
                [
                    RawDocument(cells[at], cells[said] if said >= 0 else told)
                    for at, said, told in documents
                    if cells[at]
                ]
            ),
            **fields,
        )

    return build


def _documents(by_meaning: _Meant) -> list[tuple[int, int, str]]:
    """For each column of documents where its kind stands: in the nearest column of kinds, or in the description."""
    kinds = _positions(by_meaning[Meaning.DOCUMENT_KIND])
    found = []
    for at, column in by_meaning[Meaning.DOCUMENT]:
        near = min(kinds, key=lambda kind: abs(kind - at), default=-1) if not column.document else -1
        found.append((at, near, column.document))
    return found


def _joined(cells: Sequence[str], positions: Sequence[int]) -> str:
    """Several columns as one text: Chinese without blanks between."""
    if len(positions) == 1:
        return cells[positions[0]]
    parts = [cells[at] for at in positions if cells[at]]
    return ("" if any(map(has_chinese, parts)) else " ").join(parts)


def _country(text: str, default: str) -> str:
    if len(text) == 2 and text.isascii() and text.isalpha():
        return text.upper()
    return _COUNTRIES.get(text.lower(), default)


def _instant(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        day = read_date(text).iso
        if not day:
            return None
        found = dt.datetime.fromisoformat(day)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _positions(meant: Sequence[tuple[int, Column]]) -> list[int]:
    return [at for at, _ in meant]


def _first(meant: Sequence[tuple[int, Column]]) -> int | None:
    return meant[0][0] if meant else None


def _getter(positions: Sequence[int]) -> _Getter:
    if len(positions) == 1:
        only = positions[0]
        return lambda cells: (cells[only],)
    return operator.itemgetter(*positions)
