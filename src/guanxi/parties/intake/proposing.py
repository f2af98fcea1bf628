"""From a first look at a table to a description of its source: a proposal, for a person to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from guanxi.parties.intake.description import Column, SourceDescription
from guanxi.parties.intake.meanings import JOINED, KEY, REPEATED, Meaning, plain_heading
from guanxi.parties.intake.profiling import ColumnProfile, Profile
from guanxi.parties.intake.tables import Row
from guanxi.parties.normalisation.characters import has_chinese
from guanxi.parties.normalisation.frequent_values import frequent_values

_NOTHING_OF: Final = {Meaning.PHONE: "phones", Meaning.EMAIL: "emails", Meaning.DOCUMENT: "identifiers"}
_ALIKE: Final = 0.8


def propose(profile: Profile, rows: Sequence[Row], base: SourceDescription) -> SourceDescription:
    """A description of the source of this table; how it was read is taken from `base`."""
    meant = _settled(profile)
    columns = tuple(
        Column(name=each.name, means=meant.get(each.name, ""), document=_document(each, meant.get(each.name, "")))
        for each in profile.columns
    )
    if base.format == "fixed_width":
        widths = {column.name: column.width for column in base.columns}
        columns = tuple(msgspec.structs.replace(each, width=widths.get(each.name, 0)) for each in columns)
    return msgspec.structs.replace(
        base,
        columns=_without_placeholders(columns, rows),
        key=_key(profile),
        country=_country(profile, base.country),
        date_order=_date_order(profile, meant),
    )


def _settled(profile: Profile) -> dict[str, str]:
    """Which column means what: of what may be only once, the likeliest; the others are left open."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for column in sorted(profile.columns, key=lambda each: -each.suspicion.score):
        means = column.suspicion.means
        if not means or means == KEY or (means in taken and means not in REPEATED | JOINED):
            continue
        if means == Meaning.NAME and means in taken:
            continue
        taken.add(means)
        found[column.name] = means
    if Meaning.SURNAME in taken and Meaning.GIVEN_NAME in taken:
        found = {name: means for name, means in found.items() if means != Meaning.NAME}
    return found


def _document(column: ColumnProfile, means: str) -> str:
    """The kind of document that a column holds: the one that most are; for numbers of no known kind, its heading."""
    if means != Meaning.DOCUMENT:
        return ""
    best = max(column.traits.documents.items(), key=lambda item: item[1], default=("", 0.0))
    if best[1] >= _ALIKE:
        return best[0]
    return (
        ""
        if column.traits.documents or not plain_heading(column.name).isascii()
        else "_".join(plain_heading(column.name).split())
    )


def _key(profile: Profile) -> tuple[str, ...]:
    said = [each.name for each in profile.columns if each.suspicion.means == KEY]
    if said:
        return (said[0],)
    unique = [
        each for each in profile.columns if each.filled == profile.rows - profile.unreadable_rows == each.distinct
    ]
    plain = [each.name for each in unique if not each.suspicion.means and each.longest <= 36]
    documents = [each.name for each in unique if each.suspicion.means == Meaning.DOCUMENT]
    return tuple([*plain, *documents][:1])


def _country(profile: Profile, default: str) -> str:
    """China where anything is written in Chinese or is a Chinese number; else it stays open."""
    for column in profile.columns:
        numbers = column.traits.shares.get(Meaning.PHONE, 0) if column.suspicion.means == Meaning.PHONE else 0
        if numbers > 0.3 or any(map(has_chinese, (*column.examples, column.name))):
            return default
    return ""


def _date_order(profile: Profile, meant: dict[str, str]) -> str:
    orders = [each.traits.date_orders for each in profile.columns if meant.get(each.name) == Meaning.BIRTH_DATE]
    only = orders[0] if orders else ()
    return only[0] if only else "ymd"


def _without_placeholders(columns: tuple[Column, ...], rows: Sequence[Row]) -> tuple[Column, ...]:
    """Values that too many different names share stand for nothing: said so, where it can be seen and changed."""
    holder = next((at for at, column in enumerate(columns) if column.means in {Meaning.NAME, Meaning.SURNAME}), None)
    if holder is None:
        return columns
    found = list(columns)
    for at, column in enumerate(columns):
        if column.means in _NOTHING_OF and len(rows) > 1:
            pairs = ((row.cells[at], row.cells[holder]) for row in rows if row.cells[at])
            shared = frequent_values(pairs, _NOTHING_OF[Meaning(column.means)])
            found[at] = msgspec.structs.replace(column, nothing=tuple(each.value for each in shared[:20]))
    return tuple(found)
