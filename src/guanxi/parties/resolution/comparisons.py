"""What is compared of people, of companies and of people within companies, and when pairs are compared at all.

The models here have no figures yet: `training` learns them. Columns are those of `columns`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from guanxi.parties.resolution.conditions import (
    contained,
    crossed,
    edits,
    either,
    every,
    exact,
    missing,
    one_character,
    prefix,
    shared,
    similar,
    turned,
    unless,
)
from guanxi.parties.resolution.model import Comparison, Gate, Key, Level, Model, Rule, comparison, same

AUTOMATIC: Final = 12.0
REVIEW: Final = 2.0
_HELD_BACK: Final = AUTOMATIC - 0.5

_BIRTH_DATE: Final = comparison(
    "birth_date",
    same("birth_date", frequency=True),
    Level("day and month changed about", turned("birth_date")),
    Level("one figure", edits("birth_date", 1)),
    Level("same month", prefix("birth_date", 7)),
    Level("same year", prefix("birth_date", 4)),
)
_GENDER: Final = comparison("gender", same("gender"))
_IDENTITY: Final = comparison(
    "identity",
    Level("same", shared("documents")),
    absent=every(unless(shared("documents")), missing("document")),
)
_EMAIL: Final = comparison("email", Level("same", shared("emails")), absent=missing("emails"))
_PLACE: Final = comparison(
    "place",
    Level("phone and address", every(shared("phones"), exact("address"))),
    Level("phone", shared("phones")),
    Level("address", exact("address"), "address"),
    Level("house", every(exact("division"), shared("address_words", 2))),
    Level("division", exact("division"), "division"),
    absent=every(missing("phones"), missing("address")),
)


def _name() -> Comparison:
    """Characters first, then the sound: pinyin stands for a name that a system has in Latin letters only."""
    return comparison(
        "name",
        same("name", frequency=True),
        Level("same sound", exact("sound"), "sound"),
        Level("surname last", crossed("surname_sound", "given_sound"), "sound"),
        Level("another reading", every(shared("name_keys"), unless(exact("sound")))),
        Level("one letter", every(edits("sound", 1), either(missing("name"), one_character("name")))),
        Level("one character", every(one_character("name"), exact("surname_sound"))),
        Level("alike", every(similar("sound", 0.94), missing("name"))),
        Level("given name", exact("given_sound"), "given_sound"),
        Level("surname", exact("surname_sound"), "surname_sound"),
        absent=missing("sound"),
    )


_OTHER_PERSON: Final = ("one character", "alike", "given name", "surname", "differs")
_UNPROVEN: Final = ("missing", "differs")
_GATES: Final = (
    Gate("another given name: a twin, a brother, a parent", {"name": _OTHER_PERSON, "identity": _UNPROVEN}, _HELD_BACK),
    Gate(
        "another birth date: a parent of the same name, a stranger",
        {"birth_date": ("same month", "same year", "differs"), "identity": _UNPROVEN},
        _HELD_BACK,
    ),
    Gate(
        "one document and two persons: it may be a relative's",
        {
            "identity": ("same",),
            "name": ("given name", "surname", "differs"),
            "birth_date": ("same year", "differs", "missing"),
        },
        _HELD_BACK,
    ),
    Gate("two documents", {"identity": ("differs",)}, _HELD_BACK),
)

PEOPLE: Final = Model(
    name="people",
    comparisons=(_name(), _BIRTH_DATE, _GENDER, _IDENTITY, _EMAIL, _PLACE),
    rules=(
        Rule((Key("documents", each=True),), 50),
        Rule((Key("phones", each=True), Key("surname_sound")), 50),
        Rule((Key("phones", each=True), Key("birth_date")), 50),
        Rule((Key("emails", each=True),), 50),
        Rule((Key("name_keys", each=True), Key("birth_date")), 50),
        Rule((Key("name_keys", each=True), Key("address")), 50),
        Rule((Key("birth_date"), Key("address")), 50),
    ),
    training=(("document",), ("sound", "birth_date")),
    gates=_GATES,
    exclusive=("document",),
    automatic=AUTOMATIC,
    review=REVIEW,
)

WITHIN_COMPANIES: Final = msgspec.structs.replace(
    PEOPLE,
    name="people within companies",
    comparisons=(*PEOPLE.comparisons, comparison("company", same("company", frequency=True))),
    rules=(
        *PEOPLE.rules,
        Rule((Key("company"), Key("sound")), 50),
        Rule((Key("company"), Key("phones", each=True)), 50),
    ),
)

_COMPANY_NAME: Final = comparison(
    "company_name",
    Level("same", every(exact("name"), exact("core")), "name"),
    Level("same core", exact("core"), "core"),
    Level("same sound", exact("core_sound")),
    Level("contained", every(contained("core_pieces"), shared("core_pieces", 2))),
    Level("alike", similar("core_sound", 0.94)),
    Level("three pieces", shared("core_pieces", 3)),
    absent=missing("core"),
)

COMPANIES: Final = Model(
    name="companies",
    comparisons=(
        _COMPANY_NAME,
        comparison("legal_form", same("legal_form")),
        comparison("branch", same("branch", frequency=True)),
        _IDENTITY,
        _EMAIL,
        _PLACE,
    ),
    rules=(
        Rule((Key("documents", each=True),), 50),
        Rule((Key("core"),), 50),
        Rule((Key("core_sound"),), 50),
        Rule((Key("phones", each=True),), 50),
        Rule((Key("emails", each=True),), 50),
        Rule((Key("address"),), 50),
        Rule((Key("core_pieces", each=True), Key("division")), 50),
    ),
    training=(("document",), ("core", "division"), ("address",)),
    gates=(
        Gate("another branch", {"branch": ("differs",)}, _HELD_BACK),
        Gate(
            "another legal form: a parent and its subsidiary",
            {"legal_form": ("differs",), "identity": _UNPROVEN},
            _HELD_BACK,
        ),
        Gate(
            "another name at the same place",
            {"company_name": ("three pieces", "differs"), "identity": _UNPROVEN},
            _HELD_BACK,
        ),
        Gate("two documents", {"identity": ("differs",)}, _HELD_BACK),
    ),
    exclusive=("document",),
    automatic=AUTOMATIC,
    review=REVIEW,
)
