"""The episodes that every benchmark of the pole runs, and the real way to write them."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from envirosense.core.episode import EpisodeSpec
from envirosense.core.protocols import Twin
from envirosense.datasets.output import prepare_output
from envirosense.factory.generator import plan_of
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import GenerationRequest
from envirosense.factory.shards import run_shard
from envirosense.pole.twin import PoleTwin

SEED = 7
# An ordinary hour, a fire and a fault; the whole library would be another mix with every scenario added
SCENARIOS = ("electrical/equipment_overheat", "fire/cellulose_pyrolysis", "normal/diurnal_cycle")

type Task = Callable[[], object]


def use_one_core() -> None:
    """Keep pyarrow to one thread, as a worker does."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


@contextmanager
def scratch() -> Iterator[Path]:
    """Empty folder that is gone afterwards; set `TMPDIR` to measure another disk."""
    folder = Path(tempfile.mkdtemp(prefix="envirosense-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def request(episodes: int, duration_s: float = 3600.0) -> GenerationRequest:
    """The scenarios in turn, each round on a site of its own."""
    return GenerationRequest(
        twin="pole", scenarios=SCENARIOS, episodes=episodes, duration_s=duration_s, seed=SEED
    )


def specs(episodes: int, duration_s: float = 3600.0) -> list[EpisodeSpec]:
    """Specs of the request."""
    return list(draw_specs(request(episodes, duration_s), PoleTwin()))


def write_episodes(chosen: list[EpisodeSpec], folder: Path, make_twin: Callable[[], Twin] = PoleTwin) -> int:
    """Bytes on disk after simulating, hashing, writing and committing episodes in this process.

    The real path of a worker: plan, shards, default streams. Only the manifest and the catalogue
    entry at the end of a run are left out.
    """
    plan = plan_of(request(len(chosen), chosen[0].grid.duration_s), PoleTwin(), chosen)
    with prepare_output(plan, folder) as output:
        records = [run_shard(output.folder, shard, make_twin) for shard in output.pending]
    failed = [e.summary.reason for record in records for e in record.episodes if e.summary.outcome != "ok"]
    if failed:
        raise RuntimeError(f"an episode failed: {failed[0]}")
    return sum(file.bytes for record in records for file in record.files.values())
