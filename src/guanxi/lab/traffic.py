"""A whole population at once: arrivals come when they come, whether the bank keeps up or not (open loop).

Arrivals on each channel are a Poisson process whose rate follows the hour and the day of the week.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import itertools
import random
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp
import msgspec

from guanxi.kernel import clock
from guanxi.lab import terminal
from guanxi.lab.client_log import Remember, Remembered
from guanxi.lab.errors import NotSignedIn, TerminalOffline
from guanxi.lab.internet import InternetCustomer
from guanxi.lab.population import CHANNELS, Act, Population, channel_rates, draw_act
from guanxi.lab.tally import Tally
from guanxi.lab.terminal import Terminal
from guanxi.lab.wallet import Machine

_MOST_IN_FLIGHT: Final = 2000
_TICK: Final = 0.02
_LATER: Final = 2.0  # seconds after which a customer looks again
UNDER_WAY: Final = {"pending", "in_doubt"}
_CODES: Final = {
    "cash_withdrawal": terminal.WITHDRAWAL,
    "purchase": terminal.PURCHASE,
    "balance": terminal.BALANCE,
    "mini_statement": terminal.MINI_STATEMENT,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """What traffic to make. `at` is a local time that stands still; without it the clock rules."""

    rate: float
    seconds: float | None
    seed: int
    host: str
    iso8583_port: int
    gateway_url: str
    time_zone: str
    channels: Sequence[str] = CHANNELS
    at: dt.datetime | None = None
    marked: bool = False  # each request carries a word of its own into the books, by which it is found there


class Town:
    """The machines and the customers signed in, for as long as traffic runs."""

    def __init__(
        self, order: Order, client: aiohttp.ClientSession, terminals: Sequence[Terminal], remember: Remember
    ) -> None:
        self.order, self.tally = order, Tally(tuple(order.channels))
        self._client, self._remember = client, remember
        self._machines = {
            kind: itertools.cycle([one for one in terminals if one.machine.kind == kind]) for kind in ("atm", "pos")
        }
        self._signed_in: dict[tuple[str, str], InternetCustomer] = {}
        self._following: set[asyncio.Task[None]] = set()
        self._marks = itertools.count(1)

    async def act(self, act: Act) -> None:
        """Do it, and tally how it ended."""
        tally = self.tally.channels[act.channel]
        tally.in_flight += 1
        began = time.monotonic()
        try:
            outcome = await (self._at_machine(act) if act.channel in self._machines else self._online(act))
        except (TerminalOffline, NotSignedIn) as error:
            outcome = error.code.partition(".")[2]
        finally:
            tally.in_flight -= 1
        tally.add(outcome, time.monotonic() - began)

    async def _at_machine(self, act: Act) -> str:
        machine = next(self._machines[act.channel])
        money, mark = terminal.yuan(act.amount) if act.amount is not None else None, self._mark()
        message = machine.card_message(act.wallet, _CODES[act.service], pin=act.wallet.pin, money=money, place=mark)
        line = _line(act, ":".join(message.fields[number] for number in (41, 7, 11)), mark)
        self._remember(line)
        answer = await machine.ask(message)
        ended = "completed" if answer.approved else f"code {answer.code}" if answer.code else "unanswered"
        self._remember(msgspec.structs.replace(line, ended=ended))
        return ended

    async def _online(self, act: Act) -> str:
        customer, mark = self._customer(act), self._mark()
        method, path, body = http_request(act, mark)
        line = _line(act, str(uuid.uuid4()), mark)
        self._remember(line)
        answer = await customer.ask(method, path, body, key=line.key)
        self._remember(msgspec.structs.replace(line, ended=answer.outcome))
        if answer.outcome in UNDER_WAY:
            self._keep(self._until_ended(customer, (method, path, body), line))
        return answer.outcome

    def _mark(self) -> str:
        return f"GX{next(self._marks):010}" if self.order.marked else ""

    async def _until_ended(
        self, customer: InternetCustomer, request: tuple[str, str, dict[str, str] | None], line: Remembered
    ) -> None:
        """What is under way is asked about again, with the same key, until it has ended."""
        outcome = "pending"
        while outcome in UNDER_WAY:
            await asyncio.sleep(_LATER)
            outcome = (await customer.ask(*request, key=line.key)).outcome
        self._remember(msgspec.structs.replace(line, ended=outcome))

    def _keep(self, following: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(following)
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def settled(self) -> None:
        """Until nothing is under way any more."""
        while self._following:
            await asyncio.wait(self._following)

    def _customer(self, act: Act) -> InternetCustomer:
        key = (act.channel, act.wallet.login)
        if key not in self._signed_in:
            self._signed_in[key] = InternetCustomer(self._client, self.order.gateway_url, act.wallet, act.channel)
        return self._signed_in[key]


async def run_traffic(
    order: Order,
    machines: Sequence[Machine],
    population: Population,
    remember: Remember,
    look: Callable[[Tally], None],
    stop: asyncio.Event | None = None,
) -> Tally:
    """Until the seconds are over, or `stop` is set, and everything begun has ended, reversals included."""
    address = (order.host, order.iso8583_port)
    async with contextlib.AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=256)
        client = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        wanted = [machine for machine in machines if machine.kind in order.channels]
        terminals = [await stack.enter_async_context(Terminal(address, machine)) for machine in wanted]
        town = Town(order, client, terminals, remember)
        acts: set[asyncio.Task[None]] = set()
        try:
            await _arrivals(order, town, population, acts, look, stop or asyncio.Event())
        finally:
            if acts:
                await asyncio.wait(acts)
            await asyncio.gather(town.settled(), *(one.settled() for one in terminals))
            look(town.tally)
        return town.tally


async def _arrivals(
    order: Order,
    town: Town,
    population: Population,
    acts: set[asyncio.Task[None]],
    look: Callable[[Tally], None],
    stop: asyncio.Event,
) -> None:
    drawn = random.Random(f"{order.seed}/arrivals")  # noqa: S311 - invented, repeatable
    zone = ZoneInfo(order.time_zone)
    until_next = {channel: drawn.expovariate(1.0) for channel in order.channels}  # in mean gaps
    began = last = time.monotonic()
    while not stop.is_set() and (order.seconds is None or last - began < order.seconds):
        await asyncio.sleep(_TICK)
        passed, last = time.monotonic() - last, time.monotonic()
        rates = channel_rates(order.rate, order.channels, order.at or clock.now().astimezone(zone))
        for channel, rate in rates.items():
            until_next[channel] -= rate * passed
            while until_next[channel] <= 0:
                until_next[channel] += drawn.expovariate(1.0)
                _begin(town, draw_act(drawn, population, channel), acts)
        look(town.tally)


def _begin(town: Town, act: Act | None, acts: set[asyncio.Task[None]]) -> None:
    if act is None:
        return
    if len(acts) >= _MOST_IN_FLIGHT:
        town.tally.not_begun += 1
        return
    task = asyncio.create_task(town.act(act))
    acts.add(task)
    task.add_done_callback(acts.discard)


def http_request(act: Act, mark: str = "") -> tuple[str, str, dict[str, str] | None]:
    """Method, path and body of an act on internet or mobile; a `mark` goes where the bank's books will show it."""
    account = act.wallet.account_number
    looks = {
        "accounts": "/v1/accounts",
        "balance": f"/v1/accounts/{account}/balance",
        "mini_statement": f"/v1/accounts/{account}/statement",
    }
    if act.service in looks:
        return "GET", looks[act.service], None
    path, body = _order(act, mark)
    return "POST", path, body


def _order(act: Act, mark: str) -> tuple[str, dict[str, str]]:
    """Path and body of what changes something."""
    account, payee = act.wallet.account_number, act.payee.account_number if act.payee else ""
    money = {"amount": str(act.amount), "currency": "CNY"}
    match act.service:
        case "internal_transfer":
            return "/v1/transfers", {"from_account": account, "to_account": payee, "memo": mark, **money}
        case "transfer_across_systems":
            body = {"from_account": account, "to_account": payee, "memo": mark, **money}
            return "/v1/transfers-across-systems", body
        case "loan_payout_with_insurance":
            body = {"to_account": payee, "premium": str(act.premium), "policy": "PPI-1", "memo": mark, **money}
            return f"/v1/loans/{account}/payouts", body
        case "open_package":
            package = {"currency": "CNY", "biller": act.biller, "payment_limit": "500.00"}
            return "/v1/packages", {**package, "bill_reference": mark or account}
        case _:
            reference = mark or f"{act.biller[:3].upper()}{account[-8:]}"
            bill = {"from_account": account, "biller": act.biller, "bill_reference": reference}
            return "/v1/bill-payments", {**bill, **money}


def _line(act: Act, key: str, mark: str) -> Remembered:
    amount = "" if act.amount is None else str(Decimal(act.amount))
    payee = act.payee.account_number if act.payee else ""
    wallet = act.wallet
    premium = "" if act.premium is None else str(act.premium)
    return Remembered(
        act.channel, key, act.service, wallet.party_number, wallet.account_number, amount, payee, premium, mark=mark
    )
