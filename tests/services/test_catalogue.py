"""What every service of the catalogue keeps to."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from guanxi.exchange.process import SERVICES
from guanxi.kernel.vocabulary import Channel, Reason
from guanxi.services import catalogue
from guanxi.services.arguments import refuse_amount
from guanxi.services.catalogue.change_contact_details import normalised
from guanxi.services.catalogue.submit_complaint import SubmitComplaint

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "services.md"


def test_each_file_of_the_catalogue_is_one_service_of_that_name() -> None:
    files = {path.stem for path in Path(catalogue.__path__[0]).glob("*.py")} - {"__init__"}
    assert set(SERVICES) == files


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_unknown_arguments_are_refused(service) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"surprise": 1}', type=service.arguments)


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_the_reference_tells_arguments_and_channels(service) -> None:
    section = PAGE.read_text().split(f"## `{service.name}`", 1)[1].split("\n## ", 1)[0]
    for field in msgspec.structs.fields(service.arguments):
        assert f"`{field.encode_name}`" in section
    told = section.split("Channels:", 1)[1].splitlines()[0]
    assert {word.strip(" .`") for word in told.split(",")} == {channel.value for channel in service.channels}


def test_the_reference_tells_every_reason() -> None:
    page = PAGE.read_text()
    assert [reason for reason in Reason if f"`{reason.value}`" not in page] == []


def test_the_same_services_are_offered_to_customers_on_the_internet_and_on_the_telephone() -> None:
    offered = {
        channel: {name for name, service in SERVICES.items() if channel in service.channels} for channel in Channel
    }
    assert offered[Channel.INTERNET] == offered[Channel.MOBILE] == offered[Channel.TELEPHONE]


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "1E+30", "NaN", "Infinity", "1000000000000000"])
def test_amounts_that_cannot_be_moved_are_refused(amount: str) -> None:
    assert refuse_amount(Decimal(amount), "CNY") is Reason.INVALID_AMOUNT


@pytest.mark.parametrize(("amount", "currency"), [("0.01", "CNY"), ("1E+2", "JPY"), ("1.234", "KWD"), ("5.0", "JPY")])
def test_amounts_exact_to_the_minor_unit_are_taken(amount: str, currency: str) -> None:
    assert refuse_amount(Decimal(amount), currency) is None


def test_a_complaint_may_have_lines_but_no_nul() -> None:
    decode = msgspec.json.Decoder(SubmitComplaint).decode
    assert decode(b'{"subject": "a", "description": "one\\ntwo"}').description == "one\ntwo"
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"subject": "a", "description": "one\\u0000two"}')


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("phone", "139 1234 5678", "+8613912345678"),
        ("phone", "+420 601 123 456", "+420601123456"),
        ("phone", "12", None),
        ("email", " wang@example.cn ", "wang@example.cn"),
        ("email", "wang@example", None),
        ("email", "a@b@c.cn", None),
        ("address", " 上海市浦东新区世纪大道1号 ", "上海市浦东新区世纪大道1号"),
        ("address", "   ", None),
    ],
)
def test_contact_details_are_kept_in_one_form(kind: str, value: str, kept: str | None) -> None:
    assert normalised(kind, value) == kept
