"""Apache Fineract as a business system (its REST interface 1.x: savings accounts and their transactions).

An account's number with us is its `externalId` there. Every command carries an `Idempotency-Key` made from the leg's
id: Fineract keeps the answer to a key and gives it again, a refusal too. So to ask what became of a leg is to send it
again, and to undo one that may never have arrived is to send it again and undo that. A transfer is a withdrawal and a
deposit, because Fineract does not undo the two sides of its own account transfers.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from guanxi.exchange.maps.engine import to_wire
from guanxi.exchange.maps.message_map import load_map
from guanxi.kernel.money import parse_amount
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg, LegReply
from guanxi.systems.errors import PeerRefused, PeerSilent, PeerUnreachable
from guanxi.systems.http import NO_ANSWER, UNAVAILABLE, Answer, HttpPeer

_OUT: Final = ("account", "withdrawal")
_COMMANDS: Final = {
    "withdraw": (_OUT,),
    "purchase": (_OUT,),
    "debit": (_OUT,),
    "credit": (("account", "deposit"),),
    "transfer": (_OUT, ("to_account", "deposit")),
}
_CODE: Final = "userMessageGlobalisationCode"
_REASONS: Final = {
    "error.msg.savingsaccount.transaction.insufficient.account.balance": Reason.INSUFFICIENT_FUNDS,
    "error.msg.saving.account.blocked.transaction.not.allowed": Reason.ACCOUNT_BLOCKED,
}
_MAP: Final = load_map(Path(__file__).with_name("map.toml"))


class Posted(NamedTuple):
    """A transaction that stands in Fineract's books."""

    path: str
    id: int
    key: str


class Fineract(HttpPeer):
    """The Fineract at `https://user:password@host/fineract-provider/api/v1?tenant=default&zone=Asia/Shanghai`."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.headers["Fineract-Platform-TenantId"] = self.options.get("tenant", "default")
        self._zone = ZoneInfo(self.options.get("zone", "UTC"))
        self._look = {"balance": self._balance, "entries": self._entries}

    async def perform(self, leg: Leg) -> LegReply:
        """Do what the leg says; a transfer whose deposit is refused gives the withdrawal back."""
        done: list[Posted] = []
        try:
            if look := self._look.get(leg.operation):
                return LegReply("confirmed", content=await look(leg))
            for role, command in _COMMANDS[leg.operation]:
                done.append(await self._command(leg, role, command))
            return LegReply("confirmed", None, str(done[0].id), await self._balance(leg))
        except PeerUnreachable:
            return NO_ANSWER if done else UNAVAILABLE
        except PeerSilent:
            return NO_ANSWER
        except PeerRefused as refusal:
            return LegReply("failed", refusal.reason) if await self._take_back(done) else NO_ANSWER

    async def enquire(self, leg: Leg) -> LegReply:
        """What became of the leg: Fineract answers the same command under the same key as it did the first time."""
        reply = await self.perform(leg)
        return NO_ANSWER if reply == UNAVAILABLE else reply

    async def undo(self, leg: Leg) -> LegReply:
        """Take the leg back; should it still arrive, Fineract knows its key and does nothing."""
        done: list[Posted] = []
        for role, command in _COMMANDS[leg.operation]:
            try:
                done.append(await self._command(leg, role, command))
            except PeerRefused:
                continue
            except (PeerSilent, PeerUnreachable):
                return NO_ANSWER
        return LegReply("reversed") if await self._take_back(done) else NO_ANSWER

    async def _command(self, leg: Leg, role: str, command: str) -> Posted:
        account = await self._account(leg.content[role])
        at = dt.datetime.fromtimestamp((leg.id.int >> 80) / 1000, self._zone)  # a repeat has the original's date
        message = {"value_date": f"{at:%Y-%m-%d}", "amount": leg.content["amount"], "memo": leg.content.get("memo", "")}
        path, key = f"/savingsaccounts/{account['id']}/transactions", f"{leg.id.hex}-{role}"
        answer = await self.call("POST", f"{path}?command={command}", to_wire(_MAP, message), Idempotency_Key=key)
        body = _told(answer)
        if body.get("savingsId") != account["id"] or "resourceId" not in body:
            raise PeerSilent("The answer is about another account.")
        posted = Posted(f"{path}/{body['resourceId']}", body["resourceId"], key)
        if "x-served-from-cache" in answer.headers and await self._is_reversed(posted):
            raise PeerRefused(Reason.REFUSED_BY_SYSTEM)
        return posted

    async def _take_back(self, done: list[Posted]) -> bool:
        try:
            for each in reversed(done):
                answer = await self.call("POST", f"{each.path}?command=undo", b"{}", Idempotency_Key=each.key)
                if answer.status != 200 and not await self._is_reversed(each):
                    return False
        except (PeerSilent, PeerUnreachable, PeerRefused):
            return False
        return True

    async def _is_reversed(self, posted: Posted) -> bool:
        return bool(_told(await self.call("GET", posted.path)).get("reversed"))

    async def _account(self, number: str, more: str = "") -> dict[str, Any]:
        return _told(await self.call("GET", f"/savingsaccounts/external-id/{number}{more}"))

    async def _balance(self, leg: Leg) -> dict[str, Any]:
        account = await self._account(leg.content["account"])
        currency, summary = account["currency"]["code"], account["summary"]
        ledger = str(parse_amount(str(summary["accountBalance"]), currency).amount)
        available = str(parse_amount(str(summary.get("availableBalance", ledger)), currency).amount)
        return {"currency": currency, "ledger_balance": ledger, "available_balance": available}

    async def _entries(self, leg: Leg) -> dict[str, Any]:
        account = await self._account(leg.content["account"], "?associations=transactions")
        kept = [each for each in account.get("transactions", ()) if not each["reversed"]]
        newest = sorted(kept, key=lambda each: int(each["id"]), reverse=True)[: leg.content["limit"]]
        return {"entries": [_entry(each, account["currency"]["code"]) for each in newest]}


def _entry(told: dict[str, Any], currency: str) -> dict[str, str]:
    amount = parse_amount(f"{'-' if told['transactionType'].get('withdrawal') else ''}{told['amount']}", currency)
    return {"value_date": dt.date(*told["date"]).isoformat(), "amount": str(amount.amount), "currency": currency}


def _told(answer: Answer) -> dict[str, Any]:
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.status == 200:
        return body
    codes = [body.get(_CODE), *(each.get(_CODE) for each in body.get("errors", ()))]
    unknown = Reason.ACCOUNT_UNKNOWN if answer.status == 404 else Reason.REFUSED_BY_SYSTEM
    raise PeerRefused(next((_REASONS[code] for code in codes if code in _REASONS), unknown))
