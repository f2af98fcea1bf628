"""Refusals as problem documents (RFC 9457), each with a stable `code`; the table of business reasons and their status.

completed                    200   the service's result
pending, in_doubt            202   durable, and being settled; ask again with the same Idempotency-Key
declined, failed, reversed   the reason's own status in `REASONS`, as application/problem+json
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from guanxi.access.errors import SignInBusy, SignInRefused
from guanxi.gateway.answers import Answer, Headers, problem_answer
from guanxi.gateway.errors import FieldError, RefusedForReason, RequestRefused
from guanxi.kernel.errors import GuanxiError, InvalidValue
from guanxi.kernel.vocabulary import Outcome, Reason
from guanxi.parties.errors import PartyUnknown, SourceUnknown
from guanxi.services.request import ServiceReply


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Why a request was not done, in the form of RFC 9457 with our own members."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    next_step: str
    errors: Sequence[FieldError] = ()
    outcome: Outcome | None = None
    request_id: uuid.UUID | None = None


class ReasonAnswer(NamedTuple):
    """How HTTP puts one business reason."""

    status: int
    title: str
    detail: str
    next_step: str


_AGAIN: Final = "Send the same request again with the same Idempotency-Key; it takes effect once."
_LATER: Final = "Nothing was moved. Ask anew in a while, with a new Idempotency-Key."
_CALL: Final = "Call the service centre."

REASONS: Final[dict[Reason, ReasonAnswer]] = {
    Reason.INSUFFICIENT_FUNDS: ReasonAnswer(
        422, "Not enough money", "The available balance does not cover the amount.", "Choose a smaller amount."
    ),
    Reason.ACCOUNT_UNKNOWN: ReasonAnswer(
        404, "Account unknown", "No account with this number is open to you.", "Look the number up in /v1/accounts."
    ),
    Reason.ACCOUNT_CLOSED: ReasonAnswer(422, "Account closed", "The account has been closed.", "Use another account."),
    Reason.ACCOUNT_BLOCKED: ReasonAnswer(422, "Account blocked", "The account is blocked.", _CALL),
    Reason.NOT_PERMITTED: ReasonAnswer(
        403, "Not permitted", "This is not offered to you on this channel.", "Use another channel or call the bank."
    ),
    Reason.CARD_UNKNOWN: ReasonAnswer(
        404, "Card unknown", "No card with this id is yours.", "Look the card up in /v1/accounts."
    ),
    Reason.CARD_BLOCKED: ReasonAnswer(422, "Card blocked", "The card is blocked.", _CALL),
    Reason.CARD_EXPIRED: ReasonAnswer(422, "Card expired", "The card has expired.", "Use the new card."),
    Reason.WRONG_PIN: ReasonAnswer(422, "Wrong PIN", "The PIN is wrong.", "Check the PIN."),
    Reason.PIN_TRIES_EXCEEDED: ReasonAnswer(422, "PIN locked", "The PIN was wrong too often.", _CALL),
    Reason.LIMIT_EXCEEDED: ReasonAnswer(
        422, "Limit exceeded", "The amount is beyond the limit.", "Choose a smaller amount or wait until tomorrow."
    ),
    Reason.INVALID_AMOUNT: ReasonAnswer(
        422,
        "Amount not possible",
        "This amount cannot be used here.",
        "Give a positive amount in the currency's units.",
    ),
    Reason.INVALID_REQUEST: ReasonAnswer(
        422, "Request not possible", "The request makes no sense as it stands.", "Check what was sent."
    ),
    Reason.CURRENCY_MISMATCH: ReasonAnswer(
        422, "Currencies differ", "The account is kept in another currency.", "Use the account's own currency."
    ),
    Reason.BILLER_UNKNOWN: ReasonAnswer(422, "Biller unknown", "No such biller is served.", "Check the biller's code."),
    Reason.DUPLICATE_REQUEST: ReasonAnswer(
        409,
        "Idempotency-Key used before",
        "This Idempotency-Key belongs to an earlier request with other content.",
        "Use a new key for a new request.",
    ),
    Reason.IN_PROGRESS: ReasonAnswer(
        409, "Still being worked on", "The first request with this Idempotency-Key is not finished yet.", _AGAIN
    ),
    Reason.ORIGINAL_UNKNOWN: ReasonAnswer(
        404, "Original unknown", "The request this one speaks of is not known.", "Check what it refers to."
    ),
    Reason.SYSTEM_UNAVAILABLE: ReasonAnswer(
        503, "System unavailable", "The business system behind this service cannot be reached.", _LATER
    ),
    Reason.SYSTEM_TIMEOUT: ReasonAnswer(
        504, "System did not answer", "The business system behind this service did not answer in time.", _LATER
    ),
    Reason.REFUSED_BY_SYSTEM: ReasonAnswer(
        422, "Refused by the business system", "The business system behind this service refused.", _CALL
    ),
    Reason.MESSAGE_UNAUTHENTIC: ReasonAnswer(
        401, "Message not authentic", "The message's signature is wrong.", "Check the shared key."
    ),
}

_UNEXPLAINED: Final = ReasonAnswer(422, "Not done", "The request was not done; nothing was moved.", _CALL)
_RETRY: Final[Headers] = ((b"retry-after", b"5"),)
_CHALLENGE: Final[Headers] = ((b"www-authenticate", b'Bearer realm="guanxi"'),)


def problem_type(code: str) -> str:
    """The problem type URI of `code`."""
    return f"urn:guanxi:problem:{code}"


def not_done(reply: ServiceReply) -> Answer:
    """The problem document for a reply that is neither completed nor under way."""
    answer = REASONS[reply.reason] if reply.reason else _UNEXPLAINED
    code = reply.reason.value if reply.reason else reply.outcome.value
    # Of what is being worked on nobody knows the outcome, so none is told.
    return _reason(answer, code, None if reply.reason is Reason.IN_PROGRESS else reply)


def refused(error: GuanxiError) -> Answer:  # noqa: PLR0911 - one line for each family
    """The problem document for a request that no service was asked about."""
    match error:
        case RefusedForReason():
            return _reason(REASONS[error.reason], error.reason.value)
        case RequestRefused():
            return _problem(
                error, error.status, error.title, error.code, errors=error.errors, headers=tuple(error.headers)
            )
        case InvalidValue():
            errors = [FieldError(error.field, str(error))]
            return _problem(error, 400, "The request breaks a rule", "invalid_request", errors=errors)
        case PartyUnknown() | SourceUnknown():
            return _problem(error, 404, "Not known", error.code)
        case SignInRefused():
            return _problem(error, 401, "Sign-in refused", "sign_in_refused")
        case SignInBusy():
            return _problem(error, 503, "Sign-in busy", "sign_in_busy", headers=_RETRY)
        case _:
            return _problem(error, 422 if error.permanent else 503, "Not done", error.code)


def broken(request_id: str) -> Answer:
    """The problem document for a fault of our own; the log has the rest under `request_id`."""
    problem = Problem(
        type=problem_type("internal_error"),
        title="A fault of ours",
        status=500,
        detail=f"Something went wrong on our side; it is on record as {request_id}.",
        code="internal_error",
        next_step=_AGAIN,
    )
    return problem_answer(problem, status=500, label="internal_error")


def _reason(answer: ReasonAnswer, code: str, reply: ServiceReply | None = None) -> Answer:
    problem = Problem(
        type=problem_type(code),
        title=answer.title,
        status=answer.status,
        detail=answer.detail,
        code=code,
        next_step=answer.next_step,
        outcome=reply.outcome if reply else None,
        request_id=reply.request_id if reply else None,
    )
    headers = _RETRY if answer.next_step in {_AGAIN, _LATER} else ()
    return problem_answer(problem, status=answer.status, label=code, headers=headers)


def _problem(
    error: GuanxiError,
    status: int,
    title: str,
    code: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Headers = (),
) -> Answer:
    problem = Problem(
        type=problem_type(code),
        title=title,
        status=status,
        detail=str(error),
        code=code,
        next_step=error.next_step,
        errors=errors,
    )
    return problem_answer(problem, status=status, label=code, headers=headers + (_CHALLENGE if status == 401 else ()))
