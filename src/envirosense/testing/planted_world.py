"""A world without physics: its answers are planted, so a scenario can be judged on its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.physics.air.weather import WeatherSeries
from envirosense.physics.light.sunlight import SunTrack
from envirosense.pole.site import Site
from envirosense.pole.surroundings import surroundings
from envirosense.scenarios import Conditions, Forcing, Response

AIR_K: Final = 293.15
CURRENT_A: Final = 250.0
BODY_TAU_S: Final = 300.0  # a component follows its heat within minutes
WEATHER: Final = {
    "air_k": AIR_K, "dew_point_k": 283.15, "relative_humidity": 0.525, "pressure_pa": 101_325.0,
    "wind_m_s": 2.0, "wind_from_rad": 1.0, "ghi_w_m2": 600.0, "dni_w_m2": 500.0, "dhi_w_m2": 150.0,
    "rain_mm_h": 0.0, "cloud_fraction": 0.3, "cloud_base_m": 1500.0,
}  # fmt: skip
SUN: Final = (0.0, 0.5, np.pi)  # time [s], zenith and azimuth [rad]: high in the south, and it stands still
START_UTC: Final = datetime(1990, 7, 1, 12, tzinfo=UTC)

type ConditionsOf = Callable[[TimeGrid], Conditions]


def planted_grid(duration_s: float = 3600.0, dt_s: float = 10.0) -> TimeGrid:
    """Ticks of an afternoon in July."""
    return TimeGrid(start_utc=START_UTC, dt_s=dt_s, n=round(duration_s / dt_s))


def planted_conditions(grid: TimeGrid) -> Conditions:
    """Steady mild air, a light wind and load at a common pole; the arrays refuse to be written."""
    steady = {name: _constant(grid, value) for name, value in WEATHER.items()}
    return Conditions(
        grid,
        _constant(grid, CURRENT_A),
        WeatherSeries(**steady),
        frozen(np.mod(12.0 + grid.t_s / 3600.0, 24.0)),
        surroundings(Site()),
        SunTrack(*(_constant(grid, value) for value in SUN)),
    )


def planted_response(grid: TimeGrid, excess_k: float) -> Response:
    """Component that warms by `excess_k` in the second quarter of the time and cools in the fourth.

    Fuel is lost while it is warm, at most nine tenths of it. All arrays refuse to be written.
    """
    fraction = (np.arange(grid.n) + 0.5) / grid.n
    return _warming(grid, excess_k, np.interp(fraction, [0.25, 0.5, 0.75, 0.95], [0.0, 1.0, 0.9, 0.0]))


def _warming(grid: TimeGrid, excess_k: float, warmth: Array) -> Response:
    spent = np.cumsum(warmth) / max(float(warmth.sum()), 1e-9) * (excess_k > 0.0)
    healthy_k = _constant(grid, AIR_K)
    return Response(
        component_k=frozen(healthy_k + excess_k * warmth),
        healthy_k=healthy_k,
        air_k=_constant(grid, AIR_K),
        converted=frozen(0.9 * spent),
        emission_g_s=frozen(0.01 * warmth * (excess_k > 0.0)),
    )


def planted_responses(
    forcings: Sequence[Forcing], grid: TimeGrid, excess_k: float, *, with_states: bool = True
) -> tuple[Response, ...]:
    """Answers to causes, as an episode stores them, with components that warm by `excess_k` at most.

    The warmth follows the cause's own heat through a slow body, so nothing answers before its cause. Without
    states, these are 0.
    """
    return tuple(_planted_answer(forcing, grid, excess_k, with_states) for forcing in forcings)


def _planted_answer(forcing: Forcing, grid: TimeGrid, excess_k: float, with_states: bool) -> Response:
    states = {
        name: frozen(np.asarray(values, dtype=np.float64) * with_states)
        for name, values in forcing.states.items()
    }
    if forcing.component is None and not forcing.fuels:
        return replace(Response.quiet(grid), states=states)
    answer = replace(planted_response(grid, excess_k), states=states)
    courses = _heat_courses(forcing)
    if courses:
        answer = replace(_warming(grid, excess_k, _warmth(courses, grid)), states=states)
    if not forcing.fuels:
        nothing = _constant(grid, 0.0)
        answer = replace(answer, converted=nothing, emission_g_s=nothing)
    return answer


def _heat_courses(forcing: Forcing) -> list[Array]:
    courses = [heating.power_w for heating in forcing.heatings]
    courses += [joint.resistance_ohm for joint in forcing.joints]
    courses += [discharge.power_w for discharge in forcing.discharges if discharge.component is not None]
    in_tanks = (course for tank in forcing.tanks for course in (tank.load_factor, tank.internal_w))
    return courses + [course for course in in_tanks if course is not None]


def _warmth(courses: Sequence[Array], grid: TimeGrid) -> Array:
    """Warmth over its greatest, (time,), 0..1; 0 where no course ever changes."""
    from scipy.signal import lfilter

    risen = sum((_risen(course) for course in courses), np.zeros(grid.n))
    keep = np.exp(-grid.dt_s / BODY_TAU_S)
    warmth = np.asarray(lfilter([1.0 - keep], [1.0, -keep], risen))
    return warmth / warmth.max() if warmth.max() > 0.0 else warmth


def _risen(course: Array) -> Array:
    """Course over its least value, as a share of its greatest; one that never changes is 1 throughout."""
    above = course - course.min()
    greatest = above.max()
    return np.asarray(
        above / greatest if greatest > 0.0 else np.full(course.shape, float(course.max() > 0.0))
    )


def frozen(values: Array) -> Array:
    """The same array, refusing to be written."""
    values.flags.writeable = False
    return values


def _constant(grid: TimeGrid, value: float) -> Array:
    return frozen(np.full(grid.n, value))


class PlantedWorld:
    """Orchestrator that answers every cause with a planted response."""

    def __init__(self, conditions: Conditions, excess_k: float, seed: int = 0) -> None:
        """World that starts from `conditions`, whose components warm by `excess_k` at most."""
        self.forcings: list[Forcing] = []
        self._conditions = conditions
        self._excess_k = excess_k
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
        return planted_responses([self.forcings[forcing_id]], self.grid, self._excess_k)[0]

    def scenario_rng(self, scenario_id: str) -> np.random.Generator:
        """Generator of this world for a scenario."""
        return stream(self._seed, "planted", scenario_id)
