"""Weather inside the hour: hourly means kept, pieces independent, statistics of measured minutes."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.physics.air.humidity import relative_humidity
from envirosense.physics.air.pressure import (
    altitude_pressure_pa,
    diurnal_tide_pa,
    pressure_tide_pa,
    semidiurnal_tide_pa,
)
from envirosense.physics.air.weather import (
    HourlySlice,
    WeatherSeries,
    gust_factor,
    synthesise_hour,
    turbulence_intensity,
)
from envirosense.physics.air.weather_rain import rain_rate_mm_h
from envirosense.physics.air.weather_shapes import (
    edge_values,
    hour_curve,
    hour_noise,
    hour_ticks_s,
    positive_edge_values,
)
from envirosense.physics.air.weather_sky import sky_of_hour
from envirosense.physics.light.sunlight import almanac_sun, clear_sky_ghi_w_m2

SHARED = Path(__file__).resolve().parents[4] / "shared"  # beside the checkout; absent elsewhere
SURFRAD = SHARED / "data/weather_1min_surfrad/alamosa_20160101.parquet"
START_UNIX_S = 1_530_421_200.0  # 2018-07-01 05:00 UTC: midnight in Greensboro
N_HOURS = 72


def streams(seed):
    return lambda kind, hour: stream(seed, "weather", kind, hour)


def made_year() -> dict[str, np.ndarray]:
    """Three hourly days with calms, fog, fronts, showers and broken clouds."""
    rng = np.random.default_rng(7)
    hour = np.arange(N_HOURS)
    nodes_s = START_UNIX_S + 600.0 * np.arange(6 * N_HOURS)
    clear = clear_sky_ghi_w_m2(almanac_sun(36.1, -79.95, nodes_s).cos_zenith).reshape(-1, 6).mean(axis=1)
    cover = rng.integers(0, 11, N_HOURS)
    index = np.clip(0.97 - 0.065 * cover + rng.normal(0.0, 0.06, N_HOURS), 0.1, 1.0)
    air_c = 21.0 + 6.0 * np.sin((hour - 9) * np.pi / 12) + rng.normal(0.0, 0.8, N_HOURS)
    wind = np.round(rng.gamma(2.0, 1.5, N_HOURS) / 0.514) * 0.514
    ghi = clear * index
    return {
        "air_c": np.round(air_c, 1),
        "dew_point_c": np.minimum(
            np.round(17.0 + np.cumsum(rng.normal(0.0, 0.4, N_HOURS)), 1), np.round(air_c, 1)
        ),
        "pressure_pa": 98_000.0 + 100.0 * np.round(np.cumsum(rng.normal(0.0, 0.4, N_HOURS))),
        "wind_m_s": np.where(hour % 8 == 0, 0.0, wind),
        "wind_from_deg": 10.0 * rng.integers(0, 36, N_HOURS),
        "ghi_w_m2": ghi,
        "dhi_w_m2": ghi * np.clip(0.12 + 0.08 * cover, 0.0, 1.0),
        "opaque_cover_tenths": cover.astype(float),
        "ceiling_m": np.where(cover > 4, 900.0, 7500.0),
        "rain_mm": np.where(hour % 5 == 0, rng.gamma(0.7, 3.0, N_HOURS), 0.0),
    }


YEAR = made_year()


def hourly_slice(hour: int) -> HourlySlice:
    around = np.arange(hour - 2, hour + 3) % N_HOURS
    nodes_s = START_UNIX_S + 3600.0 * (hour - 2) + 600.0 * np.arange(31)
    cos_zenith = almanac_sun(36.1, -79.95, nodes_s).cos_zenith
    return HourlySlice(hour=hour, cos_zenith=cos_zenith, **{name: v[around] for name, v in YEAR.items()})


def piece(hour: int, dt_s: float = 1.0, seed: int = 11) -> WeatherSeries:
    return synthesise_hour(hourly_slice(hour), dt_s, streams(seed))


@pytest.fixture(scope="module")
def pieces() -> list[WeatherSeries]:
    return [piece(hour) for hour in range(N_HOURS)]


def joined(pieces, field) -> np.ndarray:
    return np.concatenate([getattr(p, field) for p in pieces])


@pytest.mark.parametrize(
    ("roughness_m", "intensity", "gust"), [(0.03, 0.172, 1.52), (0.1, 0.217, 1.65), (0.5, 0.334, 2.00)]
)
def test_turbulence_intensity_and_gust_factor(roughness_m, intensity, gust):
    # V-WX-1; Durst's 1.53 for open country lies within 0.02
    assert turbulence_intensity(10.0, roughness_m) == pytest.approx(intensity, abs=5e-4)
    assert gust_factor(10.0, roughness_m) == pytest.approx(gust, abs=5e-3)


def test_hourly_means_equal_the_source(pieces):
    # V-WX-2
    for hour, p in enumerate(pieces):
        assert abs(p.air_k.mean() - 273.15 - YEAR["air_c"][hour]) < 0.05
        source_rh = relative_humidity(YEAR["air_c"][hour] + 273.15, YEAR["dew_point_c"][hour] + 273.15)
        assert abs(p.relative_humidity.mean() - source_rh) < 0.01
        if YEAR["wind_m_s"][hour] > 0.0:
            assert p.wind_m_s.mean() == pytest.approx(YEAR["wind_m_s"][hour], rel=0.02)
        assert p.rain_mm_h.mean() == pytest.approx(YEAR["rain_mm"][hour], rel=1e-12)
        assert p.pressure_pa.mean() == pytest.approx(YEAR["pressure_pa"][hour], abs=1.0)


def test_irradiance_keeps_its_hourly_means_and_closes_at_every_tick(pieces):
    for hour, p in enumerate(pieces):
        cos_zenith = np.interp(np.arange(3600) / 600.0 + 12.0, np.arange(31), hourly_slice(hour).cos_zenith)
        np.testing.assert_allclose(
            p.ghi_w_m2, p.dhi_w_m2 + p.dni_w_m2 * np.maximum(cos_zenith, 0.0), atol=1e-9
        )
        if YEAR["ghi_w_m2"][hour] > 30.0:
            assert p.ghi_w_m2.mean() == pytest.approx(YEAR["ghi_w_m2"][hour], rel=0.02)
            assert p.dhi_w_m2.mean() == pytest.approx(YEAR["dhi_w_m2"][hour], rel=0.05)
    assert np.mean(joined(pieces, "dni_w_m2") > 1050.0) < 0.01
    assert min(joined(pieces, f).min() for f in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2")) == 0.0


def test_the_beam_between_clouds_stays_below_that_of_the_cleanest_air():
    """A bright hour between dull ones, as on 22 February in Greensboro: its light crowds into one gap."""
    ghi = np.array([359.0, 339.0, 624.0, 310.0, 340.0])
    dhi = np.array([224.0, 166.0, 108.0, 309.0, 317.0])
    cover = np.array([0.6, 0.5, 0.2, 0.9, 0.9])
    nodes_s = 1_519_317_000.0 + 600.0 * np.arange(-15, 16)  # 2018-02-22, five hours about 11:30 local
    cosine = almanac_sun(36.1, -79.95, nodes_s).cos_zenith
    for hour in range(100):
        sky = sky_of_hour(ghi, dhi, cover, cosine, 0.1, hour_ticks_s(10.0), streams(5), hour)
        assert sky.dni_w_m2.max() <= 1100.0 + 1e-9
        assert sky.ghi_w_m2.mean() == pytest.approx(ghi[2], rel=0.01)


def test_broken_clouds_switch_the_beam_for_the_share_of_the_cover():
    hour = next(
        h for h in range(N_HOURS) if 5 <= YEAR["opaque_cover_tenths"][h] <= 6 and YEAR["ghi_w_m2"][h] > 300.0
    )
    share = np.mean(
        [
            np.mean(p.dni_w_m2 < 0.5 * p.dni_w_m2.max())
            for p in (piece(hour, 10.0, seed) for seed in range(40))
        ]
    )
    assert share == pytest.approx(YEAR["opaque_cover_tenths"][hour] / 10.0, abs=0.12)


def test_clear_and_overcast_skies_do_not_flicker():
    noon = hourly_slice(36)
    for cover, index in ((0.0, 1.0), (10.0, 0.25)):
        clear = np.array([800.0, 900.0, 950.0, 900.0, 800.0])
        calm = HourlySlice(
            **{name: getattr(noon, name) for name in HourlySlice.__slots__}
            | {
                "opaque_cover_tenths": np.full(5, cover),
                "ghi_w_m2": clear * index,
                "dhi_w_m2": clear * (0.12 if cover == 0.0 else index),
            }
        )
        ghi = synthesise_hour(calm, 10.0, streams(3)).ghi_w_m2
        assert np.abs(np.diff(ghi)).max() < 0.1 * ghi.mean()


def test_night_is_dark(pieces):
    for hour in (0, 1, 2, 24, 48):
        assert not pieces[hour].ghi_w_m2.any()
        assert not pieces[hour].dni_w_m2.any()


def test_pieces_join_without_a_step(pieces):
    limits = {
        "air_k": 0.08, "dew_point_k": 0.16, "relative_humidity": 0.01, "pressure_pa": 2.7, "wind_m_s": 0.25,
        "cloud_base_m": 10.0, "cloud_fraction": 0.002,
    }  # fmt: skip  # about five standard deviations of one second of noise plus the slope
    for field, limit in limits.items():
        jumps = [abs(getattr(b, field)[0] - getattr(a, field)[-1]) for a, b in pairwise(pieces)]
        assert max(jumps) < limit, field


def test_cloud_edges_do_not_fall_on_the_hour(pieces):
    for before, after in pairwise(pieces):
        jump = abs(after.ghi_w_m2[0] - before.ghi_w_m2[-1])
        assert jump < 0.01 * max(before.ghi_w_m2[-1], 100.0)


def test_direction_turns_the_short_way(pieces):
    turn = np.angle(np.exp(1j * np.diff(joined(pieces, "wind_from_rad"))))
    assert np.abs(turn).max() < 0.05
    direction = joined(pieces, "wind_from_rad")
    assert direction.min() >= 0.0
    assert direction.max() < 2.0 * np.pi


def test_calms_and_steps_of_the_observed_wind_are_gone(pieces):
    wind = joined(pieces, "wind_m_s")
    assert wind.min() >= 0.05
    calm = [p.wind_m_s.mean() for hour, p in enumerate(pieces) if YEAR["wind_m_s"][hour] == 0.0]
    assert 0.2 <= min(calm) < max(calm) <= 1.3
    # ticks within a tenth of a knot of a whole knot: 20 % when the steps are gone
    on_step = np.abs(np.mod(wind / 0.514 + 0.5, 1.0) - 0.5) < 0.1
    assert on_step.mean() == pytest.approx(0.2, abs=0.05)


def test_air_is_never_above_saturation(pieces):
    assert (joined(pieces, "dew_point_k") <= joined(pieces, "air_k")).all()
    assert joined(pieces, "relative_humidity").max() <= 1.0
    assert joined(pieces, "relative_humidity").min() > 0.0


def test_saturated_hours_stay_saturated():
    fog = hourly_slice(3)
    air_c = np.array([12.0, 11.5, 11.0, 10.6, 10.4])
    wet = HourlySlice(
        **{name: getattr(fog, name) for name in HourlySlice.__slots__}
        | {"air_c": air_c, "dew_point_c": air_c}
    )
    np.testing.assert_allclose(synthesise_hour(wet, 10.0, streams(1)).relative_humidity, 1.0, atol=1e-12)


def test_a_piece_does_not_depend_on_which_pieces_were_made_before(pieces):
    for hour in (40, 13, 41):
        again = piece(hour)
        for field in WeatherSeries.__slots__:
            np.testing.assert_array_equal(getattr(again, field), getattr(pieces[hour], field))


def test_inputs_are_left_as_they_were():
    hours = hourly_slice(12)
    before = {name: np.copy(getattr(hours, name)) for name in HourlySlice.__slots__}
    synthesise_hour(hours, 10.0, streams(2))
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(hours, name), value)


@pytest.mark.parametrize("field", ["air_k", "dew_point_k", "pressure_pa"])
def test_step_size_leaves_the_minute_statistics_alone(field):
    # n = 72 * 59 increments, correlated over about ten: 5 standard errors of a variance are under 15 %
    variance = {}
    for dt_s in (5.0, 10.0):
        series = np.array(
            [getattr(piece(hour, dt_s, seed=5), field)[:: round(60 / dt_s)] for hour in range(N_HOURS)]
        )
        variance[dt_s] = np.mean(np.diff(series, 2, axis=1) ** 2)
    assert variance[5.0] == pytest.approx(variance[10.0], rel=0.15)


def test_noise_has_unit_variance_and_its_correlation_time():
    t_s = hour_ticks_s(20.0)
    paths = np.array([hour_noise(streams(9), "air", hour, t_s, 600.0) for hour in range(2000)])
    # n = 2000 independent hours: standard error of a variance sqrt(2 / n) = 3.2 %
    np.testing.assert_allclose(paths.var(axis=0)[[0, 45, 90, 135, 179]], 1.0, atol=0.16)
    correlation = np.mean(paths[:, 60] * paths[:, 90])
    assert correlation == pytest.approx(np.exp(-1.0), abs=5.0 / np.sqrt(2000))


def test_noise_runs_into_the_next_hour():
    t_s = hour_ticks_s(1.0)
    last = np.array([hour_noise(streams(9), "air", hour, t_s, 600.0)[-1] for hour in range(300)])
    first = np.array([hour_noise(streams(9), "air", hour + 1, t_s, 600.0)[0] for hour in range(300)])
    # one second of Brownian noise: sqrt(2 dt / tau); n = 300, 5 standard errors 20 %
    assert np.std(first - last) == pytest.approx(np.sqrt(2.0 / 600.0), rel=0.2)


def test_minutes_look_like_measured_ones():
    # SURFRAD Alamosa, standard deviation of one-minute steps: T 0.095 K, RH 0.58 %, p 0.032 hPa; factor 2
    minutes = [piece(hour, 60.0) for hour in range(N_HOURS)]
    assert 0.0475 < np.diff(joined(minutes, "air_k")).std() < 0.19
    assert 0.29 < 100.0 * np.diff(joined(minutes, "relative_humidity")).std() < 1.16
    assert 1.6 < np.diff(joined(minutes, "pressure_pa")).std() < 6.4
    assert np.corrcoef(joined(minutes, "air_k"), joined(minutes, "relative_humidity"))[0, 1] < -0.7


@pytest.mark.skipif(not SURFRAD.exists(), reason="calibration data are not here")
def test_the_measured_minutes_themselves_give_the_targets():
    import pyarrow.parquet as pq

    day = {name: np.asarray(column) for name, column in pq.read_table(SURFRAD).to_pydict().items()}
    assert np.diff(day["T"]).std() == pytest.approx(0.095, abs=5e-4)
    assert np.diff(day["RH"]).std() == pytest.approx(0.58, abs=5e-3)
    assert np.diff(day["p_hPa"]).std() == pytest.approx(0.032, abs=5e-4)
    assert np.corrcoef(day["T"], day["RH"])[0, 1] == pytest.approx(-0.93, abs=5e-3)


@pytest.mark.parametrize("dt_s", [0.5, 7.2, 600.0])
def test_rain_sum_is_exact_at_any_step(dt_s):
    t_s = hour_ticks_s(dt_s)
    rate = rain_rate_mm_h(8.4, t_s, np.random.default_rng(4))
    assert rate.sum() * dt_s / 3600.0 == pytest.approx(8.4, rel=1e-12)
    assert rate.min() >= 0.0


def test_finer_steps_resolve_the_same_bursts():
    fine = rain_rate_mm_h(5.0, hour_ticks_s(1.0), np.random.default_rng(4))
    coarse = rain_rate_mm_h(5.0, hour_ticks_s(60.0), np.random.default_rng(4))
    np.testing.assert_allclose(fine.reshape(60, 60).mean(axis=1), coarse, rtol=1e-10, atol=1e-12)


def test_rain_comes_in_bursts_and_dry_hours_stay_dry():
    rng = np.random.default_rng(8)
    wet = [rain_rate_mm_h(1.0, hour_ticks_s(60.0), rng) for _ in range(200)]
    assert np.mean([w.max() for w in wet]) > 5.0
    assert not rain_rate_mm_h(0.0, hour_ticks_s(60.0), rng).any()


def test_curve_keeps_the_mean_and_meets_its_neighbour():
    hourly = np.random.default_rng(2).normal(0.0, 3.0, 6)
    share = (np.arange(3600) + 0.5) / 3600.0
    assert hour_curve(share, edge_values(hourly[:5]), hourly[2]).mean() == pytest.approx(hourly[2], abs=1e-6)
    assert edge_values(hourly[:5])[1] == pytest.approx(edge_values(hourly[1:])[0])


def test_curve_is_exact_for_a_straight_course():
    share = np.linspace(0.0, 1.0, 11)
    course = hour_curve(share, edge_values(np.arange(5.0)), 2.0)
    np.testing.assert_allclose(course, 1.5 + share, atol=1e-12)


def test_positive_curve_never_falls_below_zero():
    rng = np.random.default_rng(3)
    share = np.linspace(0.0, 1.0, 101)
    for _ in range(500):
        hourly = rng.gamma(0.3, 3.0, 5)
        assert hour_curve(share, positive_edge_values(hourly), hourly[2]).min() > -1e-12


@pytest.mark.parametrize("dt_s", [0.0, -1.0, 7.0, 3600.0])
def test_step_that_does_not_divide_the_hour_is_refused(dt_s):
    with pytest.raises(ValueError, match="divides 3600"):
        hour_ticks_s(dt_s)


@pytest.mark.parametrize(
    ("elevation_m", "pressure_pa"),
    [(0, 101_325.0), (10, 101_204.9), (100, 100_129.4), (500, 95_460.8), (1500, 84_556.0), (1077, 89_038.0)],
)
def test_standard_atmosphere(elevation_m, pressure_pa):
    # V12
    assert altitude_pressure_pa(elevation_m) == pytest.approx(pressure_pa, abs=0.5)


def test_semidiurnal_tide_peaks_at_09_44_and_21_44_local_mean_time():
    # V12
    seconds = np.arange(0.0, 86_400.0, 10.0)
    tide_pa = semidiurnal_tide_pa(seconds + 80.0 * 240.0, 0.0, -80.0)
    assert tide_pa.max() == pytest.approx(116.0, abs=0.01)
    assert seconds[:4320][np.argmax(tide_pa[:4320])] == pytest.approx(9 * 3600 + 44 * 60, abs=60.0)
    np.testing.assert_allclose(tide_pa[4320:], tide_pa[:4320], atol=1e-6)


def test_daily_tide_range_is_that_of_barograms():
    seconds = np.arange(0.0, 86_400.0, 60.0)
    assert 60.0 < np.ptp(pressure_tide_pa(seconds, 36.1, -79.95)) < 240.0  # 0.3-1.2 hPa of amplitude
    peak_s = seconds[np.argmax(diurnal_tide_pa(seconds, 36.1, 0.0, peak_h=7.0))]
    assert peak_s == pytest.approx(7.0 * 3600.0, abs=60.0)


def test_a_downpour_stays_a_downpour():
    rng = np.random.default_rng(12)
    greatest = [rain_rate_mm_h(30.0, hour_ticks_s(60.0), rng).max() for _ in range(300)]
    assert 90.0 < np.median(greatest) < 300.0  # a 30 mm hour peaks at some 100-200 mm/h in its worst minute
    assert max(greatest) < 1000.0  # half of what the wettest minutes on record brought
