"""What a party can be found by: words made from its names and numbers, the same way for the index and for a question.

Every token begins with a letter for its kind: `n:` name, `p:` phone, `i:` document, `a:` account, `c:` customer number,
`e:` e-mail, `t:` last four digits. Chinese is folded to simplified characters, indexed as whole names, characters and
bigrams, and as pinyin (whole, given name, initials) with the readings that surnames have. Spelling neighbours are the
single-deletion keys of Garbe's symmetric delete algorithm (SymSpell, 2012).
"""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from opencc import OpenCC

from guanxi.kernel.names import given_reading, is_chinese, split_name, surname_reading, without_marks

_LONGEST_PERSON_NAME: Final = 4
_SHORTEST_FUZZY: Final = 4
_LONGEST_FUZZY: Final = 24
_LAST: Final = 4
_WORD: Final = re.compile(r"[a-z0-9]+")
_CHINA: Final = "86"
_to_simplified: Final = OpenCC("t2s").convert


@dataclasses.dataclass(frozen=True, slots=True)
class Findable:
    """Everything by which one party may be looked for."""

    name: str
    latin_name: str
    number: str
    documents: Sequence[str] = ()
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    accounts: Sequence[str] = ()
    masked_cards: Sequence[str] = ()


@functools.lru_cache(maxsize=20_000)
def simplified(text: str) -> str:
    """`text` in compatibility-composed form with traditional characters simplified."""
    folded = unicodedata.normalize("NFKC", text)
    return _to_simplified(folded) if any(map(is_chinese, folded)) else folded


def chinese_part(text: str) -> str:
    """The Chinese characters of `text`, simplified, without anything between them."""
    return "".join(filter(is_chinese, simplified(text)))


def latin_words(text: str) -> list[str]:
    """The Latin words of `text` in lower case and without diacritics; an apostrophe joins."""
    plain = without_marks(text).lower().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    return _WORD.findall(plain)


def tokens_of(party: Findable) -> set[str]:
    """All tokens of a party."""
    found = {f"n:{word}" for word in name_words(party.name, party.latin_name)}
    found.add(f"c:{party.number.lower()}")
    found.update(f"i:{_plain(document)}" for document in party.documents)
    found.update(f"a:{account.lower()}" for account in party.accounts)
    for phone in party.phones:
        found.update(f"p:{form}" for form in phone_forms(phone))
    for email in party.emails:
        found.update((f"e:{email.lower()}", f"e:{email.lower().partition('@')[0]}"))
    numbered = (*party.documents, *party.phones, *party.accounts, *party.masked_cards)
    found.update(f"t:{_plain(value)[-_LAST:]}" for value in numbered)
    return found


def name_words(name: str, latin_name: str) -> set[str]:
    """The words by which a name is found, without their kind."""
    chinese, words = chinese_part(name), latin_words(latin_name)
    found = {*words, *latin_words(name), "".join(words), "".join(reversed(words))}
    if chinese:
        found |= {chinese, *chinese, *bigrams(chinese)}
        if len(chinese) <= _LONGEST_PERSON_NAME:
            found |= set(_pinyin_words(chinese))
    if 1 < len(words) <= _LONGEST_PERSON_NAME:
        found.add("".join(word[0] for word in words))
    found |= {word[:length] for word in set(found) if word.isascii() for length in (1, 2)}
    return found - {""}


def bigrams(characters: str) -> list[str]:
    """Each two neighbours of `characters`."""
    return [characters[at : at + 2] for at in range(len(characters) - 1)]


def fuzzy_keys_of(party: Findable) -> set[str]:
    """Spelling neighbours of the words of a party's names, as readers of pinyin or Latin may mistype them."""
    words = latin_words(party.latin_name)
    chinese = chinese_part(party.name)
    if 0 < len(chinese) <= _LONGEST_PERSON_NAME:
        surname, given = split_name(chinese)
        words = [*words, surname_reading(surname), given_reading(given)]
    whole = {*words, "".join(latin_words(party.latin_name))}
    return {key for word in whole for key in neighbours(word)}


def neighbours(word: str) -> set[str]:
    """The word and all that remain when one letter is taken away; nothing for words too short to be mistyped safely."""
    if not _SHORTEST_FUZZY <= len(word) <= _LONGEST_FUZZY:
        return set()
    return {word} | {word[:at] + word[at + 1 :] for at in range(len(word))}


def sounds_like(characters: str) -> str:
    """A Chinese name as one pinyin word."""
    surname, given = split_name(characters)
    return surname_reading(surname) + given_reading(given)


def phone_forms(phone: str) -> Iterator[str]:
    """A number as it may be dialled: with the country, without it, with the zero before an area code."""
    digits = "".join(filter(str.isdecimal, phone))
    yield digits
    if digits.startswith(_CHINA):
        national = digits[len(_CHINA) :]
        yield national
        if not national.startswith("1"):
            yield f"0{national}"
    elif digits.startswith("852"):
        yield digits[3:]


def to_tsvector_text(tokens: Iterable[str]) -> str:
    """Tokens in the input form of tsvector, without positions."""
    return " ".join(quote(token) for token in sorted(tokens))


def quote(token: str) -> str:
    """One token in the input form of tsvector and tsquery."""
    escaped = token.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def edit_distance_at_most_one(first: str, second: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours, or nothing, makes one word the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if start is None:
        return True
    if len(first) == len(second):
        swapped = (
            first[start : start + 2] == second[start : start + 2][::-1] and first[start + 2 :] == second[start + 2 :]
        )
        return swapped or first[start + 1 :] == second[start + 1 :]
    longer, shorter = (first, second) if len(first) > len(second) else (second, first)
    return longer[start + 1 :] == shorter[start:]


def _pinyin_words(chinese: str) -> Iterator[str]:
    surname, given = split_name(chinese)
    family, personal = surname_reading(surname), given_reading(given)
    yield from (family, personal, family + personal, personal + family)
    yield "".join(
        surname_reading(character)[0] if at == 0 else given_reading(character)[0]
        for at, character in enumerate(chinese)
    )


def _plain(value: str) -> str:
    return "".join(filter(str.isalnum, value)).lower()
