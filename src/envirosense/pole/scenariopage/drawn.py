"""One episode of a scenario, drawn to be looked at: its world, its events, what every sensor could see."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.fault_observability import Sight, sight_of_cause
from envirosense.pole.observability import Observability, observe_event
from envirosense.pole.run import EpisodeRun
from envirosense.pole.twin import PoleTwin
from envirosense.pole.worldpage.episode import WorldMoment
from envirosense.scenarios import SCENARIOS, BaseScenario, EventLabels
from envirosense.scenarios.definition import definition_of, scenario_id

HOUR_S: Final = 3600.0
TICK_S: Final = 10.0
LONGEST_S: Final = 86_400.0
MOST_DRAWS: Final = 12  # in search of an event, where fewer were asked for
MOST_TICKS: Final = 43_200  # a day of two seconds: more would fill memory and no page shows it
_FRAMES: Final = 360  # of the camera in an episode: more would be thrown away


@dataclass
class DrawnScenario:
    """An episode of a scenario, settled when it is asked for."""

    scenario: type[BaseScenario]
    run: EpisodeRun
    seed: int
    n_draws: int = 1  # of which this one was chosen

    @property
    def scenario_id(self) -> str:
        """Id `category/name`."""
        return self.run.spec.scenario

    @property
    def events(self) -> tuple[EventLabels, ...]:
        """Events of the episode."""
        return self.run.labels.events

    @cached_property
    def sights(self) -> tuple[Sight, ...]:
        """What every sensor could make of each cause."""
        run = self.run
        return tuple(sight_of_cause(run.device, run.world, i) for i in range(len(run.forcings)))

    @cached_property
    def snr(self) -> dict[str, Array]:
        """Greatest departure over the causes, (time,) by sensor [sigma].

        Ideal readings are held against the world without a cause, those of a faulty sensor against a sound
        one's.
        """
        first, *others = (sight.snr for sight in self.sights)
        found = dict(first)
        for other in others:
            found |= {name: np.maximum(found[name], values) for name, values in other.items()}
        return found

    @cached_property
    def greatest_snr(self) -> dict[str, float]:
        """The same over the whole episode, greatest first."""
        found = {name: float(values.max()) for name, values in self.snr.items()}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    @cached_property
    def seen(self) -> tuple[dict[str, Observability], ...]:
        """What each sensor could see of each event."""
        grid = self.run.spec.grid
        found = [(self.sights[event.cause], event.active) for event in self.events]
        return tuple(
            observe_event(sight.snr, sight.limit_snr, active, grid, sight.is_told) for sight, active in found
        )

    @property
    def first_seen_s(self) -> float | None:
        """When the first sensor could see any event [s]."""
        found = [one.first_detectable_s for seen in self.seen for one in seen.values()]
        return min((t_s for t_s in found if t_s is not None), default=None)

    @cached_property
    def peak_tick(self) -> int:
        """Tick of the gravest moment; of the clearest one to any sensor where nothing is labelled."""
        if self.events:
            return int(np.argmax(np.max([_while_active(event) for event in self.events], axis=0)))
        clearest = np.max([*self.snr.values(), np.zeros(self.run.spec.grid.n)], axis=0)
        return int(np.argmax(clearest)) if clearest.any() else clearest.size // 2

    @cached_property
    def moment(self) -> WorldMoment:
        """The world at the peak."""
        return WorldMoment(self.run, self.peak_tick * self.run.spec.grid.dt_s)

    @property
    def gravest_event(self) -> int | None:
        """Number of the event that gets gravest; None without any."""
        greatest = [float(_while_active(event).max()) for event in self.events]
        return int(np.argmax(greatest)) if greatest else None

    @property
    def gravity(self) -> tuple[bool, bool, float]:
        """What makes one draw say more than another: an event, one that a sensor sees, its severity."""
        greatest = max((float(_while_active(event).max()) for event in self.events), default=0.0)
        return bool(self.events), self.first_seen_s is not None, greatest


def _while_active(event: EventLabels) -> Array:
    return np.where(event.active, event.severity, 0.0)


def draw_scenario(
    scenario: type[BaseScenario], seed: int, duration_s: float = HOUR_S, dt_s: float = TICK_S
) -> DrawnScenario:
    """Episode of a scenario as the first of a dataset with this seed; the device carries every sensor.

    Raises:
        ConfigError: if the length or the tick cannot be used.
    """
    if not 0.0 < duration_s <= LONGEST_S:
        raise ConfigError("duration", f"{duration_s:g} s", f"must be above 0 and at most {LONGEST_S:g} s")
    if duration_s > MOST_TICKS * dt_s:
        raise ConfigError("dt", f"{dt_s:g} s", f"makes more than {MOST_TICKS} ticks; choose a longer one")
    frame_s = dt_s * max(1, round(duration_s / dt_s / _FRAMES))
    options = {"frame_interval_s": frame_s, "with_optional": True, "stages_stream": False}
    name = scenario_id(scenario)
    is_known = name in SCENARIOS and SCENARIOS[name] is scenario
    definition = None if is_known else definition_of(scenario).plain()
    request = EpisodeRequest(seed, 0, 1, duration_s, dt_s, options, definition=definition)
    return DrawnScenario(scenario, EpisodeRun(PoleTwin().draw(name, request)), seed)


def clearest_draw(
    scenario: type[BaseScenario],
    seeds: Sequence[int],
    duration_s: float = HOUR_S,
    dt_s: float = TICK_S,
    n_enough: int | None = None,
) -> DrawnScenario:
    """Of one episode per seed the one that shows most: an event, one that is seen, the gravest.

    Args:
        scenario: what to draw.
        seeds: of the episodes.
        duration_s: length of each [s].
        dt_s: tick [s].
        n_enough: draws after which no more follow once one has an event that is seen; all by default.

    Raises:
        ConfigError: if there is no seed.
    """
    if not seeds:
        raise ConfigError("draws", 0, "draw at least one episode of each scenario")
    best: DrawnScenario | None = None
    n = 0
    for n, seed in enumerate(seeds, 1):
        drawn = draw_scenario(scenario, seed, duration_s, dt_s)
        best = drawn if best is None or drawn.gravity > best.gravity else best
        if n_enough is not None and n >= n_enough and best.gravity[:2] == (True, True):
            break
    assert best is not None
    best.n_draws = n
    return best
