"""The exchange drawn: channels on the left, services in the middle, endpoints on the right, and what flows between.

Pure layout: figures in, places and lines out. A line is as thick as the logarithm of its rate, and how well it goes is
told by its colour, its dashes and a sign.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Final

from guanxi.exchange.watch import NOTHING, Figures, Flow, summed

WIDTH: Final = 1180
_HIGH: Final = 72
_GAP: Final = 12
_COLUMNS: Final = {"channel": (0, 230), "service": (470, 240), "endpoint": (950, 230)}
WORSE: Final = ("idle", "well", "poorly", "ill")
_SIGNS: Final = {"idle": "", "well": "", "poorly": "▲", "ill": "✖"}


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A channel, service or endpoint and where it is drawn."""

    kind: str
    name: str
    figures: Figures
    per_second: float
    in_flight: int
    note: str
    health: str
    sign: str
    x: int
    y: int
    width: int
    height: int


@dataclasses.dataclass(frozen=True, slots=True)
class Edge:
    """What flows from one node to the next."""

    source: Node
    target: Node
    figures: Figures
    per_second: float
    health: str
    sign: str
    path: str
    thick: float
    middle_x: int
    middle_y: int


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    height: int
    width: int = WIDTH


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an endpoint beside its traffic."""

    note: str = ""
    health: str = "idle"  # what is worse counts, this or the traffic


def draw(
    found: Sequence[Flow],
    seconds: float,
    *,
    channels: Sequence[str],
    endpoints: Mapping[str, Standing],
    flying: Mapping[str, int],
) -> Picture:
    """The picture of `found`, which was counted over `seconds`; `channels` and `endpoints` stand there even if idle."""
    by_channel, by_service = (summed(found, by, to_endpoints=False) for by in ("channel", "service"))
    by_endpoint = summed(found, "endpoint", to_endpoints=True)
    # A service that is only at work in recovery has had no answer on a channel.
    services = sorted({*by_service, *summed(found, "service", to_endpoints=True)} - {""})
    columns = {
        "channel": {name: by_channel.get(name, NOTHING) for name in [*channels, *sorted({*by_channel} - {*channels})]},
        "service": {name: by_service.get(name, NOTHING) for name in services},
        "endpoint": {
            name: by_endpoint.get(name, NOTHING) for name in [*endpoints, *sorted({*by_endpoint} - {*endpoints})]
        },
    }
    height = max(len(column) for column in columns.values()) * (_HIGH + _GAP) - _GAP
    nodes = {
        (kind, name): _node(
            kind,
            name,
            figures,
            seconds=seconds,
            y=round(height / len(column) * (place + 0.5) - _HIGH / 2),
            in_flight=0 if kind == "service" else flying.get(name, 0),
            standing=endpoints.get(name, Standing()) if kind == "endpoint" else Standing(),
        )
        for kind, column in columns.items()
        for place, (name, figures) in enumerate(column.items())
    }
    return Picture(list(nodes.values()), _edges(found, nodes, seconds), height)


def _node(
    kind: str,
    name: str,
    figures: Figures,
    *,
    seconds: float,
    y: int,
    in_flight: int,
    standing: Standing,
) -> Node:
    x, width = _COLUMNS[kind]
    health = max(standing.health, figures.health, key=WORSE.index)
    return Node(
        kind=kind,
        name=name,
        figures=figures,
        per_second=figures.answered / seconds,
        in_flight=in_flight,
        note=standing.note,
        health=health,
        sign=_SIGNS[health],
        x=x,
        y=y,
        width=width,
        height=_HIGH,
    )


def _edges(found: Sequence[Flow], nodes: Mapping[tuple[str, str], Node], seconds: float) -> list[Edge]:
    joined: dict[tuple[Node, Node], Figures] = {}
    for flow in found:
        service = nodes.get(("service", flow.service))
        other = nodes.get(("endpoint", flow.endpoint) if flow.endpoint else ("channel", flow.channel))
        if service and other:
            ends = (service, other) if flow.endpoint else (other, service)
            joined[ends] = joined.get(ends, NOTHING) + flow.figures
    return [_edge(source, target, figures, seconds) for (source, target), figures in joined.items()]


def _edge(source: Node, target: Node, figures: Figures, seconds: float) -> Edge:
    x1, y1 = source.x + source.width, source.y + source.height // 2
    x2, y2 = target.x, target.y + target.height // 2
    bend = (x2 - x1) // 2
    per_second = figures.answered / seconds
    return Edge(
        source=source,
        target=target,
        figures=figures,
        per_second=per_second,
        health=figures.health,
        sign=_SIGNS[figures.health],
        path=f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}",
        thick=round(min(1.5 + 1.6 * math.log2(1 + 4 * per_second), 16), 1),
        middle_x=(x1 + x2) // 2,
        middle_y=(y1 + y2) // 2,
    )
