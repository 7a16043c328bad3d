"""What a parameter is made of; every pattern is data and a function of time."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import numpy as np
import numpy.typing as npt
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
)

from envirosense.core.config import FrozenModel
from envirosense.core.grid import TimeGrid
from envirosense.core.units import duration_s

type Floats = npt.NDArray[np.float64]
type Shape = Literal["step", "ramp", "decay"]

DAY_S: Final = 86_400.0
_PERIODS_S: Final = {"daily": DAY_S, "weekly": 7 * DAY_S}
_MONDAY: Final = datetime(2024, 1, 1, tzinfo=UTC)  # 00:00 UTC of a Monday; days begin there too
_LEFT_AT_END: Final = 0.05  # share of a decaying effect that is left when it is over
NAME: Final = r"^[a-z][a-z0-9_]*$"


def _pair(value: object) -> object:
    return (value, value) if isinstance(value, int | float) else value


def _in_order(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError(f"the lower bound {value[0]:g} is above the upper one {value[1]:g}; swap them")
    return value


def _positive(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] <= 0:
        raise ValueError("must be above 0")
    return value


def _known_period(value: str) -> str:
    if value not in _PERIODS_S:
        duration_s(value)
    return value


type Drawn = Annotated[tuple[float, float], BeforeValidator(_pair), AfterValidator(_in_order)]
type DrawnTime = Annotated[Drawn, AfterValidator(_positive)]
type Moment = NonNegativeFloat | datetime  # seconds since the start, or a time


def since_start_s(moment: Moment, grid: TimeGrid) -> float:
    """Time of a moment on a grid [s]; a time without zone is UTC."""
    if isinstance(moment, datetime):
        at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (at - grid.start_utc).total_seconds()
    return float(moment)


class Trend(FrozenModel):
    """A straight line through 0 at the start."""

    kind: Literal["trend"] = "trend"
    per_day: float

    def values(self, grid: TimeGrid) -> Floats:
        """The trend, (time,)."""
        return self.per_day / DAY_S * grid.t_s


class Season(FrozenModel):
    """A cosine: `daily` from midnight UTC, `weekly` from Monday, any other period from the start."""

    kind: Literal["season"] = "season"
    period: Annotated[str, AfterValidator(_known_period)] = "daily"
    amplitude: NonNegativeFloat
    peak_s: NonNegativeFloat = 0.0  # after the beginning of a period

    @property
    def period_s(self) -> float:
        """Length of a period [s]."""
        return _PERIODS_S.get(self.period) or duration_s(self.period)

    def values(self, grid: TimeGrid) -> Floats:
        """The season, (time,)."""
        offset_s = self._offset_s(grid.start_utc)
        return self.amplitude * np.cos(2.0 * np.pi / self.period_s * (grid.t_s + offset_s - self.peak_s))

    def _offset_s(self, start_utc: datetime) -> float:
        """From the beginning of a period to the start of the grid [s]."""
        if self.period not in _PERIODS_S:
            return 0.0
        whole = timedelta(seconds=self.period_s)
        return ((start_utc - _MONDAY) % whole).total_seconds()


class Step(FrozenModel):
    """A change that stays."""

    at: Moment
    by: float


class Steps(FrozenModel):
    """Changes that stay, at declared times."""

    kind: Literal["steps"] = "steps"
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    def values(self, grid: TimeGrid) -> Floats:
        """Sum of the changes so far, (time,)."""
        found = np.zeros(grid.n)
        for step in self.steps:
            found[grid.t_s >= since_start_s(step.at, grid)] += step.by
        return found


class Bursts(FrozenModel):
    """Random excursions of one parameter: a Poisson process, sizes and lengths drawn evenly."""

    kind: Literal["bursts"] = "bursts"
    name: str = Field("burst", pattern=NAME)
    per_day: PositiveFloat
    amount: Drawn
    lasts_s: DrawnTime
    shape: Shape = "decay"


type Pattern = Annotated[Trend | Season | Steps | Bursts, Field(discriminator="kind")]


def ticks_between(t_s: Floats, onset_s: float, clearance_s: float) -> slice:
    """Ticks from an onset until just before a clearance."""
    first, last = np.searchsorted(t_s, [onset_s, clearance_s], side="left")
    return slice(int(first), int(last))


def course(progress: Floats, shape: Shape) -> Floats:
    """Effect of size 1, (time,), while it lasts; `progress` is the share of its time that is over.

    `step` is 1 throughout, `ramp` rises from 0 to 1, `decay` falls from 1 to 0.05.
    """
    if shape == "ramp":
        return progress
    return np.ones_like(progress) if shape == "step" else _LEFT_AT_END**progress
