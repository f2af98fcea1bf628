"""The sandbox bank's REST doors: savings, integrated accounts, loans, intermediary business, cards, ledger."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import asyncpg
import msgspec
from litestar import Litestar, Request, Response, delete, get, post, put
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import Parameter

from guanxi.sandbox import accounting, bank
from guanxi.sandbox.bank import NewAccount, Operation
from guanxi.sandbox.errors import AccountUnknown, RequestInvalid, SandboxError
from guanxi.sandbox.faults import FAULTY, Fault, Faults, silence

_NOT_NOW: Final = 503
Shape = TypeVar("Shape")


@dataclasses.dataclass(frozen=True, slots=True)
class Bank:
    """What every handler works with."""

    pool: asyncpg.Pool
    faults: Faults
    files: Path
    confirm_after: dt.timedelta


class _Batch(msgspec.Struct):
    operations: list[dict[str, Any]]


class _Accounts(msgspec.Struct):
    accounts: list[NewAccount]


class _Day(msgspec.Struct):
    date: dt.date


def make_app(the_bank: Bank) -> Litestar:
    """The application over `the_bank`."""
    return Litestar(
        route_handlers=[
            open_accounts,
            read_account,
            read_entries,
            do_one,
            do_batch,
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
        exception_handlers={SandboxError: _refused, HTTPException: _not_served},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=64 * 1024 * 1024,
    )


@post("/{system:str}/accounts", status_code=201)
async def open_accounts(request: Request[Any, Any, Any], system: str, state: State) -> dict[str, int]:
    """Open accounts in bulk."""
    accounts = _read(await request.body(), _Accounts).accounts
    opened = await bank.open_accounts(_of(state).pool, _known(system, "cards"), accounts)
    return {"opened": opened, "present": len(accounts) - opened}


@get("/{system:str}/accounts/{number:str}")
async def read_account(system: str, number: str, state: State) -> dict[str, Any]:
    """One account and its balances."""
    return await _account(state, system, number)


@get("/{system:str}/accounts/{number:str}/entries")
async def read_entries(
    system: str, number: str, state: State, limit: Annotated[int, Parameter(ge=1, le=500)] = 10
) -> dict[str, Any]:
    """The newest entries of an account, with its balances."""
    found = await _account(state, system, number)
    return {**found, "entries": await bank.entries(_of(state).pool, number, limit)}


@post("/{system:str}/operations", status_code=200)
async def do_one(request: Request[Any, Any, Any], system: str, state: State) -> Response[dict[str, Any]]:
    """One operation, named by its `Idempotency-Key`."""
    content = {**_read(await request.body(), dict[str, Any]), "id": request.headers.get("idempotency-key", "")}
    [answer] = await _do(_of(state), system, [content])
    status = {"refused": 422, "accepted": 202}.get(answer["status"], 200)
    return Response(answer, status_code=status)


@post("/{system:str}/operations/batch", status_code=200)
async def do_batch(request: Request[Any, Any, Any], system: str, state: State) -> dict[str, Any]:
    """Many operations in one commit, each with its own `id` and its own answer."""
    return {"results": await _do(_of(state), system, _read(await request.body(), _Batch).operations)}


@get("/{system:str}/operations/{operation_id:uuid}")
async def read_operation(system: str, operation_id: uuid.UUID, state: State) -> dict[str, Any]:
    """What became of an operation."""
    await _obey(state, system)
    found = await bank.operation(_of(state).pool, _known(system, "intermediary"), operation_id)
    if found is None:
        raise AccountUnknown(f"No operation {operation_id} in {system}.")
    return found


@post("/{system:str}/operations/{operation_id:uuid}/reversal", status_code=200)
async def reverse_operation(system: str, operation_id: uuid.UUID, state: State) -> dict[str, Any]:
    """Take an operation back."""
    await _obey(state, system)
    answer = await bank.reverse(_of(state).pool, _known(system, "intermediary"), operation_id)
    await _reply(state, system)
    return answer


@get("/intermediary/billers")
async def read_billers() -> dict[str, list[str]]:
    """Who can be paid."""
    return {"billers": ["water", "electricity", "gas", "telecom", "property", "tuition", "tax"]}


@post("/day-end", status_code=200)
async def day_end(request: Request[Any, Any, Any], state: State) -> dict[str, Any]:
    """Accrue interest, take in payment files, write the day's statements."""
    the_bank, date = _of(state), _read(await request.body(), _Day).date
    accrued = await bank.day_end(the_bank.pool, date)
    taken = await accounting.take_in_payments(the_bank.pool, the_bank.files)
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
async def set_fault(request: Request[Any, Any, Any], system: str, state: State) -> dict[str, Any]:
    """Switch a fault on."""
    if system not in FAULTY:
        raise RequestInvalid(f"There are no faults for {system!r}.", next_step=f"One of {', '.join(FAULTY)}.")
    _of(state).faults.on[system] = _read(await request.body(), Fault)
    return _faults_on(state)


@delete("/faults/{system:str}", status_code=200)
async def clear_fault(system: str, state: State) -> dict[str, Any]:
    """Switch a system's fault off."""
    _of(state).faults.on.pop(system, None)
    return _faults_on(state)


async def _account(state: State, system: str, number: str) -> dict[str, Any]:
    await _obey(state, system)
    found = await bank.account(_of(state).pool, _known(system, "cards"), number)
    if found is None:
        raise AccountUnknown(f"No account {number} in {system}.")
    await _reply(state, system)
    return found


async def _do(the_bank: Bank, system: str, contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    _known(system, "intermediary")
    if the_bank.faults.strikes(system, "refuse"):
        raise _Unavailable("The system refuses at the moment.", next_step="Try again later.")
    if system == "intermediary":
        answers = [await bank.accept(the_bank.pool, _named(each), the_bank.confirm_after) for each in contents]
    else:
        answers = await bank.perform(the_bank.pool, system, [_convert(each, Operation) for each in contents])
    if not await the_bank.faults.before_reply(system):
        await silence()
    return answers


class _Unavailable(SandboxError):
    """Switched off on purpose."""

    code = "sandbox.unavailable"
    status = _NOT_NOW


async def _obey(state: State, system: str) -> None:
    if _of(state).faults.strikes(system, "refuse"):
        raise _Unavailable("The system refuses at the moment.", next_step="Try again later.")


async def _reply(state: State, system: str) -> None:
    if not await _of(state).faults.before_reply(system):
        await silence()


def _faults_on(state: State) -> dict[str, Any]:
    on: dict[str, Any] = msgspec.to_builtins(_of(state).faults.on)
    return on


def _of(state: State) -> Bank:
    the_bank: Bank = state.bank
    return the_bank


def _known(system: str, *others: str) -> str:
    if system not in (*bank.SYSTEMS, *others):
        raise AccountUnknown(f"There is no system {system!r}.", next_step="savings, integrated, loans, intermediary.")
    return system


def _named(content: Mapping[str, Any]) -> Mapping[str, Any]:
    _convert(content.get("id"), uuid.UUID)
    return content


def _convert(content: object, shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(content, shape, strict=False)
    except msgspec.ValidationError as error:
        raise RequestInvalid(f"The operation does not fit: {error}.", next_step="See the sandbox reference.") from None


def _read(raw: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestInvalid(f"The body does not fit: {error}.", next_step="See the sandbox reference.") from None


def _refused(_request: Request[Any, Any, Any], error: SandboxError) -> Response[dict[str, Any]]:
    content = {"title": str(error), "status": error.status, "code": error.code, "next_step": error.next_step}
    return Response(content, status_code=error.status, media_type="application/problem+json")


def _not_served(_request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    content = {"title": error.detail, "status": error.status_code, "code": "sandbox.request_invalid"}
    return Response(content, status_code=error.status_code, media_type="application/problem+json")
