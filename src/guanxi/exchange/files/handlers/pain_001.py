"""A corporate customer's payment file, by SFTP: taken in as if it had come over the API."""

from __future__ import annotations

import uuid

import asyncpg

from guanxi.exchange.errors import FileRefused, PaymentFileRefused
from guanxi.exchange.files.handling import FileHandler, Handled, IncomingFile
from guanxi.exchange.payments.files import NewFile, Spool, take_in


async def take(pool: asyncpg.Pool, file: IncomingFile) -> Handled:
    """Keep it as a payment file of the customer whose folder it lay in. The payment desk does the rest."""
    party_id = await pool.fetchval("SELECT id FROM parties_party WHERE number = $1", file.peer.party)
    if party_id is None:
        raise FileRefused(f"The peer belongs to no customer: there is no number {file.peer.party!r}.")
    spool = Spool()
    try:
        for piece in file.pieces():
            spool.add(piece)
        new = NewFile(
            party_id=uuid.UUID(int=party_id.int),
            way="sftp",
            name=file.name,
            idempotency_key=f"file:{file.id}",
            received_at=file.received_at,
        )
        taken = await take_in(pool, new, spool)
    except PaymentFileRefused as error:
        raise FileRefused(f"{error} {error.next_step}") from error
    told = f"It is the same as payment file {taken.duplicate_of}." if taken.duplicate_of else "A payment file."
    return Handled(taken.id, told)


HANDLER = FileHandler("pain.001", take)
