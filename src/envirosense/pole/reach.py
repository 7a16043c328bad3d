"""How far, and how long before a flame, any sensor could see a source, against its strength and the wind.

Nothing is sensed: labels and observability alone are worked out, as a dataset stores them. A source counts
as seen where any sensor could see one of its events for a minute in all.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.factory.request import EpisodeRequest
from envirosense.learning.intervals import LEVEL, N_RESAMPLES, Estimate, proportion
from envirosense.pole.fault_observability import sight_of_cause
from envirosense.pole.observability import observe_event
from envirosense.pole.reach_plan import N_SITES, ReachPlan
from envirosense.pole.run import EpisodeRun
from envirosense.pole.twin import PoleTwin

HOUR_S: Final = 3600.0
TICK_S: Final = 10.0
SEEN_S: Final = 60.0  # for which a sensor must be able to see it, as the bar for detectors asks
HALF: Final = 0.5
QUARTILES: Final = (0.25, 0.5, 0.75)
WINDS: Final = ("weak", "middling", "strong")  # thirds of the draws by their mean wind


@dataclass(frozen=True, slots=True)
class Place:
    """One draw at one place of the grid."""

    plan: ReachPlan
    strength: float
    distance_m: float
    draw: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one draw; times in seconds since the episode's start."""

    wind_m_s: float  # mean of the truth at the device
    seen_by: tuple[str, ...]  # sensors that could see any of its events for a minute
    first_s: float | None  # first moment at which one of these could
    ignition_s: float | None

    @property
    def is_seen(self) -> bool:
        """Whether any sensor could see it."""
        return bool(self.seen_by)

    @property
    def lead_s(self) -> float:
        """From the first sight to ignition, negative after it; minus infinity where nothing was seen."""
        if self.first_s is None or self.ignition_s is None:
            return -np.inf
        return self.ignition_s - self.first_s


@dataclass(frozen=True, slots=True)
class Reach:
    """Outcomes at every place of a grid, by strength and distance, each (draw,)."""

    plan: ReachPlan
    outcomes: tuple[tuple[tuple[Outcome, ...], ...], ...]

    @property
    def wind_m_s(self) -> Array:
        """Mean wind of each draw, (draw,); alike at every place of the grid."""
        return np.array([one.wind_m_s for one in self.outcomes[0][0]])

    @property
    def wind_edges_m_s(self) -> tuple[float, float]:
        """Mean winds that part the draws into thirds."""
        low, high = np.quantile(self.wind_m_s, [1.0 / 3.0, 2.0 / 3.0])
        return float(low), float(high)

    def of_wind(self, third: int) -> "Reach":
        """The draws of one third of the winds, 0 the weakest; it may be empty where draws are few."""
        keep = np.flatnonzero(np.searchsorted(self.wind_edges_m_s, self.wind_m_s) == third)
        rows = tuple(tuple(tuple(cell[i] for i in keep) for cell in row) for row in self.outcomes)
        return Reach(self.plan, rows)

    def is_seen(self, strength: int) -> Array:
        """Whether each draw is seen, (distance, draw) as 0 or 1."""
        cells = self.outcomes[strength]
        return np.array([[float(one.is_seen) for one in cell] for cell in cells]).reshape(len(cells), -1)

    def shares(self, strength: int) -> tuple[Estimate, ...]:
        """Share of the draws that any sensor could see, by distance, with the exact 95 % interval."""
        return tuple(proportion(int(row.sum()), row.size) for row in self.is_seen(strength))

    def detection_distance(self, strength: int) -> Estimate:
        """Distance at which half the draws are seen [m], with an interval over resampled draws.

        None where it lies nearer than the grid; its farthest place where it lies beyond, which `note` says.
        A lower end of None lies nearer than the grid, an upper end of None beyond it.
        """
        seen, rng = self.is_seen(strength), stream(self.plan.seed, "reach", "resampling", str(strength))
        if not seen.shape[1]:
            return Estimate(None, note="no draws")
        places_m = np.array(self.plan.distances_m)
        picked = rng.integers(seen.shape[1], size=(N_RESAMPLES, seen.shape[1]))
        found = [half_distance_m(places_m, seen[:, row].mean(axis=1)) for row in picked]
        low, high = (_ranked(found, share) for share in ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
        value = half_distance_m(places_m, seen.mean(axis=1))
        off = "beyond the grid" if value else "nearer than the grid"
        note = "" if 0.0 < value < np.inf else off
        ends_m = _known(min(low, places_m[-1])), _known(max(high, places_m[0]))
        return Estimate(_known(min(value, places_m[-1])), *ends_m, seen.shape[1], note)

    def leads_s(self, strength: int) -> tuple[tuple[float | None, ...], ...]:
        """Lower quartile, median and upper quartile of the lead over what ignites, by distance [s].

        What is never seen counts as seen too late, so a quartile is None where it falls among these.
        """
        rows = []
        for cell in self.outcomes[strength]:
            leads = [one.lead_s for one in cell if one.ignition_s is not None]
            ends = [_ranked(leads, share) for share in QUARTILES] if leads else [-np.inf] * 3
            rows.append(tuple(end if np.isfinite(end) else None for end in ends))
        return tuple(rows)

    def seen_before_ignition(self, strength: int) -> tuple[Estimate, ...]:
        """Share of what ignites that any sensor could see before, by distance."""
        cells = ([one.lead_s for one in c if one.ignition_s is not None] for c in self.outcomes[strength])
        return tuple(proportion(sum(lead > 0.0 for lead in leads), len(leads)) for leads in cells)

    def seen_by(self) -> dict[str, tuple[int, ...]]:
        """How many draws of all strengths each sensor could see, by distance; sensors that see most first."""
        columns = list(zip(*self.outcomes, strict=True))
        names = dict.fromkeys(n for row in self.outcomes for cell in row for one in cell for n in one.seen_by)
        counts = {
            name: tuple(sum(name in one.seen_by for cell in column for one in cell) for column in columns)
            for name in names
        }
        return dict(sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0])))


def _ranked(values: Sequence[float], share: float) -> float:
    """Value at a share of the order; unlike a quantile it does no sums, so infinities may be among them."""
    return float(np.sort(values)[int(share * (len(values) - 1))])


def _known(distance_m: float) -> float | None:
    """A distance on the grid; None off it."""
    return float(distance_m) if np.isfinite(distance_m) and distance_m > 0.0 else None


def half_distance_m(distances_m: Array, share: Array) -> float:
    """Distance at which a share that falls passes one half [m], between places in the logarithm.

    The share is first made to fall: neighbours that rise are pooled. Infinity where it stays above one half,
    zero where it begins below.
    """
    from scipy.optimize import isotonic_regression

    falling = isotonic_regression(share, increasing=False).x
    above = np.flatnonzero(falling >= HALF)
    if not above.size:
        return 0.0
    last = int(above[-1])
    if last + 1 == falling.size:
        return float("inf")
    part = (falling[last] - HALF) / (falling[last] - falling[last + 1])
    return float(distances_m[last] * (distances_m[last + 1] / distances_m[last]) ** part)


def places(plan: ReachPlan) -> Iterable[Place]:
    """Every draw of a plan, by strength, distance and number."""
    for strength in plan.strengths:
        for distance_m in plan.distances_m:
            for draw in range(plan.n_draws):
                yield Place(plan, strength, distance_m, draw)


def outcome(place: Place) -> Outcome:
    """What any sensor of the device as it is sold could see of one draw, over an hour."""
    plan = place.plan
    options = {
        "frame_interval_s": TICK_S,
        "stages_stream": False,
        "design": "random",  # each parameter from a stream of its own: a draw differs by what is held alone
        "ranges": plan.ranges(place.strength, place.distance_m),
    }
    request = EpisodeRequest(
        plan.seed, place.draw, N_SITES, HOUR_S, TICK_S, options, definition=plan.definition
    )
    run = EpisodeRun(PoleTwin().draw(plan.scenario, request))
    events, grid = run.labels.events, run.spec.grid
    sights = {i: sight_of_cause(run.device, run.world, i) for i in {event.cause for event in events}}
    first_s, seen_by = [], set()
    for event in events:
        sight = sights[event.cause]
        by_sensor = observe_event(sight.snr, sight.limit_snr, event.active, grid, sight.is_told)
        for name, seen in by_sensor.items():
            if seen.detectable_s >= SEEN_S and seen.first_detectable_s is not None:
                first_s.append(seen.first_detectable_s)
                seen_by.add(name)
    ignitions = [t_s for event in events if (t_s := event.ignition_s(grid)) is not None]
    wind = run.world.state(0, grid.n).wind_m_s(run.site.device_position_m)
    speed_m_s = float(np.hypot(wind[:, 0], wind[:, 1]).mean())
    return Outcome(
        speed_m_s, tuple(sorted(seen_by)), min(first_s, default=None), min(ignitions, default=None)
    )


def measured_reach(
    plan: ReachPlan, pool: Executor | None = None, told: Callable[[], None] = lambda: None
) -> Reach:
    """Outcomes of every draw of a plan.

    Args:
        plan: what to vary.
        pool: workers to simulate in; none simulates here.
        told: called after each draw.
    """
    asked = places(plan)
    found: list[Outcome] = []
    for one in map(outcome, asked) if pool is None else pool.map(outcome, asked):
        found.append(one)
        told()
    return Reach(plan, _folded(found, len(plan.distances_m), plan.n_draws))


def _folded(
    found: Sequence[Outcome], n_distances: int, n_draws: int
) -> tuple[tuple[tuple[Outcome, ...], ...], ...]:
    cells = [tuple(found[i : i + n_draws]) for i in range(0, len(found), n_draws)]
    return tuple(tuple(cells[i : i + n_distances]) for i in range(0, len(cells), n_distances))
