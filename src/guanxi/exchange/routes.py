"""Which adapter serves which business system. Adapters are named by dotted path and checked when the process starts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Final, cast

from guanxi.services.ports import BusinessSystem
from guanxi.storage.configuration import Configuration
from guanxi.storage.errors import ConfigurationInvalid
from guanxi.storage.wiring import load

ADAPTERS: Final[Mapping[str, str]] = {
    "savings": "guanxi.systems.savings:make_system",
    "integrated": "guanxi.systems.integrated:make_system",
    "loans": "guanxi.systems.loans:make_system",
    "intermediary": "guanxi.systems.intermediary:make_system",
    "cards": "guanxi.systems.card_host:make_system",
}
_PORT: Final = ("open", "perform", "enquire", "undo", "close")


def make_systems(configuration: Configuration, adapters: Mapping[str, str] = ADAPTERS) -> dict[str, BusinessSystem]:
    """Every business system by name; `ConfigurationInvalid` names the adapter that is none."""
    return {name: _make(name, path, configuration) for name, path in adapters.items()}


def _make(name: str, path: str, configuration: Configuration) -> BusinessSystem:
    make = cast("Callable[[Configuration], object]", load(path))
    system = make(configuration)
    missing = [method for method in _PORT if not inspect.iscoroutinefunction(getattr(system, method, None))]
    if missing:
        raise ConfigurationInvalid(
            f"The adapter {path} for {name} lacks {', '.join(missing)}.",
            next_step="See services.ports.BusinessSystem for what an adapter offers.",
        )
    return cast("BusinessSystem", system)
