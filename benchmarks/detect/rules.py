"""The plain rules as a fire alarm: what is to be beaten."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.windows import Windows
from envirosense.pole.detectors.reference import ReferenceDetector

type Floats = npt.NDArray[np.float64]

KINDS: Final = ("fire_precursor", "overheating")  # what smoke and a hot spot are called by the rules


class RulesAlarm:
    """Greatest strength of the rules that speak of fire or heat, in the form of the learned alarm."""

    def __init__(self, rules: ReferenceDetector) -> None:
        """Alarm of rules that are calibrated."""
        self._rules = rules
        self.heads: dict[str, None] = {"rules": None}
        self.margins: dict[str, float] = {"rules": 1.0}

    def evidence(self, windows: Windows) -> Floats:
        """Strength, 1 at a rule's own limit, (1, window)."""
        columns = [self._rules.kinds.index(kind) for kind in KINDS]
        return self._rules.strengths(windows)[:, columns].max(axis=1)[None, :]

    def score(self, evidence: Floats) -> Floats:
        """Strength over the margin, (window,); an alarm is a score above 0."""
        return np.asarray(evidence[0] - self.margins["rules"])
