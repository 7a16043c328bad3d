"""The same happening at another time: of the day, or on another day in other weather."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import AfterValidator

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import ConfigError
from envirosense.factory.augmentation import Augmentation, NotApplicable
from envirosense.pole.augmentations.spans import Span
from envirosense.pole.weather_ref import WeatherRef, weather_ref

LONGEST_H: Final = 24.0
_DAYS: Final = 365


def _within_a_day(span: tuple[float, float]) -> tuple[float, float]:
    if max(map(abs, span)) > LONGEST_H:
        raise ConfigError("hours", list(span), f"must lie within {-LONGEST_H:g} to {LONGEST_H:g}")
    return span


def _known_weather(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        weather_ref(name)
    return names


class StartShift(Augmentation):
    """The episode at another hour of about the same day: other light, load and weather, the same cause.

    Its start moves by whole minutes (whole ticks where those are longer) within `hours`; times of events
    since the start stay where the cause alone makes them, their clock times move by exactly the shift.
    """

    hours: Annotated[Span, AfterValidator(_within_a_day)] = (-12.0, 12.0)

    def drawn(self, spec: EpisodeSpec, rng: np.random.Generator) -> JsonObject:
        """The shift [s].

        Raises:
            NotApplicable: if the group is a month and every shift leaves it.
        """
        step_s = spec.grid.dt_s * ceil(60.0 / spec.grid.dt_s)
        low, high = (3600.0 * hours / step_s for hours in self.hours)
        steps = [k for k in range(ceil(low), int(high // 1) + 1) if k and _stays(spec, k * step_s)]
        if not steps:
            raise NotApplicable("the episode's group is a month, and every shift leaves it")
        return {"shift_s": steps[int(rng.integers(len(steps)))] * step_s}

    @classmethod
    def applied(cls, spec: EpisodeSpec, drawn: Mapping[str, Any]) -> EpisodeSpec:
        """Spec with the moved start."""
        return _started(spec, spec.grid.start_utc + timedelta(seconds=float(drawn["shift_s"])))


class Background(Augmentation):
    """The same cause, at the same clock time, in the weather and background of another day.

    `season` is `month` for another day of the same month, or `any`. `weather` names other weather years or
    files, one of which is drawn; none keeps the episode's own.
    """

    season: Literal["month", "any"] = "month"
    weather: Annotated[tuple[str, ...], AfterValidator(_known_weather)] = ()

    def drawn(self, spec: EpisodeSpec, rng: np.random.Generator) -> JsonObject:
        """The new start and the weather year, None for the same.

        Raises:
            NotApplicable: if the group is a month, which `season: any` would leave.
        """
        start = spec.grid.start_utc
        if self.season == "any" and _group_is_month(spec):
            raise NotApplicable("the episode's group is a month; choose season: month")
        if self.season == "month":
            days = [start.replace(day=day + 1) for day in range(monthrange(start.year, start.month)[1])]
        else:
            first = start.replace(month=1, day=1)
            days = [first + timedelta(days=day) for day in range(_DAYS)]
        others = [day for day in days if day != start]
        day = others[int(rng.integers(len(others)))]
        place = int(rng.integers(max(len(self.weather), 1)))
        ref = weather_ref(self.weather[place]).model_dump(mode="json") if self.weather else None
        return {"start_utc": day.isoformat(), "weather": ref}

    @classmethod
    def applied(cls, spec: EpisodeSpec, drawn: Mapping[str, Any]) -> EpisodeSpec:
        """Spec of the other day; a turned wind stays turned."""
        moved = _started(spec, datetime.fromisoformat(drawn["start_utc"]))
        if drawn["weather"] is None:
            return moved
        turned = {"turned_deg": WeatherRef.parse(spec.weather, "weather").turned_deg}
        ref = WeatherRef.parse(dict(drawn["weather"]) | turned, "weather")
        return moved.model_copy(update={"weather": ref.model_dump(mode="json")})


def _started(spec: EpisodeSpec, start_utc: datetime) -> EpisodeSpec:
    return spec.model_copy(update={"grid": spec.grid.model_copy(update={"start_utc": start_utc})})


def _group_is_month(spec: EpisodeSpec) -> bool:
    """Whether the months of one site are the groups, so that a copy must stay in its own."""
    return spec.group.endswith(f"/{spec.grid.start_utc:%m}")


def _stays(spec: EpisodeSpec, shift_s: float) -> bool:
    start = spec.grid.start_utc
    return not _group_is_month(spec) or (start + timedelta(seconds=shift_s)).month == start.month
