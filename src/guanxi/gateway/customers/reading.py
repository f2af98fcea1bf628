"""Reading customers: one by id or number, or those that meet a question. What was read is on record."""

from __future__ import annotations

import base64
import uuid
from typing import Any, Final

from guanxi.access import audit_chain
from guanxi.access.scopes import READ
from guanxi.gateway.answers import Answer, Headers, json_answer, raw_json
from guanxi.gateway.customers.desk import Connection
from guanxi.gateway.customers.documents import (
    CUSTOMER_EXAMPLE,
    FOUND_EXAMPLE,
    Customer,
    FoundCustomer,
    FoundCustomers,
)
from guanxi.gateway.errors import FieldError, InvalidRequest
from guanxi.gateway.operations import Answers, Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call
from guanxi.parties.customer_document import CustomerDocument, find_customer, read_customer
from guanxi.parties.find import find_parties

LONGEST_QUESTION: Final = 80
_PAGE: Final = 50
_LARGEST_PAGE: Final = 200
_DEEPEST: Final = 1_000  # answers to one question; who wants more asks more exactly
_LIST: Final = """
SELECT id, number, name, latin_name, kind, tier, branch FROM parties_party
WHERE id > %s AND merged_into_id IS NULL AND kind <> 'staff' ORDER BY id LIMIT %s
"""


async def _read(gateway: Gateway, call: Call) -> Answer:
    def work(connection: Connection) -> CustomerDocument:
        found = read_customer(connection, find_customer(connection, call.path["id"]))
        _audit(connection, call, "view_customer", f"party:{found.id}")
        return found

    found = await gateway.customers.run(work)
    headers: Headers = ((b"etag", f'"{found.version}"'.encode()),)
    if call.headers.get(b"if-none-match") == headers[0][1]:
        return Answer(304, b"", headers, "completed")
    return raw_json(found.text.encode(), headers=headers)


async def _search(gateway: Gateway, call: Call) -> Answer:
    question = call.query.get("q", "").strip()
    size = min(int(call.query.get("limit", _PAGE)), _LARGEST_PAGE)
    after = _position(call.query.get("cursor", ""), of=question)

    def work(connection: Connection) -> FoundCustomers:
        found = _meeting(connection, question, after, size) if question else _listed(connection, after, size)
        _audit(connection, call, "search_customers", "customers", {"found": len(found.customers)})
        return found

    return json_answer(await gateway.customers.run(work))


def _meeting(connection: Connection, question: str, after: str, size: int) -> FoundCustomers:
    start = int(after or 0)
    most = min(start + size, _DEEPEST)

    def fetch(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
        return connection.execute(statement, parameters).fetchall()

    hits = find_parties(fetch, question, most + 1)
    found = [
        FoundCustomer(hit.id, hit.number, hit.name, hit.latin_name, hit.kind, hit.tier, hit.branch, hit.what)
        for hit in hits[start:most]
        if hit.kind != "staff"
    ]
    more = len(hits) > most < _DEEPEST
    return FoundCustomers(found, _cursor(str(most), of=question) if more else None)


def _listed(connection: Connection, after: str, size: int) -> FoundCustomers:
    rows = connection.execute(_LIST, [uuid.UUID(after or "00000000-0000-0000-0000-000000000000"), size + 1]).fetchall()
    found = [FoundCustomer(*row) for row in rows[:size]]
    return FoundCustomers(found, _cursor(str(found[-1].id), of="") if len(rows) > size else None)


def _cursor(position: str, *, of: str) -> str:
    return base64.urlsafe_b64encode(f"{position} {of}".encode()).decode().rstrip("=")


def _position(cursor: str, *, of: str) -> str:
    """Where to go on; `InvalidRequest` for what is no cursor of this question."""
    if not cursor:
        return ""
    try:
        told = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        position, _, question = told.partition(" ")
        sound = question == of and (
            int(position) < _DEEPEST and int(position) >= 0 if of else bool(uuid.UUID(position))
        )
    except ValueError:
        sound = False
    if not sound:
        raise InvalidRequest(
            "This cursor does not go on from an earlier answer to the same question.",
            next_step="Take the cursor of the last page, with the same q; or begin without one.",
            errors=[FieldError("cursor", "not a cursor of this question")],
        )
    return position


def _audit(connection: Connection, call: Call, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    audit_chain.append(
        connection, actor=call.machine.actor, action=action, subject=subject, at=call.received_at, detail=detail
    )


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/customers",
        name="find_customers",
        tag="Customers",
        summary="Find customers",
        description="By name (in characters, pinyin or letters), telephone, document, customer number, account or "
        "e-mail, also by their beginnings and by near spellings, best first. Without `q` all customers, in the order "
        "of their ids. Give the `cursor` of an answer to have what comes after it.",
        run=_search,
        query_parameters={
            "q": (f"What to look for; only its first {LONGEST_QUESTION} characters count.", str),
            "cursor": ("The cursor of the page before.", str),
            "limit": (f"How many at once; {_PAGE} when not given, at most {_LARGEST_PAGE}.", int),
        },
        scope=READ,
        answers={200: Answers("A page of customers.", FoundCustomers, FOUND_EXAMPLE)},
        problems=(400, 401, 403, 429, 503),
    ),
    Operation(
        method="GET",
        path="/v1/customers/{id}",
        name="customer",
        tag="Customers",
        summary="One customer",
        description="The golden record with its contact points, documents, records and the origin of each field. The "
        "id of a customer that was merged answers the one it is now part of. `ETag` is the version to change from; "
        "`If-None-Match` answers 304 while it is still the same.",
        run=_read,
        path_parameters={"id": "The customer's id, or customer number."},
        scope=READ,
        answers={200: Answers("The customer.", Customer, CUSTOMER_EXAMPLE), 304: Answers("Still the same.")},
        problems=(401, 403, 404, 429, 503),
    ),
)
