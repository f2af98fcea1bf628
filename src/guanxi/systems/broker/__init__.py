"""A system behind a message broker (NATS), asked by request and reply."""

from __future__ import annotations

from guanxi.systems.broker.adapter import BrokerSystem
from guanxi.systems.http import Addressed


def make_system(endpoint: Addressed) -> BrokerSystem:
    """The adapter for the system behind the broker at the endpoint's address."""
    return BrokerSystem(endpoint.address)
