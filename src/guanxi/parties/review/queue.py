"""Which doubtful pair a reviewer gets next, so that no two have the same one before them.

Most pairs come by weight, the likeliest first. One in `ANYWHERE_EVERY` comes from anywhere between the thresholds, so
that what is learnt of the verdicts holds for all weights. Some that a colleague has answered come once more, without
a word about it (`answers`): so agreement can be measured.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Final, NamedTuple

from guanxi.parties.merge import Connection
from guanxi.parties.resolution.comparisons import AUTOMATIC, REVIEW

CLAIMED_FOR: Final = dt.timedelta(minutes=10)
RESTING_FOR: Final = dt.timedelta(hours=20)  # what a reviewer skipped, or what two answered differently, comes back
ANYWHERE_EVERY: Final = 5
SECOND_EVERY: Final = 3  # where one waits: the place in the order at which a reviewer gets it
MOST_COUNTED: Final = 5000

_OWN: Final = """
SELECT claim.low, claim.high FROM parties_reviewclaim claim WHERE claim.by = %(by)s AND claim.until > %(at)s
    AND (EXISTS (SELECT FROM parties_reviewpair pair
            WHERE pair.low = claim.low AND pair.high = claim.high AND pair.closed_at IS NULL)
        OR EXISTS (SELECT FROM parties_reviewanswer answer WHERE answer.low = claim.low AND answer.high = claim.high
            AND answer.wanted_again AND answer.taken_back_at IS NULL AND answer.by <> claim.by))
ORDER BY claim.taken_at DESC LIMIT 1
"""
_FREE: Final = """
NOT EXISTS (SELECT FROM parties_reviewclaim claim WHERE claim.low = {of}.low AND claim.high = {of}.high
    AND claim.until > %(at)s AND claim.by <> %(by)s)
AND NOT EXISTS (SELECT FROM parties_reviewanswer own WHERE own.low = {of}.low AND own.high = {of}.high
    AND own.by = %(by)s AND own.taken_back_at IS NULL AND own.at > %(resting)s)
"""
_NEXT: Final = f"""
SELECT pair.low, pair.high FROM parties_reviewpair pair
WHERE pair.closed_at IS NULL AND pair.weight <= %(from)s AND {_FREE.format(of="pair")}
ORDER BY pair.weight DESC, pair.id LIMIT 1 FOR UPDATE OF pair SKIP LOCKED
"""  # noqa: S608 - conditions of our own
_SECOND: Final = f"""
SELECT first.low, first.high FROM parties_reviewanswer first
WHERE first.wanted_again AND first.taken_back_at IS NULL AND first.by <> %(by)s AND {_FREE.format(of="first")}
ORDER BY first.id LIMIT 1 FOR UPDATE OF first SKIP LOCKED
"""  # noqa: S608 - conditions of our own
_CLAIM: Final = """
INSERT INTO parties_reviewclaim (low, high, by, taken_at, until) VALUES (%(low)s, %(high)s, %(by)s, %(at)s, %(until)s)
ON CONFLICT (low, high) DO UPDATE SET by = excluded.by, taken_at = excluded.taken_at, until = excluded.until
    WHERE parties_reviewclaim.until <= excluded.taken_at OR parties_reviewclaim.by = excluded.by
RETURNING low, high
"""
_TURN: Final = "SELECT count(*) FROM parties_reviewanswer WHERE by = %s AND at > %s"
_LEFT: Final = f"""
SELECT count(*) FROM (SELECT FROM parties_reviewpair pair
    WHERE pair.closed_at IS NULL AND {_FREE.format(of="pair")} LIMIT %(most)s) AS waiting
"""  # noqa: S608 - conditions of our own


class Claimed(NamedTuple):
    """A pair that a reviewer has before them."""

    low: int
    high: int


def next_pair(connection: Connection, *, by: str, at: dt.datetime) -> Claimed | None:
    """The pair that `by` has before them already, or the next one, claimed for a while; None when nothing waits."""
    given = _given(by, at)
    if own := connection.execute(_OWN, given).fetchone():
        return Claimed(*own)
    found = _pick(connection, given, _turn(connection, by, at))
    return claim(connection, low=found[0], high=found[1], by=by, at=at) if found else None


def claim(connection: Connection, *, low: int, high: int, by: str, at: dt.datetime) -> Claimed | None:
    """Put a pair before somebody, unless another has it."""
    given = {"low": low, "high": high, "by": by, "at": at, "until": at + CLAIMED_FOR}
    row = connection.execute(_CLAIM, given).fetchone()
    return Claimed(*row) if row else None


def left(connection: Connection, *, by: str, at: dt.datetime) -> int:
    """How many pairs wait that `by` could answer; `MOST_COUNTED` stands for that many or more."""
    row = connection.execute(_LEFT, {**_given(by, at), "most": MOST_COUNTED}).fetchone()
    return int(row[0]) if row else 0


def _pick(connection: Connection, given: dict[str, Any], turn: int) -> tuple[int, int] | None:
    second_first = turn % SECOND_EVERY == SECOND_EVERY - 1
    start = _anywhere(given["by"], turn) if turn % ANYWHERE_EVERY == ANYWHERE_EVERY - 1 else float("inf")
    asked: list[tuple[str, float]] = [(_NEXT, start), (_NEXT, float("inf"))]
    asked.insert(0 if second_first else len(asked), (_SECOND, 0.0))
    for question, weight in asked:
        row = connection.execute(question, {**given, "from": weight}).fetchone()
        if row:
            return row[0], row[1]
    return None


def _given(by: str, at: dt.datetime) -> dict[str, Any]:
    return {"by": by, "at": at, "resting": at - RESTING_FOR}


def _turn(connection: Connection, by: str, at: dt.datetime) -> int:
    row = connection.execute(_TURN, [by, at - dt.timedelta(days=1)]).fetchone()
    return int(row[0]) if row else 0


def _anywhere(by: str, turn: int) -> float:
    """A weight between the thresholds that nobody chose: the same for the same reviewer and turn."""
    digest = hashlib.blake2b(f"{by}\x1f{turn}".encode(), digest_size=4).digest()
    return REVIEW + (AUTOMATIC - REVIEW) * int.from_bytes(digest, "big") / 2**32
