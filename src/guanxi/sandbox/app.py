"""The sandbox bank's REST doors: savings, integrated accounts, loans, intermediary business, cards, ledger."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import logging
import uuid
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import asyncpg
import msgspec
from litestar import Litestar, Request, Response, delete, get, post, put
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, Parameter

from guanxi.sandbox import accounting, bank
from guanxi.sandbox.errors import AccountUnknown, OutcomeUnknown, RequestInvalid, SandboxError, Unavailable
from guanxi.sandbox.faults import Fault, Faults, check_fault
from guanxi.sandbox.queue import Queue
from guanxi.sandbox.requests import (
    BILLERS,
    Accounts,
    Arrangement,
    Batch,
    Day,
    NewStatus,
    Undo,
    read,
    read_each,
    shape_of,
)

_SILENCE: Final = 600.0  # seconds: longer than anybody waits
_log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]
Content = TypeVar("Content")


@dataclasses.dataclass(frozen=True, slots=True)
class Bank:
    """What every handler works with."""

    pool: asyncpg.Pool
    queues: dict[str, Queue]
    faults: Faults
    files: Path
    confirm_after: dt.timedelta


def make_app(the_bank: Bank) -> Litestar:
    """The application over `the_bank`."""
    return Litestar(
        route_handlers=[
            open_accounts,
            read_account,
            set_status,
            read_entries,
            do_one,
            do_batch,
            read_operations,
            read_operation,
            reverse_operation,
            read_billers,
            day_end,
            trial_balance,
            read_faults,
            set_fault,
            clear_fault,
        ],
        state=State({"bank": the_bank}),
        exception_handlers={
            SandboxError: _refused,
            HTTPException: _not_served,
            asyncpg.PostgresError: _without_database,
            asyncpg.InterfaceError: _without_database,
            OSError: _without_database,
        },
        openapi_config=None,
        logging_config=None,
        request_max_body_size=64 * 1024 * 1024,
    )


@post("/{system:str}/accounts", status_code=201)
async def open_accounts(request: AnyRequest, system: FromPath[str], state: State) -> dict[str, int]:
    """Open accounts in bulk."""
    accounts = read(await request.body(), Accounts).accounts
    opened = await bank.open_accounts(_of(state).pool, _known(system, "cards"), accounts)
    return {"opened": opened, "present": len(accounts) - opened}


@get("/{system:str}/accounts/{number:str}")
async def read_account(
    request: AnyRequest, system: FromPath[str], number: FromPath[str], state: State
) -> dict[str, Any]:
    """One account and its balances."""
    return await _answer(request, state, system, await _account(state, system, number))


@put("/{system:str}/accounts/{number:str}/status", status_code=200)
async def set_status(request: AnyRequest, system: FromPath[str], number: FromPath[str], state: State) -> dict[str, Any]:
    """Open, block or close an account."""
    await _account(state, system, number)
    await bank.set_status(_of(state).pool, system, number, read(await request.body(), NewStatus).status)
    return await _account(state, system, number)


@get("/{system:str}/accounts/{number:str}/entries")
async def read_entries(
    request: AnyRequest,
    system: FromPath[str],
    number: FromPath[str],
    state: State,
    limit: Annotated[int, Parameter(ge=1, le=500)] = 10,
) -> dict[str, Any]:
    """The newest entries of an account, with its balances."""
    found = await _account(state, system, number)
    entries = await bank.entries(_of(state).pool, number, limit)
    return await _answer(request, state, system, {**found, "entries": entries})


@post("/{system:str}/operations", status_code=200)
async def do_one(request: AnyRequest, system: FromPath[str], state: State) -> Response[dict[str, Any]]:
    """One operation, named by its `Idempotency-Key`."""
    content = {**read(await request.body(), dict[str, Any]), "id": request.headers.get("idempotency-key", "")}
    raw = msgspec.json.encode(content)
    [answer] = await _do(request, state, system, [read(raw, shape_of(raw, system))])
    status = {"refused": 422, "accepted": 202}.get(answer["status"], 200)
    return Response(answer, status_code=status)


@post("/{system:str}/operations/batch", status_code=200)
async def do_batch(request: AnyRequest, system: FromPath[str], state: State) -> dict[str, Any]:
    """Many operations in one commit, each with its own `id` and its own answer."""
    raws = read(await request.body(), Batch).operations
    each = read_each(raws, system)
    answers = iter(await _do(request, state, system, [one for one in each if not isinstance(one, dict)]))
    return {"results": [one if isinstance(one, dict) else next(answers) for one in each]}


@get("/{system:str}/operations")
async def read_operations(
    system: FromPath[str],
    state: State,
    day: FromQuery[dt.date],
    after: FromQuery[uuid.UUID | None] = None,
    limit: Annotated[int, Parameter(ge=1, le=5000)] = 1000,
) -> dict[str, Any]:
    """What a system has done on a day, page by page in the order of the operations' ids."""
    found = await bank.operations_of_day(_of(state).pool, _known(system, "intermediary", "cards"), day, after, limit)
    return {"operations": found}


@get("/{system:str}/operations/{operation_id:uuid}")
async def read_operation(
    request: AnyRequest, system: FromPath[str], operation_id: FromPath[uuid.UUID], state: State
) -> dict[str, Any]:
    """What became of an operation."""
    _refuse_if_told(state, system)
    found = await bank.operation(_of(state).pool, _known(system, "intermediary", "cards"), operation_id)
    if found is None:
        raise AccountUnknown(f"No operation {operation_id} in {system}.")
    return await _answer(request, state, system, found)


@post("/{system:str}/operations/{operation_id:uuid}/reversal", status_code=200)
async def reverse_operation(
    request: AnyRequest, system: FromPath[str], operation_id: FromPath[uuid.UUID], state: State
) -> dict[str, Any]:
    """Take an operation back."""
    _refuse_if_told(state, system)
    raw = await request.body()
    by = read(raw, Undo).by if raw else None
    answer = await bank.reverse(_of(state).pool, _known(system, "intermediary"), operation_id, by)
    return await _answer(request, state, system, answer)


@get("/intermediary/billers")
async def read_billers() -> dict[str, list[str]]:
    """Who can be paid."""
    return {"billers": list(BILLERS)}


@post("/day-end", status_code=200)
async def day_end(request: AnyRequest, state: State) -> dict[str, Any]:
    """Accrue interest, take in payment files, write the day's statements."""
    the_bank, date = _of(state), read(await request.body(), Day).date
    accrued = await bank.day_end(the_bank.pool, date)
    taken = await accounting.take_in_payments(the_bank.queues["savings"], the_bank.files)
    statement = await accounting.write_statements(the_bank.pool, the_bank.files, date)
    return {"date": date.isoformat(), "accrued": accrued, "payment_files": taken, "statement": statement.name}


@get("/ledger/trial-balance")
async def trial_balance(state: State) -> dict[str, Any]:
    """Debits and credits by currency; `difference` is zero, always."""
    return {"currencies": await bank.trial_balance(_of(state).pool)}


@get("/faults")
async def read_faults(state: State) -> dict[str, Any]:
    """The faults that are on."""
    return _faults_on(state)


@put("/faults/{system:str}", status_code=200)
async def set_fault(request: AnyRequest, system: FromPath[str], state: State) -> dict[str, Any]:
    """Switch a fault on."""
    fault = read(await request.body(), Fault)
    check_fault(system, fault)
    _of(state).faults.on[system] = fault
    return _faults_on(state)


@delete("/faults/{system:str}", status_code=200)
async def clear_fault(system: FromPath[str], state: State) -> dict[str, Any]:
    """Switch a system's fault off."""
    _of(state).faults.on.pop(system, None)
    return _faults_on(state)


async def _account(state: State, system: str, number: str) -> dict[str, Any]:
    _refuse_if_told(state, system)
    found = await bank.account(_of(state).pool, _known(system, "cards"), number)
    if found is None:
        raise AccountUnknown(f"No account {number} in {system}.")
    return found


async def _do(request: AnyRequest, state: State, system: str, operations: list[Any]) -> list[dict[str, Any]]:
    the_bank = _of(state)
    _known(system, "intermediary")
    _refuse_if_told(state, system)
    arranged = [one for one in operations if isinstance(one, Arrangement)]
    others = [one for one in operations if not isinstance(one, Arrangement)]
    told = iter(await bank.arrange(the_bank.pool, system, arranged) if arranged else ())
    if system == "intermediary":
        done = iter(await bank.accept(the_bank.pool, others, the_bank.confirm_after) if others else ())
    else:
        done = iter(await the_bank.queues[system].perform(others) if others else ())
    answers = [next(told if isinstance(one, Arrangement) else done) for one in operations]
    return await _answer(request, state, system, answers)


def _refuse_if_told(state: State, system: str) -> None:
    if _of(state).faults.strikes(system, "refuse"):
        raise Unavailable(f"The {system} system refuses at the moment.", next_step="Try again later.")


async def _answer(request: AnyRequest, state: State, system: str, answer: Content) -> Content:
    """`answer`, late or never where a fault says so: then the caller is left waiting until it gives up."""
    if not await _of(state).faults.before_reply(system):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SILENCE):
                while (await request.receive())["type"] != "http.disconnect":
                    pass
    return answer


def _faults_on(state: State) -> dict[str, Any]:
    on: dict[str, Any] = msgspec.to_builtins(_of(state).faults.on)
    return on


def _of(state: State) -> Bank:
    the_bank: Bank = state.bank
    return the_bank


def _known(system: str, *others: str) -> str:
    if system not in (*bank.SYSTEMS, *others):
        raise AccountUnknown(f"There is no system {system!r} here.", next_step=f"One of {', '.join(bank.SYSTEMS)}.")
    return system


def _refused(_request: AnyRequest, error: SandboxError) -> Response[dict[str, Any]]:
    field = error.data.get("field")
    errors = [{"field": field, "message": str(error)}] if field else []
    return _problem(error.status, str(error), error.code, error.next_step, errors)


def _not_served(_request: AnyRequest, error: HTTPException) -> Response[dict[str, Any]]:
    return _problem(error.status_code, error.detail, RequestInvalid.code, "See the sandbox reference.", [])


def _without_database(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    _log.error("The ledger could not be used: %s", error)
    sentence = "The ledger was lost on the way: it was done, or it was not."
    return _refused(request, OutcomeUnknown(sentence, next_step="Ask what became of it, or send the very same again."))


def _problem(
    status: int, sentence: str, code: str, next_step: str, errors: list[dict[str, Any]]
) -> Response[dict[str, Any]]:
    """RFC 9457."""
    title = HTTPStatus(status).phrase
    content = {"type": "about:blank", "title": title, "status": status, "detail": sentence, "code": code}
    content |= {"next_step": next_step, "errors": errors, "nothing_done": code != OutcomeUnknown.code}
    return Response(content, status_code=status, media_type="application/problem+json")
