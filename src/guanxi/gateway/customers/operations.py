"""Every operation of the customer API."""

from __future__ import annotations

from guanxi.gateway.customers import reading, records, writing
from guanxi.gateway.operations import Operation


def customer_operations() -> list[Operation]:
    """What machine clients can do."""
    return [*reading.OPERATIONS, *writing.OPERATIONS, *records.OPERATIONS]
