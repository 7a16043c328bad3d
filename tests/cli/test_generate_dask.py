"""`generate run --dask`: a real scheduler with two workers on loopback delivers what our processes do."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from distributed import LocalCluster
from distributed.diagnostics.plugin import SchedulerPlugin

from envirosense.cli.app import run
from envirosense.datasets import Dataset, verify
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

MANIFEST = {
    "name": "coins",
    "twin": "coin",
    "seed": 5,
    "groups": 4,
    "batches": 2,
    "parts": [{"scenarios": "*", "episodes": 12, "duration": "10m"}],
    "balance": {
        "scenarios": "*",
        "classes": {"head": "heads"},
        "target": {"head": 2, "normal": 2},
        "duration": "10m",
    },
    "formats": ["arrow"],
}


class Work(SchedulerPlugin):
    """Counts the shards that every worker finished."""

    def __init__(self) -> None:
        self.of: Counter[str] = Counter()

    def transition(self, key: Any, start: str, finish: str, *args: Any, **facts: Any) -> None:
        if start == "processing" and finish == "memory" and str(key).startswith("run_shard"):
            self.of[facts["worker"]] += 1


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
    ) as started:
        yield started


@pytest.fixture(autouse=True)
def _coin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "coin" not in TWINS:
        TWINS.register("coin")(CoinTwin)
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_a_cluster_delivers_what_one_worker_does(
    cluster: LocalCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("m.yaml").write_text(yaml.safe_dump(MANIFEST))
    told = {}
    cluster.scheduler.add_plugin(work := Work(), name="work")
    for out, where in (("one", ["--workers", "1"]), ("dask", ["--dask", cluster.scheduler_address])):
        assert not work.of
        assert run(["generate", "run", "m.yaml", "--out", out, "--json", *where]) == 0
        told[out] = json.loads(capsys.readouterr().out)
    assert sorted(work.of) == sorted(cluster.scheduler.workers)
    assert told["dask"]["logical_hash"] == told["one"]["logical_hash"]
    assert told["dask"]["episodes"] == {"episodes": 16, "ok": 16, "failed": 0}
    one, dask = (Dataset.open(Path(out, "dataset")) for out in ("one", "dask"))
    for column in ("episode_id", "split", "content_hashes"):  # shards go by the number of workers
        assert dask.episodes[column] == one.episodes[column]
    assert verify(dask.folder).is_ok
    exports = [json.loads(Path(out, "exports/arrow/export.json").read_bytes()) for out in ("one", "dask")]
    assert exports[0]["part_hash"] == exports[1]["part_hash"]
    assert not Path("dask", ".work").exists()


def test_an_address_without_a_scheduler_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("envirosense.factory.dask_executor._ANSWER_S", 0.2)
    Path("m.yaml").write_text(yaml.safe_dump(MANIFEST))
    assert run(["generate", "run", "m.yaml", "--out", "out", "--dask", "tcp://127.0.0.1:9"]) == 1
    said = capsys.readouterr().err
    assert "no scheduler answers there" in said
    assert said.count("\n") == 1
    assert not Path("out").exists()
