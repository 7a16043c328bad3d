"""The rules themselves: published limits, what counts as evidence and what does not."""

import numpy as np
import pytest

from envirosense.pole.detectors.arcing_fusion import WEIGHTS, fused, sound_strength
from envirosense.pole.detectors.chemical_signature import (
    CO_TO_NO2,
    Limits,
    air_slopes,
    chemical_signature,
    gusting_rise,
    ratio_in_range,
)
from envirosense.pole.detectors.equipment_health import (
    Advice,
    advice,
    cyclic_heating,
    health,
    resonance_loss,
    thermal_trend_k_h,
    turn_deg,
)
from envirosense.pole.detectors.fire_danger import index_of_moment, red_flag
from envirosense.pole.detectors.hot_spot import explained_k, keeps_still, lasting_spot_k
from envirosense.pole.detectors.readings import noise_level, reduced
from envirosense.pole.detectors.rule_detector import class_scores

NOTHING = np.zeros(3)
CELLULOSE, LIGNIN = np.array([25.0, 30.0, 5.0]), np.array([20.0, 15.0, 10.0])  # ppb, firmware 5.1.1


def signature(cellulose=NOTHING, lignin=NOTHING, co=0.0, no2=0.0, smoke=0.0):
    return chemical_signature(cellulose, lignin, co, no2, smoke)


def test_clean_air_scores_nothing():
    clean = signature()
    assert float(clean.score) == 0.0
    assert [float(one) for one in (clean.cellulose, clean.lignin, clean.combustion)] == [0.0, 0.0, 0.0]


def test_clean_levels_of_two_aldehydes_make_no_ratio():
    # 5 and 6 ppb divide to 0.83: the firmware's pattern took 15 points for that
    assert float(signature(cellulose=np.array([5.0, 6.0, 0.5])).score) == 0.0


@pytest.mark.parametrize(
    ("rises", "passed"),
    [
        ({"cellulose": 1.5 * CELLULOSE}, (True, False, False)),
        ({"lignin": 1.5 * LIGNIN}, (False, True, False)),
        ({"co": 5000.0, "no2": 40.0}, (False, False, True)),
        ({"co": 5000.0, "smoke": 60.0}, (False, False, True)),
    ],
)
def test_each_stage_answers_to_its_own_gases(rises, passed):
    found = signature(**rises)
    assert tuple(bool(one >= 1.0) for one in (found.cellulose, found.lignin, found.combustion)) == passed


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_stage_needs_all_of_its_gases(missing):
    rises = 3.0 * CELLULOSE
    rises[missing] = 0.0
    assert float(signature(cellulose=rises).cellulose) == 0.0


def test_carbon_monoxide_alone_is_a_car():
    assert float(signature(co=20_000.0).combustion) == 0.0


def test_everything_at_twice_its_threshold_scores_all_stages_and_the_ratio_of_one_unit():
    found = signature(2 * CELLULOSE, 2 * LIGNIN, co=5000.0, no2=100.0)
    assert float(found.score) == 30.0 + 25.0 + 40.0 + 15.0 + 15.0  # 5 ppm over 100 ppb is 50


def test_a_ratio_of_parts_per_million_over_billion_is_refused():
    assert not ratio_in_range(5.0, 100.0, CO_TO_NO2)  # 5 ppm taken for ppb: 0.05
    assert ratio_in_range(5000.0, 100.0, CO_TO_NO2)
    assert not ratio_in_range(5000.0, 0.0, CO_TO_NO2)


def test_calibrated_limits_replace_the_thresholds():
    raised = Limits(cellulose_ppb=(250.0, 300.0, 50.0))
    found = chemical_signature(5 * CELLULOSE, NOTHING, 0.0, 0.0, limits=raised)
    assert float(found.cellulose) == pytest.approx(0.5)


def test_slopes_against_the_air_are_recovered():
    rng = np.random.default_rng(3)
    air_k, damp_pct = rng.normal(0.0, 2.0, 4000), rng.normal(0.0, 8.0, 4000)
    found = air_slopes(3.0 * air_k + 1.5 * damp_pct + rng.normal(0.0, 10.0, 4000), air_k, damp_pct)
    assert found == pytest.approx((3.0, 1.5), abs=5 * 10.0 / np.sqrt(4000) / 2.0)
    assert air_slopes(air_k[:20], air_k[:20], damp_pct[:20]) == (0.0, 0.0)


def test_haze_from_afar_is_even_and_a_near_plume_gusts():
    even = np.full((1, 6), 60.0)
    gusts = np.array([[10.0, 160.0, 20.0, 90.0, 10.0, 70.0]])
    assert gusting_rise(even, np.array([10.0]))[0] == 0.0
    assert gusting_rise(gusts, np.array([10.0]))[0] == pytest.approx(50.0)


def test_one_sure_sense_outweighs_two_in_their_noise():
    sure = fused([0.3, 0.2, 9.0], WEIGHTS)
    assert sure > 1.0
    assert fused([0.6, 0.6, 0.6], WEIGHTS) == pytest.approx(0.6)
    assert fused([0.0, 0.0, 0.0], WEIGHTS) == 0.0


def test_senses_that_agree_count_more_than_one_that_barely_passes():
    assert fused([1.1, 0.0, 0.0], WEIGHTS) < fused([1.1, 1.1, 1.1], WEIGHTS) + 1e-12
    assert fused([0.4, 0.4, 1.1], WEIGHTS) < 1.0


def test_a_crackle_must_also_be_louder():
    assert sound_strength(0.0, 0.5, 0.0) == 0.0
    assert sound_strength(0.0, 0.5, 12.0) == pytest.approx(2.0)
    assert sound_strength(0.04, 0.0, 0.0) == pytest.approx(2.0)


def test_a_spot_must_show_in_all_three_looks():
    assert lasting_spot_k(40.0, 35.0, 30.0) == 35.0
    assert lasting_spot_k(40.0, 35.0, 0.0) == 0.0
    assert lasting_spot_k(0.0, 35.0, 30.0) == 0.0


def test_air_and_a_doubled_load_explain_their_part():
    assert explained_k(3.0, 10.0, 2.0) == pytest.approx(3.0 + 30.0)  # excess goes with the current squared
    assert explained_k(-3.0, 10.0, 0.5) == 0.0


def test_what_jumps_or_blinds_the_camera_by_day_is_no_heated_body():
    assert keeps_still(30.0, 2.0, 340.0)
    assert not keeps_still(110.0, 160.0, 430.0)
    assert not keeps_still(110.0, 5.0, 443.0)
    assert keeps_still(110.0, 5.0, 443.0, is_dark=True)


def test_trend_at_equal_load_is_recovered_under_a_load_that_swings():
    time_s = np.arange(0.0, 24 * 3600.0, 600.0)
    current_a = 100.0 + 60.0 * np.sin(2 * np.pi * time_s / 86_400.0)
    excess_k = 5.0 + 2.0 * time_s / 3600.0 + 1e-3 * current_a**2
    assert thermal_trend_k_h(time_s, excess_k, current_a) == pytest.approx(2.0, rel=1e-6)
    assert thermal_trend_k_h(time_s, 1e-3 * current_a**2, current_a) == pytest.approx(0.0, abs=1e-9)


def test_heating_that_follows_the_load_is_told_from_heating_shuffled_in_time():
    rng = np.random.default_rng(2)
    current_a = 100.0 + np.repeat(rng.normal(0.0, 30.0, 48), 30)
    state, excess_k = float(current_a[0] ** 2), np.empty_like(current_a)
    for tick, amps in enumerate(current_a):  # a joint of 15 minutes, a minute a tick
        state += (1 - np.exp(-60.0 / 900.0)) * (amps**2 - state)
        excess_k[tick] = 1e-3 * state + rng.normal(0.0, 0.3)
    assert cyclic_heating(excess_k, current_a, 60.0) > 0.95
    shuffled = cyclic_heating(rng.permutation(excess_k), current_a, 60.0)
    assert abs(shuffled) < 5.0 / np.sqrt(excess_k.size)
    assert cyclic_heating(np.full(10, 3.0), np.arange(10.0), 60.0) == 0.0


def test_field_turns_with_the_phases_and_not_with_the_load():
    assert turn_deg([2.0, 4.0, 6.0], [1.0, 2.0, 3.0]) == pytest.approx(0.0, abs=1e-5)
    assert turn_deg([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]) == pytest.approx(90.0)


def test_softer_wood_loses_the_root_of_its_stiffness():
    assert resonance_loss(1.2 * np.sqrt(0.6), 1.2) == pytest.approx(1 - np.sqrt(0.6))


def test_health_falls_with_any_sign_and_gives_advice():
    assert health(np.zeros(6)) == 100.0
    assert health([1.0, 0, 0, 0, 0, 0]) == pytest.approx(50.0)
    assert health([3.0, 0, 0, 0, 0, 0]) < health([2.0, 0, 0, 0, 0, 0])
    assert [advice(h) for h in (20.0, 50.0, 90.0)] == [Advice.NOW, Advice.SOON, Advice.ROUTINE]


def test_fire_weather_rises_with_wind_and_dryness():
    assert (
        index_of_moment(30.0, 15.0, 12.0)
        > index_of_moment(30.0, 15.0, 4.0)
        > index_of_moment(30.0, 60.0, 4.0)
    )
    assert red_flag(25.0, 6.7) == pytest.approx(1.0)
    assert red_flag(10.0, 2.0) < 1.0
    assert red_flag(60.0, 20.0) < 1.0


def test_scores_sum_to_one_and_cross_a_half_at_the_limit():
    scores = class_scores(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]]))
    np.testing.assert_allclose(scores.sum(axis=1), 1.0)
    assert scores[0, 0] == 1.0
    assert scores[1, 0] == 0.5
    assert scores[2].argmax() == 2


def test_reductions_and_levels_ignore_what_was_not_sampled():
    holes = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(reduced(np.mean, holes), [2.0, np.nan])
    assert noise_level(np.full(10, 5.0)) == 0.0  # too few to say
    assert noise_level(np.append(np.arange(1000.0), np.nan)) == pytest.approx(998.0, abs=1.0)
