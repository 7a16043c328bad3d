"""The reference detector: every rule at once, each event type by the strongest of them.

It measures how hard a scenario is. It is a yardstick made of plain rules, not the best that can be done.
"""

from typing import Final, Self

import numpy as np

from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.windows import Windows
from envirosense.pole.detectors.arcing_fusion import ArcingFusionDetector
from envirosense.pole.detectors.chemical_signature import ChemicalSignatureDetector
from envirosense.pole.detectors.equipment_health import EquipmentHealthDetector
from envirosense.pole.detectors.fire_danger import FireDangerDetector
from envirosense.pole.detectors.hot_spot import HotSpotDetector
from envirosense.pole.detectors.readings import Floats
from envirosense.pole.detectors.rule_detector import RuleDetector, class_scores

PARTS: Final = (
    ArcingFusionDetector,
    ChemicalSignatureDetector,
    EquipmentHealthDetector,
    FireDangerDetector,
    HotSpotDetector,
)


class ReferenceDetector:
    """Greatest evidence of all rule detectors, per event type."""

    name = "reference_rules"
    version = "1"

    def __init__(self) -> None:
        self.parts: tuple[RuleDetector, ...] = tuple(part() for part in PARTS)
        self.kinds: tuple[str, ...] = tuple(sorted({kind for part in self.parts for kind in part.kinds}))

    @property
    def classes(self) -> tuple[str, ...]:
        """Normal first, then every event type that some part tells."""
        return (NORMAL, *self.kinds)

    def fit(self, train: Windows, rng: np.random.Generator) -> Self:
        """Every part calibrated on the normal windows."""
        for part in self.parts:
            part.fit(train, rng)
        return self

    def strengths(self, windows: Windows) -> Floats:
        """Greatest evidence for each kind, (window, kind): 0 none, 1 at the alarm limit."""
        whole = np.zeros((len(windows), len(self.kinds)))
        for part in self.parts:
            columns = [self.kinds.index(kind) for kind in part.kinds]
            whole[:, columns] = np.maximum(whole[:, columns], part.strengths(windows))
        return whole

    def score(self, windows: Windows) -> Floats:
        """Score of each class, (window, class).

        Raises:
            DatasetError: before `fit`, or if the windows have other channels than those fitted on.
        """
        for part in self.parts:
            part.require_channels(windows)
        return class_scores(self.strengths(windows))
