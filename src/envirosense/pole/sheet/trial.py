"""Worlds in closed form in which one sensor type is tried, and what it reports in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.parts import part_ids
from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.memory import SensorBlock
from envirosense.instruments.registry import SENSORS, build_sensor
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.mock import MockEnvironmentState, create_mock_environment_state
from envirosense.pole.outfit import CAMERA, CARRIED, OPTIONAL

SHOWN_DAYS: Final = 30.0  # age of the unit that is shown
HOUR_S: Final = 3600.0
STEP_AT_S: Final = 120.0
STEP_END_S: Final = 1500.0
STILL_S: Final = 6.0 * HOUR_S
_NOON: Final = datetime(1990, 7, 1, 12, tzinfo=UTC)
_PLACE_M: Final = (0.0, 0.0, 6.0)
_AIR: Final[Mapping[str, Any]] = {
    "gas_ppb": {
        "carbon_monoxide": 400.0, "carbon_dioxide": 420_000.0, "nitrogen_dioxide": 20.0, "ozone": 35.0,
        "formaldehyde": 20.0, "acetaldehyde": 20.0, "acrolein": 10.0, "phenol": 20.0, "toluene": 30.0,
        "ethanol": 40.0, "hydrogen": 600.0,
    },
}  # fmt: skip
_BUSY: Final[Mapping[str, Any]] = {
    "course": "sinusoid", "begin_s": 0.0, "period_s": 1200.0, "energy_swing": 0.1, "board_swing_k": 5.0,
    "natural_swing": 0.02, "mains_swing": 5e-4, "modulation_swing": 0.5,
    "strokes": tuple({"time_s": 150.0 * (k + 1), "east_m": 2000.0 + 1500.0 * k} for k in range(22)),
}  # fmt: skip
_STEADY_MM_H: Final = 5.0
_RAIN: Final = {"rain_mm_h": 2.0, "rain_swing_mm_h": 10.0}


def usual_part(sensor_type: str) -> str:
    """Part of a sensor type that the device carries, or the first installed.

    Raises:
        UnknownNameError: if there is no such type.
        ConfigError: if no part of its kind is installed.
    """
    kind = SENSORS[sensor_type].part_kind
    carried = [part for _, name, part in (*CARRIED, *OPTIONAL, CAMERA) if name == sensor_type]
    fitting = [part for part in part_ids() if part.startswith(f"{kind or sensor_type}/")]
    if not carried and not fitting:
        raise ConfigError(
            "part", sensor_type, "has no part of its kind installed; name one with --part, or add one"
        )
    return (carried or fitting)[0]


@dataclass(frozen=True)
class Trial:
    """One type with one part: its unit with number `seed`, and the worlds it is tried in."""

    config: SensorConfig
    seed: int = 0

    @classmethod
    def of(cls, sensor_type: str, part: str | None = None) -> "Trial":
        """Unit a month old; the part that the device carries by default."""
        data = {
            "sensor_id": sensor_type,
            "sensor_type": sensor_type,
            "part": part or usual_part(sensor_type),
            "position_m": _PLACE_M,
            "age_days": SHOWN_DAYS,
        }
        return cls(SENSORS[sensor_type].config_type.parse(data, sensor_type))

    @cached_property
    def sensor(self) -> BaseSensor[Any, Any]:
        """The unit."""
        return build_sensor(self.config, self.seed)

    @property
    def dt_s(self) -> float:
        """Tick of the trial worlds: the sensor's interval."""
        return self.config.interval_s

    def unit(self, seed: int, **changes: Any) -> tuple[BaseSensor[Any, Any], int]:
        """Another unit, or this one under other settings, and its seed."""
        return build_sensor(self.config.model_copy(update=changes), seed), seed

    def run(self, world: MockEnvironmentState, seed: int | None = None, **changes: Any) -> SensorBlock:
        """What a unit reports over a world, from its first tick on."""
        sensor, own = self.unit(self.seed if seed is None else seed, **changes)
        return sensor.run(world, sensor.start(own))

    # --- worlds

    def world(self, duration_s: float, **settings: Any) -> MockEnvironmentState:
        """A world over some time."""
        n = max(2, round(duration_s / self.dt_s))
        grid = TimeGrid(start_utc=_NOON, dt_s=self.dt_s, n=n)
        return create_mock_environment_state("uniform", grid, **{**_AIR, "strokes": (), **settings})

    @cached_property
    def busy(self) -> MockEnvironmentState:
        """An hour in which everything swings; it rains only on a sensor that asks for rain."""
        rain = _RAIN if self.asks_for_rain else {}
        return self.world(HOUR_S, **{**_BUSY, **rain})

    @cached_property
    def asks_for_rain(self) -> bool:
        """Whether the ideal reading changes with rain."""
        dry, wet = (self.world(60.0 * self.dt_s, rain_mm_h=rain) for rain in (0.0, 10.0))
        return not np.array_equal(self.sensor.respond(dry), self.sensor.respond(wet))

    def still(self, duration_s: float = STILL_S) -> MockEnvironmentState:
        """A world in which nothing moves; with steady rain for a sensor that asks for rain."""
        return self.world(duration_s, rain_mm_h=_STEADY_MM_H if self.asks_for_rain else 0.0)

    def step(self, is_still: bool = False) -> MockEnvironmentState:
        """A world in which everything steps at once, or the same without the step."""
        rain = _RAIN if self.asks_for_rain else {}
        end_s = max(STEP_END_S, STEP_AT_S + 100.0 * self.dt_s)
        if is_still:
            return self.world(end_s, **rain)
        moves = {name: value for name, value in _BUSY.items() if name.endswith(("_swing", "_swing_k"))}
        return self.world(end_s, course="step", begin_s=STEP_AT_S, **moves, **rain)


def allan_deviation(values: Array, dt_s: float) -> tuple[Array, Array]:
    """Averaging times [s] and overlapping Allan deviation of a series (time,), a quarter octave apart.

    IEEE Std 1139, overlapping estimator (from memory); gaps are filled in a straight line.
    """
    known = np.isfinite(values)
    if known.sum() < 3:
        return np.empty(0), np.empty(0)
    at = np.arange(values.size)
    filled = np.interp(at, at[known], values[known])
    phase = np.concatenate([[0.0], np.cumsum(filled - filled.mean())]) * dt_s
    widths = np.unique(np.round(2.0 ** np.arange(0.0, np.log2(values.size / 4.0), 0.25)).astype(int))
    second = [phase[2 * m :] - 2.0 * phase[m:-m] + phase[: -2 * m] for m in widths]
    tau_s = widths * dt_s
    sigma = np.array([np.sqrt(0.5 * np.mean(np.square(d))) for d in second]) / tau_s
    return tau_s, sigma


@dataclass(frozen=True, slots=True)
class StepResponse:
    """Share of a step that has arrived, (time,), and two times since the step [s]; NaN: never.

    `t63_s` is the first time at 63 % of the end, `settled_s` the last one away from it, by 10 % or its noise.
    """

    since_s: Array
    share: Array
    t63_s: float
    settled_s: float


def step_responses(trial: Trial) -> list[StepResponse | None]:
    """Response of each channel; None where a perfect instrument would not see the step.

    The same unit with the same noise in a still world is taken away, so that the response is left.
    """
    moved, calm = (trial.run(trial.step(is_still)) for is_still in (False, True))
    n = moved.reading.shape[0]
    since_s = np.arange(n, dtype=np.float64) * np.float64(trial.dt_s) - STEP_AT_S
    return [
        _response(since_s, moved.reading[:, i] - calm.reading[:, i], moved.ideal[:, i] - calm.ideal[:, i])
        for i in range(moved.reading.shape[1])
    ]


def _response(since_s: Array, change: Array, wanted: Array) -> StepResponse | None:
    if not abs(wanted[-1]) > 0.0 or not np.isfinite(change).any():
        return None
    share = change / wanted[-1]
    after = since_s >= 0.0
    end = float(np.nanmedian(share[-max(2, share.size // 20) :]))
    reached = after & (share * np.sign(end) >= (1.0 - np.exp(-1.0)) * abs(end))
    if not end or not reached.any():
        return StepResponse(since_s, share, np.nan, np.nan)
    tail = share[share.size // 2 :]
    allowed = max(0.1 * abs(end), 4.0 * float(np.nanstd(tail)))  # a rough reading never rests closer
    away = np.flatnonzero(after & (np.abs(share - end) > allowed))
    settled_s = float(since_s[min(away[-1] + 1, since_s.size - 1)]) if away.size else 0.0
    return StepResponse(since_s, share, float(since_s[np.argmax(reached)]), settled_s)
