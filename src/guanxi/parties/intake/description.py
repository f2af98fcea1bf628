"""How a source's records are read and what its columns mean: data, kept as JSON, edited on screen, versioned."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from guanxi.parties.intake.meanings import JOINED, REPEATED, SAYS_WHO, Meaning

FORMATS: Final = ("csv", "xlsx", "parquet", "fixed_width", "json_lines")
FETCHED: Final = ("sql", "rest")  # what these answer is kept as JSON lines, and loaded from there
DATE_ORDERS: Final = ("ymd", "dmy", "mdy")
DEFAULT_TRUST: Final = 0.5
_COUNTRY: Final = re.compile(r"([A-Z]{2})?")
_CREDENTIAL: Final = re.compile(r"(env:GUANXI_CREDENTIAL_[A-Z0-9_]+|file:[A-Za-z0-9._-]+)?")


class Column(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One column. Without a meaning it is kept, and not compared.

    `document` is the kind of document that a column of documents holds; `nothing` are values that stand for nothing;
    `width` counts where rows have no delimiters; `trust` is how far this column is believed, if other than the source.
    """

    name: str
    means: str = ""
    document: str = ""
    nothing: tuple[str, ...] = ()
    width: int = 0
    trust: float | None = None


class SourceDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A source, declared. What is empty is found anew in each file: encoding, delimiter, sheet, row of headings.

    `kind` is person or organisation where all are of one; `country` and `date_order` are as in `RawParty`. For what is
    fetched: `location` is the address of a REST service, `credential` says where its token (or the address of a
    database) is, `query` is the statement; `items` and `next_page` are the paths of the list and of the next address
    in an answer. `refresh` is how often, in cron's five fields.
    """

    format: str = "csv"
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()
    kind: str = ""
    country: str = "CN"
    date_order: str = "ymd"
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 0
    headless: bool = False
    widths_in_octets: bool = False
    fetched_by: str = ""
    location: str = ""
    credential: str = ""
    query: str = ""
    items: str = ""
    next_page: str = ""
    refresh: str = ""


def read_description(content: Mapping[str, Any]) -> SourceDescription:
    """The description that JSON content tells; `msgspec.ValidationError` where it tells none."""
    return msgspec.convert(content, SourceDescription)


def write_description(description: SourceDescription) -> dict[str, Any]:
    """As JSON content."""
    written: dict[str, Any] = msgspec.to_builtins(description)
    return written


def faults_in(description: SourceDescription) -> dict[str, str]:
    """What is wrong with a description, by the field that it is wrong with; empty: it can be loaded with."""
    return dict(_faults(description))


def _faults(description: SourceDescription) -> Iterator[tuple[str, str]]:
    names = [column.name for column in description.columns]
    meant = [column.means for column in description.columns if column.means]
    if description.format not in FORMATS:
        yield "format", f"{description.format!r} is no format: give {', '.join(FORMATS)}."
    if len(set(names)) < len(names):
        yield "columns", "Two columns have one name."
    if unknown := sorted(set(meant) - set(Meaning)):
        yield "columns", f"No column can mean {', '.join(unknown)}."
    yield from _faults_of_meaning(meant)
    yield from _faults_of_key(description, names)
    yield from _faults_of_form(description)
    yield from _faults_of_fetching(description)


def _faults_of_meaning(meant: list[str]) -> Iterator[tuple[str, str]]:
    twice = {each for each in meant if meant.count(each) > 1} - REPEATED - JOINED
    if twice:
        yield "columns", f"Only one column can be the {', '.join(sorted(twice))}."
    if not SAYS_WHO.intersection(meant):
        yield "columns", "No column says who it is: choose which one is the name, a document, a phone or an e-mail."


def _faults_of_key(description: SourceDescription, names: list[str]) -> Iterator[tuple[str, str]]:
    if not description.key:
        yield "key", "Choose the column that tells one record from the others, and is the same in the next file."
    if missing := [each for each in description.key if each not in names]:
        yield "key", f"There is no column {', '.join(missing)}."


def _faults_of_form(description: SourceDescription) -> Iterator[tuple[str, str]]:
    if not _COUNTRY.fullmatch(description.country):
        yield "country", "Give a country by two letters, as CN, or none."
    if description.date_order not in DATE_ORDERS:
        yield "date_order", "Give ymd, dmy or mdy."
    if description.kind not in {"", "person", "organisation"}:
        yield "kind", "Give person, organisation, or nothing."
    if description.encoding and not _is_encoding(description.encoding):
        yield "encoding", f"{description.encoding!r} is no encoding."
    if len(description.delimiter) > 1:
        yield "delimiter", "A delimiter is one character."
    if description.format == "fixed_width" and any(column.width < 1 for column in description.columns):
        yield "columns", "Where rows have no delimiters, each column has its width."
    if any(column.trust is not None and not 0 <= column.trust <= 1 for column in description.columns):
        yield "columns", "Trust goes from 0 to 1."


def _faults_of_fetching(description: SourceDescription) -> Iterator[tuple[str, str]]:
    if not _CREDENTIAL.fullmatch(description.credential):
        yield "credential", "Write where the secret is: env:GUANXI_CREDENTIAL_NAME or file:name."
    if description.fetched_by == "rest" and not description.location.startswith(("http://", "https://")):
        yield "location", "Give the address of the service, beginning with https://."
    if description.fetched_by == "sql" and not (description.query.strip() and description.credential):
        yield "query", "Give the statement, and as credential where the address of the database is."
    if description.fetched_by and description.fetched_by not in FETCHED:
        yield "fetched_by", f"Give {' or '.join(FETCHED)}."


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
