"""One run of the fault harness: traffic on every channel, faults by schedule, then the books held against memory."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
import psycopg

from guanxi.cli.trial_installation import TrialInstallation, trial_installation
from guanxi.lab import books
from guanxi.lab.balance_history import AccountOperation
from guanxi.lab.bank_test import BankTest
from guanxi.lab.chaos_report import ChaosReport
from guanxi.lab.client_log import open_log, read_log
from guanxi.lab.faults import Fault, FaultKind, draw_schedule
from guanxi.lab.internet import InternetCustomer
from guanxi.lab.population import populate
from guanxi.lab.tally import Tally
from guanxi.lab.traffic import Order, run_traffic
from guanxi.lab.wallet import DemoFiles, Wallet

_NOON: Final = dt.datetime(2026, 5, 7, 12, tzinfo=dt.UTC)  # a busy hour, the same in each run
_SETTLED_WITHIN: Final = 600  # seconds
_WALLETS: Final = 1000
_CIRCLE: Final = 6  # customers of the bank test
_READ_EVERY: Final = 0.3  # seconds
_encode: Final = msgspec.json.Encoder().encode


@dataclasses.dataclass(frozen=True, slots=True)
class Trial:
    """What to do. The same trial hits the same victims at the same instants."""

    faults: int
    seed: int
    rate: float = 15.0  # acts a second
    customers: int = 300
    mean_gap: float = 1.6  # seconds between two faults


class History:
    """What happened when, as JSON lines."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._began = time.monotonic()

    def tell(self, event: str, **what: object) -> None:
        """One line, handed to the system at once."""
        at = round(time.monotonic() - self._began, 3)
        self._file.write(_encode({"at": at, "event": event, **what}) + b"\n")

    def close(self) -> None:
        """No more lines."""
        self._file.close()


async def run_trial(trial: Trial, home: Path, say: Callable[[str], None]) -> ChaosReport:
    """The trial's report; `home` keeps the history, the customers' memory, and the processes' logs."""
    async with _history(home / "history.jsonl") as history, _installation(trial, home) as bank:
        history.tell("began", **dataclasses.asdict(trial))
        schedule = draw_schedule(trial.seed, trial.faults, bank.victims, trial.mean_gap)
        say(f"{trial.faults} faults in {schedule[-1].at:.0f} s; what happens is written to {home}")
        stop, began = asyncio.Event(), time.monotonic()
        wallets = DemoFiles(home / "demo").wallets(_WALLETS)
        circle = [wallet for wallet in wallets if wallet.card_kind == "debit" and wallet.login][-_CIRCLE:]
        others = [wallet for wallet in wallets if wallet not in circle]
        traffic = asyncio.create_task(_traffic(trial, bank, others, home / "clients.jsonl", stop))
        balances = asyncio.create_task(_bank_test(trial, bank, circle, stop))
        await _run_schedule(bank, schedule, history, say)
        stop.set()
        tally, reads, operations = await traffic, *await balances
        history.tell("traffic ended", **tally.outcomes)
        settled_after = await _settle(bank)
        history.tell("settled", seconds=settled_after)
        findings = await asyncio.to_thread(_examine, bank, home / "clients.jsonl")
        findings += await asyncio.to_thread(books.check_balances, reads, operations)
        report = ChaosReport(
            seed=trial.seed,
            schedule=schedule,
            seconds=time.monotonic() - began,
            settled_after=settled_after,
            tally=tally.outcomes,
            links={name: link.done for name, link in bank.links.items()},
            stopped_late=bank.stopped_late(),
            findings=findings,
        )
        history.tell("verdict", passed=report.passed, findings=[dataclasses.asdict(each) for each in findings])
        return report


@contextlib.asynccontextmanager
async def _history(path: Path) -> AsyncIterator[History]:
    history = History(path)
    try:
        yield history
    finally:
        history.close()


def _installation(trial: Trial, home: Path) -> contextlib.AbstractAsyncContextManager[TrialInstallation]:
    return trial_installation(home, customers=trial.customers, seed=trial.seed)


async def _bank_test(
    trial: Trial, bank: TrialInstallation, wallets: Sequence[Wallet], stop: asyncio.Event
) -> tuple[list[dict[str, Decimal]], list[AccountOperation]]:
    """What a circle of customers who pay each other remember, and reads of all their accounts meanwhile."""
    accounts, reads = [wallet.account_number for wallet in wallets], list[dict[str, Decimal]]()
    reads.append(await asyncio.to_thread(_read, bank, accounts))
    async with aiohttp.ClientSession() as client:
        url = bank.configuration.gateway_url
        test = BankTest([InternetCustomer(client, url, wallet, "internet") for wallet in wallets], trial.seed)
        acting = asyncio.create_task(test.run(stop))
        while not acting.done():
            with contextlib.suppress(psycopg.OperationalError):
                reads.append(await asyncio.to_thread(_read, bank, accounts))
            await asyncio.wait([acting], timeout=_READ_EVERY)
        await acting
    return reads, test.operations


def _read(bank: TrialInstallation, accounts: Sequence[str]) -> dict[str, Decimal]:
    with psycopg.connect(bank.ledger.url("sandbox"), autocommit=True, connect_timeout=5) as ledger:
        return books.read_balances(ledger, accounts)


async def _traffic(
    trial: Trial, bank: TrialInstallation, wallets: Sequence[Wallet], log: Path, stop: asyncio.Event
) -> Tally:
    settings, files = bank.configuration, DemoFiles(bank.home / "demo")
    order = Order(
        rate=trial.rate,
        seconds=None,
        seed=trial.seed,
        host=settings.host,
        iso8583_port=settings.iso8583_port,
        gateway_url=settings.gateway_url,
        time_zone=settings.bank_time_zone,
        at=_NOON,
        marked=True,
    )
    population = populate(wallets, trial.seed, files.accounts_elsewhere("CNY"))
    with open_log(log) as remember:
        return await run_traffic(order, files.machines(), population, remember, lambda _: None, stop)


async def _run_schedule(
    bank: TrialInstallation, schedule: list[Fault], history: History, say: Callable[[str], None]
) -> None:
    """Each fault at its instant, whatever others are under way; what hits one victim comes one after the other."""
    turns = {fault.victim: asyncio.Lock() for fault in schedule}
    began = time.monotonic()

    async def strike(fault: Fault) -> None:
        await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
        async with turns[fault.victim]:
            history.tell("fault", **dataclasses.asdict(fault))
            say(f"{fault.number:4} {fault.kind:8} {fault.victim} for {fault.seconds:.1f} s")
            await _act(bank, fault)(fault.seconds)
            history.tell("healed", number=fault.number)

    async with asyncio.TaskGroup() as together:
        for fault in schedule:
            together.create_task(strike(fault))


def _act(bank: TrialInstallation, fault: Fault) -> Callable[[float], Awaitable[None]]:
    match fault.kind:
        case FaultKind.KILL:
            return bank.processes[fault.victim].kill
        case FaultKind.PAUSE:
            return bank.processes[fault.victim].pause
        case FaultKind.RESTART:
            return bank.processes[fault.victim].restart
        case FaultKind.CUT:
            return bank.links[fault.victim].cut
        case FaultKind.SILENCE:
            return bank.links[fault.victim].fall_silent
        case FaultKind.TROUBLE:
            return bank.links[fault.victim].make_trouble


async def _settle(bank: TrialInstallation) -> float:
    """Wait until nothing is open any more, or for as long as anybody would; how long it took."""
    began = time.monotonic()
    for _ in range(_SETTLED_WITHIN):
        if not await asyncio.to_thread(_anything_open, bank):
            break
        await asyncio.sleep(1)
    return time.monotonic() - began


def _anything_open(bank: TrialInstallation) -> bool:
    try:
        with psycopg.connect(bank.database.url("guanxi"), autocommit=True, connect_timeout=5) as database:
            return bool(books.open_matters(database))
    except psycopg.OperationalError:
        return True


def _examine(bank: TrialInstallation, log: Path) -> list[books.Finding]:
    requests = books.ended_requests(read_log(log))
    with (
        psycopg.connect(bank.ledger.url("sandbox"), autocommit=True) as ledger,
        psycopg.connect(bank.database.url("guanxi"), autocommit=True) as database,
    ):
        booked = books.read_booked(ledger)
        left_open = [" ".join(str(value) for value in row) for row in books.open_matters(database)]
        return [
            *books.check_effects(requests, booked),
            books.check_packages(ledger, requests),
            *books.check_ledger(ledger),
            *books.check_timeline(database, requests, booked),
            *books.check_outbox(database),
            books.Finding("every request has come to an end", len(requests), left_open),
        ]
