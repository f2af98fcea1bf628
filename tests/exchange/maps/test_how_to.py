"""The worked example of docs/how-to/write-a-message-map.md works."""

from __future__ import annotations

import json
import re
from pathlib import Path

from guanxi.exchange.maps.checks import check_map
from guanxi.exchange.maps.engine import from_wire, to_wire
from guanxi.exchange.maps.message_map import read_map

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "write-a-message-map.md"


def block(title: str) -> str:
    [found] = re.findall(rf'```\w+ title="{title}"\n(.*?)```', PAGE.read_text(), re.DOTALL)
    return str(found)


def test_the_example_converts_as_the_page_says() -> None:
    leasing = read_map(block("leasing.toml"), "leasing")
    assert check_map(leasing) == []
    raw = block("theirs.csv").encode()
    message = from_wire(leasing, raw)
    assert message == json.loads(block("canonical.json"))
    assert to_wire(leasing, message) == raw
