"""What stewards do in the office: each a transaction of its own, with its entry in the audit trail."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Final

from guanxi.access.audit import record_change
from guanxi.parties.errors import MergeRefused, MoveNotUndone
from guanxi.parties.learnt_models import active_model
from guanxi.parties.merge import find_move, merge, undo_merge
from guanxi.parties.review.answers import Answer, Given, answer, take_back
from guanxi.parties.review.evidence import Evidence, evidence
from guanxi.parties.review.learning import apply_thresholds
from guanxi.parties.review.queue import next_pair
from guanxi.parties.search_index import index_parties
from guanxi.parties.split import split, undo_split
from guanxi.parties.survivorship.refresh import refresh_golden
from guanxi.storage.transactions import open_transaction, present_connection

_TAKEN_BACK: Final = {"merge": undo_merge, "split": undo_split}


def show_next(*, by: str, at: dt.datetime) -> Evidence | None:
    """The next pair for `by` with its evidence; that they saw it is on record."""
    with open_transaction():
        connection = present_connection()
        found = next_pair(connection, by=by, at=at)
        if found is None:
            return None
        shown = evidence(connection, low=found.low, high=found.high)
        _audit(by, "view_review_pair", _pair(*found), at, {"parties": [str(side.party) for side in shown.sides]})
        return shown


def answer_pair(*, by: str, low: int, high: int, said: Answer, at: dt.datetime) -> None:
    """Answer a pair; `ReviewPairTaken` where it is not `by`'s any more."""
    with open_transaction():
        answer(present_connection(), by=by, low=low, high=high, said=said, at=at)
        _audit(by, "review_pair", _pair(low, high), at, {"answer": said})


def take_back_answer(*, by: str, at: dt.datetime) -> Given:
    """Take back the last answer; `NothingToTakeBack` where there is none."""
    with open_transaction():
        taken = take_back(present_connection(), by=by, at=at)
        _audit(by, "take_back_review", _pair(taken.low, taken.high), at, {"answer": taken.answer})
        return taken


def move_thresholds(*, by: str, kind: str, automatic: float, review: float, reason: str, at: dt.datetime) -> int:
    """Move the thresholds of a kind of parties; gives the version of the model."""
    with open_transaction():
        connection = present_connection()
        present = active_model(connection, kind)
        given = {"kind": kind, "automatic": automatic, "review": review, "reason": reason}
        version = apply_thresholds(connection, actor=by, at=at, **given)  # type: ignore[arg-type]
        before = {"automatic": present.automatic, "review": present.review}
        _audit(by, "move_thresholds", f"resolution_model:{kind}", at, {**given, "before": before, "version": version})
        return version


def merge_customers(*, by: str, keep: uuid.UUID, absorb: uuid.UUID, reason: str, at: dt.datetime) -> uuid.UUID:
    """Make two customers one."""
    with open_transaction():
        connection = present_connection()
        move = merge(connection, actor=by, keep=keep, absorb=absorb, reason=reason, at=at)
        refresh_golden(connection, [keep, absorb], at)
        _audit(by, "merge_customers", f"party:{keep}", at, {"absorbed": str(absorb), "move": str(move)})
        return move


def split_customer(
    *,
    by: str,
    party: uuid.UUID,
    records: Collection[int],
    accounts: Collection[uuid.UUID],
    reason: str,
    at: dt.datetime,
) -> uuid.UUID:
    """Make a customer of their own from records and accounts; gives the new customer."""
    with open_transaction():
        connection = present_connection()
        move = split(connection, actor=by, party=party, records=records, accounts=accounts, reason=reason, at=at)
        found = find_move(connection, move)
        if found is None:
            raise MoveNotUndone("The split was not written down.")
        refresh_golden(connection, [party, found.other], at)
        index_parties(connection, [party, found.other])
        detail = {"records": list(records), "accounts": [str(each) for each in accounts], "new": str(found.other)}
        _audit(by, "split_customer", f"party:{party}", at, {**detail, "move": str(move)})
        return found.other


def undo_move(*, by: str, move: uuid.UUID, reason: str, at: dt.datetime) -> uuid.UUID:
    """Take a merge or a split back; gives the customer who stays."""
    with open_transaction():
        connection = present_connection()
        found = find_move(connection, move)
        if found is None or found.kind not in _TAKEN_BACK:
            raise MergeRefused("There is no such merge or split.")
        _TAKEN_BACK[found.kind](connection, actor=by, move_id=move, reason=reason, at=at)
        refresh_golden(connection, [found.party, found.other], at)
        index_parties(connection, [found.party, found.other])
        _audit(by, "undo_move", f"party:{found.party}", at, {"other": str(found.other), "move": str(move)})
        return found.party


def _pair(low: int, high: int) -> str:
    return f"review_pair:{low}-{high}"


def _audit(by: str, action: str, subject: str, at: dt.datetime, detail: dict[str, object]) -> None:
    record_change(actor=by, action=action, subject=subject, at=at, detail=detail)
