"""Endpoints as the office shows them: how each is, by the gateways that are alive, and what each has been."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from guanxi.exchange.directory_desk import address_of, places_of, read_endpoint, read_route, ready_to_use
from guanxi.exchange.endpoint_operations import Draft, differences, route_content
from guanxi.exchange.models import EndpointHealth, EndpointRow, EndpointVersion, RouteRow
from guanxi.exchange.parameters import Endpoint, EndpointParameters
from guanxi.exchange.routes import make_adapter
from guanxi.exchange.routing import Health, Route
from guanxi.kernel.errors import GuanxiError
from guanxi.services.ports import SignOfLife
from guanxi.storage.configuration import configuration

ALIVE: Final = dt.timedelta(seconds=60)  # a gateway tells three times a minute
_WORST: Final = ("disabled", "up", "maintenance", "down")
_MOST: Final = 200
_TRY_SECONDS: Final = 6.0


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """An endpoint and how it is: the worst that a gateway which is alive tells. `health` is empty where none does."""

    row: EndpointRow
    address: str
    health: str
    fault: str
    since: dt.datetime | None
    milliseconds: int | None
    told: Sequence[EndpointHealth]

    @property
    def is_seen(self) -> bool:
        """Whether every gateway has the present version."""
        return all(each.version == self.row.version for each in self.told)


@dataclasses.dataclass(frozen=True, slots=True)
class Past:
    """A version, and what it changed."""

    version: EndpointVersion
    changes: Sequence[tuple[str, str, str]]


def standings(at: dt.datetime) -> list[Standing]:
    """Every endpoint with how it is."""
    told: dict[str, list[EndpointHealth]] = {}
    for each in EndpointHealth.objects.filter(at__gt=at - ALIVE).order_by("gateway")[: _MOST * 10]:
        told.setdefault(each.endpoint, []).append(each)
    return [_standing(row, told.get(row.name, [])) for row in EndpointRow.objects.all()[:_MOST]]


def health_of(at: dt.datetime) -> dict[str, Health]:
    """How each endpoint is, as the rules take it: up if it is enabled, where no gateway has told."""
    known: dict[str, Health] = {"up": "up", "down": "down", "maintenance": "maintenance", "disabled": "disabled"}
    return {each.row.name: known.get(each.health, "up") if each.row.enabled else "disabled" for each in standings(at)}


def history(name: str) -> list[Past]:
    """The versions of an endpoint, the latest first."""
    versions = list(EndpointVersion.objects.filter(endpoint_id=name).order_by("-version")[: _MOST + 1])
    earlier: list[EndpointVersion | None] = [*versions[1:], None]
    pairs = zip(versions, earlier, strict=True)
    return [
        Past(version, differences(before.content if before else {}, version.content) if before else [])
        for version, before in pairs
    ][:_MOST]


def routes() -> list[tuple[RouteRow, Route]]:
    """The rules in order."""
    rows = RouteRow.objects.all()[:_MOST]
    return [(row, found) for row in rows if (found := read_route({**route_content(row)})) is not None]


def endpoint_of(row: EndpointRow) -> Endpoint | None:
    """The endpoint in a row."""
    fields = ("name", "adapter", "protocol", "address", "enabled", "parameters", "version")
    return read_endpoint({field: getattr(row, field) for field in fields})


def try_connection(name: str, draft: Draft) -> tuple[bool, str, int]:
    """Whether a peer answers from here, by what the draft says; why not, and the milliseconds it took."""
    started = time.perf_counter()
    fault = asyncio.run(_try(name, draft))
    return not fault, fault, round((time.perf_counter() - started) * 1000)


async def _try(name: str, draft: Draft) -> str:
    """What is wrong; nothing when the peer answers."""
    settings = configuration()
    endpoint = Endpoint(
        name=name,
        adapter=draft.adapter,
        protocol=draft.protocol,
        address=draft.address,
        parameters=msgspec.convert(draft.parameters, EndpointParameters),
    )
    try:
        adapter = make_adapter(ready_to_use(endpoint, places_of(settings), settings.home))
        await adapter.open()
    except GuanxiError as error:
        return f"{error} {error.next_step}".strip()
    try:
        if not isinstance(adapter, SignOfLife):
            return "Its adapter cannot ask for a sign of life."
        async with asyncio.timeout(min(_TRY_SECONDS, endpoint.parameters.timeout_seconds)):
            while not await adapter.ping():  # noqa: ASYNC110 - the port has a question, no event
                await asyncio.sleep(0.1)
    except TimeoutError:
        return "There is no answer."
    finally:
        await adapter.close()
    return ""


def _standing(row: EndpointRow, told: list[EndpointHealth]) -> Standing:
    address = address_of(row.address, places_of(configuration()))
    if not told:
        return Standing(row, address, "" if row.enabled else "disabled", "", None, None, ())
    worst = max(told, key=lambda each: _WORST.index(each.health))
    return Standing(row, address, worst.health, worst.fault, worst.since, worst.milliseconds, told)
