"""Every county of the statistical division codes, written in the ways that addresses write it."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from guanxi.parties.normalisation.divisions import divisions
from guanxi.parties.normalisation.places import leading_place

LISTS = Path(__file__).parents[4] / "shared" / "data" / "china-reference"
pytestmark = pytest.mark.skipif(not LISTS.is_dir(), reason=f"the Chinese reference lists are not at {LISTS}")


def rows(name: str) -> list[dict[str, str]]:
    with gzip.open(LISTS / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def counties() -> list[tuple[str, str, str, str]]:
    """Code, province, city (empty where there is none between) and name of those that are in GB/T 2260 too."""
    provinces = {row["code"]: row["name"] for row in rows("provinces.csv.gz")}
    cities = {row["code"]: row["name"] for row in rows("cities.csv.gz")}
    return [
        (row["code"], provinces[row["provinceCode"]], _city(cities[row["cityCode"]]), row["name"])
        for row in rows("areas.csv.gz")
        if row["code"] in divisions()
    ]


def _city(name: str) -> str:
    return "" if name in {"市辖区", "县"} or "直辖" in name else name


def test_nearly_every_county_is_found_under_its_province_and_city(counties: list[tuple[str, str, str, str]]) -> None:
    wrong = [code for code, *above in counties if leading_place("".join(above) + "人民路1号").code != code]
    assert len(counties) > 2_800
    assert len(wrong) <= 3


def test_nearly_every_county_is_found_without_its_province(counties: list[tuple[str, str, str, str]]) -> None:
    wrong = [
        code
        for code, _, city, name in counties
        if city and leading_place(f"{city}{name}人民路1号").code not in {code, f"{code[:4]}00"}
    ]
    assert len(wrong) <= 10


def test_the_divisions_have_the_names_of_the_list(counties: list[tuple[str, str, str, str]]) -> None:
    assert [code for code, _, _, name in counties if divisions()[code].name != name] == []


def test_the_codes_of_the_revisions_are_known() -> None:
    """GB/T 2260 from 2002 to 2013; a dozen that were in force for months are not in the table."""
    unknown = [row["code"] for row in rows("gb2260_revisions.csv.gz") if row["code"] not in divisions()]
    assert len(unknown) <= 12
