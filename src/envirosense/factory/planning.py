"""From a request to specs, splits and an estimate of what they cost."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import StorageError, UnknownNameError
from envirosense.core.protocols import Twin
from envirosense.core.rng import stream
from envirosense.datasets.files import free_space, size_text
from envirosense.datasets.manifest import MANIFEST
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.shard import STAGING
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
            shelves = {f"{name.partition('/')[0]}/*" for name in known}
            raise UnknownNameError("scenario", pattern, shelves if pattern.endswith("/*") else known)
        found.update(matched)
    return tuple(sorted(found))


def known_scenarios(request: GenerationRequest, twin: Twin) -> tuple[str, ...]:
    """Scenario ids that a request names, of the twin and of the request's own library."""
    return match_scenarios(request.scenarios, sorted({*twin.scenarios(), *request.library}))


def draw_specs(request: GenerationRequest, twin: Twin) -> PackedSpecs:
    """Specs of every episode, in dataset order; each depends on the seed and its own index only."""
    ids = known_scenarios(request, twin)
    deal = (dealt(ids, request.seed, index) for index in range(request.episodes))
    return PackedSpecs(
        draw_spec(request, twin, scenario, index, len(ids)) for index, scenario in enumerate(deal)
    )


def dealt(ids: Sequence[str], seed: int, index: int) -> str:
    """Scenario of episode `index`: every round deals each id once, in an order of its own.

    In one fixed order an episode's place would name its scenario.
    """
    turn, place = divmod(index, len(ids))
    return ids[int(stream(seed, "deal", turn).permutation(len(ids))[place])]


def draw_spec(
    request: GenerationRequest, twin: Twin, scenario: str, index: int, n_scenarios: int = 1
) -> EpisodeSpec:
    """Spec of one episode of a dataset that deals out `n_scenarios` scenarios."""
    return twin.draw(
        scenario,
        EpisodeRequest(
            seed=request.seed,
            index=index,
            n_groups=request.group_count,
            duration_s=request.duration_s,
            dt_s=request.dt_s,
            options=request.options,
            n_scenarios=n_scenarios,
            definition=request.library.get(scenario),
            library=tuple(request.library),
        ),
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request would cost, from what the twin once measured."""

    scenarios: tuple[str, ...]
    episodes: int
    simulated_hours: float
    gigabytes: float
    minutes: float
    workers: int


def estimate(request: GenerationRequest, twin: Twin | None = None, workers: int = 1) -> Estimate:
    """Hours, gigabytes and minutes of a request, without running it."""
    twin = twin or TWINS[request.twin]()
    cost = twin.cost_per_hour(request.options, request.dt_s)
    hours = request.episodes * request.duration_s / 3600.0
    return Estimate(
        scenarios=known_scenarios(request, twin),
        episodes=request.episodes,
        simulated_hours=hours,
        gigabytes=hours * cost.n_bytes / 1e9,
        minutes=hours * cost.seconds / 60.0 / workers,
        workers=workers,
    )


def require_space(request: GenerationRequest, twin: Twin, out: Path | str) -> None:
    """Refuse a new dataset that the disk has no room for before its specs are drawn, which may take hours.

    What is begun or finished there is left to the output, which knows what is still to be written.

    Raises:
        StorageError: naming what is asked for, its need and what is free, or that no folder can be there.
    """
    folder = Path(out).expanduser().absolute()
    if (folder / MANIFEST).exists() or (folder / STAGING).exists():
        return
    free = free_space(folder)
    needed = 1e9 * estimate(request, twin).gigabytes
    if needed > free:
        raise StorageError(
            f"{folder}: {request.episodes} episodes of {request.duration_s / 3600.0:g} h need about "
            f"{size_text(needed)} but {size_text(free)} are free; free disk space, choose another folder, or "
            "ask for fewer or shorter episodes"
        )
