"""What is answered in place of a system that is away, where a route says so: the balance that our own record has.

Only looks have a stand-in. Nothing is approved in place of a system that keeps the money: an approval would have to be
advised to it later, and it could still refuse.
"""

from __future__ import annotations

from guanxi.exchange.directory import Directory
from guanxi.services.request import Leg, LegReply, ServiceRequest
from guanxi.services.service import Known


def stand_in(directory: Directory, leg: Leg, request: ServiceRequest, known: Known) -> LegReply | None:
    """Our own record's answer to `leg`, which says so and as of when; None where there is none to be given."""
    account = known.accounts.get(str(leg.content.get("account", "")))
    if leg.operation != "balance" or account is None or account.balance_at is None:
        return None
    if directory.decide(leg, request, known).stand_in != "balance":
        return None
    content = {
        "number": account.number,
        "currency": account.currency,
        "status": account.status,
        "ledger_balance": f"{account.ledger_balance:.2f}",
        "available_balance": f"{account.available_balance:.2f}",
        "as_of": account.balance_at.isoformat(),
    }
    return LegReply("confirmed", content=content)
