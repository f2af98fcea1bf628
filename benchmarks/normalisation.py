"""Records normalised a second on one core, beside the libraries alone on the fields that they know.

The anchor does for each record what a first script would: OpenCC and pypinyin for the name, python-stdnum for the
check digit of the document, phonenumbers for the telephone, `date.fromisoformat` for the date; no e-mail, no address.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import statistics
import time
from collections.abc import Callable
from importlib import resources
from typing import Any

import phonenumbers
from opencc import OpenCC
from pypinyin import lazy_pinyin
from stdnum.cn import ric

from benchmarks.result import Result
from guanxi.demo.documents import hong_kong_id, resident_id, social_credit_code
from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import RawDocument, RawParty

_RECORDS = 30_000
_ROUNDS = 5
_GOAL = 20_000
_ROADS = ("漕溪北路", "世纪大道", "中山东一路", "平江路", "宜山路", "张杨路", "人民大道", "解放路", "建设街", "文三路")
_LATIN = ("WANG XIAOMING", "Chan Tai Man", "Jan Novák", "David LEE Siu-lung", "Hsieh Chih-wei", "Ursula von der Leyen")


def measure() -> list[Result]:
    """People and companies, in rounds with the libraries alone between them; each round has records of its own."""
    rounds = []
    for number in range(_ROUNDS):
        random_ = random.Random(number)
        people = _people(random_)
        companies = _companies(random_)
        rounds.append(
            (_per_second(normalise, people), _per_second(_libraries(), people), _per_second(normalise, companies))
        )
    rates = sorted(own for own, _, _ in rounds)
    return [
        Result(
            name="Normalisation",
            question=f"How many records of people, of {_RECORDS:,} not seen before, does one core normalise a second?",
            figures=(
                ("Guanxi, every field", ", ".join(f"{own:,.0f}" for own, _, _ in rounds)),
                ("the libraries alone, four fields", ", ".join(f"{anchor:,.0f}" for _, anchor, _ in rounds)),
                ("Guanxi, companies", ", ".join(f"{company:,.0f}" for _, _, company in rounds)),
            ),
            verdict=f"{statistics.median(rates):,.0f} a second ({rates[0]:,.0f} to {rates[-1]:,.0f})",
            goal=f"at least {_GOAL:,} a second",
            met=statistics.median(rates) >= _GOAL,
            remark="Processor time of one core. Of the people one in ten has a name in Latin letters, one in ten a "
            "landline, one in five an address in columns, one in twenty traditional characters.",
        )
    ]


def _per_second(work: Callable[[RawParty], Any], records: list[RawParty]) -> float:
    start = time.process_time()
    for record in records:
        work(record)
    return len(records) / (time.process_time() - start)


def _libraries() -> Callable[[RawParty], Any]:
    convert = OpenCC("t2s").convert

    def anchor(raw: RawParty) -> tuple[Any, ...]:
        name, document = convert(raw.name), raw.documents[0].value
        right = len(document) == 18 and ric.calc_check_digit(document) == document[-1]
        return name, lazy_pinyin(name), right, _phone(raw), dt.date.fromisoformat(raw.birth_date)

    return anchor


def _phone(raw: RawParty) -> str:
    try:
        number = phonenumbers.parse(raw.phones[0], raw.country)
    except phonenumbers.NumberParseException:
        return ""
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else ""


def _people(random_: random.Random) -> list[RawParty]:
    lists = json.loads(resources.files("guanxi.demo").joinpath("data/names.json").read_text())
    surnames, shares = list(lists["surnames"]), list(lists["surnames"].values())
    words = [word for by_decade in lists["given"].values() for decade in by_decade.values() for word in decade]
    lines = resources.files("guanxi.demo").joinpath("data/divisions.csv").read_text().splitlines()[1:]
    places = [line.split(",") for line in lines]
    traditional = OpenCC("s2t").convert
    people = []
    for _ in range(_RECORDS):
        name = random_.choices(surnames, shares)[0] + random_.choice(words) + random_.choice(["", *words])[:1]
        name = traditional(name) if random_.random() < 0.05 else name
        people.append(
            _person(random_, random_.choice(_LATIN) if random_.random() < 0.1 else name, random_.choice(places))
        )
    return people


def _person(random_: random.Random, name: str, place: list[str]) -> RawParty:
    code, province, city, district = place
    born = dt.date(1940, 1, 1) + dt.timedelta(days=random_.randrange(25_000))
    foreign = random_.random() < 0.1
    number = hong_kong_id(random_) if foreign else resident_id(code, born, random_.randrange(1000))
    landline = f"021-6{random_.randrange(10**7):07d}"
    mobile = f"1{random_.choice('3578')}{random_.randrange(10**9):09d}"
    house, building, room = random_.randrange(1, 999), random_.randrange(1, 20), random_.randrange(101, 3000)
    street = f"{random_.choice(_ROADS)}{house}号{building}栋{room}室"
    columns = random_.random() < 0.2
    return RawParty(
        name=name,
        gender=random_.choice("男女"),
        birth_date=born.isoformat(),
        documents=(RawDocument(number, "香港身份证" if foreign else "居民身份证"),),
        phones=(landline if random_.random() < 0.1 else mobile,),
        emails=(f"user{random_.randrange(10**7)}@qq.com",) if random_.random() < 0.5 else (),
        address=street if columns else f"{province}{city}{district}{street}",
        province=province if columns else "",
        city=city if columns else "",
        district=district if columns else "",
    )


def _companies(random_: random.Random) -> list[RawParty]:
    syllables = "华兴达盛泰瑞恒鑫宏信安康博远新创联合通正大天星海"
    trades = ("科技", "贸易", "投资", "建设工程", "物流", "文化传播", "餐饮管理", "电子商务")
    forms = ("有限公司", "有限责任公司", "股份有限公司", "合伙企业（有限合伙）", "有限公司第一分公司")
    cities = ("北京", "上海市", "广州市", "深圳", "苏州", "成都市")
    return [
        RawParty(
            kind="organisation",
            name=random_.choice(cities)
            + "".join(random_.choices(syllables, k=3))
            + random_.choice(trades)
            + random_.choice(forms),
            documents=(RawDocument(social_credit_code(random_, "310000"), "统一社会信用代码"),),
            phones=(f"021-6{random_.randrange(10**7):07d}",),
        )
        for _ in range(_RECORDS // 3)
    ]
