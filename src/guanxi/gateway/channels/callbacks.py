"""Late confirmations: a business system that took a leg and settles it later tells how it ended.

The body is signed: `X-Signature` is the hexadecimal HMAC-SHA256 of the raw body under the key shared with the system.
A callback that arrives twice, or after recovery has found out by itself, finds the leg closed and changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Annotated, Final, Literal

import msgspec

from guanxi.gateway.answers import Answer, no_content
from guanxi.gateway.errors import SignatureInvalid
from guanxi.gateway.operations import Answers, Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call, decode_json
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import LegReply


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a leg that was accepted earlier has ended."""

    leg: uuid.UUID
    status: Literal["confirmed", "rejected"]
    reference: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[\x21-\x7e]*$(?!\n)")] = ""
    reason: Reason | None = None


_decoder: Final = msgspec.json.Decoder(Confirmation)


async def _settle(gateway: Gateway, call: Call) -> Answer:
    if not _authentic(gateway.configuration.callback_key, call):
        raise SignatureInvalid(
            "X-Signature is not the HMAC-SHA256 of this body under the shared key.",
            next_step="Sign the exact bytes of the body with the key both sides are configured with.",
        )
    confirmation: Confirmation = decode_json(call.raw_body, call.headers, _decoder)
    confirmed = confirmation.status == "confirmed"
    reply = LegReply(
        state="confirmed" if confirmed else "failed",
        reason=None if confirmed else confirmation.reason or Reason.REFUSED_BY_SYSTEM,
        reference=confirmation.reference or None,
    )
    await gateway.exchange.settle(confirmation.leg, reply)
    return no_content()


def _authentic(key: str, call: Call) -> bool:
    """Without a configured key nobody's signature is right."""
    expected = hmac.new(key.encode(), call.raw_body, hashlib.sha256).hexdigest().encode()
    given = call.headers.get(b"x-signature", b"").strip().lower()
    return bool(key) and hmac.compare_digest(expected, given)


OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/callbacks/intermediary",
        name="settle_leg",
        tag="Callbacks",
        summary="Tell how an accepted leg ended",
        description="For business systems, not for customers. Safe to repeat: a leg that is closed stays as it is.",
        run=_settle,
        signed=True,
        body=Confirmation,
        body_example={
            "leg": "0196a1f0-5a10-7e11-8c55-2f6d0b1c9e37",
            "status": "confirmed",
            "reference": "IM20260504000017",
        },
        answers={204: Answers("Taken note of.")},
        problems=(400, 401, 408, 413, 415, 503),
    ),
)
