"""Intermediary business (bills, funds, insurance) over REST: it takes an operation at once and confirms it later."""

from __future__ import annotations

from guanxi.exchange.parameters import Endpoint
from guanxi.systems.rest import RestSystem


def make_system(endpoint: Endpoint) -> RestSystem:
    """The adapter for `endpoint`."""
    return RestSystem.at(endpoint)
