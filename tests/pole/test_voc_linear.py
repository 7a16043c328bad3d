"""What happens to the lamps and cells of a gas array of several technologies."""

import math

import numpy as np
import pytest

from envirosense.instruments import SensorConfig
from envirosense.pole.sensors.voc import VOCArraySensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.worlds import UniformWorld

MIXED = "voc_array/mixed_technology"
TRANSFORMS = ("compress", "expand")


def array(part: str = MIXED, keep: tuple[str, ...] | None = None, **changed: object) -> VOCArraySensor:
    config = SensorConfig.parse({"sensor_id": "voc", "sensor_type": "voc_array", "part": part, **changed})
    if keep is not None:
        names = [stage.name for stage in VOCArraySensor(config).stages()]
        off = tuple(name for name in (*names, "as_built") if name not in (*keep, *TRANSFORMS))
        config = config.model_copy(update={"stages_off": off})
    return VOCArraySensor(config)


def test_lamp_is_blind_to_what_it_cannot_ionise() -> None:
    blind = ("methanol", "formaldehyde", "carbon_monoxide", "hydrogen", "methane", "hydrogen_chloride")
    ideal = array(MIXED).respond(UniformWorld(n=1, gas=dict.fromkeys(blind, 1000.0)))
    assert ideal[0, 2] == 0.0


def test_a_cell_drifts_off_at_high_temperature_and_a_lamp_dims_in_damp_air() -> None:
    hot = UniformWorld(n=1, air=323.15)
    zeros = [readings(array(MIXED, keep=("cell_zero",)), [hot], seed).reading[0, 0] for seed in range(400)]
    assert np.std(zeros) == pytest.approx(0.2 * 600.0, rel=5 / math.sqrt(800))
    damp = UniformWorld(n=1, humidity=0.9, gas={"isobutylene": 100.0})
    assert readings(array(MIXED, keep=("lamp_humidity",)), [damp]).reading[0, 2] == pytest.approx(80.0)


def test_a_spent_filter_lets_ozone_through() -> None:
    world = UniformWorld(n=1, gas={"ozone": 100.0})
    for age_days, share in ((0.0, 0.02), (730.5, 0.2)):
        sensor = array(MIXED, keep=("as_built",), age_days=age_days)
        read = [readings(sensor, [world], seed).reading[0, 7] for seed in range(200)]
        assert np.median(read) == pytest.approx(100.0 * share, rel=5 * 1.25 * 0.1 / math.sqrt(200))
        assert np.median([readings(sensor, [world], seed).reading[0, 6] for seed in range(5)]) == 100.0


@pytest.mark.parametrize(
    ("air_k", "low", "high"), [(253.15, 0.45, 0.70), (293.15, 1.0, 1.0), (323.15, 1.10, 1.25)]
)
def test_cells_are_weak_in_the_cold_and_strong_in_the_heat(air_k: float, low: float, high: float) -> None:
    world = UniformWorld(n=1, air=air_k, gas={"carbon_monoxide": 1000.0, "isobutylene": 50.0})
    gains = []
    for seed in range(200):
        block = readings(array(MIXED, keep=("cell_gain",)), [world], seed)
        gains.append(block.reading[0, [0, 2]] / block.ideal[0, [0, 2]])
    co, lamp = np.transpose(gains)
    assert np.all((co >= low - 1e-12) & (co <= high + 1e-12))
    spread = (high - low) / math.sqrt(12.0)
    assert co.mean() == pytest.approx((low + high) / 2.0, abs=5 * spread / math.sqrt(200) + 1e-12)
    np.testing.assert_allclose(lamp, 1.0)


def test_extreme_humidity_wears_cells_by_one_to_two_percent_a_day() -> None:
    n = 48
    for humidity, suffers in ((0.95, True), (0.1, True), (0.5, False)):
        world = UniformWorld(n=n, dt_s=3600.0, humidity=humidity, gas={"carbon_monoxide": 1000.0})
        y = readings(array(MIXED, keep=("electrolyte",)), [world]).reading[:, 0]
        lost = -np.log(y[-1] / 1000.0) / 2.0
        assert 0.01 <= lost <= 0.02 if suffers else lost == 0.0


def test_dust_takes_the_light_of_a_lamp_step_by_step() -> None:
    units, years = 600, 2.0
    world = UniformWorld(n=1, gas={"isobutylene": 100.0})
    aged = array(MIXED, keep=("lamp_fouling",), age_days=365.25 * years)
    lost = [-math.log(readings(aged, [world], seed).reading[0, 2] / 100.0) for seed in range(units)]
    steps, size = 4.0 * years, 0.05
    error = size * math.sqrt(2.0 * steps / units)  # compound Poisson: variance is n E[size^2]
    assert np.mean(lost) == pytest.approx(steps * size, abs=5 * error)
    during = readings(
        array(MIXED, keep=("lamp_fouling",)), [UniformWorld(n=24 * 365, dt_s=3600.0, gas=world.gas)]
    ).reading[:, 2]
    assert np.all(np.diff(during) <= 0.0)
    assert during[-1] < 100.0


def test_a_change_of_humidity_gives_cells_a_spike_that_fades_in_twenty_minutes() -> None:
    n = 60 * 60
    world = UniformWorld(n=n, humidity=np.where(np.arange(n) < 10, 0.3, 0.7))
    y = readings(array(keep=("cell_humidity",)), [world]).reading
    per_rh = np.array([57.0, 0.0, 0.0, 0.0, 0.0, 50.0, 77.0, 96.0])
    np.testing.assert_allclose(y[10], 0.4 * per_rh * math.exp(-1.0 / 1200.0), atol=1e-9)
    np.testing.assert_allclose(y[10 + 1199], 0.4 * per_rh * math.exp(-1.0), atol=1e-9)


def test_zeros_of_cells_and_lamps_drift_as_stated() -> None:
    units, age_days = 400, 365.25
    sensor = array(keep=("zero_drift",), age_days=age_days)
    y = np.array([readings(sensor, [UniformWorld(n=1)], seed).reading[0] for seed in range(units)])
    found = y.std(axis=0)[[0, 2, 5, 6, 7]]
    expected = age_days * np.array([0.137, 0.33, 0.055, 0.055, 0.055])
    assert found == pytest.approx(expected, rel=5 / math.sqrt(2 * units))
