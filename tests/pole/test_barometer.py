import math

import numpy as np
import pytest
from numba import config as numba_config

from envirosense.core.errors import UnknownNameError
from envirosense.instruments import SensorConfig
from envirosense.pole.sensors.barometer import BarometerSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld

long_series = pytest.mark.skipif(
    bool(getattr(numba_config, "DISABLE_JIT", 0)), reason="long series need compiled kernels"
)


def barometer(keep: tuple[str, ...] | None = None, **changed: object) -> BarometerSensor:
    config = SensorConfig.parse(
        {"sensor_id": "barometer", "sensor_type": "barometer", "part": "barometer/bmp388", **changed}
    )
    if keep is not None:
        names = [stage.name for stage in BarometerSensor(config).stages()]
        config = config.model_copy(update={"stages_off": tuple(name for name in names if name not in keep)})
    return BarometerSensor(config)


def errors_pa(sensor: BarometerSensor, world: UniformWorld, units: int = 800) -> list[float]:
    blocks = (readings(sensor, [world], seed) for seed in range(units))
    return [float(block.reading[-1, 0] - block.ideal[-1, 0]) for block in blocks]


def test_wind_on_the_port_acts_with_its_square() -> None:
    wind = np.zeros((3, 3))
    wind[:, 0] = [0.0, 5.0, 10.0]
    block = readings(barometer(("port",)), [UniformWorld(n=3, wind=wind)])
    error_pa = (block.reading - block.ideal)[:, 0]
    assert error_pa[0] == 0.0
    assert error_pa[2] == pytest.approx(4.0 * error_pa[1])


def test_port_error_at_ten_metres_per_second_is_about_thirty_pascal() -> None:
    error_pa = errors_pa(barometer(("port",)), UniformWorld(n=1, wind=(10.0, 0.0, 0.0)))
    dynamic_pa = 0.5 * 101_325.0 / (287.05 * 293.15) * 100.0
    assert min(error_pa) > -0.5 * dynamic_pa > -31.0
    assert max(error_pa) < 0.3 * dynamic_pa
    assert np.mean(error_pa) == pytest.approx(
        -0.1 * dynamic_pa, abs=5 * 0.8 * dynamic_pa / math.sqrt(12 * 800)
    )


@pytest.mark.parametrize(
    ("stage", "world", "expected_pa"),
    [
        ("calibration", UniformWorld(n=1), 25.0),
        ("temperature", UniformWorld(n=1, body=298.15 - 40.0), 0.3 * 40.0),
        ("drift", UniformWorld(n=1), 0.0684 * 365.25),
    ],
)
def test_units_spread_as_stated(stage: str, world: UniformWorld, expected_pa: float) -> None:
    error_pa = errors_pa(barometer((stage,), age_days=365.25), world)
    assert np.std(error_pa) == pytest.approx(expected_pa, rel=5 / math.sqrt(2 * 800))


def test_noise_is_that_of_the_sheet_at_one_hertz() -> None:
    n = 4000
    y = readings(barometer(("white",)), [UniformWorld(n=n)]).reading
    assert y.std() == pytest.approx(0.02, rel=5 / math.sqrt(2 * n) + 2e-3)
    assert barometer().channels[0].noise_sigma == pytest.approx(0.02, rel=2e-3)


def test_a_slow_sampler_averages_its_noise() -> None:
    expected = 0.02 / math.sqrt(60.0)
    slow = barometer(("white",), interval_s=60.0)
    assert slow.channels[0].noise_sigma == pytest.approx(expected, rel=2e-3)
    n = 2000
    block = readings(slow, [UniformWorld(n=60 * n)])
    assert np.nanstd(block.reading) == pytest.approx(expected, rel=5 / math.sqrt(2 * n) + 2e-3)


def test_readings_are_steps_of_the_sheet() -> None:
    y = readings(barometer(), [UniformWorld(n=50)]).reading
    steps = y / 0.016
    assert np.abs(steps - np.rint(steps)).max() < 1e-6


def test_a_blocked_vent_is_slow_and_warming_up_fades() -> None:
    n = 4000
    front = UniformWorld(n=n, pressure=np.where(np.arange(n) < 10, 101_325.0, 101_625.0))
    blocked = barometer(("vent",), faults=({"kind": "blocked"},))
    clean, slow = (readings(sensor, [front]).reading[:, 0] for sensor in (barometer(("vent",)), blocked))
    assert clean[10] == pytest.approx(101_625.0, abs=1e-3)
    assert slow[10 + 299] == pytest.approx(101_325.0 + 300.0 * -math.expm1(-1.0))
    for size in (1, 7, 600):
        np.testing.assert_array_equal(slow, readings(blocked, front.blocks(size)).reading[:, 0])
    errors = errors_pa(barometer(("warm_up",), on_since_s=0.5), UniformWorld(n=1))
    assert np.std(errors) == pytest.approx(5.0 * math.exp(-1.0), rel=5 / math.sqrt(2 * 800))


@long_series
def test_it_keeps_the_contract_of_a_sensor() -> None:
    check_sensor(BarometerSensor, barometer().config)


def test_a_fault_it_cannot_have_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="iced"):
        barometer(faults=({"kind": "iced"},))
