"""Machines make, change and merge customers; each request takes effect once."""

from __future__ import annotations

import threading
import uuid

import pytest


def _new(**said) -> dict:
    mark = str(uuid.uuid4().int)[:8]
    return {"name": "郑爽", "phones": [f"139{mark}"], "emails": [f"{mark}@example.cn"], **said}


def _make(machine, **said) -> dict:
    made = machine.ask("POST", "/v1/customers", json=_new(**said))
    assert made.status_code == 201, made.text
    return made.json()


def _state(database, party: str) -> tuple:
    """Everything about a customer that a merge must not lose."""
    return tuple(
        tuple(database.execute(query, [party]).fetchall())
        for query in (
            "SELECT name, latin_name, birth_date, gender, merged_into_id FROM parties_party WHERE id = %s",
            "SELECT kind, value FROM parties_contactpoint WHERE party_id = %s AND valid_to IS NULL ORDER BY 1, 2",
            "SELECT source_record_id FROM parties_link WHERE party_id = %s ORDER BY source_record_id",
        )
    )


def test_a_customer_is_made_and_made_again_is_the_same(machine) -> None:
    body = _new(birth_date="1991-08-22")
    made = machine.ask("POST", "/v1/customers", json=body)
    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/customers/{made.json()['id']}"
    assert made.headers["etag"] == machine.ask("GET", made.headers["location"]).headers["etag"]
    known = machine.ask("POST", "/v1/customers", json=body)
    assert (known.status_code, known.json()["id"]) == (200, made.json()["id"])


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "name"),
        ({"phones": ["12345"]}, "phones[0]"),
        ({"emails": ["li.lei1986@163.com", "nobody"]}, "emails[1]"),
        ({"documents": [{"value": "310101198603021239", "kind": "resident_id"}]}, "documents[0]"),
        ({"birth_date": "2026-02-30"}, "birth_date"),
        ({"custom": {"no_such_field": 1}}, "custom.no_such_field"),
    ],
)
def test_fields_that_cannot_be_so_are_named_and_nothing_is_made(machine, database, said: dict, field: str) -> None:
    before = database.execute("SELECT count(*) FROM parties_party").fetchone()
    refused = machine.ask("POST", "/v1/customers", json=_new(**said))
    assert (refused.status_code, refused.json()["code"]) == (422, "customer_invalid")
    assert refused.json()["errors"][0]["field"] == field
    assert database.execute("SELECT count(*) FROM parties_party").fetchone() == before


def test_a_change_names_the_version_it_changes(machine) -> None:
    made = _make(machine)
    path = f"/v1/customers/{made['id']}"
    seen = machine.ask("GET", path).headers["etag"]
    blind = machine.ask("PATCH", path, json={"occupation": "teacher"})
    assert (blind.status_code, blind.json()["code"]) == (428, "version_required")
    changed = machine.ask("PATCH", path, json={"occupation": "teacher"}, headers={"If-Match": seen})
    assert changed.status_code == 200, changed.text
    assert changed.json()["occupation"] == "teacher"
    assert changed.headers["etag"] != seen
    late = machine.ask("PATCH", path, json={"occupation": "pilot"}, headers={"If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "version_changed")
    assert machine.ask("GET", path).json()["occupation"] == "teacher"


def test_what_a_machine_changes_stands_above_what_sources_say(machine) -> None:
    made = _make(machine)
    path = f"/v1/customers/{made['id']}"
    change = {"name": "郑双", "phone": "+8613700001111"}
    assert machine.ask("PATCH", path, json=change, headers={"If-Match": "*"}).status_code == 200
    emails = [point["value"] for point in made["contact_points"] if point["kind"] == "email"]
    told = machine.tell("savings", uuid.uuid4().hex, name="郑爽", emails=emails)
    assert told["customer"] == made["id"]
    found = machine.ask("GET", path).json()
    assert found["name"] == "郑双"
    assert "+8613700001111" in [point["value"] for point in found["contact_points"]]


@pytest.mark.parametrize(
    ("change", "field"), [({"birth_date": "soon"}, "birth_date"), ({"name": ""}, "name"), ({"phone": "1"}, "phone")]
)
def test_a_change_that_cannot_be_is_refused_by_field(machine, change: dict, field: str) -> None:
    made = _make(machine)
    refused = machine.ask("PATCH", f"/v1/customers/{made['id']}", json=change, headers={"If-Match": "*"})
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["field"] == field


def test_a_request_sent_many_times_at_once_has_one_effect(machine, database) -> None:
    key, body, answers = uuid.uuid4().hex, _new(name="唯一"), []

    def send() -> None:
        answers.append(machine.ask("POST", "/v1/customers", key=key, json=body))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 5
    assert database.execute("SELECT count(*) FROM parties_party WHERE name = '唯一'").fetchone() == (1,)


def test_a_merge_is_taken_back_exactly(machine, database) -> None:
    keep, absorb = (_make(machine, name=name)["id"] for name in ("冯巩", "冯小刚"))
    before = _state(database, keep), _state(database, absorb)
    body = {"absorb": absorb, "reason": "Same passport."}
    merged = machine.ask("POST", f"/v1/customers/{keep}/merge", json=body)
    assert merged.status_code == 200, merged.text
    found = machine.ask("GET", f"/v1/customers/{absorb}").json()
    assert (found["id"], found["absorbed"]) == (keep, [absorb])
    again = machine.ask("POST", f"/v1/customers/{keep}/merge", json=body)
    assert (again.status_code, again.json()["code"]) == (422, "parties.merge_refused")
    undone = machine.ask("POST", f"/v1/moves/{merged.json()['move']}/undo", json={"reason": "Two people."})
    assert undone.status_code == 200, undone.text
    assert (_state(database, keep), _state(database, absorb)) == before
    twice = machine.ask("POST", f"/v1/moves/{merged.json()['move']}/undo", json={"reason": "Two people."})
    assert (twice.status_code, twice.json()["code"]) == (422, "parties.move_not_undone")


def test_everything_that_was_done_is_on_record_in_an_unbroken_chain(machine, database) -> None:
    made = _make(machine)
    machine.ask("PATCH", f"/v1/customers/{made['id']}", json={"tier": "gold"}, headers={"If-Match": "*"})
    query = "SELECT action FROM access_auditentry WHERE subject = %s AND actor = %s ORDER BY sequence"
    rows = database.execute(query, [f"party:{made['id']}", f"api:{machine.name}"]).fetchall()
    assert [row[0] for row in rows] == ["tell_customer", "set_fields"]
