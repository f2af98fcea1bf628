"""A bank's people as five systems know them, invented, seeded, with the truth beside: what resolution is measured on.

Households share an address and often a phone; some have twins, many a father and a son; people of one name are common
(the names are drawn by the shares of surnames in China and from usual given-name characters). A record is what one
system has: some fields missing by the system's habit, names in pinyin (in either order), characters mistaken for
others of the same or of another sound, traditional forms that do not come back quite the same, dates with a wrong
digit or with day and month changed about, another phone, an old address, a document that is a relative's.

The rows are what `parties.normalisation` makes of such input: a document number with a wrong check digit and a
placeholder phone are missing already.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from importlib import resources
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guanxi.kernel.names import surname_reading, syllable

_UNKNOWN: Any = None
_CHECK_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
Indices = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

SYSTEMS: Final = ("savings", "cards", "loans", "insurance", "internet")
_RECORDS_OF_ONE: Final = (0.62, 0.25, 0.09, 0.03, 0.01)  # shares of people whom one, two ... five systems know


@dataclasses.dataclass(frozen=True, slots=True)
class Habit:
    """How often a system has a field."""

    document: float
    phone: float
    email: float
    address: float
    birth: float
    pinyin: float  # has the name in Latin letters alone


HABITS: Final = (
    Habit(document=0.97, phone=0.92, email=0.20, address=0.90, birth=0.99, pinyin=0.01),
    Habit(document=0.90, phone=0.96, email=0.65, address=0.85, birth=0.97, pinyin=0.25),
    Habit(document=0.96, phone=0.96, email=0.30, address=0.96, birth=0.99, pinyin=0.01),
    Habit(document=0.65, phone=0.90, email=0.45, address=0.75, birth=0.95, pinyin=0.02),
    Habit(document=0.50, phone=0.98, email=0.92, address=0.30, birth=0.90, pinyin=0.06),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Truth:
    """The people. Names are numbers of characters, 0 for none."""

    surname: Indices
    given: npt.NDArray[np.int64]  # two columns
    male: npt.NDArray[np.bool_]
    birth: npt.NDArray[np.datetime64]
    native: Indices
    sequence: Indices
    phone: Indices
    household: Indices
    division: Indices
    street: Indices


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """The characters of names: their probability, text and sound."""

    surnames: Texts
    surname_sounds: Texts
    surname_shares: npt.NDArray[np.float64]
    characters: Texts  # the first is empty
    sounds: Texts
    homophones: list[Indices]


def generate(people: int, seed: int) -> pa.Table:
    """A table of records in no order, with `person` as the truth."""
    random = np.random.default_rng(seed)
    truth = _people(random, people)
    count = random.choice(np.arange(1, len(SYSTEMS) + 1), people, p=_RECORDS_OF_ONE)
    person = np.repeat(np.arange(people), count)
    person = person[random.permutation(len(person))]
    system = random.integers(0, len(SYSTEMS), len(person))
    return _records(random, truth, person, system)


def _people(random: np.random.Generator, people: int) -> Truth:
    names = _names()
    size = random.choice([1, 2, 3, 4, 5], people, p=[0.3, 0.25, 0.25, 0.13, 0.07])
    household = np.repeat(np.arange(people), size)[:people]
    first = np.r_[True, household[1:] != household[:-1]]
    start = np.flatnonzero(first)[np.cumsum(first) - 1]
    place = np.arange(people) - start  # 0 head, 1 spouse, 2 and more children
    surname = random.choice(len(names.surnames), people, p=names.surname_shares)
    child = place >= 2
    surname[child] = surname[start[child]]
    male = random.random(people) < 0.5
    male[place == 0] |= random.random((place == 0).sum()) < 0.4
    male[place == 1] = ~male[start[place == 1]]
    born = np.datetime64("1942-01-01") + random.integers(0, 365 * 48, people).astype("timedelta64[D]")
    born[place == 1] = born[start[place == 1]] + random.integers(-2500, 2500, (place == 1).sum()).astype(
        "timedelta64[D]"
    )
    born[child] = born[start[child]] + random.integers(8000, 14000, child.sum()).astype("timedelta64[D]")
    given = _given(random, people)
    twin = np.flatnonzero((place >= 3) & (random.random(people) < 0.12))
    born[twin], male[twin] = born[twin - 1], np.where(random.random(len(twin)) < 0.7, male[twin - 1], male[twin])
    given[twin, 0] = np.where(random.random(len(twin)) < 0.6, given[twin - 1, 0], given[twin, 0])
    given[twin, 1] = np.where((given[twin] == given[twin - 1]).all(axis=1), given[twin - 1, 1] % 90 + 1, given[twin, 1])
    phone = 13_000_000_000 + random.permutation(np.int64(people) * 3)[:people] * 733 % 6_999_999_989
    sharing = (place > 0) & (random.random(people) < np.where(child, 0.35, 0.12))
    phone[sharing] = phone[start[sharing]]
    native = random.integers(0, len(_divisions()), people)
    native[child] = native[start[child]]
    return Truth(
        surname=surname,
        given=given,
        male=male,
        birth=born,
        native=native,
        sequence=random.integers(0, 500, people) * 2 % 999 + male,
        phone=phone,
        household=household,
        division=random.integers(0, len(_divisions()), people)[start],
        street=random.integers(0, 200_000, people)[start],
    )


def _given(random: np.random.Generator, people: int) -> npt.NDArray[np.int64]:
    """Two characters, of which the second is 0 in one name of six. Some characters are much more usual than others."""
    usual = len(_names().characters) - 1
    shares = 1 / np.arange(3, usual + 3) ** 0.8
    found = random.choice(np.arange(1, usual + 1), (people, 2), p=shares / shares.sum())
    found[random.random(people) < 1 / 6, 1] = 0
    return found


def _records(random: np.random.Generator, truth: Truth, person: Indices, system: Indices) -> pa.Table:
    names, total = _names(), len(person)

    def chance(share: float | npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        return random.random(total) < share

    def habit(field: str) -> npt.NDArray[np.bool_]:
        return chance(np.array([getattr(each, field) for each in HABITS])[system])

    given, spelt = truth.given[person].copy(), truth.given[person].copy()
    for column, share in ((0, 0.012), (1, 0.018)):
        wrong = np.flatnonzero(chance(share) & (given[:, column] > 0))
        given[wrong, column] = [random.choice(names.homophones[code]) for code in given[wrong, column]]
    other = np.flatnonzero(chance(0.006))
    given[other, 0] = random.integers(1, len(names.characters), len(other))
    spelt[:] = given
    family, family_sound = names.surnames[truth.surname[person]], names.surname_sounds[truth.surname[person]]
    chinese = family + names.characters[given[:, 0]] + names.characters[given[:, 1]]
    given_sound = names.sounds[spelt[:, 0]] + names.sounds[spelt[:, 1]]
    latin = habit("pinyin")
    turned = latin & chance(0.2)
    mistyped = np.flatnonzero(latin & chance(0.03))
    given_sound[mistyped] = [_mistype(random, text) for text in given_sound[mistyped]]
    surname_sound = np.where(turned, given_sound, family_sound)
    given_sound = np.where(turned, family_sound, given_sound)
    born = _birth_dates(random, truth.birth[person], chance)
    birth = np.where(habit("birth"), np.datetime_as_string(born.astype("datetime64[D]")).astype(object), _UNKNOWN)
    document = _documents(truth)[_someone_else(random, truth, person, chance(0.0008))]
    document = np.where(habit("document") & ~chance(0.015), document, _UNKNOWN)
    address, words = _addresses(truth, person, habit("address"), chance)
    divisions = np.array(_divisions(), object)
    gender = np.where(chance(0.97), np.where(truth.male[person] ^ chance(0.004), "M", "F"), _UNKNOWN)
    return pa.table(
        {
            "record": pa.array(np.arange(total, dtype=np.int32)),
            "person": pa.array(person),
            "source": pa.array(np.array(SYSTEMS, object)[system]),
            "name": pa.array(np.where(latin, None, chinese)),
            "surname_sound": pa.array(surname_sound),
            "given_sound": pa.array(given_sound),
            "sound": pa.array(surname_sound + given_sound),
            "name_keys": _lists(surname_sound + given_sound),
            "birth_date": pa.array(birth),
            "gender": pa.array(gender),
            "document": pa.array(document),
            "documents": _lists(document),
            "phones": _lists(_phones(random, truth, person, habit("phone"), chance)),
            "emails": _lists(_emails(random, truth, person, habit("email"), chance)),
            "address": pa.array(address),
            "address_words": words,
            "division": pa.array(np.where(address != None, divisions[_lives(truth, person)], _UNKNOWN)),  # noqa: E711 - an array
        }
    )


def _birth_dates(random: np.random.Generator, born: Any, chance: Any) -> Any:  # noqa: ANN401
    born = born.astype("datetime64[D]").copy()
    year, month = born.astype("datetime64[Y]"), born.astype("datetime64[M]")
    day_of_month = (born - month.astype("datetime64[D]")).astype(int) + 1
    month_of_year = (month - year.astype("datetime64[M]")).astype(int) + 1
    turned = chance(0.004) & (day_of_month <= 12)
    changed = (year.astype("datetime64[M]") + (day_of_month - 1).astype("timedelta64[M]")).astype("datetime64[D]")
    born = np.where(turned, changed + (month_of_year - 1).astype("timedelta64[D]"), born)
    born = np.where(
        chance(0.008),
        born + np.array([1, -1, 10, -10])[random.integers(0, 4, len(born))].astype("timedelta64[D]"),
        born,
    )
    first = chance(0.006)
    return np.where(first, year.astype("datetime64[D]"), born)


def _lists(values: Texts) -> pa.ListArray:
    """Each value as a list of one, None as None."""
    there = np.array([value is not None for value in values])
    offsets = np.r_[0, np.cumsum(there)]
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(values[there], pa.string()), mask=pa.array(~there)
    )


def _lives(truth: Truth, person: Indices) -> Indices:
    return truth.division[person]


def _addresses(truth: Truth, person: Indices, there: Any, chance: Any) -> Any:  # noqa: ANN401
    moved = chance(0.12)
    street = np.where(moved, (truth.street[person] * 7 + person) % 200_000, truth.street[person])
    short = chance(0.15)  # without the unit
    division = np.array(_divisions(), object)[_lives(truth, person)]
    road, house, unit = street // 1000, street % 97 + 1, street * 31 % 2400 + 101
    words = [
        [f"R{a}路", f"{b}号"] if brief else [f"R{a}路", f"{b}号", f"{c}室"]
        for a, b, c, brief in zip(road.tolist(), house.tolist(), unit.tolist(), short.tolist(), strict=True)
    ]
    address = np.array([f"{where}|{'|'.join(each)}" for where, each in zip(division, words, strict=True)], object)
    return np.where(there, address, _UNKNOWN), pa.array(
        [each if known else None for each, known in zip(words, there.tolist(), strict=True)], pa.list_(pa.string())
    )


def _phones(random: np.random.Generator, truth: Truth, person: Indices, there: Any, chance: Any) -> Any:  # noqa: ANN401
    changed = chance(0.12)
    phone = np.where(changed, 13_000_000_000 + (truth.phone[person] * 3 + person) % 6_999_999_989, truth.phone[person])
    mistyped = chance(0.006)
    phone = np.where(mistyped, phone + 10 ** random.integers(0, 8, len(person)), phone)
    handed_on = chance(0.002)  # a number that was somebody else's before
    phone = np.where(handed_on, truth.phone[random.integers(0, len(truth.phone), len(person))], phone)
    return np.where(there, "+86" + phone.astype(str).astype(object), _UNKNOWN)


def _emails(random: np.random.Generator, truth: Truth, person: Indices, there: Any, chance: Any) -> Any:  # noqa: ANN401
    names = _names()
    box = random.integers(0, 40, len(truth.phone))  # people of one name take one another's address with a number
    tail = np.where(chance(0.08), (box[person] + 41), box[person]).astype(str).astype(object)
    given = names.sounds[truth.given[:, 0]] + names.sounds[truth.given[:, 1]]
    person_part = (names.surname_sounds[truth.surname] + given)[person]
    year = truth.birth[person].astype("datetime64[Y]").astype(str).astype(object)
    return np.where(there, person_part + year + "." + tail + "@example.com", _UNKNOWN)


def _someone_else(random: np.random.Generator, truth: Truth, person: Indices, wrong: Any) -> Indices:  # noqa: ANN401
    """Whose document it is: another member's of the household where `wrong` and there is one next to the person."""
    near = np.clip(person + random.choice([-1, 1], len(person)), 0, len(truth.phone) - 1)
    relative = wrong & (truth.household[near] == truth.household[person])
    return np.where(relative, near, person)


def _documents(truth: Truth) -> Texts:
    """Resident identity numbers (GB 11643-1999), whose last character is ISO 7064 MOD 11-2 of the others."""
    dates = np.datetime_as_string(truth.birth.astype("datetime64[D]")).astype(object)
    day = np.array([int(date.replace("-", "")) for date in dates], np.int64)
    number = np.array(_divisions(), np.int64)[truth.native] * 10**11 + day * 1000 + truth.sequence
    total = sum((number // 10 ** (16 - at) % 10) * weight for at, weight in enumerate(_CHECK_WEIGHTS))
    check = np.array(list("10X98765432"), object)[np.asarray(total) % 11]
    found: Texts = "resident_id:" + number.astype(str).astype(object) + check
    return found


def _mistype(random: np.random.Generator, text: str) -> Any:  # noqa: ANN401 - numpy's text
    at = int(random.integers(0, len(text)))
    letter = "abcdefghijklmnopqrstuvwxyz"[int(random.integers(0, 26))]
    return random.choice(
        [text[:at] + text[at + 1 :] or text, text[:at] + letter + text[at + 1 :], text[:at] + letter + text[at:]]
    )


@functools.lru_cache(maxsize=1)
def _names() -> Names:
    lists = json.loads(resources.files("guanxi.demo").joinpath("data/names.json").read_text())
    surnames = list(lists["surnames"])
    shares = np.array([lists["surnames"][each] for each in surnames], float)
    words = [word for by_decade in lists["given"].values() for decade in by_decade.values() for word in decade]
    characters = list(dict.fromkeys("".join([*words, *lists["second_characters"]])))
    sounds = [syllable(each) for each in characters]
    alike = [np.array([at + 1 for at, sound in enumerate(sounds) if sound == own], np.int64) for own in sounds]
    return Names(
        surnames=np.array(surnames, object),
        surname_sounds=np.array([surname_reading(each) for each in surnames], object),
        surname_shares=shares / shares.sum(),
        characters=np.array(["", *characters], object),
        sounds=np.array(["", *sounds], object),
        homophones=[np.zeros(1, np.int64), *alike],
    )


@functools.lru_cache(maxsize=1)
def _divisions() -> list[str]:
    lines = resources.files("guanxi.demo").joinpath("data/divisions.csv").read_text().splitlines()[1:]
    return [line.split(",")[0] for line in lines]
