"""What a reviewer answers takes effect at once, and can be taken back; some answers are asked for a second time.

Every `SECOND_OPINION_EVERY`th pair is put before a colleague again, who does not know that it was decided. Where both
say the same, nothing happens. Where they differ, the first decision is taken back and a third person decides.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final, Literal, NamedTuple

from guanxi.parties.errors import NothingToTakeBack, ReviewPairTaken
from guanxi.parties.merge import Connection, find_move
from guanxi.parties.review.queue import claim
from guanxi.parties.survivorship.refresh import refresh_golden
from guanxi.parties.verdicts import decide, withdraw

Answer = Literal["same", "different", "skip"]
Verdict = Literal["same", "different"]

SECOND_OPINION_EVERY: Final = 10
_LONGEST: Final = dt.timedelta(minutes=10)
_PAIR: Final = """
SELECT pair.id, pair.weight, pair.reason, pair.closed_at IS NULL,
    coalesce((SELECT party.kind FROM parties_sourcerecord record
        JOIN parties_link link ON link.source_record_id = record.id JOIN parties_party party ON party.id = link.party_id
        WHERE record.record = pair.low AND record.superseded_at IS NULL), 'person')
FROM parties_reviewpair pair WHERE pair.low = %s AND pair.high = %s
ORDER BY pair.closed_at IS NULL DESC, pair.id DESC LIMIT 1 FOR UPDATE OF pair
"""
_CLAIMS: Final = "SELECT by, taken_at, until FROM parties_reviewclaim WHERE low = %s AND high = %s FOR UPDATE"
_RELEASE: Final = "DELETE FROM parties_reviewclaim WHERE low = %s AND high = %s AND by = %s"
_FIELDS: Final = "id, low, high, by, answer, move, second_of_id"
_FIRST: Final = f"""
SELECT {_FIELDS} FROM parties_reviewanswer
WHERE low = %s AND high = %s AND wanted_again AND taken_back_at IS NULL AND by <> %s ORDER BY id DESC LIMIT 1
"""  # noqa: S608 - columns of our own
_LIVE: Final = f"""
SELECT {_FIELDS} FROM parties_reviewanswer
WHERE low = %s AND high = %s AND answer <> 'skip' AND taken_back_at IS NULL ORDER BY id DESC
"""  # noqa: S608 - columns of our own
_LAST: Final = f"""
SELECT {_FIELDS} FROM parties_reviewanswer WHERE by = %s AND taken_back_at IS NULL AND at > %s ORDER BY id DESC LIMIT 1
"""  # noqa: S608 - columns of our own
_BY_ID: Final = f"SELECT {_FIELDS} FROM parties_reviewanswer WHERE id = %s"  # noqa: S608 - columns of our own
_WRITE: Final = """
INSERT INTO parties_reviewanswer (low, high, by, answer, at, milliseconds, weight, reason, kind, move, wanted_again,
    second_of_id)
VALUES (%(low)s, %(high)s, %(by)s, %(answer)s, %(at)s, %(milliseconds)s, %(weight)s, %(reason)s, %(kind)s, %(move)s,
    %(again)s, %(second)s)
"""


class Given(NamedTuple):
    """An answer as it was given."""

    id: int
    low: int
    high: int
    by: str
    answer: str
    move: uuid.UUID | None
    second_of: int | None


class _Pair(NamedTuple):
    id: int
    weight: float
    reason: str
    open: bool
    kind: str


def answer(connection: Connection, *, by: str, low: int, high: int, said: Answer, at: dt.datetime) -> None:
    """Keep the answer and do what follows from it. `ReviewPairTaken` where the pair is not `by`'s to answer."""
    pair, first = _pair(connection, low, high), _given(connection, _FIRST, [low, high, by])
    taken_at = _own_claim(connection, low, high, by, at)
    if pair is None or (not pair.open and first is None):
        raise ReviewPairTaken
    connection.execute(_RELEASE, [low, high, by])
    move, again = None, False
    if said != "skip" and pair.open:
        move = _decide(connection, by, low, high, said, at)
        again = pair.id % SECOND_OPINION_EVERY == 0 and not _live(connection, low, high)
    elif said != "skip" and first is not None:
        _hold_against(connection, first, said, by=by, at=at)
    second = first.id if first and said != "skip" and not pair.open else None
    spent = min(at - taken_at, _LONGEST) if taken_at else dt.timedelta()
    connection.execute(
        _WRITE,
        {
            "low": low,
            "high": high,
            "by": by,
            "answer": said,
            "at": at,
            "milliseconds": spent // dt.timedelta(milliseconds=1),
            "weight": pair.weight,
            "reason": pair.reason,
            "kind": pair.kind,
            "move": move,
            "again": again,
            "second": second,
        },
    )


def take_back(connection: Connection, *, by: str, at: dt.datetime) -> Given:
    """Take back the last answer that `by` gave today; the pair is before them again.

    `NothingToTakeBack` when there is none, or somebody has decided the pair since.
    """
    last = _given(connection, _LAST, [by, at - dt.timedelta(days=1)])
    if last is None:
        raise NothingToTakeBack("You have given no answer today that could be taken back.")
    later = [each for each in _live(connection, last.low, last.high) if each.id > last.id]
    if last.answer != "skip" and later:
        raise NothingToTakeBack("A colleague has judged this pair since.")
    connection.execute(
        "UPDATE parties_reviewanswer SET taken_back_at = %s, wanted_again = false WHERE id = %s", [at, last.id]
    )
    if last.second_of is not None:
        _restore_first(connection, last, at)
    elif last.answer != "skip":
        _withdraw(connection, last, by=by, at=at)
    claim(connection, low=last.low, high=last.high, by=by, at=at)
    return last


def _hold_against(connection: Connection, first: Given, said: str, *, by: str, at: dt.datetime) -> None:
    """A second opinion: the same settles it; another takes the first decision back, and a third person decides."""
    connection.execute("UPDATE parties_reviewanswer SET wanted_again = false WHERE id = %s", [first.id])
    if said != first.answer:
        _withdraw(connection, first, by=by, at=at)


def _restore_first(connection: Connection, second: Given, at: dt.datetime) -> None:
    """The second opinion is gone: what the first reviewer decided holds again, and waits for another opinion."""
    first = _given(connection, _BY_ID, [second.second_of])
    if first is None:
        return
    move = first.move
    if first.answer != second.answer and first.answer in {"same", "different"}:
        verdict: Verdict = "same" if first.answer == "same" else "different"
        move = _decide(connection, first.by, first.low, first.high, verdict, at)
    connection.execute("UPDATE parties_reviewanswer SET wanted_again = true, move = %s WHERE id = %s", [move, first.id])


def _decide(
    connection: Connection, by: str, low: int, high: int, verdict: Verdict, at: dt.datetime
) -> uuid.UUID | None:
    done = decide(connection, actor=by, low=low, high=high, verdict=verdict, at=at)
    refresh_golden(connection, done.settled.touched | _sides_of(connection, done.move), at)
    return done.move


def _withdraw(connection: Connection, given: Given, *, by: str, at: dt.datetime) -> None:
    found = find_move(connection, given.move) if given.move else None
    move = given.move if found and found.undone_by is None else None
    settled = withdraw(connection, actor=by, low=given.low, high=given.high, move=move, at=at)
    refresh_golden(connection, settled.touched | _sides_of(connection, move), at)


def _sides_of(connection: Connection, move: uuid.UUID | None) -> set[uuid.UUID]:
    found = find_move(connection, move) if move else None
    return {found.party, found.other} if found else set()


def _own_claim(connection: Connection, low: int, high: int, by: str, at: dt.datetime) -> dt.datetime | None:
    """Since when the pair is before `by`; None when the claim ran out and nobody else took the pair."""
    row = connection.execute(_CLAIMS, [low, high]).fetchone()
    if row is None:
        return None
    if row[0] != by and row[2] > at:
        raise ReviewPairTaken
    return row[1] if row[0] == by else None


def _pair(connection: Connection, low: int, high: int) -> _Pair | None:
    row = connection.execute(_PAIR, [low, high]).fetchone()
    return _Pair(*row) if row else None


def _live(connection: Connection, low: int, high: int) -> list[Given]:
    return [Given(*row) for row in connection.execute(_LIVE, [low, high])]


def _given(connection: Connection, question: str, values: list[object]) -> Given | None:
    row = connection.execute(question, values).fetchone()
    return Given(*row) if row else None
