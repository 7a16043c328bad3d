"""Check of a scenario in the pole's own world: its causes are taken, and its labels can be stored."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from envirosense.climate.files import greensboro
from envirosense.core.errors import EnviroSenseError
from envirosense.core.grid import TimeGrid
from envirosense.pole.domain import require_inside
from envirosense.pole.site import Site, draw_site
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.scenarios import BaseScenario, EventLabels, Forcing, Response
from envirosense.testing.event_labels import labels_equal, require
from envirosense.testing.scenario_definition import Params, ScenarioClass
from envirosense.testing.scenario_labels import check_sound, labels_again

GRIDS_S: Final = ((3600.0, 10.0), (600.0, 0.5), (86_400.0, 600.0))  # (duration, tick): any grid must do


def check_world(scenario_class: ScenarioClass, params: Params, seed: int = 0) -> None:
    """The pole's world takes every cause at a drawn site, and labels of its answers are sound.

    They are the same whether made at once or again from what an episode stores.
    """
    site = draw_site(1, seed).model_copy(update={"has_transformer": True})
    for duration_s, dt_s in GRIDS_S:
        start_utc = datetime(2018, 1 + 5 * seed % 12, 3, 5 * seed % 24, tzinfo=UTC)
        grid = TimeGrid(start_utc=start_utc, dt_s=dt_s, n=round(duration_s / dt_s))
        _check_on(scenario_class, params, EnvironmentOrchestrator(site, greensboro(), grid, seed))


def _check_on(scenario_class: ScenarioClass, params: Params, world: EnvironmentOrchestrator) -> None:
    where = f"{scenario_class.__name__} at {world.grid.dt_s:g} s"
    scenario, grid = scenario_class(params), world.grid
    forcings, responses = _answers(scenario, world, where)
    labels = scenario.all_labels(forcings, responses, grid)
    check_sound(scenario_class, labels, grid)
    stored = tuple(_as_stored(response, grid) for response in responses)
    require(
        labels_equal(labels, labels_again(scenario_class, params, stored, grid)),
        f"{where}: labels made again from the stored response are others; read `response` alone, of which "
        "air_k is stored only where the cause acts on a component",
    )
    for event in labels.events:
        _check_place(event, world.site, where)


def _answers(
    scenario: BaseScenario, world: EnvironmentOrchestrator, where: str
) -> tuple[tuple[Forcing, ...], tuple[Response, ...]]:
    try:
        forcings = scenario.causes(world.conditions, world.scenario_rng)
        ids = [world.add(forcing) for forcing in forcings]
    except EnviroSenseError as error:
        raise AssertionError(f"{where}: the world does not take the cause: {error}") from error
    return forcings, tuple(world.response(forcing_id) for forcing_id in ids)


def _as_stored(response: Response, grid: TimeGrid) -> Response:
    """Response as an episode gives it back: an answer of no component is not kept, states become floats."""
    states = {name: np.asarray(values, dtype=np.float64) for name, values in response.states.items()}
    kept = response if np.isfinite(response.component_k[0]) else Response.quiet(grid)
    return replace(kept, states=states)


def _check_place(event: EventLabels, site: Site, where: str) -> None:
    if event.at is None:
        known = event.component in site.component_positions
        require(known, f"{where}: {event.component!r} is no component of the pole; give its place `at`")
        return
    try:
        require_inside(event.at, "at")
    except EnviroSenseError as error:
        raise AssertionError(f"{where}: the event's place: {error}") from error
