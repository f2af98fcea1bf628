"""Every map of the house converts both ways without loss, whatever stands in the message."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.exchange.maps.canonical import MESSAGES, WIRES

from guanxi.exchange.maps.engine import EXTRA, from_wire, to_wire
from guanxi.exchange.maps.errors import MapError
from guanxi.exchange.maps.message_map import map_named, shipped_maps

HOUSE = ("card-host", "corporate-credit-transfer", "merchant-settlement", "payroll", "savings")
SAMPLES = [pytest.param(name, raw, id=f"{name}-{at}") for name in HOUSE for at, raw in enumerate(WIRES[name])]


def test_every_map_of_the_house_is_tried_here() -> None:
    assert set(HOUSE) == set(MESSAGES) == set(WIRES)
    assert set(HOUSE) <= set(shipped_maps())


@pytest.mark.parametrize("name", HOUSE)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_canonical_message_comes_back_from_the_wire(name: str, data: st.DataObject) -> None:
    message = data.draw(MESSAGES[name])
    before = repr(message)
    raw = to_wire(map_named(name), message)
    assert from_wire(map_named(name), raw) == message
    assert repr(message) == before


@pytest.mark.parametrize(("name", "raw"), SAMPLES)
def test_a_wire_message_comes_back_byte_by_byte(name: str, raw: bytes) -> None:
    assert to_wire(map_named(name), from_wire(map_named(name), raw)) == raw


@pytest.mark.parametrize(("name", "raw"), SAMPLES)
def test_what_no_rule_knows_stays_when_the_rest_changes(name: str, raw: bytes) -> None:
    message_map = map_named(name)
    message = from_wire(message_map, raw)
    changed = to_wire(message_map, {**message, **_another(name, message)})
    again = from_wire(message_map, changed)
    assert _extras(again, name) == _extras(message, name)
    assert changed != raw


@pytest.mark.parametrize(("name", "raw"), SAMPLES)
def test_garbage_is_refused_in_our_own_words_or_comes_back_as_it_was(name: str, raw: bytes) -> None:
    chance, message_map = random.Random(name), map_named(name)
    for _ in range(150):
        broken = bytearray(raw)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(broken))
            broken[at : at + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
        with contextlib.suppress(MapError):
            assert to_wire(message_map, from_wire(message_map, bytes(broken))) == bytes(broken)


@pytest.mark.parametrize("name", HOUSE)
@given(raw=st.binary(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_noise_is_refused_in_our_own_words(name: str, raw: bytes) -> None:
    with contextlib.suppress(MapError):
        assert to_wire(map_named(name), from_wire(map_named(name), raw)) == raw


leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["CNY", "request", "1.00"])
words = st.sampled_from(
    [
        "extra",
        "card-host",
        "savings",
        "received",
        "wire",
        "amount",
        "currency",
        "message",
        "sales",
        "salaries",
        "batches",
    ]
)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4))


@pytest.mark.parametrize("name", HOUSE)
@given(message=st.dictionaries(words, anything, max_size=5))
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_tree_at_all_is_refused_in_our_own_words_or_comes_back(name: str, message: dict[str, Any]) -> None:
    with contextlib.suppress(MapError):
        raw = to_wire(map_named(name), message)
        assert to_wire(map_named(name), from_wire(map_named(name), raw)) == raw


def _another(name: str, message: dict[str, Any]) -> dict[str, Any]:
    if name == "merchant-settlement":
        return {"sales": [{**message["sales"][0], "reference": "changed"}, *message["sales"][1:]]}
    changed = {
        "card-host": {"trace_number": "999999"},
        "corporate-credit-transfer": {"file": "changed"},
        "payroll": {"employer": "changed"},
        "savings": {"account": "changed"},
    }
    return changed[name]


def _extras(node: object, name: str) -> list[object]:
    """What no rule knew, wherever it is kept."""
    if isinstance(node, list):
        return [each for member in node for each in _extras(member, name)]
    if not isinstance(node, dict):
        return []
    own = node.get(EXTRA, {}).get(name, {}).get("wire")
    return [own, *(each for key, value in node.items() if key != EXTRA for each in _extras(value, name))]
