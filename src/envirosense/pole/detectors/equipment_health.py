"""Health of what hangs on the pole, 0..100, and what to do about it: `mechanical` and worn equipment.

From long courses: the thermal trend at equal load and cyclic heating that follows the load. From windows,
whose memory is an hour, so that only steps and quick changes show: natural frequencies and lean of the pole,
blows to it, the field's direction, vibration at twice mains and a spot that heats.
"""

from enum import StrEnum
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from envirosense.pole.detectors.hot_spot import spot_rise_k
from envirosense.pole.detectors.readings import Floats, Readings, greatest, known, noise_level, reduced
from envirosense.pole.detectors.rule_detector import RuleDetector
from envirosense.scenarios.taxonomy import EventType

SHIFT: Final = 0.05  # loss of a natural frequency that means damage, 5 to 20 %; moisture makes 2 to 4 %
LEAN_DEG: Final = 1.0  # change of tilt that means damage, 1 to 2 degrees; the day makes 0.2
SHOCK_GROWTH: Final = 4.0  # of 20 to 110 Hz in the worst tick; wind and trucks reach 2.4; assumed
HUM_GROWTH: Final = 0.15  # of 110 to 130 Hz over its baseline; assumed
TURN_DEG: Final = 25.0  # of the field's direction: phases in other shares than before; assumed
HEATING_K: Final = 15.0  # of a spot over its past; firmware's advisory step
TREND_K_H: Final = 5.0  # rise of excess at equal load per hour; assumed
LAG_S: Final = 900.0  # thermal lag of a joint behind its load, 10 to 15 minutes
NOISE_MARGIN: Final = 1.5  # over the level of normal windows, whose field turns with the load; assumed
FULL: Final = 100.0
AXES: Final = ("along", "across")
LIMITS: Final = (SHIFT, LEAN_DEG, SHOCK_GROWTH, TURN_DEG, HUM_GROWTH, HEATING_K)
N_OF_STRUCTURE: Final = 4  # signs that speak of pole and wires; the others of loaded metal


class Advice(StrEnum):
    """What the firmware recommends."""

    NOW = "now"
    SOON = "within 30 days"
    ROUTINE = "at the next routine visit"


ADVICE_EDGES: Final = ((40.0, Advice.NOW), (70.0, Advice.SOON))  # health below which it is due; assumed


def thermal_trend_k_h(time_s: Floats, excess_k: Floats, current_a: Floats) -> float:
    """Least-squares growth of a component's excess temperature at equal load [K/h].

    The part that goes with the square of the current is fitted beside it and taken off.
    """
    hours = (time_s - time_s.mean()) / 3600.0
    load = current_a**2 - (current_a**2).mean()
    table = np.column_stack([hours, load / max(float(np.abs(load).max()), 1.0), np.ones_like(hours)])
    return float(np.linalg.lstsq(table, excess_k, rcond=None)[0][0])


def cyclic_heating(excess_k: Floats, current_a: Floats, dt_s: float, lag_s: float = LAG_S) -> float:
    """Correlation of excess temperature with the load's square smoothed over the lag, -1..1: a hot joint's.

    0 where either does not vary.
    """
    share = -np.expm1(-dt_s / lag_s)
    driven = np.empty_like(current_a)
    state = float(current_a[0]) ** 2
    for tick, square in enumerate(current_a**2):
        state += share * (float(square) - state)
        driven[tick] = state
    a, b = excess_k - excess_k.mean(), driven - driven.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / scale if scale > 0.0 else 0.0


def turn_deg(field_ut: npt.ArrayLike, baseline_ut: npt.ArrayLike) -> Floats:
    """Angle between the axes' field strengths (..., axis) and those before, (...) [deg]."""
    now, then = np.asarray(field_ut, dtype=np.float64), np.asarray(baseline_ut, dtype=np.float64)
    size = np.linalg.norm(now, axis=-1) * np.linalg.norm(then, axis=-1)
    cosine = (now * then).sum(axis=-1) / np.where(size > 0.0, size, np.nan)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def resonance_loss(frequency_hz: npt.ArrayLike, baseline_hz: npt.ArrayLike) -> Floats:
    """Share of a natural frequency that is lost, shape of the inputs; negative where it rose."""
    then = np.asarray(baseline_hz, dtype=np.float64)
    return np.asarray(1.0 - np.asarray(frequency_hz) / np.where(then > 0.0, then, np.nan))


def health(strengths: npt.ArrayLike) -> Floats:
    """Health 100 (nothing above its noise) to 0 of strengths (..., sign), (...): 50 at one limit."""
    s = np.maximum(np.asarray(strengths, dtype=np.float64), 0.0)
    return np.asarray(FULL / (1.0 + (s**4).sum(axis=-1) ** 0.5))


def advice(health_pct: float) -> Advice:
    """When somebody should come."""
    return next((due for edge, due in ADVICE_EDGES if health_pct < edge), Advice.ROUTINE)


class EquipmentHealthDetector(RuleDetector):
    """Worn, loose, bent or overloaded: what makes the health fall."""

    name = "equipment_health"
    kinds: ClassVar[tuple[str, ...]] = (EventType.MECHANICAL.value, EventType.OVERHEATING.value)

    def __init__(self) -> None:
        super().__init__()
        self.limits: Floats = np.array(LIMITS)

    def learn(self, normal: Readings) -> None:
        """Limits no lower than normal windows swing."""
        swing = np.array([NOISE_MARGIN * noise_level(sign) for sign in _signs(normal)])
        self.limits = np.asarray(np.maximum(LIMITS, swing))

    def signs(self, readings: Readings) -> Floats:
        """Strength of each sign in the order of `LIMITS`, (window, sign), 1 at the limit."""
        return np.stack([np.maximum(known(sign), 0.0) for sign in _signs(readings)], axis=1) / self.limits

    def health_pct(self, readings: Readings) -> Floats:
        """Health of each window, (window,), 0..100."""
        return health(self.signs(readings))

    def evidence(self, readings: Readings) -> tuple[Floats, ...]:
        """The worst sign of structure and wires, and that of loaded metal."""
        signs = self.signs(readings)
        return signs[:, :N_OF_STRUCTURE].max(axis=1), signs[:, N_OF_STRUCTURE:].max(axis=1)


def _signs(readings: Readings) -> tuple[Floats, ...]:
    """Loss of frequency, lean, shock, turned field, growth of hum, heating, (window,) each."""
    loss = greatest(
        [
            resonance_loss(readings.mean(name), readings.baseline(name))
            for name in (f"vibration_sensor.natural_{axis}_hz" for axis in AXES)
        ]
    )
    # an angle's channel is split into parts of its unit vector; the `east` part is the sine of the lean
    leans = [readings.rise(f"vibration_sensor.tilt_{side}_east") for side in ("east", "north")]
    lean_deg = np.degrees(np.hypot(*leans))
    shaken = [f"vibration_sensor.rms_{axis}_20_110_hz_mg" for axis in (*AXES, "up")]
    shock = greatest([reduced(np.max, readings.values(name)) / readings.baseline(name) for name in shaken])
    axes = [f"emf_sensor.{axis}_ut" for axis in "xyz"]
    field = np.stack([readings.mean(axis) for axis in axes], axis=1)
    turned_deg = turn_deg(field, np.stack([readings.baseline(axis) for axis in axes], axis=1))
    bands = [f"vibration_sensor.rms_{axis}_110_130_hz_mg" for axis in (*AXES, "up")]
    hum = np.stack([readings.growth(band) - 1.0 for band in bands]).min(axis=0)  # all axes hum together
    return loss, lean_deg, np.asarray(shock - 1.0), turned_deg, hum, spot_rise_k(readings)
