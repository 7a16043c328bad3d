"""The board's thermistor: lag, tolerance and its own heat."""

import math

import numpy as np
import pytest

from envirosense.instruments import SensorConfig
from envirosense.pole.mock_fields import MockFieldSettings
from envirosense.pole.sensors.energy_stages import NtcTolerance
from envirosense.pole.sensors.internal_temperature import InternalTemperatureSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld, step_world

PART = "internal_temperature/board_ntc"


def board(keep: tuple[str, ...] | None = None, **settings) -> InternalTemperatureSensor:
    data = {"sensor_id": "internal_temperature", "sensor_type": "internal_temperature", "part": PART}
    config = SensorConfig.parse(data | settings)
    if keep is not None:
        names = [stage.name for stage in InternalTemperatureSensor(config).stages()]
        config = config.model_copy(update={"stages_off": tuple(name for name in names if name not in keep)})
    return InternalTemperatureSensor(config)


def at_k(board_k: float, n: int = 1) -> UniformWorld:
    return UniformWorld(n=n, fields=MockFieldSettings(board_k=board_k, strokes=()))


def test_contract():
    check_sensor(InternalTemperatureSensor, board().config)


def test_the_ideal_reading_is_the_board():
    assert board().respond(at_k(310.0))[0, 0] == pytest.approx(36.85)


@pytest.mark.parametrize("board_k", [263.15, 298.15, 338.15])
def test_units_spread_by_the_tolerances_of_the_thermistor(board_k):
    """dT = T^2 / B dlnR, and T (1 - T / T0) db: least at the reference."""
    sensor, world = board(("tolerance",)), at_k(board_k)
    error = [(b := readings(sensor, [world], seed)).reading[0, 0] - b.ideal[0, 0] for seed in range(500)]
    expected = math.hypot(0.005 * board_k**2 / 3435.0, 0.005 * board_k * (1.0 - board_k / 298.15))
    assert np.std(error) == pytest.approx(expected, rel=5 / math.sqrt(1000))


def test_a_thermistor_of_twice_the_resistance_reads_colder_by_the_beta_law():
    stage = NtcTolerance("tolerance", 3435.0, 0.0, 0.0, 298.15)
    resistance_ratio = 1.01
    read, _ = stage.apply(np.array([[25.0]]), np.array([math.log(resistance_ratio), 0.0]), None, None)
    assert read[0, 0] == pytest.approx(1.0 / (1.0 / 298.15 + math.log(1.01) / 3435.0) - 273.15, rel=1e-12)
    assert read[0, 0] < 25.0


def test_the_sensing_current_warms_it():
    block = readings(board(("self_heating",)), [at_k(298.15)])
    assert block.reading[0, 0] - block.ideal[0, 0] == pytest.approx(0.1, abs=0.026)


def test_it_follows_a_step_with_its_time_constant():
    world = step_world(400, 1.0)
    block = readings(board(("lag",)), [world])
    rise = block.reading[:, 0] - block.reading[0, 0]
    whole = block.ideal[-1, 0] - block.ideal[0, 0]
    assert rise[100 + 11] == pytest.approx(whole * (1.0 - math.exp(-1.0)), abs=0.06)
    assert rise[-1] == pytest.approx(whole, abs=0.026)


def test_the_noise_is_that_of_the_part():
    reading = readings(board(("white",), overrides={"range.resolution": 1e-6}), [at_k(298.15, 3000)]).reading
    assert reading.std() == pytest.approx(0.028 / math.sqrt(2.0), rel=5 / math.sqrt(6000))


@pytest.mark.parametrize(
    ("stage", "age_days", "spread"), [("calibration", 0.0, 0.1), ("drift", 3652.0, 0.3652)]
)
def test_offsets_of_units_spread_as_stated(stage, age_days, spread):
    sensor = board((stage,), age_days=age_days, overrides={"range.resolution": 1e-6})
    error = [
        (b := readings(sensor, [at_k(298.15)], seed)).reading[0, 0] - b.ideal[0, 0] for seed in range(400)
    ]
    assert np.std(error) == pytest.approx(spread, rel=5 / math.sqrt(800))
