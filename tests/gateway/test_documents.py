"""What the HTTP interface can do and say stands in its reference page."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from guanxi.gateway import errors
from guanxi.gateway.app import all_operations
from guanxi.gateway.metrics import Metrics
from guanxi.gateway.places import PLACES
from guanxi.gateway.problems import REASONS
from guanxi.gateway.results import RESULTS
from guanxi.kernel.vocabulary import Reason

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "http-api.md").read_text()
REFUSALS = [
    refusal.code for refusal in errors.RequestRefused.__subclasses__() if refusal is not errors.RefusedForReason
]


@pytest.mark.parametrize("operation", all_operations(), ids=lambda operation: operation.name)
def test_every_operation_is_listed(operation) -> None:
    assert f"`{operation.method} {operation.path}`" in PAGE


@pytest.mark.parametrize("code", [*REFUSALS, *Reason])
def test_every_code_is_listed(code: str) -> None:
    assert f"`{code}`" in PAGE


def test_every_business_reason_has_its_status() -> None:
    assert set(REASONS) == set(Reason)


@pytest.mark.parametrize("service", PLACES)
def test_the_examples_have_the_form_that_is_described(service: str) -> None:
    assert service in RESULTS
    msgspec.convert(PLACES[service].result, RESULTS[service])


def test_every_metric_is_listed() -> None:
    exposed = Metrics().exposition().decode()
    for name in re.findall(r"# TYPE (\S+)", exposed):
        assert f"`{name}`" in PAGE
