"""One episode of a scenario, drawn to be looked at: its world, its events, what every sensor could see."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from envirosense.climate.ranks import weather_ranks
from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.observability import Observability, excess_snr, observe_event
from envirosense.pole.run import EpisodeRun
from envirosense.pole.twin import PoleTwin
from envirosense.pole.weather_ref import WeatherRef, weather_year
from envirosense.pole.worldpage.episode import WorldMoment
from envirosense.scenarios import SCENARIOS, BaseScenario, EventLabels
from envirosense.scenarios.definition import definition_of, scenario_id

HOUR_S: Final = 3600.0
TICK_S: Final = 10.0
LONGEST_S: Final = 86_400.0
_FRAMES: Final = 360  # of the camera in an episode: more would be thrown away
_HEALTHY: Final = "normal/diurnal_cycle"  # whose site, hour and device a scenario from a file is given


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
    def snr(self) -> dict[str, Array]:
        """Greatest ideal departure of each sensor from the world without causes, (time,) [sigma]."""
        return excess_snr(self.run.device, self.run.world)

    @cached_property
    def greatest_snr(self) -> dict[str, float]:
        """The same over the whole episode, greatest first."""
        found = {name: float(values.max()) for name, values in self.snr.items()}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    @cached_property
    def seen(self) -> tuple[dict[str, Observability], ...]:
        """What each sensor could see of each event."""
        grid = self.run.spec.grid
        return tuple(observe_event(self.snr, event.active, grid) for event in self.events)

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
    def gravity(self) -> tuple[bool, bool, float]:
        """What makes one draw say more than another: an event, one that a sensor sees, its severity."""
        greatest = max((float(_while_active(event).max()) for event in self.events), default=0.0)
        return bool(self.events), self.first_seen_s is not None, greatest


def _while_active(event: EventLabels) -> Array:
    return np.where(event.active, event.severity, 0.0)


def draw_scenario(
    scenario: type[BaseScenario], seed: int, duration_s: float = HOUR_S, dt_s: float = TICK_S
) -> DrawnScenario:
    """Episode of a scenario as the first of a dataset with this seed; every sensor is on the device.

    Raises:
        ConfigError: if the length or the tick cannot be used.
    """
    if not 0.0 < duration_s <= LONGEST_S:
        raise ConfigError("duration", f"{duration_s:g} s", f"must be above 0 and at most {LONGEST_S:g} s")
    frame_s = dt_s * max(1, round(duration_s / dt_s / _FRAMES))
    options = {"frame_interval_s": frame_s, "with_optional": True, "stages_stream": False}
    request = EpisodeRequest(seed, 0, 1, duration_s, dt_s, options)
    return DrawnScenario(scenario, EpisodeRun(_spec(scenario, request)), seed)


def _spec(scenario: type[BaseScenario], request: EpisodeRequest) -> EpisodeSpec:
    """Spec of a scenario of the library, or of one that only a file knows."""
    name = scenario_id(scenario)
    if name in SCENARIOS and SCENARIOS[name] is scenario:
        return PoleTwin().draw(name, request)
    spec = PoleTwin().draw(_HEALTHY, request)
    year = weather_year(WeatherRef.parse(spec.weather, "weather"))
    params = scenario.space.draw(
        lambda parameter: stream(request.seed, "episode", request.index, f"param {parameter}"),
        weather_ranks(year, year.hour_of(spec.grid.start_utc)),
    )
    site = {**spec.site, "has_transformer": True} if scenario.needs_transformer else spec.site
    definition = definition_of(scenario).plain()
    update = {"scenario": name, "params": params, "site": site, "definition": definition}
    return spec.model_copy(update=update)


def clearest_draw(
    scenario: type[BaseScenario], seeds: Sequence[int], duration_s: float = HOUR_S, dt_s: float = TICK_S
) -> DrawnScenario:
    """Of one episode per seed the one that shows most: an event, one that is seen, the gravest.

    Raises:
        ConfigError: if there is no seed.
    """
    if not seeds:
        raise ConfigError("draws", 0, "draw at least one episode of each scenario")
    best: DrawnScenario | None = None
    for seed in seeds:
        drawn = draw_scenario(scenario, seed, duration_s, dt_s)
        best = drawn if best is None or drawn.gravity > best.gravity else best
    assert best is not None
    best.n_draws = len(seeds)
    return best
