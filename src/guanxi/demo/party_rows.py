"""The rows of a chunk's parties and holdings, table by table, in the order in which they may be written."""

from __future__ import annotations

import datetime as dt
import json
import random
import uuid
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

import argon2

from guanxi.access.cards import mask_number, number_hash
from guanxi.access.pin import PinVerificationKey, pin_verification_key
from guanxi.demo.customers import FIRST_NUMBER, Customer
from guanxi.demo.holdings import Holdings
from guanxi.parties.relationships.kinds import stored
from guanxi.parties.search_tokens import Findable, fuzzy_keys_of, to_tsvector_text, tokens_of

CREDENTIALS: Final = 1_000  # customers who can sign in: a password costs a millisecond even when hashed cheaply
_CHEAP: Final = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
_TIERS: Final = (("diamond", 1_000_000), ("gold", 300_000), ("silver", 100_000), ("basic", -(10**15)))

Rows = Iterator[tuple[Any, ...]]
Table = tuple[str, tuple[str, ...], Iterable[tuple[Any, ...]]]


def party_tables(
    seed: int, customers: list[Customer], held: Holdings, until: dt.datetime, secret_key: str
) -> list[Table]:
    """(table, columns, rows) of everything about the customers but their interactions."""
    sources = _source_rows(seed, customers, held)
    return [
        ("parties_party", _PARTY, (_party(customer, until) for customer in customers)),
        ("parties_identifier", _IDENTIFIER, ((customer.id, *customer.identifier) for customer in customers)),
        ("parties_contactpoint", _CONTACT, _contacts(customers)),
        ("parties_sourcerecord", _SOURCE, (source for source, _ in sources)),
        ("parties_link", _LINK, (link for _, link in sources)),
        ("parties_relationship", ("from_party_id", "to_party_id", "kind"), _relationships(customers)),
        ("parties_account", _ACCOUNT, _accounts(held, until)),
        ("parties_accountholder", ("account_id", "party_id", "role"), _holders(held)),
        ("parties_card", _CARD, _cards(held, until, secret_key)),
        ("parties_loan", _LOAN, _loans(customers, held)),
        ("parties_standingorder", _ORDER, _orders(seed, held)),
        ("access_customercredential", _CREDENTIAL, _credentials(customers)),
        ("parties_partysearch", ("party_id", "tokens", "fuzzy"), _search(customers, held)),
    ]


def password_of(customer_number: str) -> str:
    """The password of a demo customer who has one; empty for the others."""
    return f"guanxi-{customer_number[-4:]}" if int(customer_number) < FIRST_NUMBER + CREDENTIALS else ""


_PARTY: Final = (
    *("id", "number", "kind", "name", "latin_name", "birth_date", "gender", "language", "branch", "occupation"),
    *("tier", "customer_since", "created_at", "updated_at"),
)
_IDENTIFIER: Final = ("party_id", "kind", "value", "issuing_country")
_CONTACT: Final = ("party_id", "kind", "value", "purpose", "preferred", "source", "valid_from")
_SOURCE: Final = ("id", "source", "key", "version", "content", "mapped", "received_at")
_LINK: Final = ("source_record_id", "party_id", "evidence", "confidence", "linked_at")
_ACCOUNT: Final = (
    *("id", "number", "system", "product", "currency", "status", "branch", "opened_on"),
    *("ledger_balance", "available_balance", "balance_at"),
)
_CARD: Final = (
    *("id", "number_hash", "masked_number", "kind", "product", "account_id", "party_id", "status", "expires_on"),
    *("issued_on", "pin_verification_value", "pin_failures"),
)
_LOAN: Final = (
    *("account_id", "principal", "outstanding", "annual_rate", "term_months", "instalment", "granted_on", "standing"),
    "repaid_from_id",
)
_ORDER: Final = ("account_id", "reference", "to_bank", "to_account", "amount", "purpose")
_CREDENTIAL: Final = ("party_id", "login", "password_hash", "failed_attempts")


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(4), dt.UTC)


def _party(customer: Customer, until: dt.datetime) -> tuple[Any, ...]:
    scale = 10 if customer.kind == "organisation" else 1
    tier = next(name for name, least in _TIERS if customer.balance >= least * scale)
    joined = _noon(customer.since)
    return (
        *(customer.id, customer.number, customer.kind, customer.name, customer.latin_name, customer.birth_date),
        *(customer.gender, customer.language, customer.branch, customer.occupation, tier, customer.since),
        *(joined, until),
    )


def _contacts(customers: list[Customer]) -> Rows:
    for customer in customers:
        purpose = "work" if customer.kind == "organisation" else "home"
        for kind, value in (("phone", customer.phone), ("email", customer.email), ("address", customer.address)):
            yield (customer.id, kind, value, purpose, kind == "phone", "savings", _noon(customer.since))


def _relationships(customers: list[Customer]) -> Rows:
    """Each once: both of a couple know of the other."""
    told = {stored(customer.id, kind, other) for customer in customers for kind, other in customer.relations}
    yield from sorted(told)


def _source_rows(seed: int, customers: list[Customer], held: Holdings) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Each customer as every system that keeps an account of theirs knows them: not always the same way."""
    random_ = random.Random(f"{seed}/sources/{customers[0].index}")  # noqa: S311 - invented, repeatable
    seen: set[tuple[str, uuid.UUID]] = set()
    found = []
    for account in held.accounts:
        customer, system = account.holder, account.system
        if (system, customer.id) in seen:
            continue
        seen.add((system, customer.id))
        record = uuid.UUID(int=random_.getrandbits(128), version=4)
        content, evidence, confidence = _as_known(random_, customer, system)
        at = _noon(account.opened_on)
        source = (
            record,
            system,
            f"{system[0].upper()}{customer.number}",
            1,
            json.dumps(content, ensure_ascii=False),
            json.dumps(_mapped(customer, content), ensure_ascii=False),
            at,
        )
        found.append((source, (record, customer.id, json.dumps(evidence), confidence, at)))
    return found


def _as_known(random_: random.Random, customer: Customer, system: str) -> tuple[dict[str, str], dict[str, str], float]:
    content = {
        "name": customer.name,
        "birth_date": customer.birth_date.isoformat(),
        customer.identifier[0]: customer.identifier[1],
        "phone": customer.phone,
        "address": customer.address,
    }
    evidence, confidence = {customer.identifier[0]: "same", "name": "same"}, 1.0
    if system == "cards":
        content["name"] = customer.latin_name.upper()
        content["phone"] = customer.phone.removeprefix("+86")
        evidence["name"] = "same when romanised"
    elif system == "loans" and random_.random() < 0.2:
        del content[customer.identifier[0]]
        content["birth_date"] = customer.birth_date.replace(day=random_.randrange(1, 28)).isoformat()
        evidence, confidence = {"name": "same", "phone": "same", "birth_date": "day differs"}, 0.97
    return content, evidence, confidence


def _mapped(customer: Customer, content: dict[str, str]) -> dict[str, Any]:
    """What the columns of a demo system mean, as `parties.normalisation` takes it."""
    kind, country = customer.identifier[0], customer.identifier[2]
    documents = [{"value": content[kind], "kind": kind, "country": country}] if kind in content else []
    common = {key: content[key] for key in ("name", "birth_date", "address")}
    return {**common, "kind": customer.kind, "phones": [content["phone"]], "documents": documents}


def _accounts(held: Holdings, until: dt.datetime) -> Rows:
    for account in held.accounts:
        available = Decimal(0) if account.system == "loans" else account.balance + account.credit_limit
        yield (
            *(account.id, account.number, account.system, account.product, account.currency, "open"),
            *(account.holder.branch, account.opened_on, account.balance, available, until),
        )


def _holders(held: Holdings) -> Rows:
    """Owners; a spouse may use the main account of the other."""
    for account in held.accounts:
        yield account.id, account.holder.id, "owner"
        spouse = next((other for kind, other in account.holder.relations if kind == "spouse"), None)
        if account.system == "savings" and spouse and account.holder.index and account.holder.index % 3 == 0:
            yield account.id, spouse, "authorised"


def _cards(held: Holdings, until: dt.datetime, secret_key: str) -> Rows:
    key: PinVerificationKey = pin_verification_key(secret_key)
    for card in held.cards:
        active = card.account.holder.index % 97 != 5
        yield (
            *(card.id, number_hash(secret_key, card.number), mask_number(card.number), card.kind, card.product),
            *(card.account.id, card.account.holder.id),
            "expired" if card.expires_on < until.date() else "active" if active else "blocked",
            *(card.expires_on, card.issued_on, key.value(card.pin, card.number), 0),
        )


def _loans(customers: list[Customer], held: Holdings) -> Rows:
    first = customers[0].index
    for loan in held.loans:
        main = held.accounts[loan.account.holder.index - first]
        yield (
            *(loan.account.id, loan.principal, -loan.account.balance, loan.annual_rate, loan.term_months),
            *(loan.instalment, loan.account.opened_on, "running" if loan.account.balance else "repaid", main.id),
        )


def _orders(seed: int, held: Holdings) -> Rows:
    random_ = random.Random(f"{seed}/orders/{held.accounts[0].number}")  # noqa: S311 - invented, repeatable
    for account in held.accounts:
        if account.system == "savings" and random_.random() < 0.3:
            amount = Decimal(random_.randrange(3, 60)) * 100
            yield account.id, f"SO{account.number}", "104100", f"62{random_.randrange(10**14):014d}", amount, "rent"


def _search(customers: list[Customer], held: Holdings) -> Rows:
    accounts: dict[uuid.UUID, list[str]] = {}
    cards: dict[uuid.UUID, list[str]] = {}
    for account in held.accounts:
        accounts.setdefault(account.holder.id, []).append(account.number)
    for card in held.cards:
        cards.setdefault(card.account.holder.id, []).append(card.number)
    for customer in customers:
        found = Findable(
            customer.name,
            customer.latin_name,
            customer.number,
            [customer.identifier[1]],
            [customer.phone],
            [customer.email],
            accounts.get(customer.id, []),
            cards.get(customer.id, []),
        )
        yield customer.id, to_tsvector_text(tokens_of(found)), sorted(fuzzy_keys_of(found))


def _credentials(customers: list[Customer]) -> Rows:
    for customer in customers:
        if password := password_of(customer.number):
            yield customer.id, customer.number, _CHEAP.hash(password), 0
