"""A chorus of insects beside the device: 2 to 40 kHz, swelling with the warmth of the air."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.physics.sound.sound_ambient import CRICKET_DARK_W_M2
from envirosense.physics.sound.sound_machines import (
    BUSH_CRICKET_DB,
    CICADA_DB,
    CRICKET_DB,
    power_levels_db,
    sounding_db,
)
from envirosense.pole.scenarios.lookalike.courses import flicker, presence
from envirosense.pole.scenarios.lookalike.lookalike import BEARING, LookalikeScenario
from envirosense.scenarios import (
    BaseRate,
    Choice,
    Conditions,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Noise,
    Parameter,
    ParameterSpace,
    Uniform,
)

SPECTRA: Final = {"cicadas": CICADA_DB, "crickets": CRICKET_DB, "bush_crickets": BUSH_CRICKET_DB}
# Silent below the first air temperature, full chorus above the second [K]; assumed
WARMTH_K: Final = {"cicadas": (291.0, 303.0), "crickets": (283.0, 298.0), "bush_crickets": (285.0, 298.0)}
NIGHT_PULSES_HZ: Final = {"crickets": 30.0, "bush_crickets": 50.0}  # assumed
NIGHT_DB: Final = -8.0  # of the night's chorus over the day's; assumed
PULSE_DEPTH: Final = 0.8  # assumed
SUN_W_M2: Final = 150.0  # global sunlight at which cicadas sing with two thirds; assumed
SWELL_TAU_S, SWELL = 40.0, 0.7  # choruses rise and fall; assumed


class InsectsScenario(LookalikeScenario):
    """Cicadas by day, crickets and bush crickets by night."""

    name: ClassVar[str] = "insects"
    description: ClassVar[str] = "Insects sing within metres of the device, some of them in ultrasound"
    expected_duration: ClassVar[float] = 3600.0
    subtype: ClassVar[EventSubtype] = EventSubtype.INSECTS
    course: ClassVar[str] = "insects_share"
    grading: ClassVar[Grading] = Grading(0.02, 3.0, (("few", 0.0), ("chorus", 0.3)))
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "insects"
    strength: ClassVar[tuple[str, str]] = ("power_dba", "dB(A)")
    height_m: ClassVar[float] = 5.0
    limits: ClassVar[str] = (
        "No calendar: warm air is enough; one place for the whole chorus; none in the inlet."
    )
    rate: ClassVar[BaseRate] = BaseRate(60.0, 14400.0, "assumed: every other warm night or noon of a season")
    tags: ClassVar[tuple[str, ...]] = ("noise", "near")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "at_night": Parameter(
                Choice(("crickets", "bush_crickets")), "1", "who sings by night; cicadas do by day", "assumed"
            ),
            "distance_m": Parameter(LogUniform(2.0, 20.0), "m", "from the pole", "assumed"),
            "bearing_deg": BEARING,
            "power_dba": Parameter(
                Uniform(82.0, 100.0), "dB(A)", "sound power of the full chorus by day", "assumed"
            ),
            "pulses_hz": Parameter(
                Uniform(60.0, 250.0), "Hz", "of the cicadas; near 120 Hz they sound like the mains", "assumed"
            ),
            "onset_fraction": Parameter(
                Uniform(0.0, 0.5), "1", "when they begin, as a fraction of the episode", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Songs of the day's and the night's chorus."""
        grid = conditions.grid
        begin_s = np.array([self.number("onset_fraction") * grid.duration_s])
        swell = presence(grid, begin_s, grid.duration_s) * flicker(grid, rng, SWELL_TAU_S, SWELL)
        night, sunlight = self.text("at_night"), conditions.weather.ghi_w_m2
        day = swell * _warmth(conditions, "cicadas") * -np.expm1(-sunlight / SUN_W_M2)
        dark = swell * _warmth(conditions, night) * np.exp(-sunlight / CRICKET_DARK_W_M2)
        by_day = self._song("cicadas", 0.0, day, self.number("pulses_hz"))
        by_night = self._song(night, NIGHT_DB, dark, NIGHT_PULSES_HZ[night])
        return Forcing(noises=(by_day, by_night), states={self.course: day + dark})

    def _song(self, who: str, more_db: float, share: Array, pulses_hz: float) -> Noise:
        levels_db = power_levels_db(self.number("power_dba") + more_db, SPECTRA[who])
        return Noise(f"insects_{who}", self.at, sounding_db(levels_db, share), pulses_hz, PULSE_DEPTH)


def _warmth(conditions: Conditions, who: str) -> Array:
    """Share of the insects that are warm enough to sing, (time,) [1]."""
    cold_k, warm_k = WARMTH_K[who]
    return np.clip((conditions.air_k - cold_k) / (warm_k - cold_k), 0.0, 1.0)
