"""A creosoted pole in hot sun: phenol, cresol and naphthalene from wood that is only warm.

Creosote leaves the wood's skin like a vapour in balance with it, so its rate follows the temperature of the
skin: air plus what the sun adds on a grey cylinder, through wood that needs an hour to follow.
"""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.physics.particles.relaxation_kernels import relax
from envirosense.pole.matter.sources import overheating
from envirosense.pole.scenarios.lookalike.lookalike import LookalikeScenario
from envirosense.scenarios import (
    BaseRate,
    Conditions,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Parameter,
    ParameterSpace,
    Uniform,
)

ALBEDO: Final = 0.2  # of grass; assumed
SKIN_S: Final = 2400.0  # 2 cm of wood of 1 MJ/m3/K under 8 W/m2/K; computed
FILM_W_M2_K: Final = 8.0  # free convection and radiation of a pole in light air; assumed
FILM_PER_M_S: Final = 4.0  # more of it per wind speed [W/m2/K per m/s]; assumed
SMELLS_G_S: Final = 3e-5  # of all its vapours, from which a pole smells: a microgram or two in a m3; assumed


def skin_k(conditions: Conditions, absorptivity: float) -> Array:
    """Temperature of a pole's skin, (time,) [K]: sol-air temperature, smoothed over the skin's time.

    The beam falls on the outline, diameter over circumference of the side; half of sky and ground light it.
    """
    grid, weather = conditions.grid, conditions.weather
    beam_w_m2 = weather.dni_w_m2 * np.sin(conditions.sun.zenith_rad) / np.pi
    light_w_m2 = beam_w_m2 + 0.5 * (weather.dhi_w_m2 + ALBEDO * weather.ghi_w_m2)
    film_w_m2_k = FILM_W_M2_K + FILM_PER_M_S * weather.wind_m_s
    sunned_k = weather.air_k + absorptivity * light_w_m2 / film_w_m2_k
    mean = np.empty(grid.n)
    relax(sunned_k, np.full(grid.n, 1.0 / SKIN_S), grid.dt_s, float(sunned_k[0]), mean)
    return mean


class CreosoteHotDayScenario(LookalikeScenario):
    """A freshly treated pole on a hot day."""

    name: ClassVar[str] = "creosote_hot_day"
    description: ClassVar[str] = "A freshly creosoted pole smells in hot sun"
    expected_duration: ClassVar[float] = 14400.0
    subtype: ClassVar[EventSubtype] = EventSubtype.CREOSOTE
    course: ClassVar[str] = "creosote_hot_day_g_s"
    grading: ClassVar[Grading] = Grading(SMELLS_G_S, 3e-3, (("faint", 0.0), ("strong", 3e-4)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "pole"
    strength: ClassVar[tuple[str, str]] = ("creosote_g", "g")
    height_m: ClassVar[float] = 7.0  # middle of the pole
    limits: ClassVar[str] = (
        "It smells when the weather year is warm enough; one temperature and place for the whole pole."
    )
    rate: ClassVar[BaseRate] = BaseRate(5.0, 21600.0, "assumed: hot days of the few poles treated lately")
    tags: ClassVar[tuple[str, ...]] = ("vapour", "pole")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "creosote_g": Parameter(
                LogUniform(150.0, 3000.0),
                "g",
                "creosote in the skin that still gives off vapour",
                "assumed: outer millimetre or two of 10 m2 at 100 to 200 kg/m3",
            ),
            "absorptivity": Parameter(
                Uniform(0.75, 0.95), "1", "share of sunlight that the dark wood takes up", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Vapour of the skin in the day's sun."""
        wood_k = skin_k(conditions, self.number("absorptivity"))
        creosote_g = self.number("creosote_g")
        vapour = overheating("creosote_hot_day", conditions.grid, self.at, wood_k, creosote_g)
        total_g_s = np.sum(list(vapour.gas_g_s.values()), axis=0)
        return Forcing(emissions=(vapour,), states={self.course: total_g_s})
