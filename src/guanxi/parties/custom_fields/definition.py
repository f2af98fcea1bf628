"""What a field is: its words, its type and its rules, as they are defined on screen and kept as JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

LANGUAGES: Final = ("en", "zh_hans", "zh_hant")
LONGEST_TEXT: Final = 4000
LONGEST_INDEXED: Final = 400  # characters; an entry of a PostgreSQL index holds 2,704 bytes
MOST_PLACES: Final = 8


class FieldType(StrEnum):
    """What sort of value a field has."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    PARTY = "party"
    FORMULA = "formula"


class Words(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The same in the languages of the office."""

    en: str = ""
    zh_hans: str = ""
    zh_hant: str = ""

    def read_in(self, language: str) -> str:
        """In `language` (`en`, `zh-hans`, `zh_Hant` ...); where it is not said in that one, in another."""
        wanted = language.lower().replace("-", "_")
        order = (wanted, *(("zh_hans", "zh_hant") if wanted.startswith("zh") else ()), *LANGUAGES)
        return next((said for name in order if name in LANGUAGES and (said := getattr(self, name))), "")


class Choice(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One of the values to choose from. A retired one stays where it was chosen and is not offered any more."""

    value: str
    title: Words = Words()
    retired: bool = False


class FieldDefinition(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """All that is said of a field. Bounds are written as the values themselves are: `18`, `2026-05-03`."""

    type: FieldType
    title: Words
    help: Words = Words()
    kinds: tuple[str, ...] = ()  # of parties that have it; empty: all
    required: bool = False
    minimum: str = ""
    maximum: str = ""
    longest: int = 200
    places: int = 2
    currency: str = ""
    pattern: str = ""
    choices: tuple[Choice, ...] = ()
    formula: str = ""
    see: tuple[str, ...] = ()  # roles; empty: whoever sees the customer
    edit: tuple[str, ...] = ()  # roles; empty: whoever edits customers
    searchable: bool = False
    position: int = 0


class RecordTypeDefinition(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """All that is said of a kind of records that parties can have: vehicles, pets."""

    title: Words
    plural: Words = Words()
    kinds: tuple[str, ...] = ()
    naming: str = ""  # the field by whose value a record is called
    position: int = 0
