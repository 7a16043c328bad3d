import math
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pytest
from numba import config as numba_config

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.instruments.status import Status
from envirosense.physics.storms.lightning import Strikes, strikes_between
from envirosense.physics.storms.storm import Cell, cell_strikes
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.mock_fields import Place
from envirosense.pole.sensors.lightning import LightningConfig, LightningDetector
from envirosense.pole.sensors.lightning_stages import SCALE_KM, DetectionEfficiency
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld, busy_world

QUIET_T, LOUD_T, DEAFENING_T = 1e-12, 5e-11, 5e-10

long_series = pytest.mark.skipif(
    bool(getattr(numba_config, "DISABLE_JIT", 0)), reason="long series need compiled kernels"
)


def strokes(time_s: npt.ArrayLike, km: npt.ArrayLike, current_ka: float = 15.0) -> Strikes:
    times = np.atleast_1d(np.asarray(time_s, dtype=np.float64))
    n = times.size
    east_m = np.broadcast_to(1e3 * np.asarray(km, dtype=np.float64), n).copy()
    return Strikes(
        times, east_m, np.zeros(n), np.full(n, -current_ka), np.arange(n), np.ones(n, dtype=bool), np.zeros(n)
    )


@dataclass
class Thunder(UniformWorld):
    """A uniform world with lightning and radio noise at 500 kHz."""

    lightning: Strikes = field(default_factory=lambda: strokes([], []))
    noise: float | Array = QUIET_T

    def strikes(self) -> Strikes:
        begin_s = self.first_tick * self.dt_s
        return strikes_between(self.lightning, begin_s, begin_s + self.n * self.dt_s)

    def radio_t(self, at: Place) -> Array:
        return np.outer(np.broadcast_to(self.noise, self.n), np.ones(4))

    def ticks(self, first: int, n: int) -> Self:
        noise = np.broadcast_to(self.noise, self.n)[first : first + n]
        return replace(super().ticks(first, n), noise=noise)


def detector(keep: tuple[str, ...] | None = None, **changed: object) -> LightningDetector:
    config = LightningConfig.parse(
        {
            "sensor_id": "lightning",
            "sensor_type": "lightning_detector",
            "part": "lightning_detector/as3935",
            **changed,
        }
    )
    if keep is not None:
        names = ["as_built", *(stage.name for stage in LightningDetector(config).stages())]
        config = config.model_copy(update={"stages_off": tuple(name for name in names if name not in keep)})
    return LightningDetector(config)


def test_the_ideal_reading_is_about_the_strokes_of_a_tick() -> None:
    world = Thunder(n=4, lightning=strokes([1.2, 1.4, 2.5, 3.5], [20.0, 10.0, 39.9, 41.0], 30.0))
    ideal = detector().respond(world)
    np.testing.assert_allclose(ideal[:, 0], [0.0, 2.0, 1.0, 0.0])
    np.testing.assert_allclose(ideal[:, 1], [63.0, 10.0, 39.9, 63.0])
    np.testing.assert_allclose(ideal[:, 2], [0.0, 1e5, 1e5 * (10.0 / 39.9) ** 2, 0.0])


def test_out_of_range_is_a_message_and_overhead_a_bound() -> None:
    near = strokes(60.0 * np.arange(20) + 30.5, 0.3, 60.0)
    block = readings(detector(), [Thunder(n=1200, lightning=near)])
    far = block.reading[:, 1] == 63.0
    assert far[:30].all()
    assert not (block.status[far] & Status.AT_LIMIT).any()
    assert (block.status[block.reading[:, 1] == 1.0] & Status.AT_LIMIT).all()
    broken = readings(detector(faults=({"kind": "saturated"},)), [Thunder(n=3)])
    np.testing.assert_array_equal(broken.reading[:, 1], 63.0)  # six bits hold no more


def test_it_reads_the_mock_world() -> None:
    ideal = detector().respond(create_mock_environment_state())
    assert ideal[75, :2] == pytest.approx([1.0, 5.0], rel=0.01)
    assert ideal[:, 0].sum() == 1.0


def test_half_of_the_best_efficiency_lies_at_thirty_kilometres() -> None:
    law = DetectionEfficiency("efficiency", 0.95, 30.0, 5.0)
    assert law.probability(np.array([0.0, 30.0, 40.0])) == pytest.approx([0.9477, 0.475, 0.1132], abs=1e-4)


@pytest.mark.parametrize(
    ("km", "settings", "half_km"),
    [
        (8.0, {}, 30.0),
        (30.0, {}, 30.0),
        (36.0, {}, 30.0),
        (30.0, {"watchdog": 6}, 20.0),
        (30.0, {"spike_rejection": 7}, 25.0),
    ],
)
def test_efficiency_falls_with_distance_and_settings(
    km: float, settings: dict[str, int], half_km: float
) -> None:
    n = 4000
    world = Thunder(n=3 * n, lightning=strokes(3.0 * np.arange(n) + 0.5, km))
    found = readings(detector(("efficiency",), **settings), [world]).reading[:, 0].sum() / n
    p = 0.95 / (1.0 + math.exp((km - half_km) / 5.0))
    assert found == pytest.approx(p, abs=5 * math.sqrt(p * (1 - p) / n))


def test_several_events_of_a_long_tick_are_detected_one_by_one() -> None:
    n, per_tick = 2000, 5
    times = (60.0 * np.arange(n)[:, None] + 10.0 * np.arange(per_tick) + 1.0).ravel()
    world = Thunder(n=n, dt_s=60.0, lightning=strokes(times, 30.0))
    found = readings(detector(("efficiency",)), [world]).reading[:, 0]
    p = 0.475
    assert found.mean() == pytest.approx(per_tick * p, abs=5 * math.sqrt(per_tick * p * (1 - p) / n))
    assert found.var() == pytest.approx(per_tick * p * (1 - p), rel=0.15)


@pytest.mark.parametrize("dt_s", [0.25, 0.5, 1.0, 10.0, 60.0])
def test_strokes_within_a_second_are_one_event_whatever_the_tick(dt_s: float) -> None:
    times = [1.1, 1.16, 1.22, 5.1, 5.6, 30.2, 40.1, 41.3, 59.7, 60.2, 80.9, 82.0]
    world = Thunder(n=round(120 / dt_s), dt_s=dt_s, lightning=strokes(times, 5.0))
    sensor = detector(("as_built", "dead_time"), interval_s=dt_s)
    whole = readings(sensor, [world]).reading
    assert whole[:, 0].sum() == 8
    np.testing.assert_array_equal(whole, readings(sensor, world.blocks(3)).reading)


def test_a_report_counts_what_happened_since_the_one_before() -> None:
    world = Thunder(n=181, lightning=strokes([20.5, 50.5, 60.5, 61.5, 130.5], 5.0, 30.0))
    sensor = detector(("counter",), interval_s=60.0)
    y = readings(sensor, [world]).reading
    np.testing.assert_array_equal(y[::60, 0], [0.0, 3.0, 1.0, 1.0])
    assert y[60, 2] == pytest.approx(4e5)
    cut = readings(sensor, world.blocks(7)).reading
    np.testing.assert_array_equal(y, cut)


def passing(seed: int = 3, closest_m: float = 6000.0) -> tuple[Cell, Strikes]:
    cell = Cell(2400.0, closest_m, 0.7, 12.0, 8.0, 4800.0)
    return cell, cell_strikes(cell, np.random.default_rng(seed))


def test_the_distance_follows_a_passing_storm() -> None:
    n, error = 4800, []
    for seed in range(12):
        cell, lightning = passing(seed)
        y = readings(detector(), [Thunder(n=n, lightning=lightning)], seed).reading
        assert set(np.unique(y[:, 1])) <= {*SCALE_KM, 63.0}
        t_s = np.arange(0.0, n, 60.0)
        seen = y[t_s.astype(int), 1]
        truth_km = cell.distance_m(t_s) / 1e3
        known = (seen < 63.0) & (t_s > 900.0) & (t_s < 3900.0)
        error.append(np.log(seen[known] / truth_km[known]))
        assert truth_km[known].min() < 7.0 < 15.0 < truth_km[known].max()
        assert seen[known][np.argmin(truth_km[known])] < seen[known][-1]  # it goes away again
    everything = np.concatenate(error)
    # one event scatters by .25; its median over ten minutes lags behind the cell, of 3-5 km size itself
    assert abs(np.median(everything)) < 0.15
    assert np.std(everything) < 0.35


def test_an_event_moves_the_estimate_by_two_steps_at_most() -> None:
    _, lightning = passing()
    y = readings(detector(), [Thunder(n=4800, lightning=lightning)]).reading
    step = np.searchsorted(SCALE_KM, y[:, 1])
    known = (y[:-1, 1] < 63.0) & (y[1:, 1] < 63.0)
    moved = np.diff(step)[known]
    assert np.abs(moved).max() <= 2
    assert (moved[y[1:, 0][known] == 0.0] == 0).all()  # nothing moves without an event


def test_single_events_scatter_by_a_quarter_and_antennas_by_a_twentieth() -> None:
    n = 1000  # one event every twenty minutes: each is an estimate of its own
    world = Thunder(n=n, dt_s=1200.0, lightning=strokes(1200.0 * np.arange(n) + 0.5, 12.0))
    free = detector(("storm_distance",), overrides={"distance.bins_per_event": 20.0})
    ln_km = np.log(readings(free, [world]).reading[:, 1] / 12.0)
    steps = 0.18 / math.sqrt(12.0)  # of the scale about there, in ln
    assert ln_km.std() == pytest.approx(math.hypot(0.25, steps), rel=5 / math.sqrt(2 * n))
    gains = [math.log(detector().draw_unit(np.random.default_rng(seed))) for seed in range(n)]
    assert np.std(gains) == pytest.approx(0.05, rel=5 / math.sqrt(2 * n))
    assert detector()._loudness(np.array([0.0, 1e-11])) == pytest.approx([0.0, 0.5])


def test_a_storm_that_jumps_is_followed_by_two_steps_an_event() -> None:
    km = np.r_[40.0, np.full(9, 1.0)]
    world = Thunder(n=100, lightning=strokes(10.0 * np.arange(10) + 0.5, km))
    sensor = detector(("storm_distance",), overrides={"distance.scatter": 0.0})
    step = np.searchsorted(SCALE_KM, readings(sensor, [world]).reading[::10, 1])
    assert step.min() == 0
    assert set(np.diff(step).tolist()) == {0, -2}


def test_weak_strokes_look_far() -> None:
    far = []
    for current_ka in (60.0, 15.0, 4.0):
        world = Thunder(n=4000, lightning=strokes(20.0 * np.arange(200) + 0.5, 12.0, current_ka))
        far.append(np.median(readings(detector(), [world]).reading[2000:, 1]))
    assert far[0] < far[1] == 12.0 < far[2]


def test_a_storm_is_forgotten_after_seventeen_minutes() -> None:
    world = Thunder(n=1200, lightning=strokes([10.5], 5.0))
    y = readings(detector(("storm_distance",)), [world]).reading[:, 1]
    assert (y[:10] == 63.0).all()
    assert (y[10:1029] < 63.0).all()
    assert (y[1031:] == 63.0).all()


@pytest.mark.parametrize("least", [1, 5, 9, 16])
def test_nothing_is_reported_before_the_least_number_of_strikes(least: int) -> None:
    world = Thunder(n=600, lightning=strokes(10.0 * np.arange(30) + 0.5, 5.0))
    y = readings(detector(("storm_distance",), least_strikes=least), [world]).reading
    first = 10 * (least - 1)
    assert y[:first, 0].sum() == 0.0
    assert (y[:first, 1] == 63.0).all()
    assert (y[:first, 2] == 0.0).all()
    assert y[first:, 0].sum() == 30 - (least - 1)


def test_energy_scatters_by_the_stated_factor() -> None:
    n = 3000
    world = Thunder(n=3 * n, lightning=strokes(3.0 * np.arange(n) + 0.5, 10.0, 30.0))
    y = readings(detector(("energy",)), [world]).reading[:, 2]
    ln = np.log(y[y > 0] / 1e5)
    assert ln.std() == pytest.approx(0.6, rel=5 / math.sqrt(2 * n))
    assert abs(ln.mean()) < 5 * 0.6 / math.sqrt(n)


def test_a_register_without_a_unit_tells_no_strength() -> None:
    assert [channel.name for channel in detector().channels if channel.noise_sigma == 0.0] == ["energy"]


def test_blocks_give_the_bits_of_the_whole() -> None:
    _, lightning = passing()
    world = Thunder(n=1200, first_tick=1800, lightning=lightning, noise=LOUD_T)
    whole = readings(detector(), [world])
    assert whole.reading[:, 0].sum() > 30
    for size in (1, 7, 600):
        cut = readings(detector(), world.blocks(size))
        np.testing.assert_array_equal(whole.reading, cut.reading)
        np.testing.assert_array_equal(whole.ideal, cut.ideal)


def test_without_stages_the_reading_is_the_ideal() -> None:
    _, lightning = passing()
    block = readings(detector(stages_off=True), [Thunder(n=3600, lightning=lightning)])
    np.testing.assert_array_equal(block.reading, block.ideal)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="least_strikes"):
        detector(least_strikes=3)
    with pytest.raises(ConfigError, match="noise_floor"):
        detector(noise_floor=8)


@long_series
def test_it_keeps_the_contract_of_a_sensor() -> None:
    arcing = busy_world(dt_s=60.0)  # ten hours: disturbers are rare
    arcing.fields = arcing.fields.model_copy(update={"radio_t": (2e-10, 5e-11, 2e-11, 2e-11)})
    check_sensor(LightningDetector, detector().config, arcing)
