"""The checks of the fault harness find what they are there to find: each is shown a planted violation."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from guanxi.lab.books import Moves, check_effects, check_outbox, ended_requests
from guanxi.lab.client_log import Remembered

DONE = Remembered("internet", "k1", "internal_transfer", "1", "A", "10", "B", ended="completed", mark="GX0000000001")
MOVED: Moves = {"A": Decimal(-10), "B": Decimal(10)}


def broken(request: Remembered, moves: Moves | None) -> list[str]:
    """The promises that are broken when the books say `moves` of `request`."""
    booked = {} if moves is None else {request.mark: moves}
    return [finding.promise for finding in check_effects([request], booked) if finding.wrong]


def told(ended: str, channel: str = "internet") -> Remembered:
    """The same request with another end."""
    return Remembered(channel, "k1", "internal_transfer", "1", "A", "10", "B", ended=ended, mark=DONE.mark)


def test_what_happened_once_is_right() -> None:
    assert broken(DONE, MOVED) == []


@pytest.mark.parametrize(
    "moves",
    [
        None,
        {"A": Decimal(-20), "B": Decimal(20)},
        {"A": Decimal(-10)},
        {"B": Decimal(10)},
        {"A": Decimal(-10), "C": Decimal(10)},
    ],
    ids=["lost", "twice", "half", "other half", "elsewhere"],
)
def test_what_was_acknowledged_and_happened_otherwise_is_found(moves: Moves | None) -> None:
    assert broken(DONE, moves) == ["what was acknowledged happened exactly once"]


@pytest.mark.parametrize("ended", ["declined", "failed", "code 51", "insufficient_funds"])
def test_what_was_refused_and_left_a_trace_is_found(ended: str) -> None:
    assert broken(told(ended), None) == []
    assert broken(told(ended), MOVED) == ["what was refused, or taken back by a machine, left no trace"]


@pytest.mark.parametrize("ended", ["", "unanswered", "in_doubt"])
def test_what_was_never_answered_may_have_happened_once_and_wholly(ended: str) -> None:
    assert broken(told(ended), None) == broken(told(ended), MOVED) == []
    assert broken(told(ended), {"A": Decimal(-10)}) == ["what was never answered happened at most once, and wholly"]


def test_a_machine_that_was_not_answered_has_taken_it_back() -> None:
    assert broken(told("unanswered", "atm"), MOVED) == ["what was refused, or taken back by a machine, left no trace"]


def test_what_nobody_asked_for_is_found() -> None:
    findings = check_effects([DONE], {DONE.mark: MOVED, "GX0000000009": MOVED})
    assert [finding.promise for finding in findings if finding.wrong] == ["nothing happened that nobody asked for"]


def test_the_last_that_a_customer_was_told_counts() -> None:
    assert ended_requests([told(""), told("pending"), told("completed")]) == [told("completed")]


def test_an_interaction_that_is_not_in_the_outbox_is_found(database_url: str) -> None:
    entry = (
        "INSERT INTO interactions_interaction (id, occurred_at, party_id, request_id, channel, kind, service, outcome)"
        " VALUES (uuidv7(), now(), uuidv7(), uuidv7(), 'atm', 'transaction', 'cash_withdrawal', 'completed')"
    )
    with psycopg.connect(database_url, autocommit=True) as database:
        for _ in range(2):
            database.execute(entry)
        assert [finding.wrong for finding in check_outbox(database)] == [[]]
        database.execute("DELETE FROM interactions_outbox WHERE id = (SELECT max(id) FROM interactions_outbox)")
        assert [len(finding.wrong) for finding in check_outbox(database)] == [1]
