"""What a customer holds: accounts and cards with the balances last told. Answered from our own record."""

from __future__ import annotations

import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind
from guanxi.services.arguments import shown
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Entry, Known, Names, Plan, Service


class Accounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No arguments: the customer is the actor."""


def names(request: ServiceRequest) -> Names:
    """All that the actor holds."""
    return Names(party=request.actor.party_id)


def plan(request: ServiceRequest, known: Known) -> Plan:
    """No leg: one durable inquiry."""
    party_id = request.actor.party_id
    accounts = [
        {
            "number": account.number,
            "product": account.product,
            "currency": account.currency,
            "status": account.status,
            "ledger_balance": shown(account.ledger_balance, account.currency),
            "available_balance": shown(account.available_balance, account.currency),
            "role": "owner" if account.owner_id == party_id else "authorised",
        }
        for account in known.accounts.values()
    ]
    cards = [
        {
            "id": str(card.id),
            "number": card.masked_number,
            "kind": card.kind,
            "product": card.product,
            "status": card.status,
            "expires": f"{card.expires_on:%Y-%m}",
            "account": card.account_number,
        }
        for key, card in known.cards.items()
        if key == card.number_hash and card.party_id == party_id
    ]
    entries = (Entry(party_id),) if party_id else ()
    return Plan(entries=entries, result={"accounts": accounts, "cards": cards})


SERVICE = Service(
    name="accounts",
    kind=InteractionKind.INQUIRY,
    arguments=Accounts,
    channels=frozenset({Channel.INTERNET, Channel.MOBILE, Channel.TELEPHONE, Channel.CALL_CENTRE, Channel.BRANCH}),
    names=names,
    plan=plan,
)
