"""At first sight of a table: what its columns mean, and why; what a person then gets proposed."""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
from pathlib import Path

import msgspec
import pytest

from guanxi.parties.intake.description import Column, SourceDescription, faults_in, read_description, write_description
from guanxi.parties.intake.errors import ColumnsMissing
from guanxi.parties.intake.mapping import make_mapper
from guanxi.parties.intake.meanings import meaning_of_heading
from guanxi.parties.intake.profiling import Profile, profile_table
from guanxi.parties.intake.proposing import propose
from guanxi.parties.intake.reading import format_of, open_table
from guanxi.parties.normalisation.record import RawDocument

DATA = Path(__file__).parents[4] / "shared" / "data" / "record-linkage"
_MESSY = """客户号,户名,证件类型,证件号码,联系电话,电子邮箱,出生日期,通讯地址,备注
S1,王小明,身份证,110101199003074477,13912345678,wang@example.com,03/05/1990,北京市朝阳区建国路88号2栋301室,
S2,李娜,身份证,110101199003071091,13800138000,li@example.com,25/12/1985,上海市浦东新区世纪大道100号,
S3,张伟,护照,E12345678,021-58881234,zhang@example.com,17/01/1979,广州市天河区体育东路1号,
"""


def _propose(path: Path) -> tuple[Profile, SourceDescription]:
    base = SourceDescription(format=format_of(path))
    profile, rows = profile_table(open_table(path, base))
    return profile, propose(profile, rows, base)


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    path = tmp_path / "f"
    path.write_bytes(_MESSY.encode("gb18030"))
    return path


def test_a_chinese_file_is_understood(messy: Path) -> None:
    profile, description = _propose(messy)
    assert {column.name: column.means for column in description.columns} == {
        "客户号": "",
        "户名": "name",
        "证件类型": "document_kind",
        "证件号码": "document",
        "联系电话": "phone",
        "电子邮箱": "email",
        "出生日期": "birth_date",
        "通讯地址": "address",
        "备注": "",
    }
    assert (description.key, description.country, description.date_order) == (("客户号",), "CN", "dmy")
    assert faults_in(description) == {}
    assert profile.found["encoding"] == "gb18030"


def test_the_reason_is_told(messy: Path) -> None:
    profile, _ = _propose(messy)
    address, remarks = profile.column("通讯地址"), profile.column("备注")
    assert address is not None
    assert address.suspicion.because == ("heading", "values")
    assert address.suspicion.share == 1.0
    assert remarks is not None
    assert (remarks.type, remarks.filled) == ("empty", 0)


def test_wrong_check_digits_are_counted(messy: Path) -> None:
    column = _propose(messy)[0].column("证件号码")
    assert column is not None
    assert column.traits.wrong_check == pytest.approx(1 / 3)


def test_a_row_becomes_a_party(messy: Path) -> None:
    _, description = _propose(messy)
    table = open_table(messy, description)
    mapped = make_mapper(description, table.columns, dt.UTC)(next(iter(table.rows))[1])
    assert mapped.key == "S1"
    assert mapped.raw.name == "王小明"
    assert mapped.raw.documents == (RawDocument("110101199003074477", "身份证"),)
    assert mapped.raw.date_order == "dmy"


def test_meaning_is_found_without_headings(tmp_path: Path) -> None:
    lines = [f"{n},王小明,1391234{n:04},a{n}@example.com,男,北京市朝阳区建国路{n}号\n" for n in range(1000, 1060)]
    path = tmp_path / "f"
    path.write_text("".join(["c1,c2,c3,c4,c5,c6\n", *lines]))
    means = [column.means for column in _propose(path)[1].columns]
    assert means == ["", "name", "phone", "email", "gender", "address"]


def test_a_value_that_too_many_share_is_proposed_to_stand_for_nothing(tmp_path: Path) -> None:
    names = [first + second for first in "王李张刘陈杨黄赵" for second in "伟芳娜敏静丽强磊"]
    lines = [f"{n},{name},{13911112222 if n % 2 else 13812340000 + n}\n" for n, name in enumerate(names)]
    path = tmp_path / "f"
    path.write_text("".join(["id,name,mobile\n", *lines]))
    _, description = _propose(path)
    assert description.columns[2].nothing == ("13911112222",)
    table = open_table(path, description)
    phones = [make_mapper(description, table.columns, dt.UTC)(row[1]).raw.phones for row in table.rows]
    assert phones[:3] == [("13812340000",), (), ("13812340002",)]


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("CUST_NAME", "name"),
        ("mobilePhone", "phone"),
        ("Address_2", "address"),
        ("身份證號碼", "document"),
        ("客户手机号码1", "phone"),
        ("E-Mail", "email"),
        ("Datum narození", "birth_date"),
        ("wibble", ""),
    ],
)
def test_headings_are_understood(heading: str, meaning: str) -> None:
    assert meaning_of_heading(heading)[0] == meaning


def test_a_column_that_is_missing_is_named() -> None:
    described = SourceDescription(columns=(Column(name="a", means="name"), Column(name="b", means="phone")), key=("k",))
    with pytest.raises(ColumnsMissing, match="k, b"):
        make_mapper(described, ["a"], dt.UTC)


def test_lost_characters_leave_their_field_out() -> None:
    described = SourceDescription(columns=(Column(name="n", means="name"), Column(name="p", means="phone")), key=("k",))
    mapped = make_mapper(described, ["k", "n", "p"], dt.UTC)(["1", "王\ufffd", "13912345678"])
    assert (mapped.raw.name, mapped.raw.phones) == ("", ("13912345678",))
    assert mapped.faults == [("n", "it has characters that cannot be read")]


def test_a_description_is_kept_as_json() -> None:
    described = SourceDescription(columns=(Column(name="n", means="name", trust=0.9),), key=("n",), refresh="0 2 * * *")
    assert read_description(write_description(described)) == described
    with pytest.raises(msgspec.ValidationError):
        read_description({"colums": []})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"key": ()}, "key"),
        ({"columns": ()}, "columns"),
        ({"country": "China"}, "country"),
        ({"format": "pdf"}, "format"),
        ({"credential": "hunter2"}, "credential"),
        ({"encoding": "utf-99"}, "encoding"),
        ({"date_order": "x"}, "date_order"),
    ],
)
def test_nonsense_is_told_by_field(changed: dict[str, object], field: str) -> None:
    sound = SourceDescription(columns=(Column(name="n", means="name"),), key=("n",))
    assert faults_in(sound) == {}
    assert field in faults_in(msgspec.structs.replace(sound, **changed))


@pytest.mark.skipif(not DATA.exists(), reason="the data sets for record linkage are not beside the repository")
@pytest.mark.parametrize("name", ["dataset1.csv.gz", "dataset3.csv.gz", "dataset4a.csv.gz"])
def test_febrl_is_understood(tmp_path: Path, name: str) -> None:
    with gzip.open(DATA / "febrl" / name) as packed, (tmp_path / "f").open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    _, description = _propose(tmp_path / "f")
    meant = {column.name: column.means for column in description.columns if column.means}
    assert description.key == ("rec_id",)
    assert (meant["given_name"], meant["surname"], meant["date_of_birth"]) == ("given_name", "surname", "birth_date")
    assert (meant["soc_sec_id"], meant["suburb"], meant["state"]) == ("document", "city", "province")


@pytest.mark.skipif(not DATA.exists(), reason="the data sets for record linkage are not beside the repository")
def test_historical_people_are_understood() -> None:
    _, description = _propose(DATA / "splink" / "historical_half_a.parquet")
    meant = {column.name: column.means for column in description.columns if column.means}
    assert description.key == ("unique_id",)
    assert (meant["first_name"], meant["surname"], meant["dob"]) == ("given_name", "surname", "birth_date")
    assert (meant["gender"], meant["postcode_fake"], description.country) == ("gender", "postcode", "")
