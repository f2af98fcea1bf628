"""Adapters are named by dotted path and checked when a process starts."""

from __future__ import annotations

import pytest

from guanxi.exchange.routes import ADAPTERS, make_systems
from guanxi.storage.configuration import read_configuration
from guanxi.storage.errors import ConfigurationInvalid

CONFIGURATION = read_configuration({})


def test_every_system_of_the_bank_has_an_adapter() -> None:
    assert set(make_systems(CONFIGURATION)) == set(ADAPTERS)


@pytest.mark.parametrize("path", ["guanxi.systems.nowhere:make_system", "guanxi.systems.savings:nothing"])
def test_an_adapter_that_is_not_there_is_named(path: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=path.partition(":")[0]):
        make_systems(CONFIGURATION, {"savings": path})


def test_an_adapter_that_lacks_part_of_the_port_is_named_with_what_it_lacks() -> None:
    with pytest.raises(ConfigurationInvalid, match="lacks open, perform, enquire, undo, close"):
        make_systems(CONFIGURATION, {"savings": "builtins:str"})
