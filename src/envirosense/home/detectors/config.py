"""Thresholds of the detectors: those that such tools ship with, permissive on purpose."""

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from envirosense.core.config import FrozenModel


class DetectorConfig(FrozenModel):
    """What a candidate must reach to be reported.

    The mined synergy's limits are those of homes.md 2 (support .05, confidence .7, lift 1.5, consistency .8,
    60 s); the others are assumed in their manner.

    Attributes:
        least_count: occurrences.
        least_support: share of the days with an occurrence.
        least_confidence: of patterns; a little under the .5 that quality filters keep.
        least_lift: over unrelated events as frequent.
        window_s: in which an action must follow, of patterns [s].
        clock_half_s: half width of a time of the day [s].
        most_clock_peaks: times of the day of one change.
        condition_share: share of the occurrences that a condition must hold at.
        condition_contrast: that share over the one of all triggers.
        synergy_confidence: of synergies.
        synergy_consistency: share of the weeks with an occurrence, of synergies.
        synergy_window_s: of synergies [s].
    """

    least_count: PositiveInt = 4
    least_support: NonNegativeFloat = 0.05
    least_confidence: float = Field(default=0.48, ge=0.0, le=1.0)
    least_lift: PositiveFloat = 1.5
    window_s: PositiveFloat = 300.0
    clock_half_s: PositiveFloat = 3600.0
    most_clock_peaks: PositiveInt = 2
    condition_share: float = Field(default=0.8, ge=0.0, le=1.0)
    condition_contrast: PositiveFloat = 1.2
    synergy_confidence: float = Field(default=0.7, ge=0.0, le=1.0)
    synergy_consistency: float = Field(default=0.8, ge=0.0, le=1.0)
    synergy_window_s: PositiveFloat = 60.0
