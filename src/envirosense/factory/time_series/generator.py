"""Plain correlated time series from a specification."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.factory.time_series.mixing import mixed
from envirosense.factory.time_series.patterns import (
    DAY_S,
    Bursts,
    Shape,
    course,
    since_start_s,
    ticks_between,
)
from envirosense.factory.time_series.series import Happening, TimeSeries
from envirosense.factory.time_series.spec import Event, SeriesSpec

type Floats = npt.NDArray[np.float64]


class TimeSeriesGenerator:
    """Makes the series of a specification; the same one gives the same bytes.

    Every kind of draw of every parameter has a random stream of its own: a parameter or event that is added
    leaves the others as they were, and a longer grid only appends, but for what is correlated with it.

    Args:
        spec: the specification, or the same as plain data.
    """

    def __init__(self, spec: SeriesSpec | Mapping[str, Any]) -> None:
        self.spec = spec if isinstance(spec, SeriesSpec) else SeriesSpec.parse(spec)
        self._t_s = self.spec.grid.t_s

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Generator of a specification in a YAML file."""
        return cls(SeriesSpec.load(path))

    def generate(self) -> TimeSeries:
        """The series, their parts, and what happened."""
        happenings = tuple(sorted(self._happenings(), key=lambda one: (one.onset_s, one.event_type)))
        parts = {name: dict(self._patterns(name)) for name in self.spec.parameters}
        for name, noise in self._noise():
            parts[name]["noise"] = noise
        for name, moved in self._moved(happenings).items():
            parts[name]["events"] = moved
        values = {}
        for name, parameter in self.spec.parameters.items():
            total = np.full(self.spec.grid.n, parameter.base)
            for part in parts[name].values():
                total += part
            values[name] = total
        return TimeSeries(self.spec, values, parts, happenings)

    def _patterns(self, name: str) -> Iterator[tuple[str, Floats]]:
        """Parts that are no noise and no event, by kind; a second one of a kind gets a number."""
        seen: dict[str, int] = {}
        for pattern in self.spec.parameters[name].patterns:
            if isinstance(pattern, Bursts):
                continue
            seen[pattern.kind] = seen.get(pattern.kind, 0) + 1
            number = f"_{seen[pattern.kind]}" if seen[pattern.kind] > 1 else ""
            yield pattern.kind + number, pattern.values(self.spec.grid)

    def _noise(self) -> Iterator[tuple[str, Floats]]:
        for mixing in self.spec.mixings():
            draws = {
                name: stream(self.spec.seed, "time_series", name, "noise").standard_normal(self.spec.grid.n)
                for name in mixing.names
            }
            for name, unit in mixed(mixing, draws):
                yield name, self.spec.noises[name].sigma * unit

    def _happenings(self) -> Iterator[Happening]:
        for event in self.spec.events:
            for onset_s, lasts_s in self._times(event):
                yield self._happening(event.name, onset_s, lasts_s, event.shape, event.effects)
        for name, parameter in self.spec.parameters.items():
            for pattern in parameter.patterns:
                if isinstance(pattern, Bursts):
                    yield from self._bursts(name, pattern)

    def _happening(
        self, event_type: str, onset_s: float, lasts_s: float, shape: Shape, effects: Mapping[str, float]
    ) -> Happening:
        ticks = ticks_between(self._t_s, onset_s, onset_s + lasts_s)
        return Happening(event_type, onset_s, lasts_s, shape, dict(effects), ticks)

    def _times(self, event: Event) -> Iterator[tuple[float, float]]:
        """(onset, length) of every time an event happens [s]."""
        lengths = stream(self.spec.seed, "time_series", event.name, "lasts_s")
        onsets = (since_start_s(one, self.spec.grid) for one in event.at)
        for onset_s in self._poisson(event.name, event.per_day) if event.per_day else onsets:
            yield onset_s, lengths.uniform(*event.lasts_s)

    def _bursts(self, name: str, bursts: Bursts) -> Iterator[Happening]:
        event_type = f"{name}.{bursts.name}"
        lengths = stream(self.spec.seed, "time_series", event_type, "lasts_s")
        amounts = stream(self.spec.seed, "time_series", event_type, "amount")
        for onset_s in self._poisson(event_type, bursts.per_day):
            effects = {name: amounts.uniform(*bursts.amount)}
            yield self._happening(
                event_type, onset_s, lengths.uniform(*bursts.lasts_s), bursts.shape, effects
            )

    def _poisson(self, name: str, per_day: float) -> Iterator[float]:
        """Times of a Poisson process from the start to the end of the grid [s]."""
        gaps, at_s = stream(self.spec.seed, "time_series", name, "onset"), 0.0
        while (at_s := at_s + gaps.exponential(DAY_S / per_day)) < self.spec.grid.duration_s:
            yield at_s

    def _moved(self, happenings: tuple[Happening, ...]) -> dict[str, Floats]:
        """What events add to each parameter that an event or burst may move, (time,)."""
        names = {name for event in self.spec.events for name in event.effects}
        names |= {
            name
            for name, parameter in self.spec.parameters.items()
            if any(isinstance(pattern, Bursts) for pattern in parameter.patterns)
        }
        moved = {name: np.zeros(self.spec.grid.n) for name in self.spec.parameters if name in names}
        for one in happenings:
            size = course(one.progress(self._t_s), one.shape)
            for name, amount in one.effects.items():
                moved[name][one.ticks] += amount * size
        return moved
