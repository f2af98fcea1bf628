"""The credit-card host over ISO 8583:1987: one long-lived connection, many messages in flight."""

from __future__ import annotations

from guanxi.storage.configuration import Configuration
from guanxi.systems.card_host.adapter import CardHost


def make_system(configuration: Configuration) -> CardHost:
    """The adapter as this installation is configured."""
    return CardHost(configuration.host, configuration.card_host_port, configuration.card_host_key)
