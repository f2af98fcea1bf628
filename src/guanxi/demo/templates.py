"""The kinds of things that happen in the demo bank: each is one layout of a timeline row."""

from __future__ import annotations

import dataclasses
import functools
import json

from guanxi.demo import facts
from guanxi.kernel.vocabulary import Channel, InteractionKind, Outcome
from guanxi.storage.copy_rows import Bytes, json_documents


@dataclasses.dataclass(frozen=True, slots=True)
class Template:
    """What all interactions of one sort have in common. `details` is a name from `details()`."""

    channel: Channel
    kind: InteractionKind
    service: str
    outcome: Outcome = Outcome.COMPLETED
    system: str = ""
    operation: str = ""
    details: str = ""
    milliseconds: int = 0  # usual duration; 0 where nobody waited


@functools.cache
def legs_of(template: Template) -> bytes | None:
    """The legs column of a template as jsonb input, when a back-end was called."""
    if not template.system:
        return None
    state = "confirmed" if template.outcome is Outcome.COMPLETED else "failed"
    leg = {"system": template.system, "operation": template.operation, "state": state}
    return b"\x01" + json.dumps([leg]).encode()


@functools.cache
def details(name: str) -> Bytes:
    """The table of detail documents that rows of a template draw from."""
    return json_documents([json.dumps(document, ensure_ascii=False) for document in _documents(name)])


def _documents(name: str) -> list[dict[str, str]]:
    places = facts.places()
    if name == "merchants":
        return [{"merchant": merchant.name, "category": merchant.category} for merchant in places.merchants]
    if name == "machines":
        machines = [terminal for terminal in places.terminals if terminal.kind == "atm"]
        return [{"terminal": machine.terminal_id, "place": machine.name} for machine in machines]
    if name == "billers":
        return [{"biller": biller.code, "name": biller.name} for biller in places.billers]
    if name == "branches":
        return [{"branch": branch.code, "name": branch.name} for branch in places.branches]
    if name == "insufficient":
        return [{"reason": "insufficient_funds"}]
    reasons = ["fee_question", "card_not_received", "statement_copy", "password_reset", "product_question", "address"]
    return [{"contact_reason": reason} for reason in reasons]


_T, _I, _S, _C = (
    InteractionKind.TRANSACTION,
    InteractionKind.INQUIRY,
    InteractionKind.SERVICE,
    InteractionKind.CONTACT,
)
FORWARD = Template(Channel.BACK_OFFICE, _T, "balance_brought_forward")
SALARY = Template(Channel.BACK_OFFICE, _T, "salary")
PENSION = Template(Channel.BACK_OFFICE, _T, "pension")
TURNOVER = Template(Channel.CORPORATE_FILE, _T, "incoming_payment")
PAYMENTS = Template(Channel.CORPORATE_FILE, _T, "outgoing_payment")
RENT = Template(Channel.BACK_OFFICE, _T, "standing_order")
INTEREST = Template(Channel.BACK_OFFICE, _T, "interest")
INSTALMENT = Template(Channel.BACK_OFFICE, _T, "loan_instalment")
REPAYMENT = Template(Channel.BACK_OFFICE, _T, "loan_repayment")
CARD_SETTLEMENT = Template(Channel.BACK_OFFICE, _T, "card_settlement")
CARD_PAYMENT = Template(Channel.BACK_OFFICE, _T, "card_payment_received")
PURCHASE = Template(Channel.POS, _T, "purchase", Outcome.COMPLETED, "savings", "purchase", "merchants", 60)
CREDIT_PURCHASE = Template(Channel.POS, _T, "purchase", Outcome.COMPLETED, "cards", "purchase", "merchants", 85)
REFUSED_PURCHASE = Template(Channel.POS, _T, "purchase", Outcome.DECLINED, "savings", "purchase", "insufficient", 55)
WITHDRAWAL = Template(Channel.ATM, _T, "cash_withdrawal", Outcome.COMPLETED, "savings", "withdraw", "machines", 110)
REFUSED_WITHDRAWAL = Template(
    Channel.ATM, _T, "cash_withdrawal", Outcome.DECLINED, "savings", "withdraw", "insufficient", 90
)
TRANSFER_MOBILE = Template(Channel.MOBILE, _T, "internal_transfer", Outcome.COMPLETED, "savings", "transfer", "", 70)
TRANSFER_INTERNET = Template(
    Channel.INTERNET, _T, "internal_transfer", Outcome.COMPLETED, "savings", "transfer", "", 75
)
BILL_MOBILE = Template(
    Channel.MOBILE, _T, "bill_payment", Outcome.COMPLETED, "intermediary", "pay_bill", "billers", 240
)
BILL_INTERNET = Template(
    Channel.INTERNET, _T, "bill_payment", Outcome.COMPLETED, "intermediary", "pay_bill", "billers", 260
)
COUNTER_DEPOSIT = Template(Channel.BRANCH, _T, "cash_deposit", Outcome.COMPLETED, "savings", "credit", "branches", 400)
BALANCE_MOBILE = Template(Channel.MOBILE, _I, "balance", milliseconds=18)
BALANCE_INTERNET = Template(Channel.INTERNET, _I, "balance", milliseconds=20)
BALANCE_ATM = Template(Channel.ATM, _I, "balance", details="machines", milliseconds=35)
STATEMENT_INTERNET = Template(Channel.INTERNET, _I, "mini_statement", milliseconds=40)
SIGN_IN_MOBILE = Template(Channel.MOBILE, InteractionKind.SECURITY, "sign_in", milliseconds=95)
SIGN_IN_INTERNET = Template(Channel.INTERNET, InteractionKind.SECURITY, "sign_in", milliseconds=105)
VISIT = Template(Channel.BRANCH, _C, "branch_visit", details="branches")
CALL = Template(Channel.CALL_CENTRE, _C, "call", details="reasons")
LETTER = Template(Channel.MAIL, _C, "letter", details="reasons")
COMPLAINT = Template(Channel.CALL_CENTRE, _S, "submit_complaint", details="reasons", milliseconds=30)
