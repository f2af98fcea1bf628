"""Apache Fineract, an open-source core bank, over its REST interface."""

from __future__ import annotations

from guanxi.systems.fineract.adapter import Fineract
from guanxi.systems.http import Addressed


def make_system(endpoint: Addressed) -> Fineract:
    """The adapter for the Fineract at the endpoint's address."""
    return Fineract(endpoint.address)
