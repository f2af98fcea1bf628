"""Every door of the sandbox bank, every operation, fault and error stands in its reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import guanxi.sandbox.errors
from guanxi.sandbox.app import make_app
from guanxi.sandbox.faults import Fault
from guanxi.sandbox.requests import Operations

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "sandbox.md").read_text()


def test_every_door_is_documented() -> None:
    no_bank: Any = None
    for route in make_app(no_bank).routes:
        path = re.sub(r"{(?:operation_)?(\w+):\w+}", r"{\1}", route.path)
        for method in set(route.methods) - {"OPTIONS", "HEAD"}:
            assert f"### `{method} {path}`" in REFERENCE


def test_every_operation_error_and_fault_is_documented() -> None:
    errors = [value.code for value in vars(guanxi.sandbox.errors).values() if hasattr(value, "status")]
    for word in {*get_args(Operations), *errors} - {"sandbox.error"}:
        assert f"`{word}`" in REFERENCE
    guide = (DOCS / "how-to" / "break-the-sandbox.md").read_text()
    for kind in get_args(get_type_hints(Fault)["kind"]):
        assert f"`{kind}`" in guide
