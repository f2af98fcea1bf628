"""What is learnt of verdicts is what statistics says, and no more than the verdicts bear."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.parties.resolution.comparisons import PEOPLE
from guanxi.parties.review.calibration import LN2, Calibration, Judged, Prior, fit, foretold, shares
from guanxi.parties.review.thresholds import MOST_STEP, Why, propose, with_thresholds

# D. Cox's model on a much printed example: hours of study and who passed; R gives -4.0777 (1.7610), 1.5046 (0.6287).
_HOURS = (0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5)
_PASSED = (0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1)
NO_PRIOR = Prior(0, 0, 1e6, 1e6)


def _drawn(line: tuple[float, float], number: int, *, low: float = 2, high: float = 12, seed: int = 1) -> list[Judged]:
    """Verdicts as they would be if the line were the truth."""
    chance = random.Random(seed)
    truth = Calibration(*line, (0, 0, 0))
    weights = [chance.uniform(low, high) for _ in range(number)]
    return [Judged(weight, float(chance.random() < truth.probability(weight))) for weight in weights]


def test_without_a_prior_it_is_logistic_regression() -> None:
    found = fit([Judged(hours / LN2, passed) for hours, passed in zip(_HOURS, _PASSED, strict=True)], NO_PRIOR)
    assert (found.intercept, found.slope) == pytest.approx((-4.0777, 1.5046), abs=5e-5)
    assert math.sqrt(found.covariance[0]) == pytest.approx(1.7610, abs=5e-4)
    assert math.sqrt(found.covariance[2]) == pytest.approx(0.6287, abs=5e-4)


def test_without_verdicts_the_weights_are_believed() -> None:
    found = fit([])
    assert (found.intercept, found.slope) == (0, 1)
    assert found.probability(10) == pytest.approx(1 / (1 + 2**-10))


def test_verdicts_that_a_threshold_parts_perfectly_do_not_run_away() -> None:
    found = fit([Judged(weight, float(weight > 6)) for weight in range(2, 12)])
    assert 0 < found.slope < 5
    assert found.band(12)[0] < found.probability(12) < found.band(12)[1]


@given(st.lists(st.builds(Judged, st.floats(-20, 30), st.sampled_from([0.0, 0.5, 1.0])), max_size=40))
@settings(max_examples=150)
def test_whatever_was_judged_there_is_a_line_with_a_band_around_it(judged: list[Judged]) -> None:
    found = fit(judged)
    for weight in (-20, 0, 7, 30):
        low, high = found.band(weight)
        assert 0 <= low <= found.probability(weight) <= high <= 1
    assert sum(share.judged for share in shares(judged)) == len(judged)
    assert all(share.least <= share.same <= share.most for share in shares(judged))


def test_the_band_holds_the_truth_nineteen_times_in_twenty() -> None:
    """200 banks with 150 verdicts each; the normal approximation at a weight in the middle."""
    truth = Calibration(-3.5, 0.8, (0, 0, 0)).probability(7)
    found = [fit(_drawn((-3.5, 0.8), 150, seed=seed)).band(7) for seed in range(200)]
    assert 0.90 <= sum(low <= truth <= high for low, high in found) / len(found) <= 0.99


def test_nothing_is_proposed_for_few_verdicts() -> None:
    found = propose(_drawn((-3, 1), 49), automatic=12, review=2, surety=0.99)
    assert (found.automatic.why, found.review.why, found.moves) == (Why.FEW, Why.FEW, False)


def test_nothing_is_proposed_where_people_decide_whatever_the_weight() -> None:
    found = propose(_drawn((0, 0), 300), automatic=12, review=2, surety=0.99)
    assert not found.moves
    assert found.automatic.why in {Why.FLAT, Why.NO_BETTER}


def test_weights_that_claim_too_little_let_the_threshold_down_step_by_step() -> None:
    found = propose(_drawn((1, 1.6), 600, low=-4), automatic=12, review=-4, surety=0.99)
    assert found.automatic.why is Why.SURE
    assert found.automatic.to == 12 - MOST_STEP
    assert found.calibration.band(found.automatic.to)[0] >= 0.99
    assert found.surprise < found.claimed_surprise


def test_weights_that_claim_too_much_raise_the_threshold_by_a_step() -> None:
    found = propose(_drawn((-6, 0.8), 600), automatic=12, review=2, surety=0.99)
    assert found.automatic.why is Why.DOUBTFUL
    assert 12 < found.automatic.to <= 12 + MOST_STEP


def test_what_nobody_ever_calls_the_same_is_not_shown_any_more() -> None:
    found = propose(_drawn((-9, 1.4), 900), automatic=12, review=2, surety=0.95)
    assert found.review.why is Why.SURE
    assert 2 < found.review.to <= 2 + MOST_STEP
    assert found.calibration.band(found.review.to)[1] <= 0.05


@given(
    st.floats(-8, 3),
    st.floats(0.1, 2),
    st.integers(50, 300),
    st.sampled_from([0.95, 0.99, 0.999]),
    st.integers(0, 10**6),
)
@settings(max_examples=40)
def test_no_proposal_goes_beyond_what_was_judged_or_a_step(
    intercept: float, slope: float, number: int, surety: float, seed: int
) -> None:
    judged = _drawn((intercept, slope), number, seed=seed)
    found = propose(judged, automatic=12, review=2, surety=surety)
    assert abs(found.automatic.to - 12) <= MOST_STEP + 0.1
    assert abs(found.review.to - 2) <= MOST_STEP + 0.1
    assert found.review.to < found.automatic.to
    if found.automatic.why is Why.SURE:
        assert found.automatic.to <= max(each.weight for each in judged) + 0.1
        assert found.calibration.band(found.automatic.to)[0] >= surety


def test_cross_validation_does_not_flatter() -> None:
    """Where the weights are right already, a line learnt anew foretells about as well, and hardly better."""
    learnt, claimed = foretold(_drawn((0, 1), 400, low=-6, high=8))
    assert learnt == pytest.approx(claimed, abs=0.02)


def test_what_a_gate_holds_back_stays_below_the_threshold() -> None:
    lowered = with_thresholds(PEOPLE, automatic=9.0, review=1.0)
    assert (lowered.automatic, lowered.review) == (9.0, 1.0)
    assert all(gate.limit < 9.0 for gate in lowered.gates)
    raised = with_thresholds(PEOPLE, automatic=13.0, review=1.0)
    assert [gate.limit for gate in raised.gates] == [gate.limit for gate in PEOPLE.gates]
