"""Keeps a process's directory as the database has it: told of a change at once, and looking by itself now and then."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import msgspec

from guanxi.exchange.credentials import secret_of
from guanxi.exchange.directory import Directory
from guanxi.exchange.parameters import CREDENTIAL_PLACE, Endpoint, EndpointParameters
from guanxi.exchange.routes import make_adapter
from guanxi.exchange.routing import Conditions, Route
from guanxi.services.ports import BusinessSystem
from guanxi.storage.configuration import Configuration

CHANGED: Final = "exchange_parameters"  # the notification that triggers on both tables send
_LOOK_EVERY: Final = 30.0
_AGAIN: Final = 1.0
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_ENDPOINTS: Final = "SELECT name, adapter, protocol, address, enabled, parameters, version FROM exchange_endpoint"
_ROUTES: Final = """
SELECT name, system, conditions, endpoints, stand_in, enabled FROM exchange_route ORDER BY position, id LIMIT 1000
"""
_log = logging.getLogger(__name__)


class DirectoryDesk:
    """`load` once, then `keep_current` beside the work."""

    def __init__(self, pool: asyncpg.Pool, configuration: Configuration) -> None:
        self._pool, self._home, self._places = pool, configuration.home, places_of(configuration)
        self.directory = Directory(self._make, configuration.bank_time_zone)

    async def load(self) -> None:
        """Be as the database has it now."""
        async with self._pool.acquire() as connection:
            endpoints = await connection.fetch(_ENDPOINTS)
            routes = await connection.fetch(_ROUTES)
        read = [found for row in endpoints if (found := read_endpoint(row)) is not None]
        rules = [route for row in routes if (route := read_route(row)) is not None]
        changed = await self.directory.apply(read, rules)
        if changed:
            _log.info("endpoints as of now: %s", ", ".join(changed))

    async def keep_current(self) -> None:
        """Load whenever the database says that something has changed. Runs until cancelled."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await self._listen(connection)
            except _AWAY as error:
                _log.warning("Endpoints cannot be listened for: %s", error)
            await asyncio.sleep(_AGAIN)

    async def _listen(self, connection: asyncpg.Connection) -> None:
        told = asyncio.Event()

        def tell(*_: object) -> None:
            told.set()

        await connection.add_listener(CHANGED, tell)
        connection.add_termination_listener(tell)
        try:
            while not connection.is_closed():
                told.clear()
                await self.load()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY):
                        await told.wait()
        finally:
            connection.remove_termination_listener(tell)
            if not connection.is_closed():
                await connection.remove_listener(CHANGED, tell)

    def _make(self, endpoint: Endpoint) -> BusinessSystem:
        return make_adapter(ready_to_use(endpoint, self._places, self._home))


def places_of(configuration: Configuration) -> dict[str, str]:
    """What the places in addresses stand for in this installation."""
    return {
        "{sandbox}": configuration.sandbox_url,
        "{card_host}": f"{configuration.host}:{configuration.card_host_port}",
    }


def address_of(address: str, places: Mapping[str, str]) -> str:
    """The address with its places filled in."""
    for place, stands_for in places.items():
        address = address.replace(place, stands_for)
    return address


def ready_to_use(endpoint: Endpoint, places: Mapping[str, str], home: Path) -> Endpoint:
    """The endpoint with its address filled in and its secret at hand, for its adapter alone."""
    secret = secret_of(endpoint.parameters.credential, home)
    address = address_of(endpoint.address, places)
    if secret is not None:
        address = address.replace(CREDENTIAL_PLACE, quote(secret, safe=""))
    return msgspec.structs.replace(endpoint, address=address, secret=secret)


def read_endpoint(row: Mapping[str, Any]) -> Endpoint | None:
    """The endpoint in `row`; None, and a word in the log, for what was not written by us."""
    try:
        parameters = msgspec.convert(_json(row["parameters"]), EndpointParameters)
        values = {name: row[name] for name in ("name", "adapter", "protocol", "address", "enabled", "version")}
        return Endpoint(parameters=parameters, **values)
    except msgspec.ValidationError as error:
        _log.error("Endpoint %s cannot be read: %s", row["name"], error)
        return None


def read_route(row: Mapping[str, Any]) -> Route | None:
    """The route in `row`; None, and a word in the log, for what was not written by us."""
    try:
        conditions = msgspec.convert(_json(row["conditions"]), Conditions)
        endpoints = tuple(map(str, _json(row["endpoints"])))
        values = {name: row[name] for name in ("name", "system", "stand_in", "enabled")}
        return Route(conditions=conditions, endpoints=endpoints, **values)
    except (msgspec.ValidationError, TypeError) as error:
        _log.error("Route %s cannot be read: %s", row["name"], error)
        return None


def _json(value: object) -> Any:  # noqa: ANN401 - text from the gateway's driver, objects from the office's
    return json.loads(value) if isinstance(value, str) else value
