import math

import numpy as np
import pytest
from numba import config as numba_config

from envirosense.instruments import SensorConfig
from envirosense.instruments.status import Status
from envirosense.pole.sensors.wind import WindSensor
from envirosense.pole.sensors.wind_stages import components_m_s, polar, signed_deg, wrapped_deg
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld

long_series = pytest.mark.skipif(
    bool(getattr(numba_config, "DISABLE_JIT", 0)), reason="long series need compiled kernels"
)


def anemometer(keep: tuple[str, ...] | None = None, **changed: object) -> WindSensor:
    config = SensorConfig.parse(
        {"sensor_id": "wind", "sensor_type": "wind_sensor", "part": "wind/ft205", **changed}
    )
    if keep is not None:
        names = [stage.name for stage in WindSensor(config).stages()]
        keep = (*keep, "to_components", "to_polar")
        config = config.model_copy(update={"stages_off": tuple(name for name in names if name not in keep)})
    return WindSensor(config)


def blowing(from_deg: float, speed_m_s: float = 5.0, n: int = 1, **changed: object) -> UniformWorld:
    angle = math.radians(from_deg)
    wind = (-speed_m_s * math.sin(angle), -speed_m_s * math.cos(angle), 0.3)
    return UniformWorld(n=n, wind=wind, **changed)  # type: ignore[arg-type]  # any field of the world


@pytest.mark.parametrize(
    ("east", "north", "from_deg"), [(0.0, -3.0, 0.0), (-3.0, 0.0, 90.0), (0.0, 3.0, 180.0), (3.0, 0.0, 270.0)]
)
def test_direction_is_where_the_wind_comes_from_clockwise_from_north(
    east: float, north: float, from_deg: float
) -> None:
    ideal = anemometer().respond(UniformWorld(n=1, wind=(east, north, 1.0)))
    assert ideal[0] == pytest.approx([3.0, from_deg, 3.0])


def test_calm_air_has_no_speed_and_direction_zero() -> None:
    np.testing.assert_array_equal(anemometer().respond(UniformWorld(n=2, wind=(0.0, 0.0, 0.0))), 0.0)


def test_polar_and_components_are_inverse() -> None:
    wind = np.random.default_rng(1).normal(0.0, 4.0, (200, 2))
    np.testing.assert_allclose(components_m_s(polar(wind)), wind, rtol=1e-12, atol=1e-12)


def test_angles_stay_within_one_turn() -> None:
    np.testing.assert_array_equal(
        wrapped_deg(np.array([-1e-20, 360.0, 725.0, -90.0])), [0.0, 0.0, 5.0, 270.0]
    )
    np.testing.assert_array_equal(signed_deg(np.array([350.0, 10.0, 180.0])), [-10.0, 10.0, -180.0])


def test_noise_around_north_neither_bends_nor_widens_the_direction() -> None:
    n = 4000
    y = readings(anemometer(("white",)), [blowing(0.0, 5.0, n)]).reading[:, 1]
    spread = math.degrees(0.02 / 5.0)
    assert np.abs(signed_deg(y)).max() < 6 * spread
    assert signed_deg(y).mean() == pytest.approx(0.0, abs=5 * spread / math.sqrt(n))
    assert signed_deg(y).std() == pytest.approx(spread, rel=5 / math.sqrt(2 * n) + 2e-3)


def test_reported_direction_is_below_360() -> None:
    y = readings(anemometer(("digital",)), [blowing(359.7)]).reading
    assert y[0].tolist() == [5.0, 0.0, 5.0]


def test_the_north_mark_of_units_spreads() -> None:
    units = 800
    sensor = anemometer(("orientation",))
    errors = [readings(sensor, [blowing(90.0)], seed).reading[0, 1] - 90.0 for seed in range(units)]
    assert np.std(errors) == pytest.approx(3.0, rel=5 / math.sqrt(2 * units))


def test_gain_and_offset_belong_to_the_transducers() -> None:
    units = 800
    sensor = anemometer(("calibration",))
    errors = [readings(sensor, [blowing(90.0, 10.0)], seed).reading[0, 0] - 10.0 for seed in range(units)]
    assert np.std(errors) == pytest.approx(math.hypot(0.2, 0.05), rel=5 / math.sqrt(2 * units))


def test_in_a_calm_the_direction_is_held() -> None:
    wind = np.array([[-3.0, 0.0, 0.0], [0.0, 0.05, 0.0], [0.0, 3.0, 0.0]])
    y = readings(anemometer(("calm",)), [UniformWorld(n=3, wind=wind)]).reading
    np.testing.assert_allclose(y[:, 1], [90.0, 90.0, 180.0])
    light = np.array([[-3.0, 0.0, 0.0], [0.0, 0.15, 0.0]])
    y = readings(anemometer(("calm",)), [UniformWorld(n=2, wind=light)]).reading
    np.testing.assert_allclose(y[:, 1], [90.0, 180.0])


def test_rain_silences_it_and_dry_air_does_not() -> None:
    n, up_s, down_s = 20_000, 600.0, 10.0
    sensor = anemometer(("rain_dropout",))
    dry, wet = (readings(sensor, [blowing(90.0, n=n, rain=rain)]).reading[:, 0] for rain in (0.0, 10.0))
    assert not np.isnan(dry).any()
    share = down_s / (up_s + down_s)
    error = math.sqrt(share * 2.0 * down_s / n)
    assert np.isnan(wet).mean() == pytest.approx(share, abs=5 * error)


def test_a_world_without_rain_is_dry() -> None:
    sensor = anemometer(("rain_dropout",))
    from envirosense.instruments import Conditions

    still = np.zeros(4)
    conditions = Conditions(0, 1.0, np.arange(4.0), still + 290, still, still, still, still)
    assert np.isinf(sensor._up_in_rain_s(conditions)).all()


def gusty(n: int = 601, seed: int = 4) -> UniformWorld:
    wind = np.array([-4.0, -1.0, 0.0]) + np.random.default_rng(seed).normal(0.0, 1.5, (n, 3))
    return UniformWorld(n=n, wind=wind)


def test_a_report_has_the_mean_the_vector_direction_and_the_gust_of_its_interval() -> None:
    world = gusty()
    sensor = anemometer(("interval",), interval_s=60.0)
    y = readings(sensor, [world]).reading
    ideal = sensor.respond(world)
    components = world.wind_m_s((0.0, 0.0, 6.0))[:, :2]
    three_s = np.convolve(ideal[:, 0], np.ones(3) / 3.0, "full")[: world.n]
    for end in (60, 120, 600):
        part = slice(end - 59, end + 1)
        assert y[end, 0] == pytest.approx(ideal[part, 0].mean())
        assert y[end, 1] == pytest.approx(polar(components[part].mean(axis=0)[None])[0, 1])
        assert y[end, 2] == pytest.approx(three_s[part].max())
        assert y[end, 2] > y[end, 0]
    for size in (1, 7, 60):
        np.testing.assert_array_equal(y, readings(sensor, world.blocks(size)).reading)


def test_the_mean_direction_around_north_is_north() -> None:
    from_deg = np.where(np.arange(61) % 2 == 0, 350.0, 10.0)
    wind = np.column_stack((-np.sin(np.radians(from_deg)), -np.cos(np.radians(from_deg)), 0.0 * from_deg))
    y = readings(anemometer(("interval",), interval_s=60.0), [UniformWorld(n=61, wind=wind)]).reading[60]
    assert y[0] == pytest.approx(1.0)
    assert signed_deg(y[1:2])[0] == pytest.approx(0.0, abs=1e-9)


def test_ice_silences_it_or_leaves_it_calm() -> None:
    spell = {"kind": "iced", "begin_s": 5.0, "end_s": 8.0}
    for severity in (1.0, 0.4):
        sensor = anemometer(("ice",), faults=(spell | {"severity": severity},))
        block = readings(sensor, [blowing(90.0, n=10)])
        assert np.isnan(block.reading[5:8]).all() == (severity == 1.0)
        if severity < 0.5:
            np.testing.assert_allclose(block.reading[5:8], [[0.0, 90.0, 0.0]] * 3)
        np.testing.assert_allclose(block.reading[8:, 0], 5.0)
        assert ((block.status & Status.DISTURBED) > 0).tolist() == [False] * 5 + [True] * 3 + [False] * 2


def test_a_web_makes_it_noisy_and_takes_a_quarter_of_its_readings() -> None:
    n = 20_000
    sensor = anemometer(("web_noise", "web_dropout"), faults=({"kind": "spider"},))
    y = readings(sensor, [blowing(90.0, 10.0, n)]).reading
    share = 10.0 / 40.0
    error = math.sqrt(2.0 * share * (1.0 - share) * 7.5 / n)  # correlation time 30 * 10 / 40 s
    assert np.isnan(y[:, 0]).mean() == pytest.approx(share, abs=5 * error)
    assert np.nanstd(y[:, 0]) == pytest.approx(1.0 / math.sqrt(2.0), rel=0.05)


def test_a_web_costs_confidence_and_dirt_goes_unnoticed() -> None:
    def confidence(speed: float, *kinds: str) -> float:
        faults = tuple({"kind": kind} for kind in kinds)
        return float(readings(anemometer(faults=faults), [blowing(90.0, speed, 60)]).confidence.max())

    assert confidence(8.0, "spider") < 0.55 < 0.75 < confidence(8.0)  # noise of 0.7 m/s, 0.46 stated
    assert confidence(8.0, "fouled") == pytest.approx(confidence(0.85 * 8.0), abs=5e-3)


def test_a_fouled_cavity_loses_speed() -> None:
    y = readings(anemometer(("dirt",), faults=({"kind": "fouled"},)), [blowing(45.0, 10.0)]).reading[0]
    assert y == pytest.approx([8.5, 45.0, 8.5])


def test_it_says_that_rain_disturbs_it() -> None:
    for rain, disturbed in ((0.5, False), (5.0, True)):
        block = readings(anemometer(()), [blowing(90.0, n=2, rain=rain)])
        assert bool(block.status[1] & Status.DISTURBED) == disturbed


@long_series
def test_it_keeps_the_contract_of_a_sensor() -> None:
    check_sensor(WindSensor, anemometer().config)


def test_it_trusts_itself_in_wind_and_not_in_a_calm() -> None:
    confidence = [
        readings(anemometer(), [blowing(90.0, speed, 60)]).confidence.mean() for speed in (0.3, 2.0, 8.0)
    ]
    assert confidence[0] < 0.4 < confidence[1] < confidence[2]
