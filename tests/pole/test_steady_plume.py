"""The mean plume of a steady source: it thins with distance and wind, and ozone of a corona is forbidden."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from envirosense.pole.detection_limit import detection_limit_snr
from envirosense.pole.steady_plume import (
    FARTHEST_M,
    WINDS_M_S,
    array_snr,
    farthest_m,
    forbidden_ozone,
    mean_chi,
    ppb_per_g_m3,
    smoke_traces,
    smoulder_in_litter,
)

PATCH = smoulder_in_litter()
PM, FORMALDEHYDE, PHENOL = smoke_traces()
PLACES_M = np.geomspace(1.0, 3000.0, 60)


@pytest.mark.parametrize("wind_m_s", WINDS_M_S)
def test_on_the_axis_the_mean_falls_with_distance(wind_m_s: float) -> None:
    assert np.all(np.diff(mean_chi(PATCH, PLACES_M, wind_m_s)) < 0.0)


@pytest.mark.parametrize("wind_m_s", WINDS_M_S)
def test_above_a_source_on_the_ground_the_mean_rises_to_one_maximum_and_falls(wind_m_s: float) -> None:
    chi = mean_chi(smoulder_in_litter(is_lifted=True), PLACES_M, wind_m_s, 0.1, receptor_m=9.3)
    top = int(np.argmax(chi))
    assert 0 < top < PLACES_M.size - 1
    assert np.all(np.diff(chi[top:]) < 0.0)


def test_the_mean_falls_with_the_wind_and_as_its_inverse_once_nothing_meanders() -> None:
    at = [mean_chi(PATCH, PLACES_M, wind) for wind in WINDS_M_S]
    for weaker, stronger in pairwise(at):
        assert np.all(stronger < weaker)
    near = PLACES_M < 100.0
    assert (at[3] / at[2])[near] == pytest.approx(0.5, rel=0.1)  # the same angles from 4 to 8 m/s


@pytest.mark.parametrize("trace", [PM, FORMALDEHYDE, PHENOL], ids=lambda trace: trace.name)
def test_a_stronger_source_reaches_farther_and_a_wind_less_far(trace) -> None:
    reach_m = np.array([[farthest_m(PATCH, trace, q, w) or 0.0 for w in WINDS_M_S] for q in (0.02, 0.2, 2.0)])
    assert np.all(np.diff(reach_m, axis=0) > 0.0)
    assert np.all(np.diff(reach_m, axis=1) <= 0.0)
    assert np.all(np.diff(reach_m[1:], axis=1) < 0.0)


def test_at_its_reach_the_rise_is_the_detection_limit() -> None:
    reach_m = farthest_m(PATCH, PM, 0.2, 2.0)
    assert reach_m is not None
    rise = PM.per_chi * 0.2 * float(mean_chi(PATCH, reach_m, 2.0))
    assert rise == pytest.approx(detection_limit_snr(PM.n_channels) * PM.sigma, rel=1e-3)


def test_a_reach_that_is_not_there_or_off_the_scale_is_said_so() -> None:
    assert farthest_m(PATCH, PHENOL, 1e-6, 2.0) is None
    assert farthest_m(PATCH, PM, 1e6, 2.0) == FARTHEST_M


def test_smoke_is_what_the_wood_gives_in_the_unit_of_the_channel() -> None:
    assert PM.per_chi == pytest.approx(35e3, rel=0.01)  # 35 g of PM2.5 per kg of wood
    assert ppb_per_g_m3("ozone") == pytest.approx(24.055e6 / 47.998, rel=1e-3)  # 24.055 l a mole at 20 degC


def test_ozone_of_a_discharge_is_not_detectable_at_ten_metres() -> None:
    rows = [row for row in forbidden_ozone() if row.distance_m == 10.0]
    assert {row.discharge for row in rows} == {"corona", "surface"}
    assert not any(row.is_detectable for row in rows)
    assert max(row.snr for row in rows) < 0.1 * rows[0].limit_snr  # not by a hair


def test_ozone_falls_with_distance_and_rises_with_the_yield() -> None:
    found = {(row.discharge, row.ozone_scale, row.distance_m): row for row in forbidden_ozone()}
    for kind in ("corona", "surface"):
        near, far = found[kind, 1.0, 1.0], found[kind, 1.0, 10.0]
        assert near.ozone_ppb > 10.0 * far.ozone_ppb
        assert found[kind, 4.0, 1.0].ozone_ppb == pytest.approx(4.0 * near.ozone_ppb)
    assert found["surface", 1.0, 3.0].ozone_ppb == pytest.approx(0.5 * found["corona", 1.0, 3.0].ozone_ppb)


def test_the_verdict_follows_the_array() -> None:
    """A thousand times the power is seen, so nothing but the amount forbids it."""
    strong = forbidden_ozone((10.0,), power_w=10_000.0)
    assert any(row.is_detectable for row in strong)
    assert not replace(strong[0], snr=0.99 * strong[0].limit_snr).is_detectable
    assert array_snr({}) == 0.0
    assert math.isfinite(array_snr({"ozone": 500.0}))
    assert array_snr({"ozone": 500.0}) > detection_limit_snr(8)
