import math
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pytest
from numba import config as numba_config

from envirosense.core.protocols import Array
from envirosense.instruments.status import Status
from envirosense.physics.storms.lightning import Strikes, strikes_between, stroke_band_t2_s
from envirosense.pole.mock_fields import Place
from envirosense.pole.sensors.lightning import Heard, LightningConfig, LightningDetector
from envirosense.pole.sensors.lightning_stages import LightningConditions
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_follows_world
from envirosense.testing.worlds import UniformWorld

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


def test_a_perfect_detector_takes_nothing_for_man_made() -> None:
    assert [c.name for c in detector().channels if c.is_artefact] == ["disturbers"]
    block = readings(detector(), [Thunder(n=2000, dt_s=600.0, noise=LOUD_T)])
    np.testing.assert_array_equal(block.ideal[:, 3], 0.0)
    assert block.reading[:, 3].sum() > 0.0


class Ghostly(LightningDetector):
    """A detector whose ideal reading takes every stroke for man-made."""

    def _ideal(self, heard: Heard, n: int) -> Array:
        return super()._ideal(heard, n)[:, [0, 1, 2, 0]]


def test_an_artefact_in_the_ideal_reading_is_found_out() -> None:
    world = Thunder(n=60, lightning=strokes([5.5, 20.5], 5.0), noise=LOUD_T)
    with pytest.raises(AssertionError, match="a perfect instrument does not make them"):
        check_follows_world(Ghostly, detector().config, world)
    check_follows_world(LightningDetector, detector().config, world)


@pytest.mark.parametrize("dt_s", [60.0, 600.0])
def test_radio_noise_of_arcing_brings_disturbers(dt_s: float) -> None:
    days = 200.0
    n = round(days * 86_400.0 / dt_s)
    counts = {
        noise: readings(detector(("disturbers",)), [Thunder(n=n, dt_s=dt_s, noise=noise)]).reading[:, 3].sum()
        for noise in (QUIET_T, LOUD_T)
    }
    for noise, count in counts.items():
        loud = (noise / 1e-11) ** 4
        expected = 0.2 * days * (1.0 + 49.0 * loud / (1.0 + loud))
        assert count == pytest.approx(expected, abs=5 * math.sqrt(expected))


def test_lightning_is_no_disturber_to_the_one_who_hears_its_noise() -> None:
    lightning = strokes([2.5], 3.0, 30.0)
    heard_t2 = stroke_band_t2_s(np.array([30e3]), np.array([3000.0]), ((450e3, 550e3),))[0, 0]
    noise = np.sqrt(QUIET_T**2 + heard_t2 * np.array([0.0, 0.0, 1.0, 0.0]))
    sensor = detector(("disturbers",))
    world = Thunder(n=4, lightning=lightning, noise=noise)
    conditions = sensor._conditions(world, sensor.start(0))
    assert isinstance(conditions, LightningConditions)
    assert conditions.loudness is not None
    assert np.all(conditions.loudness < 1e-3)


def test_above_its_noise_floor_it_is_deaf_and_says_so() -> None:
    lightning = strokes(np.arange(100) + 0.5, 2.0)
    for noise, level, deaf in (
        (QUIET_T, 2, False),
        (DEAFENING_T, 2, True),
        (1.5e-10, 2, True),
        (1.5e-10, 7, False),
    ):
        world = Thunder(n=100, lightning=lightning, noise=noise)
        block = readings(detector(noise_floor=level), [world])
        assert (block.reading[:, 0].sum() == 0.0) == deaf
        assert bool(block.status[50] & Status.DISTURBED) == deaf
