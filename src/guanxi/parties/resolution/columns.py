"""From a normalised party to the flat columns that are compared. What is unknown is None, never an empty text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import pyarrow as pa

from guanxi.kernel.names import is_chinese

_TEXT = pa.string()
_LIST = pa.list_(pa.string())
PERSON_COLUMNS = pa.schema(
    {
        "name": _TEXT,
        "surname_sound": _TEXT,
        "given_sound": _TEXT,
        "sound": _TEXT,
        "name_keys": _LIST,
        "birth_date": _TEXT,
        "gender": _TEXT,
        "document": _TEXT,
        "documents": _LIST,
        "phones": _LIST,
        "emails": _LIST,
        "address": _TEXT,
        "address_words": _LIST,
        "division": _TEXT,
        "company": _TEXT,
    }
)
COMPANY_COLUMNS = pa.schema(
    {
        "name": _TEXT,
        "core": _TEXT,
        "core_sound": _TEXT,
        "core_pieces": _LIST,
        "legal_form": _TEXT,
        "branch": _TEXT,
        "document": _TEXT,
        "documents": _LIST,
        "phones": _LIST,
        "emails": _LIST,
        "address": _TEXT,
        "address_words": _LIST,
        "division": _TEXT,
    }
)
_OF_PERSONS = "resident_id:"
_OF_COMPANIES = "social_credit_code:"


class Normalised(Protocol):
    """What is read of a normalised party; every text may be empty."""

    @property
    def name(self) -> str: ...
    @property
    def surname(self) -> str: ...
    @property
    def given_name(self) -> str: ...
    @property
    def surname_pinyin(self) -> str: ...
    @property
    def given_pinyin(self) -> str: ...
    @property
    def name_pinyin(self) -> str: ...
    @property
    def name_keys(self) -> Sequence[str]: ...
    @property
    def birth_date(self) -> str: ...
    @property
    def gender(self) -> str: ...
    @property
    def identifiers(self) -> Sequence[str]: ...
    @property
    def phones(self) -> Sequence[str]: ...
    @property
    def emails(self) -> Sequence[str]: ...
    @property
    def division(self) -> str: ...
    @property
    def address_words(self) -> Sequence[str]: ...
    @property
    def company_core(self) -> str: ...
    @property
    def legal_form(self) -> str: ...
    @property
    def company_branch(self) -> str: ...


def person_row(party: Normalised, *, company: str = "") -> dict[str, Any]:
    """The columns of a person; `company` is the cluster of the company whose record names the person."""
    surname = party.surname_pinyin or _letters(party.surname)
    given = party.given_pinyin or _letters(party.given_name)
    sound = (surname + given) or _letters(party.name)
    return {
        "name": party.name if any(map(is_chinese, party.name)) else None,
        "surname_sound": surname or None,
        "given_sound": given or None,
        "sound": sound or None,
        "name_keys": sorted({sound, *party.name_keys} - {""}) or None,
        "birth_date": party.birth_date or None,
        "gender": party.gender or None,
        "company": company or None,
        **_common(party, _OF_PERSONS),
    }


def company_row(party: Normalised) -> dict[str, Any]:
    """The columns of a company."""
    core = party.company_core or party.name
    return {
        "name": party.name or None,
        "core": core or None,
        "core_sound": party.name_pinyin or _letters(core) or None,
        "core_pieces": _pieces(core) or None,
        "legal_form": party.legal_form or None,
        "branch": party.company_branch or None,
        **_common(party, _OF_COMPANIES),
    }


def table(rows: Iterable[dict[str, Any]], columns: pa.Schema) -> pa.Table:
    """Rows as the table `records`, numbered from 0 in their order."""
    made = pa.Table.from_pylist(list(rows), schema=columns)
    return made.add_column(0, "record", pa.array(range(made.num_rows), pa.int32()))


def _common(party: Normalised, own_kind: str) -> dict[str, Any]:
    words = list(party.address_words)
    return {
        "document": next((each for each in party.identifiers if each.startswith(own_kind)), None),
        "documents": list(party.identifiers) or None,
        "phones": list(party.phones) or None,
        "emails": list(party.emails) or None,
        "address": "|".join((party.division, *words)) if words else None,
        "address_words": words or None,
        "division": party.division or None,
    }


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _pieces(core: str) -> list[str]:
    """Neighbouring characters of a Chinese name, the words of a Latin one."""
    if any(map(is_chinese, core)):
        return sorted({core[at : at + 2] for at in range(len(core) - 1)})
    return sorted(set(core.lower().split()))
