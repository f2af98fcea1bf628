"""The walk-through for whoever connects an internet bank does what it says, word for word."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "connect-internet-banking.md"


def test_the_walk_through_can_be_walked(gateway, bank, new_customer, database, tmp_path: Path) -> None:
    customer = new_customer("100000001", "guanxi-0001")
    bank.open_accounts("savings", {"number": customer.account, "currency": "CNY", "opening_balance": "1000.00"})
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL))
    environment = {**os.environ, "GATEWAY": gateway.url, "GUANXI_CALLBACK_KEY": "callback-key-for-tests"}
    walked = subprocess.run(
        ["bash", "-euc", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert walked.stdout.count('"outcome":"completed"') == 3  # accounts, balance, statement
    assert '"outcome":"pending"' in walked.stdout
    assert re.findall(r"HTTP/1.1 (\d+)", walked.stdout) == ["202", "204"]
    query = "SELECT service, outcome FROM interactions_interaction WHERE party_id = %s ORDER BY occurred_at, id"
    seen = database.execute(query, [customer.party_id]).fetchall()
    assert seen[:5] == [
        *(("sign_in", "completed"), ("accounts", "completed"), ("balance", "completed")),
        *(("mini_statement", "completed"), ("bill_payment", "pending")),
    ]
    assert ("sign_out", "completed") in seen
