"""Who the customers are: persons, organisations and the bank's own staff, drawn a chunk at a time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import uuid
from decimal import Decimal
from typing import Final

from guanxi.demo import facts
from guanxi.demo.documents import hong_kong_id, passport, resident_id, social_credit_code
from guanxi.kernel.names import romanised, without_marks

FIRST_NUMBER: Final = 100_000_001
_OLDEST_CUSTOMER: Final = dt.date(2009, 3, 2)  # the demo bank opened its doors
STAFF_EVERY: Final = 500  # customers for one member of staff


@dataclasses.dataclass(slots=True)
class Customer:
    """One party of the demo bank. `household` is the index of the customer it lives with, `relation` how."""

    index: int
    id: uuid.UUID
    number: str
    kind: str
    name: str
    latin_name: str
    birth_date: dt.date
    gender: str
    language: str
    branch: str
    occupation: str
    since: dt.date
    identifier: tuple[str, str, str]
    phone: str
    email: str
    address: str
    salary: int  # cents a month; of an organisation: its monthly turnover
    relations: list[tuple[str, uuid.UUID]] = dataclasses.field(default_factory=list)
    balance: Decimal = Decimal(0)


def draw_customers(seed: int, start: int, stop: int, total: int, until: dt.date) -> list[Customer]:
    """Customers number `start` to `stop` of `total` as they are on the day `until`."""
    random_ = random.Random(f"{seed}/{start}")  # noqa: S311 - invented people, repeatable
    customers = [_draw(random_, index, total, until) for index in range(start, stop)]
    if start == 0:
        customers[:2] = [_star(customers[0]), _star_spouse(customers[1])]
    _form_households(random_, customers, until)
    _employ(random_, customers)
    return customers


def _draw(random_: random.Random, index: int, total: int, until: dt.date) -> Customer:
    since = _joined(index, total, until)
    if index % 25 == 12:
        return _organisation(random_, index, since)
    origin = random_.random() if index > 1 else 1.0
    if origin < 0.03:
        return _foreigner(random_, index, since)
    if origin < 0.08:
        return _from_region(random_, index, since, "hong_kong" if origin < 0.06 else "taiwan")
    return _mainlander(random_, index, since)


def _joined(index: int, total: int, until: dt.date) -> dt.date:
    """The bank grows: numbers are given in the order of joining, faster in later years."""
    share = (index / max(total, 1)) ** 0.6
    return _OLDEST_CUSTOMER + dt.timedelta(days=int(share * ((until - _OLDEST_CUSTOMER).days - 3)))


def _identity(random_: random.Random, index: int, since: dt.date) -> uuid.UUID:
    """A UUIDv7 whose time is that of joining, so that customers keep together in indexes in the order of numbers."""
    moment = dt.datetime.combine(since, dt.time(1), dt.UTC) + dt.timedelta(milliseconds=index % 3_600_000)
    milliseconds = int(moment.timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | random_.getrandbits(12) << 64 | 0b10 << 62 | random_.getrandbits(62)
    return uuid.UUID(int=value)


def _mainlander(random_: random.Random, index: int, since: dt.date) -> Customer:
    birth, gender = _birth(random_, since), random_.choice("FM")
    name = _chinese_name(random_, birth.year, gender)
    native = random_.choice(facts.divisions())
    number = resident_id(native.code, birth, random_.randrange(1, 499) * 2 + (gender == "M"))
    return _person(
        random_,
        index,
        since,
        name=name,
        latin_name=romanised(name),
        birth=birth,
        gender=gender,
        language="zh-Hans",
        identifier=("resident_id", number, "CN"),
    )


def _from_region(random_: random.Random, index: int, since: dt.date, region: str) -> Customer:
    lists = facts.names()[region]
    birth, gender = _birth(random_, since), random_.choice("FM")
    surname, given = random_.choice(list(lists["surnames"])), random_.choice(list(lists[gender]))
    latin = f"{lists['surnames'][surname]} {lists[gender][given]}"
    if region == "hong_kong":
        document = ("hong_kong_id", hong_kong_id(random_), "HK")
    else:
        document = ("passport", passport(random_, ""), "TW")
    return _person(
        random_,
        index,
        since,
        name=surname + given,
        latin_name=latin,
        birth=birth,
        gender=gender,
        language="zh-Hant",
        identifier=document,
    )


def _foreigner(random_: random.Random, index: int, since: dt.date) -> Customer:
    country = random_.choice(facts.names()["foreign"])
    birth, gender = _birth(random_, since), random_.choice("FM")
    name = f"{random_.choice(country[gender])} {random_.choice(country['surnames'])}"
    document = ("passport", passport(random_, country["country"][:1]), country["country"])
    return _person(
        random_,
        index,
        since,
        name=name,
        latin_name=without_marks(name),
        birth=birth,
        gender=gender,
        language=country["language"],
        identifier=document,
    )


def _person(
    random_: random.Random,
    index: int,
    since: dt.date,
    *,
    name: str,
    latin_name: str,
    birth: dt.date,
    gender: str,
    language: str,
    identifier: tuple[str, str, str],
) -> Customer:
    branch = facts.branch_choice()(random_.random())
    retired = birth.year < 1964
    occupation = "retired" if retired else random_.choice(facts.names()["occupations"])
    return Customer(
        index=index,
        id=_identity(random_, index, since),
        number=str(FIRST_NUMBER + index),
        kind="person",
        name=name,
        latin_name=latin_name,
        birth_date=birth,
        gender=gender,
        language=language,
        branch=branch,
        occupation=occupation,
        since=since,
        identifier=identifier,
        phone=_phone(random_, identifier[2]),
        email=_email(random_, latin_name, birth.year),
        address=_address(random_, branch),
        salary=int(random_.lognormvariate(8.2 if retired else 9.0, 0.45)) * 100,
    )


def _organisation(random_: random.Random, index: int, since: dt.date) -> Customer:
    words = facts.names()["organisation"]
    branch = facts.branch_choice()(random_.random())
    division = facts.division_of(facts.branch(branch).division)
    trade = random_.choice(list(words["trades"]))
    form = random_.choices(list(words["forms"]), list(words["forms"].values()))[0]
    brand = random_.choice(words["brands"]) + random_.choice(["", *words["second"]])
    name = f"{division.city.removesuffix('市')}{brand}{trade}{form}"
    latin = f"{romanised(brand).replace(' ', '')} {words['trades'][trade]} Co Ltd".title()
    founded = since - dt.timedelta(days=random_.randrange(60, 5000))
    return Customer(
        index=index,
        id=_identity(random_, index, since),
        number=str(FIRST_NUMBER + index),
        kind="organisation",
        name=name,
        latin_name=latin,
        birth_date=founded,
        gender="",
        language="zh-Hans",
        branch=branch,
        occupation=words["trades"][trade],
        since=since,
        identifier=("unified_social_credit_code", social_credit_code(random_, division.code), "CN"),
        phone=f"+86{facts.branch(branch).area_code}{random_.randrange(50_000_000, 89_999_999)}",
        email=f"office@{latin.split()[0].lower()}{index}.example",
        address=_address(random_, branch, business=True),
        salary=int(random_.lognormvariate(12.0, 0.9)) * 100,
    )


def _star(customer: Customer) -> Customer:
    """王小明, whom the documentation and the channel lab show."""
    birth = dt.date(1988, 5, 12)
    return dataclasses.replace(
        customer,
        name="王小明",
        latin_name="Wang Xiaoming",
        birth_date=birth,
        gender="M",
        branch="101",
        occupation="engineer",
        identifier=("resident_id", resident_id("110105", birth, 137), "CN"),
        phone="+8613800138000",
        email="wang.xiaoming@example.com",
        address="北京市朝阳区建设路88号阳光花园3栋1202室",
        salary=2_150_000,
    )


def _star_spouse(customer: Customer) -> Customer:
    birth = dt.date(1990, 8, 23)
    return dataclasses.replace(
        customer,
        name="李娜",
        latin_name="Li Na",
        birth_date=birth,
        gender="F",
        occupation="teacher",
        identifier=("resident_id", resident_id("370102", birth, 224), "CN"),
        phone="+8613900139000",
        email="li.na@example.com",
        salary=1_280_000,
    )


def _birth(random_: random.Random, since: dt.date) -> dt.date:
    """Grown up when joining: ages spread from 18 to 80, most between 28 and 50."""
    age = 18 + int(random_.betavariate(1.9, 2.9) * 62)
    day = dt.date(since.year - age, 1, 1) + dt.timedelta(days=random_.randrange(365))
    return max(day, dt.date(1938, 1, 1))


def _chinese_name(random_: random.Random, year: int, gender: str) -> str:
    generation = "1940" if year < 1955 else "1960" if year < 1975 else "1980" if year < 1995 else "2000"
    surname = facts.surname_choice()(random_.random())
    given: str = random_.choice(facts.names()["given"][gender][generation])
    if len(given) == 1 and random_.random() < 0.45:
        given = random_.choice(facts.names()["second_characters"]) + given
    return surname + given


def _phone(random_: random.Random, country: str) -> str:
    if country == "HK" and random_.random() < 0.6:
        return f"+852{random_.choice('569')}{random_.randrange(10**7):07d}"
    prefix = random_.choice(["130", "131", "135", "136", "138", "139", "150", "151", "158", "159", "177", "186", "188"])
    return f"+86{prefix}{random_.randrange(10**8):08d}"


def _email(random_: random.Random, latin_name: str, year: int) -> str:
    words = "".join(letter for letter in latin_name.lower() if letter.isascii() and (letter.isalnum() or letter == " "))
    local = random_.choice([".", "", "_"]).join(words.split())
    digits = random_.choice([year % 100, year, random_.randrange(1000)])
    return f"{local}{digits}@{random_.choice(facts.places().email_domains)}"


def _address(random_: random.Random, branch: str, *, business: bool = False) -> str:
    division = random_.choice(facts.divisions_near(facts.branch(branch).division))
    province = "" if division.province == division.city else division.province
    street = f"{province}{division.city}{division.district}{random_.choice(facts.places().streets)}"
    if business:
        return f"{street}{random_.randrange(1, 900)}号{random_.randrange(2, 40)}层"
    estate, block, floor, door = (
        random_.choice(facts.places().estates),
        random_.randrange(1, 30),
        random_.randrange(1, 28),
        random_.randrange(1, 5),
    )
    return f"{street}{random_.randrange(1, 900)}号{estate}{block}栋{floor}{door:02d}室"


def _form_households(random_: random.Random, customers: list[Customer], until: dt.date) -> None:
    """Some neighbours in the list are couples, and some of them have a grown child who banks here too."""
    persons = [customer for customer in customers if customer.kind == "person" and customer.identifier[2] == "CN"]
    for first, second in zip(persons[::4], persons[1::4], strict=False):
        if first.index == 0 or (
            first.gender != second.gender
            and abs(first.birth_date.year - second.birth_date.year) < 12
            and random_.random() < 0.85
        ):
            _marry(first, second)
    for parent, child in zip(persons[::4], persons[2::4], strict=False):
        years = child.birth_date.year - parent.birth_date.year
        if 20 <= years <= 42 and child.birth_date.year <= until.year - 18:
            _make_child(parent, child)


def _marry(first: Customer, second: Customer) -> None:
    second.address, second.branch = first.address, first.branch
    first.relations.append(("spouse", second.id))
    second.relations.append(("spouse", first.id))


def _make_child(parent: Customer, child: Customer) -> None:
    """The child keeps the surname of a father, and the address of whichever parent."""
    if parent.gender == "M" and len(child.name) > 1:
        given = child.name[-2:] if len(child.name) > 2 else child.name[-1:]
        child.name = parent.name[:1] + given
        child.latin_name = romanised(child.name)
    child.address, child.branch = parent.address, parent.branch
    parent.relations.append(("parent", child.id))


def _employ(random_: random.Random, customers: list[Customer]) -> None:
    """Half of those who work do so for a customer of the bank, who has one of them as its legal representative."""
    organisations = [customer for customer in customers if customer.kind == "organisation"]
    workers = [customer for customer in customers if customer.kind == "person" and customer.occupation != "retired"]
    if not organisations or not workers:
        return
    for worker in workers:
        if random_.random() < 0.5:
            random_.choice(organisations).relations.append(("employer", worker.id))
    for organisation in organisations:
        random_.choice(workers).relations.append(("legal_representative", organisation.id))
