"""The table of leg states."""

from __future__ import annotations

import re
from pathlib import Path

import django
import pytest

from guanxi.exchange.errors import LegStateForbidden
from guanxi.exchange.legs import LegProgress
from guanxi.exchange.states import NEXT, OPEN, LegState, may_become
from guanxi.kernel.identity import uuid7
from guanxi.services.request import Leg

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "journal.md"


def reachable(state: LegState) -> set[LegState]:
    found = {state}
    while more := {following for each in found for following in NEXT[each]} - found:
        found |= more
    return found


def test_journal_and_table_know_the_same_states() -> None:
    django.setup()
    from guanxi.exchange.models import LEG_STATES

    assert set(LEG_STATES) == {state.value for state in LegState} == {state.value for state in NEXT}


def test_every_state_can_be_reached_and_every_leg_can_end() -> None:
    assert reachable(LegState.PLANNED) == set(LegState)
    ends = {state for state in LegState if not NEXT[state]}
    assert ends == {LegState.FAILED, LegState.REVERSED, LegState.DROPPED}
    assert all(reachable(state) & (ends | {LegState.CONFIRMED}) for state in LegState)


def test_what_is_open_can_still_change_and_what_has_ended_is_not_open() -> None:
    assert all(NEXT[state] for state in OPEN)
    assert not OPEN & {LegState.CONFIRMED, LegState.FAILED, LegState.REVERSED, LegState.DROPPED, LegState.PLANNED}


@pytest.mark.parametrize("present", LegState)
@pytest.mark.parametrize("following", LegState)
def test_a_leg_goes_only_where_the_table_lets_it(present: LegState, following: LegState) -> None:
    progress = LegProgress(Leg(uuid7(), "savings", "debit", {}), present)
    if present is following or may_become(present, following):
        progress.become(following)
        assert progress.state is following
    else:
        with pytest.raises(LegStateForbidden):
            progress.become(following)
        assert progress.state is present


def test_the_reference_shows_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|(.*)\|$", PAGE.read_text().split("## Recovery")[0], re.MULTILINE)
    told = {
        LegState(state): {LegState(word) for word in re.findall(r"`(\w+)`", following)} for state, following in rows
    }
    assert told == NEXT
