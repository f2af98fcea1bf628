"""What a reviewer sees of two records: who says what and since when, field by field, the accounts, and the weights.

Accounts are those of the party that each record was linked to before anything was merged, so that the picture does not
tell whether somebody has decided already.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from guanxi.parties.comparable import comparable
from guanxi.parties.errors import ReviewPairTaken
from guanxi.parties.learnt_models import active_model
from guanxi.parties.merge import Connection
from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import PERSON, RawParty
from guanxi.parties.resolution.scoring import Score, Scorer
from guanxi.parties.resolution.store import SqlRegister
from guanxi.parties.review.comparison import Line, compare
from guanxi.parties.review.waterfall import Waterfall, waterfall
from guanxi.parties.survivorship.statements import Statement, Told, statements_of

MOST_ACCOUNTS: Final = 10
_RECORDS: Final = """
SELECT record.record, record.source, coalesce(source.title, record.source), record.key, record.version,
    record.received_at, record.told_at, record.gone_at, record.content, record.mapped, link.party_id, party.number,
    party.kind
FROM parties_sourcerecord record LEFT JOIN parties_source source ON source.name = record.source
LEFT JOIN parties_link link ON link.source_record_id = record.id
LEFT JOIN parties_party party ON party.id = link.party_id
WHERE record.record = ANY(%s::bigint[]) AND record.superseded_at IS NULL
"""
_ACCOUNTS: Final = """
SELECT holder.party_id, account.number, account.product, account.system, account.opened_on, account.branch
FROM parties_accountholder holder JOIN parties_account account ON account.id = holder.account_id
WHERE holder.party_id = ANY(%s::uuid[]) ORDER BY account.opened_on DESC LIMIT %s
"""
_REASON: Final = "SELECT reason FROM parties_reviewpair WHERE low = %s AND high = %s ORDER BY id DESC LIMIT 1"


@dataclasses.dataclass(frozen=True, slots=True)
class HeldAccount:
    """An account of one side, as far as it helps to tell people apart."""

    number: str
    product: str
    system: str
    opened_on: dt.date
    branch: str


@dataclasses.dataclass(frozen=True, slots=True)
class Side:
    """One of the two records."""

    record: int
    source: str
    title: str
    key: str
    version: int
    received_at: dt.datetime
    told_at: dt.datetime | None
    gone_at: dt.datetime | None
    content: Mapping[str, Any]
    mapped: Mapping[str, Any] | None
    party: uuid.UUID | None
    number: str | None
    kind: str | None
    statements: Sequence[Statement] = ()
    doubts: Sequence[str] = ()
    accounts: Sequence[HeldAccount] = ()

    @property
    def as_of(self) -> dt.datetime:
        """As of when this is said."""
        return self.told_at or self.received_at


@dataclasses.dataclass(frozen=True, slots=True)
class Evidence:
    """Two records beside each other; without columns that mean something there are no weights."""

    low: int
    high: int
    kind: str
    sides: tuple[Side, Side]
    lines: Sequence[Line]
    score: Score | None
    waterfall: Waterfall | None
    automatic: float
    review: float
    reason: str = ""  # for which a person should look


def evidence(connection: Connection, *, low: int, high: int) -> Evidence:
    """Everything there is to say about two records; `ReviewPairTaken` when one of them is not there any more."""
    sides = {row[0]: _side(row) for row in connection.execute(_RECORDS, [[low, high]])}
    if len(sides) < 2:
        raise ReviewPairTaken
    left, right = _with_accounts(connection, (sides[low], sides[high]))
    kind = PERSON if PERSON in {left.kind, right.kind} or not left.kind else left.kind
    model = active_model(connection, kind)
    register = SqlRegister(connection, model)
    scorer = Scorer(model, register.frequency)
    rows = dict(register.rows([low, high]))
    for side in (left, right):
        if side.record not in rows and side.mapped is not None:
            rows[side.record] = comparable(side.mapped)[1]
    score = scorer.score(rows[low], rows[high]) if len(rows) == 2 else None
    return Evidence(
        low,
        high,
        kind,
        (left, right),
        compare(left.statements, right.statements),
        score,
        waterfall(score, automatic=model.automatic, review=model.review) if score else None,
        model.automatic,
        model.review,
        _reason(connection, low, high),
    )


def _reason(connection: Connection, low: int, high: int) -> str:
    row = connection.execute(_REASON, [low, high]).fetchone()
    return str(row[0]) if row else ""


def _side(row: Sequence[Any]) -> Side:
    side = Side(*row)
    if side.mapped is None:
        return dataclasses.replace(side, statements=_as_sent(side))
    raw = msgspec.convert(side.mapped, RawParty)
    told = Told(record=side.record, source=side.source, raw=raw, normalised=normalise(raw), told_at=side.told_at)
    return dataclasses.replace(side, statements=statements_of(told), doubts=told.normalised.doubts)


def _as_sent(side: Side) -> list[Statement]:
    """A record whose columns nobody has given a meaning, column by column."""
    return [
        Statement(field=name, value=str(value), keys=(str(value),), source=side.source)
        for name, value in side.content.items()
        if value not in (None, "", [], {})
    ]


def _with_accounts(connection: Connection, sides: tuple[Side, Side]) -> tuple[Side, Side]:
    parties = [side.party for side in sides if side.party is not None]
    found: dict[uuid.UUID, list[HeldAccount]] = {}
    for party, *account in connection.execute(_ACCOUNTS, [parties, 2 * MOST_ACCOUNTS]):
        found.setdefault(party, []).append(HeldAccount(*account))
    left, right = (
        dataclasses.replace(side, accounts=found.get(side.party, ())[:MOST_ACCOUNTS] if side.party else ())
        for side in sides
    )
    return left, right
