"""A corporate customer's file, from its octets to the books and back to its status report."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import asyncpg
import pytest
from tests.exchange.conftest import OWNER, STRANGER, Clock
from tests.sandbox_process import Sandbox, start_sandbox

from guanxi.exchange.errors import PaymentFileRefused
from guanxi.exchange.payments import statements
from guanxi.exchange.payments.desk import Desk
from guanxi.exchange.payments.files import NewFile, Spool, take_in, unpacked
from guanxi.exchange.payments.report import status_report
from guanxi.exchange.process import Exchange
from guanxi.kernel.clock import now
from guanxi.kernel.iso20022.messages import read_message
from guanxi.kernel.iso20022.status_messages import StatusMessage
from guanxi.kernel.iso20022.write_credit_transfers import Block, Payment, write_credit_transfers
from guanxi.systems.rest import RestSystem

BIC = "GNXICNSHXXX"
PAYER, PAYEE, ELSEWHERE = "SV0001", "SV0002", "BOCHCNBJXXX"


@pytest.fixture(scope="module")
def sandbox(empty_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = start_sandbox(empty_database_url, tmp_path_factory.mktemp("files"))
    savings = [{"number": number, "currency": "CNY", "opening_balance": "100000.00"} for number in (PAYER, PAYEE)]
    running.open_accounts("savings", *savings)
    running.open_accounts("integrated", {"number": "IN0001", "currency": "CNY", "opening_balance": "0.00"})
    yield running
    running.assert_balanced()
    running.stop()


@pytest.fixture
async def exchange(pool: asyncpg.Pool, sandbox: Sandbox, clock: Clock) -> AsyncIterator[Exchange]:
    systems = {name: RestSystem(f"{sandbox.url}/{name}") for name in ("savings", "integrated", "intermediary")}
    for system in systems.values():
        await system.open()
    yield Exchange(pool, systems, clock=clock)
    for system in systems.values():
        await system.close()


@pytest.fixture
def desk(exchange: Exchange) -> Desk:
    return Desk(exchange, bic=BIC, time_zone="Asia/Shanghai")


def pay(reference: str, amount: str = "10.00", account: str = PAYEE, **given: str) -> Payment:
    return Payment(
        reference, Decimal(amount), given.get("currency", "CNY"), "李芳", account, given.get("agent", ""), "rent"
    )


def message(*payments: Payment, account: str = PAYER, days: int = 0, name: str = "", agent: str = "") -> bytes:
    requested = (now() + dt.timedelta(hours=8)).date() + dt.timedelta(days=days)
    block = Block("B1", "Acme", account, agent, requested, payments)
    return b"".join(write_credit_transfers(name or uuid.uuid4().hex, now(), "Acme", [block]))


async def send(pool: asyncpg.Pool, content: bytes, *, key: str | None = None, party: uuid.UUID = OWNER):
    spool = Spool()
    for start in range(0, len(content), 1000):
        spool.add(content[start : start + 1000])
    new = NewFile(party_id=party, way="api", idempotency_key=key or uuid.uuid4().hex, received_at=now())
    return await take_in(pool, new, spool)


async def report(pool: asyncpg.Pool, file_id: uuid.UUID) -> StatusMessage:
    file = await pool.fetchrow(statements.FILE, file_id)
    body = read_message(b"".join([page async for page in status_report(pool, file, bic=BIC, at=now())])).body
    assert isinstance(body, StatusMessage)
    return body


def told(body: StatusMessage) -> dict[str, str]:
    """By end-to-end reference: the status, or the reason of a rejection."""
    return {each.end_to_end_id: each.reasons[0].code if each.reasons else each.status for each in body.transactions}


async def carry_out(desk: Desk, pool: asyncpg.Pool, content: bytes, party: uuid.UUID = OWNER) -> StatusMessage:
    taken = await send(pool, content, party=party)
    assert taken.state == "received"
    assert await desk.work()
    return await report(pool, taken.id)


def balance(sandbox: Sandbox, account: str) -> Decimal:
    return Decimal(sandbox.call("GET", f"/savings/accounts/{account}")[1]["ledger_balance"])


async def test_each_payment_of_a_file_has_its_own_end(desk, pool, sandbox):
    sandbox.open_accounts("savings", {"number": "SV0404", "currency": "CNY"})
    before = balance(sandbox, PAYER)
    body = await carry_out(
        desk,
        pool,
        message(
            pay("good-1"),
            pay("good-2", "0.01", "IN0001"),
            pay("unknown", account="SV9999"),
            pay("no-account", account=""),
            pay("too-much", "99999999.00"),
            pay("own-account", account=PAYER),
            pay("dollars", currency="USD"),
            pay("martian", currency="XXX"),
            pay("too-fine", "1.005"),
            pay("nothing", "0"),
            pay("wrong-bank", agent="NOBANK"),
            pay("x" * 35),
        ),
    )
    assert told(body) == {
        "good-1": "ACSC",
        "good-2": "ACSC",
        "unknown": "AC01",
        "no-account": "AC01",
        "too-much": "AM04",
        "own-account": "FF01",
        "dollars": "AM03",
        "martian": "AM03",
        "too-fine": "AM12",
        "nothing": "AM01",
        "wrong-bank": "RC01",
        "x" * 35: "ACSC",
    }
    assert body.status == "PART"
    assert balance(sandbox, PAYER) == before - Decimal("20.01")


async def test_a_payment_can_be_followed_from_the_file_to_the_books_and_back(desk, pool, sandbox):
    body = await carry_out(desk, pool, message(pay("follow-me", "12.34"), name="MSG-FOLLOW"))
    assert body.original_message_id == "MSG-FOLLOW"
    row = await pool.fetchrow("SELECT id, reference FROM exchange_payment WHERE end_to_end_id = 'follow-me'")
    request = await pool.fetchrow("SELECT service, outcome FROM exchange_journalrequest WHERE id = $1", row["id"])
    assert (request["service"], request["outcome"]) == ("credit_transfer", "completed")
    seen = await pool.fetch(
        "SELECT party_id, amount, channel FROM interactions_interaction WHERE request_id = $1", row["id"]
    )
    assert {(str(each["party_id"]), each["amount"]) for each in seen} == {
        (str(OWNER), Decimal("-12.34")),
        (str(STRANGER), Decimal("12.34")),
    }
    assert {each["channel"] for each in seen} == {"corporate_file"}
    _, books = sandbox.call("GET", f"/savings/accounts/{PAYEE}/entries?limit=5")
    assert books["entries"][0]["memo"] == "follow-me rent"
    assert row["reference"]


async def test_a_payment_elsewhere_is_held_sent_and_settled(desk, exchange, pool, sandbox, clock):
    before = balance(sandbox, PAYER)
    content = message(pay("out", "5.00", "62220001", agent=ELSEWHERE), pay("back", "7.00", "CLOSED01", agent=ELSEWHERE))
    taken = await send(pool, content)
    await desk.work()
    assert told(await report(pool, taken.id)) == {"out": "ACSP", "back": "ACSP"}
    assert (await pool.fetchrow(statements.FILE, taken.id))["pending"] == 2
    until = now() + dt.timedelta(seconds=15)
    while now() < until and (await pool.fetchrow(statements.FILE, taken.id))["state"] != "done":
        clock.pass_by(seconds=61)  # nobody listens for the callbacks here, so recovery asks
        await exchange.recover()
        await desk.settle()
    assert told(await report(pool, taken.id)) == {"out": "ACSC", "back": "AC04"}
    assert balance(sandbox, PAYER) == before - Decimal("5.00")
    _, held = sandbox.call("GET", f"/savings/accounts/{PAYER}")
    assert Decimal(held["held"]) == 0


async def test_somebody_elses_account_is_not_paid_from(desk, pool, sandbox):
    before = balance(sandbox, PAYER)
    body = await carry_out(desk, pool, message(pay("theft", account="IN0001")), party=STRANGER)
    assert told(body) == {"theft": "AC01"}
    assert body.status == "RJCT"
    assert balance(sandbox, PAYER) == before


async def test_the_same_file_again_is_a_duplicate_and_moves_nothing(desk, pool, sandbox):
    content = message(pay("once"))
    first = await send(pool, content, key="k1")
    assert (await send(pool, content, key="k1")).replayed
    second = await send(pool, content, key="k2")
    assert second.duplicate_of == first.id
    await desk.work()
    before = balance(sandbox, PAYER)
    assert not await desk.work()
    body = await report(pool, second.id)
    assert (body.status, body.reasons[0].code) == ("RJCT", "AM05")
    assert balance(sandbox, PAYER) == before
    with pytest.raises(PaymentFileRefused):
        await send(pool, message(pay("other")), key="k1")
    stored = await pool.fetchval(statements.CONTENT, first.id)
    assert hashlib.sha256(b"".join(unpacked(stored))).digest() == hashlib.sha256(content).digest()


async def test_the_same_message_id_again_is_a_duplicate_unless_the_first_was_refused(desk, pool):
    good = message(pay("first"), name="SAME")
    wrong = good.replace(b"<NbOfTxs>1<", b"<NbOfTxs>2<", 1)
    assert (await carry_out(desk, pool, wrong)).reasons[0].code == "AM18"
    assert (await carry_out(desk, pool, good)).status == "ACSC"
    again = await carry_out(desk, pool, good.replace(b"rent", b"RENT"))
    assert (again.status, again.reasons[0].code) == ("RJCT", "DU01")


@pytest.mark.parametrize(
    ("wrong", "right", "code"),
    [
        (b"<CtrlSum>10.00</CtrlSum>", b"<CtrlSum>10.01</CtrlSum>", "AM10"),
        (b"<NbOfTxs>1</NbOfTxs>", b"<NbOfTxs>2</NbOfTxs>", "AM18"),
        (b"</Document>", b"", "FF01"),
        (b"<Document", b'<!DOCTYPE Document [<!ENTITY x "y">]><Document', "FF01"),
        (b"pain.001.001.09", b"pain.008.001.09", "FF01"),
        (b"<MsgId>", b"<MsgId/><X>", "FF01"),
    ],
)
async def test_what_is_wrong_with_the_whole_refuses_the_whole(desk, pool, sandbox, wrong, right, code):
    before = balance(sandbox, PAYER)
    body = await carry_out(desk, pool, message(pay("whole")).replace(wrong, right, 1))
    assert (body.status, body.reasons[0].code) == ("RJCT", code)
    assert body.transactions == ()
    assert balance(sandbox, PAYER) == before


async def test_what_is_wrong_with_a_block_refuses_the_block_alone(desk, pool):
    requested = (now() + dt.timedelta(hours=8)).date()
    blocks = [Block(f"B{each}", "Acme", PAYER, "", requested, [pay(f"p{each}")]) for each in range(4)]
    blocks[2] = Block("B2", "Acme", PAYER, "", requested - dt.timedelta(days=30), [pay("p2")])
    blocks[3] = Block("B3", "Acme", PAYER, ELSEWHERE, requested, [pay("p3")])
    content = b"".join(write_credit_transfers(uuid.uuid4().hex, now(), "Acme", blocks))
    head, mark, rest = content.partition(b"<PmtInfId>B1</PmtInfId>")
    content = head + mark + rest.replace(b"<CtrlSum>10.00", b"<CtrlSum>11.00", 1)
    body = await carry_out(desk, pool, content)
    assert told(body) == {"p0": "ACSC", "p1": "AM10", "p2": "DT01", "p3": "AGNT"}
    assert [group.status for group in body.groups] == ["", "RJCT", "RJCT", "RJCT"]


async def test_a_payment_for_tomorrow_waits_until_then(desk, pool, sandbox, clock):
    before = balance(sandbox, PAYER)
    taken = await send(pool, message(pay("tomorrow"), days=1))
    assert await desk.work()
    assert told(await report(pool, taken.id)) == {"tomorrow": "PDNG"}
    assert balance(sandbox, PAYER) == before
    assert not await desk.work()
    clock.pass_by(days=1)
    assert await desk.work()
    assert told(await report(pool, taken.id)) == {"tomorrow": "ACSC"}


async def test_while_a_system_is_away_payments_wait_and_none_is_refused(desk, pool, sandbox, clock):
    before = balance(sandbox, PAYER)
    taken = await send(pool, message(*(pay(f"w{each}", "1.00") for each in range(40))))
    sandbox.call("PUT", "/faults/savings", {"kind": "refuse", "rate": 1.0})
    assert await desk.work()
    assert not await desk.work()
    sandbox.call("DELETE", "/faults/savings")
    clock.pass_by(seconds=11)
    assert await desk.work()
    assert set(told(await report(pool, taken.id)).values()) == {"ACSC"}
    assert balance(sandbox, PAYER) == before - 40


async def test_two_desks_share_the_files_and_do_each_payment_once(exchange, pool, sandbox):
    import asyncio

    before = balance(sandbox, PAYER)
    files = [await send(pool, message(*(pay(f"{file}-{each}", "1.00") for each in range(50)))) for file in range(4)]
    desks = [Desk(exchange, bic=BIC, time_zone="Asia/Shanghai") for _ in range(2)]
    while any(await asyncio.gather(*(each.work() for each in desks))):
        pass
    for taken in files:
        assert (await report(pool, taken.id)).status == "ACSC"
    assert balance(sandbox, PAYER) == before - 200


async def test_empty_files_are_refused(pool):
    with pytest.raises(PaymentFileRefused):
        await send(pool, b"")
