"""A world without physics: its answers are planted, so a scenario can be judged on its own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.pole.site import Site
from envirosense.scenarios import Conditions, Forcing, Response

AIR_K: Final = 293.15
CURRENT_A: Final = 250.0
START_UTC: Final = datetime(1990, 7, 1, 12, tzinfo=UTC)

type ConditionsOf = Callable[[TimeGrid], Conditions]


def planted_grid(duration_s: float = 3600.0, dt_s: float = 10.0) -> TimeGrid:
    """Ticks of an afternoon in July."""
    return TimeGrid(start_utc=START_UTC, dt_s=dt_s, n=round(duration_s / dt_s))


def planted_conditions(grid: TimeGrid) -> Conditions:
    """Steady mild air and load at a common pole; the arrays refuse to be written."""
    return Conditions(
        grid, _constant(grid, CURRENT_A), _constant(grid, AIR_K), dict(Site().component_positions)
    )


def planted_response(grid: TimeGrid, excess_k: float) -> Response:
    """Component that warms by `excess_k` in the second quarter of the time and cools in the fourth.

    Fuel is lost while it is warm, at most nine tenths of it. All arrays refuse to be written.
    """
    fraction = (np.arange(grid.n) + 0.5) / grid.n
    warmth = np.clip(np.interp(fraction, [0.25, 0.5, 0.75, 0.95], [0.0, 1.0, 0.9, 0.0]), 0.0, 1.0)
    spent = np.cumsum(warmth) / warmth.sum() if excess_k > 0 else np.zeros(grid.n)
    healthy_k = _constant(grid, AIR_K)
    return Response(
        component_k=frozen(healthy_k + excess_k * warmth),
        healthy_k=healthy_k,
        air_k=_constant(grid, AIR_K),
        converted=frozen(0.9 * spent),
        emission_g_s=frozen(0.01 * warmth * (excess_k > 0)),
    )


def frozen(values: Array) -> Array:
    """The same array, refusing to be written."""
    values.flags.writeable = False
    return values


def _constant(grid: TimeGrid, value: float) -> Array:
    return frozen(np.full(grid.n, value))


class PlantedWorld:
    """Orchestrator whose answer to every cause is the same planted one."""

    def __init__(self, conditions: Conditions, response: Response, seed: int = 0) -> None:
        """World that starts from `conditions` and always answers `response`."""
        self.forcings: list[Forcing] = []
        self._conditions = conditions
        self._response = response
        self._seed = seed

    @property
    def conditions(self) -> Conditions:
        """What a scenario starts from."""
        return self._conditions

    @property
    def grid(self) -> TimeGrid:
        """Ticks, as a state of the world has them."""
        return self._conditions.grid

    def add(self, forcing: Forcing) -> int:
        """Remember a cause."""
        self.forcings.append(forcing)
        return len(self.forcings) - 1

    def response(self, forcing_id: int) -> Response:
        """The planted answer."""
        return self._response

    def scenario_rng(self, scenario_id: str) -> np.random.Generator:
        """Generator of this world for a scenario."""
        return stream(self._seed, "planted", scenario_id)
