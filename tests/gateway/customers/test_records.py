"""Sources tell records: one while they wait, or thousands line by line."""

from __future__ import annotations

import json
import uuid

import pytest

WANG = {
    "name": "王小明",
    "birth_date": "1986-03-02",
    "documents": [{"value": "31010119860302123X", "kind": "resident_id"}],
    "phones": ["138 1616 2727"],
    "address": "上海市黄浦区南京东路100号",
}


def test_two_sources_records_of_one_person_become_one_customer(machine) -> None:
    first = machine.tell("savings", "A-1", **WANG)
    assert (first["state"], first["version"]) == ("added", 1)
    traditional = {**WANG, "name": "王小明", "address": "南京东路100号", "phones": ["+86 13816162727"]}
    second = machine.tell("cards", "C-9", **traditional)
    assert second["customer"] == first["customer"]
    assert second["linked_by"] == "automatic"
    assert machine.tell("loans", "L-1", name="欧阳娜娜", birth_date="2000-06-15")["customer"] != first["customer"]


def test_the_same_again_changes_nothing_and_something_else_is_a_new_version(machine, database) -> None:
    key = uuid.uuid4().hex
    machine.tell("savings", key, **WANG)
    assert machine.tell("savings", key, **WANG)["state"] == "unchanged"
    changed = machine.tell("savings", key, **{**WANG, "phones": ["13900001111"]})
    assert (changed["state"], changed["version"]) == ("changed", 2)
    query = "SELECT version, superseded_at IS NULL FROM parties_sourcerecord WHERE key = %s ORDER BY version"
    assert database.execute(query, [key]).fetchall() == [(1, False), (2, True)]


def test_what_is_older_than_what_is_known_is_not_believed(machine) -> None:
    key = uuid.uuid4().hex
    told = [
        machine.ask("PUT", f"/v1/sources/savings/records/{key}", json={"party": {"name": name}, "told_at": at})
        for name, at in (("陈静", "2026-05-03T12:00:00+08:00"), ("陈晶", "2026-05-02T12:00:00+08:00"))
    ]
    assert [each.json()["state"] for each in told] == ["added", "stale"]


def test_a_record_that_is_gone_stays_on_record_and_comes_back(machine) -> None:
    key = uuid.uuid4().hex
    machine.tell("savings", key, name="孙丽", phones=["13955556666"])
    gone = machine.ask("DELETE", f"/v1/sources/savings/records/{key}").json()
    assert gone["state"] == "gone"
    records = machine.ask("GET", f"/v1/customers/{gone['customer']}").json()["records"]
    assert [(record["key"], record["gone"]) for record in records] == [(key, True)]
    assert machine.tell("savings", key, name="孙丽", phones=["13955556666"])["state"] == "changed"


def test_a_source_that_was_not_given_or_is_not_there_is_refused(machine, new_machine, database) -> None:
    body = {"party": {"name": "吴强"}}
    stranger = machine.ask("PUT", "/v1/sources/treasury/records/1", json=body)
    assert (stranger.status_code, stranger.json()["code"]) == (403, "scope_missing")
    unknown = new_machine(sources=()).ask("PUT", f"/v1/sources/{machine.name}/records/1", json=body)
    assert unknown.status_code == 403
    own = machine.ask("PUT", f"/v1/sources/{machine.name}/records/1", json=body)
    assert (own.status_code, own.json()["code"]) == (404, "parties.source_unknown")
    assert database.execute("SELECT count(*) FROM parties_sourcerecord WHERE key = '1'").fetchone() == (0,)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"party": {"name": "x" * 201}}, "party.name"),
        ({"party": {"nom": "x"}}, "party.nom"),
        ({"party": {"phones": [1]}}, "party.phones[0]"),
        ({}, "party"),
        ({"party": {"name": "x"}, "told_at": "2026-05-03T12:00:00"}, "told_at"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(machine, body: dict, field: str) -> None:
    refused = machine.ask("PUT", "/v1/sources/savings/records/bad", json=body)
    assert refused.status_code in {400, 422}
    assert refused.json()["errors"][0]["field"] == field


def test_a_key_for_the_same_request_answers_the_same_and_for_another_is_refused(machine) -> None:
    path, key = f"/v1/sources/savings/records/{uuid.uuid4().hex}", uuid.uuid4().hex
    first, again = (machine.ask("PUT", path, key=key, json={"party": WANG}) for _ in range(2))
    assert again.json() == first.json()
    assert again.json()["state"] == "added"
    assert again.headers["idempotency-replayed"] == "true"
    other = machine.ask("PUT", path, key=key, json={"party": {"name": "别人"}})
    assert (other.status_code, other.json()["code"]) == (409, "duplicate_request")


def _lines(answer) -> list[dict]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_each_line_is_taken_or_refused_by_itself(machine) -> None:
    mark = uuid.uuid4().hex[:8]
    lines = [
        json.dumps({"key": f"{mark}-1", "party": WANG}),
        "{not json",
        json.dumps({"key": "", "party": WANG}),
        json.dumps({"key": f"{mark}-1", "party": {**WANG, "phones": []}}),
        json.dumps({"key": f"{mark}-2", "party": {"name": "周杰"}, "told_at": "2026-05-03T12:00:00"}),
        json.dumps({"key": f"{mark}-3"}),
    ]
    content = "\n".join(lines).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    told = _lines(machine.ask("POST", "/v1/sources/savings/records", content=content, headers=headers))
    assert [each.get("line") for each in told] == [1, 2, 3, 4, 5, 6, None]
    assert [each.get("state", each.get("code")) for each in told[:-1]] == [
        "added",
        "malformed_json",
        "invalid_request",
        "changed",
        "invalid_request",
        "stale",
    ]
    assert told[2]["errors"][0]["field"] == "key"
    assert told[-1] == {"done": True, "lines": 6, "rejected": 3}


def test_many_lines_are_answered_in_their_order(machine) -> None:
    names = [f"{a}{b}{c}" for a in "赵钱孙李周吴郑" for b in "建国文志美" for c in "华英伟芳军敏"]
    lines = [json.dumps({"key": f"many-{n}", "party": {"name": name}}) for n, name in enumerate(names)] * 4
    headers = {"Content-Type": "application/x-ndjson"}
    answer = machine.ask("POST", "/v1/sources/loans/records", content="\n".join(lines).encode(), headers=headers)
    told = _lines(answer)
    assert [each["key"] for each in told[:-1]] == [f"many-{n}" for n in range(len(names))] * 4
    assert {each["state"] for each in told[len(names) : -1]} == {"unchanged"}
    assert told[-1] == {"done": True, "lines": len(lines)}


def test_a_body_that_is_no_lines_is_refused(machine) -> None:
    path = "/v1/sources/savings/records"
    assert machine.ask("POST", path, json={"key": "x"}).status_code == 415
    empty = machine.ask("POST", path, content=b"", headers={"Content-Type": "application/x-ndjson"})
    assert empty.status_code == 400
    many = b'{"key":"x"}\n' * 10_001
    assert machine.ask("POST", path, content=many, headers={"Content-Type": "application/x-ndjson"}).status_code == 400
