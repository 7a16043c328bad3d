"""Courses of sources: closed integrals, means that no time step changes, limits."""

import numpy as np
import pytest

from envirosense.physics.gas import source_courses as co

HOUR_S = 3600.0


def ticks(dt_s, duration_s=HOUR_S):
    return np.arange(round(duration_s / dt_s)) * dt_s


COURSES = {
    "constant": lambda t, dt: co.constant(t),
    "ramp": lambda t, dt: co.ramp(t, dt, 600.0, 900.0),
    "passage": lambda t, dt: co.passage(t, dt, 300.0, 600.0, 900.0, 600.0),
    "pulsed": lambda t, dt: co.pulsed(t, dt, 240.0, 0.3, 7.0, 35.0),
    "decaying": lambda t, dt: co.decaying(t, dt, 137.0, 400.0),
    "diurnal": lambda t, dt: co.diurnal(t / 3600.0, dt, np.arange(24.0)),
    "triggered": lambda t, dt: co.triggered((t >= 600.0) & (t < 1800.0), dt, 60.0, 300.0),
}


@pytest.mark.parametrize("name", COURSES)
def test_coarse_ticks_are_the_means_of_fine_ones(name):
    fine, coarse = (COURSES[name](ticks(dt_s), dt_s) for dt_s in (0.5, 60.0))
    np.testing.assert_allclose(fine.reshape(-1, 120).mean(axis=1), coarse, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", [n for n in COURSES if n != "diurnal"])
def test_factors_stay_between_zero_and_one(name):
    factor = COURSES[name](ticks(1.0), 1.0)
    assert factor.min() >= 0.0
    assert factor.max() <= 1.0 + 1e-12


@pytest.mark.parametrize(("duty", "edge_s"), [(0.1, 1.0), (0.5, 30.0), (0.9, 6.0)])
def test_pulses_have_their_duty_as_mean_whatever_the_edge(duty, edge_s):
    factor = co.pulsed(ticks(1.0), 1.0, 60.0, duty, edge_s)
    assert factor.mean() == pytest.approx(duty, abs=1e-12)
    assert factor[5 if edge_s < 5 else 29] > 0.9 * (edge_s < 30)


def test_nothing_pulses_before_the_first_pulse():
    factor = co.pulsed(ticks(1.0), 1.0, 60.0, 0.5, 2.0, 600.0)
    assert np.all(factor[:600] == 0.0)
    assert factor[605] == 1.0


def test_a_decay_gives_its_time_constant_in_all():
    factor = co.decaying(ticks(7.0, 8400.0), 7.0, 100.0, 300.0)
    assert factor.sum() * 7.0 == pytest.approx(300.0, rel=1e-9)
    assert np.all(factor[:14] == 0.0)


def test_a_passage_holds_its_plateau_and_its_area():
    factor = COURSES["passage"](ticks(1.0), 1.0)
    assert factor.sum() == pytest.approx(900.0 + 600.0, rel=1e-12)  # plateau plus two half ramps
    np.testing.assert_allclose(factor[900:1800], 1.0)


def test_a_day_has_the_mean_of_its_factors_and_passes_through_them():
    factors = 1.0 + np.sin(np.arange(24) / 3.0) ** 2
    clock_h = ticks(1.0, 86_400.0) / 3600.0
    course = co.diurnal(clock_h, 1.0, factors)
    assert course.mean() == pytest.approx(factors.mean(), rel=1e-12)
    np.testing.assert_allclose(course[1800::3600], factors, rtol=1e-3)
    np.testing.assert_allclose(co.diurnal(np.array([23.9]), 1.0, factors), course[-360], rtol=1e-9)


def test_a_trigger_rises_and_falls_with_its_time_constants():
    factor = co.triggered(ticks(1.0) < 300.0, 1.0, 100.0, 200.0)
    assert factor[99] == pytest.approx(1.0 - np.exp(-0.995), rel=1e-4)
    assert factor[499] / factor[299] == pytest.approx(np.exp(-1.0), rel=0.01)
    assert not co.triggered(np.zeros(10, dtype=bool), 1.0, 1.0, 1.0).any()


@pytest.mark.parametrize(
    "call",
    [
        lambda t: co.pulsed(t, 1.0, 60.0, 0.5, 40.0),
        lambda t: co.pulsed(t, 1.0, 60.0, 1.0, 1.0),
        lambda t: co.decaying(t, 1.0, 0.0, 0.0),
        lambda t: co.ramp(t, 0.0, 0.0, 1.0),
        lambda t: co.ramp(t, 1.0, 2.0, 0.0),
        lambda t: co.ramp(t, 1.0, 2.0, -1.0),
        lambda t: co.passage(t, 1.0, 2.0, 3.0, 4.0, 0.0),
        lambda t: co.passage(t, 1.0, 2.0, 3.0, -4.0, 3.0),
        lambda t: co.diurnal(t, 1.0, np.ones(23)),
        lambda t: co.triggered(t > 0, 1.0, 0.0, 1.0),
    ],
)
def test_impossible_courses_are_refused(call):
    with pytest.raises(ValueError, match="must"):
        call(ticks(1.0, 60.0))
