"""The catalogue's services as HTTP operations, the same for every channel on which customers sign in.

A service is found at its place in `places`, or at `POST /v1/services/<name>` with its arguments as the body, so that a
new service needs nothing here. Arguments are the service's own struct; those that the path tells are taken from there.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec

from guanxi.gateway import problems
from guanxi.gateway.answers import Answer, Headers, json_answer
from guanxi.gateway.errors import FieldError, InvalidRequest, RefusedForReason, RequestRefused
from guanxi.gateway.operations import Answers, KeyRule, Operation
from guanxi.gateway.places import Place, place_of
from guanxi.gateway.resources import Gateway
from guanxi.gateway.results import RESULTS
from guanxi.gateway.wire import Call, field_error
from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.identity import uuid7
from guanxi.kernel.money import Money
from guanxi.kernel.vocabulary import Channel, Outcome, Reason
from guanxi.services import catalogue
from guanxi.services.request import Actor, ServiceReply, ServiceRequest
from guanxi.services.service import Service
from guanxi.storage.wiring import modules_of

_REPLAYED: Final[Headers] = ((b"idempotency-replayed", b"true"),)
_PROBLEMS: Final = (400, 401, 403, 404, 409, 422, 503, 504)
_PROBLEMS_WITH_BODY: Final = (*_PROBLEMS, 408, 413, 415)


AmountText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?$(?!\n)",
        description="Decimal text, more than zero, with no more places than the currency has.",
        examples=["120.50"],
    ),
]


class Accepted(msgspec.Struct, frozen=True):
    """The request is durable and is being settled."""

    request_id: uuid.UUID
    outcome: Literal["pending", "in_doubt"]
    result: dict[str, Any]


def banking_operations(channels: Collection[Channel]) -> list[Operation]:
    """Every service that is offered on one of `channels`, each at its place."""
    services = (getattr(module, "SERVICE", None) for module in modules_of(catalogue))
    return [service_operation(found) for found in services if found and not found.channels.isdisjoint(channels)]


def service_operation(service: Service) -> Operation:
    """The operation that asks for `service`."""
    place = place_of(service.name)
    body = _body(service.arguments, place)
    changes = place.method != "GET"
    return Operation(
        method=place.method,
        path=place.path,
        name=place.service,
        tag="Banking",
        summary=place.summary,
        description=place.description,
        run=_runner(place, service),
        body=body,
        body_example=place.body,
        path_parameters={name: found.description for name, found in place.path_arguments.items()},
        signed_in=True,
        idempotency_key=KeyRule.REQUIRED if changes else KeyRule.OPTIONAL,
        answers=_answers(place, changes=changes),
        problems=_PROBLEMS_WITH_BODY if body else _PROBLEMS,
    )


def render(reply: ServiceReply) -> Answer:
    """A service's reply as HTTP puts it; the table stands in `problems`."""
    headers = _REPLAYED if reply.replayed else ()
    if reply.outcome is Outcome.COMPLETED:
        status = 200
    elif reply.outcome in {Outcome.PENDING, Outcome.IN_DOUBT}:
        status = 202
    else:
        answer = problems.not_done(reply)
        return answer._replace(headers=answer.headers + headers)
    content = {"request_id": reply.request_id, "outcome": reply.outcome, "result": reply.result}
    return json_answer(content, status=status, label=reply.outcome.value, headers=headers)


def _runner(place: Place, service: Service) -> Callable[[Gateway, Call], Awaitable[Answer]]:
    read = _reader(place, service.arguments)

    async def run(gateway: Gateway, call: Call) -> Answer:
        session = call.signed_in
        if session.channel not in service.channels:
            raise RefusedForReason(Reason.NOT_PERMITTED)
        party, request_id = session.party_id, uuid7()
        call.request_id = request_id
        request = ServiceRequest(
            id=request_id,
            channel=session.channel,
            service=service.name,
            idempotency_key=f"{party.hex}:{call.idempotency_key or request_id.hex}",
            actor=Actor("party", str(party), party),
            arguments=read(call),
            received_at=call.received_at,
        )
        return render(await gateway.exchange.handle(request))

    return run


def _reader(place: Place, arguments: type[msgspec.Struct]) -> Callable[[Call], msgspec.Struct]:
    """What makes the service's arguments from the path and the body."""
    if not arguments.__struct_fields__:
        nothing = arguments()
        return lambda _call: nothing

    def read(call: Call) -> msgspec.Struct:
        given = {found.argument: call.path[name] for name, found in place.path_arguments.items()}
        if call.body is not None:
            given |= msgspec.structs.asdict(call.body)
        try:
            return _with_sound_money(msgspec.convert(given, arguments))
        except msgspec.ValidationError as error:
            raise _misfit(place, field_error(str(error))) from None

    return read


def _misfit(place: Place, fault: FieldError) -> RequestRefused:
    """What is in the path can name nothing, or the body holds what the service's own struct refuses."""
    for found in place.path_arguments.values():
        if found.argument == fault.field:
            return RefusedForReason(found.reason)
    return InvalidRequest("The body does not have the form of this operation.", errors=[fault])


def _with_sound_money(arguments: msgspec.Struct) -> msgspec.Struct:
    """`arguments`, once their amount has been found positive and exact to its currency; `InvalidValue` otherwise."""
    amount = getattr(arguments, "amount", None)
    if isinstance(amount, Decimal) and Money(amount, getattr(arguments, "currency", "")).amount <= 0:
        raise InvalidValue("An amount must be more than zero.", field="amount")
    return arguments


def _body(arguments: type[msgspec.Struct], place: Place) -> type[msgspec.Struct] | None:
    """The struct of the body: the service's arguments that the path does not tell, amounts as decimal text alone."""
    in_path = {found.argument for found in place.path_arguments.values()}
    left = [field for field in msgspec.structs.fields(arguments) if field.name not in in_path]
    if not left or place.method == "GET":
        return None
    fields = [
        (field.name, AmountText if field.type is Decimal else field.type, msgspec.field(default=field.default))
        for field in left
    ]
    return msgspec.defstruct(arguments.__name__, fields, frozen=True, forbid_unknown_fields=True)


def _answers(place: Place, *, changes: bool) -> dict[int, Answers]:
    example = {"request_id": "0196a1f0-5a10-7e11-8c55-2f6d0b1c9e37", "outcome": "completed", "result": place.result}
    answers = {200: Answers("Done, and durable.", _completed(place.service), example)}
    if changes:
        pending = {**example, "outcome": "pending", "result": {}}
        sentence = "Durable, and being settled; ask again with the same Idempotency-Key to learn the end."
        answers[202] = Answers(sentence, Accepted, pending)
    return answers


def _completed(service: str) -> type[msgspec.Struct]:
    """The answer of `service` when it was done."""
    name = "".join(word.capitalize() for word in service.split("_"))
    result = RESULTS.get(service, dict[str, Any])
    fields = [("request_id", uuid.UUID), ("outcome", Literal["completed"]), ("result", result)]
    return msgspec.defstruct(f"{name}Done", fields, frozen=True)
