"""Names of persons in Latin letters: titles, particles, order, diacritics; Chinese names among them are recognised."""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from guanxi.kernel.names import without_marks
from guanxi.parties.normalisation.characters import folded, words
from guanxi.parties.normalisation.record import FEMALE, MALE
from guanxi.parties.normalisation.romanisations import (
    is_romanised,
    is_surname_reading,
    latin_name_keys,
    latin_surname_keys,
    pinyin_word,
)

_SALUTATIONS: Final = {
    "mr": MALE, "mister": MALE, "herr": MALE, "monsieur": MALE, "pan": MALE, "sir": MALE, "senor": MALE, "sr": MALE,
    "mrs": FEMALE, "ms": FEMALE, "miss": FEMALE, "madam": FEMALE, "mme": FEMALE, "frau": FEMALE, "pani": FEMALE,
    "mlle": FEMALE, "lady": FEMALE, "senora": FEMALE, "sra": FEMALE, "slecna": FEMALE,
}  # fmt: skip
_TITLES: Final = frozenset(
    words("dr prof ing mgr bc mudr judr phdr rndr paeddr mvdr doc dipl dipl-ing arch rev hon capt col maj lt sgt")
)
_SUFFIXES: Final = frozenset(
    words("phd csc drsc dsc mba md bsc msc ba ma bsn llm llb jr sr ii iii iv esq cpa dis facs mph th.d")
)
_PARTICLES: Final = frozenset(
    words("van von der den de la le du da dos das del della di ten ter te zu zum zur al el bin ibn bint ben st o' mac")
)
_FORMER: Final = re.compile(
    r"[(,]?\s*\b(?:née|nee|geb\.?|geborene|roz\.?|rozená|formerly|born|aka)\s+([^\W\d_][\w'. -]*)\)?", re.IGNORECASE
)
_NICKNAME: Final = re.compile(r"[\"\u201c(][^\")\u201d]*[\")\u201d]")
_WORD: Final = re.compile(r"[^\s,;]+|,")
_LETTERS: Final = re.compile(r"[^\W\d_]")


class LatinName(NamedTuple):
    """A name as written, and its parts in capitals without diacritics."""

    written: str = ""
    name: str = ""
    surname: str = ""
    given_name: str = ""
    surname_pinyin: str = ""
    given_pinyin: str = ""
    former_names: tuple[str, ...] = ()
    name_keys: tuple[str, ...] = ()
    surname_keys: tuple[str, ...] = ()
    gender: str = ""
    doubts: tuple[str, ...] = ()


@functools.lru_cache(maxsize=50_000)
def parse_latin_name(text: str) -> LatinName:
    """The name in `text`, in whatever order its parts stand."""
    plain = folded(text)
    former = tuple(upper(each) for each in _FORMER.findall(plain))
    words = _WORD.findall(_NICKNAME.sub(" ", _FORMER.sub(" ", plain)))
    words, gender = _without_titles(words)
    if not any(map(_LETTERS.search, words)):
        return LatinName(gender=gender, doubts=("no name in it",))
    surname, given = _parts(words)
    doubts = () if given else ("one word only",)
    return _of_parts(surname, given, gender=gender, former=former, doubts=doubts)


def parse_latin_parts(surname: str, given_name: str) -> LatinName:
    """A name whose parts the source keeps apart; titles may stand in either."""
    family, _ = _without_titles(_WORD.findall(folded(surname).replace(",", " ")))
    personal, gender = _without_titles(_WORD.findall(folded(given_name).replace(",", " ")))
    if not family or not personal:
        return parse_latin_name(f"{given_name} {surname}".strip())
    return _of_parts(family, personal, gender=gender)


def upper(text: str) -> str:
    """`text` in capitals without diacritics, its words joined by one space; hyphens part words, apostrophes do not."""
    plain = without_marks(text).upper().replace("-", " ")
    return " ".join(re.sub(r"[^A-Z0-9 ]+", "", plain).split()) or " ".join(plain.split())


def _without_titles(words: list[str]) -> tuple[list[str], str]:
    gender, kept = "", list(words)
    while len(kept) > 1 and (kept[0] == "," or _bare(kept[0]) in _TITLES or _is_salutation(kept)):
        gender = gender or _SALUTATIONS.get(_bare(kept.pop(0)), "")
    while len(kept) > 1 and (kept[-1] == "," or (_bare(kept[-1]) in _SUFFIXES | _TITLES and len(kept) > 2)):
        kept.pop()
    return kept, gender


def _is_salutation(words: list[str]) -> bool:
    """Pan is a surname too (潘): it is a salutation only before two more words."""
    return _bare(words[0]) in _SALUTATIONS and (words[0].endswith(".") or _bare(words[0]) != "pan" or len(words) > 2)


def _bare(word: str) -> str:
    return without_marks(word).lower().replace(".", "")


def _parts(words: list[str]) -> tuple[list[str], list[str]]:
    """Surname and given name: by the comma, by capitals, by what can be a Chinese surname, else the last word."""
    if "," in words:
        at = words.index(",")
        before, after = words[:at], [word for word in words[at + 1 :] if word != ","]
        if len(before) > 1 and (chinese := _chinese_order(before)):
            return chinese[0], [*chinese[1], *after]
        return before, after
    if len(words) > 3 and all(word.lower() in _PARTICLES for word in words[:2]):
        return words[:3], words[3:]
    if capitals := _capitals(words):
        start, end = capitals
        return words[start:end], [*words[end:], *words[:start]]
    if chinese := _chinese_order(words):
        return chinese
    return _western_order(words)


def _capitals(words: list[str]) -> tuple[int, int] | None:
    """Where the words in capitals stand, if others are not: `NOVÁK Jan`, `David CHAN Tai-man`."""
    shouted = [word.isupper() and len(word.strip(".")) > 1 for word in words]
    if all(shouted) or not any(shouted):
        return None
    start = shouted.index(True)
    end = next((at for at in range(start, len(words)) if not shouted[at]), len(words))
    return (start, end) if not any(shouted[end:]) else None


def _chinese_order(words: list[str]) -> tuple[list[str], list[str]] | None:
    """A romanised Chinese name of two to four words, surname first or last; nothing if it does not look like one."""
    if not 2 <= len(words) <= 4:
        return None
    plain = [_letters(word) for word in words]
    if all(map(pinyin_word, plain)) and is_surname_reading(pinyin_word(plain[0])):
        return words[:1], words[1:]
    for surname, given in ((words[:1], words[1:]), (words[-1:], words[:-1])):
        syllables = [part for word in (*surname, *given) for part in _syllables(word)]
        if len(syllables) > 2 and len(_syllables(surname[0])) == 1 and is_romanised(syllables):
            return surname, given
    if all(map(pinyin_word, plain)) and is_surname_reading(pinyin_word(plain[-1])):
        return words[-1:], words[:-1]
    return None


def _western_order(words: list[str]) -> tuple[list[str], list[str]]:
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:  # with marks it is none: Văn
        start -= 1
    return words[start:], words[:start]


def _of_parts(
    surname: list[str], given: list[str], *, gender: str, former: tuple[str, ...] = (), doubts: tuple[str, ...] = ()
) -> LatinName:
    family, personal = upper(" ".join(surname)), upper(" ".join(given))
    word = _letters(" ".join(surname))
    if len(surname) == 2 and all(latin_surname_keys(_letters(each)) for each in surname):
        word = _letters(surname[0])  # CHAN FANG On-sang: the husband's surname, then her own
        former = (*former, f"{upper(surname[1])} {personal}")
    syllables = [part for each in given for part in _syllables(each)]
    chinese = [each for each in syllables if is_romanised((word, each))]
    romanised = len(chinese) >= 2 or bool(chinese == syllables and chinese)
    mandarin = _in_pinyin(word, given)
    return LatinName(
        written=" ".join((*surname, *given) if romanised else (*given, *surname)),
        name=f"{family} {personal}".strip() if romanised else f"{personal} {family}".strip(),
        surname=family,
        given_name=personal,
        surname_pinyin=pinyin_word(word) if mandarin else "",
        given_pinyin=mandarin,
        former_names=former,
        name_keys=(latin_name_keys((word, *chinese)) if romanised else ()) or (word + "".join(syllables),),
        surname_keys=latin_surname_keys(word) or (word,),
        gender=gender,
        doubts=doubts,
    )


def _in_pinyin(surname: str, given: list[str]) -> str:
    """The given name in pinyin in one word, if both parts are pinyin and the surname is one."""
    words = [pinyin_word(part) for each in given for part in _syllables(each)]
    return "".join(words) if is_surname_reading(pinyin_word(surname)) and all(words) else ""


def _syllables(word: str) -> list[str]:
    return [part for part in map(_letters, re.split("[- ]", word)) if part]


def _letters(text: str) -> str:
    """Letters in lower case without marks; ü is kept as v, as it is keyed in pinyin."""
    lower = text.lower()
    if not lower.isascii():
        lower = without_marks(re.sub("(?<=^[ln])[üǖǘǚǜ](?=e?$)", "v", lower))
    return "".join(filter(str.isalpha, lower))
