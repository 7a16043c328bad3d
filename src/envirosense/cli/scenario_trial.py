"""A scenario tried before any episode is made of it: its draws, its causes, its events."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.rng import stream
from envirosense.pole.device_causes import require_device_causes
from envirosense.pole.domain import require_fuels, require_new_names, require_possible
from envirosense.pole.heat.components import build_components
from envirosense.pole.heat.surfaces import require_surfaces
from envirosense.pole.site import Site
from envirosense.pole.surroundings import surroundings
from envirosense.scenarios import BaseScenario, Forcing, ParameterSpace, ParameterValue
from envirosense.testing.planted_world import planted_conditions, planted_grid, planted_responses

TRIALS: Final = 64  # draws of the parameters whose refusals are counted
CAUSES: Final = 8  # draws whose causes are made
NAMED: Final = 256  # draws whose events are named: one kind of weather is drawn once in a hundred
TICK_S: Final = 60.0  # coarse, since nobody looks at the courses
HOT_K: Final = 500.0  # excess of the components that a cause heats


def trial_refusals(scenario: type[BaseScenario]) -> int:
    """How many of `TRIALS` first draws the constraints refuse."""
    refused = 0
    for seed in range(TRIALS):
        shares = {name: float(stream(seed, "trial", name).random()) for name in scenario.space.parameters}
        refused += not _allows(scenario.space, shares)
    return refused


def _allows(space: ParameterSpace, shares: Mapping[str, float]) -> bool:
    """Whether the constraints keep the first draw."""
    given: dict[str, ParameterValue] = {}
    for name, parameter in space.parameters.items():
        given[name] = parameter.distribution.quantile(shares[name], given)
    return all(constraint.holds(given) for constraint in space.constraints)


def try_causes(scenario: type[BaseScenario]) -> None:
    """Make the causes and events of a few draws and offer them to an ordinary pole.

    It has a transformer only where the scenario says that it needs one.

    Raises:
        ConfigError: if a course, a place, a name or a grading cannot be used.
    """
    site = Site(has_transformer=scenario.needs_transformer)
    grid = planted_grid(dt_s=TICK_S)
    for drawn, forcings in _tried(scenario, site, CAUSES):
        before: list[Forcing] = []
        for forcing in forcings:
            if forcing.tanks and not scenario.needs_transformer:
                raise ConfigError(
                    "needs_transformer", False, "a cause acts on the transformer; set it to true"
                )
            require_fuels(forcing)
            fuel_g = {fuel.component: fuel.dry_mass_g for fuel in forcing.fuels}
            components = build_components(site, fuel_g)
            require_possible(forcing, grid, components, site)
            require_surfaces(forcing, components, site)
            require_device_causes(forcing, grid.n)
            require_new_names(forcing, before)
            before.append(forcing)
        _try_events(drawn, forcings, grid, site)


def _try_events(drawn: BaseScenario, forcings: tuple[Forcing, ...], grid: TimeGrid, site: Site) -> None:
    """Refuse events whose place nobody knows."""
    places = site.component_positions
    for event in drawn.all_labels(forcings, planted_responses(forcings, grid, HOT_K), grid).events:
        if event.at is None and event.component not in places:
            raise UnknownNameError("component", event.component, places)


def trial_events(scenario: type[BaseScenario]) -> tuple[tuple[str, str], ...]:
    """Type and subtype of the events of `NAMED` draws where every heated component gets hot, sorted."""
    grid = planted_grid(dt_s=TICK_S)
    found = set()
    for drawn, forcings in _tried(scenario, Site(), NAMED):
        labels = drawn.all_labels(forcings, planted_responses(forcings, grid, HOT_K), grid)
        found |= {(event.event_type.value, event.event_subtype.value) for event in labels.events}
    return tuple(sorted(found))


def _tried(
    scenario: type[BaseScenario], site: Site, draws: int
) -> Iterator[tuple[BaseScenario, tuple[Forcing, ...]]]:
    conditions = replace(planted_conditions(planted_grid(dt_s=TICK_S)), place=surroundings(site))
    for seed in range(draws):
        drawn = scenario(scenario.space.draw(partial(stream, seed, "trial")))
        yield drawn, drawn.causes(conditions, partial(stream, seed, "trial causes"))
