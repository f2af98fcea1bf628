"""What goes over the wire about customers: the schemas of the OpenAPI document, which also check what comes in."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from guanxi.parties.normalisation.record import RawDocument, RawParty

_PLAIN: Final = r"^[^\x00-\x1f\x7f]*$(?!\n)"  # text without control characters

Text = Annotated[str, msgspec.Meta(max_length=300, pattern=_PLAIN)]
Name = Annotated[str, msgspec.Meta(max_length=200, pattern=_PLAIN)]
Short = Annotated[str, msgspec.Meta(max_length=40, pattern=_PLAIN)]
Number = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=_PLAIN)]
Country = Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{2})?$(?!\n)", description="ISO 3166 alpha-2.")]
Key = Annotated[
    str, msgspec.Meta(min_length=1, max_length=64, pattern=_PLAIN, description="The record's own key in its source.")
]
Reason = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=300, pattern=_PLAIN, description="Why, for whoever looks at the customer's history."
    ),
]


class Document(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An identity document or registration as it was written; `country` is ISO 3166 alpha-2."""

    value: Number
    kind: Short = ""
    country: Country = ""


class ToldParty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A customer as a source has it. Nothing has to be clean: each field is put into one form before it is compared."""

    kind: Literal["", "person", "organisation"] = ""
    name: Name = ""
    surname: Name = ""
    given_name: Name = ""
    latin_name: Name = ""
    former_names: Annotated[tuple[Name, ...], msgspec.Meta(max_length=20)] = ()
    gender: Short = ""
    birth_date: Short = ""
    documents: Annotated[tuple[Document, ...], msgspec.Meta(max_length=20)] = ()
    phones: Annotated[tuple[Short, ...], msgspec.Meta(max_length=20)] = ()
    emails: Annotated[tuple[Text, ...], msgspec.Meta(max_length=20)] = ()
    address: Text = ""
    province: Short = ""
    city: Short = ""
    district: Short = ""
    postcode: Short = ""
    country: Country = "CN"
    date_order: Literal["ymd", "dmy", "mdy"] = "ymd"

    def raw(self) -> RawParty:
        """As normalisation takes it."""
        fields = {name: getattr(self, name) for name in RawParty.__struct_fields__}
        documents = tuple(RawDocument(each.value, each.kind, each.country) for each in self.documents)
        return RawParty(**{**fields, "documents": documents})


class TellRecord(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a source says of one record. `told_at` is as of when; `sent` is kept beside it, column by column."""

    party: ToldParty
    told_at: dt.datetime | None = None
    sent: dict[str, Any] | None = None


class RecordLine(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of many records: as one record, with its key. Without `party` the record is gone from its source."""

    key: Key
    party: ToldParty | None = None
    told_at: dt.datetime | None = None
    sent: dict[str, Any] | None = None


class RecordOutcome(msgspec.Struct, frozen=True):
    """What came of a record, and whose it is. `customer` is null while nothing in it says who it is."""

    key: str
    state: Literal["added", "changed", "unchanged", "stale", "gone"]
    record: int
    version: int
    customer: uuid.UUID | None
    number: str
    linked_by: Literal["", "source", "automatic", "staff"]
    confidence: float
    doubtful_pairs: int


class LineOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of one line; `line` counts from 1. The last line of the answer has the totals and `done`."""

    line: int = 0
    accepted: bool = False
    key: str = ""
    state: str = ""
    customer: uuid.UUID | None = None
    number: str = ""
    code: str = ""
    detail: str = ""
    errors: list[dict[str, str]] = []
    done: bool = False
    lines: int = 0
    rejected: int = 0


class NewCustomer(ToldParty, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A customer as the machine client has it; `key` is the client's own name for it, if it has one."""

    key: Key | UnsetType = UNSET
    custom: dict[str, Any] = {}


class CustomerChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Fields that are to have another value; null takes a value away; what is not named stays."""

    name: Name | UnsetType = UNSET
    latin_name: Name | UnsetType | None = UNSET
    birth_date: Short | UnsetType | None = UNSET
    gender: Short | UnsetType | None = UNSET
    language: Short | UnsetType = UNSET
    branch: Short | UnsetType | None = UNSET
    occupation: Text | UnsetType | None = UNSET
    tier: Short | UnsetType | None = UNSET
    phone: Short | UnsetType | None = UNSET
    email: Text | UnsetType | None = UNSET
    address: Text | UnsetType | None = UNSET
    custom: dict[str, Any] = {}


class MergeInto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is the same customer as the one in the path, and from now on part of it."""

    absorb: uuid.UUID
    reason: Reason


class UndoMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a merge or a split is taken back."""

    reason: Reason


class Moved(msgspec.Struct, frozen=True):
    """What was done: `move` is what takes it back; of an undo, the undo itself."""

    move: uuid.UUID
    kind: Literal["merge", "split", "undo"]
    customer: uuid.UUID
    other: uuid.UUID


class HeldContactPoint(msgspec.Struct, frozen=True):
    """Where a customer can be reached; telephone numbers in E.164."""

    kind: Literal["phone", "email", "address"]
    value: str
    purpose: str
    preferred: bool
    source: str
    since: dt.datetime


class HeldIdentifier(msgspec.Struct, frozen=True):
    """A document or number that identifies the customer."""

    kind: str
    value: str
    issuing_country: str


class LinkedRecord(msgspec.Struct, frozen=True):
    """A record of a source that is this customer's."""

    source: str
    key: str
    version: int
    told_at: dt.datetime
    gone: bool
    linked_by: Literal["source", "automatic", "staff"]
    confidence: float


class FieldOrigin(msgspec.Struct, frozen=True):
    """Which source's word stands in a field, and which rule decided."""

    value: str
    source: str
    rule: str
    told_at: dt.datetime | None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A golden record, with everything it is made of. `absorbed` are customers that were found to be this one."""

    id: uuid.UUID
    number: str
    kind: Literal["person", "organisation"]
    name: str
    latin_name: str
    birth_date: dt.date | None
    gender: str
    language: str
    branch: str
    occupation: str
    tier: str
    customer_since: dt.date | None
    custom: dict[str, Any]
    contact_points: list[HeldContactPoint]
    identifiers: list[HeldIdentifier]
    records: list[LinkedRecord]
    provenance: dict[str, FieldOrigin]
    absorbed: list[uuid.UUID]


class FoundCustomer(msgspec.Struct, frozen=True):
    """A customer in a list; `found_by` says what met the question, and is empty where none was asked."""

    id: uuid.UUID
    number: str
    name: str
    latin_name: str
    kind: str
    tier: str
    branch: str
    found_by: str = ""


class FoundCustomers(msgspec.Struct, frozen=True):
    """A page of customers; `cursor` asks for the next one and is null on the last."""

    customers: list[FoundCustomer]
    cursor: str | None


_ID: Final = "0196a1f0-4f00-7c3a-9d2e-5b1f0c8e7a64"
CUSTOMER_EXAMPLE: Final[dict[str, Any]] = {
    "id": _ID,
    "number": "200000017",
    "kind": "person",
    "name": "王小明",
    "latin_name": "Wang Xiaoming",
    "birth_date": "1986-03-02",
    "gender": "M",
    "language": "zh-Hans",
    "branch": "",
    "occupation": "",
    "tier": "",
    "customer_since": None,
    "custom": {"risk": "low"},
    "contact_points": [
        {
            "kind": "phone",
            "value": "+8613816162727",
            "purpose": "home",
            "preferred": True,
            "source": "cards",
            "since": "2026-05-03T00:00:00+00:00",
        }
    ],
    "identifiers": [{"kind": "resident_id", "value": "310101198603021231", "issuing_country": "CN"}],
    "records": [
        {
            "source": "cards",
            "key": "C-4711",
            "version": 2,
            "told_at": "2026-05-03T00:00:00+00:00",
            "gone": False,
            "linked_by": "automatic",
            "confidence": 0.9999,
        }
    ],
    "provenance": {
        "phone": {
            "value": "+8613816162727",
            "source": "cards",
            "rule": "recency",
            "told_at": "2026-05-03T00:00:00+00:00",
        }
    },
    "absorbed": [],
}
PARTY_EXAMPLE: Final[dict[str, Any]] = {
    "name": "王小明",
    "birth_date": "1986-03-02",
    "documents": [{"value": "310101198603021231", "kind": "resident_id"}],
    "phones": ["138 1616 2727"],
    "address": "上海市黄浦区南京东路1号",
}
OUTCOME_EXAMPLE: Final[dict[str, Any]] = {
    "key": "C-4711",
    "state": "changed",
    "record": 1200041,
    "version": 2,
    "customer": _ID,
    "number": "200000017",
    "linked_by": "automatic",
    "confidence": 0.9999,
    "doubtful_pairs": 0,
}
MOVED_EXAMPLE: Final[dict[str, Any]] = {
    "move": "0196a1f0-5a10-7e11-8c55-2f6d0b1c9e37",
    "kind": "merge",
    "customer": _ID,
    "other": "0196a1f0-4f00-7c3a-9d2e-5b1f0c8e7a65",
}
FOUND_EXAMPLE: Final[dict[str, Any]] = {
    "customers": [
        {
            "id": _ID,
            "number": "200000017",
            "name": "王小明",
            "latin_name": "Wang Xiaoming",
            "kind": "person",
            "tier": "",
            "branch": "",
            "found_by": "name",
        }
    ],
    "cursor": None,
}
