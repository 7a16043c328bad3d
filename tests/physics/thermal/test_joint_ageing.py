import numpy as np
import pytest

from envirosense.physics.thermal.joint import (
    RESISTANCE_SLOPE_PER_K,
    contact_voltage_v,
    joint_heat_w,
    resistance_growth_per_s,
)
from envirosense.physics.thermal.joint_ageing import (
    STAGES,
    Service,
    aged_resistance_ohm,
    ageing_stage,
    apparent_resistance_ohm,
    compressed_life_ohm,
    daily_growth_per_s,
    joint_temperature_k,
    life_curve,
    rate_for_target_per_s,
)

DAY_S = 86_400.0


def daily(peak_a=250.0, n=24):
    hour = np.arange(n) * 24.0 / n
    current_a = peak_a * (0.7 + 0.3 * np.cos(2 * np.pi * (hour - 18.0) / 24.0))
    air_k = 298.0 + 6.0 * np.cos(2 * np.pi * (hour - 15.0) / 24.0)
    return Service(current_a, air_k, np.full(n, 0.6))


def no_load(air_k):
    return Service(np.zeros(1), np.full(1, air_k), np.ones(1))


def test_life_at_one_temperature_is_the_closed_form():
    rate_per_s = 3e-7
    curve = life_curve(rate_per_s, no_load(350.0))
    elapsed_s = curve.time_s[::50]
    closed = aged_resistance_ohm(1e-4, rate_per_s, 350.0, elapsed_s)
    np.testing.assert_allclose(curve.resistance_ohm[::50], closed, rtol=1e-9)
    assert curve.time_s[-1] == pytest.approx(
        np.log(100.0) / float(resistance_growth_per_s(350.0, rate_per_s))
    )


@pytest.mark.parametrize("target_days", [30.0, 300.0])
def test_rate_meets_its_target(target_days):
    service = daily()
    curve = life_curve(rate_for_target_per_s(target_days * DAY_S, service), service)
    assert curve.time_at(1e-3) / DAY_S == pytest.approx(target_days, rel=1e-4)
    assert curve.stage_durations_s()["degraded"] / DAY_S == pytest.approx(target_days, rel=1e-4)


def test_last_decade_runs_away_within_hours_to_days():
    # the ceiling holds its pace at heavy load; at a load below it the runaway is free
    service = daily(150.0)
    curve = life_curve(rate_for_target_per_s(60 * DAY_S, service), service)
    durations = curve.stage_durations_s()
    assert 3600.0 < durations["terminal"] < 10 * DAY_S
    assert durations["terminal"] < 0.15 * durations["degraded"]


def test_life_agrees_with_stepping_through_the_days():
    service = daily(200.0)
    rate_per_s = rate_for_target_per_s(30 * DAY_S, service)
    curve = life_curve(rate_per_s, service)
    log_ohm = np.log(1e-4)
    for _day in range(28):
        for current_a, air_k in zip(service.current_a, service.air_k, strict=True):
            joint_k = joint_temperature_k(current_a, np.exp(log_ohm), air_k, 0.6)
            log_ohm += float(resistance_growth_per_s(joint_k, rate_per_s)) * 3600.0
    assert np.exp(log_ohm) == pytest.approx(float(curve.resistance_at(28 * DAY_S)), rel=0.03)


def test_resistance_only_rises():
    curve = life_curve(1e-7, daily())
    assert np.all(np.diff(curve.time_s) > 0)
    assert np.all(np.diff(curve.resistance_ohm) > 0)
    assert np.all(np.diff(compressed_life_ohm(curve, np.linspace(-0.2, 1.2, 200))) >= 0)


def test_quadrature_converges_at_second_order():
    # up to 1 mohm: beyond, the ceiling puts kinks into the pace
    lengths = [
        life_curve(1e-7, daily(100.0), end_ohm=1e-3, points_per_decade=n).time_s[-1]
        for n in (10, 20, 40, 2000)
    ]
    errors = np.abs(np.array(lengths[:3]) - lengths[3])
    np.testing.assert_allclose(np.log2(errors[:-1] / errors[1:]), 2.0, atol=0.2)


def test_balance_holds_at_the_settled_temperature():
    joint_k = joint_temperature_k(200.0, 5e-4, 300.0, 0.6)
    assert 0.6 * (joint_k - 300.0) == pytest.approx(float(joint_heat_w(200.0, 5e-4, joint_k)), rel=1e-9)
    assert joint_temperature_k(200.0, 0.6 / RESISTANCE_SLOPE_PER_K / 4e4, 300.0, 0.6) == 933.0


def test_contact_shows_no_more_than_the_melting_voltage():
    shown = apparent_resistance_ohm(np.array([1e-3, 1e-2]), 200.0, 293.0)
    assert shown[0] == 1e-3
    assert 200.0 * shown[1] == pytest.approx(float(contact_voltage_v(933.0, 293.0)))


def test_ceiling_stops_the_growth_of_the_rate():
    pace = daily_growth_per_s(np.array([1e-4, 1e-3, 1e-2, 1e-1]), daily(400.0))
    assert pace[0] < pace[1] < pace[2]
    assert pace[2] == pace[3]


def test_compressed_clock_spans_the_wanted_resistances():
    curve = life_curve(1e-7, daily())
    shown = compressed_life_ohm(curve, np.array([0.0, 1.0]), 2e-4, 4e-3)
    np.testing.assert_allclose(shown, [2e-4, 4e-3], rtol=1e-6)


def test_stages_follow_the_decades():
    assert [STAGES[i] for i in ageing_stage(np.array([1e-4, 3e-4, 2e-3, 2e-2]))] == list(STAGES)


def test_refusals():
    with pytest.raises(ValueError, match="target_s"):
        rate_for_target_per_s(0.0, daily())
    with pytest.raises(ValueError, match="rate_per_s"):
        life_curve(0.0, daily())
    with pytest.raises(ValueError, match="rise above zero"):
        life_curve(1e-7, daily(), start_ohm=1e-3, end_ohm=1e-4)
