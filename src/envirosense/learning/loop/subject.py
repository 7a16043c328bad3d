"""What a twin brings to the loop; everything else is the same for all twins."""

from dataclasses import dataclass
from typing import Final, Protocol

from envirosense.core.registry import Registry
from envirosense.datasets.dataset import Dataset
from envirosense.factory.collection.collector import TrainingDataCollector
from envirosense.factory.request import GenerationRequest
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.models.bundle import Scorer
from envirosense.learning.retraining.sufficiency import SufficiencyNeeds
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask


@dataclass(frozen=True, slots=True)
class LoopSizes:
    """Episodes of a loop by default: of a cycle, and of the sets that are made once."""

    cycle: int
    validation: int
    test: int


class LoopSubject(Protocol):
    """One twin with one task."""

    name: str
    task: ModelTask
    sizes: LoopSizes
    needs: SufficiencyNeeds

    def request(self, episodes: int, seed: int) -> GenerationRequest:
        """Even draws from everything that the task is about: what a loop without knowledge would ask for."""
        ...

    def request_for(self, spot: WeakSpot, episodes: int, seed: int) -> GenerationRequest:
        """Draws from a weak spot.

        Raises:
            ConfigError: if the twin cannot draw from it.
        """
        ...

    def samples(self, dataset: Dataset) -> Samples:
        """What its consumers make of a dataset: one labelled sample for each thing to judge.

        The consumers read what a device or a home reports; labels come from truth alone, afterwards.
        """
        ...

    def feed(
        self, dataset: Dataset, samples: Samples, serving: Scorer | None, collector: TrainingDataCollector
    ) -> None:
        """Give what the consumers found to the twin's collection points.

        `serving` is the deployed model, None before the first; what needs a score lacks it then.
        """
        ...


LOOPS: Final[Registry[type[LoopSubject]]] = Registry("loop", "envirosense.loops")
