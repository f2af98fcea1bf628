"""A postal address from one field or several, in whatever script and country it is."""

from __future__ import annotations

import re
from typing import Final

from guanxi.parties.normalisation.characters import folded, has_chinese
from guanxi.parties.normalisation.chinese_addresses import Address, parse_chinese_address
from guanxi.parties.normalisation.divisions import province_name
from guanxi.parties.normalisation.doubts import is_one_character, says_nothing
from guanxi.parties.normalisation.latin_addresses import parse_english_address_in_china, parse_latin_address
from guanxi.parties.normalisation.record import RawParty

_CHINESE: Final = frozenset(("CN", "HK", "MO", ""))
_SPECIAL: Final = {"HK": "810000", "MO": "820000"}
_IN_CHINA: Final = re.compile(r"\bchina\b|\bp\.?r\.?c\b", re.IGNORECASE)
_POSTCODE: Final = re.compile(r"[0-8]\d{5}")
NO_ADDRESS: Final = Address()


def read_address(raw: RawParty) -> Address:
    """The address of a party: its division by code, what is below it word by word, the postcode."""
    written = _joined(raw)
    if not written and not raw.postcode:
        return NO_ADDRESS
    plain = folded(written)
    if plain and (says_nothing(plain) or is_one_character(plain)):
        return Address(doubts=("a placeholder",))
    postcode, doubts = _postcode(raw)
    if has_chinese(plain):
        return _chinese(plain, raw.country, postcode, doubts)
    if raw.country in _CHINESE or _IN_CHINA.search(plain):
        english = parse_english_address_in_china(plain)
        return _in_china(english.division, raw.country, english.words, postcode or english.postcode, doubts)
    found = parse_latin_address(plain, raw.country)
    return Address("", found.region or folded(raw.province).upper(), found.words, postcode or found.postcode, doubts)


def _chinese(text: str, country: str, postcode: str, doubts: tuple[str, ...]) -> Address:
    place, words, own = parse_chinese_address(text)
    return _in_china(place.code, country, words, postcode or own, doubts)


def _in_china(code: str, country: str, words: tuple[str, ...], postcode: str, doubts: tuple[str, ...]) -> Address:
    division = code or _SPECIAL.get(country, "")
    if not division and words:
        doubts = (*doubts, "no division found")
    return Address(division, province_name(division), words, postcode, doubts)


def _joined(raw: RawParty) -> str:
    """One text from the columns; what the address says again is not said twice."""
    above = [part for part in (raw.province, raw.city, raw.district) if part and part not in raw.address]
    if not above:
        return raw.address
    if has_chinese(raw.address) or has_chinese(above[0]):
        return "".join((*above, raw.address))
    return ", ".join(filter(None, (raw.address, *reversed(above))))


def _postcode(raw: RawParty) -> tuple[str, tuple[str, ...]]:
    """The postcode from its own field; one of China has six digits and is not all zeroes."""
    plain = folded(raw.postcode).upper().replace(" ", "")
    if not plain:
        return "", ()
    if says_nothing(plain) or is_one_character(plain):
        return "", ("the postcode is a placeholder",)
    if raw.country == "CN" and not _POSTCODE.fullmatch(plain):
        return "", ("not a postcode",)
    return plain, ()
