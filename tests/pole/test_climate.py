import math

import numpy as np
import pytest
from numba import config as numba_config

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import SensorConfig
from envirosense.physics.air.humidity import vapour_pressure_pa
from envirosense.pole.sensors.climate import TemperatureHumiditySensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld

long_series = pytest.mark.skipif(
    bool(getattr(numba_config, "DISABLE_JIT", 0)), reason="long series need compiled kernels"
)


def probe(keep: tuple[str, ...] | None = None, **changed: object) -> TemperatureHumiditySensor:
    config = SensorConfig.parse(
        {
            "sensor_id": "climate",
            "sensor_type": "temperature_humidity",
            "part": "temperature_humidity/sht85",
            **changed,
        }
    )
    if keep is not None:
        names = [stage.name for stage in TemperatureHumiditySensor(config).stages()]
        config = config.model_copy(update={"stages_off": tuple(name for name in names if name not in keep)})
    return TemperatureHumiditySensor(config)


NO_SPREAD = {"shield.unit_spread": 0.0}


@pytest.mark.parametrize(("wind_m_s", "warming_k"), [(1.0, 1.5), (2.0, 0.7), (3.0, 0.45)])
def test_sun_warms_the_shield_as_its_maker_says(wind_m_s: float, warming_k: float) -> None:
    world = UniformWorld(n=1, sun=1080.0, wind=(wind_m_s, 0.0, 0.0))
    block = readings(probe(("radiation",), overrides=NO_SPREAD), [world])
    assert block.reading[0, 0] - block.ideal[0, 0] == pytest.approx(warming_k, rel=0.02)


def test_a_shield_in_calm_sun_is_capped_and_at_night_colder_than_the_air() -> None:
    sunny = readings(
        probe(("radiation",), overrides=NO_SPREAD), [UniformWorld(n=1, sun=900.0, wind=(0, 0, 0))]
    )
    assert sunny.reading[0, 0] - sunny.ideal[0, 0] == pytest.approx(5.0)
    night = readings(probe(("radiation",), overrides=NO_SPREAD), [UniformWorld(n=1, sun=0.0, wind=(0, 0, 0))])
    assert night.reading[0, 0] - night.ideal[0, 0] == pytest.approx(-0.35)


def test_a_warm_probe_sees_the_same_vapour_at_a_lower_relative_humidity() -> None:
    world = UniformWorld(n=1, air=288.15, humidity=0.7, sun=1080.0, wind=(1.0, 0.0, 0.0))
    t_c, rh_pct = readings(probe(("radiation", "humidity_at_sensor"), overrides=NO_SPREAD), [world]).reading[
        0
    ]
    probe_pa = vapour_pressure_pa(t_c + ZERO_CELSIUS_K, rh_pct / 100.0)
    assert probe_pa == pytest.approx(vapour_pressure_pa(288.15, 0.7), rel=1e-12)
    assert (rh_pct / 70.0 - 1.0) / (t_c - 15.0) == pytest.approx(-0.06, abs=0.005)  # 5 to 6 % per kelvin


def test_a_jump_of_the_air_leaves_the_vapour_alone() -> None:
    """Warmer air of the same vapour: the humidity in the shield goes from one value to the other."""
    n = 400
    air_k = np.where(np.arange(n) < 10, 288.15, 293.15)
    humidity = 0.7 * vapour_pressure_pa(288.15, 1.0) / vapour_pressure_pa(air_k, 1.0)
    world = UniformWorld(n=n, air=air_k, humidity=humidity)
    t_c, rh_pct = readings(probe(("shield", "humidity_at_sensor")), [world]).reading.T
    assert t_c[10 + 44] == pytest.approx(15.0 + 5.0 * -math.expm1(-1.0))  # air in the shield, 45 s
    assert np.all(np.diff(rh_pct) <= 1e-9)
    assert rh_pct[[0, -1]] == pytest.approx(100.0 * humidity[[0, -1]], abs=0.01)
    vapour_pa = vapour_pressure_pa(t_c + ZERO_CELSIUS_K, rh_pct / 100.0)
    assert vapour_pa == pytest.approx(vapour_pressure_pa(288.15, 0.7), rel=0.015)


def test_the_budget_knows_that_a_warm_probe_reads_dry() -> None:
    sunny = UniformWorld(n=5, air=288.15, humidity=0.7, sun=1080.0, wind=(1.0, 0.0, 0.0))
    shady = UniformWorld(n=5, air=288.15, humidity=0.7, sun=60.0, wind=(4.0, 0.0, 0.0))
    vague = {"accuracy.absolute": [100.0, 1.5]}  # temperature does not count
    sun, shade = (readings(probe(overrides=vague), [world]).confidence.min() for world in (sunny, shady))
    assert sun < 0.4 < 0.6 < shade


def test_self_heating_fades_in_wind() -> None:
    calm, windy = (
        readings(probe(("self_heating",)), [UniformWorld(n=1, wind=(u, 0.0, 0.0))]) for u in (0.0, 4.0)
    )
    assert calm.reading[0, 0] - calm.ideal[0, 0] == pytest.approx(0.2)
    assert windy.reading[0, 0] - windy.ideal[0, 0] == pytest.approx(0.04)


def test_humidity_element_reaches_63_percent_in_its_time() -> None:
    n = 30
    world = UniformWorld(n=n, humidity=np.where(np.arange(n) < 10, 0.4, 0.6))
    y = readings(probe(("element",)), [world]).reading[:, 1]
    assert y[13] == pytest.approx(40.0 + 20.0 * -math.expm1(-1.0))


def test_a_wetted_element_stays_at_saturation_until_dry() -> None:
    wet_ticks, n = 600, 600 + 1200
    world = UniformWorld(n=n, humidity=np.where(np.arange(n) < wet_ticks, 1.0, 0.7))
    y = readings(probe(("condensation",)), [world]).reading[:, 1]
    assert y[wet_ticks - 1] == pytest.approx(100.0)
    assert y[-1] == pytest.approx(70.0 + 30.0 * math.exp(-1.0), abs=0.05)


def test_damp_days_make_the_reading_creep() -> None:
    hours = 60
    dry_first = np.r_[0.5, np.full(hours, 0.9)]  # the first value counts as settled
    world = UniformWorld(n=hours + 1, dt_s=3600.0, humidity=dry_first)
    y = readings(probe(("creep",)), [world]).reading[:, 1]
    assert y[-1] - 90.0 == pytest.approx(3.0, abs=0.01)


def test_units_are_as_accurate_as_stated() -> None:
    units = 800
    world = UniformWorld(n=1)
    offsets = np.array(
        [
            (block := readings(probe(("calibration",)), [world], seed)).reading[0] - block.ideal[0]
            for seed in range(units)
        ]
    )
    assert offsets.std(axis=0) == pytest.approx([0.1, 1.5], rel=5 / math.sqrt(2 * units))


@pytest.mark.parametrize(
    ("stage", "expected", "settings"),
    [
        ("drift", [0.03, 0.2], {"age_days": 365.25}),
        ("warm_up", [0.05 * math.exp(-0.5), 0.2 * math.exp(-0.5)], {"on_since_s": 5.0}),
    ],
)
def test_units_drift_and_warm_up_as_stated(
    stage: str, expected: list[float], settings: dict[str, float]
) -> None:
    units = 800
    blocks = (readings(probe((stage,), **settings), [UniformWorld(n=1)], seed) for seed in range(units))
    error = np.array([block.reading[0] - block.ideal[0] for block in blocks])
    assert error.std(axis=0) == pytest.approx(expected, rel=5 / math.sqrt(2 * units) + 5e-3)


def test_humidity_depends_on_which_way_it_came() -> None:
    swing = np.r_[np.linspace(30.0, 80.0, 200), np.linspace(80.0, 30.0, 200)]
    y = readings(probe(("hysteresis",)), [UniformWorld(n=400, humidity=swing / 100.0)]).reading[:, 1]
    up, down = y[100], y[400 - 101]  # both at the same humidity
    assert down - up == pytest.approx(2.0 * 0.8, abs=1e-9)


def test_repeatability_is_that_of_the_sheet_at_one_hertz() -> None:
    n = 4000
    y = readings(probe(("white",)), [UniformWorld(n=n)]).reading
    assert y.std(axis=0) == pytest.approx([0.04, 0.08], rel=5 / math.sqrt(2 * n) + 2e-3)
    assert [channel.noise_sigma for channel in probe().channels] == pytest.approx([0.04, 0.08], rel=2e-3)


def test_humidity_never_leaves_its_range() -> None:
    world = UniformWorld(n=200, humidity=1.0)
    y = readings(probe(), [world]).reading[:, 1]
    assert np.nanmax(y) <= 100.0


def test_a_fouled_filter_slows_humidity_far_more_than_temperature() -> None:
    n = 3000
    late = np.arange(n) >= 10
    world = UniformWorld(n=n, air=np.where(late, 298.15, 293.15), humidity=np.where(late, 0.7, 0.4))
    y = readings(probe(("element",), faults=({"kind": "fouled"},)), [world]).reading
    t_c, rh_pct = y[10 + 19, 0], y[10 + 899, 1]
    assert t_c == pytest.approx(20.0 + 5.0 * -math.expm1(-1.0))
    assert rh_pct == pytest.approx(40.0 + 30.0 * -math.expm1(-1.0))
    half = readings(probe(("element",), faults=({"kind": "fouled", "severity": 0.5},)), [world]).reading
    assert half[10 + 59, 1] == pytest.approx(40.0 + 30.0 * -math.expm1(-1.0))  # sqrt(4 s * 900 s)


@long_series
def test_it_keeps_the_contract_of_a_sensor() -> None:
    check_sensor(TemperatureHumiditySensor, probe().config)
