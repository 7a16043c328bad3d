"""The pole twin: draws specs, runs them block by block into streams, and labels them again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, PositiveFloat

from envirosense.climate.ranks import weather_ranks
from envirosense.core.config import FrozenModel, load_yaml
from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Cost, DrawRequest, EpisodeReader, Sink
from envirosense.core.rng import derived_seed, stream
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.registry import SENSORS
from envirosense.instruments.sensor_change import SensorChange
from envirosense.pole import streams as s
from envirosense.pole.drawing import PoleDesign, draw_parameters, require_known
from envirosense.pole.episode_cost import hour_cost
from envirosense.pole.outfit import at_rates, default_configuration, mounted
from envirosense.pole.run import EpisodeRun, require_one_camera
from envirosense.pole.site import Site, draw_site
from envirosense.pole.start_conditions import (
    AGE,
    drawn_age_days,
    drawn_start_s,
    natural_share,
    require_conditions,
)
from envirosense.pole.weather_ref import weather_ref, weather_year
from envirosense.pole.world import require_tick
from envirosense.scenarios import SCENARIOS, BaseScenario, Forcing
from envirosense.scenarios.definition import class_of, scenario_of
from envirosense.scenarios.parameters import ParameterSpace

BLOCK_TICKS = 3600  # frames of one block take 35 MB; the bytes do not depend on it
OLDEST_DAYS = 900.0  # age of a device at the episode's start is drawn up to here
MOST_ON_A_SITE = 4  # episodes in a row; a library of dozens would leave too few sites to split
PHYSICS_VERSION = "7"  # raised when the same spec gives other bytes
WORLD_LIMITS = (  # a test holds docs/world.md to them
    "Components feel the air of 2 m; what a sensor is told follows the height.",
    "The load does not follow a changed weather; fault currents are too short to heat wires.",
    "Heat that burning wood makes lifts its plume but does not feed back into the heat network.",
    "The tier that carries a source's gas to a place is chosen for the whole episode.",
    "Terrain is flat.",
    "Natural thunderstorms come with rain at the pole; distant ones without local rain are not drawn.",
    "The lattice of ambient air is a minute; means of slow quantities lag by up to two.",
)


class PoleOptions(FrozenModel):
    """What a request may say that only the pole understands."""

    sensors: tuple[str, ...] | None = None  # () writes the world alone
    without: tuple[str, ...] = ()
    weather: str | None = None
    site: str | None = None
    profile: str | None = None  # rates of the sensors, one of pole.outfit.PROFILES
    with_optional: bool = False  # also the sensors that are no part of the bill of materials
    power_coupling: Literal["off", "on"] | None = None
    frame_interval_s: PositiveFloat = 1.0
    ideal_stream: bool = False
    stages_stream: bool = True
    sensing: dict[str, Any] | None = None
    design: PoleDesign = "covering"  # how parameters are drawn
    ranges: dict[str, dict[str, Any]] = Field(default_factory=dict)  # scenario -> parameter -> other spread
    conditions: dict[str, tuple[float, float]] = Field(default_factory=dict)  # see pole.start_conditions


class PoleTwin:
    """A utility pole with a Grid Guardian on it."""

    name = "pole"
    preload: ClassVar[tuple[str, ...]] = ("envirosense.pole.preload",)

    def __init__(self, block_ticks: int = BLOCK_TICKS) -> None:
        """Twin that simulates in blocks of `block_ticks`; only memory depends on it."""
        self.block_ticks = block_ticks

    def scenarios(self) -> tuple[str, ...]:
        """Ids `category/name`, sorted."""
        return tuple(SCENARIOS)

    def space(self, scenario: str) -> ParameterSpace:
        """Parameter space of one scenario."""
        return SCENARIOS[scenario].space

    def draw(self, scenario: str, request: DrawRequest) -> EpisodeSpec:
        """Spec of one episode: site, hour of the weather year, parameters, device.

        A few episodes in a row stand on the same site, whatever their scenarios. Groups are sites; of one
        given site they are the months.
        """
        require_tick(request.dt_s)
        options = PoleOptions.parse(dict(request.options), "options")
        names = ("episode", request.index)

        def rng(kind: str) -> np.random.Generator:
            return stream(request.seed, *names, kind)

        happening = class_of(scenario, request.definition)
        require_known(options.ranges, (scenario, *request.library))
        require_conditions(options.conditions)
        site = _site(options, request)
        if happening.needs_transformer and options.site is None:
            site = site.model_copy(update={"has_transformer": True})
        weather = weather_ref(options.weather)
        n_ticks = max(1, round(request.duration_s / request.dt_s))
        year = weather_year(weather)
        start_s = drawn_start_s(year, options.conditions, rng("start"))
        start_s -= start_s % request.dt_s  # ticks lie on the clock, as the weather's do
        start_utc = datetime(2018, 1, 1, tzinfo=UTC) + timedelta(seconds=start_s)
        ranks = weather_ranks(year, year.hour_of(start_utc))
        place = request.seed, request.index // request.n_scenarios
        drawn = draw_parameters(happening, options.ranges, options.design, place, rng, ranks)
        share = natural_share(year, options.conditions, OLDEST_DAYS)
        age_days = drawn_age_days(options.conditions, OLDEST_DAYS, rng("age"))
        sensing = _guardian(options, site, age_days).for_episode(
            scenario, n_ticks * request.dt_s, lambda name: rng(f"sensing {name}")
        )
        sensing = _fitting(_selected(sensing, options), site, request.dt_s)
        return EpisodeSpec(
            twin=self.name,
            scenario=scenario,
            params=drawn.values,
            definition=None if request.definition is None else dict(request.definition),
            importance_weight=drawn.importance_weight * share,
            site=site.model_dump(mode="json"),
            weather=weather.model_dump(mode="json"),
            sensing=sensing.model_dump(mode="json"),
            grid=TimeGrid(start_utc=start_utc, dt_s=request.dt_s, n=n_ticks),
            world_seed=derived_seed(request.seed, *names, "world"),
            sensing_seed=derived_seed(request.seed, *names, "sensing"),
            group=site.site_id if options.site is None else f"{site.site_id}/{start_utc:%m}",
        )

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Run a spec; blocks go to the sink as they are made."""
        run = EpisodeRun(spec)
        for first in range(0, spec.grid.n, self.block_ticks):
            run.write_block(first, min(first + self.block_ticks, spec.grid.n), out)
        run.write_causes(out)
        summary = run.summary()
        run.world.forget()
        return summary

    def relabel(self, episode: EpisodeReader) -> pa.Table:
        """Labels computed again from the stored response of the world."""
        spec = episode.spec
        scenario = scenario_of(spec)
        responses = s.stored_responses(episode, scenario.n_causes)
        labels = scenario.all_labels((Forcing(),) * scenario.n_causes, responses, spec.grid)
        batches = [s.labels_batch(i, event, spec.grid) for i, event in enumerate(labels.events)]
        return pa.Table.from_batches(batches, schema=s.LABELS)

    def resensed(
        self, spec: EpisodeSpec, sensing: Mapping[str, object], sensing_seed: int | None = None
    ) -> EpisodeSpec:
        """Spec of the same world under other sensing: a whole guardian, or `changes` of the present one."""
        seed = spec.sensing_seed if sensing_seed is None else sensing_seed
        chosen = _changed(SensorConfiguration.parse(spec.sensing, "sensing"), sensing)
        drawn = chosen.for_episode(
            spec.scenario, spec.grid.duration_s, lambda name: stream(seed, "resense", name)
        )
        drawn = _fitting(drawn, Site.parse(spec.site, "site"), spec.grid.dt_s)
        update = {"sensing": drawn.model_dump(mode="json"), "sensing_seed": seed}
        return spec.model_copy(update=update)

    def cost_per_hour(self, options: Mapping[str, object], dt_s: float) -> Cost:
        """Cost of one hour of the device that the options describe, from measured ones."""
        chosen = PoleOptions.parse(dict(options), "options")
        return hour_cost(_selected(_guardian(chosen, Site(), age_days=0.0), chosen), dt_s)

    def describe(self) -> Mapping[str, object]:
        """Facts for the card and for estimates."""
        return {
            "title": "Utility pole with a Grid Guardian",
            "physics_version": PHYSICS_VERSION,
            "limits": {"world": WORLD_LIMITS},
            "scenarios": {name: _facts(scenario) for name, scenario in SCENARIOS.items()},
        }


def _facts(scenario: type[BaseScenario]) -> dict[str, object]:
    """What a card says of a scenario: how often it is met at one pole, and what its model leaves out."""
    rate = scenario.rate
    return {
        "limits": scenario.limits,
        "per_year": rate.per_pole_year,
        "duration_s": rate.duration_s,
        "rate_source": rate.source,
    }


def _changed(guardian: SensorConfiguration, sensing: Mapping[str, object]) -> SensorConfiguration:
    changes = sensing.get("changes")
    if changes is None:
        streams = guardian.model_dump(include={"ideal_stream", "stages_stream", "status_stream"})
        return SensorConfiguration.parse(streams | dict(sensing), "sensing")
    if more := sorted(set(sensing) - {"changes"}):
        raise ConfigError("configuration", more, "cannot stand beside `changes`; give either")
    if not isinstance(changes, list | tuple):
        raise ConfigError("changes", changes, "must be a list of {sensors, set}")
    return guardian.changed(SensorChange.parse(one, "changes") for one in changes)


def _site(options: PoleOptions, request: DrawRequest) -> Site:
    if options.site is not None:
        return Site.parse(load_yaml(Path(options.site)), "site")
    return draw_site(request.seed, _site_index(request))


def _site_index(request: DrawRequest) -> int:
    """Site of a few episodes in a row: a permutation per pass over all sites.

    The factory deals each round of scenarios in an order of its own, so a site says nothing about them.
    """
    together = min(request.n_scenarios, MOST_ON_A_SITE)
    turn, place = divmod(request.index // together, request.n_groups)
    return int(stream(request.seed, "sites", turn).permutation(request.n_groups)[place])


def _require_carried(chosen: SensorConfiguration, options: PoleOptions) -> None:
    """Say of a sensor type that exists but is not on this guardian how it gets there."""
    carried = {name for sensor in chosen.sensors for name in (sensor.sensor_id, sensor.sensor_type)}
    for name in (*(options.sensors or ()), *options.without):
        if name not in carried and name in SENSORS:
            fix = "is registered but not on this guardian; put it there with --guardian FILE or sensing={...}"
            raise ConfigError("sensor", name, fix)


def _guardian(options: PoleOptions, site: Site, age_days: float) -> SensorConfiguration:
    """Guardian that the options describe, before anything is drawn for an episode."""
    given = options.model_fields_set
    if options.profile not in (None, "research") and "frame_interval_s" in given:
        fix = f"profile {options.profile!r} says how often the camera takes a frame; leave one of them out"
        raise ConfigError("frame_interval_s", options.frame_interval_s, fix)
    if options.sensing is None:
        chosen = default_configuration(
            site,
            options.frame_interval_s,
            age_days,
            options.profile or "research",
            with_optional=options.with_optional,
        )
    else:
        if AGE in options.conditions:
            fix = "the guardian given says how old its sensors are; leave one of them out"
            raise ConfigError(f"conditions.{AGE}", list(options.conditions[AGE]), fix)
        chosen = SensorConfiguration.parse(options.sensing, "sensing")
        chosen = chosen if options.profile is None else at_rates(chosen, options.profile)
    update: dict[str, Any] = {"stages_stream": options.stages_stream}
    if "ideal_stream" in given:
        update["ideal_stream"] = options.ideal_stream
    if options.power_coupling is not None:
        update["power_coupling"] = options.power_coupling
    return chosen.model_copy(update=update)


def _selected(chosen: SensorConfiguration, options: PoleOptions) -> SensorConfiguration:
    """The sensors asked for; overrides and ranges may name those that are left out."""
    _require_carried(chosen, options)
    chosen = chosen.select(options.sensors, options.without)
    if not chosen.sensors and options.sensors != ():
        field, value = ("without", list(options.without)) if options.without else ("sensors", [])
        raise ConfigError(field, value, "leaves no sensor; keep at least one")
    return chosen


def _fitting(chosen: SensorConfiguration, site: Site, dt_s: float) -> SensorConfiguration:
    """The guardian on a site's pole, refused where it cannot hang there or report at the ticks."""
    chosen = mounted(chosen, site)
    require_one_camera(chosen)
    for sensor in chosen.sensors:
        sensor.ticks_apart(dt_s)
    return chosen
