"""A schedule of faults can be made again, and leaves nobody out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guanxi.lab.faults import Victims, draw_schedule

VICTIMS = Victims(("gateway", "database"), ("callbacks",), ("link to the database",))


@given(st.integers(), st.integers(1, 60))
def test_the_same_seed_gives_the_same_faults(seed: int, number: int) -> None:
    schedule = draw_schedule(seed, number, VICTIMS, 2.0)
    assert schedule == draw_schedule(seed, number, VICTIMS, 2.0)
    assert [fault.number for fault in schedule] == list(range(1, number + 1))
    assert [fault.at for fault in schedule] == sorted(fault.at for fault in schedule)


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    assert draw_schedule(7, 50, VICTIMS, 2.0)[:20] == draw_schedule(7, 20, VICTIMS, 2.0)


@given(st.integers())
def test_every_victim_meets_every_fault_before_any_comes_again(seed: int) -> None:
    pairs = VICTIMS.pairs()
    met = [(fault.victim, fault.kind) for fault in draw_schedule(seed, 2 * len(pairs), VICTIMS, 2.0)]
    assert set(met[: len(pairs)]) == set(met[len(pairs) :]) == set(pairs)
