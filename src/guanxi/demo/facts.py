"""The facts the demo bank is made from, read once from `data/` (see its README for the sources)."""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

_DATA: Final = Path(__file__).parent / "data"


class Division(msgspec.Struct, frozen=True):
    """A county-level division."""

    code: str
    province: str
    city: str
    district: str


class Branch(msgspec.Struct, frozen=True):
    """A branch of the demo bank."""

    code: str
    name: str
    division: str
    weight: int
    area_code: str


class Merchant(msgspec.Struct, frozen=True):
    """Where customers spend; `typical` is a usual amount in yuan."""

    name: str
    category: str
    typical: int


class Biller(msgspec.Struct, frozen=True):
    """Whom customers pay bills to."""

    code: str
    name: str
    typical: int


class PlacedTerminal(msgspec.Struct, frozen=True):
    """A terminal and where it stands."""

    terminal_id: str
    acceptor_id: str
    kind: str
    name: str


class Places(msgspec.Struct, frozen=True):
    """What the demo bank invented for itself."""

    branches: list[Branch]
    streets: list[str]
    estates: list[str]
    email_domains: list[str]
    merchants: list[Merchant]
    billers: list[Biller]
    terminals: list[PlacedTerminal]


@functools.cache
def places() -> Places:
    """Branches, streets, merchants, billers, terminals."""
    return msgspec.json.decode((_DATA / "places.json").read_bytes(), type=Places)


@functools.cache
def divisions() -> Sequence[Division]:
    """Divisions whose codes begin identity numbers."""
    with (_DATA / "divisions.csv").open(encoding="utf-8", newline="") as file:
        return [Division(**row) for row in csv.DictReader(file)]


@functools.cache
def division_of(code: str) -> Division:
    """The division with this code."""
    return next(division for division in divisions() if division.code == code)


@functools.cache
def divisions_near(code: str) -> Sequence[Division]:
    """The divisions of the same city."""
    city = division_of(code).city
    return [division for division in divisions() if division.city == city]


@functools.cache
def names() -> dict[str, Any]:
    """Surnames, given names, other countries' names, words for organisations."""
    content: dict[str, Any] = json.loads((_DATA / "names.json").read_text(encoding="utf-8"))
    return content


class Choice:
    """Draws from `items` by weight; one number in [0, 1) a draw."""

    __slots__ = ("_bounds", "_items")

    def __init__(self, weights: dict[str, float]) -> None:
        self._items = list(weights)
        shares = np.cumsum(list(weights.values()))
        self._bounds = shares / shares[-1]

    def __call__(self, draw: float) -> str:
        return self._items[int(np.searchsorted(self._bounds, draw, side="right"))]


@functools.cache
def surname_choice() -> Choice:
    """Surnames by their share of the population."""
    return Choice(names()["surnames"])


@functools.cache
def branch_choice() -> Choice:
    """Branches by their size."""
    return Choice({branch.code: float(branch.weight) for branch in places().branches})


@functools.cache
def branch(code: str) -> Branch:
    """The branch with this code."""
    return next(branch for branch in places().branches if branch.code == code)
