"""Fire alarm: a learned detector in two halves, for smoke that meets the device and for heat that it sees.

Either half may raise it. A fire out of the camera's sight may send its smoke over the device, one down wind
of it never does; each half learns from the fires that its own sensors can see.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.pole.detectors.fire_alarm.head import Head
from envirosense.pole.detectors.fire_alarm.lessons import SENSORS, Lesson
from envirosense.pole.detectors.fire_alarm.looks import Looks

type Floats = npt.NDArray[np.float64]

MEMORY: Final = {"smoke": 10, "heat": 5}  # windows; chosen on sites of development


class FireAlarm:
    """Fitted on lessons; its score is above 0 where a half has more evidence than its margin."""

    name = "fire_alarm"
    version = "1"

    def __init__(self) -> None:
        self.heads = {half: Head(MEMORY[half]) for half in SENSORS}
        self.margins = dict.fromkeys(SENSORS, 0.0)
        self._names: tuple[str, ...] = ()

    def fit(self, lesson: Lesson, rng: np.random.Generator) -> "FireAlarm":
        """The alarm, fitted; margins are 0 until they are chosen."""
        for half, head in self.heads.items():
            rows = lesson.is_quiet | lesson.is_seen[half]
            looks = _part(lesson.looks, half)[rows]
            head.fit(looks, lesson.is_seen[half][rows], int(rng.integers(2**31)))
        self._names = lesson.looks.names
        return self

    def evidence(self, looks: Looks) -> Floats:
        """Evidence of each half for the windows of one episode, (half, window).

        Raises:
            DatasetError: if the looks are others than those it was fitted on.
        """
        if looks.names != self._names:
            raise DatasetError("these are other looks than the fire alarm was fitted on; fit it again")
        return np.stack([head.evidence(_part(looks, half)) for half, head in self.heads.items()])

    def score(self, evidence: Floats) -> Floats:
        """Greatest evidence over its half's margin, (window,); an alarm is a score above 0.

        Raises:
            ConfigError: if a half has no margin.
        """
        if missing := sorted(set(self.heads) - set(self.margins)):
            raise ConfigError("margins", dict(self.margins), f"give one for {missing[0]} too")
        margins = np.array([self.margins[half] for half in self.heads])
        return np.asarray((evidence - margins[:, None]).max(axis=0))


def _part(looks: Looks, half: str) -> npt.NDArray[np.float32]:
    return looks.smoke() if half == "smoke" else looks.heat()
