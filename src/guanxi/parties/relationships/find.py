"""Finding relationships of some parties in the data: what brings them together, what that probably means, what is new.

Runs in the caller's transaction. Finding the same again changes nothing; what nobody has decided of and no longer shows
is withdrawn; what staff rejected or ended is left alone for good. Merged parties are read through.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import RawParty
from guanxi.parties.relationships.ground import Connection, Group, groups_of, pairs_in, roots_of, surviving_of
from guanxi.parties.relationships.proposals import Found, Proposal, keep
from guanxi.parties.relationships.scoring import LEAST, chance_of_paying, chance_of_wages, judge
from guanxi.parties.relationships.signs import Common, Payments, Person, in_order, years_between

_STAFF_CHANCES: Final = {"identifier": 0.99, "phone": 0.97, "email": 0.95}  # with the same name; judged, not measured
_PARTIES: Final = """
SELECT id, kind, name, latin_name, birth_date, gender, number FROM parties_party WHERE id = ANY(%s::uuid[])
"""
_SIGNATORIES: Final = """
SELECT DISTINCT signatory.party_id, owner.party_id, account.number
FROM parties_accountholder mine
JOIN parties_accountholder signatory ON signatory.account_id = mine.account_id AND signatory.role = 'authorised'
JOIN parties_accountholder owner ON owner.account_id = mine.account_id AND owner.role = 'owner'
JOIN parties_account account ON account.id = mine.account_id AND account.status <> 'closed'
WHERE mine.party_id = ANY(%s::uuid[]) LIMIT 5000
"""
_WORKFORCE: Final = """
SELECT count(*) FROM (
    SELECT FROM parties_relationship WHERE from_party_id = %s AND kind = 'employer' AND valid_to IS NULL
        AND state <> 'rejected' AND evidence -> 0 ->> 'sign' = %s LIMIT 10
) AS known
"""


class Known(NamedTuple):
    """A party as far as finding needs it."""

    kind: str
    name: str
    number: str
    person: Person


class _Signing(NamedTuple):
    signatory: uuid.UUID
    owner: uuid.UUID
    account: str


def find_relationships(
    connection: Connection, parties: Collection[uuid.UUID], payments: Sequence[Payments], at: dt.datetime
) -> Found:
    """Look at `parties` (a bounded number) once more; their common ground must be written.

    `payments` are all regular ones that they receive, and of people those that they make.
    """
    focus = set(surviving_of(connection, parties).values())
    groups = groups_of(connection, focus)
    focus.update(party for group in groups if group.crowded for party in group.parties)
    members = roots_of(connection, focus)
    signing = _signatories(connection, members)
    paid = _survivors(connection, payments)
    pairs = pairs_in(groups, focus)
    for one, other in ((each.signatory, each.owner) for each in signing):
        pairs.setdefault(frozenset((one, other)), [])
    for each in paid:
        pairs.setdefault(frozenset((each.payer, each.payee)), [])
    known = _known(connection, {party for pair in pairs for party in pair})
    proposals = [
        *_signing_proposals(signing, known),
        *_wages(connection, paid, known),
        *_between_people(pairs, signing, paid, known),
    ]
    return keep(connection, proposals, focus, at)


def _signatories(connection: Connection, members: Mapping[uuid.UUID, uuid.UUID]) -> list[_Signing]:
    rows = connection.execute(_SIGNATORIES, [list(members)]).fetchall()
    stays = surviving_of(connection, {party for row in rows for party in row[:2]})
    found = {_Signing(stays[one], stays[other], account) for one, other, account in rows}
    return sorted(each for each in found if each.signatory != each.owner)


def _survivors(connection: Connection, payments: Iterable[Payments]) -> list[Payments]:
    payments = list(payments)
    stays = surviving_of(connection, {party for each in payments for party in (each.payer, each.payee)})
    return [
        Payments(stays[p.payer], stays[p.payee], p.months, p.span, p.spread, p.payees, p.salary, p.typical)
        for p in payments
        if stays.get(p.payer) and stays.get(p.payee) and stays[p.payer] != stays[p.payee]
    ]


def _known(connection: Connection, parties: Collection[uuid.UUID]) -> dict[uuid.UUID, Known]:
    return {row[0]: _read(*row) for row in connection.execute(_PARTIES, [list(parties)])}


def _read(
    id_: uuid.UUID, kind: str, name: str, latin_name: str, born: dt.date | None, gender: str, number: str
) -> Known:
    surname = ""
    if kind != "organisation":
        surname = normalise(RawParty(kind="person", name=name, latin_name=latin_name)).surname
    return Known(kind, name, number, Person(id_, surname, born, gender))


def _signing_proposals(signing: Iterable[_Signing], known: Mapping[uuid.UUID, Known]) -> Iterator[Proposal]:
    """An account system says so: nothing to be guessed."""
    for each in signing:
        fact = _account_fact(each, known)
        yield Proposal(each.signatory, "authorised_signatory", each.owner, 1.0, [fact], origin="source")


def _wages(connection: Connection, paid: Sequence[Payments], known: Mapping[uuid.UUID, Known]) -> Iterator[Proposal]:
    """What organisations pay people: wages, or something else that comes regularly.

    Who calls some payments salaries makes others for another reason, so the two are counted apart.
    """
    here = Counter((each.payer, "salary" if each.salary else "payments") for each in paid)
    before: dict[tuple[uuid.UUID, str], int] = {}
    for each in paid:
        payer, payee = known[each.payer], known[each.payee]
        if payer.kind != "organisation" or payee.kind == "organisation":
            continue
        alike = each.payer, "salary" if each.salary else "payments"
        if alike not in before:
            row = connection.execute(_WORKFORCE, alike).fetchone()
            before[alike] = row[0] if row else 0
        payees = max(each.payees, here[alike], before[alike])
        told = Payments(*_pair(each), each.months, each.span, each.spread, payees, each.salary, each.typical)
        wages, paying = chance_of_wages(told), chance_of_paying(told)
        facts = [_payment_fact(told, known), {"sign": "payees", "payees": payees}]
        if wages >= LEAST:
            yield Proposal(each.payer, "employer", each.payee, wages, facts)
        elif paying >= LEAST:
            yield Proposal(each.payer, "regular_payer", each.payee, paying, facts)


def _pair(paid: Payments) -> tuple[uuid.UUID, uuid.UUID]:
    return paid.payer, paid.payee


def _between_people(
    pairs: Mapping[frozenset[uuid.UUID], list[Group]],
    signing: Iterable[_Signing],
    paid: Iterable[Payments],
    known: Mapping[uuid.UUID, Known],
) -> Iterator[Proposal]:
    """Family, household, and a member of staff who is a customer too."""
    accounts = {frozenset((each.signatory, each.owner)): each for each in signing}
    flows = {_pair(each): each for each in paid}
    for pair, shared in sorted(pairs.items(), key=lambda item: sorted(item[0])):
        one, other = (known[party] for party in sorted(pair))
        if "organisation" in (one.kind, other.kind):
            continue
        same = _same_person(one, other, shared)
        if same is not None:
            yield same
            continue
        elder, younger = in_order(one.person, other.person)
        signs = accounts.get(pair)
        common = _common(shared, signs.account if signs else "", flows, elder, younger)
        verdict = judge(elder, younger, common)
        if verdict is not None:
            facts = [*_facts(common, elder, younger, known), *([_account_fact(signs, known)] if signs else [])]
            yield Proposal(elder.id, verdict.kind, younger.id, verdict.confidence, facts)
        else:
            yield from _paid_only(common, known)


def _same_person(one: Known, other: Known, shared: Iterable[Group]) -> Proposal | None:
    """Staff who are customers: one name, and one phone, mailbox or document."""
    if {one.kind, other.kind} != {"person", "staff"} or one.name != other.name:
        return None
    signs = [group.sign for group in shared if group.sign in _STAFF_CHANCES]
    if not signs:
        return None
    staff, customer = (one, other) if one.kind == "staff" else (other, one)
    what = max(signs, key=lambda sign: _STAFF_CHANCES[sign])
    fact = {"sign": "same_name", "number": staff.number, "what": what}
    return Proposal(staff.person.id, "staff_identity", customer.person.id, _STAFF_CHANCES[what], [fact])


def _common(
    shared: Iterable[Group],
    account: str,
    flows: Mapping[tuple[uuid.UUID, uuid.UUID], Payments],
    elder: Person,
    younger: Person,
) -> Common:
    found = {group.sign: group for group in shared}
    address, phone, email = found.get("address"), found.get("phone"), found.get("email")
    return Common(
        address=address.shown if address else "",
        at_address=len(address.parties) if address else 0,
        phone=phone.shown if phone else "",
        on_phone=len(phone.parties) if phone else 0,
        email=email.shown if email else "",
        account=account,
        up=flows.get((younger.id, elder.id)),
        down=flows.get((elder.id, younger.id)),
    )


def _facts(
    common: Common, elder: Person, younger: Person, known: Mapping[uuid.UUID, Known]
) -> Iterator[dict[str, Any]]:
    if common.address:
        yield {"sign": "address", "address": common.address, "parties": common.at_address}
    if common.phone:
        yield {"sign": "phone", "phone": common.phone, "parties": common.on_phone}
    if common.email:
        yield {"sign": "email", "email": common.email}
    for paid in (common.up, common.down):
        if paid is not None:
            yield _payment_fact(paid, known)
    if elder.surname and elder.surname == younger.surname:
        yield {"sign": "surname", "surname": elder.surname}
    years = years_between(elder, younger)
    if years is not None:
        yield {"sign": "years", "years": years}


def _paid_only(common: Common, known: Mapping[uuid.UUID, Known]) -> Iterator[Proposal]:
    for paid in (common.up, common.down):
        if paid is not None and chance_of_paying(paid) >= LEAST:
            fact = _payment_fact(paid, known)
            yield Proposal(paid.payer, "regular_payer", paid.payee, chance_of_paying(paid), [fact])


def _payment_fact(paid: Payments, known: Mapping[uuid.UUID, Known]) -> dict[str, Any]:
    return {
        "sign": "salary" if paid.salary else "payments",
        "payer": known[paid.payer].name,
        "payee": known[paid.payee].name,
        "months": paid.months,
        "span": paid.span,
        "typical": paid.typical,
    }


def _account_fact(each: _Signing, known: Mapping[uuid.UUID, Known]) -> dict[str, Any]:
    return {
        "sign": "account",
        "signatory": known[each.signatory].name,
        "account": each.account,
        "owner": known[each.owner].name,
    }
