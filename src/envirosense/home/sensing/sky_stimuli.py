"""What Home Assistant hears of the sky: the sun's place and the weather in a word."""

from typing import Final

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US
from envirosense.home.surroundings.context import STEP_S, Context

UPDATE_STEPS: Final = 4  # a forecast service is asked by the hour (assumed)
UPDATE_US: Final = 90 * SECOND_US  # within which it answers (assumed)
RAIN_MM_H, POURING_MM_H = 0.1, 4.0  # (assumed; heavy rain begins at 4-8 mm/h)
SNOW_C: Final = 0.8  # below it what falls is snow (from memory, 0-2 degC)
WINDY_M_S: Final = 10.8  # Beaufort 6
FOG_PCT: Final = 97.0  # (assumed)
CLOUDY, PARTLY = 0.8, 0.35  # share of the sky; six and three oktas, about


def sun_stimuli(home: Home, context: Context) -> Stimuli:
    """Rise and set of the sun, to the second between the steps."""
    found = home.with_role("sun")
    if not found:
        return Stimuli.of(np.empty(0), 0, 0, 0)
    height = context.sun_elevation_deg
    before = np.flatnonzero((height[1:] >= 0.0) != (height[:-1] >= 0.0))
    part = height[before] / (height[before] - height[before + 1])
    times_us = np.append(0, (STEP_S * SECOND_US * (before + part)).astype(np.int64))
    is_up = np.append(height[0] >= 0.0, height[before + 1] >= 0.0)
    codes = np.array([home.entities[found[0]].code(name) for name in ("below_horizon", "above_horizon")])
    return Stimuli.of(times_us, found[0], codes[is_up.astype(np.int64)], Origin.DEVICE)


def weather_stimuli(home: Home, context: Context, seed: int) -> Stimuli:
    """State of the weather by the hour."""
    found = home.with_role("weather")
    if not found:
        return Stimuli.of(np.empty(0), 0, 0, 0)
    one = home.entities[found[0]]
    steps = np.arange(0, context.n, UPDATE_STEPS)
    delay = stream(seed, "home", "sky", "update").random(steps.size)
    times_us = (STEP_S * SECOND_US * steps + UPDATE_US * delay).astype(np.int64)
    words = weather_words(context)[steps]
    codes = {name: one.code(name) if name in one.states else 0 for name in np.unique(words)}
    return Stimuli.of(times_us, found[0], [codes[word] for word in words], Origin.DEVICE)


def weather_words(context: Context) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Condition as Home Assistant names it, (step,)."""
    wet = np.where(context.rain_mm_h >= POURING_MM_H, "pouring", "rainy")
    wet = np.where(context.air_c < SNOW_C, "snowy", wet)
    clear = np.where(context.is_dark, "clear-night", "sunny")
    dry = np.where(
        context.cloud >= CLOUDY, "cloudy", np.where(context.cloud >= PARTLY, "partlycloudy", clear)
    )
    dry = np.where(context.wind_m_s >= WINDY_M_S, "windy", dry)
    dry = np.where((context.humidity_pct >= FOG_PCT) & (context.wind_m_s < 3.0), "fog", dry)
    return np.where(context.rain_mm_h >= RAIN_MM_H, wet, dry)
