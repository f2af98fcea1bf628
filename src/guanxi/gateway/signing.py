"""Customers sign in and out: `POST /v1/sessions`, `DELETE /v1/sessions/current`. Both stand on the customer's timeline.

A refusal takes a whole number of quarter seconds whatever its cause, so that its duration does not tell a login that
exists from one that does not.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from guanxi.access.credentials import forget_failures, verify_sign_in
from guanxi.access.errors import SignInRefused
from guanxi.access.sessions import open_session
from guanxi.gateway.answers import Answer, json_answer, no_content
from guanxi.gateway.customer_channel import CustomerChannel
from guanxi.gateway.errors import TooManyFailures
from guanxi.gateway.operations import Answers, Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call
from guanxi.interactions.security import record_security
from guanxi.kernel.vocabulary import Channel, Outcome

_REFUSAL_STEP: Final = 0.25  # seconds
_PARTY: Final = "SELECT id, number, name, latin_name, language FROM parties_party WHERE id = $1"

Login = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class SignedInParty(msgspec.Struct, frozen=True):
    """Who is signed in."""

    id: uuid.UUID
    number: str
    name: str
    latin_name: str
    language: str


class SignedIn(msgspec.Struct, frozen=True):
    """A session: send `Authorization: Bearer <token>` until it expires."""

    token: str
    expires_at: dt.datetime
    party: SignedInParty


def signing_operations(channels: Mapping[Channel, CustomerChannel]) -> list[Operation]:
    """Sign-in on any of `channels`, and sign-out."""

    async def run(gateway: Gateway, call: Call) -> Answer:
        return await _sign_in(gateway, call, channels[Channel(call.body.channel)])

    sign_in = Operation(
        method="POST",
        path="/v1/sessions",
        name="sign_in",
        tag="Sessions",
        summary="Sign in",
        description="Proves who the customer is by login and password and opens a session on one channel. "
        "Five failures lock the login for half a minute; each further one doubles the wait.",
        run=run,
        body=_sign_in_body(channels),
        body_example={"login": "100000001", "password": "guanxi-0001", "channel": "internet"},
        answers={201: Answers("Signed in.", SignedIn, _EXAMPLE)},
        problems=(400, 401, 413, 415, 429, 503),
    )
    return [sign_in, _SIGN_OUT]


def _sign_in_body(channels: Mapping[Channel, CustomerChannel]) -> type[msgspec.Struct]:
    """The body of a sign-in: its `channel` is one of those that have a module here."""
    names = Literal[tuple(sorted(channel.value for channel in channels))]  # type: ignore[valid-type]
    fields = [("login", Login), ("password", Password), ("channel", names)]
    return msgspec.defstruct("SignIn", fields, frozen=True, forbid_unknown_fields=True)


async def _sign_in(gateway: Gateway, call: Call, channel: CustomerChannel) -> Answer:
    started = time.monotonic()
    wait = gateway.failures.seconds_to_wait(call.address, started)
    if wait:
        raise TooManyFailures(
            "Too many sign-ins from this address have failed.",
            next_step=f"Wait {wait:.0f} seconds.",
            headers=[(b"retry-after", str(int(wait) + 1).encode())],
        )
    body = call.body
    try:
        party_id = await verify_sign_in(
            gateway.pool, gateway.passwords, login=body.login, password=body.password, at=call.received_at
        )
    except SignInRefused as refusal:
        await _refusal(gateway, call, channel.channel, refusal, started)
        raise
    async with gateway.pool.acquire() as connection, connection.transaction():
        await forget_failures(connection, party_id)
        token, session = await open_session(
            connection, party_id=party_id, channel=channel.channel, at=call.received_at, lasts=channel.signed_in_for
        )
        await record_security(
            connection,
            party_id=party_id,
            channel=channel.channel,
            service="sign_in",
            outcome=Outcome.COMPLETED,
            at=call.received_at,
        )
        party = await connection.fetchrow(_PARTY, party_id)
    return json_answer(SignedIn(token, session.expires_at, SignedInParty(**party)), status=201)


async def _refusal(gateway: Gateway, call: Call, channel: Channel, refusal: SignInRefused, started: float) -> None:
    gateway.failures.count(call.address, started)
    if refusal.party_id is not None:
        async with gateway.pool.acquire() as connection, connection.transaction():
            await record_security(
                connection,
                party_id=refusal.party_id,
                channel=channel,
                service="sign_in",
                outcome=Outcome.DECLINED,
                at=call.received_at,
            )
    elapsed = time.monotonic() - started
    await asyncio.sleep(_REFUSAL_STEP - elapsed % _REFUSAL_STEP)


async def _sign_out(gateway: Gateway, call: Call) -> Answer:
    session = call.signed_in
    async with gateway.pool.acquire() as connection, connection.transaction():
        if await gateway.sessions.revoke(connection, session, call.received_at):
            await record_security(
                connection,
                party_id=session.party_id,
                channel=session.channel,
                service="sign_out",
                outcome=Outcome.COMPLETED,
                at=call.received_at,
            )
    return no_content()


_EXAMPLE: Final = {
    "token": "Jr8tkPpVhRz0XvJm5b2o3QyW7cU1sDfGnLaKe6TiMxY",
    "expires_at": "2026-05-04T09:30:00Z",
    "party": {
        "id": "0196a1f0-4f00-7c3a-9d2e-5b1f0c8e7a64",
        "number": "100000001",
        "name": "王小明",
        "latin_name": "Wang Xiaoming",
        "language": "zh-Hans",
    },
}
_SIGN_OUT: Final = Operation(
    method="DELETE",
    path="/v1/sessions/current",
    name="sign_out",
    tag="Sessions",
    summary="Sign out",
    description="Ends the session of the token at once here, and within two seconds on every other gateway.",
    run=_sign_out,
    signed_in=True,
    answers={204: Answers("Signed out.")},
    problems=(401, 503),
)
