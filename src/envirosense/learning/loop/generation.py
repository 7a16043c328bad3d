"""Datasets and samples of a loop: what is made once, and what a cycle asks for."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from envirosense.core.rng import derived_seed
from envirosense.datasets.catalog import register_dataset
from envirosense.datasets.dataset import Dataset
from envirosense.factory.generator import generate
from envirosense.factory.progress import ProgressReporter
from envirosense.factory.request import GenerationRequest
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.loop.config import LoopConfig
from envirosense.learning.loop.folder import LoopFolder
from envirosense.learning.loop.subject import LoopSubject
from envirosense.learning.samples import Samples

type Asked = tuple[str, GenerationRequest]  # name of a dataset and what it holds


@dataclass(frozen=True, slots=True)
class Generation:
    """Makes the datasets of one loop."""

    subject: LoopSubject
    config: LoopConfig
    folder: LoopFolder
    executor: Executor | None = None
    progress: ProgressReporter | None = None

    def seed(self, *names: str | int) -> int:
        """Seed of a dataset: another for each role and cycle, so that no two share a group."""
        return derived_seed(self.config.seed, "loop", self.subject.name, *names)

    def even(self, role: str, cycle: int, episodes: int) -> Asked:
        """Even draws for a role."""
        name = f"{role}-{cycle}" if cycle else role
        return name, self.subject.request(episodes, self.seed(role, cycle))

    def asked(self, cycle: int, plan: Sequence[tuple[WeakSpot | None, int]]) -> list[Asked]:
        """Requests of a cycle's plan; None stands for even draws."""
        found: list[Asked] = []
        for place, (spot, episodes) in enumerate(plan):
            if not episodes:
                continue
            if spot is None:
                found.append(self.even("even", cycle, episodes))
            else:
                seed = self.seed("spot", cycle, place)
                found.append((f"spot-{cycle}-{place}", self.subject.request_for(spot, episodes, seed)))
        return found

    def dataset(self, asked: Asked) -> Dataset:
        """Dataset of a request; one that is there is taken, one that is unfinished is finished.

        Episodes that fail are recorded in it and do not stop the loop.
        """
        name, request = asked
        made = generate(
            request.model_copy(update={"name": f"{self.subject.name}-{name}"}),
            self.folder.dataset(name),
            executor=self.executor,
            progress=self.progress,
            allow_failures=True,
        )
        register_dataset(made.manifest, made.folder, self.folder.url)
        return made

    def samples(self, asked: Sequence[Asked]) -> Samples:
        """Samples of some requests, which their datasets are made for."""
        return Samples.concat([self.subject.samples(self.dataset(one)) for one in asked])
