"""Samples of requests, simulated once: no dataset is written, readings and labels alone stay."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.windows import windows_of_episode
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import GenerationRequest
from envirosense.learning.detectors import trainable
from envirosense.learning.samples import Samples
from envirosense.pole.loop.subject import CutEpisode, samples_of
from envirosense.pole.twin import PHYSICS_VERSION, PoleTwin

UNWANTED: Final = (
    "truth", "fields", "components", "regimes", "status", "strikes", "response", "states", "sensor_faults",
    "bands", "masks", "waveforms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Store:
    """Folder of samples by what was asked for."""

    folder: Path

    def path(self, request: GenerationRequest) -> Path:
        """Where the samples of a request lie."""
        return self.folder / f"{fingerprint([PHYSICS_VERSION, request.model_dump(mode='json')])[:16]}.parquet"

    def samples(self, request: GenerationRequest) -> Samples:
        """Samples of a request, simulated if that was not done yet."""
        path = self.path(request)
        if not path.exists():
            simulated(request).save(path)
        return Samples.load(path)

    def fill(self, requests: Sequence[GenerationRequest], workers: int) -> None:
        """Simulate what is missing."""
        missing = [one for one in requests if not self.path(one).exists()]
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for number, _ in enumerate(pool.map(self._simulate, missing), 1):
                print(f"simulated {number} of {len(missing)} requests", flush=True)

    def _simulate(self, request: GenerationRequest) -> None:
        simulated(request).save(self.path(request))


def simulated(request: GenerationRequest) -> Samples:
    """Samples of a request, episode by episode."""
    twin = PoleTwin()
    cut: list[CutEpisode] = []
    for spec in draw_specs(request, twin):
        sink = MemorySink(spec, UNWANTED)
        twin.simulate(spec, sink)
        cut.append((spec, trainable(windows_of_episode(sink))))
    return samples_of(cut)
