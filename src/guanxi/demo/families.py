"""A town whose families are known: what relationships are found in it can be held against the truth.

Couples, parents with grown children, three generations under one roof, brothers and sisters, shared flats, dormitories,
tenants who moved out and never said so, phones of which the grandchild is the owner, phone numbers given to a stranger.
The shares of each are assumptions, said here in one place; the census tells of household sizes, not of bank records.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from guanxi.demo import facts
from guanxi.parties.relationships.calibrate import Example
from guanxi.parties.relationships.scoring import NOTHING
from guanxi.parties.relationships.signs import (
    MOST_AT_ADDRESS,
    MOST_ON_PHONE,
    Common,
    Payments,
    Person,
    in_order,
    payment_signs,
    signs_of,
)

_THIS_YEAR: Final = 2026
_HOMES: Final = (
    *("single",) * 20,
    *("couple",) * 22,
    *("nuclear",) * 24,
    *("three_generations",) * 9,
    *("one_parent",) * 8,
    *("siblings",) * 4,
    *("flat",) * 8,
    *("dormitory",) * 1,
)
_STALE: Final = 0.08  # homes at which a former tenant is still written down
_UNSAID: Final = 0.04  # dates of birth and sexes that the bank does not have

Key = tuple[uuid.UUID, uuid.UUID]


@dataclasses.dataclass(slots=True)
class Town:
    """Who lives where, on which phone, and who is what to whom. Keys of the dictionaries are (lower id, higher id)."""

    random: random.Random
    people: dict[uuid.UUID, Person] = dataclasses.field(default_factory=dict)
    addresses: dict[str, list[uuid.UUID]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    phones: dict[str, list[uuid.UUID]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    signing: set[Key] = dataclasses.field(default_factory=set)
    paying: dict[Key, Payments] = dataclasses.field(default_factory=dict)
    truth: dict[Key, str] = dataclasses.field(default_factory=dict)

    def born(self, year: int, gender: str, surname: str = "") -> Person:
        """Somebody new."""
        surname = surname or facts.surname_choice()(self.random.random())
        day = dt.date(year, 1, 1) + dt.timedelta(days=self.random.randrange(365))
        known = self.random.random() >= _UNSAID
        sex = gender if self.random.random() >= _UNSAID else ""
        person = Person(uuid.UUID(int=self.random.getrandbits(128)), surname, day if known else None, sex)
        self.people[person.id] = person
        self.phones[f"own {person.id}"].append(person.id)
        return person

    def relate(self, one: Person, kind: str, other: Person) -> None:
        """Write down the truth of two people."""
        self.truth[key_of(one.id, other.id)] = kind


def key_of(one: uuid.UUID, other: uuid.UUID) -> Key:
    """A pair in one order."""
    return (one, other) if one < other else (other, one)


def build_town(seed: int, homes: int) -> Town:
    """A town of so many homes, the same for each seed."""
    town = Town(random.Random(seed))  # noqa: S311 - invented people, repeatable
    makers = {
        "single": _single,
        "couple": _couple,
        "nuclear": _nuclear,
        "three_generations": _three_generations,
        "one_parent": _one_parent,
        "siblings": _siblings,
        "flat": _flat,
        "dormitory": _dormitory,
    }
    for number in range(homes):
        at = f"home {number}"
        for person in makers[town.random.choice(_HOMES)](town):
            town.addresses[at].append(person.id)
        if town.random.random() < _STALE:
            town.addresses[at].append(_adult(town).id)
    _lose_phones(town)
    return town


def examples(town: Town) -> Iterator[Example]:
    """Each pair that something brings together, with its signs and what it is."""
    common: dict[Key, dict[str, int]] = defaultdict(dict)
    for places, name, most in (
        (town.addresses, "at_address", MOST_AT_ADDRESS),
        (town.phones, "on_phone", MOST_ON_PHONE),
    ):
        for there in places.values():
            if len(there) <= most:
                for pair in {key_of(one, other) for one in there for other in there if one != other}:
                    common[pair][name] = len(there)
    for pair in sorted({*common, *town.signing, *town.paying}):
        elder, younger = in_order(town.people[pair[0]], town.people[pair[1]])
        paid = town.paying.get(pair)
        shared = Common(
            at_address=common[pair].get("at_address", 0),
            on_phone=common[pair].get("on_phone", 0),
            account="x" if pair in town.signing else "",
            up=paid if paid and paid.payer == younger.id else None,
            down=paid if paid and paid.payer == elder.id else None,
        )
        yield Example(signs_of(elder, younger, shared), town.truth.get(pair, NOTHING))


def wage_examples(seed: int, payers: int) -> Iterator[Example]:
    """Who is paid by organisations month after month: workers, and landlords, pensioners and suppliers who are not."""
    chance = random.Random(f"{seed}/wages")  # noqa: S311 - invented, repeatable
    for _ in range(payers):
        many = 1 + int(chance.lognormvariate(1.6, 1.1))
        named = chance.random() < 0.6
        kind = chance.choices(("employer", "insurer", "tenant", "buyer"), (72, 4, 10, 14))[0]
        for _ in range(many if kind in {"employer", "insurer"} else 1 + chance.randrange(3)):
            months = min(13, 3 + int(chance.expovariate(0.12)))
            gaps = chance.random() < {"employer": 0.06, "insurer": 0.02, "tenant": 0.1, "buyer": 0.75}[kind]
            spread = abs(chance.gauss(0, {"employer": 0.09, "insurer": 0.01, "tenant": 0.005, "buyer": 0.6}[kind]))
            salary = named and (kind == "employer" or chance.random() < 0.01)
            paid = Payments(
                *(uuid.UUID(int=0), uuid.UUID(int=1), months, months + gaps, spread, many if kind != "tenant" else 1),
                salary,
            )
            yield Example(payment_signs(paid), "employer" if kind == "employer" else NOTHING)


def _adult(town: Town, *, youngest: int = 19, oldest: int = 82) -> Person:
    age = youngest + int(town.random.betavariate(1.7, 2.4) * (oldest - youngest))
    return town.born(_THIS_YEAR - age, town.random.choice("FM"))


def _single(town: Town) -> list[Person]:
    return [_adult(town)]


def _couple(town: Town, *, oldest: int = 82, husband_year: int = 0, surname: str = "") -> list[Person]:
    year = husband_year or _THIS_YEAR - 23 - int(town.random.betavariate(1.7, 2.2) * (oldest - 23))
    husband = town.born(year, "M", surname)
    wife = town.born(year + round(town.random.gauss(2, 3.2)), "F")
    town.relate(husband, "spouse", wife)
    if town.random.random() < 0.22:
        town.signing.add(key_of(husband.id, wife.id))
    if town.random.random() < 0.15:
        _pay(town, *town.random.sample([husband, wife], 2))
    return [husband, wife]


def _children(town: Town, parents: list[Person], year: int, father: Person | None) -> list[Person]:
    """Grown ones; few have more than one. A third have moved out, some of whom are seen by payments or an account."""
    surname = father.surname if father and town.random.random() < 0.95 else parents[0].surname
    children: list[Person] = []
    for _ in range(town.random.choices((1, 2, 3), (66, 29, 5))[0]):
        born = year + town.random.randrange(21, 38)
        if born > _THIS_YEAR - 16:
            continue
        child = town.born(born, town.random.choice("FM"), surname)
        for parent in parents:
            town.relate(parent, "parent", child)
        for other in children:
            town.relate(other, "sibling", child)
        children.append(child)
    at_home = []
    for child in children:
        if town.random.random() < 0.35:
            town.addresses[f"away {child.id}"].append(child.id)
            if town.random.random() < 0.4:
                _pay(town, *town.random.sample([child, town.random.choice(parents)], 2))
        else:
            at_home.append(child)
        if town.random.random() < 0.06:
            town.signing.add(key_of(child.id, town.random.choice(parents).id))
    return at_home


def _nuclear(town: Town) -> list[Person]:
    year = _THIS_YEAR - 40 - town.random.randrange(42)
    parents = _couple(town, husband_year=year)
    return [*parents, *_children(town, parents, year, parents[0])]


def _one_parent(town: Town) -> list[Person]:
    year, mother = _THIS_YEAR - 40 - town.random.randrange(42), town.random.random() < 0.7
    parent = town.born(year, "F" if mother else "M")
    father = None if mother else parent
    surname = facts.surname_choice()(town.random.random()) if mother and town.random.random() < 0.8 else ""
    absent = Person(uuid.UUID(int=0), surname) if surname else father
    return [parent, *_children(town, [parent], year, absent)]


def _three_generations(town: Town) -> list[Person]:
    year = _THIS_YEAR - 62 - town.random.randrange(24)
    elders = _couple(town, husband_year=year)
    middle_year = year + town.random.randrange(22, 32)
    middle = _couple(town, husband_year=middle_year, surname=elders[0].surname)
    heir = middle[0]
    for elder in elders:
        town.relate(elder, "parent", heir)
        town.relate(elder, "household_member", middle[1])
    young = _children(town, middle, middle_year, heir)
    for child in young:
        for elder in elders:
            town.relate(elder, "grandparent", child)
    return [*elders, *middle, *young]


def _siblings(town: Town) -> list[Person]:
    year = _THIS_YEAR - 20 - town.random.randrange(50)
    first = town.born(year, town.random.choice("FM"))
    second = town.born(year + town.random.randrange(0, 10), town.random.choice("FM"), first.surname)
    town.relate(first, "sibling", second)
    return [first, second]


def _flat(town: Town) -> list[Person]:
    people = [_adult(town, oldest=38) for _ in range(town.random.randrange(2, 5))]
    for place, one in enumerate(people):
        for other in people[:place]:
            town.relate(other, "household_member", one)
    if town.random.random() < 0.4:
        _pay(town, people[1], people[0])
    return people


def _dormitory(town: Town) -> list[Person]:
    return [_adult(town, oldest=45) for _ in range(town.random.randrange(6, 60))]


def _pay(town: Town, payer: Person, payee: Person) -> None:
    months = town.random.randrange(3, 13)
    town.paying[key_of(payer.id, payee.id)] = Payments(payer.id, payee.id, months, months, 0.02, 1)


def _lose_phones(town: Town) -> None:
    """Elders who give a child's number, couples with one, numbers that went to a stranger, a tenant's landlord."""
    for pair, kind in sorted(town.truth.items()):
        elder, younger = in_order(town.people[pair[0]], town.people[pair[1]])
        old = elder.born is not None and elder.born.year < _THIS_YEAR - 60
        chance = {"spouse": 0.07, "parent": 0.22 if old else 0.05, "grandparent": 0.06}.get(kind, 0.004)
        if town.random.random() < chance:
            town.phones[f"own {younger.id}"].append(elder.id)
    everybody = sorted(town.people)
    for _ in range(len(everybody) // 100):
        one, other = town.random.sample(everybody, 2)
        town.phones[f"own {one}"].append(other)
    for _ in range(len(everybody) // 250):
        tenant, landlord = (town.people[each] for each in town.random.sample(everybody, 2))
        _pay(town, tenant, landlord)
    agency = town.random.sample(everybody, len(everybody) // 50)
    for place in range(0, len(agency), 25):
        town.phones[f"agency {place}"] += agency[place : place + 25]
