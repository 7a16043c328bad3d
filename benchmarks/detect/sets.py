"""Which episodes the detector of `make bench-detect` is trained, tuned and judged on.

Training, tuning and test stand on different sites. Every episode is ordinary life: a course of the day, and
weather, look-alikes, trouble of the line and of the device as often as they are met. In some a fire begins.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.episode import EpisodeSpec
from envirosense.core.rng import derived_seed, stream
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.drawing import PoleDesign
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS, Category

DAY_S: Final = 86_400.0
SHORT_S: Final = 6 * 3600.0  # long enough for a history before the event
TICK_S: Final = 10.0
DAYS_PER_YEAR: Final = 365.25
DAYS_PER_MONTH: Final = DAYS_PER_YEAR / 12
OPTIONS: Final[Mapping[str, object]] = {"frame_interval_s": TICK_S, "stages_stream": False}
HARMLESS: Final = (Category.LOOKALIKE, Category.ENVIRONMENTAL, Category.ELECTRICAL, Category.SYSTEM)
WEATHER: Final = "environmental/weather_event"
LIFE: Final = "lookalike/ordinary_life"
ORDINARY_LIFE: Final[Mapping[str, object]] = {
    "id": LIFE,
    "description": "Ordinary life at a pole, or a fire in the middle of it",
    "limits": "What happens does not feel what else happens.",
    "rate": {"per_pole_year": DAYS_PER_YEAR, "duration_s": DAY_S, "source": "computed: every day"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Sites and seeds of one of the three sets, and how parameters are drawn there."""

    name: str
    seed: int
    n_sites: int
    design: PoleDesign = "random"  # as often as the distributions say; "covering" evens out what is rare


@dataclass(frozen=True, slots=True)
class Job:
    """An episode to be: what happens in it, where, and for how long."""

    place: Place
    acts: tuple[str, ...]
    index: int
    duration_s: float = DAY_S

    @property
    def fire(self) -> str | None:
        """The fire among its acts."""
        return next((name for name in self.acts if SCENARIOS[name].category is Category.FIRE), None)

    def spec(self) -> EpisodeSpec:
        """The episode, with all its acts each at its own hour."""
        overlay = [{"name": f"act_{number}", "scenario": name} for number, name in enumerate(self.acts)]
        names = ("detect", self.place.name, self.fire or LIFE, f"{self.duration_s:g}")
        request = EpisodeRequest(
            seed=derived_seed(self.place.seed, *names),
            index=self.index,
            n_groups=self.place.n_sites,
            duration_s=self.duration_s,
            dt_s=TICK_S,
            n_scenarios=1,
            options={**OPTIONS, "design": self.place.design},
            definition=ORDINARY_LIFE | {"overlay": overlay},
        )
        return PoleTwin().draw(LIFE, request)


def ordinary_acts(
    rng: np.random.Generator, duration_s: float, beside_a_fire: bool = False
) -> tuple[str, ...]:
    """What happens during some hours without a fire: a course of the day, and all else as often as it is met.

    Of each the number under way at some time is Poisson, its mean the base rate times its duration and ours
    together. What began before is acted as if it began now. At most one spell of severe weather and one
    trouble of the line; none of the line beside a fire, which may be of the same part.
    """
    days = duration_s / DAY_S
    courses = [name for name, one in SCENARIOS.items() if one.category is Category.NORMAL]
    share = np.array([SCENARIOS[name].rate.per_pole_year for name in courses])
    acts = [courses[int(rng.choice(len(courses), p=share / share.sum()))]]
    line = []
    for name, scenario in SCENARIOS.items():
        if scenario.category not in HARMLESS:
            continue
        lasting_days = scenario.rate.duration_s / DAY_S
        n = int(rng.poisson(scenario.rate.per_pole_year / DAYS_PER_YEAR * (days + lasting_days)))
        if scenario.category is Category.ELECTRICAL:
            line += [name] * n
        else:
            acts += [name] * (min(n, 1) if name == WEATHER else n)
    if line and not beside_a_fire:
        acts.append(line[int(rng.integers(len(line)))])
    return tuple(acts)


def life_jobs(place: Place, n: int, duration_s: float = DAY_S) -> list[Job]:
    """Episodes without a fire."""
    rng = stream(place.seed, "detect", place.name, "life", f"{duration_s:g}")
    return [Job(place, ordinary_acts(rng, duration_s), index, duration_s) for index in range(n)]


def library_jobs(place: Place, per_scenario: Mapping[str, int], duration_s: float = DAY_S) -> list[Job]:
    """Ordinary life with one scenario more: as many of each as its id says, or else its category."""
    jobs = []
    for name, scenario in SCENARIOS.items():
        rng = stream(place.seed, "detect", place.name, name, f"{duration_s:g}")
        for index in range(per_scenario.get(name, per_scenario.get(scenario.category.value, 0))):
            others = ordinary_acts(rng, duration_s, beside_a_fire=scenario.category is Category.FIRE)
            jobs.append(Job(place, (name, *others), index, duration_s))
    return jobs


def months(n_days: int) -> float:
    """Pole-months in a number of days."""
    return n_days / DAYS_PER_MONTH


def shares(days: Sequence[Sequence[str]]) -> dict[str, float]:
    """Share of the days on which each scenario is met."""
    met = Counter(name for day in days for name in set(day))
    return {name: n / len(days) for name, n in sorted(met.items())}
