"""Interactions of the demo bank as rows for the timeline's COPY."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from guanxi.demo.behaviour import Batch
from guanxi.demo.rhythm import Numbers
from guanxi.demo.templates import legs_of
from guanxi.storage.copy_rows import (
    EPOCH_MICROSECONDS,
    NULL,
    Bytes,
    Column,
    amounts,
    constant,
    integers,
    octets,
    rows,
    timestamps,
)


def encode_batch(
    generator: np.random.Generator, batch: Batch, party_ids: Bytes, account_ids: Bytes, currencies: Sequence[str]
) -> bytes:
    """The rows of `batch`, one run for each currency."""
    if batch.account is None or batch.cents is None:
        return _encode(generator, batch, party_ids, account_ids, None)
    of_account = np.array(currencies)[batch.account]
    runs = [(currency, batch.where(of_account == currency)) for currency in np.unique(of_account)]
    return b"".join(_encode(generator, run, party_ids, account_ids, str(currency)) for currency, run in runs)


def _encode(
    generator: np.random.Generator, batch: Batch, party_ids: Bytes, account_ids: Bytes, currency: str | None
) -> bytes:
    template, count = batch.template, len(batch.at)
    legs = legs_of(template)
    columns: list[Column] = [
        octets(identifiers(generator, batch.at)),
        timestamps(batch.at),
        octets(party_ids[batch.party]),
        NULL if batch.account is None else octets(account_ids[batch.account]),
        NULL,
        NULL if batch.cents is None else amounts(batch.cents),
        integers(_durations(generator, template.milliseconds, count)) if template.milliseconds else NULL,
        NULL if currency is None else constant(currency.encode()),
        constant(template.channel.value.encode()),
        constant(template.kind.value.encode()),
        constant(template.service.encode()),
        constant(template.outcome.value.encode()),
        NULL if legs is None else constant(legs),
        NULL if batch.detail is None else octets(batch.detail),
    ]
    return rows(columns, count)


def identifiers(generator: np.random.Generator, at: Numbers) -> Bytes:
    """UUIDs version 7 (RFC 9562, section 5.7) of the instants `at`."""
    table = generator.integers(0, 256, (len(at), 16), dtype=np.uint8)
    milliseconds = (at + EPOCH_MICROSECONDS) // 1000
    table[:, :6] = milliseconds.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    table[:, 6] = table[:, 6] & 0x0F | 0x70
    table[:, 8] = table[:, 8] & 0x3F | 0x80
    return table


def _durations(generator: np.random.Generator, usual: int, count: int) -> Numbers:
    drawn: Numbers = (usual * generator.lognormal(0, 0.35, count)).astype(np.int64) + 1
    return drawn
