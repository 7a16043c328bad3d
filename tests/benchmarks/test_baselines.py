"""The baselines simulate what the product simulates; otherwise the ratios of `make bench` mean nothing."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def imported(name: str) -> Any:
    """A module of the benchmarks."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def hour() -> Any:
    """A fire of ten minutes with everything that both baselines start from."""
    specs = imported("workload").specs(3, duration_s=600.0)
    spec = next(spec for spec in specs if spec.scenario.startswith("fire/"))
    return imported("baseline_world").simulate_world(spec)


def test_plain_loops_give_the_readings_of_the_compiled_ones(hour: Any) -> None:
    plain_kernels = imported("plain_kernels").plain_kernels
    seed = hour.device.sensing_seed
    for name, sensor in hour.device.scalar_sensors.items():
        compiled = sensor.run(hour.state, sensor.start(seed))
        with plain_kernels():
            plain = sensor.run(hour.state, sensor.start(seed))
        step = np.max(sensor._active[-1].step)
        np.testing.assert_allclose(plain.reading, compiled.reading, atol=1.01 * step, err_msg=name)
        np.testing.assert_allclose(plain.confidence, compiled.confidence, atol=1e-3, err_msg=name)
        np.testing.assert_array_equal(plain.status, compiled.status, err_msg=name)


def test_every_compiled_loop_of_a_scalar_sensor_is_taken_out(hour: Any) -> None:
    plain = imported("plain_kernels")
    loops = list(plain.compiled_loops())
    assert loops
    assert [name for _, name, kernel in loops if plain.plain(kernel) is None] == []
    with plain.plain_kernels():
        assert list(plain.compiled_loops()) == []


def test_frames_of_the_numpy_baseline_are_those_of_the_camera(hour: Any) -> None:
    camera = hour.camera
    block = camera.run_frames(hour.state, camera.start_frames(hour.device.sensing_seed))
    frames, states = imported("baseline_numpy").record(hour, np.random.default_rng(1))
    np.testing.assert_array_equal(states["flags"], block.frames.flags)
    difference_k = 0.02 * frames - block.temperature_k()
    assert abs(difference_k.mean()) < 0.006
    assert difference_k.mean(axis=0).std() < 0.060


def test_sensors_written_by_hand_read_what_the_stages_read(hour: Any) -> None:
    device = imported("baseline_dict").Device(hour, np.random.default_rng(1))
    rows = [device.hand_readings(tick) for tick in range(300)]
    for name in device.by_hand:
        sensor = hour.device.scalar_sensors[name]
        block = sensor.run(hour.state, sensor.start(hour.device.sensing_seed))
        for i, channel in enumerate(sensor.channels):
            by_hand = np.array([row[f"{name}.{channel.name}"] for row in rows], dtype=float)
            bound = 5.0 * channel.noise_sigma * np.sqrt(2.0 / 300.0) + 3.0 * channel.resolution
            if channel.unit != "deg":
                error = np.nanmean(by_hand) - np.nanmean(block.reading[:300, i])
                assert abs(error) < bound, (name, channel.name)


def test_a_row_of_the_dict_baseline_holds_every_channel(hour: Any) -> None:
    row = imported("baseline_dict").Device(hour, np.random.default_rng(1)).sample(0)
    expected = {
        f"{name}.{channel.name}"
        for name, sensor in hour.device.scalar_sensors.items()
        for channel in sensor.channels
    }
    assert expected <= set(row)
