"""What Django's check framework asks the exchange room when the office starts or migrates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from guanxi.exchange.maps.checks import check_files


@register("maps")
def maps_are_sound(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001 - Django's signature
    """No message map of the house has a fault."""
    return [Error(f"{fault.map_name}: {fault.sentence}", hint=fault.hint, id=fault.id) for fault in check_files()]
