"""What a column of a source can mean, and by which headings people call it."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from importlib import resources
from typing import Final

from guanxi.kernel.names import without_marks
from guanxi.parties.normalisation.characters import folded, simplified


class Meaning(StrEnum):
    """A field of `normalisation.record.RawParty`, or what is said of the record itself."""

    NAME = "name"
    SURNAME = "surname"
    GIVEN_NAME = "given_name"
    LATIN_NAME = "latin_name"
    FORMER_NAME = "former_name"
    GENDER = "gender"
    BIRTH_DATE = "birth_date"
    DOCUMENT = "document"
    DOCUMENT_KIND = "document_kind"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    POSTCODE = "postcode"
    COUNTRY = "country"
    KIND = "kind"
    TOLD_AT = "told_at"
    DELETED = "deleted"


REPEATED: Final = frozenset(
    {Meaning.FORMER_NAME, Meaning.DOCUMENT, Meaning.DOCUMENT_KIND, Meaning.PHONE, Meaning.EMAIL}
)
JOINED: Final = frozenset({Meaning.ADDRESS, Meaning.GIVEN_NAME, Meaning.NAME})
SAYS_WHO: Final = frozenset(
    {Meaning.NAME, Meaning.SURNAME, Meaning.GIVEN_NAME, Meaning.LATIN_NAME, Meaning.DOCUMENT, Meaning.PHONE}
    | {Meaning.EMAIL}
)
KEY: Final = "key"  # a heading that says so; the key itself is named by the description
_DIGITS: Final = re.compile(r"\d+$")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_LETTERS: Final = re.compile(r"[^\w]+|_+")


def plain_heading(heading: str) -> str:
    """A heading in lower case, simplified, its words one blank apart, without a number behind: `Address_2`: address."""
    spaced = _NOT_LETTERS.sub(" ", _CAMEL.sub(" ", simplified(folded(heading))))
    return _DIGITS.sub("", without_marks(spaced).lower()).strip()


def meaning_of_heading(heading: str) -> tuple[str, bool]:
    """What a heading says its column means, empty if nothing known, and whether it is exactly a heading we know.

    A heading of several words may have others around: `client mobile no` ends like `mobile no`.
    """
    plain = plain_heading(heading)
    if plain in _BY_HEADING:
        return _BY_HEADING[plain], True
    for known, meaning in _LONGEST_FIRST:
        if known.isascii():
            if plain.endswith(f" {known}") or plain.startswith(f"{known} "):
                return meaning, False
        elif len(known) > 1 and known in plain:
            return meaning, False
    return "", False


def _by_heading() -> dict[str, str]:
    lists = json.loads(resources.files(__package__).joinpath("headings.json").read_text("utf-8"))
    return {heading: meaning for meaning, headings in lists.items() for heading in headings.split("|")}


_BY_HEADING: Final = _by_heading()
_LONGEST_FIRST: Final = sorted(
    ((known, meaning) for known, meaning in _BY_HEADING.items() if known not in {"no", "id", "number", "key", "type"}),
    key=lambda pair: -len(pair[0]),
)
