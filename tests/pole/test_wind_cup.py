import math

import numpy as np
import pytest
from numba import config as numba_config

from envirosense.instruments import SensorConfig
from envirosense.instruments.status import Status
from envirosense.pole.sensors.wind import WindSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld

long_series = pytest.mark.skipif(
    bool(getattr(numba_config, "DISABLE_JIT", 0)), reason="long series need compiled kernels"
)


def cups(keep: tuple[str, ...] | None = None, **changed: object) -> WindSensor:
    config = SensorConfig.parse(
        {"sensor_id": "wind", "sensor_type": "wind_sensor", "part": "wind/cup_vane", **changed}
    )
    if keep is not None:
        names = [stage.name for stage in WindSensor(config).stages()]
        keep = (*keep, "to_components", "to_polar")
        config = config.model_copy(update={"stages_off": tuple(name for name in names if name not in keep)})
    return WindSensor(config)


def eastward(speed_m_s: np.ndarray, dt_s: float = 1.0) -> UniformWorld:
    wind = np.column_stack((speed_m_s, 0.0 * speed_m_s, 0.0 * speed_m_s))
    return UniformWorld(n=speed_m_s.size, dt_s=dt_s, wind=wind)


@pytest.mark.parametrize("dt_s", [0.1, 0.02])
def test_cups_reach_63_percent_after_three_metres_of_wind(dt_s: float) -> None:
    """V-WS-1: from rest into 10 m/s, distance constant 3 m."""
    n = round(1.0 / dt_s)
    step = np.r_[0.0, np.full(n, 10.0)]
    y = readings(cups(("cups",), interval_s=dt_s), [eastward(step, dt_s)]).reading[:, 0]
    share = -np.expm1(-10.0 * dt_s * np.arange(n + 1) / 3.0)
    np.testing.assert_allclose(y, 10.0 * share, rtol=1e-12)
    assert y[round(0.3 / dt_s)] == pytest.approx(6.321, abs=1e-3)


def test_cups_run_too_fast_in_gusts() -> None:
    """Slow cups settle where (V - U) V is 0 on average: at <V^2> / <V>, 16 % above a mean of 5 m/s."""
    gusts = 5.0 + 2.0 * np.where(np.arange(8000) % 4 < 2, 1.0, -1.0)
    slow = cups(("cups",), interval_s=0.25, overrides={"cup.distance": 300.0})
    y = readings(slow, [eastward(gusts, 0.25)]).reading[:, 0]
    assert y[-400:].mean() == pytest.approx(29.0 / 5.0, rel=2e-3)


def test_worn_cups_stand_in_light_wind() -> None:
    for age_days, wind, stands in (
        (0.0, 0.6, False),
        (365.25, 0.6, True),
        (365.25, 0.9, False),
        (0.0, 0.4, True),
    ):
        y = readings(cups(("cups",), age_days=age_days), [eastward(np.full(30, wind))]).reading[:, 0]
        assert y[-1] == pytest.approx(0.0 if stands else wind)


def test_a_vane_swings_with_its_wavelength_and_damping() -> None:
    n, dt_s, speed = 200, 0.05, 4.5
    east, north = (np.where(np.arange(n) < 1, *pair) for pair in ((-speed, 0.0), (0.0, -speed)))
    world = UniformWorld(n=n, dt_s=dt_s, wind=np.column_stack((east, north, 0.0 * east)))  # 90 deg, then 0
    y = readings(cups(("vane",), interval_s=dt_s), [world]).reading[:, 1]
    t_s, swing = dt_s * np.arange(n), 2.0 * math.pi * speed / 4.5
    decay = swing * 0.45 / math.sqrt(1.0 - 0.45**2)
    closed = 90.0 * np.exp(-decay * t_s) * (np.cos(swing * t_s) + decay / swing * np.sin(swing * t_s))
    np.testing.assert_allclose((y + 180.0) % 360.0 - 180.0, closed, atol=1e-9)


def test_moving_parts_keep_their_memory_in_blocks() -> None:
    speed = 3.0 + 2.9 * np.sin(np.arange(300) / 7.0)
    angle = np.arange(300) / 11.0
    wind = np.column_stack((speed * np.sin(angle), speed * np.cos(angle), 0.0 * speed))
    world = UniformWorld(n=300, wind=wind)
    whole = readings(cups(interval_s=10.0), [world])
    for size in (1, 7, 60):
        np.testing.assert_array_equal(
            whole.reading, readings(cups(interval_s=10.0), world.blocks(size)).reading
        )


def test_frozen_cups_read_calm_and_do_not_know() -> None:
    block = readings(cups(("cups", "ice"), faults=({"kind": "iced"},)), [eastward(np.full(5, 6.0))])
    np.testing.assert_array_equal(block.reading[:, 0], 0.0)
    assert not (block.status & Status.DISTURBED).any()


@long_series
def test_they_keep_the_contract_of_a_sensor() -> None:
    check_sensor(WindSensor, cups().config)
