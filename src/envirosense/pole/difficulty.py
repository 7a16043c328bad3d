"""Measured difficulty of a scenario: how long the reference detector takes for what some sensor could see.

Events of one episode that overlap are one incident: a device alarms once. From the first moment at which any
sensor could see the incident to its end, the share that passes before the first alarm is its difficulty; one
that is never found counts as 1. The detector sees readings alone and is calibrated on normal days.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.rng import derived_seed, stream
from envirosense.datasets.windows import Windows
from envirosense.factory.request import EpisodeRequest
from envirosense.learning.detectors import Detector, alarm_score
from envirosense.learning.streamed import Cutting, simulated_windows
from envirosense.pole.detectors.reference import ReferenceDetector
from envirosense.pole.difficulty_levels import EDGES, level_of
from envirosense.pole.twin import PHYSICS_VERSION, PoleTwin
from envirosense.scenarios import SCENARIOS

VERSION: Final = 3
TICK_S: Final = 10.0
DURATION_S: Final = 4.0 * 3600.0
N_SITES: Final = 64  # that the draws are spread over
FRAME_INTERVAL_S: Final = 10.0
LEAST_SPAN_S: Final = 600.0  # a blow is over before its window is: its delay is held against this; assumed
ALARM: Final = 0.5  # score of not being normal at a rule's limit
CALIBRATION: Final = (
    "normal/baseline_equipment_operation",
    "normal/diurnal_cycle",
    "normal/seasonal_variation",
)
CALIBRATION_DAYS: Final = 4  # of each of them
DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Incident:
    """Overlapping events of one episode; times in seconds since its start."""

    first_s: float | None  # first moment at which any sensor could see it; None for never
    end_s: float
    alarm_s: float | None  # first alarm from then on; None for none

    @property
    def delay_s(self) -> float | None:
        """From the first sight to the alarm, or to the end without one; None where nothing could be seen."""
        if self.first_s is None:
            return None
        return max((self.end_s if self.alarm_s is None else self.alarm_s) - self.first_s, 0.0)

    @property
    def difficulty(self) -> float | None:
        """Share of the visible time, or of ten minutes, that passes without an alarm, 0..1; 1 if none."""
        if self.first_s is None or (delay_s := self.delay_s) is None:
            return None
        if self.alarm_s is None:
            return 1.0
        return min(delay_s / max(self.end_s - self.first_s, LEAST_SPAN_S), 1.0)


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What was measured of one scenario."""

    n_events: int
    n_incidents: int
    share_detectable: float | None  # of the incidents: some sensor could see them
    share_found: float | None  # of the detectable incidents: the reference detector alarmed
    median_delay_s: float | None  # of the detectable incidents, without an alarm to the incident's end
    difficulty: float | None  # median over the detectable incidents, 0..1
    false_alarm_share: float | None  # of the windows without an event
    level: str


def incidents(windows: Windows, is_alarm: npt.NDArray[np.bool_]) -> tuple[Incident, ...]:
    """Incidents of one episode's windows, by time; `is_alarm` is (window,)."""
    events = windows.events
    last_s = float(windows.end_s.max(initial=0.0))
    ends_s = np.where(np.isfinite(events.clearance_s), events.clearance_s, last_s)
    groups: list[list[int]] = []
    open_until_s = -np.inf
    for event in np.argsort(events.onset_s, kind="stable").tolist():
        if events.onset_s[event] > open_until_s:
            groups.append([])
        groups[-1].append(event)
        open_until_s = max(open_until_s, float(ends_s[event]))
    return tuple(_incident(windows, is_alarm, group, ends_s) for group in groups)


def _incident(
    windows: Windows, is_alarm: npt.NDArray[np.bool_], group: list[int], ends_s: npt.NDArray[np.float64]
) -> Incident:
    seen_s = windows.events.first_detectable_s[group]
    end_s = float(ends_s[group].max())
    if not np.isfinite(seen_s).any():
        return Incident(None, end_s, None)
    first_s = float(np.nanmin(seen_s))
    within = is_alarm & (windows.end_s >= first_s) & (windows.start_s < end_s)
    alarm_s = float(windows.end_s[within].min()) if within.any() else None
    return Incident(first_s, end_s, alarm_s)


def summary(pieces: Sequence[tuple[Windows, npt.NDArray[np.bool_]]]) -> Difficulty:
    """Difficulty from the windows and alarms of each episode of one scenario."""
    found = [one for windows, is_alarm in pieces for one in incidents(windows, is_alarm)]
    seen = [one for one in found if one.first_s is not None]
    quiet = np.concatenate([is_alarm[~windows.is_event] for windows, is_alarm in pieces])
    difficulty = _median(one.difficulty for one in seen)
    return Difficulty(
        n_events=sum(len(windows.events) for windows, _ in pieces),
        n_incidents=len(found),
        share_detectable=_share(len(seen), len(found)),
        share_found=_share(sum(one.alarm_s is not None for one in seen), len(seen)),
        median_delay_s=_median(one.delay_s for one in seen),
        difficulty=difficulty,
        false_alarm_share=_share(int(quiet.sum()), quiet.size),
        level=level_of(len(found), difficulty),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.median(known)), 4) if known else None


def episode_windows(scenario: str, index: int, seed: int, duration_s: float = DURATION_S) -> Windows:
    """Windows of draw number `index` of a scenario, simulated for them: the device as it is sold."""
    options = {"frame_interval_s": FRAME_INTERVAL_S, "stages_stream": False}
    request = EpisodeRequest(seed, index, N_SITES, duration_s, TICK_S, options)
    return simulated_windows(PoleTwin().draw(scenario, request), Cutting())


def calibrated_reference(
    seed: int, n_days: int = CALIBRATION_DAYS, day_s: float = DAY_S
) -> ReferenceDetector:
    """Reference detector that has learned the noise of normal days, `n_days` of each normal scenario."""
    own_seed = derived_seed(seed, "difficulty", "calibration")  # other sites and days than those measured
    days = [
        episode_windows(scenario, n_days * place + day, own_seed, day_s)
        for place, scenario in enumerate(CALIBRATION)
        for day in range(n_days)
    ]
    return ReferenceDetector().fit(Windows.concat(days), stream(seed, "difficulty", "fit"))


def measured_difficulty(
    scenarios: Sequence[str],
    detector: Detector,
    n_draws: int = 8,
    seed: int = 0,
    told: Callable[[str], None] = lambda scenario: None,
) -> dict[str, Difficulty]:
    """Difficulty of each scenario over `n_draws` episodes at sites and hours drawn anew.

    Args:
        scenarios: ids of the library.
        detector: yardstick, fitted.
        n_draws: episodes of each.
        seed: of the draws.
        told: called with each scenario's id when it is done.

    Raises:
        ConfigError: if nothing is drawn.
    """
    if n_draws < 1:
        raise ConfigError("draws", n_draws, "draw every scenario at least once")
    found = {}
    for scenario in scenarios:
        pieces = []
        for index in range(n_draws):
            windows = episode_windows(scenario, index, seed)
            is_alarm = alarm_score(detector, windows) >= ALARM
            pieces.append((windows.without_readings(), is_alarm))
        found[scenario] = summary(pieces)
        told(scenario)
    return found


def document(rows: Mapping[str, Difficulty], detector: Detector, n_draws: int, seed: int) -> dict[str, Any]:
    """What the file says: how it was measured, and every scenario. No date: the same run gives the same."""
    return {
        "version": VERSION,
        "measured": {
            "detector": f"{detector.name} {detector.version}",
            "physics_version": PHYSICS_VERSION,
            "seed": seed,
            "draws": n_draws,
            "duration_s": DURATION_S,
            "tick_s": TICK_S,
            "frame_interval_s": FRAME_INTERVAL_S,
            "calibration": {"scenarios": list(CALIBRATION), "days_each": CALIBRATION_DAYS},
            "edges": {name: edge for edge, name in EDGES},
        },
        "scenarios": {
            name: {"scenario_version": SCENARIOS[name].version, **asdict(row)} for name, row in rows.items()
        },
    }
