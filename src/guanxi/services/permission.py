"""May this actor use that account or card? Shared by every service, so that all channels refuse alike."""

from __future__ import annotations

import datetime as dt
from typing import Final

from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Actor
from guanxi.services.service import KnownAccount, KnownCard

_NOT_DRAWN_BY_ORDER: Final = frozenset({"cards", "loans"})


def refuse_account(actor: Actor, account: KnownAccount | None, *, to_debit: bool = False) -> Reason | None:
    """Why `actor` may not use `account`, or None.

    Owners and authorised users may look and pay. Somebody else's account is as unknown as one that does not exist.
    A credit line is drawn on by its card and a loan by its disbursement, not by an order to pay.
    """
    if account is None or actor.party_id not in account.holders:
        return Reason.ACCOUNT_UNKNOWN
    if account.status == "closed":
        return Reason.ACCOUNT_CLOSED
    if to_debit and account.system in _NOT_DRAWN_BY_ORDER:
        return Reason.NOT_PERMITTED
    if to_debit and account.status == "blocked":
        return Reason.ACCOUNT_BLOCKED
    return None


def refuse_card(card: KnownCard | None, account: KnownAccount | None, on: dt.date) -> Reason | None:
    """Why `card` may not be used at a terminal, or None. The terminal's channel has verified the PIN."""
    if card is None or account is None:
        return Reason.CARD_UNKNOWN
    if card.status == "blocked":
        return Reason.CARD_BLOCKED
    if card.status == "expired" or card.expires_on < on:
        return Reason.CARD_EXPIRED
    if account.status != "open":
        return Reason.ACCOUNT_BLOCKED if account.status == "blocked" else Reason.ACCOUNT_CLOSED
    return None
