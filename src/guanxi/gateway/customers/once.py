"""Doing what a request asks exactly once: with its key, its audit entry and its reply in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import msgspec
import psycopg

from guanxi.gateway.answers import Answer, raw_json
from guanxi.gateway.errors import RefusedForReason
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call
from guanxi.kernel.vocabulary import Reason
from guanxi.parties import stored_replies
from guanxi.parties.errors import KeyUsedBefore
from guanxi.parties.stored_replies import Reply

Connection = psycopg.Connection[Any]
Work = Callable[[Connection, dt.datetime], Reply]

encode: Final = msgspec.json.Encoder().encode
_REPLAYED: Final = (b"idempotency-replayed", b"true")


def reply_of(content: object, *, status: int = 200, version: str = "", location: str = "") -> Reply:
    """`content` as JSON; `version` as its ETag."""
    headers = {"etag": f'"{version}"'} if version else {}
    if location:
        headers["location"] = location
    text = content if isinstance(content, str) else encode(content).decode()
    return Reply(status, text, headers)


def answer_of(reply: Reply, *, replayed: bool = False) -> Answer:
    """A reply as HTTP puts it."""
    headers = tuple((name.encode(), value.encode()) for name, value in reply.headers.items())
    return raw_json(reply.body.encode(), status=reply.status, headers=(*headers, _REPLAYED) if replayed else headers)


async def once(gateway: Gateway, call: Call, name: str, work: Work) -> Answer:
    """Do `work`, or, where this client's key stands for an equal request already, answer what was answered then.

    What refuses is not kept: a request that was refused may be sent again under its key.
    """
    key, client = call.idempotency_key, call.machine.name

    def run(connection: Connection) -> tuple[Reply, bool]:
        if key is None:
            return work(connection, call.received_at), False
        path = encode(sorted(call.path.items()))
        fingerprint = stored_replies.fingerprint_of(name.encode(), path, call.raw_body)
        stored = stored_replies.begin(connection, client=client, key=key, fingerprint=fingerprint, at=call.received_at)
        if stored is not None:
            return stored, True
        reply = work(connection, call.received_at)
        stored_replies.keep(connection, reply, client=client, key=key)
        return reply, False

    try:
        reply, replayed = await gateway.customers.run(run)
    except KeyUsedBefore:
        raise RefusedForReason(Reason.DUPLICATE_REQUEST) from None
    return answer_of(reply, replayed=replayed)
