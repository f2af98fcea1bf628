"""A corporate customer's whole round: a payment file laid into a folder, and its status report in another one."""

from __future__ import annotations

from tests.exchange.files.test_files import Place, place, server, settings
from tests.exchange.payments.test_desk import desk, exchange, message, pay, sandbox

from guanxi.exchange.payments.desk import Desk
from guanxi.kernel.iso20022.messages import read_message
from guanxi.kernel.iso20022.status_messages import StatusMessage

__all__ = ["desk", "exchange", "place", "sandbox", "server", "settings"]


async def test_from_the_folder_to_the_ledger_and_back(place: Place, desk: Desk) -> None:
    place.lay("salaries-november.xml", message(pay("E2E-1", "25.00"), pay("E2E-2", "1.00", account="SV-NOBODY")))
    await place.look()
    assert await place.states() == {"salaries-november.xml": "archived"}
    while await desk.work():
        pass
    assert (await place.look()).sent == 1
    (name,) = place.names("out")
    assert name.startswith("pain.002-salaries-november-")
    body = read_message((place.folder / "out" / name).read_bytes()).body
    assert isinstance(body, StatusMessage)
    statuses = {each.end_to_end_id: each.status for each in body.transactions}
    assert statuses == {"E2E-1": "ACSC", "E2E-2": "RJCT"}
    await place.look()
    assert place.names("out") == [name]  # once


async def test_what_is_no_payment_message_is_answered_with_its_refusal(place: Place, desk: Desk) -> None:
    place.lay("broken.xml", b"<Document>half of")
    await place.look()
    while await desk.work():
        pass
    await place.look()
    (name,) = place.names("out")
    assert b"RJCT" in (place.folder / "out" / name).read_bytes()
