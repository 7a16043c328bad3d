"""Thunderstorm cells: growth, maturity and decay of their flashes, their track, the weather they bring."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.air.airflow import ou_path
from envirosense.physics.storms.lightning import Strikes, make_strikes, sorted_strikes, strikes_between

type Array = npt.NDArray[np.float64]
type Values = float | Array

PEAK_AT: Final = 0.4  # share of a cell's life when it flashes most: assumed
GROWTH_POWER: Final = 4.0 / 3.0  # of the rise; the decay's follows from PEAK_AT: assumed
DECAY_POWER: Final = GROWTH_POWER * (1.0 - PEAK_AT) / PEAK_AT
SPREAD_M: Final = 4000.0  # standard deviation of flashes around the centre, 3 to 5 km, assumed
BURST_LN_SIGMA: Final = 0.7  # of the flash rate around its course: assumed
BURST_S: Final = 120.0  # memory of those bursts: assumed
_STEP_S: Final = 10.0  # on which the rate is drawn: numerical choice

FLASHES_PER_MIN: Final = (0.5, 10.0)  # peak of a cell, log-uniform between: assumed
SPEED_M_S: Final = (5.0, 20.0)  # assumed
LIFETIME_S: Final = (1800.0, 3600.0)  # ordinary cells last 30 to 60 min (from memory)
CELL_EVERY_S: Final = 1200.0  # mean time between cells of a storm: assumed
SCENE_M: Final = 25_000.0  # standard deviation of where cells of a storm pass: assumed


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that passes in a straight line, its flashes centred on the time of closest approach."""

    closest_s: float
    closest_m: float
    bearing_rad: float  # from the pole to the closest point, clockwise from north
    speed_m_s: float
    peak_flashes_per_min: float
    lifetime_s: float

    def __post_init__(self) -> None:
        """Refuse a cell that cannot be."""
        if not (self.lifetime_s > 0.0 and self.peak_flashes_per_min >= 0.0 and self.closest_m >= 0.0):
            raise ValueError("a cell needs a lifetime above zero and no negative rate or distance")

    def centre_m(self, t_s: Array) -> tuple[Array, Array]:
        """Centre east and north of the pole, (time,) each [m]; it moves with the pole at its right."""
        sin, cos = np.sin(self.bearing_rad), np.cos(self.bearing_rad)
        gone_m = self.speed_m_s * (np.asarray(t_s, dtype=np.float64) - self.closest_s)
        return self.closest_m * sin + gone_m * cos, self.closest_m * cos - gone_m * sin

    def distance_m(self, t_s: Array) -> Array:
        """Distance of the centre from the pole, (time,) [m]."""
        return np.hypot(*self.centre_m(t_s))


def life_course(age: Values) -> Array:
    """Flash rate over its peak at a share of the cell's life, same shape [1]: growth, maturity, decay."""
    x = np.clip(age, 0.0, 1.0)
    return np.asarray((x / PEAK_AT) ** GROWTH_POWER * ((1.0 - x) / (1.0 - PEAK_AT)) ** DECAY_POWER)


def cell_strikes(cell: Cell, rng: np.random.Generator) -> Strikes:
    """All strokes of one cell; the number of flashes is Poisson around a rate that comes in bursts."""
    n = int(np.ceil(cell.lifetime_s / _STEP_S))
    step_s = cell.lifetime_s / n
    course = cell.peak_flashes_per_min / 60.0 * life_course((np.arange(n) + 0.5) / n)
    wander = ou_path(rng.standard_normal(n), step_s, BURST_S, float(rng.standard_normal()))
    rate_per_s = course * np.exp(BURST_LN_SIGMA * wander - 0.5 * BURST_LN_SIGMA**2)
    count = rng.poisson(rate_per_s * step_s)
    steps = np.repeat(np.arange(n), count)
    start_s = np.sort(cell.closest_s - 0.5 * cell.lifetime_s + step_s * (steps + rng.random(steps.size)))
    east_m, north_m = cell.centre_m(start_s)
    off_m = SPREAD_M * rng.standard_normal((2, steps.size))
    return make_strikes(start_s, east_m + off_m[0], north_m + off_m[1], rng)


def natural_cell(closest_s: float, closest_sigma_m: float, rng: np.random.Generator) -> Cell:
    """A cell drawn from the ranges of ordinary storms."""
    low, high = np.log(FLASHES_PER_MIN)
    return Cell(
        closest_s,
        abs(closest_sigma_m * float(rng.standard_normal())),
        float(rng.uniform(0.0, 2.0 * np.pi)),
        float(rng.uniform(*SPEED_M_S)),
        float(np.exp(rng.uniform(low, high))),
        float(rng.uniform(*LIFETIME_S)),
    )


def natural_storm(duration_s: float, rng: np.random.Generator) -> Strikes:
    """Strokes of a storm of several cells that come and go over a time, 0 <= time < duration.

    Cells are Poisson in time, one every twenty minutes on average, and at least one is mature within.
    """
    if not duration_s > 0.0:
        raise ValueError(f"duration_s={duration_s!r}: a storm must last longer than zero")
    margin_s = LIFETIME_S[1] / 2.0
    others = int(rng.poisson((duration_s + 2.0 * margin_s) / CELL_EVERY_S))
    middles_s = [rng.uniform(0.0, duration_s), *rng.uniform(-margin_s, duration_s + margin_s, others)]
    cells = [natural_cell(float(middle_s), SCENE_M, rng) for middle_s in middles_s]
    return strikes_between(sorted_strikes([cell_strikes(cell, rng) for cell in cells]), 0.0, duration_s)


# Weather at the ground under a cell: numbers of ordinary storms, all assumed
GUST_LEAD_M: Final = 6000.0  # from the gust front to the centre of the rain
GUST_REACH_M: Final = 12_000.0  # distance over which outflow weakens to 1/e
GUST_M_S: Final = (4.0, 15.0)  # of the weakest and the strongest cell
PRESSURE_PA: Final = (100.0, 300.0)
COOLING_K: Final = (3.0, 10.0)
RAIN_MM_H: Final = (5.0, 80.0)
RAIN_RADIUS_M: Final = 3000.0  # standard deviation of the rain around the centre


@dataclass(frozen=True, slots=True)
class StormWeather:
    """What a cell does to the weather at the pole; `onset_s` is when its gust front arrives."""

    onset_s: float
    gust_m_s: float
    gust_to_rad: float  # direction that the outflow blows to, clockwise from north
    pressure_pa: float  # jump behind the front
    cooling_k: float  # fall of the air's temperature
    rain_mm_h: Array  # (time,)


def storm_weather(t_s: Array, cell: Cell) -> StormWeather:
    """Gust front, pressure jump, cooling and rain of a cell at the pole; strengths grow with its flashes.

    The front runs ahead of the rain by six kilometres; all but the rain weaken as exp(-distance / 12 km).
    """
    low, high = np.log(FLASHES_PER_MIN)
    strength = float(np.clip((np.log(max(cell.peak_flashes_per_min, 1e-9)) - low) / (high - low), 0.0, 1.0))
    speed_m_s = max(cell.speed_m_s, 1.0)
    onset_s = cell.closest_s - GUST_LEAD_M / speed_m_s
    east_m, north_m = (float(c) for c in cell.centre_m(np.asarray(onset_s)))
    reach = float(np.exp(-cell.closest_m / GUST_REACH_M))

    def scaled(limits: tuple[float, float]) -> float:
        return limits[0] + strength * (limits[1] - limits[0])

    age = (np.asarray(t_s, dtype=np.float64) - cell.closest_s) / cell.lifetime_s + 0.5
    near = np.exp(-0.5 * (cell.distance_m(t_s) / RAIN_RADIUS_M) ** 2)
    return StormWeather(
        onset_s=float(onset_s),
        gust_m_s=scaled(GUST_M_S) * reach,
        gust_to_rad=float(np.mod(np.arctan2(-east_m, -north_m), 2.0 * np.pi)),
        pressure_pa=scaled(PRESSURE_PA) * reach,
        cooling_k=scaled(COOLING_K) * reach,
        rain_mm_h=np.asarray(scaled(RAIN_MM_H) * near * life_course(age)),
    )
