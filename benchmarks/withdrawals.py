"""(b) ATM withdrawals end to end: ISO 8583 in, REST to the savings system, ledger posted, journal closed, ISO 8583 out.

The anchor is pgbench running every statement of one withdrawal, those of the gateway and those of the bank, each in a
transaction of its own as both do, on one database that holds both schemas. The gateway has two processes, a protocol
on either side, and every MAC and PIN to work out besides.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import statistics
import time
from importlib import resources

import psycopg
import uvloop

from benchmarks import fresh, pgbench
from benchmarks.result import Result
from guanxi.access.cards import check_digit, number_hash
from guanxi.access.pin import pin_verification_key
from guanxi.access.terminals import NewTerminal, register_terminal
from guanxi.exchange import lookup, statements
from guanxi.kernel.clock import now
from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import Message, decode
from guanxi.kernel.iso8583.pin_block import PinKey
from guanxi.parties import cards
from guanxi.storage import embedded

CUSTOMERS = 20_000
IN_FLIGHT = 64
_CONNECTIONS = 16
_ROUNDS = 3
_SECONDS = 6
_SECRET = "for benchmarks only"
_KEY = bytes(range(16))
_PIN = "1234"
_GATEWAY_SEED = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at,
    updated_at)
SELECT md5(n::text)::uuid, n::text, 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', now(), now()
FROM generate_series(1, {customers}) n;
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
SELECT md5(n || 'account')::uuid, 'SV' || lpad(n::text, 10, '0'), 'savings', 'savings', 'CNY', 'open', '',
    '2020-01-01', 1000000, 1000000
FROM generate_series(1, {customers}) n;
INSERT INTO parties_accountholder (account_id, party_id, role)
SELECT md5(n || 'account')::uuid, md5(n::text)::uuid, 'owner' FROM generate_series(1, {customers}) n;
SELECT interactions_ensure_months(now()::date, now()::date + 31);
"""
_CARD_SEED = """
INSERT INTO parties_card (id, number_hash, masked_number, kind, product, account_id, party_id, status, expires_on,
    issued_on, pin_verification_value, pin_failures)
VALUES (md5(%(n)s || 'card')::uuid, %(hash)s, '622202******0000', 'debit', 'debit', md5(%(n)s || 'account')::uuid,
    md5(%(n)s)::uuid, 'active', '2036-01-31', '2020-01-01', %(value)s, 0)
"""
_BANK_SEED = """
INSERT INTO account (number, system, product, currency, owner, ledger_balance)
SELECT 'SV' || lpad(n::text, 10, '0'), 'savings', 'savings', 'CNY', n::text, 1000000
FROM generate_series(1, {customers}) n;
INSERT INTO posting (system, operation_id, debit_account, credit_account, amount, currency, memo)
SELECT 'savings', gen_random_uuid(), 'GL-OPENING-CNY', number, ledger_balance, 'CNY', 'opening balance'
FROM account WHERE system = 'savings';
"""
_PLAIN_HASHES = """
UPDATE parties_card SET number_hash = sha256(n::text::bytea) FROM generate_series(1, {customers}) n
WHERE id = md5(n || 'card')::uuid
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """What the terminals saw. Times are in milliseconds."""

    per_second: float
    p50: float
    p99: float
    refused: int


def measure() -> list[Result]:
    """Alternate the gateway with the anchor on the same server."""
    with fresh.database() as url:
        numbers = _seed(url)
        anchor_url, bank_url = _with_bank_schema(url)
        port = embedded.free_port()
        with fresh.bank(bank_url) as settings, fresh.gateway(url, GUANXI_ISO8583_PORT=str(port), **settings):
            _load(port, numbers, seconds=2)
            pairs = [(_load(port, numbers, seconds=_SECONDS), _anchor(anchor_url)) for _ in range(_ROUNDS)]
            difference = fresh.difference(settings["GUANXI_SANDBOX_PORT"])
    return [_result(pairs, difference)]


def _result(pairs: list[tuple[Load, float]], difference: str) -> Result:
    ratios = sorted(load.per_second / anchor for load, anchor in pairs)
    ratio = statistics.median(ratios)
    figures = (
        ("withdrawals a second (each round)", ", ".join(f"{load.per_second:,.0f}" for load, _ in pairs)),
        ("pgbench, transactions a second (each round)", ", ".join(f"{anchor:,.0f}" for _, anchor in pairs)),
        ("p50 / p99 at full rate", f"{pairs[-1][0].p50:.1f} / {pairs[-1][0].p99:.1f} ms"),
        ("answers other than 00", str(sum(load.refused for load, _ in pairs))),
        ("debits less credits in the ledger afterwards", difference),
    )
    return Result(
        name="ATM withdrawals end to end",
        question=f"How near do {IN_FLIGHT} withdrawals in flight come to PostgreSQL running their statements?",
        figures=figures,
        verdict=f"{ratio:.2f} of pgbench ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        goal="at least 0.5",
        met=ratio >= 0.5,
        remark="The terminals run in Python on the same two cores and are part of what is measured.",
    )


def _seed(url: str) -> list[str]:
    """Customers with an account and a debit card each, and the terminals; the card numbers."""
    verification = pin_verification_key(_SECRET)
    bodies = [f"622202{number:09}" for number in range(1, CUSTOMERS + 1)]
    numbers = [body + check_digit(body) for body in bodies]
    rows = [
        {"n": str(n), "hash": number_hash(_SECRET, number), "value": verification.value(_PIN, number)}
        for n, number in enumerate(numbers, start=1)
    ]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_GATEWAY_SEED.format(customers=CUSTOMERS))
        connection.cursor().executemany(_CARD_SEED, rows)
        connection.execute("VACUUM ANALYZE")
    asyncio.run(_register(url))
    return numbers


async def _register(url: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    for number in range(_CONNECTIONS):
        new = NewTerminal(f"ATM{number:05}", "GUANXI000000001", "atm", "benchmark", "CNY", _KEY, _KEY)
        await register_terminal(connection, _SECRET, new)
    await connection.close()


def _with_bank_schema(url: str) -> tuple[str, str]:
    """A copy of the gateway's database with the bank's tables in it, for the anchor; and a database for the bank."""
    address = url.rpartition("/")[0]
    anchor_url, bank_url = f"{address}/anchor", f"{address}/bank"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE anchor TEMPLATE {url.rpartition('/')[2]}")
        connection.execute("CREATE DATABASE bank")
    schema = resources.files("guanxi.sandbox").joinpath("schema.sql").read_text()
    for each in (anchor_url, bank_url):
        with psycopg.connect(each, autocommit=True) as connection:
            connection.execute(schema)
            connection.execute(_BANK_SEED.format(customers=CUSTOMERS))
            if each == anchor_url:  # pgbench cannot make the gateway's keyed hash
                connection.execute(_PLAIN_HASHES.format(customers=CUSTOMERS))
            connection.execute("VACUUM ANALYZE")
    return anchor_url, bank_url


class _Terminal(asyncio.Protocol):
    """One connection that keeps its share of withdrawals in flight until told to stop."""

    def __init__(self, messages: list[tuple[str, bytes]], share: int) -> None:
        self._messages = iter(messages)
        self._share = share
        self._parser = FrameParser()
        self._sent: dict[str, float] = {}
        self.milliseconds: list[float] = []
        self.codes: collections.Counter[str] = collections.Counter()
        self.going = True
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        for raw in self._parser.feed(data):
            fields = decode(raw).fields
            started = self._sent.pop(fields[11])
            if 70 in fields:
                for _ in range(self._share):
                    self._send()
                continue
            self.milliseconds.append((time.perf_counter() - started) * 1000)
            self.codes[fields[39]] += 1
            if self.going:
                self._send()
        if not self._sent and not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        trace_number, framed = next(self._messages)
        self._sent[trace_number] = time.perf_counter()
        self._transport.write(framed)


def _load(port: int, numbers: list[str], *, seconds: int) -> Load:
    return uvloop.run(_drive(port, numbers, seconds))


async def _drive(port: int, numbers: list[str], seconds: int) -> Load:
    loop, share = asyncio.get_running_loop(), IN_FLIGHT // _CONNECTIONS
    every = 3000 * seconds // _CONNECTIONS
    terminals = []
    for number in range(_CONNECTIONS):
        messages = _messages(f"ATM{number:05}", numbers[number::_CONNECTIONS], every)
        terminals.append(_Terminal(messages, share))
    started = time.perf_counter()
    for terminal in terminals:
        await loop.create_connection(lambda one=terminal: one, "127.0.0.1", port)
    await asyncio.sleep(seconds)
    for terminal in terminals:
        terminal.going = False
    took = time.perf_counter() - started
    counted = sum(len(terminal.milliseconds) for terminal in terminals)
    await asyncio.wait_for(asyncio.gather(*(terminal.done for terminal in terminals)), 60)
    times = sorted(one for terminal in terminals for one in terminal.milliseconds)
    refused = sum(count for terminal in terminals for code, count in terminal.codes.items() if code != "00")
    return Load(counted / took, times[len(times) // 2], times[len(times) * 99 // 100], refused)


def _messages(terminal_id: str, numbers: list[str], count: int) -> list[tuple[str, bytes]]:
    """A sign-on and withdrawals, sealed beforehand: making them is not what is measured."""
    mac_key, pin_key, at = MacKey(_KEY), PinKey(_KEY), now().strftime("%m%d%H%M%S")
    sign_on = Message("0800", {7: at, 11: "000000", 41: terminal_id, 70: "001"})
    found = [("000000", frame(mac_key.seal(sign_on)))]
    for trace in range(1, count):
        number, trace_number = numbers[trace % len(numbers)], f"{trace:06}"
        fields = {2: number, 3: "010000", 4: "000000000100", 7: at, 11: trace_number, 41: terminal_id, 49: "156"}
        fields[52] = pin_key.seal(_PIN, number).hex().upper()
        found.append((trace_number, frame(mac_key.seal(Message("0200", fields)))))
    return found


def _anchor(url: str) -> float:
    """All statements of one withdrawal: two look-ups of the card, its account, intake, the bank's posting, the end."""
    close = statements.CLOSE.replace("SELECT pg_notify('interactions', payload)", "SELECT payload")
    lines = (
        pgbench.with_arrays(cards.FIND, {1: _HASH}),
        pgbench.with_arrays(lookup.CARDS_BY_HASH, {1: _HASH}),
        pgbench.with_arrays(lookup.BY_NUMBER, {1: _NUMBER}),
        pgbench.with_arrays(statements.TAKE_IN, _TAKE_IN_VALUES),
        f"SELECT bank_perform('savings', {_OPERATION});".replace("\n", " "),
        pgbench.with_arrays(close, _CLOSE_VALUES),
    )
    sets = (f"\\set n random(1, {CUSTOMERS})", "\\set r random(1, 1000000000000000)")
    script = "\n".join((*sets, *lines))
    return pgbench.run(url, script, clients=IN_FLIGHT, seconds=_SECONDS).transactions_per_second


def _numbered(*values: str) -> dict[int, str]:
    return dict(enumerate(values, start=1))


_HASH = "sha256(:n::text::bytea)"
_NUMBER = "'SV' || lpad(:n::text, 10, '0')"
_PARTY, _ACCOUNT = "md5(:n::text)::uuid", "md5(:n::text || 'account')::uuid"
_REQUEST, _LEG = "md5(:r::text)::uuid", "md5(:r::text || 'leg')::uuid"
_ARGUMENTS = f"""'{{"card":"{"ab" * 32}","amount":"1.00","currency":"CNY","merchant":"","retrieval_reference":""}}'"""
_CONTENT = """'{"account":"SV0000000001","amount":"1.00","currency":"CNY","memo":""}'"""
_RESULT = """'{"reference":"SV00000001","ledger_balance":"999.00","available_balance":"999.00"}'"""
_SHOWN = (
    """'{"legs":[{"system":"savings","operation":"withdraw","state":"confirmed","milliseconds": 5}],"""
    """"detail":{"card":"622202******0000","account":"SV0000000001","terminal":"ATM00001"}}'"""
)
_OPERATION = (
    "jsonb_build_array(jsonb_build_object('id', uuidv7(), 'operation', 'withdraw', "
    f"'account', {_NUMBER}, 'amount', '1.00', 'currency', 'CNY', 'memo', ''))"
)
_TAKE_IN_VALUES = _numbered(
    *(_REQUEST, "'atm'", "'ATM00001:' || :r::text", "sha256('request')", "'cash_withdrawal'", "'terminal: ATM00001'"),
    *(_PARTY, _ACCOUNT, _ARGUMENTS, "now()"),
    *(_LEG, _REQUEST, "0::smallint", "'savings'", "'withdraw'", _CONTENT, "'reversal'", "'sent'", "now()", "'savings'"),
)
_CLOSE_VALUES = _numbered(
    *(_REQUEST, "NULL", "'completed'", "NULL", _RESULT, "now()"),
    *(_REQUEST, _LEG, "'confirmed'", "NULL", "'SV00000001'", "now()", "NULL", "NULL"),
    *(_NUMBER, "999", "999", "now()"),
    *(_REQUEST, "now()", _PARTY, _ACCOUNT, "-1", "'CNY'", "5", "'atm'", "'transaction'", "'cash_withdrawal'"),
    *("'completed'", _SHOWN, "'[]'"),
)
