"""What a worker does with one episode: simulate, cut, score, forget."""

from typing import Any

import numpy as np
from task import evidence, fire_task, thinned

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.windows import Windows
from envirosense.learning.detectors import WindowDetector
from envirosense.learning.streamed import Cutting, simulated_windows

CUTTING = Cutting()


def training_windows(spec: EpisodeSpec) -> Windows:
    """A few windows of one episode."""
    return thinned(fire_task(simulated_windows(spec, CUTTING)), 40, 20)


def judged_windows(spec: EpisodeSpec, detectors: tuple[WindowDetector, ...]) -> tuple[Windows, Any]:
    """Windows of one episode without readings, and the evidence of each detector (detector, window)."""
    windows = fire_task(simulated_windows(spec, CUTTING))
    found = [evidence(detector, detector.score(windows)) for detector in detectors]
    return windows.without_readings(), np.stack(found)
