"""Customers who send money to each other without end and look at their balances; what they were told is kept."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Sequence
from decimal import Decimal

from guanxi.lab.balance_history import AccountOperation
from guanxi.lab.errors import NotSignedIn
from guanxi.lab.internet import HttpAnswer, InternetCustomer
from guanxi.lab.traffic import UNDER_WAY

_LOOKS = 0.3  # of all that they do
_PAUSE = (0.0, 0.6)  # seconds between two things that one of them does
_LATER = 1.0  # seconds after which one looks again at what is under way


class BankTest:
    """The circle of customers. `operations` is what they remember."""

    def __init__(self, customers: Sequence[InternetCustomer], seed: int) -> None:
        self.operations: list[AccountOperation] = []
        self._customers, self._seed = customers, seed
        self._marks = itertools.count()

    async def run(self, stop: asyncio.Event, *, abreast: int = 2) -> None:
        """Until `stop` is set; each customer does `abreast` things at a time."""
        hands = itertools.product(range(abreast), self._customers)
        await asyncio.gather(
            *(
                self._act(customer, stop, random.Random(f"{self._seed}/{hand}/{customer.wallet.login}"))  # noqa: S311
                for hand, customer in hands
            )
        )

    async def _act(self, customer: InternetCustomer, stop: asyncio.Event, drawn: random.Random) -> None:
        while not stop.is_set():
            with contextlib.suppress(NotSignedIn):
                await (self._look(customer) if drawn.random() < _LOOKS else self._send(customer, drawn))
            await asyncio.sleep(drawn.uniform(*_PAUSE))

    async def _look(self, customer: InternetCustomer) -> None:
        account, begun = customer.wallet.account_number, time.monotonic()
        answer = await customer.ask("GET", f"/v1/accounts/{account}/balance")
        if answer.outcome == "completed":
            told = Decimal(answer.body["result"]["ledger_balance"])
            self.operations.append(AccountOperation(account, begun, time.monotonic(), (Decimal(0),), told))

    async def _send(self, customer: InternetCustomer, drawn: random.Random) -> None:
        payee = drawn.choice([other for other in self._customers if other is not customer]).wallet.account_number
        payer, amount = customer.wallet.account_number, Decimal(drawn.randrange(1, 5000)) / 100
        body = {"from_account": payer, "to_account": payee, "amount": str(amount), "currency": "CNY"}
        body["memo"] = f"GXB{next(self._marks):010}"
        begun = time.monotonic()
        answer = await self._until_ended(customer, body)
        ended = time.monotonic() if answer is not None else None
        if answer is not None and answer.outcome != "completed":
            steps = ((-amount, amount), (amount, -amount))  # done and taken back, or never done
            self._remember(payer, payee, begun, ended, steps, None, certain=False)
            return
        told = Decimal(answer.body["result"]["ledger_balance"]) if answer is not None else None
        self._remember(payer, payee, begun, ended, ((-amount,), (amount,)), told, certain=answer is not None)

    def _remember(
        self,
        payer: str,
        payee: str,
        begun: float,
        ended: float | None,
        steps: tuple[tuple[Decimal, ...], tuple[Decimal, ...]],
        told: Decimal | None,
        *,
        certain: bool,
    ) -> None:
        self.operations.append(AccountOperation(payer, begun, ended, steps[0], told, certain))
        self.operations.append(AccountOperation(payee, begun, ended, steps[1], None, certain))

    async def _until_ended(self, customer: InternetCustomer, body: dict[str, str]) -> HttpAnswer | None:
        """The answer in the end; None when there never was one."""
        key = f"bank-test-{self._seed}-{body['memo']}"
        try:
            answer = await customer.ask("POST", "/v1/transfers", body, key=key)
            while answer.outcome in UNDER_WAY:
                await asyncio.sleep(_LATER)
                answer = await customer.ask("POST", "/v1/transfers", body, key=key)
        except NotSignedIn:
            return None
        return answer if answer.status else None
