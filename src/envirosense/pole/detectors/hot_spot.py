"""A place in the thermal picture that has grown hotter and stays so: `overheating`.

Judged is what lasts through a window, of three things at once: the hottest pixel over its own last hour, its
height over the pixels around it, and the picture over its last half hour. Warmer air and a load that grew
explain their part. Drifting cloud and the sun's disk jump from pixel to pixel; a heated body cannot, so a
step from frame to frame that is large against the rise speaks against one.
"""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.pole.detectors.readings import Floats, Readings, greatest, known, noise_level, reduced
from envirosense.pole.detectors.rule_detector import RuleDetector
from envirosense.scenarios.taxonomy import EventType

LIMIT_K: Final = 8.0  # rise that alarms; half of the firmware's 15 K over the air, which sun alone reaches
NOISE_MARGIN: Final = 1.2  # over the level of normal windows; assumed
JUMPY: Final = 0.3  # step from frame to frame as a share of the rise, above which it moves; assumed
STEP_NOISE_K: Final = 2.0  # step that a shutter correction makes of itself; assumed
CEILING_K: Final = 438.0  # 5 K below the end of the camera's high gain: sun and fire look alike there
DARK_V: Final = 5.0  # of the panel, below which the sun is down; assumed
LOCAL_GAIN: Final = 2.0  # a spot smaller than 3x3 pixels shows about half in their mean; assumed
LOAD_POWER: Final = 2.0  # excess goes with the square of the current: Joule's law
THERMAL: Final = "thermal"


def lasting_spot_k(
    hottest_rise_k: npt.ArrayLike, contrast_rise_k: npt.ArrayLike, local_rise_k: npt.ArrayLike
) -> Floats:
    """Rise of a lasting spot, shape of the inputs [K]: the least that three looks agree on.

    Args:
        hottest_rise_k: Hottest pixel over its baseline.
        contrast_rise_k: Hottest pixel less the ring around it, over its baseline.
        local_rise_k: Greatest 3x3 mean over the trailing picture, less the picture's own rise.
    """
    local = LOCAL_GAIN * np.asarray(local_rise_k, dtype=np.float64)
    return np.asarray(np.minimum(np.minimum(hottest_rise_k, contrast_rise_k), local))


def explained_k(air_rise_k: npt.ArrayLike, excess_k: npt.ArrayLike, load_growth: npt.ArrayLike) -> Floats:
    """Rise that warmer air and a grown load account for, shape of the inputs, at least 0 [K].

    `excess_k` is the spot over the air in the hour before, `load_growth` the current as a multiple of then.
    """
    more = np.maximum(np.asarray(load_growth, dtype=np.float64) ** LOAD_POWER - 1.0, 0.0)
    return np.asarray(np.maximum(air_rise_k, 0.0) + np.maximum(excess_k, 0.0) * more)


def keeps_still(
    rise_k: npt.ArrayLike, step_k: npt.ArrayLike, hottest_k: npt.ArrayLike, is_dark: npt.ArrayLike = False
) -> npt.NDArray[np.bool_]:
    """Whether what is hot warms as a body does and stands where it stood, shape of the inputs.

    By day a picture at the end of its range may show the sun itself and is not believed.
    """
    limit_k = JUMPY * np.asarray(rise_k, dtype=np.float64) + STEP_NOISE_K
    believed = (np.asarray(hottest_k) < CEILING_K) | np.asarray(is_dark)
    return np.asarray((np.asarray(step_k) < limit_k) & believed)


def spot_rise_k(readings: Readings) -> Floats:
    """Rise of a lasting spot that air and load do not explain, (window,) [K]; 0 where it moves."""
    hottest = f"{THERMAL}.max"
    raw_k = lasting_spot_k(
        readings.lasting_rise(hottest),
        readings.lasting_rise(f"{THERMAL}.hot_spot"),
        reduced(np.min, readings.values(f"{THERMAL}.local_rise")),
    )
    air = "temperature_humidity.temperature_c"
    excess_k = readings.baseline(hottest) - ZERO_CELSIUS_K - readings.baseline(air)
    load = greatest([readings.growth("emf_sensor.fundamental_ut"), np.ones(len(readings))])
    rise_k = raw_k - known(explained_k(readings.rise(air), excess_k, load))
    step_k = reduced(np.max, readings.values(f"{THERMAL}.max_step"))
    panel = "solar_power.panel_v"
    is_dark = greatest([readings.mean(panel), readings.baseline(panel)]) < DARK_V
    still = keeps_still(rise_k, step_k, readings.mean(hottest), is_dark)
    return np.where(still, np.maximum(rise_k, 0.0), np.where(np.isfinite(rise_k), 0.0, np.nan))


class HotSpotDetector(RuleDetector):
    """Lasting local rise of the thermal picture."""

    name = "hot_spot"
    kinds: ClassVar[tuple[str, ...]] = (EventType.OVERHEATING.value,)

    def __init__(self) -> None:
        super().__init__()
        self.limit_k = LIMIT_K

    def learn(self, normal: Readings) -> None:
        """The limit, raised where normal pictures swing more."""
        self.limit_k = max(LIMIT_K, NOISE_MARGIN * noise_level(spot_rise_k(normal)))

    def evidence(self, readings: Readings) -> tuple[Floats, ...]:
        """Rise over the limit."""
        return (spot_rise_k(readings) / self.limit_k,)
