"""Which endpoint serves a leg, and why. Pure: facts, rules and health in, a decision with its reasons out.

Rules are tried in order. The first that fits and has an endpoint that is up decides; after all rules comes the endpoint
that is named like the business system. When nothing that fits is up, the first that fits decides all the same: its
guard then refuses at once, or its stand-in answers.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

import msgspec

from guanxi.exchange.windows import any_covers, read_window
from guanxi.kernel.errors import InvalidValue

Health = Literal["up", "down", "maintenance", "disabled"]
STAND_INS: Final = ("none", "balance")
_DIGITS: Final = range(4, 12)  # of a bank identification number


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a rule fits. What is empty fits everything; of several in one list, one must fit."""

    services: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    bins: tuple[str, ...] = ()  # 622202, or a range: 622200-622299
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    currency: str = ""
    times: tuple[str, ...] = ()  # see exchange.windows


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: legs to `system` that fit go to the first of `endpoints` that is up."""

    name: str
    system: str
    conditions: Conditions = Conditions()
    endpoints: tuple[str, ...] = ()
    stand_in: str = "none"
    enabled: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a leg. `at` is a time of the clock on the bank's wall."""

    system: str
    at: dt.datetime
    service: str = ""
    channel: str = ""
    product: str = ""
    bin: str = ""
    amount: Decimal | None = None
    currency: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Test:
    """One condition of a rule, held against a fact."""

    what: str  # system, service, channel, product, bin, amount, currency, time
    wanted: str
    found: str
    fits: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One rule tried: its tests, and how its endpoints stand when it fits. `rule` is empty for the last resort."""

    rule: str
    tests: tuple[Test, ...]
    endpoints: tuple[tuple[str, Health | None], ...]  # None: there is no such endpoint

    @property
    def fits(self) -> bool:
        """Whether all of its conditions do."""
        return all(test.fits for test in self.tests)

    @property
    def up(self) -> tuple[str, ...]:
        """Its endpoints that are up, in order."""
        return tuple(name for name, health in self.endpoints if health == "up")


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """Where the leg goes: `endpoint`, and should nothing have left for there, `fail_over` in order."""

    endpoint: str
    fail_over: tuple[str, ...]
    rule: str
    stand_in: str
    steps: tuple[Step, ...]
    is_up: bool


def choose(facts: Facts, routes: Sequence[Route], health: Mapping[str, Health]) -> Decision:
    """The decision for `facts`; the same for the same arguments, and there always is one."""
    steps: list[Step] = []
    first: tuple[Route, Step] | None = None
    for route in [*(each for each in routes if each.enabled and each.system == facts.system), _last_resort(facts)]:
        step = _tried(route, facts, health)
        steps.append(step)
        if not step.fits or not route.endpoints:
            continue
        first = first or (route, step)
        if step.up:
            stand_in = first[0].stand_in if first[0].stand_in != "none" else route.stand_in
            return Decision(step.up[0], step.up[1:], route.name, stand_in, tuple(steps), is_up=True)
    route = first[0] if first else _last_resort(facts)
    return Decision(route.endpoints[0], (), route.name, route.stand_in, tuple(steps), is_up=False)


def check_route(
    route: Route, endpoints: Sequence[str], services: Sequence[str], channels: Sequence[str]
) -> dict[str, str]:
    """What is wrong with a rule, by field; nothing when all is well."""
    faults: dict[str, str] = {}
    conditions = route.conditions
    if not route.name or len(route.name) > 60 or not route.name.isprintable():
        faults["name"] = "Give it a name of at most 60 characters."
    if not route.system:
        faults["system"] = "Say which business system's legs it is for."
    if not route.endpoints:
        faults["endpoints"] = "Name at least one endpoint."
    elif unknown := sorted({*route.endpoints} - {*endpoints}):
        faults["endpoints"] = f"There is no endpoint {', '.join(unknown)}."
    elif len({*route.endpoints}) < len(route.endpoints):
        faults["endpoints"] = "One endpoint is named twice."
    if route.stand_in not in STAND_INS:
        faults["stand_in"] = f"It is none of {', '.join(STAND_INS)}."
    for field, known in (("services", services), ("channels", channels)):
        if unknown := sorted({*getattr(conditions, field)} - {*known}):
            faults[field] = f"There is no {field[:-1]} {', '.join(unknown)}."
    return faults | _faults_of_values(conditions)


def _faults_of_values(conditions: Conditions) -> dict[str, str]:
    faults: dict[str, str] = {}
    for text in conditions.bins:
        first, _, last = text.partition("-")
        whole = first.isascii() and first.isdigit() and len(first) in _DIGITS
        if not whole or (
            last and not (last.isascii() and last.isdigit() and len(last) == len(first) and first <= last)
        ):
            faults["bins"] = f"{text!r} is no BIN or range of BINs: write 622202 or 622200-622299."
    low, high = conditions.amount_from, conditions.amount_to
    for field, amount in (("amount_from", low), ("amount_to", high)):
        if amount is not None and (not amount.is_finite() or amount < 0):
            faults[field] = "Give an amount of 0 or more."
    if low is not None and high is not None and not faults.keys() & {"amount_from", "amount_to"} and low > high:
        faults["amount_to"] = "It is less than where the range begins."
    if conditions.currency and not (len(conditions.currency) == 3 and conditions.currency.isupper()):
        faults["currency"] = "Write three capital letters (ISO 4217)."
    for text in conditions.times:
        try:
            read_window(text)
        except InvalidValue as error:
            faults["times"] = f"{error} {error.next_step}"
    return faults


def _last_resort(facts: Facts) -> Route:
    return Route(name="", system=facts.system, endpoints=(facts.system,))


def _tried(route: Route, facts: Facts, health: Mapping[str, Health]) -> Step:
    tests = tuple(_tests(route.conditions, facts))
    fits = all(test.fits for test in tests)
    return Step(route.name, tests, tuple((name, health.get(name)) for name in route.endpoints) if fits else ())


def _tests(conditions: Conditions, facts: Facts) -> list[Test]:
    tests = [
        Test(what, ", ".join(wanted), found, found in wanted)
        for what, wanted, found in (
            ("service", conditions.services, facts.service),
            ("channel", conditions.channels, facts.channel),
            ("product", conditions.products, facts.product),
        )
        if wanted
    ]
    if conditions.bins:
        fits = any(_in_bins(text, facts.bin) for text in conditions.bins)
        tests.append(Test("bin", ", ".join(conditions.bins), facts.bin, fits))
    if conditions.amount_from is not None or conditions.amount_to is not None:
        tests.append(_amount(conditions, facts.amount))
    if conditions.currency:
        tests.append(Test("currency", conditions.currency, facts.currency, conditions.currency == facts.currency))
    if conditions.times:
        open_now = any_covers(tuple(map(read_window, conditions.times)), facts.at)
        tests.append(Test("time", ", ".join(conditions.times), f"{facts.at:%a %H:%M}", open_now))
    return tests


def _amount(conditions: Conditions, amount: Decimal | None) -> Test:
    low, high = conditions.amount_from, conditions.amount_to
    fits = amount is not None and (low is None or low <= amount) and (high is None or amount <= high)
    return Test(
        "amount", f"{low if low is not None else 0} - {high if high is not None else '…'}", str(amount or ""), fits
    )


def _in_bins(text: str, found: str) -> bool:
    first, _, last = text.partition("-")
    beginning = found[: len(first)]
    return len(beginning) == len(first) and first <= beginning <= (last or first)
