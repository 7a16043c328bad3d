"""What an evaluation cannot say, in sentences that go with its numbers."""

import numpy as np
import numpy.typing as npt

from envirosense.learning.metrics import Outcomes
from envirosense.learning.results import RESOLVING_DEVICE_DAYS, Exposure


def exposure_limits(exposure: Exposure) -> tuple[str, ...]:
    """What the amount of data, and its being simulated, cannot support."""
    hidden = exposure.n_events - exposure.n_detectable_events
    found = [
        f"{hidden} of {exposure.n_events} events were present but not detectable by any sensor; "
        "they count neither as hits nor as misses.",
        _lead_limit(exposure),
        "Windows within 30 minutes after an event are neither quiet nor event.",
        f"Intervals of averages draw whole sites again ({exposure.n_groups}); "
        "recall intervals take events as independent.",
        "Every number is about simulated episodes; nothing here was measured on a device.",
    ]
    if not exposure.is_resolved:
        found.insert(
            0,
            f"False-alarm rates are not resolved: {exposure.quiet_device_days:.2f} device-days without "
            f"events, {RESOLVING_DEVICE_DAYS:g} needed.",
        )
    if exposure.n_groups < 5:
        sites = "one held-out site: averages have no interval"
        if exposure.n_groups > 1:
            sites = f"{exposure.n_groups} held-out sites: intervals of averages are too narrow"
        found.append(f"Only {sites}.")
    return tuple(found)


def _lead_limit(exposure: Exposure) -> str:
    censored = exposure.n_events - exposure.n_ignitions
    hidden = exposure.n_ignitions - exposure.n_detectable_ignitions
    said = f"{censored} of {exposure.n_events} events had no observed ignition"
    if hidden:
        said += f", and {hidden} that ignited {'was' if hidden == 1 else 'were'} not detectable"
    return f"{said}; they have no lead time."


def seen_limits(n_seen: int, n_episodes: int) -> tuple[str, ...]:
    """Whether episodes judged were known to the model."""
    if not n_seen:
        return ()
    return (
        f"{n_seen} of {n_episodes} episodes were used to fit the model or to choose its threshold: "
        "these numbers flatter it.",
    )


def early_limits(outcomes: Outcomes, detectable: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """How many hits came before any one sensor could see the event."""
    alarmed = outcomes.alarmed & detectable
    early = int((outcomes.delay_s[alarmed] < 0).sum())
    if not early:
        return ()
    return (
        f"{early} of {int(alarmed.sum())} alarmed events were alarmed before any one sensor could see them: "
        "evidence gathered over a window, or a false alarm at the right time.",
    )


def threshold_limits(quiet_days: float | None, budget_per_device_day: float) -> tuple[str, ...]:
    """Whether the thresholds were chosen on too little quiet time for their budget."""
    if quiet_days is None or quiet_days * budget_per_device_day >= 1:
        return ()
    return (
        f"Alarm thresholds were chosen on {quiet_days:.2f} device-days without events, less than one allowed "
        "alarm takes: they only keep those windows silent.",
    )
