"""Which episodes the detector of `make bench-detect` is trained, tuned and judged on.

Training, tuning and test stand on different sites. Negatives are days of a device's life: ordinary ones, and
look-alikes as often as their base rates say.
"""

from collections.abc import Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class Place:
    """Sites and seeds of one of the three sets."""

    name: str
    seed: int
    n_sites: int


def spec_of(place: Place, scenario: str, index: int, duration_s: float) -> EpisodeSpec:
    """One episode of a scenario at one of the place's sites."""
    request = EpisodeRequest(
        seed=derived_seed(place.seed, "detect", place.name, scenario),
        index=index,
        n_groups=place.n_sites,
        duration_s=duration_s,
        dt_s=TICK_S,
        n_scenarios=1,
        options=dict(OPTIONS),
    )
    return PoleTwin().draw(scenario, request)


def library_specs(place: Place, per_scenario: Mapping[str, int]) -> Iterator[EpisodeSpec]:
    """Episodes of every scenario of a family, as many as its category says."""
    for scenario_id, scenario in SCENARIOS.items():
        for index in range(per_scenario.get(scenario.category.value, 0)):
            yield spec_of(place, scenario_id, index, EVENT_S)


def negative_days(place: Place, n_days: int) -> list[tuple[str, int]]:
    """Scenario and index of each day: a look-alike at its base rate, else an ordinary day.

    At most one look-alike a day: of several on one day the first drawn counts.
    """
    rates = {
        name: min(scenario.rate.per_pole_year / DAYS_PER_YEAR, 1.0)
        for name, scenario in SCENARIOS.items()
        if scenario.category in (Category.LOOKALIKE, Category.ENVIRONMENTAL)
    }
    ordinary = [name for name, scenario in SCENARIOS.items() if scenario.category is Category.NORMAL]
    rng = stream(place.seed, "detect", place.name, "days")
    days = []
    for day in range(n_days):
        order = rng.permutation(len(rates))
        names = list(rates)
        met = [names[i] for i in order if rng.random() < rates[names[i]]]
        days.append((met[0] if met else ordinary[int(rng.integers(len(ordinary)))], day))
    return days


def months(n_days: int) -> float:
    """Pole-months in a number of days."""
    return n_days / DAYS_PER_MONTH


def shares(days: list[tuple[str, int]]) -> dict[str, float]:
    """Share of the days by scenario."""
    names, counts = np.unique([name for name, _ in days], return_counts=True)
    return {str(name): float(count) / len(days) for name, count in zip(names, counts, strict=True)}
