"""An address that fails too often waits; others do not."""

from __future__ import annotations

from guanxi.access.failure_limit import FAILURES_ALLOWED, WINDOW_SECONDS, FailureLimit


def test_an_address_waits_until_its_oldest_failure_is_out_of_the_window() -> None:
    limit = FailureLimit()
    for second in range(FAILURES_ALLOWED):
        assert limit.seconds_to_wait("192.0.2.1", second) == 0
        limit.count("192.0.2.1", second)
    assert limit.seconds_to_wait("192.0.2.1", 40) == WINDOW_SECONDS - 40
    assert limit.seconds_to_wait("192.0.2.2", 40) == 0
    assert limit.seconds_to_wait("192.0.2.1", WINDOW_SECONDS) == 0


def test_a_flood_of_addresses_is_forgotten_oldest_first() -> None:
    limit = FailureLimit()
    for number in range(20_000):
        limit.count(f"address-{number}", number / 1000)
    assert len(limit._failures) == 10_000
