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
    timing = Timing(answer=endpoint.parameters.timeout_seconds / 2)
    return CardHost(host.strip("[]"), int(port), key, timing, book=_book(endpoint))


def _book(endpoint: Endpoint) -> str | None:
    """Where the host's operations of a day can be read: known of the one that this installation is configured with."""
    settings = configuration()
    ours = endpoint.address == f"{settings.host}:{settings.card_host_port}"
    return f"{settings.sandbox_url}/cards" if ours else None
