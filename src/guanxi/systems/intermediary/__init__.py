"""Intermediary business (bills, funds, insurance) over REST: it takes an operation at once and confirms it later."""

from __future__ import annotations

from guanxi.storage.configuration import Configuration
from guanxi.systems.rest import RestSystem


def make_system(configuration: Configuration) -> RestSystem:
    """The adapter as this installation is configured."""
    return RestSystem(f"{configuration.sandbox_url}/intermediary")
