"""Episodes simulated straight into windows: nothing is written, and no frame is kept.

This is how a detector meets months of a device's life: an episode exists in one worker's memory only while
it is cut into windows.
"""

from dataclasses import dataclass

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.windows import Windows, windows_of_episode
from envirosense.factory.twins import TWINS


@dataclass(frozen=True, slots=True)
class Cutting:
    """How episodes become windows."""

    length_s: float = 60.0
    stride_s: float = 60.0
    baseline_s: float = 3600.0


def simulated_windows(spec: EpisodeSpec, cutting: Cutting) -> Windows:
    """Windows of one episode that is simulated for them."""
    sink = MemorySink(spec)
    TWINS[spec.twin]().simulate(spec, sink)
    return windows_of_episode(sink, cutting.length_s, cutting.stride_s, cutting.baseline_s)
