"""Changing endpoints and routes: checked, kept as a new version, put into the audit trail, and seen by every gateway,
all by the same commit.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from guanxi.access.audit import record_change
from guanxi.exchange.errors import ParametersChanged, ParametersInvalid
from guanxi.exchange.models import EndpointRow, EndpointVersion, RouteRow
from guanxi.exchange.parameters import check
from guanxi.exchange.process import SERVICES
from guanxi.exchange.routes import known_adapters
from guanxi.exchange.routing import Route, check_route
from guanxi.kernel.vocabulary import Channel
from guanxi.storage.configuration import configuration
from guanxi.storage.transactions import open_transaction

_LONGEST_REASON: Final = 200
MOST_ROUTES: Final = 200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An endpoint as somebody wants it."""

    adapter: str
    protocol: str
    address: str
    enabled: bool
    parameters: Mapping[str, Any]

    @property
    def content(self) -> dict[str, Any]:
        """What a version keeps."""
        return {**dataclasses.asdict(self), "parameters": dict(self.parameters)}


def faults_of(name: str, draft: Draft, reason: str) -> dict[str, str]:
    """What is wrong with `draft`, by field; nothing when it can be kept."""
    faults = check(name, draft.protocol, draft.address, draft.parameters)
    if draft.adapter not in {*known_adapters(), *configuration().adapters}:
        faults["adapter"] = "It is no adapter of the house, and GUANXI_ADAPTERS does not name it."
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        faults["reason"] = f"Say why, in at most {_LONGEST_REASON} characters."
    return faults


def create_endpoint(*, name: str, draft: Draft, actor: str, reason: str, at: dt.datetime) -> None:
    """Keep a new endpoint; `ParametersInvalid` when it cannot be."""
    faults = faults_of(name, draft, reason)
    if "name" not in faults and EndpointRow.objects.filter(name=name).exists():
        faults["name"] = "There is an endpoint of this name."
    if faults:
        raise ParametersInvalid(faults)
    with open_transaction():
        row = EndpointRow(name=name, version=1, **draft.content)
        row.save(force_insert=True)
        _keep(row, draft, actor=actor, reason=reason, at=at, action="create_endpoint", before={})


def change_endpoint(*, name: str, draft: Draft, actor: str, reason: str, at: dt.datetime, from_version: int) -> int:
    """Keep a new version over `from_version`, which must be the present one; its number."""
    if faults := faults_of(name, draft, reason):
        raise ParametersInvalid(faults)
    return _change(name, draft, actor=actor, reason=reason, at=at, from_version=from_version, action="change_endpoint")


def roll_back(*, name: str, to_version: int, actor: str, at: dt.datetime, from_version: int) -> int:
    """Keep an earlier version's content as a new version; its number."""
    earlier = EndpointVersion.objects.get(endpoint_id=name, version=to_version)
    draft, reason = Draft(**earlier.content), f"back to version {to_version}"
    if faults := faults_of(name, draft, reason):
        raise ParametersInvalid(faults)
    return _change(
        name, draft, actor=actor, reason=reason, at=at, from_version=from_version, action="roll_back_endpoint"
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What differs: (field, before, after)."""
    old, new = _flat(before), _flat(after)
    fields = [*new, *(field for field in old if field not in new)]
    return [(field, old.get(field, ""), new.get(field, "")) for field in fields if old.get(field) != new.get(field)]


def save_route(*, route_id: int | None, route: Route, actor: str, at: dt.datetime) -> None:
    """Keep a rule, a new one behind all others; `ParametersInvalid` when it cannot be kept."""
    faults = check_route(
        route,
        list(EndpointRow.objects.values_list("name", flat=True)),
        list(SERVICES),
        [each.value for each in Channel],
    )
    if "name" not in faults and _is_taken(route.name, route_id):
        faults["name"] = "There is a rule of this name."
    if route_id is None and RouteRow.objects.count() >= MOST_ROUTES:
        faults["name"] = f"There are {MOST_ROUTES} rules: join some."
    if faults:
        raise ParametersInvalid(faults)
    with open_transaction():
        row = RouteRow.objects.select_for_update().get(id=route_id) if route_id is not None else _new_route()
        before = route_content(row) if route_id is not None else {}
        for field, value in msgspec.to_builtins(route).items():
            setattr(row, field, value)
        row.save()
        detail = {"changes": differences(before, route_content(row))}
        action = "change_route" if route_id is not None else "create_route"
        record_change(actor=actor, action=action, subject=f"route:{row.name}", at=at, detail=detail)


def delete_route(*, route_id: int, actor: str, at: dt.datetime) -> None:
    """Remove a rule; what it was stays in the audit trail."""
    with open_transaction():
        row = RouteRow.objects.select_for_update().get(id=route_id)
        detail = {"changes": differences(route_content(row), {})}
        record_change(actor=actor, action="delete_route", subject=f"route:{row.name}", at=at, detail=detail)
        row.delete()


def move_route(*, route_id: int, places: int, actor: str, at: dt.datetime) -> None:
    """Try a rule so many places later, or earlier when that is negative."""
    with open_transaction():
        rows = list(RouteRow.objects.select_for_update().order_by("position", "id")[: MOST_ROUTES + 1])
        present = next(place for place, row in enumerate(rows) if row.id == route_id)
        row = rows.pop(present)
        rows.insert(min(max(present + places, 0), len(rows)), row)
        for place, each in enumerate(rows):
            each.position = place
        RouteRow.objects.bulk_update(rows, ["position"])
        detail = {"from": present + 1, "to": row.position + 1}
        record_change(actor=actor, action="move_route", subject=f"route:{row.name}", at=at, detail=detail)


def route_content(row: RouteRow) -> dict[str, Any]:
    """The rule in a row, as plain values."""
    return {
        field: getattr(row, field) for field in ("name", "system", "conditions", "endpoints", "stand_in", "enabled")
    }


def _is_taken(name: str, route_id: int | None) -> bool:
    found = RouteRow.objects.filter(name=name).values_list("id", flat=True).first()
    return found is not None and found != route_id


def _new_route() -> RouteRow:
    last = RouteRow.objects.order_by("-position").first()
    return RouteRow(position=last.position + 1 if last else 0)


def _change(
    name: str, draft: Draft, *, actor: str, reason: str, at: dt.datetime, from_version: int, action: str
) -> int:
    with open_transaction():
        row = EndpointRow.objects.select_for_update().get(name=name)
        if row.version != from_version:
            raise ParametersChanged(name)
        before = EndpointVersion.objects.get(endpoint_id=name, version=from_version).content
        if not differences(before, draft.content):
            return row.version
        for field, value in draft.content.items():
            setattr(row, field, value)
        row.version += 1
        row.save()
        _keep(row, draft, actor=actor, reason=reason, at=at, action=action, before=before)
        return row.version


def _keep(
    row: EndpointRow,
    draft: Draft,
    *,
    actor: str,
    reason: str,
    at: dt.datetime,
    action: str,
    before: Mapping[str, Any],
) -> None:
    EndpointVersion.objects.create(
        endpoint=row, version=row.version, at=at, actor=actor, reason=reason, content=draft.content
    )
    detail = {"version": row.version, "reason": reason, "changes": differences(before, draft.content)}
    record_change(actor=actor, action=action, subject=f"endpoint:{row.name}", at=at, detail=detail)


def _flat(content: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for field, value in content.items():
        if isinstance(value, Mapping):
            flat |= _flat(value)
        else:
            flat[field] = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return flat
