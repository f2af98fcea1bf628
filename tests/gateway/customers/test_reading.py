"""Reading and finding customers by machines."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from guanxi.access.machine_clients import disable_client, revoke_keys
from guanxi.gateway.customers.documents import Customer, FoundCustomers
from guanxi.kernel.clock import now

LI = {"name": "李建国", "birth_date": "1971-04-05", "phones": ["13816160001"], "emails": ["jianguo@example.cn"]}


def test_a_customer_is_read_with_where_everything_is_from(machine) -> None:
    told = machine.tell("savings", "S-1", **LI)
    by_id = machine.ask("GET", f"/v1/customers/{told['customer']}")
    assert by_id.status_code == 200, by_id.text
    found = msgspec.json.decode(by_id.content, type=Customer)
    assert (found.name, found.latin_name, found.birth_date) == ("李建国", "Li Jianguo", dt.date(1971, 4, 5))
    assert [point.value for point in found.contact_points if point.kind == "phone"] == ["+8613816160001"]
    assert [(record.source, record.key, record.version) for record in found.records] == [("savings", "S-1", 1)]
    assert found.provenance["phone"].source == "savings"
    by_number = machine.ask("GET", f"/v1/customers/{found.number}")
    assert by_number.json() == by_id.json()
    same = machine.ask("GET", f"/v1/customers/{found.number}", headers={"If-None-Match": by_id.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


def test_who_has_read_is_on_record(machine, database) -> None:
    told = machine.tell("savings", "S-1", **LI)
    machine.ask("GET", f"/v1/customers/{told['customer']}")
    query = "SELECT actor, action FROM access_auditentry WHERE subject = %s ORDER BY sequence DESC LIMIT 1"
    assert database.execute(query, [f"party:{told['customer']}"]).fetchone() == (f"api:{machine.name}", "view_customer")


@pytest.mark.parametrize("who", ["no-such-number", "0196a1f0-4f00-7c3a-9d2e-5b1f0c8e7a64", "x" * 300])
def test_who_is_not_known_is_not_found(machine, who: str) -> None:
    refused = machine.ask("GET", f"/v1/customers/{who}")
    assert (refused.status_code, refused.json()["code"]) == (404, "parties.unknown")


@pytest.mark.parametrize(
    ("question", "found_by"),
    [("李建国", "name"), ("li jianguo", "name"), ("13816160001", "phone"), ("jianguo@example.cn", "email")],
)
def test_customers_are_found_by_what_is_known_of_them(machine, question: str, found_by: str) -> None:
    told = machine.tell("savings", "S-1", **LI)
    answer = machine.ask("GET", "/v1/customers", params={"q": question})
    assert answer.status_code == 200, answer.text
    found = msgspec.json.decode(answer.content, type=FoundCustomers)
    assert (str(found.customers[0].id), found.customers[0].found_by) == (told["customer"], found_by)


def test_pages_follow_one_another_without_a_gap(machine) -> None:
    everybody = {machine.tell("loans", f"P-{n}", name=f"赵{sign}")["customer"] for n, sign in enumerate("梅兰竹菊松")}
    for parameters in ({"q": "zhao"}, {}):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = machine.ask("GET", "/v1/customers", params={**parameters, "limit": 2, "cursor": cursor}).json()
            seen += [each["id"] for each in page["customers"]]
            assert len(page["customers"]) <= 2
            cursor = page["cursor"]
        assert len(seen) == len(set(seen))
        assert everybody <= set(seen)


@pytest.mark.parametrize("parameters", [{"cursor": "nonsense"}, {"limit": "0"}, {"limit": "x"}, {"surname": "x"}])
def test_a_question_that_is_none_is_refused_by_name(machine, parameters: dict[str, str]) -> None:
    refused = machine.ask("GET", "/v1/customers", params=parameters)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == next(iter(parameters))


def test_a_key_opens_what_its_scopes_say_and_nothing_else(new_machine, machine, database) -> None:
    reader = new_machine("customers:read")
    assert reader.ask("GET", "/v1/customers").status_code == 200
    told = machine.tell("savings", "S-1", **LI)
    change = {"headers": {"If-Match": "*"}, "json": {"occupation": "thief"}}
    denied = reader.ask("PATCH", f"/v1/customers/{told['customer']}", **change)
    assert (denied.status_code, denied.json()["code"]) == (403, "scope_missing")
    body = {"party": {"name": "x"}}
    assert new_machine("customers:write").ask("PUT", "/v1/sources/savings/records/S-1", json=body).status_code == 403
    query = "SELECT occupation FROM parties_party WHERE id = %s"
    assert database.execute(query, [told["customer"]]).fetchone() == ("",)


def test_keys_that_do_not_hold_any_more_are_refused(new_machine, database) -> None:
    for end in (
        lambda name: revoke_keys(database, name, by="t", at=now(), before=now()),
        lambda name: disable_client(database, name, by="t", at=now()),
    ):
        gone = new_machine("customers:read")
        with database.transaction():
            end(gone.name)
        refused = gone.ask("GET", "/v1/customers")
        assert (refused.status_code, refused.json()["code"]) == (401, "key_refused")
        assert refused.headers["www-authenticate"]


def test_who_asks_too_often_is_told_to_wait(new_machine) -> None:
    hasty = new_machine("customers:read", rate=1)
    answers = [hasty.ask("GET", "/v1/customers") for _ in range(4)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
