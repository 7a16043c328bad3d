"""When asking stops."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.learning.active.stop import StopRule, judge_stop, predicted_gain_per_cost


def test_a_logarithmic_curve_is_predicted_exactly():
    costs = [100.0] * 8
    spent = np.cumsum(costs)
    scores = (0.1 * np.log(spent)).tolist()
    assert predicted_gain_per_cost(costs, scores, 4) == pytest.approx(0.1 / 800)


def test_it_goes_on_while_there_is_something_to_gain_and_stops_on_a_plateau():
    rule = StopRule(floor=1e-5, rounds=3, window=3)
    rising = [0.5, 0.6, 0.66, 0.7, 0.73, 0.75]
    assert not judge_stop(rule, [100.0] * 6, rising).is_time
    flat = [*rising, *[0.75] * 7]
    verdict = judge_stop(rule, [100.0] * 13, flat)
    assert verdict.is_time
    assert "3 rounds in a row" in verdict.reason


def test_one_poor_round_does_not_stop_it():
    rule = StopRule(floor=1e-4, rounds=3, window=2)
    scores = [0.5, 0.6, 0.6, 0.6, 0.6, 0.75]
    assert not judge_stop(rule, [100.0] * 6, scores).is_time


def test_dear_rounds_stop_earlier_than_cheap_ones():
    rule, scores = StopRule(floor=1e-4, rounds=2), [0.5, 0.55, 0.58, 0.6, 0.61]
    assert not judge_stop(rule, [10.0] * 5, scores).is_time
    assert judge_stop(rule, [10_000.0] * 5, scores).is_time


def test_it_says_nothing_before_it_has_seen_enough():
    verdict = judge_stop(StopRule(rounds=3), [1.0] * 3, [0.5, 0.5, 0.5])
    assert not verdict.is_time
    assert verdict.predicted_gain_per_cost is None


def test_costs_must_be_real():
    with pytest.raises(ConfigError, match="above 0"):
        judge_stop(StopRule(), [1.0, 0.0], [0.1, 0.2])
    with pytest.raises(ConfigError, match="as many as the costs, 1"):
        judge_stop(StopRule(), [1.0], [0.1, 0.2])
