"""From verdicts to thresholds: pairs as the present model weighs them, a proposal, and its application by a person.

Pairs are weighed anew, because what a model weighed that was learnt earlier is on another scale. Left out are pairs
that a gate holds back, and those between clusters that contradict each other: what people decide there says nothing
about the weights.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Final

from guanxi.parties.learnt_models import active_model, keep_model
from guanxi.parties.merge import Connection
from guanxi.parties.resolution.scoring import Scorer
from guanxi.parties.resolution.store import SqlRegister
from guanxi.parties.review.calibration import Judged
from guanxi.parties.review.thresholds import Proposal, propose, with_thresholds

MOST_JUDGED: Final = 3000
_JUDGED: Final = """
SELECT low, high, avg(CASE answer WHEN 'same' THEN 1.0 ELSE 0.0 END)::float8
FROM (SELECT low, high, answer, id FROM parties_reviewanswer
    WHERE kind = %s AND answer <> 'skip' AND taken_back_at IS NULL AND reason = 'weight'
    ORDER BY id DESC LIMIT %s) AS answers
GROUP BY low, high
"""
_CONSEQUENCES: Final = """
SELECT count(*) FILTER (WHERE weight >= %(automatic)s), count(*) FILTER (WHERE weight < %(review)s), count(*)
FROM (SELECT pair.weight FROM parties_reviewpair pair
    JOIN parties_sourcerecord record ON record.record = pair.low AND record.superseded_at IS NULL
    JOIN parties_link link ON link.source_record_id = record.id JOIN parties_party party ON party.id = link.party_id
    WHERE pair.closed_at IS NULL AND pair.reason = 'weight' AND party.kind = %(kind)s
    ORDER BY pair.weight DESC LIMIT 20000) AS waiting
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Learnt:
    """What the verdicts on parties of one kind come to. Of `waiting` pairs, how many the proposal would decide."""

    kind: str
    judged: Sequence[Judged]
    held_back: int
    proposal: Proposal
    surety: float
    linked: int
    dropped: int
    waiting: int


def learnt(connection: Connection, *, kind: str, surety: float) -> Learnt:
    """The verdicts of late against the weights of the present model."""
    model = active_model(connection, kind)
    judged, held_back = judged_pairs(connection, kind)
    proposal = propose(judged, automatic=model.automatic, review=model.review, surety=surety)
    given = {"kind": kind, "automatic": proposal.automatic.to, "review": proposal.review.to}
    row = connection.execute(_CONSEQUENCES, given).fetchone() or (0, 0, 0)
    return Learnt(kind, judged, held_back, proposal, surety, *row)


def judged_pairs(connection: Connection, kind: str) -> tuple[list[Judged], int]:
    """The newest judged pairs with their present weights, and how many were left out because a gate holds them back."""
    model = active_model(connection, kind)
    register = SqlRegister(connection, model)
    scorer = Scorer(model, register.frequency)
    answers = connection.execute(_JUDGED, [kind, MOST_JUDGED]).fetchall()
    rows = register.rows({record for low, high, _ in answers for record in (low, high)})
    scores = [
        (scorer.score(rows[low], rows[high]), same) for low, high, same in answers if low in rows and high in rows
    ]
    found = [Judged(score.weight, same) for score, same in scores if not score.gate]
    return found, len(scores) - len(found)


def apply_thresholds(
    connection: Connection, *, actor: str, kind: str, automatic: float, review: float, reason: str, at: dt.datetime
) -> int:
    """Keep the model with other thresholds, as a version of its own; gives the version.

    What is linked already stays; the next resolution of everything heeds them.
    """
    model = with_thresholds(active_model(connection, kind), automatic=automatic, review=review)
    return keep_model(connection, kind, model, by=actor, note=reason, at=at)
