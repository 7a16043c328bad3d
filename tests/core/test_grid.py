from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid

START = datetime(1990, 7, 1, 12, tzinfo=UTC)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.sampled_from([0.1, 0.25, 1.0, 2.5, 10.0, 60.0, 1 / 3]), st.integers(1, 5000))
def test_ticks_are_regular_and_end_where_the_next_would_be(dt_s, n):
    grid = TimeGrid(start_utc=START, dt_s=dt_s, n=n)
    assert grid.t_s.shape == grid.time_utc.shape == (n,)
    np.testing.assert_array_equal(grid.t_s, np.arange(n) * dt_s)
    assert grid.duration_s == pytest.approx(n * dt_s)
    assert grid.end_utc == START + timedelta(seconds=n * dt_s)
    assert grid.time_utc[0] == np.datetime64("1990-07-01T12:00:00", "us")
    off_us = (grid.time_utc - grid.time_utc[0]).astype(np.int64) - grid.t_s * 1e6
    assert np.abs(off_us).max() <= 0.5


@settings(derandomize=True, max_examples=20, deadline=None)
@given(st.integers(-14 * 60, 14 * 60))
def test_the_same_instant_in_any_zone_is_the_same_grid(offset_min):
    local = START.astimezone(timezone(timedelta(minutes=offset_min)))
    grid = TimeGrid(start_utc=local, dt_s=1, n=1)
    assert grid.start_utc.tzinfo is UTC
    assert grid.model_dump_json() == TimeGrid(start_utc=START, dt_s=1, n=1).model_dump_json()


def test_json_round_trip():
    grid = TimeGrid(start_utc=START, dt_s=0.1, n=7)
    assert TimeGrid.model_validate_json(grid.model_dump_json()) == grid


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dt_s": 0}, "dt_s"),
        ({"dt_s": -1}, "dt_s"),
        ({"dt_s": float("nan")}, "dt_s"),
        ({"dt_s": float("inf")}, "dt_s"),
        ({"n": 0}, "n"),
        ({"n": 1.5}, "n"),
        ({"start_utc": "1990-07-01T12:00:00"}, "start_utc"),
        ({"start_utc": "noon"}, "start_utc"),
    ],
)
def test_bad_grids_name_their_field(change, field):
    with pytest.raises(ConfigError) as caught:
        TimeGrid.parse({"start_utc": START, "dt_s": 1.0, "n": 10} | change)
    assert caught.value.field == field


def test_a_start_without_zone_says_how_to_write_one():
    with pytest.raises(
        ConfigError, match=r"start_utc=.*: needs a time zone, for example 1990-07-01T12:00:00Z"
    ):
        TimeGrid.parse({"start_utc": "1990-07-01T12:00:00", "dt_s": 1, "n": 1})
