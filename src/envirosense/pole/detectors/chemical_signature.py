"""Gas of charring and burning wood in three stages: `fire_precursor`.

The device's firmware compares concentrations with thresholds; all of them lie inside the accuracy of its own
gas sensors. Here rises over the hour's baseline are compared, averaged over a window, after what temperature
and humidity explain has been taken off, and never below what normal windows reach by themselves. Two faults
of the firmware's pattern are mended: CO and NO2 are divided in one unit, and a ratio counts only where
both of its gases have risen, so clean air scores 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from envirosense.pole.detectors.readings import Floats, Readings, known, noise_level, reduced
from envirosense.pole.detectors.rule_detector import RuleDetector
from envirosense.scenarios.taxonomy import EventType

CELLULOSE: Final = {"ch1_formaldehyde": 25.0, "ch2_acetaldehyde": 30.0, "ch3_acrolein": 5.0}  # ppb; firmware
LIGNIN: Final = {"ch4_phenol": 20.0, "ch5_cresol": 15.0, "ch6_guaiacol": 10.0}  # ppb; firmware 5.1.1
CO_PPB: Final = 1000.0  # least of the firmware's 1 to 50 ppm; a truck passing reaches a third
NO2_PPB: Final = 20.0  # least of the firmware's range of 20 to 500 ppb
SMOKE_UG_M3: Final = (
    35.0  # of PM2.5, below the 47 to 70 of the same; stands in for NO2, of which it makes little
)
FLICKER: Final = 0.25  # std over rise within a window: a near plume gusts, haze from afar does not; assumed
WEIGHTS: Final = (30.0, 25.0, 40.0)  # score of cellulose, lignin, combustion; firmware 10.3
RATIO_WEIGHT: Final = 15.0  # score of a ratio inside its range; firmware 10.3
ALDEHYDES: Final = (0.8, 1.2)  # formaldehyde / acetaldehyde; firmware 10.3
CO_TO_NO2: Final = (40.0, 60.0)  # both in ppb; firmware 10.3
NOISE_MARGIN: Final = 1.2  # over the level of normal windows; assumed
DRIFT_MARGIN: Final = 2.0  # the same of the gas array, whose units drift unlike each other; assumed
LEAST_TO_FIT: Final = 50  # normal windows from which a slope is fitted; assumed


@dataclass(frozen=True, slots=True)
class Signature:
    """Strength of each stage, shape of the rises: 0 none, 1 at its limit; and the firmware's score."""

    cellulose: Floats
    lignin: Floats
    combustion: Floats
    score: Floats  # 0 for clean air to 125


def stage_strength(rises_ppb: npt.ArrayLike, limits_ppb: npt.ArrayLike) -> Floats:
    """Least rise over its limit among the gases of a stage, from (..., gas) to (...), at least 0."""
    shares = np.asarray(rises_ppb, dtype=np.float64) / np.asarray(limits_ppb, dtype=np.float64)
    return np.asarray(np.maximum(shares.min(axis=-1), 0.0))


def ratio_in_range(
    above_ppb: npt.ArrayLike, below_ppb: npt.ArrayLike, bounds: tuple[float, float]
) -> npt.NDArray[np.bool_]:
    """Whether the ratio of two rises in one unit lies in its range, shape of the inputs; not without both."""
    a, b = np.asarray(above_ppb, dtype=np.float64), np.asarray(below_ppb, dtype=np.float64)
    ratio = a / np.where(b > 0.0, b, np.nan)
    return np.asarray((ratio >= bounds[0]) & (ratio <= bounds[1]))


def chemical_signature(
    cellulose_ppb: npt.ArrayLike,
    lignin_ppb: npt.ArrayLike,
    co_ppb: npt.ArrayLike,
    no2_ppb: npt.ArrayLike,
    smoke_ug_m3: npt.ArrayLike = 0.0,
    limits: "Limits | None" = None,
) -> Signature:
    """Stages and score of rises over the baseline.

    Args:
        cellulose_ppb: Rises of formaldehyde, acetaldehyde, acrolein, (..., 3).
        lignin_ppb: Rises of phenol, cresol, guaiacol, (..., 3).
        co_ppb: Rise of carbon monoxide, (...).
        no2_ppb: Rise of nitrogen dioxide, (...).
        smoke_ug_m3: Rise of PM2.5 that gusts like a near plume, (...).
        limits: Rises that alarm; those of the firmware unless given.
    """
    at = limits or Limits()
    aldehydes = np.asarray(cellulose_ppb, dtype=np.float64)
    stages = stage_strength(aldehydes, at.cellulose_ppb), stage_strength(lignin_ppb, at.lignin_ppb)
    beside = np.maximum(np.asarray(no2_ppb) / at.no2_ppb, np.asarray(smoke_ug_m3) / at.smoke_ug_m3)
    combustion = np.maximum(np.minimum(np.asarray(co_ppb) / at.co_ppb, beside), 0.0)
    passed = [one >= 1.0 for one in (*stages, combustion)]
    score = sum(weight * one for weight, one in zip(WEIGHTS, passed, strict=True))
    first = passed[0] & ratio_in_range(aldehydes[..., 0], aldehydes[..., 1], ALDEHYDES)
    last = passed[2] & ratio_in_range(co_ppb, no2_ppb, CO_TO_NO2)
    return Signature(*stages, combustion, np.asarray(score + RATIO_WEIGHT * first + RATIO_WEIGHT * last))


@dataclass(frozen=True, slots=True)
class Limits:
    """Rises over the baseline that alarm."""

    cellulose_ppb: tuple[float, ...] = tuple(CELLULOSE.values())
    lignin_ppb: tuple[float, ...] = tuple(LIGNIN.values())
    co_ppb: float = CO_PPB
    no2_ppb: float = NO2_PPB
    smoke_ug_m3: float = SMOKE_UG_M3


def air_slopes(rises: Floats, air_rise_k: Floats, humidity_rise_pct: Floats) -> tuple[float, float]:
    """Least-squares slopes of normal rises against those of temperature [per K] and humidity [per %]."""
    table = np.column_stack([air_rise_k, humidity_rise_pct, rises])
    whole = table[np.isfinite(table).all(axis=1)]
    if len(whole) < LEAST_TO_FIT:
        return 0.0, 0.0
    slopes = np.linalg.lstsq(whole[:, :2], whole[:, 2], rcond=None)[0]
    return float(slopes[0]), float(slopes[1])


def gusting_rise(samples: Floats, baseline: Floats) -> Floats:
    """Rise of the mean of (window, time) where it gusts like a near plume, 0 where it is even, (window,)."""
    rise = reduced(np.mean, samples) - baseline
    return np.where(
        reduced(np.std, samples) >= FLICKER * rise, rise, np.where(np.isfinite(rise), 0.0, np.nan)
    )


class ChemicalSignatureDetector(RuleDetector):
    """Three stages of wood on its way to fire, by gas."""

    name = "chemical_signature"
    kinds: ClassVar[tuple[str, ...]] = (EventType.FIRE_PRECURSOR.value,)

    def __init__(self) -> None:
        super().__init__()
        self.slopes: dict[str, tuple[float, float]] = {}
        self.limits = Limits()

    def learn(self, normal: Readings) -> None:
        """Slopes against the air, then limits no lower than what is left swings."""
        air = _air(normal)
        self.slopes = {gas: air_slopes(normal.rise(_voc(gas)), *air) for gas in (*CELLULOSE, *LIGNIN)}
        self.limits = Limits(
            self._raised(normal, CELLULOSE),
            self._raised(normal, LIGNIN),
            max(CO_PPB, NOISE_MARGIN * noise_level(_co_ppb(normal))),
            max(NO2_PPB, NOISE_MARGIN * noise_level(normal.rise("gas_sensor.no2_ppb"))),
            max(SMOKE_UG_M3, NOISE_MARGIN * noise_level(_smoke(normal))),
        )

    def _raised(self, normal: Readings, gases: Mapping[str, float]) -> tuple[float, ...]:
        """Thresholds of a stage, raised together until normal windows hardly ever pass all at once."""
        thresholds = tuple(gases.values())
        alone = stage_strength(self._rises_ppb(normal, gases), thresholds)
        factor = max(1.0, DRIFT_MARGIN * noise_level(alone))
        return tuple(factor * threshold for threshold in thresholds)

    def _rises_ppb(self, readings: Readings, gases: Mapping[str, float]) -> Floats:
        return np.stack([known(self._rise_ppb(readings, gas)) for gas in gases], axis=1)

    def _rise_ppb(self, readings: Readings, gas: str) -> Floats:
        air_k, humidity_pct = _air(readings)
        per_k, per_pct = self.slopes.get(gas, (0.0, 0.0))
        rise_ppb = readings.rise(_voc(gas))
        return np.asarray(rise_ppb - known(per_k * air_k) - known(per_pct * humidity_pct))

    def signature(self, readings: Readings) -> Signature:
        """Stages and score of each window, (window,) each; an unknown gas has not risen."""
        cellulose_ppb, lignin_ppb = (self._rises_ppb(readings, group) for group in (CELLULOSE, LIGNIN))
        co_ppb, no2_ppb = known(_co_ppb(readings)), known(readings.rise("gas_sensor.no2_ppb"))
        smoke_ug_m3 = known(_smoke(readings))
        return chemical_signature(cellulose_ppb, lignin_ppb, co_ppb, no2_ppb, smoke_ug_m3, self.limits)

    def evidence(self, readings: Readings) -> tuple[Floats, ...]:
        """The strongest stage."""
        found = self.signature(readings)
        return (np.maximum(np.maximum(found.cellulose, found.lignin), found.combustion),)


def _voc(gas: str) -> str:
    return f"voc_array.{gas}_ppb"


def _air(readings: Readings) -> tuple[Floats, Floats]:
    climate = "temperature_humidity"
    return readings.rise(f"{climate}.temperature_c"), readings.rise(f"{climate}.humidity_pct")


def _co_ppb(readings: Readings) -> Floats:
    return 1000.0 * readings.rise("gas_sensor.co_ppm")  # the two gases must share a unit


def _smoke(readings: Readings) -> Floats:
    channel = "particulate_matter.pm2_5_ug_m3"
    return gusting_rise(readings.values(channel), readings.baseline(channel))
