"""Records come to the right parties: all at once, one by one, after decisions, and after these are taken back."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from guanxi.kernel.identity import uuid7
from guanxi.parties.resolve import resolve_records
from guanxi.parties.resolve_all import resolve_everything
from guanxi.parties.verdicts import decide, withdraw

AT = dt.datetime(2026, 5, 3, tzinfo=dt.UTC)
Bank = psycopg.Connection[Any]
WANG = {"name": "王小明", "birth_date": "1980-05-03", "phones": ["13912345678"]}
WITH_ID = {**WANG, "documents": [{"value": "11010519800503001X"}]}
PINYIN = {"name": "WANG XIAOMING", "birth_date": "1980-05-03", "phones": ["13912345678"], "emails": ["wxm@qq.com"]}
SON = {"name": "王子轩", "birth_date": "2008-11-02", "phones": ["13912345678"]}
STRANGER = {"name": "王小明", "birth_date": "1991-01-17", "phones": ["13700001111"]}
ACME = {
    "kind": "organisation",
    "name": "上海远东贸易有限公司",
    "phones": ["02162345678"],
    "address": "上海市黄浦区南京东路100号",
}
ACME_AGAIN = {"kind": "organisation", "name": "远东贸易(上海)有限公司", "phones": ["021-6234 5678"]}


@pytest.fixture
def bank(database_url: str) -> Iterator[Bank]:
    """A connection whose changes are gone after the test."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()


def tell(bank: Bank, **records: dict[str, Any]) -> dict[str, int]:
    """Source records, by any name; gives their numbers."""
    found = {}
    for name, mapped in records.items():
        row = bank.execute(
            "INSERT INTO parties_sourcerecord (id, source, key, version, content, mapped, received_at)"
            " VALUES (%s, 'savings', %s, 1, '{}', %s, %s) RETURNING record",
            [uuid7(), name, json.dumps(mapped), AT],
        ).fetchone()
        assert row is not None
        found[name] = row[0]
    return found


def tell_anew(bank: Bank, name: str, mapped: dict[str, Any]) -> None:
    """A new version of a record, as intake keeps it."""
    new = uuid7()
    row = bank.execute(
        "UPDATE parties_sourcerecord SET superseded_at = %s WHERE key = %s AND superseded_at IS NULL"
        " RETURNING id, record, version",
        [AT, name],
    ).fetchone()
    assert row is not None
    bank.execute(
        "INSERT INTO parties_sourcerecord (id, record, source, key, version, content, mapped, received_at)"
        " VALUES (%s, %s, 'savings', %s, %s, '{}', %s, %s)",
        [new, row[1], name, row[2] + 1, json.dumps(mapped), AT],
    )
    bank.execute("UPDATE parties_link SET source_record_id = %s WHERE source_record_id = %s", [new, row[0]])


def parties(bank: Bank) -> dict[str, uuid.UUID]:
    """The present party of each record."""
    return dict(
        bank.execute(
            "SELECT record.key, parties_surviving(link.party_id) FROM parties_sourcerecord record"
            " JOIN parties_link link ON link.source_record_id = record.id WHERE record.superseded_at IS NULL"
        ).fetchall()
    )


def groups(bank: Bank) -> set[frozenset[str]]:
    """Which records are of one party."""
    found = parties(bank)
    return {frozenset(name for name in found if found[name] == party) for party in found.values()}


def doubts(bank: Bank) -> list[tuple[int, int]]:
    return bank.execute("SELECT low, high FROM parties_reviewpair WHERE closed_at IS NULL ORDER BY 1, 2").fetchall()


def everything(bank: Bank) -> None:
    resolve_everything(bank, AT, lambda *_: None)


EVERYBODY = {"id": WITH_ID, "pinyin": PINYIN, "plain": WANG, "son": SON, "stranger": STRANGER}
RIGHT = {frozenset({"id", "pinyin", "plain"}), frozenset({"son"}), frozenset({"stranger"})}


def test_all_at_once_and_one_by_one_come_to_the_same(bank: Bank) -> None:
    tell(bank, **EVERYBODY, acme=ACME, again=ACME_AGAIN)
    everything(bank)
    assert groups(bank) == RIGHT | {frozenset({"acme", "again"})}
    whole, waiting = parties(bank), doubts(bank)
    everything(bank)
    assert (parties(bank), doubts(bank)) == (whole, waiting)
    bank.rollback()
    for number in tell(bank, **EVERYBODY, acme=ACME, again=ACME_AGAIN).values():
        resolve_records(bank, [number], AT)
    assert groups(bank) == RIGHT | {frozenset({"acme", "again"})}
    everything(bank)
    assert groups(bank) == RIGHT | {frozenset({"acme", "again"})}


def test_a_record_that_joins_two_parties_makes_them_one_and_they_part_when_it_changes(bank: Bank) -> None:
    phone = {"name": "王小明", "phones": ["13912345678"], "address": "上海市黄浦区南京东路100号5室"}
    email = {"name": "王小明", "birth_date": "1980-05-03", "emails": ["wxm@qq.com"]}
    numbers = tell(bank, phone=phone, email=email)
    resolve_records(bank, list(numbers.values()), AT)
    assert len(groups(bank)) == 2
    bridge = {**PINYIN, "name": "王小明", "address": "上海市黄浦区南京东路100号5室"}
    numbers |= tell(bank, bridge=bridge)
    resolve_records(bank, [numbers["bridge"]], AT)
    assert groups(bank) == {frozenset({"phone", "email", "bridge"})}
    tell_anew(bank, "bridge", {"name": "李雷", "birth_date": "1955-01-02"})
    resolve_records(bank, [numbers["bridge"]], AT)
    assert groups(bank) == {frozenset({"phone"}), frozenset({"email"}), frozenset({"bridge"})}


def test_what_a_person_decided_holds_against_later_runs_until_it_is_taken_back(bank: Bank) -> None:
    numbers = tell(bank, **EVERYBODY)
    everything(bank)
    low, high = numbers["id"], numbers["pinyin"]
    apart = decide(bank, actor="staff:supervisor", low=low, high=high, verdict="different", at=AT)
    assert parties(bank)["id"] != parties(bank)["pinyin"]
    everything(bank)
    assert parties(bank)["id"] != parties(bank)["pinyin"]
    assert (low, high) not in doubts(bank)
    withdraw(bank, actor="staff:supervisor", low=low, high=high, move=apart.move, at=AT)
    assert groups(bank) == RIGHT
    together = decide(
        bank, actor="staff:supervisor", low=numbers["plain"], high=numbers["stranger"], verdict="same", at=AT
    )
    everything(bank)
    assert frozenset({"id", "pinyin", "plain", "stranger"}) in groups(bank)
    withdraw(bank, actor="staff:x", low=together.low, high=together.high, move=together.move, at=AT)
    everything(bank)
    assert groups(bank) == RIGHT


def test_two_records_that_a_source_gives_to_one_customer_are_parted_by_a_person_only(bank: Bank) -> None:
    numbers = tell(bank, plain=WANG, stranger=STRANGER)
    party = uuid7()
    bank.execute(
        "INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,"
        " created_at, updated_at) VALUES (%s, '1', 'person', '王小明', '', '', 'zh-Hans', '', '', '', %s, %s)",
        [party, AT, AT],
    )
    bank.execute(
        "INSERT INTO parties_link (source_record_id, party_id, evidence, confidence, how, linked_at)"
        " SELECT id, %s, '{}', 1, 'source', %s FROM parties_sourcerecord",
        [party, AT],
    )
    everything(bank)
    assert set(parties(bank).values()) == {party}
    decided = decide(bank, actor="staff:a", low=numbers["plain"], high=numbers["stranger"], verdict="different", at=AT)
    assert len(set(parties(bank).values())) == 2
    withdraw(bank, actor="staff:a", low=decided.low, high=decided.high, move=decided.move, at=AT)
    assert set(parties(bank).values()) == {party}


def test_what_a_person_decided_is_not_asked_again(bank: Bank) -> None:
    twin = {"name": "王小亮", "birth_date": "1980-05-03", "phones": ["13912345678"]}
    numbers = tell(bank, plain=WANG, twin=twin)
    everything(bank)
    pair = (numbers["plain"], numbers["twin"])
    assert doubts(bank) == [pair]
    decided = decide(bank, actor="staff:a", low=pair[0], high=pair[1], verdict="different", at=AT)
    numbers |= tell(bank, again={**twin, "emails": ["liang@qq.com"]})
    resolve_records(bank, [numbers["again"]], AT)
    everything(bank)
    assert doubts(bank) == []
    withdraw(bank, actor="staff:a", low=pair[0], high=pair[1], move=decided.move, at=AT)
    assert len(doubts(bank)) == 1
