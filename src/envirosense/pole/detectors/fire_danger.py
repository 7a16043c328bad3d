"""Weather in which a spark becomes a fire: `fire_risk`.

Litter is taken to stand at the moisture that it dries to in the air of the device, and the Canadian index of
fire weather made of it, the wind and a usual buildup: within hours a device cannot know the drought of
weeks. Beside it stands the combination of dry air and wind that forecasters flag. Wet fuel carries no risk.
"""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.fire.canadian_fwi import (
    equilibrium_pct,
    fire_weather_index,
    initial_spread,
    litter_code,
)
from envirosense.pole.detectors.readings import Floats, Readings, greatest, known, noise_level
from envirosense.pole.detectors.rule_detector import RuleDetector
from envirosense.scenarios.taxonomy import EventType

BUILDUP: Final = 60.0  # buildup index taken for every site and season; assumed
VERY_HIGH: Final = 38.0  # fire weather index from which danger is very high [EFFIS] (from memory)
FLAG_HUMIDITY_PCT: Final = 25.0  # below which dry air is flagged [NWS] (from memory)
FLAG_WIND_M_S: Final = 6.7  # 15 mph, above which wind is flagged [NWS] (from memory)
WET_MM_H: Final = 0.1  # rain now or in the hour before that wets fine fuel; assumed
KM_H_PER_M_S: Final = 3.6  # exact
NOISE_MARGIN: Final = 1.2  # over the level of normal windows; assumed


def index_of_moment(air_c: npt.ArrayLike, humidity_pct: npt.ArrayLike, wind_m_s: npt.ArrayLike) -> Floats:
    """Fire weather index of litter in balance with its air, shape of the inputs."""
    damp = np.clip(humidity_pct, 0.0, 100.0)
    ffmc = litter_code(equilibrium_pct(air_c, damp)[0])
    wind_km_h = KM_H_PER_M_S * np.asarray(wind_m_s, dtype=np.float64)
    return fire_weather_index(initial_spread(ffmc, wind_km_h), BUILDUP)


def red_flag(humidity_pct: npt.ArrayLike, wind_m_s: npt.ArrayLike) -> Floats:
    """How far dry air and wind both pass their marks, shape of the inputs: 1 where the weaker just does."""
    dry = FLAG_HUMIDITY_PCT / np.maximum(humidity_pct, 1.0)
    return np.asarray(np.minimum(dry, np.asarray(wind_m_s, dtype=np.float64) / FLAG_WIND_M_S))


class FireDangerDetector(RuleDetector):
    """Fire weather by the Canadian index and the red flag."""

    name = "fire_danger"
    kinds: ClassVar[tuple[str, ...]] = (EventType.FIRE_RISK.value,)

    def __init__(self) -> None:
        super().__init__()
        self.index_limit, self.flag_limit = VERY_HIGH, 1.0

    def learn(self, normal: Readings) -> None:
        """Limits no lower than the weather of normal windows."""
        index, flag = _danger(normal)
        self.index_limit = max(VERY_HIGH, NOISE_MARGIN * noise_level(index))
        self.flag_limit = max(1.0, NOISE_MARGIN * noise_level(flag))

    def evidence(self, readings: Readings) -> tuple[Floats, ...]:
        """The greater of index and flag, over their limits; none where it rains or has just rained."""
        index, flag = _danger(readings)
        return (np.maximum(known(index) / self.index_limit, known(flag) / self.flag_limit),)


def _danger(readings: Readings) -> tuple[Floats, Floats]:
    climate, rain = "temperature_humidity", "rain_gauge.rain_mm_h"
    humidity_pct = readings.mean(f"{climate}.humidity_pct")
    wind_m_s = readings.mean("wind_sensor.speed_m_s")
    index = index_of_moment(readings.mean(f"{climate}.temperature_c"), humidity_pct, wind_m_s)
    wet = known(greatest([readings.mean(rain), readings.baseline(rain)])) >= WET_MM_H
    return np.where(wet, 0.0, index), np.where(wet, 0.0, red_flag(humidity_pct, wind_m_s))
