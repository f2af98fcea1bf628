"""Breaker, pace, windows and rules: what must hold for any numbers, times and facts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.exchange.breaker import Breaker
from guanxi.exchange.pacing import TokenBucket, backoff
from guanxi.exchange.parameters import EndpointParameters, check
from guanxi.exchange.routing import Conditions, Facts, Health, Route, check_route, choose
from guanxi.exchange.windows import DAYS, read_window
from guanxi.kernel.errors import InvalidValue

MONDAY = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
NAMES = ("savings", "spare", "far")


@given(st.integers(1, 20), st.floats(0.1, 100))
def test_a_breaker_opens_after_failures_in_a_row_and_closes_when_a_probe_is_answered(most: int, pause: float) -> None:
    breaker = Breaker(most, pause)
    for _ in range(most):
        assert breaker.admit(0)
        breaker.failed(0)
    assert breaker.state(0) == "open"
    assert not breaker.admit(pause / 2)
    assert breaker.admit(pause)
    assert not breaker.admit(pause)  # one probe at a time
    breaker.failed(pause)
    assert breaker.state(pause * 1.5) == "open"
    assert breaker.admit(pause * 2.01)
    breaker.succeeded(pause * 2.01)
    assert breaker.state(pause * 2.01) == "closed"


@given(st.lists(st.tuples(st.sampled_from(["ok", "bad", "gone"]), st.floats(0, 3)), max_size=60))
def test_a_breaker_never_stays_shut_for_good(events: list[tuple[str, float]]) -> None:
    breaker, now = Breaker(3, 1.0), 0.0
    for event, later in events:
        now += later
        if breaker.admit(now):
            if event == "gone":
                breaker.withdraw()
            else:
                (breaker.succeeded if event == "ok" else breaker.failed)(now)
    assert breaker.would_admit(now + 1.0)


def test_a_breaker_of_no_failures_never_opens() -> None:
    breaker = Breaker(0, 1)
    for _ in range(1000):
        breaker.failed(0)
    assert breaker.admit(0)


@given(st.floats(0.5, 1000), st.integers(1, 50), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_a_bucket_lets_through_no_more_than_its_rate_and_burst(rate: float, burst: int, gaps: list[float]) -> None:
    bucket, now, goes = TokenBucket(rate, burst), 100.0, []
    for gap in gaps:
        now += gap
        wait = bucket.take(now, 1.0)
        if wait is not None:
            assert 0 <= wait <= 1.0
            goes.append(now + wait)
    for start in goes:
        within = [at for at in goes if start <= at <= start + 1]
        assert len(within) <= burst + rate + 1.001


@given(st.integers(1, 5), st.floats(0, 2), st.floats(0, 0.999))
def test_a_pause_stays_below_a_bound_that_doubles(attempt: int, first: float, chance: float) -> None:
    assert 0 <= backoff(attempt, first, chance) <= first * 2 ** (attempt - 1)


@given(st.integers(0, 1439), st.integers(1, 1440), st.integers(0, 6), st.integers(0, 7 * 1440 - 1))
def test_a_window_is_open_from_its_begin_to_before_its_end_also_past_midnight(
    begins: int, ends: int, day: int, minute: int
) -> None:
    if begins == ends:
        return
    clock = "-".join(f"{each // 60:02}:{each % 60:02}" for each in (begins, ends))
    window = read_window(f"{DAYS[day]} {clock}")
    first = day * 1440 + begins
    last = day * 1440 + ends + (1440 if ends < begins else 0)
    open_at = {each % (7 * 1440) for each in range(first, last)}
    assert window.covers(MONDAY + dt.timedelta(minutes=minute)) == (minute in open_at)


@pytest.mark.parametrize(
    "text", ["", "daily", "daily 25:00-26:00", "Mon-Foo 01:00-02:00", "2026-02-30 01:00-02:00", "daily 02:00-02:00"]
)
def test_what_is_no_window_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InvalidValue, match="no window"):
        read_window(text)


healths = st.sampled_from(["up", "down", "maintenance", "disabled"])
conditions = st.builds(
    Conditions,
    services=st.sampled_from([(), ("balance",), ("purchase", "balance")]),
    products=st.sampled_from([(), ("gold",)]),
    bins=st.sampled_from([(), ("6222",), ("622200-622299",)]),
    amount_from=st.none() | st.decimals(0, 1000, places=2),
    amount_to=st.none() | st.decimals(0, 1000, places=2),
    times=st.sampled_from([(), ("daily 08:00-20:00",)]),
)
routes = st.lists(
    st.builds(
        Route,
        name=st.text("abc", min_size=1, max_size=3),
        system=st.sampled_from(["savings", "loans"]),
        conditions=conditions,
        endpoints=st.lists(st.sampled_from([*NAMES, "nowhere"]), max_size=3, unique=True).map(tuple),
        enabled=st.booleans(),
    ),
    max_size=6,
)
facts = st.builds(
    Facts,
    system=st.just("savings"),
    at=st.integers(0, 1439).map(lambda minute: MONDAY + dt.timedelta(minutes=minute)),
    service=st.sampled_from(["balance", "purchase"]),
    product=st.sampled_from(["", "gold"]),
    bin=st.sampled_from(["", "622202", "411111"]),
    amount=st.none() | st.decimals(0, 1000, places=2),
)


@given(facts, routes, st.dictionaries(st.sampled_from(NAMES), healths))
def test_there_is_always_one_decision_and_never_for_what_is_down_while_something_that_fits_is_up(
    known: Facts, rules: list[Route], health: dict[str, Health]
) -> None:
    decision = choose(known, rules, health)
    assert decision == choose(known, rules, health)
    fitting = [name for step in decision.steps if step.fits for name in step.up]
    assert decision.is_up == bool(fitting)
    if decision.is_up:
        assert decision.endpoint == fitting[0]
        assert all(health[name] == "up" for name in (decision.endpoint, *decision.fail_over))
    else:
        assert choose(known, rules, dict.fromkeys(NAMES, "up")).is_up
    assert decision.steps[-1].rule == (decision.rule if decision.is_up else "")


def test_the_first_rule_that_fits_decides_and_every_test_is_told() -> None:
    rule = Route(
        name="large",
        system="savings",
        conditions=Conditions(amount_from=Decimal(100), bins=("622200-622299",)),
        endpoints=("spare", "savings"),
    )
    small = choose(Facts(system="savings", at=MONDAY, amount=Decimal(99), bin="622202"), [rule], {"savings": "up"})
    assert (small.endpoint, [test.fits for test in small.steps[0].tests]) == ("savings", [True, False])
    up: dict[str, Health] = {"savings": "up", "spare": "up"}
    large = choose(Facts(system="savings", at=MONDAY, amount=Decimal(100), bin="622202"), [rule], up)
    assert (large.endpoint, large.fail_over, large.rule) == ("spare", ("savings",), "large")


@pytest.mark.parametrize(
    ("field", "given_values"),
    [
        ("name", {"name": "Savings!"}),
        ("protocol", {"protocol": "telex"}),
        ("address", {"address": "nowhere"}),
        ("address", {"address": "http://user:secret@host/"}),
        ("address", {"protocol": "iso8583", "address": "host:99999"}),
        ("timeout_seconds", {"parameters": {"timeout_seconds": 0}}),
        ("attempts", {"parameters": {"attempts": "many"}}),
        ("credential", {"parameters": {"credential": "hunter2"}}),
        ("credential", {"parameters": {"credential": "env:GUANXI_SECRET_KEY"}}),
        ("credential", {"parameters": {"credential": "file:../../etc/passwd"}}),
        ("maintenance", {"parameters": {"maintenance": ["tonight"]}}),
        ("colour", {"parameters": {"colour": "red"}}),
    ],
)
def test_nonsense_is_told_by_its_field(field: str, given_values: dict[str, object]) -> None:
    sound = {"name": "savings", "protocol": "rest", "address": "http://127.0.0.1:1/savings", "parameters": {}}
    assert not check(**sound)  # type: ignore[arg-type]
    assert set(check(**{**sound, **given_values})) == {field}  # type: ignore[arg-type]


def test_a_rule_of_nonsense_is_told_by_its_fields() -> None:
    route = Route(
        name="",
        system="savings",
        conditions=Conditions(services=("flying",), bins=("62x",), amount_from=Decimal(2), amount_to=Decimal(1)),
        endpoints=("nowhere",),
    )
    assert set(check_route(route, ["savings"], ["balance"], [])) == {
        "name",
        "endpoints",
        "services",
        "bins",
        "amount_to",
    }
    assert EndpointParameters().attempts >= 1
