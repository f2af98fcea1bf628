"""The credit-card host over ISO 8583:1987: one long-lived connection, many messages in flight."""

from __future__ import annotations

from guanxi.exchange.parameters import Endpoint
from guanxi.storage.configuration import configuration, mac_key
from guanxi.systems.card_host.adapter import CardHost
from guanxi.systems.card_host.connection import Timing


def make_system(endpoint: Endpoint) -> CardHost:
    """The adapter for `endpoint`. Its credential is the MAC key in hexadecimal; without one it is the setting's."""
    host, _, port = endpoint.address.rpartition(":")
    key = (
        mac_key(endpoint.secret.decode("ascii", "replace"), endpoint.parameters.credential)
        if endpoint.secret
        else configuration().card_host_key
    )
    # A reversal and its repeat fit in the time the endpoint gives a leg.
    return CardHost(host.strip("[]"), int(port), key, Timing(answer=endpoint.parameters.timeout_seconds / 2))
