"""Planning a look at one account, named by its number or by a card: what balance and mini statement have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.kernel.vocabulary import Channel
from guanxi.services.arguments import AccountNumber, CardName
from guanxi.services.permission import refuse_account, refuse_card
from guanxi.services.request import LegReply, ServiceRequest
from guanxi.services.service import Entry, Known, Names, Plan, leg

CHANNELS = frozenset(Channel) - {Channel.BACK_OFFICE, Channel.MAIL}
_OF_ACCOUNT = ("number", "currency", "status", "ledger_balance", "available_balance", "as_of")
_OF_ENTRY = ("at", "value_date", "amount", "currency", "memo", "counterparty")


def names_of(account: AccountNumber | None, card: CardName | None) -> Names:
    """What an inquiry names."""
    return Names(accounts=(account,) if account else (), cards=(card,) if card else ())


def plan_inquiry(
    request: ServiceRequest, known: Known, *, account: str | None, card: str | None, operation: str, limit: int = 1
) -> Plan:
    """One leg to the account's own system, asking `operation` (balance or entries)."""
    held = known.cards.get(card) if card else None
    number = held.account_number if held else account
    found = known.accounts.get(number) if number else None
    refused = refuse_card(held, found, request.received_at.date()) if card else refuse_account(request.actor, found)
    party_id = held.party_id if held else request.actor.party_id
    detail = {"account": found.number, "card": held.masked_number if held else None} if found else {}
    mine = found if found and not refused else None
    entries = (Entry(party_id, mine.id if mine else None, detail=detail if mine else {}),) if party_id else ()
    if refused or found is None:
        return Plan(entries=entries, declined=refused)
    content = {"account": found.number, "limit": limit} if limit > 1 else {"account": found.number}
    return Plan(entries=entries, legs=(leg(request, 0, found.system, operation, content),))


def show_balance(replies: Sequence[LegReply]) -> dict[str, Any]:
    """What every channel is told of the account, whichever system keeps it and whatever else that one says."""
    told = replies[0].content
    return {name: told[name] for name in _OF_ACCOUNT if name in told}


def show_entries(replies: Sequence[LegReply]) -> dict[str, Any]:
    """The account, and its entries, newest first."""
    entries = [
        {name: entry[name] for name in _OF_ENTRY if name in entry} for entry in replies[0].content.get("entries", ())
    ]
    return {**show_balance(replies), "entries": entries}
