"""Doubtful pairs go to reviewers one by one; answers take effect, are taken back, and some are asked for twice."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from guanxi.kernel.identity import uuid7
from guanxi.parties.errors import NothingToTakeBack, ReviewPairTaken
from guanxi.parties.resolve_all import resolve_everything
from guanxi.parties.review.answers import SECOND_OPINION_EVERY, answer, take_back
from guanxi.parties.review.evidence import evidence
from guanxi.parties.review.learning import learnt
from guanxi.parties.review.queue import CLAIMED_FOR, RESTING_FOR, left, next_pair
from guanxi.parties.review.statistics import agreements, overall, reviewers, today

AT = dt.datetime(2026, 5, 3, 9, tzinfo=dt.UTC)
ANNA, BO, CHEN = "staff:anna", "staff:bo", "staff:chen"
FAMILIES = ("王小明", "李建国", "张海东", "刘思涛", "陈志强", "赵文博")
Bank = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def resolved(database_url: str) -> str:
    """Six couples of records that may be one person each: a father and a son of one name with one telephone."""
    with psycopg.connect(database_url) as connection:
        for number, name in enumerate(FAMILIES):
            shared = {"name": name, "phones": [f"1391{number}345678"], "address": f"北京市朝阳区建国路{number + 1}号"}
            tell(connection, f"father{number}", {"birth_date": f"196{number}-05-03", **shared})
            tell(connection, f"son{number}", {"birth_date": f"198{number}-11-02", **shared})
        resolve_everything(connection, AT, lambda *_: None)
    return database_url


@pytest.fixture
def bank(resolved: str) -> Iterator[Bank]:
    """A connection whose changes are gone after the test."""
    with psycopg.connect(resolved) as connection:
        yield connection
        connection.rollback()


def tell(bank: Bank, key: str, mapped: dict[str, Any]) -> None:
    bank.execute(
        "INSERT INTO parties_sourcerecord (id, source, key, version, content, mapped, received_at)"
        " VALUES (%s, 'savings', %s, 1, '{}', %s, %s)",
        [uuid7(), key, json.dumps(mapped), AT],
    )


def waiting(bank: Bank) -> set[tuple[int, int]]:
    return set(bank.execute("SELECT low, high FROM parties_reviewpair WHERE closed_at IS NULL").fetchall())


def one_party(bank: Bank, low: int, high: int) -> bool:
    found = bank.execute(
        "SELECT DISTINCT parties_surviving(link.party_id) FROM parties_sourcerecord record"
        " JOIN parties_link link ON link.source_record_id = record.id WHERE record.record IN (%s, %s)",
        [low, high],
    ).fetchall()
    return len(found) == 1


def asked_twice(bank: Bank) -> tuple[int, int]:
    """Make one of the waiting pairs one that is put before two reviewers."""
    row = bank.execute(
        "UPDATE parties_reviewpair SET id = %s WHERE id = (SELECT min(id) FROM parties_reviewpair"
        " WHERE closed_at IS NULL) RETURNING low, high",
        [SECOND_OPINION_EVERY * 1000],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_two_reviewers_never_have_the_same_pair_before_them(bank: Bank) -> None:
    assert len(waiting(bank)) == 6
    seen = set()
    for name in (ANNA, BO, CHEN):
        found = next_pair(bank, by=name, at=AT)
        assert found == next_pair(bank, by=name, at=AT)
        seen.add(found)
    assert len(seen) == 3
    assert left(bank, by=ANNA, at=AT) == 4


def test_a_claim_runs_out_and_another_gets_the_pair(bank: Bank) -> None:
    first = next_pair(bank, by=ANNA, at=AT)
    assert first is not None
    later = AT + CLAIMED_FOR
    assert next_pair(bank, by=BO, at=later) == first
    with pytest.raises(ReviewPairTaken):
        answer(bank, by=ANNA, low=first.low, high=first.high, said="same", at=later)
    assert first in waiting(bank)


@pytest.mark.parametrize("said", ["same", "different"])
def test_an_answer_takes_effect_and_taken_back_all_is_as_before(bank: Bank, said: Any) -> None:
    found = next_pair(bank, by=ANNA, at=AT)
    assert found is not None
    answer(bank, by=ANNA, low=found.low, high=found.high, said=said, at=AT + dt.timedelta(seconds=7))
    assert found not in waiting(bank)
    assert one_party(bank, *found) == (said == "same")
    assert next_pair(bank, by=ANNA, at=AT) != found
    assert today(bank, by=ANNA, at=AT + dt.timedelta(hours=1), since=AT).seconds == 7
    taken = take_back(bank, by=ANNA, at=AT + dt.timedelta(seconds=9))
    assert (taken.low, taken.high, taken.answer) == (*found, said)
    assert found in waiting(bank)
    assert not one_party(bank, *found)


def test_after_an_answer_is_taken_back_its_pair_comes_at_once(bank: Bank) -> None:
    found = next_pair(bank, by=ANNA, at=AT)
    assert found is not None
    answer(bank, by=ANNA, low=found.low, high=found.high, said="skip", at=AT)
    take_back(bank, by=ANNA, at=AT)
    assert next_pair(bank, by=ANNA, at=AT) == found
    with pytest.raises(NothingToTakeBack):
        take_back(bank, by=ANNA, at=AT)


def test_what_was_skipped_goes_to_others_and_comes_back_the_next_day(bank: Bank) -> None:
    for _ in range(6):
        found = next_pair(bank, by=ANNA, at=AT)
        assert found is not None
        answer(bank, by=ANNA, low=found.low, high=found.high, said="skip", at=AT)
    assert next_pair(bank, by=ANNA, at=AT) is None
    assert (left(bank, by=ANNA, at=AT), left(bank, by=BO, at=AT)) == (0, 6)
    assert next_pair(bank, by=BO, at=AT) is not None
    assert next_pair(bank, by=ANNA, at=AT + RESTING_FOR) is not None


def test_somebody_elses_pair_cannot_be_answered_and_nothing_happens(bank: Bank) -> None:
    found = next_pair(bank, by=ANNA, at=AT)
    assert found is not None
    with pytest.raises(ReviewPairTaken):
        answer(bank, by=BO, low=found.low, high=found.high, said="same", at=AT)
    assert found in waiting(bank)
    assert bank.execute("SELECT FROM parties_reviewanswer").rowcount == 0


def second_look(bank: Bank, low: int, high: int, first: Any, second: Any) -> None:
    """Anna answers a pair that is asked twice; Bo answers all that comes until he has had it too."""
    bank.execute("UPDATE parties_reviewpair SET closed_at = %s, verdict = 'lapsed' WHERE low <> %s", [AT, low])
    assert next_pair(bank, by=ANNA, at=AT) == (low, high)
    answer(bank, by=ANNA, low=low, high=high, said=first, at=AT)
    assert next_pair(bank, by=ANNA, at=AT) is None
    assert next_pair(bank, by=BO, at=AT) == (low, high)
    answer(bank, by=BO, low=low, high=high, said=second, at=AT)


def test_a_second_opinion_that_agrees_changes_nothing(bank: Bank) -> None:
    low, high = asked_twice(bank)
    second_look(bank, low, high, "same", "same")
    assert one_party(bank, low, high)
    assert next_pair(bank, by=CHEN, at=AT) is None
    (couple,) = agreements(bank, AT)
    assert (couple.one, couple.other, couple.agreement.pairs, couple.agreement.observed) == (ANNA, BO, 1, 1.0)


def test_where_two_differ_the_decision_is_taken_back_and_a_third_decides(bank: Bank) -> None:
    low, high = asked_twice(bank)
    second_look(bank, low, high, "same", "different")
    assert not one_party(bank, low, high)
    assert (low, high) in waiting(bank)
    assert next_pair(bank, by=ANNA, at=AT) is None
    assert next_pair(bank, by=BO, at=AT) is None
    assert next_pair(bank, by=CHEN, at=AT) == (low, high)
    answer(bank, by=CHEN, low=low, high=high, said="same", at=AT)
    assert one_party(bank, low, high)
    with pytest.raises(NothingToTakeBack):
        take_back(bank, by=BO, at=AT)
    assert overall(agreements(bank, AT)).observed == 0


def test_a_second_opinion_that_is_taken_back_restores_the_first(bank: Bank) -> None:
    low, high = asked_twice(bank)
    second_look(bank, low, high, "same", "different")
    take_back(bank, by=BO, at=AT)
    assert one_party(bank, low, high)
    assert agreements(bank, AT) == []
    assert next_pair(bank, by=BO, at=AT) == (low, high)
    answer(bank, by=BO, low=low, high=high, said="same", at=AT)
    assert take_back(bank, by=BO, at=AT).answer == "same"
    assert one_party(bank, low, high)


def test_reviewers_are_counted(bank: Bank) -> None:
    for said in ("different", "skip", "different"):
        found = next_pair(bank, by=ANNA, at=AT)
        assert found is not None
        answer(bank, by=ANNA, low=found.low, high=found.high, said=said, at=AT + dt.timedelta(seconds=4))  # type: ignore[arg-type]
    take_back(bank, by=ANNA, at=AT + dt.timedelta(seconds=5))
    (anna,) = reviewers(bank, AT + dt.timedelta(days=1))
    assert (anna.answered, anna.same, anna.skipped, anna.taken_back, anna.seconds) == (1, 0, 1, 1, 4.0)
    assert anna.agreement.kappa is None


def test_the_evidence_shows_both_sides_and_why_the_weight_is_what_it_is(bank: Bank) -> None:
    low, high = min(waiting(bank))
    shown = evidence(bank, low=low, high=high)
    assert [side.record for side in shown.sides] == [low, high]
    standings = {line.field: line.standing for line in shown.lines}
    assert (standings["name"], standings["birth_date"], standings["phone"]) == ("same", "differs", "same")
    assert shown.waterfall is not None
    assert {bar.comparison for bar in shown.waterfall.bars} >= {"name", "birth_date", "place", "total"}
    row = bank.execute("SELECT weight FROM parties_reviewpair WHERE low = %s AND high = %s", [low, high]).fetchone()
    assert row is not None
    assert shown.waterfall.bars[-1].end == pytest.approx(row[0], abs=1e-3)


def test_too_few_verdicts_propose_nothing(bank: Bank) -> None:
    found = learnt(bank, kind="person", surety=0.99)
    assert (len(found.judged), found.proposal.moves, found.proposal.automatic.why) == (0, False, "few")
    assert found.proposal.automatic.present == 12
