"""Making and changing customers, merging two that are one, and taking it back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from guanxi.access import audit_chain
from guanxi.access.scopes import MERGE, WRITE
from guanxi.gateway.answers import Answer
from guanxi.gateway.customers.desk import Connection
from guanxi.gateway.customers.documents import (
    CUSTOMER_EXAMPLE,
    MOVED_EXAMPLE,
    PARTY_EXAMPLE,
    Customer,
    CustomerChange,
    MergeInto,
    Moved,
    NewCustomer,
    UndoMove,
)
from guanxi.gateway.customers.fields import (
    check_new,
    editor,
    read_changes,
    read_custom,
    refuse,
    refused_fields,
)
from guanxi.gateway.customers.once import once, reply_of
from guanxi.gateway.errors import VersionChanged, VersionRequired
from guanxi.gateway.operations import Answers, KeyRule, Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call
from guanxi.kernel.identity import uuid7
from guanxi.parties.customer_document import find_customer, read_customer, read_customer_for_change
from guanxi.parties.errors import MoveNotUndone
from guanxi.parties.fields import FieldsInvalid, Value, set_fields
from guanxi.parties.merge import find_move, merge, undo_merge
from guanxi.parties.resolve import lock
from guanxi.parties.search_index import index_parties
from guanxi.parties.split import undo_split
from guanxi.parties.stored_replies import Reply
from guanxi.parties.survivorship.refresh import refresh_golden
from guanxi.parties.tell import Telling, be_a_source, tell

_MADE_AT: Final = "SELECT created_at FROM parties_party WHERE id = %s"
_TAKEN_BACK: Final = {"merge": undo_merge, "split": undo_split}


async def _make(gateway: Gateway, call: Call) -> Answer:
    new: NewCustomer = call.body
    client = call.machine

    def work(connection: Connection, at: dt.datetime) -> Reply:
        refuse(check_new(new))
        custom = read_custom(connection, client.actor, new.custom)
        be_a_source(connection, name=client.name, title=client.name, by=client.actor, at=at)
        key = new.key if new.key is not msgspec.UNSET else uuid7().hex
        [told] = tell(connection, source=client.name, tellings=[Telling(key=key, party=new.raw())], at=at)
        if told.customer is None:
            raise LookupError("a record with a name was linked to nobody")
        _set(connection, client.actor, told.customer, custom, at)
        _audit(connection, call, "tell_customer", told.customer, {"key": key, "state": told.state})
        found = read_customer(connection, told.customer)
        row = connection.execute(_MADE_AT, [found.id]).fetchone()
        status = 201 if row and row[0] == at else 200
        return reply_of(found.text, status=status, version=found.version, location=f"/v1/customers/{found.id}")

    return await once(gateway, call, "make_customer", work)


async def _change(gateway: Gateway, call: Call) -> Answer:
    change: CustomerChange = call.body
    actor = call.machine.actor
    seen = _seen(call, required=True)

    def work(connection: Connection, at: dt.datetime) -> Reply:
        present = read_customer_for_change(connection, find_customer(connection, call.path["id"]))
        _require(seen, present.version)
        _set(connection, actor, present.id, read_changes(connection, actor, change), at)
        found = read_customer(connection, present.id)
        return reply_of(found.text, version=found.version)

    return await once(gateway, call, "change_customer", work)


async def _merge(gateway: Gateway, call: Call) -> Answer:
    body: MergeInto = call.body
    seen = _seen(call)

    def work(connection: Connection, at: dt.datetime) -> Reply:
        lock(connection)
        keep = find_customer(connection, call.path["id"])
        if seen:
            _require(seen, read_customer(connection, keep).version)
        move = merge(connection, actor=call.machine.actor, keep=keep, absorb=body.absorb, reason=body.reason, at=at)
        refresh_golden(connection, [keep, body.absorb], at)
        _audit(connection, call, "merge_customers", keep, {"absorbed": str(body.absorb), "move": str(move)})
        return reply_of(Moved(move, "merge", keep, body.absorb))

    return await once(gateway, call, "merge_customers", work)


async def _undo(gateway: Gateway, call: Call) -> Answer:
    body: UndoMove = call.body

    def work(connection: Connection, at: dt.datetime) -> Reply:
        lock(connection)
        move = _uuid(call.path["id"])
        found = find_move(connection, move)
        if found is None or found.kind not in _TAKEN_BACK:
            raise MoveNotUndone("There is no such merge or split.")
        undo = _TAKEN_BACK[found.kind](connection, actor=call.machine.actor, move_id=move, reason=body.reason, at=at)
        refresh_golden(connection, [found.party, found.other], at)
        index_parties(connection, [found.party, found.other])
        _audit(connection, call, "undo_move", found.party, {"other": str(found.other), "move": str(move)})
        return reply_of(Moved(undo, "undo", found.party, found.other))

    return await once(gateway, call, "undo_move", work)


def _set(connection: Connection, actor: str, party: uuid.UUID, changes: Mapping[str, Value], at: dt.datetime) -> None:
    if not changes:
        return
    try:
        set_fields(connection, actor=editor(actor), party=party, changes=changes, at=at)
    except FieldsInvalid as error:
        refuse(refused_fields(error))


def _seen(call: Call, *, required: bool = False) -> str:
    """The version that the caller has seen; `*` is any."""
    given = call.headers.get(b"if-match", b"").strip().decode("latin-1")
    if required and not given:
        raise VersionRequired(
            "A change needs the version that it changes.",
            next_step="Read the customer and send its ETag as If-Match, or * to change whatever is there.",
        )
    return given


def _require(seen: str, present: str) -> None:
    if seen != "*" and f'"{present}"' not in (part.strip() for part in seen.split(",")):
        raise VersionChanged(
            "The customer is not any more as you have seen it.",
            next_step="Read the customer again, make the change on what you find, and send its ETag.",
        )


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise MoveNotUndone("There is no such merge or split.") from None


def _audit(connection: Connection, call: Call, action: str, party: uuid.UUID, detail: dict[str, Any]) -> None:
    audit_chain.append(
        connection,
        actor=call.machine.actor,
        action=action,
        subject=f"party:{party}",
        at=call.received_at,
        detail=detail,
    )


_PROBLEMS: Final = (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)
_CUSTOMER: Final = {"id": "The customer's id, or customer number."}
OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/customers",
        name="make_customer",
        tag="Customers",
        summary="Make a customer",
        description="The client becomes a source of its own, and what it says a record of it: compared with all others "
        "and linked. 201 with a new customer; 200 with the one it turned out to be. Fields that cannot be so are "
        "refused by name.",
        run=_make,
        body=NewCustomer,
        body_example={**PARTY_EXAMPLE, "key": "web-4711", "custom": {"risk": "low"}},
        scope=WRITE,
        idempotency_key=KeyRule.REQUIRED,
        answers={
            201: Answers("A new customer.", Customer, CUSTOMER_EXAMPLE),
            200: Answers("Known already.", Customer, CUSTOMER_EXAMPLE),
        },
        problems=(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
    ),
    Operation(
        method="PATCH",
        path="/v1/customers/{id}",
        name="change_customer",
        tag="Customers",
        summary="Change a customer",
        description="Fields that are named get another value, null takes one away. What is changed here stands above "
        "what sources say. Needs `If-Match` with the `ETag` that was read; 412 when it has changed since.",
        run=_change,
        body=CustomerChange,
        body_example={"phone": "+8613816162727", "custom": {"risk": "high"}},
        path_parameters=_CUSTOMER,
        scope=WRITE,
        idempotency_key=KeyRule.REQUIRED,
        if_match=KeyRule.REQUIRED,
        answers={200: Answers("Changed.", Customer, CUSTOMER_EXAMPLE)},
        problems=(*_PROBLEMS, 412, 428),
    ),
    Operation(
        method="POST",
        path="/v1/customers/{id}/merge",
        name="merge_customers",
        tag="Customers",
        summary="Merge two customers that are one",
        description="From now on `absorb` is part of the customer in the path: accounts, records, timeline and cases "
        "are read as one, and nothing is lost. `move` takes it back.",
        run=_merge,
        body=MergeInto,
        body_example={"absorb": "0196a1f0-4f00-7c3a-9d2e-5b1f0c8e7a65", "reason": "Same passport, seen at the branch."},
        path_parameters=_CUSTOMER,
        scope=MERGE,
        idempotency_key=KeyRule.REQUIRED,
        if_match=KeyRule.OPTIONAL,
        answers={200: Answers("They are one.", Moved, MOVED_EXAMPLE)},
        problems=(*_PROBLEMS, 412),
    ),
    Operation(
        method="POST",
        path="/v1/moves/{id}/undo",
        name="undo_move",
        tag="Customers",
        summary="Take a merge or a split back",
        description="As it was before, at any later time; what came in between stays with whom it came to.",
        run=_undo,
        body=UndoMove,
        body_example={"reason": "They are father and son."},
        path_parameters={"id": "The move that is to be taken back."},
        scope=MERGE,
        idempotency_key=KeyRule.REQUIRED,
        answers={200: Answers("Taken back.", Moved, {**MOVED_EXAMPLE, "kind": "undo"})},
        problems=_PROBLEMS,
    ),
)
