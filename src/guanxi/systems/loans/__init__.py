"""Loans, over REST."""

from __future__ import annotations

from guanxi.exchange.parameters import Endpoint
from guanxi.systems.rest import RestSystem


def make_system(endpoint: Endpoint) -> RestSystem:
    """The adapter for `endpoint`."""
    return RestSystem.at(endpoint)
