"""Peak memory of resuming, finishing and opening a run of many episodes, each in a process of its own.

`python benchmarks/bench_finish.py 100000 8` takes 100,000 episodes in shards of 8. Only the first shard is
simulated: the files of the others are links to its files, their journal entries say what a worker would.
"""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import workload
from figures import Figure, print_table
from peak_memory import peak_bytes

from envirosense.core.episode import EpisodeSummary
from envirosense.datasets import Dataset, Plan, finish, prepare_output
from envirosense.datasets.output import Output, load_plan
from envirosense.datasets.plan import Shard
from envirosense.datasets.shard import ShardRecord, journal_path
from envirosense.datasets.union import link_or_copy
from envirosense.factory import GenerationRequest
from envirosense.factory.generator import make_plan
from envirosense.factory.shards import run_shard
from envirosense.testing.twins import CoinTwin

MIB = 2**20


def measure(n_episodes: int, per_shard: int) -> list[Figure]:
    """Peak resident memory of each step."""
    figures = []
    with workload.scratch() as folder:
        for step in ("pretend", "finish", "open"):
            command = [sys.executable, __file__, step, str(folder / "out"), str(n_episodes), str(per_shard)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            facts = json.loads(done.stdout.splitlines()[-1])
            figures.append(
                Figure(f"peak memory, {step}", facts["peak"], "MiB", note=f"{facts['wall_s']:.0f} s")
            )
    return figures


def pretend(folder: Path, n_episodes: int, per_shard: int) -> None:
    """Write journal and files of a run whose shards are all there."""
    with prepare_output(_plan(n_episodes, per_shard), folder) as output:
        first, *others = output.pending
        record = run_shard(folder, first, CoinTwin)
        for shard in others:
            _copy(output, record, shard)


def _plan(n_episodes: int, per_shard: int) -> Plan:
    request = GenerationRequest(twin="coin", episodes=n_episodes, duration_s=2.0)
    plan = make_plan(request, CoinTwin())
    return plan.model_copy(update={"episodes_per_shard": per_shard, "bytes_per_episode": 0})


def _copy(output: Output, record: ShardRecord, shard: Shard) -> None:
    """Journal entry and files of a shard, as if it had been simulated."""
    files = {}
    for place, file in record.files.items():
        own = f"{place.partition('/')[0]}/{shard.name}.parquet"
        link_or_copy(output.folder / place, output.folder / own)
        files[own] = file
    episodes = tuple(
        like.model_copy(
            update={
                "summary": EpisodeSummary(episode_id=one.episode_id, rows=like.summary.rows),
                "streams": {
                    stream: found.model_copy(update={"content_hash": _digest(one.episode_id, stream)})
                    for stream, found in like.streams.items()
                },
            }
        )
        for one, like in zip(shard.episodes, record.episodes, strict=False)
    )
    entry = record.model_copy(update={"name": shard.name, "files": files, "episodes": episodes})
    journal_path(output.folder, shard.name).write_text(entry.model_dump_json())


def _digest(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()


def resume(folder: Path) -> None:
    """Resume and finish the run, as the process that runs it does."""
    plan = load_plan(folder)
    assert plan is not None
    with prepare_output(plan, folder) as output:
        assert not output.pending
        finish(output)


def read(folder: Path) -> None:
    """Open the dataset and look at every episode."""
    for episode in Dataset.open(folder):
        assert episode.spec.twin == "coin"


def run_step(step: str, folder: Path, n_episodes: int, per_shard: int) -> None:
    """Print what one step took."""
    began_s = time.perf_counter()
    if step == "pretend":
        pretend(folder, n_episodes, per_shard)
    elif step == "finish":
        resume(folder)
    else:
        read(folder)
    print(json.dumps({"peak": peak_bytes() / MIB, "wall_s": time.perf_counter() - began_s}))


if __name__ == "__main__":
    if len(sys.argv) == 5:
        run_step(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        asked = [int(one) for one in sys.argv[1:]] or [20_000, 8]
        print_table(measure(*asked))
