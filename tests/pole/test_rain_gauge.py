"""Rain gauge: drops, threshold, hiding, false drops, reports and faults."""

import math

import numpy as np
import pytest
from numba import config as numba_config

from envirosense.core.errors import UnknownNameError
from envirosense.instruments import SensorConfig
from envirosense.physics.sound.sound_ambient import drops_per_s
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.sensors.rain import RainGaugeSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld

compiled = pytest.mark.skipif(bool(numba_config.DISABLE_JIT), reason="long series need compiled kernels")

RATE, DEPTH = 0, 1
CALM = (0.0, 0.0, 0.0)


def gauge(keep=None, **changed):
    config = SensorConfig.parse(
        {"sensor_id": "rain", "sensor_type": "rain_gauge", "part": "rain_gauge/piezo", **changed}
    )
    names = (*(stage.name for stage in RainGaugeSensor(config).stages()), "as_built")
    off = tuple(name for name in names if keep is not None and name not in keep)
    return RainGaugeSensor(config.model_copy(update={"stages_off": off}))


def mean_rate(rain_mm_h, n=8000, **world):
    air = UniformWorld(n=n, rain=rain_mm_h, wind=world.pop("wind", CALM), **world)
    return readings(gauge(keep=("drops",)), [air]).reading[:, RATE]


@compiled
def test_gauge_keeps_the_contract():
    config = SensorConfig(sensor_id="rain", sensor_type="rain_gauge", part="rain_gauge/piezo", age_days=100.0)
    check_sensor(RainGaugeSensor, config)


def test_ideal_is_the_worlds_rain():
    world = create_mock_environment_state(rain_mm_h=4.0)
    ideal = gauge(interval_s=900.0).respond(world)
    np.testing.assert_allclose(ideal[:, RATE], 4.0)
    np.testing.assert_allclose(ideal[:, DEPTH], 1.0)


@compiled
def test_steady_rain_reads_right_where_it_was_calibrated():
    rate = mean_rate(5.0, n=40_000)
    assert rate.mean() == pytest.approx(5.0, abs=5.0 * rate.std() / math.sqrt(rate.size))


def test_rain_comes_in_drops():
    rate = mean_rate(0.5, n=300)
    assert np.count_nonzero(rate == 0.0) > 30
    assert rate.max() > 5.0 * rate.mean() > 0.0


@compiled
def test_scatter_is_that_of_the_drops():
    sensor = gauge()
    for rain_mm_h in (2.0, 20.0):
        rate = mean_rate(rain_mm_h, n=40_000)
        expected = sensor._drops.rate_sigma(np.full(1, rain_mm_h), 1.0)[0]
        # a lognormal sum has heavy tails: its sample deviation scatters by some 2 %
        assert rate.std() == pytest.approx(expected, rel=0.10)


def test_noticed_drops_are_all_drops_without_a_threshold():
    sensor = gauge(overrides={"drops.threshold": 1e-9, "drops.dead_time": 0.0})
    rates = np.array([0.5, 5.0, 50.0])
    per_s, mean_mm3, square_mm6 = sensor._drops.noticed(rates).T
    np.testing.assert_allclose(per_s, drops_per_s(rates, 0.006), rtol=1e-6)
    np.testing.assert_allclose(per_s * mean_mm3 * 3600.0 / 6000.0, rates, rtol=1e-6)  # mm3 on 6000 mm2
    np.testing.assert_allclose(
        square_mm6 / mean_mm3**2, 20.0, rtol=1e-6
    )  # exponential diameters, sixth moment


def test_threshold_cuts_the_moments_of_small_drops():
    least_mm, rain_mm_h = 0.8, 3.0
    slope = 4.1 * rain_mm_h**-0.21
    d = np.linspace(least_mm, 40.0 / slope, 400_001)
    density = slope * np.exp(-slope * d)
    share = np.trapezoid(density, d)
    volume = math.pi / 6.0 * d**3
    _, mean_mm3, square_mm6 = gauge()._drops.noticed(np.full(1, rain_mm_h))[0]
    assert mean_mm3 == pytest.approx(np.trapezoid(density * volume, d) / share, rel=1e-4)
    assert square_mm6 == pytest.approx(np.trapezoid(density * volume**2, d) / share, rel=1e-3)


@compiled
def test_drizzle_and_cloudbursts_read_low():
    assert mean_rate(0.1, n=30_000).mean() < 0.06
    assert mean_rate(100.0).mean() < 90.0


@compiled
def test_halving_the_tick_leaves_mean_and_scatter():
    means = {}
    for dt_s in (2.0, 1.0):
        n = round(60_000 / dt_s)
        world = UniformWorld(n=n, dt_s=dt_s, rain=6.0, wind=CALM)
        rate = readings(gauge(keep=("drops",), interval_s=dt_s), [world]).reading[:, RATE]
        means[dt_s] = rate.reshape(-1, round(60 / dt_s)).mean(axis=1)
    coarse, fine = means[2.0], means[1.0]
    assert fine.mean() == pytest.approx(coarse.mean(), abs=5.0 * coarse.std() * math.sqrt(2.0 / coarse.size))
    assert fine.std() == pytest.approx(coarse.std(), rel=5.0 / math.sqrt(coarse.size))


def test_depth_adds_up_over_reports():
    n, every = 3600, 900
    rain = np.where(np.arange(n) < 1500, 12.0, 0.0)
    sensor = gauge(keep=("report",), interval_s=float(every))
    block = readings(sensor, [UniformWorld(n=n, rain=rain)])
    depth = block.reading[block.sampled, DEPTH]
    assert depth.size == 4
    assert depth[1:].sum() == pytest.approx(
        12.0 * 1499.0 / 3600.0
    )  # the first report tells of its tick alone
    assert np.isnan(block.reading[~block.sampled]).all()


def test_fast_reports_are_running_means_of_a_minute():
    rain = np.where(np.arange(300) >= 100, 6.0, 0.0)
    rate = readings(gauge(keep=("report",)), [UniformWorld(n=300, rain=rain)]).reading[:, RATE]
    np.testing.assert_allclose(rate[100:160], 6.0 * np.arange(1, 61) / 60.0)
    np.testing.assert_allclose(rate[160:], 6.0)


@compiled
def test_strong_wind_feigns_rain_and_calm_does_not():
    dry = mean_rate(0.0)
    np.testing.assert_array_equal(dry, 0.0)
    windy = mean_rate(0.0, n=40_000, wind=(-20.0, 0.0, 0.0))
    struck = 0.002 * 2.0**4 * 40_000
    assert np.count_nonzero(windy) == pytest.approx(struck, abs=5.0 * math.sqrt(struck))


def test_a_shaken_pole_feigns_rain():
    class Shaken(UniformWorld):
        def acceleration_m_s2(self, height_m):
            return np.full((self.n, 2, 3), 4.0)

    world = Shaken(n=1)
    ideal, signal = gauge().transduce(world, None)
    np.testing.assert_array_equal(ideal, 0.0)
    assert signal[0, RATE] == pytest.approx(4.0 * math.sqrt(6.0) - 2.0)


def test_snow_falls_silently():
    read = [
        readings(gauge(keep=("membrane",)), [UniformWorld(n=1, rain=5.0, air=air)], 3).reading[0, RATE]
        for air in (268.0, 274.15, 280.0)
    ]
    assert read[0] == 0.0
    assert read[1] == pytest.approx(0.5 * read[2])


def test_ice_and_dirt_take_rain_away():
    world = UniformWorld(n=1, rain=8.0)
    sound, iced, fouled = (
        readings(gauge(keep=("membrane",), faults=faults), [world]).reading[0, RATE]
        for faults in ([], [{"kind": "iced", "severity": 0.8}], [{"kind": "fouled"}])
    )
    assert iced == pytest.approx(0.2 * sound)
    assert fouled == pytest.approx(0.5 * sound)


def test_units_differ_in_their_gain():
    n = 400
    sensor, world = gauge(keep=("membrane",)), UniformWorld(n=1, rain=5.0)
    ln_gain = np.log([readings(sensor, [world], seed).reading[0, RATE] / 5.0 for seed in range(n)])
    assert ln_gain.std() == pytest.approx(0.05, rel=5.0 / math.sqrt(2 * n))


def test_faults_it_cannot_have_are_named():
    with pytest.raises(UnknownNameError, match=r"faults\.kind=.spider"):
        gauge(faults=[{"kind": "spider"}])


def test_gains_of_old_membranes_have_drifted_apart():
    n, days = 400, 3652.0
    sensor, world = gauge(keep=("membrane",), age_days=days), UniformWorld(n=1, rain=5.0)
    ln_gain = np.log([readings(sensor, [world], seed).reading[0, RATE] / 5.0 for seed in range(n)])
    assert ln_gain.std() == pytest.approx(math.hypot(0.05, 2e-5 * days), rel=5.0 / math.sqrt(2 * n))
