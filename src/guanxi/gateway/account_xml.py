"""What a corporate customer is told of an account, as ISO 20022 messages made from the account's newest entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from guanxi.gateway import problems
from guanxi.gateway.answers import Answer, xml_answer
from guanxi.gateway.errors import RefusedForReason
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call
from guanxi.kernel.identity import uuid7
from guanxi.kernel.iso20022.account_messages import (
    AccountReport,
    Balance,
    Entry,
    References,
    TransactionCode,
    TransactionDetail,
)
from guanxi.kernel.iso20022.write_account import write_notification, write_statement
from guanxi.kernel.vocabulary import Channel, Outcome, Reason
from guanxi.services.catalogue.account_report import AccountReport as Asked
from guanxi.services.request import Actor, ServiceReply, ServiceRequest

Write = Callable[[str, dt.datetime, AccountReport], bytes]
_SENT: Final = TransactionCode("PMNT", "ICDT", "OTHR")  # ISO 20022 bank transaction codes: issued credit transfer
_RECEIVED: Final = TransactionCode("PMNT", "RCDT", "OTHR")  # received credit transfer


async def statement(gateway: Gateway, call: Call) -> Answer:
    """The account's camt.053."""
    return await _answer(gateway, call, "camt.053", write_statement)


async def notification(gateway: Gateway, call: Call) -> Answer:
    """The account's camt.054."""
    return await _answer(gateway, call, "camt.054", write_notification)


async def _answer(gateway: Gateway, call: Call, name: str, write: Write) -> Answer:
    reply = await _ask(gateway, call)
    if reply.outcome is not Outcome.COMPLETED:
        return problems.not_done(reply)
    report = account_report(reply, gateway.configuration.bank_bic, call.received_at)
    message_id = reply.request_id.hex
    return xml_answer(write(message_id, call.received_at, report), name=f"{name}-{report.account}-{message_id}.xml")


async def _ask(gateway: Gateway, call: Call) -> ServiceReply:
    session, request_id = call.signed_in, uuid7()
    if session.channel is not Channel.CORPORATE_FILE:
        raise RefusedForReason(Reason.NOT_PERMITTED)
    try:
        arguments = msgspec.convert({"account": call.path["number"]}, Asked)
    except msgspec.ValidationError:
        raise RefusedForReason(Reason.ACCOUNT_UNKNOWN) from None
    request = ServiceRequest(
        id=request_id,
        channel=session.channel,
        service="account_report",
        idempotency_key=f"{session.party_id.hex}:{request_id.hex}",
        actor=Actor("party", str(session.party_id), session.party_id),
        arguments=arguments,
        received_at=call.received_at,
    )
    return await gateway.exchange.handle(request)


def account_report(reply: ServiceReply, bic: str, at: dt.datetime) -> AccountReport:
    """What the system told of the account. The opening balance is the closing one less the entries between them."""
    told = reply.result
    number, currency = str(told.get("number", "")), str(told.get("currency", ""))
    entries = tuple(_entry(position, entry, number, currency) for position, entry in enumerate(_oldest_first(told)))
    closing, available = Decimal(told["ledger_balance"]), Decimal(told["available_balance"])
    opening = closing - sum((entry.amount for entry in entries), Decimal(0))
    since = entries[0].booked_at if entries else at
    return AccountReport(
        id=reply.request_id.hex,
        created_at=at,
        account=number,
        currency=currency,
        owner="",
        servicer=bic,
        from_moment=since,
        to_moment=at,
        electronic_sequence="",
        legal_sequence="",
        copy_duplicate="",
        page="",
        balances=(
            Balance("OPBD", opening, currency, since),
            Balance("CLBD", closing, currency, at),
            Balance("CLAV", available, currency, at),
        ),
        entries=entries,
        additional="",
    )


def _oldest_first(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(reversed(told.get("entries", ())))


def _entry(position: int, told: Mapping[str, Any], number: str, currency: str) -> Entry:
    amount = Decimal(told["amount"])
    memo, other = str(told.get("memo") or ""), str(told.get("counterparty") or "")
    reference, _, _ = memo.partition(" ")  # the end-to-end reference of a payment comes first in what the books say
    valued = dt.date.fromisoformat(told["value_date"])
    valued_at = dt.datetime(valued.year, valued.month, valued.day, tzinfo=dt.UTC)
    code = _RECEIVED if amount >= 0 else _SENT
    detail = TransactionDetail(
        references=References(end_to_end_id=reference[:35] or "NOTPROVIDED"),
        amount=amount,
        currency=currency,
        code=TransactionCode(),
        debtor="",
        debtor_account=other if amount >= 0 else number,
        debtor_agent="",
        creditor="",
        creditor_account=number if amount >= 0 else other,
        creditor_agent="",
        remittance=(memo,) if memo else (),
        creditor_references=(),
        return_reason="",
        additional="",
    )
    return Entry(
        position=position,
        reference="",
        amount=amount,
        currency=currency,
        credit=amount >= 0,
        reversal=False,
        status="BOOK",
        booked_at=dt.datetime.fromisoformat(told["at"]) if told.get("at") else valued_at,
        valued_at=valued_at,
        servicer_reference="",
        code=code,
        batch_payment_id="",
        batch_transactions="",
        additional="",
        details=(detail,),
    )
