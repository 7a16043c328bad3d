"""The charger measures what it takes: less than the sun gives once the battery is full, nothing at dusk."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.parts import load_part
from envirosense.instruments import SensorConfig
from envirosense.physics.energy.photovoltaic import panel_v
from envirosense.pole.mock_fields import MockFieldSettings
from envirosense.pole.sensors.energy_stages import StartUp
from envirosense.pole.sensors.solar import SolarPowerSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld

PARTS = ("solar_power/bq25798", "solar_power/ltc4162")


def solar(part: str = PARTS[0], **settings) -> SolarPowerSensor:
    config = {"sensor_id": "solar_power", "sensor_type": "solar_power", "part": part}
    return SolarPowerSensor(SensorConfig.parse(config | settings))


def sunny(panel_w: float, n: int = 1) -> UniformWorld:
    return UniformWorld(n=n, fields=MockFieldSettings(panel_w=panel_w, strokes=()))


@pytest.mark.parametrize("part", PARTS)
def test_contract(part):
    check_sensor(SolarPowerSensor, solar(part).config)


def test_power_is_voltage_times_current():
    ideal = solar().respond(sunny(12.0))
    assert ideal[0, 0] == pytest.approx(12.0, rel=1e-12)
    assert ideal[0, 0] == pytest.approx(ideal[0, 1] * ideal[0, 2], rel=1e-15)
    reading = readings(solar(overrides={"fault.up": 0.0}), [sunny(12.0, 300)]).reading
    np.testing.assert_allclose(reading[:, 0], reading[:, 1] * reading[:, 2], atol=0.02)


def test_the_voltage_is_that_of_the_panel_in_full_sun():
    volts = panel_v(np.array([1.0, 0.0]), np.full(2, 1000.0), np.full(2, 25.0), 17.6, 21.6, -0.0032, 36.0)
    np.testing.assert_allclose(volts, [17.6, 21.6], rtol=1e-12)
    dim, warm = (
        float(panel_v(np.ones(1), np.array([light]), np.array([cell]), 17.6, 21.6, -0.0032, 36.0)[0])
        for light, cell in ((100.0, 25.0), (1000.0, 55.0))
    )
    thermal_v = 36.0 * 1.380649e-23 * 298.15 / 1.602176634e-19
    assert dim == pytest.approx(17.6 - thermal_v * math.log(10.0), rel=1e-9)
    assert warm == pytest.approx(17.6 * (1.0 - 0.0032 * 30.0), rel=1e-9)


def test_a_weak_sun_reads_exactly_nothing():
    assert not readings(solar(overrides={"fault.up": 0.0}), [sunny(0.05, 200)]).reading.any()
    dark = UniformWorld(n=10, fields=MockFieldSettings(panel_w=0.0, strokes=()))
    assert not solar().respond(dark).any()
    assert readings(solar(overrides={"fault.up": 0.0}), [sunny(0.5, 20)]).reading.all()


def test_gain_and_offset_spread_over_units_as_stated():
    sensor = solar(stages_off=("white", "dropout"))
    block = [readings(sensor, [sunny(12.0)], seed) for seed in range(500)]
    error = np.array([b.reading[0] - b.ideal[0] for b in block])
    _, volts, amperes = block[0].ideal[0]
    rel = 5 / math.sqrt(1000)
    assert error[:, 2].std() == pytest.approx(math.hypot(0.005 * amperes, 0.003), rel=rel)
    assert error[:, 1].std() == pytest.approx(math.hypot(0.005 * volts, 0.01), rel=rel)
    expected = math.hypot(math.sqrt(2.0) * 0.005 * 12.0, 0.003 * volts, 0.01 * amperes)
    assert error[:, 0].std() == pytest.approx(expected, rel=rel)


def test_a_full_battery_hides_the_sun(make_world):
    """Bright July days fill the battery; then the charger takes only the load, and the voltage rises."""
    n = 4 * 144
    world = make_world(n=n, dt_s=600.0, start=datetime(2018, 7, 10, 5, tzinfo=UTC))
    state = world.state(0, n)
    energy = state.energy()
    watts, volts, _ = solar().respond(state).T
    idle = (energy.charge > 0.9999) & (energy.panel_w > 5.0) & (np.abs(energy.current_a) < 5e-3)
    busy = (energy.charge < 0.95) & (energy.panel_w > 5.0)
    assert idle.sum() > 20
    trickle_w = -(energy.voltage_v * energy.current_a)[idle]  # against self-discharge
    np.testing.assert_allclose(watts[idle], (1.2 + trickle_w) / 0.92, rtol=1e-9)
    np.testing.assert_allclose(watts[busy], energy.panel_w[busy], rtol=1e-9)
    assert volts[idle].mean() > volts[busy].mean() + 1.0
    assert np.all(watts <= energy.panel_w + 1e-9)


def test_the_charger_sleeps_below_its_power_and_its_voltage():
    stage = StartUp("start_up", *(load_part(PARTS[0])[f"start_up.{of}"] for of in ("power", "voltage")))
    signal = np.array([[0.07, 5.0, 0.014], [0.05, 5.0, 0.01], [0.07, 3.5, 0.02], [0.07, 3.7, 0.02]])
    awake, _ = stage.apply(signal, None, None, None)
    np.testing.assert_array_equal(awake.any(axis=1), [True, False, False, True])


def test_the_panel_of_the_part_is_of_thirty_six_cells():
    """All its power at 25 degC and full sun: 17.6 V; idle 21.6 V; warm cells less by 0.32 %/K."""
    v = load_part(PARTS[0])
    names = ("mpp_voltage", "open_voltage", "per_k", "cells")
    drawn, cells_c = np.array([1.0, 0.0, 1.0]), np.array([25.0, 25.0, 65.0])
    volts = panel_v(drawn, np.full(3, 1000.0), cells_c, *(v[f"panel.{name}"] for name in names))
    np.testing.assert_allclose(volts, [17.6, 21.6, 17.6 * (1.0 - 0.0032 * 40.0)], rtol=1e-9)


def test_noise_is_that_of_the_converter():
    n = 3000
    kept = solar(stages_off=("calibration", "dropout"), overrides={"range.resolution": [1e-6] * 3})
    noise = readings(kept, [sunny(12.0, n)]).reading.std(axis=0)
    assert noise[1:] == pytest.approx(np.array([0.007, 0.0014]) / math.sqrt(2.0), rel=5 / math.sqrt(2 * n))
