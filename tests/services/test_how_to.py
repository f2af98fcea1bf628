"""The worked example of docs/how-to/add-a-service.md works."""

from __future__ import annotations

import datetime as dt
import re
import sys
import types
import uuid
from decimal import Decimal
from pathlib import Path

import msgspec

from guanxi.kernel.vocabulary import Channel, Reason
from guanxi.services.request import Actor, ServiceRequest
from guanxi.services.service import Known, KnownAccount, Service

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-service.md"
PARTY = uuid.UUID(int=1)


def example() -> types.ModuleType:
    [code] = re.findall(r"```python title=[^\n]*\n(.*?)```", PAGE.read_text(), re.DOTALL)
    module = types.ModuleType("guanxi_example_service")
    sys.modules[module.__name__] = module  # where msgspec looks the annotations up
    exec(compile(code, str(PAGE), "exec"), module.__dict__)  # noqa: S102 - our own page
    return module


def account(number: str, system: str) -> KnownAccount:
    identity = uuid.uuid5(uuid.NAMESPACE_OID, number)
    zero = Decimal(0)
    return KnownAccount(identity, number, system, "current", "CNY", "open", zero, zero, PARTY, (PARTY,))


def test_the_example_is_a_service() -> None:
    module = example()
    service: Service = module.SERVICE
    raw = b'{"from_account": "6001", "loan": "8001", "amount": "120.50", "currency": "CNY"}'
    arguments = msgspec.json.decode(raw, type=service.arguments)
    actor, at = Actor("party", str(PARTY), PARTY), dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
    request = ServiceRequest(uuid.UUID(int=8), Channel.INTERNET, service.name, "k", actor, arguments, at)
    assert service.names(request).accounts == ("6001", "8001")
    known = Known({"6001": account("6001", "savings"), "8001": account("8001", "loans")})
    plan = service.plan(request, known)
    assert [(leg.system, leg.operation, leg.content["amount"]) for leg in plan.legs] == [
        ("savings", "debit", "120.50"),
        ("loans", "repay", "120.50"),
    ]
    assert service.plan(request, Known()).declined is Reason.ACCOUNT_UNKNOWN
