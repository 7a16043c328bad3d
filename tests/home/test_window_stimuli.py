"""Windows."""

import numpy as np
import pytest

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.behaviour.window_stimuli import COLD_MIN, window_stimuli
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US
from tests.home.household_cases import household_of, ordinary_days, plain_context

N_DAYS = 120


def windows(home: Home, **weather: float) -> Stimuli:
    context = plain_context(N_DAYS, **weather)  # type: ignore[arg-type]
    lives = ordinary_days(home, N_DAYS, (0, 1))
    return Stimuli.merged(*window_stimuli(household_of(home, lives, N_DAYS, context=context)))


def open_s(moved: Stimuli) -> np.ndarray:
    """Length of every opening that has come to its end [s]."""
    lengths = []
    for entity in np.unique(moved.entity):
        t_us, code = moved.t_us[moved.entity == entity], moved.code[moved.entity == entity]
        assert (np.diff(code) != 0).all()
        lengths.append(np.diff(t_us)[code[:-1] == 1] / SECOND_US)
    return np.concatenate(lengths)


def test_windows_are_aired_shortly_in_the_cold_and_long_in_the_warm(small_home: Home) -> None:
    cold, warm = open_s(windows(small_home, air_c=-2.0)), open_s(windows(small_home, air_c=20.0))
    assert np.median(cold) == pytest.approx(60.0 * COLD_MIN, rel=0.5)
    assert np.median(warm) > 4 * np.median(cold)
    assert warm.size > cold.size


def test_nobody_opens_a_window_to_the_rain(small_home: Home) -> None:
    assert len(windows(small_home, rain_mm_h=3.0)) == 0


def test_windows_are_mostly_shut_while_nobody_is_at_home(small_home: Home) -> None:
    context = plain_context(N_DAYS, air_c=20.0)
    household = household_of(small_home, ordinary_days(small_home, N_DAYS), N_DAYS, context=context)
    moved = Stimuli.merged(*window_stimuli(household))
    closes_us = moved.t_us[moved.code == 0]
    at_home = household.present.at(closes_us) >= 0
    assert np.count_nonzero(at_home) > 0.8 * at_home.size
