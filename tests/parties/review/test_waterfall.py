"""The waterfall goes from the prior to the weight without a gap, inside its picture."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.resolution.scoring import Part, Score
from guanxi.parties.review.waterfall import GATE, PRIOR, TOTAL, waterfall

weights = st.floats(-25, 25, allow_nan=False)
parts = st.lists(
    st.tuples(st.sampled_from(["same", "differs"]), weights) | st.tuples(st.just("missing"), st.just(0.0)), max_size=6
).map(lambda drawn: tuple(Part(f"field{at}", label, weight) for at, (label, weight) in enumerate(drawn)))


@given(weights, parts, st.none() | weights)
def test_each_step_begins_where_the_last_one_ended(prior: float, said: tuple[Part, ...], limit: float | None) -> None:
    total = prior + sum(part.weight for part in said)
    held = limit is not None and limit < total
    score = Score(limit if held and limit is not None else total, prior, said, "a twin" if held else "")
    picture = waterfall(score, automatic=12, review=2)
    steps = picture.bars[:-1]
    assert steps[0].comparison == PRIOR
    assert all(after.start == before.end for before, after in itertools.pairwise(steps))
    assert steps[-1].end == pytest.approx(score.weight)
    assert (steps[-1].comparison == GATE) == held
    assert picture.bars[-1].comparison == TOTAL
    assert len(picture.unknown) + len(steps) - 1 - held == len(said)
    for weight in (12, 2, *(end for bar in picture.bars for end in (bar.start, bar.end))):
        assert 0 <= picture.place(weight) <= 1


def test_what_says_most_comes_first() -> None:
    score = Score(5.0, -10.0, (Part("gender", "same", 1.0), Part("name", "same", 9.0), Part("place", "x", 5.0)))
    assert [bar.comparison for bar in waterfall(score, automatic=12, review=2).bars] == [
        PRIOR,
        "name",
        "place",
        "gender",
        TOTAL,
    ]
