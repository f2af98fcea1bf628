"""Adapters are named by dotted path and checked when they are made."""

from __future__ import annotations

import pytest

from guanxi.exchange.parameters import Endpoint
from guanxi.exchange.routes import known_adapters, make_adapter
from guanxi.storage.errors import ConfigurationInvalid


def _endpoint(adapter: str) -> Endpoint:
    address = "127.0.0.1:8021" if "card_host" in adapter else "http://127.0.0.1:8020/x"
    return Endpoint(name="x", adapter=adapter, protocol="rest", address=address)


def test_every_adapter_of_the_house_can_be_made() -> None:
    assert len(known_adapters()) >= 5
    for path in known_adapters():
        make_adapter(_endpoint(path))


@pytest.mark.parametrize("path", ["guanxi.systems.nowhere:make_system", "guanxi.systems.savings:nothing"])
def test_an_adapter_that_is_not_there_is_named(path: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=path.partition(":")[0]):
        make_adapter(_endpoint(path))


def test_an_adapter_that_lacks_part_of_the_port_is_named_with_what_it_lacks() -> None:
    with pytest.raises(ConfigurationInvalid, match="lacks open, perform, enquire, undo, close"):
        make_adapter(_endpoint("builtins:str"))
