"""From a request to specs, splits and an estimate of what they cost."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import UnknownNameError
from envirosense.core.protocols import Twin
from envirosense.factory.request import EpisodeRequest, GenerationRequest
from envirosense.factory.twins import TWINS


def match_scenarios(patterns: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Scenario ids that a pattern such as `category/*` or an id names, sorted.

    Raises:
        UnknownNameError: for a pattern that matches nothing.
    """
    found: set[str] = set()
    for pattern in patterns:
        matched = fnmatch.filter(known, pattern)
        if not matched:
            raise UnknownNameError("scenario", pattern, known)
        found.update(matched)
    return tuple(sorted(found))


def draw_specs(request: GenerationRequest, twin: Twin) -> list[EpisodeSpec]:
    """Specs of every episode, in dataset order; each depends on the seed and its own index only."""
    ids = match_scenarios(request.scenarios, twin.scenarios())
    return [draw_spec(request, twin, ids[index % len(ids)], index) for index in range(request.episodes)]


def draw_spec(request: GenerationRequest, twin: Twin, scenario: str, index: int) -> EpisodeSpec:
    """Spec of one episode."""
    return twin.draw(
        scenario,
        EpisodeRequest(
            seed=request.seed,
            index=index,
            n_groups=request.group_count,
            duration_s=request.duration_s,
            dt_s=request.dt_s,
            options=request.options,
        ),
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request would cost, from constants the twin measured once; None where it gives none."""

    scenarios: tuple[str, ...]
    episodes: int
    simulated_hours: float
    gigabytes: float | None
    minutes: float | None
    workers: int


def estimate(request: GenerationRequest, twin: Twin | None = None, workers: int = 1) -> Estimate:
    """Hours, gigabytes and minutes of a request, without running it.

    From `bytes_per_hour` and `seconds_per_hour` of the twin's `describe()`.
    """
    twin = twin or TWINS[request.twin]()
    facts = twin.describe()
    hours = request.episodes * request.duration_s / 3600.0
    size, pace = (_number(facts.get(key)) for key in ("bytes_per_hour", "seconds_per_hour"))
    return Estimate(
        scenarios=match_scenarios(request.scenarios, twin.scenarios()),
        episodes=request.episodes,
        simulated_hours=hours,
        gigabytes=None if size is None else hours * size / 1e9,
        minutes=None if pace is None else hours * pace / 60.0 / workers,
        workers=workers,
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
