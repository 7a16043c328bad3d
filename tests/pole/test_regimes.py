from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from envirosense.pole.regimes import LOADS, SEASONS, WINDS, regimes_batch


def table(world):
    return regimes_batch(world, 0, world.grid.n).to_pydict()


@pytest.mark.parametrize(
    ("month", "season"),
    [(12, "winter"), (1, "winter"), (2, "winter"), (3, "spring"), (5, "spring"), (6, "summer"), (8, "summer"),
     (9, "autumn"), (11, "autumn")],
)  # fmt: skip
def test_seasons_are_those_of_the_meteorologists(make_world, month, season):
    assert set(table(make_world(start=datetime(2018, month, 15, 12, tzinfo=UTC)))["season"]) == {season}


def test_one_row_a_minute_whatever_the_block(make_world):
    world = make_world(n=600, dt_s=2.0)
    whole = regimes_batch(world, 0, 600)
    assert whole["tick"].to_pylist() == list(range(0, 600, 30))
    parts = [regimes_batch(world, a, b) for a, b in ((0, 1), (1, 31), (31, 60), (60, 600))]
    assert pa.Table.from_batches(parts).combine_chunks().equals(pa.Table.from_batches([whole]))
    assert regimes_batch(make_world(n=4, dt_s=120.0), 0, 4)["tick"].to_pylist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("wind_m_s", "name"), [(0.3, "calm"), (4.0, "light"), (8.0, "fresh"), (16.0, "strong")]
)
def test_wind_is_named_by_its_mean(make_world, wind_m_s, name):
    names = table(make_world(n=60, dt_s=60.0, wind_m_s=wind_m_s))["wind"]
    assert max(set(names), key=names.count) == name
    assert set(names) <= set(WINDS)


def test_the_sky_is_named(make_world):
    sun = {"ghi_w_m2": 500.0, "rain_mm": 0.0}
    cover = ("opaque_cover_tenths", "total_cover_tenths")
    clear, overcast = (table(make_world(**sun, **dict.fromkeys(cover, c)))["sky"] for c in (0.0, 10.0))
    assert set(clear) == {"clear"}
    assert set(overcast) == {"overcast"}
    night = make_world(start=datetime(2018, 7, 10, 6, tzinfo=UTC), rain_mm=0.0)
    assert set(table(night)["sky"]) == {"night"}
    wet = table(make_world(n=360, rain_mm=8.0, **dict.fromkeys(cover, 10.0)))["sky"]
    assert "rain" in wet


def test_load_is_named_against_the_peak(make_world):
    world = make_world(n=1440, dt_s=60.0, start=datetime(2018, 7, 10, 5, tzinfo=UTC))
    rows = table(world)
    share = world.current_a / world.site.peak_current_a
    expected = [LOADS[i] for i in np.searchsorted((0.5, 0.75), share, side="right")]
    assert rows["load"] == expected
    assert rows["hour_local"][90] == pytest.approx(1.5)
    assert set(rows["season"]) == {SEASONS[2]}
