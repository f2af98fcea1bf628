"""What every plan keeps to, whatever is asked and whatever is known: pure, exact, and nobody else's money."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from guanxi.exchange.process import SERVICES
from guanxi.kernel.money import CURRENCIES, Money
from guanxi.kernel.vocabulary import Channel, Reason
from guanxi.services.catalogue.bill_payment import BillPayment
from guanxi.services.catalogue.cash_withdrawal import CashWithdrawal
from guanxi.services.catalogue.internal_transfer import InternalTransfer
from guanxi.services.catalogue.purchase import Purchase
from guanxi.services.request import Actor, ServiceRequest
from guanxi.services.service import Known, KnownAccount, KnownCard, Plan

AT = dt.datetime(2026, 5, 4, 9, 30, tzinfo=dt.UTC)
PARTIES = [uuid.UUID(int=number) for number in range(1, 4)]
NUMBERS = ["6001", "6002", "6003"]
CARD = "ab" * 32
SYSTEMS = ["savings", "integrated", "loans", "cards", "berka"]

parties = st.sampled_from(PARTIES)
currencies = st.sampled_from(["CNY", "JPY", "KWD", "USD", "XXX"])
amounts = st.one_of(
    st.decimals(),  # with NaN and infinities
    st.decimals(min_value=0, max_value=10**16, places=2),
    st.decimals(min_value=-10, max_value=1000, places=4),
    st.builds(Decimal, st.sampled_from(["1E+999999", "1E-999999", "0E+50", "-0", "0.01", "1"])),
)


@st.composite
def accounts(draw: st.DrawFn, number: str) -> KnownAccount:
    holders = tuple(draw(st.lists(parties, unique=True)))
    return KnownAccount(
        id=uuid.uuid5(uuid.NAMESPACE_OID, number),
        number=number,
        system=draw(st.sampled_from(SYSTEMS)),
        product="current",
        currency=draw(currencies),
        status=draw(st.sampled_from(["open", "blocked", "closed"])),
        ledger_balance=Decimal(0),
        available_balance=Decimal(0),
        owner_id=holders[0] if holders and draw(st.booleans()) else None,
        holders=holders,
    )


@st.composite
def cards(draw: st.DrawFn) -> KnownCard:
    return KnownCard(
        id=uuid.UUID(int=9),
        number_hash=CARD,
        masked_number="622202******0001",
        kind="debit",
        product="debit",
        status=draw(st.sampled_from(["active", "blocked", "expired"])),
        expires_on=draw(st.dates(dt.date(2025, 1, 1), dt.date(2030, 1, 1))),
        party_id=draw(parties),
        account_number=draw(st.sampled_from(NUMBERS)),
    )


@st.composite
def known_things(draw: st.DrawFn) -> Known:
    present = {number: draw(accounts(number)) for number in draw(st.lists(st.sampled_from(NUMBERS), unique=True))}
    return Known(present, {CARD: draw(cards())} if draw(st.booleans()) else {})


numbers = st.sampled_from(NUMBERS)
money_requests = st.one_of(
    st.builds(InternalTransfer, numbers, numbers, amounts, currencies, st.text(max_size=20)),
    st.builds(BillPayment, numbers, st.just("water"), st.just("0001"), amounts, currencies),
    st.builds(CashWithdrawal, st.just(CARD), amounts, currencies),
    st.builds(Purchase, st.just(CARD), amounts, currencies, st.just("A shop")),
)
SERVICE_OF = {
    InternalTransfer: "internal_transfer",
    BillPayment: "bill_payment",
    CashWithdrawal: "cash_withdrawal",
    Purchase: "purchase",
}


def asked(arguments: msgspec.Struct, party: uuid.UUID) -> ServiceRequest:
    at_terminal = isinstance(arguments, CashWithdrawal | Purchase)
    actor = Actor("terminal", "ATM00001") if at_terminal else Actor("party", str(party), party)
    channel = Channel.ATM if at_terminal else Channel.INTERNET
    return ServiceRequest(
        uuid.UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000),
        channel,
        SERVICE_OF[type(arguments)],
        "k",
        actor,
        arguments,
        AT,
    )


def planned(arguments: msgspec.Struct, known: Known, party: uuid.UUID) -> Plan:
    request = asked(arguments, party)
    return SERVICES[request.service].plan(request, known)


@given(money_requests, known_things(), parties)
def test_a_plan_is_legs_or_a_refusal_and_never_an_exception(
    arguments: msgspec.Struct, known: Known, party: uuid.UUID
) -> None:
    plan = planned(arguments, known, party)
    assert bool(plan.legs) != bool(plan.declined)


@given(money_requests, known_things(), parties)
def test_the_same_request_is_planned_the_same(arguments: msgspec.Struct, known: Known, party: uuid.UUID) -> None:
    assert planned(arguments, known, party) == planned(arguments, known, party)


@given(money_requests, known_things(), parties)
def test_every_leg_moves_exactly_what_was_asked(arguments: Any, known: Known, party: uuid.UUID) -> None:
    plan = planned(arguments, known, party)
    assert len({leg.id for leg in plan.legs}) == len(plan.legs)
    for leg in plan.legs:
        assert leg.content["currency"] == arguments.currency
        amount = Decimal(leg.content["amount"])
        assert amount == arguments.amount > 0
        assert -amount.as_tuple().exponent == CURRENCIES[arguments.currency][1]


@given(money_requests, known_things(), parties)
def test_only_a_holder_of_an_open_account_is_debited(arguments: Any, known: Known, party: uuid.UUID) -> None:
    plan = planned(arguments, known, party)
    if not plan.legs:
        return
    account = known.accounts[plan.legs[0].content["account"]]
    assert account.status == "open"
    if isinstance(arguments, CashWithdrawal | Purchase):
        card = known.cards[CARD]
        assert (card.account_number, card.status) == (account.number, "active")
        assert card.expires_on >= AT.date()
    else:
        assert party in account.holders
        assert account.system not in {"cards", "loans"}


@given(money_requests, known_things(), parties)
def test_entries_can_be_kept_and_only_the_payee_gains(arguments: Any, known: Known, party: uuid.UUID) -> None:
    entries = planned(arguments, known, party).entries
    for position, entry in enumerate(entries):
        assert entry.account_id is not None or entry.amount is None
        if entry.amount is not None:
            assert (entry.amount > 0) == (position > 0)
            assert abs(entry.amount) == Money(arguments.amount, entry.currency or "").amount


@given(known_things(), parties, numbers, numbers)
def test_anothers_account_is_as_unknown_as_one_that_does_not_exist(
    known: Known, party: uuid.UUID, mine: str, other: str
) -> None:
    transfer = InternalTransfer(mine, other, Decimal(1), "CNY")
    account = known.accounts.get(mine)
    if account is None or party not in account.holders:
        plan = planned(transfer, known, party)
        bare = planned(transfer, Known(), party)
        assert plan.declined is Reason.ACCOUNT_UNKNOWN
        assert plan == bare


@given(known_things(), parties, numbers, numbers)
def test_what_a_transfer_shows_does_not_change_when_the_account_is_blocked_meanwhile(
    known: Known, party: uuid.UUID, payer: str, payee: str
) -> None:
    transfer = InternalTransfer(payer, payee, Decimal(1), "CNY")
    before = planned(transfer, known, party)
    blocked = {number: msgspec.structs.replace(account, status="blocked") for number, account in known.accounts.items()}
    after = planned(transfer, Known(blocked, known.cards), party)
    if before.legs:
        assert after.entries == before.entries


@given(known_things(), parties)
def test_a_transfer_across_systems_is_a_debit_and_a_credit(known: Known, party: uuid.UUID) -> None:
    plan = planned(InternalTransfer("6001", "6002", Decimal(5), "CNY"), known, party)
    if not plan.legs:
        return
    systems = [known.accounts[number].system for number in ("6001", "6002")]
    operations = [leg.operation for leg in plan.legs]
    assert operations == (["transfer"] if systems[0] == systems[1] else ["debit", "credit"])
    assert [leg.system for leg in plan.legs] == (systems[:1] if systems[0] == systems[1] else systems)
