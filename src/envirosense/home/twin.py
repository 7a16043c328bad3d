"""The home twin: draws homes, lets people live in them for months, and writes what Home Assistant saw."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Cost, DrawRequest, EpisodeReader, Sink, wanted
from envirosense.core.rng import derived_seed, stream
from envirosense.datasets.episode_checks import EpisodeCheck
from envirosense.home.engine.rules import DAY_S
from envirosense.home.history import HomeHistory, lived, settled
from envirosense.home.model import Home
from envirosense.home.options import LEVELS, HomeOptions, Level
from envirosense.home.streams.schemas import SCHEMAS
from envirosense.home.surroundings.context import STEP_S

# of an hour of a home, fifty of them for ninety days on one core: disk, generation, rules and card
HOUR_BYTES, HOUR_SECONDS, HOUR_CARD_SECONDS = 1.5e3, 2.9e-4, 2.6e-4
GENERATOR_VERSION: Final = "3"  # raised when the same spec gives other bytes
FIRST_YEAR: Final = 2024  # homes begin on a day of this year
WHAT_IT_IS: Final = (
    "Simulated homes as Home Assistant sees them: people live, devices follow, sensors report, automations "
    "fire, things fail. An episode is a home. `ha_events`, `context` and the registries are what a learner "
    "may read; all else is truth or label, by the keys `episode_id`, `event_no`, `pattern_id` and `tick`. "
    "What was planted is written down before anything happens, never found in the events."
)
HOME_LIMITS: Final = (
    "Clocks do not change to summer time; a home keeps the offset of its standard time.",
    "Of attributes only brightness and set points are told; of one alone a change of set point is an event.",
    "Guests and pets move sensors but carry no phone.",
    "Switches inside a fitting do what a hand does; who pressed them is known to the truth alone.",
    "Two people may use one bathroom at once; children may be alone at home.",
    "Vacations last five days at most; school holidays and sickness of a household are left out.",
    "A climate is one typical year bent to its region; homes of one place share no weather.",
    "Set points that people or automations move, and fans, do not act on the air of a room; activities do.",
    "Doors between rooms exchange air as their kind of room does; no stack effect, no neighbouring flat.",
    "What automations would have done because of a drifting sensor is not run again.",
    "With several residents or few sensors one sensor tells little of the next; see docs/homes.md.",
)


class HomeTwin:
    """Smart homes with Home Assistant; a scenario is how hard its patterns are to find."""

    name = "home"
    preload: ClassVar[tuple[str, ...]] = ("envirosense.home.preload",)

    def scenarios(self) -> tuple[str, ...]:
        """Ids `home/<level>`, sorted."""
        return tuple(sorted(f"home/{level}" for level in LEVELS))

    def draw(self, scenario: str, request: DrawRequest) -> EpisodeSpec:
        """Spec of one home; types and sizes keep their shares over the homes that are asked for.

        Raises:
            ConfigError: for a length that is no whole number of days, or another tick than a quarter.
        """
        from envirosense.home.building.home_generator import SyntheticHomeGenerator
        from envirosense.home.building.mix import home_plan

        if scenario not in self.scenarios():
            raise UnknownNameError("scenario", scenario, self.scenarios())
        _require_days(request.duration_s, request.dt_s)
        options = HomeOptions.parse(dict(request.options), "options")
        planned = home_plan(request.n_groups, request.seed)[request.index % request.n_groups]
        kind = {
            "home_type": options.home_type or planned.home_type,
            "size": options.size or planned.size,
            "region": options.region or planned.region,
        }
        names = ("home", request.index)
        seed = derived_seed(request.seed, *names, "furniture")
        home = SyntheticHomeGenerator().draw(
            kind["home_type"], kind["size"], kind["region"], seed, home_id=f"home-{request.index:04d}"
        )
        day = int(stream(request.seed, *names, "start").integers(365))
        local = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) + timedelta(days=day)
        return EpisodeSpec(
            twin=self.name,
            scenario=scenario,
            params={"furniture_seed": seed, **kind},
            site={"home_id": home.home_id, "timezone": home.timezone, "utc_offset_h": home.utc_offset_h},
            weather={},
            sensing=options.model_dump(mode="json", include={"faults_per_month", "delivery"}),
            grid=TimeGrid(
                start_utc=local - timedelta(hours=home.utc_offset_h),
                dt_s=request.dt_s,
                n=round(request.duration_s / request.dt_s),
            ),
            world_seed=derived_seed(request.seed, *names, "world"),
            sensing_seed=derived_seed(request.seed, *names, "sensing"),
            group=f"home-{request.seed}-{request.index:04d}",
        )

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Run a spec; all rows of a stream go to the sink at once.

        Raises:
            EpisodeError: if the home breaks a rule that every home keeps.
        """
        from envirosense.home.streams import event_tables, tables, truth_tables
        from envirosense.home.validation import require_valid

        history = history_of(spec)
        require_valid(history)
        events = tables.fault_rows(history)
        made = {
            "ha_events": event_tables.ha_events,
            "causes": event_tables.causes,
            "context": tables.context_rows,
            "stays": tables.stay_rows,
            "occurrences": tables.occurrence_rows,
            "patterns": truth_tables.pattern_rows,
            "synergies": truth_tables.synergy_rows,
        }
        for name, rows in tables.registries(history).items():
            out.write(name, rows)
        for name, table in made.items():
            if wanted(out, name):
                out.write(name, table(history))
        delivery = HomeOptions.parse(spec.sensing, "sensing").delivery
        if not delivery.is_perfect:
            out.write("messages", event_tables.messages(history, delivery, spec.sensing_seed))
        out.write("events", events)
        out.write("labels", tables.label_rows(events, spec.grid.n, spec.grid.dt_s))
        return EpisodeSummary(episode_id=spec.episode_id, facts=_facts(history))

    def relabel(self, episode: EpisodeReader) -> pa.Table:
        """Labels computed again from the stored failures."""
        from envirosense.home.streams.tables import label_rows

        grid = episode.spec.grid
        return pa.Table.from_batches([label_rows(episode.table("events"), grid.n, grid.dt_s)])

    def checks(self) -> tuple[EpisodeCheck, ...]:
        """Whether the written truth is in the events."""
        from envirosense.home.checks import home_checks

        return home_checks()

    def describe(self) -> Mapping[str, object]:
        """Facts for the card and for estimates."""
        return {
            "title": "Smart homes with Home Assistant",
            "what_it_is": WHAT_IT_IS,
            "streams": tuple(SCHEMAS),
            "versions": {"home": GENERATOR_VERSION},
            "limits": {"home": HOME_LIMITS},
        }

    def cost_per_hour(self, options: Mapping[str, object], dt_s: float) -> Cost:
        """Cost of an hour of a home of the usual mix, from what some did cost."""
        _require_known(HomeOptions.parse(dict(options), "options"))
        return Cost(n_bytes=HOUR_BYTES, seconds=HOUR_SECONDS, card_seconds=HOUR_CARD_SECONDS)


def furnished(spec: EpisodeSpec) -> Home:
    """The home of a spec, without its automations."""
    from envirosense.home.building.home_generator import SyntheticHomeGenerator

    params = spec.params
    home_type, size, region = (str(params[name]) for name in ("home_type", "size", "region"))
    seed = int(str(params["furniture_seed"]))
    return SyntheticHomeGenerator().draw(home_type, size, region, seed, home_id=str(spec.site["home_id"]))


def home_of(spec: EpisodeSpec) -> Home:
    """The home of a spec, complete."""
    n_days = round(spec.grid.duration_s / DAY_S)
    there = settled(furnished(spec), spec.grid.start_utc, n_days, spec.world_seed, level_of(spec.scenario))
    return there.home


def history_of(spec: EpisodeSpec) -> HomeHistory:
    """The home of a spec and all that happens in it."""
    sensing = HomeOptions.parse(spec.sensing, "sensing")
    return lived(
        furnished(spec),
        spec.grid.start_utc,
        round(spec.grid.duration_s / DAY_S),
        spec.world_seed,
        spec.sensing_seed,
        level_of(spec.scenario),
        sensing.faults_per_month,
    )


def level_of(scenario: str) -> Level:
    """Level of a scenario id.

    Raises:
        UnknownNameError: for one that is none of the home twin's.
    """
    for level in LEVELS:
        if scenario == f"home/{level}":
            return level
    raise UnknownNameError("scenario", scenario, [f"home/{level}" for level in LEVELS])


def _require_days(duration_s: float, dt_s: float) -> None:
    if dt_s != STEP_S:
        raise ConfigError("dt_s", dt_s, f"a home's series are on steps of {STEP_S:g} s; say dt 15m")
    if duration_s % DAY_S or duration_s <= 0.0:
        raise ConfigError("duration_s", duration_s, "must be whole days, for example 7d")


def _require_known(options: HomeOptions) -> None:
    """Refuse a kind of homes that the catalogue does not have."""
    from envirosense.home.catalog import default_catalog

    catalog = default_catalog()
    for look_up, name in (
        (catalog.home_type, options.home_type),
        (catalog.size, options.size),
        (catalog.region, options.region),
    ):
        if name is not None:
            look_up(name)


def _facts(history: HomeHistory) -> dict[str, object]:
    home = history.home
    return {
        "home_type": home.home_type,
        "size": home.size,
        "region": home.region,
        "devices": len(home.devices),
        "entities": len(home.entities),
        "residents": len(home.residents),
        "events": len(history.log),
        "patterns": len(history.planted.patterns),
    }
