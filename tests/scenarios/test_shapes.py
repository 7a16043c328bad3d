"""Shapes of courses: closed forms, tick means that do not depend on the time step."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.scenarios import shapes


def grid(dt_s: float, duration_s: float = 3600.0) -> TimeGrid:
    start_utc = datetime(2018, 1, 1, tzinfo=UTC)
    return TimeGrid(start_utc=start_utc, dt_s=dt_s, n=round(duration_s / dt_s))


COURSES: dict[str, Callable[[TimeGrid], np.ndarray]] = {
    "linear": lambda g: shapes.linear(
        g, np.array([100.0, 500.0, 500.0, 2000.0]), np.array([1.0, 3.0, 0.5, 2.0])
    ),
    "outside": lambda g: shapes.linear(g, np.array([-500.0, 9000.0]), np.array([0.0, 1.0])),
    "trapezoid": lambda g: shapes.trapezoid(g, 333.0, 411.0, 3111.0, 1000.0),
    "step": lambda g: shapes.trapezoid(g, 333.0, 0.0, 2000.0, 0.0),
    "pulses": lambda g: shapes.pulses(g, 100.0, 3000.0, 77.0, 13.0),
    "decay": lambda g: shapes.decay(g, 111.0, 300.0),
    "growth": lambda g: shapes.growth(g, 500.0, 2500.0, 1e-4, 4e-3),
    "fluctuation": lambda g: shapes.fluctuation(g, 40.0, 0.5, np.random.default_rng(3)),
}


@pytest.mark.parametrize("name", COURSES)
def test_two_halves_of_a_tick_average_to_the_whole(name: str) -> None:
    coarse, fine = COURSES[name](grid(60.0)), COURSES[name](grid(5.0))
    assert coarse.shape == (60,)
    assert np.allclose(fine.reshape(60, 12).mean(axis=1), coarse, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", COURSES)
def test_no_course_falls_below_zero(name: str) -> None:
    assert np.all(COURSES[name](grid(0.5)) >= 0.0)


def test_straight_lines_pass_through_their_points() -> None:
    course = shapes.linear(grid(1.0), np.array([100.0, 300.0]), np.array([2.0, 4.0]))
    assert course[:100] == pytest.approx(2.0)
    assert course[199] == pytest.approx(2.0 + 2.0 * 99.5 / 200.0)
    assert course[300:] == pytest.approx(4.0)
    assert np.all(shapes.linear(grid(60.0), np.array([5.0]), np.array([7.0])) == 7.0)


def test_a_trapezoid_has_its_area() -> None:
    course = shapes.trapezoid(grid(10.0), 333.0, 411.0, 3111.0, 1000.0)
    assert 10.0 * course.sum() == pytest.approx((3111.0 - 333.0) - 0.5 * (411.0 + 1000.0))


def test_pulses_last_as_long_as_they_say() -> None:
    course = shapes.pulses(grid(7.0, 7000.0), 0.0, 7000.0, 100.0, 20.0)
    assert 7.0 * course.sum() == pytest.approx(70 * 20.0)
    assert np.all(shapes.pulses(grid(1.0), 100.0, 100.0, 10.0, 5.0) == 0.0)


def test_growth_takes_equal_factors_in_equal_times() -> None:
    course = shapes.growth(grid(1.0), 0.0, 3600.0, 1.0, 16.0)
    assert course[[900, 1800, 2700]] == pytest.approx([2.0, 4.0, 8.0], rel=1e-3)
    assert np.all(shapes.growth(grid(60.0), 10.0, 20.0, 3.0, 3.0) == 3.0)


def test_a_decay_ends_up_with_its_area() -> None:
    course = shapes.decay(grid(10.0, 36_000.0), 100.0, 300.0)
    assert 10.0 * course.sum() == pytest.approx(300.0, rel=1e-9)


def test_a_fluctuation_has_mean_one_and_its_spread() -> None:
    tau_s, sigma, duration_s = 20.0, 0.4, 86_400.0
    course = shapes.fluctuation(grid(1.0, duration_s), tau_s, sigma, np.random.default_rng(5))
    n_free = duration_s / (2.0 * tau_s)  # independent stretches of a process with that correlation time
    spread = np.sqrt(np.expm1(sigma**2))
    assert abs(course.mean() - 1.0) < 5.0 * spread / np.sqrt(n_free)
    # ticks of a second lie on straight lines between lattice points 2.5 s apart, which takes a few percent
    assert course.std() == pytest.approx(spread, rel=5.0 / np.sqrt(2.0 * n_free) + 0.06)


@pytest.mark.parametrize(
    "make",
    [
        lambda g: shapes.linear(g, np.array([2.0, 1.0]), np.array([0.0, 1.0])),
        lambda g: shapes.linear(g, np.array([]), np.array([])),
        lambda g: shapes.trapezoid(g, 0.0, 60.0, 100.0, 60.0),
        lambda g: shapes.trapezoid(g, 0.0, -1.0, 100.0, 0.0),
        lambda g: shapes.pulses(g, 0.0, 100.0, 10.0, 11.0),
        lambda g: shapes.pulses(g, 0.0, 100.0, 10.0, 0.0),
        lambda g: shapes.decay(g, 0.0, 0.0),
        lambda g: shapes.growth(g, 0.0, 100.0, 0.0, 1.0),
        lambda g: shapes.growth(g, 100.0, 100.0, 1.0, 2.0),
        lambda g: shapes.fluctuation(g, 0.0, 0.1, np.random.default_rng(0)),
        lambda g: shapes.fluctuation(g, 1e-3, 0.1, np.random.default_rng(0)),
    ],
)
def test_shapes_that_cannot_be_are_refused(make: Callable[[TimeGrid], np.ndarray]) -> None:
    with pytest.raises(ConfigError):
        make(grid(10.0))
