"""Regular time axis of an episode."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, PositiveFloat, PositiveInt

from envirosense.core.config import FrozenModel


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs a time zone, for example 1990-07-01T12:00:00Z")
    return value.astimezone(UTC)


class TimeGrid(FrozenModel):
    """`n` ticks, `dt_s` seconds apart, the first at `start_utc`."""

    start_utc: Annotated[datetime, AfterValidator(_in_utc)]
    dt_s: PositiveFloat
    n: PositiveInt

    @property
    def duration_s(self) -> float:
        """Length of the episode [s]."""
        return self.n * self.dt_s

    @property
    def t_s(self) -> npt.NDArray[np.float64]:
        """Seconds since the start, (time,) [s]."""
        return np.arange(self.n, dtype=np.float64) * np.float64(self.dt_s)

    @property
    def time_utc(self) -> npt.NDArray[np.datetime64]:
        """Tick times, (time,), datetime64[us] in UTC."""
        start = np.datetime64(self.start_utc.replace(tzinfo=None), "us")
        return start + np.rint(self.t_s * 1e6).astype("timedelta64[us]")

    @property
    def end_utc(self) -> datetime:
        """First instant after the last tick's interval."""
        return self.start_utc + timedelta(seconds=self.duration_s)
