"""Debits equal credits, and every balance is what a plain reckoning says, whatever is asked in whatever order."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Iterator
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from guanxi.kernel.money import CURRENCIES
from guanxi.sandbox import bank
from guanxi.sandbox.requests import NewAccount, Operation

AMOUNTS = st.integers(1, 6000).map(lambda cents: str(Decimal(cents) / 100))
ACCOUNTS = st.integers(0, 2)
ENTERS = {"credit"}
LEAVES = {"withdraw", "purchase", "debit", "transfer", "capture"}


class Loop:
    """One event loop with the bank's pool in it."""

    def __init__(self, url: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.pool: asyncpg.Pool = self.run(bank.open_bank(url))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)


@pytest.fixture(scope="module")
def loop(empty_database_url: str) -> Iterator[Loop]:
    made = Loop(empty_database_url)
    yield made
    made.run(made.pool.close())
    made.loop.close()


class Ledger(RuleBasedStateMachine):
    """Three accounts, reckoned by hand beside the bank."""

    loop: Loop
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        tag = uuid.uuid4().hex[:10]
        self.numbers = [f"SV{tag}{place}" for place in range(3)]
        self.ledger = dict.fromkeys(self.numbers, Decimal(100))
        self.held: dict[uuid.UUID, tuple[str, Decimal]] = {}
        self.holds: dict[uuid.UUID, tuple[str, Decimal]] = {}  # all that were ever made
        self.done: dict[uuid.UUID, dict[str, Decimal]] = {}
        accounts = [NewAccount(number=number, currency="CNY", opening_balance="100.00") for number in self.numbers]
        self.loop.run(bank.open_accounts(self.loop.pool, "savings", accounts))

    @rule(
        target=made,
        kind=st.sampled_from(["withdraw", "purchase", "debit", "credit", "hold"]),
        account=ACCOUNTS,
        amount=AMOUNTS,
    )
    def move(self, kind: str, account: int, amount: str) -> Operation:
        return self._perform(self._operation(kind, account, amount))

    @rule(target=made, account=ACCOUNTS, to=ACCOUNTS, amount=AMOUNTS)
    def transfer(self, account: int, to: int, amount: str) -> Operation:
        return self._perform(self._operation("transfer", account, amount, to_account=self.numbers[to]))

    @rule(target=made, hold=made, kind=st.sampled_from(["capture", "release"]), share=st.integers(1, 120))
    def end_hold(self, hold: Operation, kind: str, share: int) -> Any:
        if hold.operation != "hold":
            return multiple()
        amount = str(max(Decimal("0.01"), round(Decimal(hold.amount) * share / 100, 2)))
        return self._perform(self._operation(kind, self.numbers.index(hold.account), amount, hold=hold.id))

    @rule(operation=made)
    def repeat(self, operation: Operation) -> None:
        self._told(operation)

    @rule(operation=made)
    def reverse(self, operation: Operation) -> None:
        answer = self.loop.run(bank.reverse(self.loop.pool, "savings", operation.id))
        if answer["status"] == "reversed":
            self.held.pop(operation.id, None)
            if operation.operation == "capture" and operation.id in self.done:
                self.held[operation.hold] = self.holds[operation.hold]  # what was taken is on hold again
            for number, moved in self.done.pop(operation.id, {}).items():
                self.ledger[number] -= moved

    @rule(target=made, account=ACCOUNTS, amount=AMOUNTS)
    def reverse_before_it_comes(self, account: int, amount: str) -> Operation:
        operation = self._operation("credit", account, amount)
        self.loop.run(bank.reverse(self.loop.pool, "savings", operation.id))
        assert self._told(operation)["reason"] == "refused_by_system"
        return operation

    @invariant()
    def balances_are_right(self) -> None:
        for number in self.numbers:
            found = self.loop.run(bank.account(self.loop.pool, "savings", number))
            held = sum((amount for holder, amount in self.held.values() if holder == number), Decimal(0))
            assert Decimal(found["ledger_balance"]) == self.ledger[number]
            assert Decimal(found["available_balance"]) == self.ledger[number] - held

    def teardown(self) -> None:
        for told in self.loop.run(bank.trial_balance(self.loop.pool)):
            assert (Decimal(told["difference"]), told["accounts_astray"]) == (0, 0)

    def _operation(self, kind: str, account: int, amount: str, **more: Any) -> Operation:
        content = {"id": uuid.uuid4(), "operation": kind, "account": self.numbers[account], "amount": amount}
        return msgspec.convert({**content, "currency": "CNY", **more}, Operation)

    def _told(self, operation: Operation) -> dict[str, Any]:
        [answer] = self.loop.run(bank.perform(self.loop.pool, "savings", [operation]))
        return answer

    def _perform(self, operation: Operation) -> Operation:
        if self._told(operation)["status"] != "posted":
            return operation
        amount = Decimal(operation.amount)
        if operation.operation == "hold":
            self.held[operation.id] = self.holds[operation.id] = (operation.account, amount)
        if operation.hold is not None:
            self.held.pop(operation.hold)
        moved = {}
        if operation.operation in LEAVES | ENTERS:
            moved[operation.account] = amount if operation.operation in ENTERS else -amount
        if operation.to_account:
            moved[operation.to_account] = amount
        self.done[operation.id] = moved
        for number, change in moved.items():
            self.ledger[number] += change
        return operation


def test_any_sequence_of_operations_repeats_and_reversals_keeps_the_books(loop: Loop) -> None:
    Ledger.loop = loop
    quickly = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Ledger, settings=quickly)


def test_what_is_posted_cannot_be_changed_or_deleted(loop: Loop) -> None:
    for statement in ("UPDATE posting SET amount = 1", "DELETE FROM posting", "TRUNCATE posting"):
        with pytest.raises(asyncpg.RestrictViolationError):
            loop.run(loop.pool.execute(statement))


def test_the_books_and_the_product_agree_on_decimal_places(loop: Loop) -> None:
    for currency, (_, places) in CURRENCIES.items():
        assert loop.run(loop.pool.fetchval("SELECT bank_places($1)", currency)) == places


def test_the_schema_can_be_applied_again(loop: Loop) -> None:
    loop.run(loop.pool.execute(bank.SCHEMA))
