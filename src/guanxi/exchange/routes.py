"""Which adapters there are, and one made for an endpoint. They are named by dotted path and checked when made."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Final, cast

from guanxi.exchange.parameters import Endpoint
from guanxi.services.ports import BusinessSystem
from guanxi.storage.errors import ConfigurationInvalid
from guanxi.storage.wiring import load, packages_of

SYSTEMS: Final = (
    "savings",
    "integrated",
    "loans",
    "intermediary",
    "cards",
)  # the business systems legs are planned for
_WHERE: Final = "guanxi.systems"
_PORT: Final = ("open", "perform", "enquire", "undo", "close")


def known_adapters() -> list[str]:
    """The dotted path of every adapter of the house."""
    return [f"{package}:make_system" for package in packages_of(_WHERE, "make_system")]


def make_adapter(endpoint: Endpoint) -> BusinessSystem:
    """The adapter of `endpoint`, not opened yet; `ConfigurationInvalid` names the one that is none."""
    make = cast("Callable[[Endpoint], object]", load(endpoint.adapter))
    system = make(endpoint)
    missing = [method for method in _PORT if not inspect.iscoroutinefunction(getattr(system, method, None))]
    if missing:
        raise ConfigurationInvalid(
            f"The adapter {endpoint.adapter} for {endpoint.name} lacks {', '.join(missing)}.",
            next_step="See services.ports.BusinessSystem for what an adapter offers.",
        )
    return cast("BusinessSystem", system)
