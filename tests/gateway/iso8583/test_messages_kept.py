"""What an ATM says and is told is kept without what nobody may keep, beside what the card host was asked for it."""

from __future__ import annotations

import asyncio
import json

from guanxi.exchange.message_tokens import hash_word

_OF_REQUEST = """
SELECT * FROM exchange_message WHERE request_id = (
    SELECT request_id FROM exchange_message WHERE name = 'cash_withdrawal' AND words @> ARRAY[$1::integer]
    ORDER BY at DESC LIMIT 1
)
"""


async def test_a_withdrawal_is_kept_on_both_sides_without_card_number_and_pin(atm, gateway, new_card) -> None:
    card = await new_card("credit")
    message = atm.card_message("010000", card.number, card.pin, "30000")
    assert (await atm.ask(message)).fields[39] == "00"
    rows = []
    async with asyncio.timeout(10):
        while len(rows) < 2:
            await asyncio.sleep(0.05)
            rows = await gateway.pool.fetch(_OF_REQUEST, hash_word(card.number[-4:]))
    kept = {row["direction"]: row for row in rows}
    assert kept["in"]["request_id"] == kept["out"]["request_id"]
    assert (kept["in"]["channel"], kept["out"]["endpoint"], kept["out"]["format"]) == ("atm", "cards", "iso8583")
    said = json.loads(kept["in"]["said"])
    assert (said["0"], said["11"], said["41"]) == ("0200", message.fields[11], "ATM00001")
    assert {said[number] for number in ("52", "64") if number in said} == {"•••"}
    everything = "".join(str(row["said"]) + str(row["answered"]) for row in rows)
    assert card.number not in everything
    assert message.fields[52] not in everything
