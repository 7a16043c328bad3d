"""What the fire alarm learns from: windows of an episode with the answer for each of its halves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.windows import Windows
from envirosense.learning.metrics import MERGE_S
from envirosense.pole.detectors.fire_alarm.looks import Looks
from envirosense.pole.detectors.fire_alarm.signals import WINDOW_S
from envirosense.scenarios import EventType, Family

type Bools = npt.NDArray[np.bool_]

FIRE: Final = (EventType.FIRE_PRECURSOR.value, EventType.FIRE_ACTIVE.value)
DEVICE: Final = tuple(kind.value for kind in EventType if kind.family is Family.SYSTEM)
QUIET: Final = (NORMAL, EventType.SEVERE_WEATHER.value, *DEVICE)  # a fire alarm is wrong in all of these
SENSORS: Final[Mapping[str, tuple[str, ...]]] = {
    "smoke": ("voc_array", "particulate_matter"),
    "heat": ("thermal_camera", "microphone", "microphone_2", "emf_sensor"),
}
MOST_FIRE, MOST_QUIET = 80, 40  # windows of an episode of some hours that are kept; neighbours are alike


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Windows worth learning from; the answers are (window,)."""

    looks: Looks
    is_quiet: Bools  # an alarm of fire would be a false one
    is_seen: Mapping[str, Bools]  # by half: a fire that its sensors could see then
    episode_id: npt.NDArray[np.str_]

    @classmethod
    def concat(cls, lessons: Sequence["Lesson"]) -> Self:
        """All windows of several lessons."""
        first = lessons[0].looks
        return cls(
            Looks(np.concatenate([one.looks.values for one in lessons]), first.names),
            np.concatenate([one.is_quiet for one in lessons]),
            {half: np.concatenate([one.is_seen[half] for one in lessons]) for half in SENSORS},
            np.concatenate([one.episode_id for one in lessons]),
        )


def lesson_of(
    windows: Windows, looks: Looks, seen: Mapping[str, Bools], most_quiet: int = MOST_QUIET
) -> Lesson:
    """The windows of one episode that teach something, evenly over its time.

    `seen` says of each half when its sensors could see a fire, (window,), as `seen_windows` makes it: a fire
    whose smoke blows elsewhere teaches nothing. Windows of trouble on the line are left out: a tracking
    insulator or a hot clamp looks like the start of a fire, and a device that reports it is not wrong. How
    often it does is for the evaluation to say.
    """
    is_fire = np.isin(windows.y, FIRE)
    is_seen = {half: is_fire & seen[half] for half in SENSORS}
    is_quiet = np.isin(windows.y, QUIET) & ~_after_fire(windows, is_fire)
    rows = [_evenly(np.flatnonzero(is_quiet), most_quiet)]
    rows += [_evenly(np.flatnonzero(mask), MOST_FIRE) for mask in is_seen.values()]
    chosen = np.unique(np.concatenate(rows))
    return Lesson(
        Looks(looks.values[chosen], looks.names),
        is_quiet[chosen],
        {half: mask[chosen] for half, mask in is_seen.items()},
        windows.episode_id[chosen],
    )


def seen_windows(seen_ticks: Iterable[Mapping[str, Bools]], n_ticks: int, dt_s: float) -> dict[str, Bools]:
    """Windows in which the sensors of each half could see some event, (window,), by half.

    `seen_ticks` holds, of each event, the ticks at which each sensor could see it, (tick,).
    """
    n_in_window = round(WINDOW_S / dt_s)
    n_whole = n_ticks // n_in_window * n_in_window
    seen = {half: np.zeros(n_ticks, dtype=np.bool_) for half in SENSORS}
    for ticks in seen_ticks:
        for half, sensors in SENSORS.items():
            for name in set(sensors) & ticks.keys():
                seen[half] |= ticks[name]
    return {half: mask[:n_whole].reshape(-1, n_in_window).any(axis=1) for half, mask in seen.items()}


def _after_fire(windows: Windows, is_fire: Bools) -> Bools:
    """Whether a fire ended within the last half hour, (window,): its smoke and heat may still be there."""
    ended_s = np.maximum.accumulate(np.where(is_fire, windows.end_s, -np.inf))
    return np.asarray(windows.start_s < ended_s + MERGE_S)


def _evenly(rows: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.intp)]
