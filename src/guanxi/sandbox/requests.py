"""What may be asked of the sandbox bank, and the sentence that names the field when it does not fit."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from guanxi.kernel.money import CURRENCIES
from guanxi.sandbox.errors import RequestInvalid

BILLERS: Final = ("water", "electricity", "gas", "telecom", "property", "tuition", "tax")
LARGEST_BATCH: Final = 1000

Shape = TypeVar("Shape")
Amount = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?\Z")]
Signed = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,4})?\Z")]
Number = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{1,34}\Z")]
Text = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*\Z")]
Operations = Literal[
    "withdraw",
    "purchase",
    "transfer",
    "debit",
    "credit",
    "hold",
    "capture",
    "release",
    "disburse",
    "finance_premium",
    "repay",
]
_PARTNERS: Final = {
    "pay_bill": ("biller",),
    "subscribe_fund": ("fund",),
    "pay_premium": ("policy",),
    "send_payment": ("to_account", "bank"),
}
_FIELD: Final = re.compile(r"at `\$(?:\[\d+\])?\.?([\w.\[\]]*)`|^(\w+): |field `(\w+)`")


class Operation(msgspec.Struct, frozen=True):
    """One movement asked for. `id` names it for ever."""

    id: uuid.UUID
    operation: Operations
    account: Number
    amount: Amount
    currency: str
    to_account: Number | None = None
    hold: uuid.UUID | None = None
    memo: Text = ""
    value_date: dt.date | None = None
    expires_at: dt.datetime | None = None  # of a hold; seven days when absent
    purpose: Literal["bill", "payment"] = "bill"  # of a capture: who is paid with it

    def __post_init__(self) -> None:
        _check_amount(self.amount, self.currency)


class PartnerOperation(msgspec.Struct, frozen=True):
    """One operation of intermediary business: a bill, a fund subscription, a premium, a payment to another bank."""

    id: uuid.UUID
    operation: Literal["pay_bill", "subscribe_fund", "pay_premium", "send_payment"]
    amount: Amount
    currency: str
    biller: Text | None = None
    fund: Text | None = None
    policy: Text | None = None
    bill_reference: Text = ""
    to_account: Number | None = None
    bank: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{1,35}\Z")] | None = None
    creditor: Text = ""
    end_to_end_id: Text = ""

    def __post_init__(self) -> None:
        _check_amount(self.amount, self.currency)
        for field in _PARTNERS[self.operation]:
            if not getattr(self, field):
                raise ValueError(f"{field}: {self.operation} needs it")


class Arrangement(msgspec.Struct, frozen=True):
    """Something agreed that moves no money: an account opened, a card issued, a mandate to pay a biller."""

    id: uuid.UUID
    operation: Literal["open_account", "issue_card", "register_mandate"]
    account: Annotated[str, msgspec.Meta(pattern=r"^(?!GL-)[0-9A-Za-z-]{4,34}\Z")]
    currency: str
    product: Text = ""
    owner: Text = ""
    biller: Text | None = None
    bill_reference: Text = ""
    limit: Amount | None = None  # of one payment under a mandate

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ValueError(f"currency: {self.currency[:8]!r} is not kept here")
        if self.operation == "register_mandate" and not (self.biller and self.limit):
            raise ValueError("biller: a mandate needs it, and a limit")


class Undo(msgspec.Struct, frozen=True):
    """By what an operation is to be undone, when the asker says so."""

    by: Literal["reversal", "close_account", "cancel_card", "withdraw_mandate"] | None = None


class NewAccount(msgspec.Struct, frozen=True):
    """An account to be opened with money in it."""

    number: Annotated[str, msgspec.Meta(pattern=r"^(?!GL-)[0-9A-Za-z-]{4,34}\Z")]
    currency: str
    product: Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[^\x00]*\Z")] = ""
    owner: Text = ""
    opening_balance: Signed = "0"
    opened_on: dt.date | None = None  # the value date of the opening balance
    credit_limit: Amount = "0"
    annual_rate: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?\Z")] = "0"
    pan: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{12,19}\Z")] | None = None
    expires: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{2}(0[1-9]|1[0-2])\Z")] | None = None

    def __post_init__(self) -> None:
        _check_places("opening_balance", self.opening_balance, self.currency)


class NewStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an account is to become."""

    status: Literal["open", "blocked", "closed"]


class Accounts(msgspec.Struct, frozen=True):
    """Accounts to be opened together."""

    accounts: list[NewAccount]


class Batch(msgspec.Struct, frozen=True):
    """Operations to be carried out together; each is read, and answered, on its own."""

    operations: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=LARGEST_BATCH)]


class Day(msgspec.Struct, frozen=True):
    """A business day."""

    date: dt.date


class _Named(msgspec.Struct, frozen=True):
    id: uuid.UUID


class _Kind(msgspec.Struct, frozen=True):
    operation: str = ""


AnyOperation = Operation | PartnerOperation | Arrangement
_ARRANGEMENTS: Final = frozenset({"open_account", "issue_card", "register_mandate"})


def shape_of(raw: bytes | msgspec.Raw, system: str) -> type[AnyOperation]:
    """What `raw` is meant to be in `system`."""
    if read(raw, _Kind).operation in _ARRANGEMENTS:
        return Arrangement
    return PartnerOperation if system == "intermediary" else Operation


def read(raw: bytes | msgspec.Raw, shape: type[Shape]) -> Shape:
    """`raw` JSON as `shape`; `RequestInvalid` names the field that does not fit."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        found = _FIELD.search(str(error))
        field = next(filter(None, found.groups()), "") if found else ""
        raise RequestInvalid(
            f"The body does not fit: {error}.", next_step="See the sandbox reference.", field=field
        ) from None


def read_each(raws: list[msgspec.Raw], system: str) -> list[AnyOperation | dict[str, str]]:
    """Each of `raws` as `system` reads it, or the refusal of what does not fit, so that it costs the others nothing.

    One that names no id cannot be answered, so it is the whole body that does not fit.
    """
    return [_read_one(raw, system) for raw in raws]


def _read_one(raw: msgspec.Raw, system: str) -> AnyOperation | dict[str, str]:
    try:
        return read(raw, shape_of(raw, system))
    except RequestInvalid as error:
        reason = "invalid_amount" if error.data["field"] == "amount" else "invalid_request"
        return {"id": str(read(raw, _Named).id), "status": "refused", "reason": reason, "detail": str(error)}


def _check_amount(amount: str, currency: str) -> None:
    if not amount.strip("0."):
        raise ValueError("amount: nothing would move")
    _check_places("amount", amount, currency)


def _check_places(field: str, amount: str, currency: str) -> None:
    if currency not in CURRENCIES:
        raise ValueError(f"currency: {currency[:8]!r} is not kept here")
    places = CURRENCIES[currency][1]
    if len(amount.partition(".")[2].rstrip("0")) > places:
        raise ValueError(f"{field}: {currency} has {places} decimal places")
