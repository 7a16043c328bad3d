"""What happens to the metal-oxide layers of a gas array."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from envirosense.instruments import Conditions, SensorConfig
from envirosense.instruments.status import Status
from envirosense.pole.sensors.voc import VOCArraySensor
from envirosense.pole.sensors.voc_stages import Divider
from envirosense.testing.sensor_runs import readings
from envirosense.testing.worlds import Series, UniformWorld

DEVICE = "voc_array/tfsgs_multi2"
TRANSFORMS = ("compress", "expand")


def array(part: str = DEVICE, keep: tuple[str, ...] | None = None, **changed: object) -> VOCArraySensor:
    config = SensorConfig.parse({"sensor_id": "voc", "sensor_type": "voc_array", "part": part, **changed})
    if keep is not None:
        names = [stage.name for stage in VOCArraySensor(config).stages()]
        off = tuple(name for name in (*names, "as_built") if name not in (*keep, *TRANSFORMS))
        config = config.model_copy(update={"stages_off": off})
    return VOCArraySensor(config)


def ln_g(sensor: VOCArraySensor, world: UniformWorld, seed: int = 20) -> npt.NDArray[np.float64]:
    """ln(G / G0) that the metal oxides report, (time, channel)."""
    ppb = readings(sensor, [world], seed).reading
    return sensor.response.beta * np.log1p(ppb / sensor.response.k)


def test_metal_oxide_answers_faster_than_it_recovers() -> None:
    n = 60
    step = np.where((np.arange(n) >= 10) & (np.arange(n) < 35), 100.0, 0.0)
    sensor = array(keep=("response",), overrides={"response.tau_power": 0.0})
    y = readings(sensor, [UniformWorld(n=n, gas={"formaldehyde": step})]).reading[:, 0]
    beta, k = 0.3196, 300.0
    full = beta * math.log1p(100.0 / k)
    after_8_s = k * math.expm1(full * -math.expm1(-8.0 / 4.8) / beta)
    assert y[17] == pytest.approx(after_8_s)
    assert y[35 + 7] == pytest.approx(k * math.expm1(math.log1p(y[34] / k) * math.exp(-8.0 / 18.8)))


def test_layers_follow_a_step_with_their_time_constant() -> None:
    """V15: a time constant of 3.44 s closes 90.2 % of a step of ln G in 8 s."""
    sensor = array(keep=("response",), overrides={"response.tau_power": 0.0, "response.rise": [3.44] * 8})
    world = UniformWorld(n=20, gas={"formaldehyde": np.where(np.arange(20) < 5, 0.0, 100.0)})
    y = ln_g(sensor, world)[:, 0]
    assert y[5 + 7] / (0.3196 * math.log1p(100.0 / 300.0)) == pytest.approx(0.902, abs=5e-4)


def test_much_gas_quickens_the_response() -> None:
    k, c = 300.0, 9000.0
    world = UniformWorld(n=20, gas={"formaldehyde": np.where(np.arange(20) < 5, 0.0, c)})
    y = ln_g(array(keep=("response",)), world)[:, 0]
    share = y[5:10] / (0.3196 * math.log1p(c / k))
    tau_s = 4.8 * (1.0 + c / k) ** -0.3
    assert share == pytest.approx(-np.expm1(-np.arange(1, 6) / tau_s))


def test_siloxanes_take_gain_and_speed_for_good() -> None:
    half_dose = {"poison.halving_dose": [20.0, 20.0], "response.tau_power": 0.0}
    hours = np.arange(3 * 360) / 360.0
    poison = np.where((hours >= 1.0) & (hours < 2.0), 20e3, 0.0)
    sensor = array(keep=("response",), overrides=half_dose)
    clean, dosed = (
        np.expm1(
            ln_g(sensor, UniformWorld(n=hours.size, dt_s=10.0, gas={"ethanol": 500.0, "D5": siloxane}))[:, 7]
        )
        for siloxane in (0.0, poison)
    )
    assert dosed[300] == clean[300]
    assert dosed[[719, -1]] / clean[-1] == pytest.approx(0.5, rel=1e-6)
    step: dict[str, Series] = {"ethanol": np.where(hours < 2.5, 0.0, 500.0), "D5": poison}
    y = ln_g(sensor, UniformWorld(n=hours.size, dt_s=10.0, gas=step))[:, 7]
    rise = np.expm1(y[900:]) / np.expm1(y[-1])
    settled = 0.7155 * math.log1p(500.0 / 4600.0)
    expected = np.expm1(settled * -np.expm1(-10.0 * np.arange(1, 5) / (2.0 * 2.96))) / np.expm1(settled)
    assert rise[:4] == pytest.approx(expected, rel=2e-3)


def test_doses_add_up_alike_in_blocks_and_from_the_past() -> None:
    world = UniformWorld(n=600, gas={"ethanol": 500.0, "D4": 30e3})
    sensor = array(keep=("response",))
    whole, cut = (readings(sensor, blocks).reading for blocks in ([world], world.blocks(7)))
    np.testing.assert_array_equal(whole, cut)
    used = array(keep=("response",), age_days=3650.0)
    dose_ppm_h = 0.05e-3 * 24.0 * 3650.0
    gain = np.expm1(ln_g(used, world)[0]) / np.expm1(ln_g(sensor, world)[0])
    assert np.all((gain > 2.0 ** (-dose_ppm_h / 10.0)) & (gain < 2.0 ** (-dose_ppm_h / 50.0)))


def test_a_poisoned_array_is_weak_and_a_fouled_one_slow() -> None:
    world = UniformWorld(n=4000, gas={"ethanol": np.where(np.arange(4000) < 50, 0.0, 500.0)})
    steady = {"response.tau_power": 0.0}
    poisoned = array(keep=("response",), faults=({"kind": "poisoned"},), overrides=steady)
    healthy = array(keep=("response", "inlet"), overrides=steady)
    fouled = array(keep=("response", "inlet"), faults=({"kind": "fouled"},), overrides=steady)
    well, weak, slow = (ln_g(sensor, world)[:, 7] for sensor in (healthy, poisoned, fouled))
    assert np.expm1(weak[-1]) / np.expm1(well[-1]) == pytest.approx(0.25, rel=1e-6)
    assert slow[100] < 0.3 * well[100]
    assert slow[-1] == pytest.approx(well[-1], rel=0.01)  # slower, no weaker


def test_sulphur_inhibits_for_a_while() -> None:
    n = 8 * 60
    sulphur = np.where(np.arange(n) < 4 * 60, 1000.0, 0.0)
    world = UniformWorld(n=n, dt_s=60.0, gas={"ethanol": 500.0, "SO2": sulphur})
    free = np.expm1(ln_g(array(keep=()), world)[:, 7])
    for seed in range(5):
        gain = np.expm1(ln_g(array(keep=("inhibition",)), world, seed)[:, 7]) / free
        assert 0.85 <= gain[4 * 60 - 1] <= 0.95  # half of a depth of 10-30 %
        assert gain[-1] > 0.99


def test_a_rested_layer_burns_in_over_days() -> None:
    day_s = 86_400.0
    world = UniformWorld(n=10 * 24, dt_s=3600.0)
    for seed in range(5):
        y = ln_g(array(keep=("burn_in",), on_since_s=0.0), world, seed)
        assert np.all((y[0] > -0.5) & (y[0] < -0.2))
        assert np.all(y[-1] > -0.5 * math.exp(-9.9 / 3.0))
        tau_s = 24 * 3600.0 / np.log(y[0] / y[24])
        assert np.all((tau_s > 0.99 * day_s) & (tau_s < 3.01 * day_s))
    np.testing.assert_array_equal(ln_g(array(keep=("burn_in",)), world), 0.0)


def test_warming_up_shows_and_is_flagged() -> None:
    world = UniformWorld(n=2 * 60, dt_s=60.0)
    block = readings(array(keep=("warm_up",), on_since_s=0.0), [world])
    start, end = np.abs(block.reading[[0, -1]])
    assert np.all(end < 0.01 * start)
    warming = (block.status & Status.WARMING_UP) > 0
    assert warming[:60].all()
    assert not warming[60:].any()


def test_the_converter_is_coarse_at_both_ends() -> None:
    bits = 8.0
    stage = Divider("divider", np.ones(1, dtype=bool), bits, 0.0, -6.0, np.full(1, 6.0))
    x = np.linspace(-3.0, 3.0, 20_001)[:, None]
    nothing = np.zeros(x.size)
    conditions = Conditions(0, 1.0, nothing, nothing, nothing, nothing, nothing, nothing)
    y, _ = stage.apply(x, np.ones(1), conditions, np.random.default_rng(0))
    for at in (-2.5, 0.0, 2.5):
        near = np.abs(x - at) < 0.15
        r = math.exp(-at)
        half_step = 0.5 / 2.0**bits * (1.0 + r) ** 2 / r
        assert np.abs(y - x)[near].max() == pytest.approx(half_step, rel=0.2)
    assert abs((y - x).mean()) < 1e-3
