"""The fuel gauge counts, drifts by its offset, is blind to the voltage, and is set right when full."""

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from envirosense.core.parts import load_part
from envirosense.instruments.conditions import conditions_at
from envirosense.physics.energy.battery import Pack, PackState, run
from envirosense.pole.fields.power import Energy
from envirosense.pole.sensors.battery import BatteryLevelConfig, BatteryLevelSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld

PART = "battery_level/bq40z80"
DAY = 24
ALL = ("thermistor", "calibration", "white")
TEN_AH = {"counter.capacity_ah": 10.0}


@dataclass
class PackWorld(UniformWorld):
    """A world whose device has a pack of 10 Ah under a given net power, charged above zero, hour by hour."""

    net_w: np.ndarray = field(default_factory=lambda: np.zeros(0))
    start_charge: float = 0.8

    def energy(self) -> Energy:
        pack = Pack(capacity_ah=10.0)
        load, sun = np.maximum(-self.net_w, 0.0), np.maximum(self.net_w, 0.0)
        course = run(pack, PackState(self.start_charge), load, sun, np.full(self.n, 298.15), self.dt_s)
        other = np.zeros(self.n)
        return Energy(
            panel_irradiance_w_m2=other,
            panel_w=other,
            charge=course.charge,
            voltage_v=course.voltage_v,
            current_a=course.current_a,
            mode=np.zeros(self.n, np.int8),
            is_powered=np.ones(self.n, np.bool_),
            board_k=np.full(self.n, 298.15),
        )


def gauge(off=(), **settings) -> BatteryLevelSensor:
    config = {"sensor_id": "battery_level", "sensor_type": "battery_level", "part": PART}
    overrides = {"fault.up": 0.0} | settings.pop("overrides", {})
    return BatteryLevelSensor(
        BatteryLevelConfig.parse(config | {"overrides": overrides, "stages_off": off} | settings)
    )


def ideal_gauge(offset_a: float = 0.0, **settings) -> BatteryLevelSensor:
    """Gauge of 10 Ah without gain errors whose units have this offset as one sigma."""
    errors = {"counter.offset": offset_a, "counter.gain": 0.0, "counter.capacity": 0.0}
    return gauge(ALL, overrides=TEN_AH | errors, days_since_full=0.0, **settings)


def cycling(days: int) -> PackWorld:
    """Ten watts out by night and nearly ten in by day, never full."""
    hour = np.arange(days * DAY)
    return PackWorld(n=hour.size, dt_s=3600.0, net_w=np.where(hour % 24 < 12, -1.0, 1.02), body=298.15)


def test_contract():
    check_sensor(BatteryLevelSensor, gauge().config)


def test_a_gauge_without_an_offset_follows_the_truth():  # V-BT-1
    block = readings(ideal_gauge(), [cycling(30)])
    assert np.ptp(block.ideal[:, 0]) > 5.0
    assert np.abs(block.reading[:, 0] - block.ideal[:, 0]).max() < 0.2


def test_an_offset_of_one_milliampere_drifts_by_seven_percent_in_a_month():  # V-BT-1
    sensor = ideal_gauge(1e-3)
    memory = sensor.start(5)
    offset_a = float(memory.carries["counter"].offset_a)
    block = sensor.run(cycling(30), memory)
    error = block.reading[-1, 0] - block.ideal[-1, 0]
    assert error == pytest.approx(-7.2 * offset_a / 1e-3, rel=0.05, abs=0.2)


@pytest.mark.parametrize("days", [0.0, 10.0])
def test_units_start_with_what_their_offset_made_since_full(days):
    sensor = gauge(ALL, days_since_full=days, overrides={"counter.capacity": 0.0, "counter.gain": 0.0})
    world = PackWorld(n=2, dt_s=1.0, net_w=np.full(2, -1.0), start_charge=0.6)
    errors = [(b := readings(sensor, [world], seed)).reading[0, 0] - b.ideal[0, 0] for seed in range(400)]
    expected = 100.0 * 5e-4 * 24.0 * days / load_part(PART)["counter.capacity_ah"]
    assert np.std(errors) == pytest.approx(expected, rel=5 / math.sqrt(800), abs=0.006)


def test_a_full_pack_sets_the_gauge_right():
    n = 20 * 60
    net = np.where(np.arange(n) < 14 * 60, 20.0, -1.0)
    world = PackWorld(n=n, dt_s=60.0, net_w=net, start_charge=0.85)
    sensor = ideal_gauge(1e-3).config.model_copy(update={"days_since_full": 60.0})
    block = readings(BatteryLevelSensor(sensor), [world])
    error = block.reading[:, 0] - block.ideal[:, 0]
    assert abs(error[0]) > 1.0
    assert abs(error[-1]) < 0.3
    assert block.reading[:, 0].max() == 100.0


def test_a_pack_on_charge_looks_full_only_when_it_is():
    """A moderate charge at mid charge raises the voltage near that of a full pack; it must not reset."""
    n = 6 * 60
    for watts in (3.0, 8.0, 18.0):
        world = PackWorld(n=n, dt_s=60.0, net_w=np.full(n, watts), start_charge=0.3)
        block = readings(ideal_gauge(), [world])
        below = block.ideal[:, 0] < 97.0
        assert below.sum() > 100
        assert np.abs(block.reading[below, 0] - block.ideal[below, 0]).max() < 0.5


def test_the_voltage_hardly_tells_the_charge():
    """At rest 20 to 95 % span less than 80 mV a cell; between 60 and 95 % it is within the meter's error."""
    volts = []
    for charge in (0.2, 0.6, 0.95):
        world = PackWorld(n=1, dt_s=1.0, net_w=np.zeros(1), start_charge=charge)
        volts.append(float(readings(gauge(True), [world]).reading[0, 1]))
    assert [b > a for a, b in pairwise(volts)] == [True, True]
    assert volts[2] - volts[0] < 4 * 0.08 + 0.1
    assert volts[2] - volts[1] < 2 * 0.005 * 13.2 + 0.05


def test_the_converter_spreads_over_units_as_stated():
    world = PackWorld(n=1, dt_s=1.0, net_w=np.zeros(1))
    sensor = gauge(("thermistor", "white", "counter"))
    block = [readings(sensor, [world], seed) for seed in range(500)]
    error = np.array([b.reading[0] - b.ideal[0] for b in block])
    volts = float(block[0].ideal[0, 1])
    assert error[:, 1].std() == pytest.approx(math.hypot(0.0025 * volts, 0.004), rel=5 / math.sqrt(1000))
    assert error[:, 3].std() == pytest.approx(1.0, rel=5 / math.sqrt(1000))


def test_the_count_does_not_depend_on_the_tick():
    day = np.repeat([-1.0, 1.02], 12)
    ends = []
    for per_hour in (60, 120):
        world = PackWorld(n=24 * per_hour, dt_s=3600.0 / per_hour, net_w=np.repeat(day, per_hour))
        ends.append(readings(ideal_gauge(1e-3), [world]).reading[-1, 0])
    assert ends[0] == pytest.approx(ends[1], abs=0.02)


def test_a_gauge_long_without_full_charge_is_trusted_less():
    world = cycling(2)
    fresh, old = (readings(gauge(days_since_full=d), [world]) for d in (0.0, 60.0))
    assert np.nanmean(old.confidence) < np.nanmean(fresh.confidence)


def test_a_disconnected_gauge_reports_nothing():
    sensor = gauge(faults=[{"kind": "disconnected", "begin_s": 7200.0}])
    reading = readings(sensor, [cycling(1)]).reading
    assert np.isfinite(reading[:2]).all()
    assert np.isnan(reading[2:]).all()


def test_a_day_of_discharge_leaves_what_gain_and_learnt_capacity_are_wrong_by():
    n, units = 24, 300
    world = PackWorld(n=n, dt_s=3600.0, net_w=np.full(n, -2.0), start_charge=0.9, body=298.15)
    sensor = gauge(ALL, days_since_full=0.0, overrides=TEN_AH | {"counter.offset": 0.0})
    blocks = [readings(sensor, [world], seed) for seed in range(units)]
    used_pct = float(np.ptp(blocks[0].ideal[:, 0]))
    error = np.array([b.reading[-1, 0] - b.ideal[-1, 0] for b in blocks])
    assert used_pct > 25.0
    assert error.std() == pytest.approx(
        math.hypot(0.0025, 0.01) * used_pct, rel=5 / math.sqrt(2 * units) + 0.02
    )
    amperes = np.array([b.reading[5, 2] / b.ideal[5, 2] for b in blocks])
    assert amperes.std() == pytest.approx(0.0025, rel=5 / math.sqrt(2 * units) + 0.15)  # steps of 1 mA in 150


def test_the_thermistor_lags_the_cells_and_the_converter_hisses():
    n = 2400
    warm = np.where(np.arange(n) < 1, 280.0, 300.0)
    world = PackWorld(n=n, dt_s=1.0, net_w=np.zeros(n), body=warm)
    sensor = gauge(("calibration", "white", "counter"))
    cells_c = readings(sensor, [world]).reading[:, 3]
    assert cells_c[300] - cells_c[0] == pytest.approx(20.0 * (1.0 - math.exp(-1.0)), abs=0.15)
    still = PackWorld(n=n, dt_s=1.0, net_w=np.zeros(n), body=298.15)
    overrides = {"range.resolution": [1e-6] * 4}
    hiss = readings(gauge(("calibration", "thermistor", "counter"), overrides=overrides), [still]).reading
    noise = (hiss - gauge().respond(still))[:, 1:].std(axis=0)
    assert noise == pytest.approx(np.array([0.0014, 0.0014, 0.05]) / math.sqrt(2.0), rel=5 / math.sqrt(2 * n))


@pytest.mark.parametrize(
    ("current_a", "volts", "held_s", "is_set"),
    [
        (-0.7, 13.5, 90, True),  # C/20 is 0.78 A
        (-0.7, 13.5, 70, False),  # two windows of 40 s
        (-0.9, 13.5, 90, False),
        (-0.7, 13.4, 90, False),
        (0.02, 13.5, 90, True),
        (0.1, 13.5, 90, False),  # gives more than a pack at rest
    ],
)
def test_a_pack_is_full_when_its_current_has_tapered_for_long_enough(current_a, volts, held_s, is_set):
    world = UniformWorld(n=100)
    counter = next(stage for stage in gauge().stages() if stage.name == "counter")
    looks_full = np.arange(100) < held_s
    signal = np.column_stack(
        (np.full(100, 95.0), np.where(looks_full, volts, 13.3), np.full(100, current_a), np.full(100, 25.0))
    )
    state = counter.start(4, np.random.default_rng(3))
    counted, _ = counter.apply(signal, state, conditions_at(world, (0.0, 0.0, 6.0)), np.random.default_rng(0))
    assert (counted[-1, 0] > 99.0) == is_set
