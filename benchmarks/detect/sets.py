"""Which episodes the detector of `make bench-detect` is trained, tuned and judged on.

Training, tuning and test stand on different sites. Negatives are days of a device's life, with look-alikes
as often as their base rates say, several on one day where that happens.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.episode import EpisodeSpec
from envirosense.core.rng import derived_seed, stream
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS, Category

DAY_S: Final = 86_400.0
EVENT_S: Final = 6 * 3600.0  # long enough for a history before the event
TICK_S: Final = 10.0
DAYS_PER_YEAR: Final = 365.25
DAYS_PER_MONTH: Final = DAYS_PER_YEAR / 12
OPTIONS: Final[Mapping[str, object]] = {"frame_interval_s": TICK_S, "stages_stream": False}
HARMLESS: Final = (Category.LOOKALIKE, Category.ENVIRONMENTAL, Category.ELECTRICAL, Category.SYSTEM)
WEATHER: Final = "environmental/weather_event"
DAY: Final = "lookalike/day_of_life"
DAY_OF_LIFE: Final[Mapping[str, object]] = {
    "id": DAY,
    "description": "A day of a device's life",
    "limits": "What happens does not feel what else happens.",
    "rate": {"per_pole_year": DAYS_PER_YEAR, "duration_s": DAY_S, "source": "computed: every day"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Sites and seeds of one of the three sets."""

    name: str
    seed: int
    n_sites: int


def spec_of(
    place: Place,
    scenario: str,
    index: int,
    duration_s: float,
    definition: Mapping[str, object] | None = None,
) -> EpisodeSpec:
    """One episode of a scenario at one of the place's sites."""
    request = EpisodeRequest(
        seed=derived_seed(place.seed, "detect", place.name, scenario),
        index=index,
        n_groups=place.n_sites,
        duration_s=duration_s,
        dt_s=TICK_S,
        n_scenarios=1,
        options=dict(OPTIONS),
        definition=definition,
    )
    return PoleTwin().draw(scenario, request)


@dataclass(frozen=True, slots=True)
class Job:
    """An episode to be: what happens in it, where, and for how long."""

    place: Place
    acts: tuple[str, ...]
    index: int
    duration_s: float = DAY_S

    @property
    def has_fire(self) -> bool:
        """Whether one of its acts is a fire."""
        return any(SCENARIOS[name].category is Category.FIRE for name in self.acts)

    def spec(self) -> EpisodeSpec:
        """The episode, with all its acts each at its own hour."""
        if len(self.acts) == 1:
            return spec_of(self.place, self.acts[0], self.index, self.duration_s)
        overlay = [{"name": f"act_{number}", "scenario": name} for number, name in enumerate(self.acts)]
        return spec_of(self.place, DAY, self.index, self.duration_s, DAY_OF_LIFE | {"overlay": overlay})


def library_jobs(place: Place, per_scenario: Mapping[str, int], duration_s: float = DAY_S) -> list[Job]:
    """Episodes of every scenario of a category, as many as it says."""
    return [
        Job(place, (scenario_id,), index, duration_s)
        for scenario_id, scenario in SCENARIOS.items()
        for index in range(per_scenario.get(scenario.category.value, 0))
    ]


def day_jobs(place: Place, n_days: int) -> list[Job]:
    """Days without a fire."""
    return [Job(place, acts, index) for index, acts in enumerate(negative_days(place, n_days))]


def negative_days(place: Place, n_days: int) -> list[tuple[str, ...]]:
    """What happens on each day without a fire: an ordinary course, and all else at its base rate.

    Look-alikes, weather, faults of the line and of the device: the number of each on one day is Poisson; one
    spell of severe weather a day is the most.
    """
    rng = stream(place.seed, "detect", place.name, "days")
    per_day = {name: one.rate.per_pole_year / DAYS_PER_YEAR for name, one in SCENARIOS.items()}
    met = [name for name, one in SCENARIOS.items() if one.category in HARMLESS]
    courses = [name for name, one in SCENARIOS.items() if one.category is Category.NORMAL]
    share = np.array([per_day[name] for name in courses])
    days = []
    for _ in range(n_days):
        course = courses[int(rng.choice(len(courses), p=share / share.sum()))]
        counts = {name: int(rng.poisson(per_day[name])) for name in met}
        counts[WEATHER] = min(counts[WEATHER], 1)
        days.append((course, *(name for name, n in counts.items() for _ in range(n))))
    return days


def months(n_days: int) -> float:
    """Pole-months in a number of days."""
    return n_days / DAYS_PER_MONTH


def shares(days: Sequence[Sequence[str]]) -> dict[str, float]:
    """Share of the days on which each scenario is met."""
    met = Counter(name for day in days for name in set(day))
    return {name: n / len(days) for name, n in sorted(met.items())}
