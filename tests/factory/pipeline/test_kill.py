"""`generate run` killed at random, workers and the run itself, in every kind of stage: the same delivery."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from envirosense.datasets import Dataset, verify
from envirosense.datasets.formats import Export
from envirosense.datasets.shard import ShardRecord
from envirosense.datasets.verify import DOCUMENTS
from envirosense.factory.pipeline import Delivery
from envirosense.factory.pipeline.manifest import PipelineManifest
from envirosense.factory.pipeline.pipeline import stages_of
from envirosense.factory.pipeline.reporting import SilentStages

COMMAND = """
import sys
from envirosense.cli.app import run
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin
TWINS.register("coin")(CoinTwin)
sys.exit(run(["generate", "run", *sys.argv[1:]]))
"""
PART = {"scenarios": "*", "duration": "20m"}
MANIFEST = {
    "name": "coins",
    "twin": "coin",
    "seed": 5,
    "groups": 4,
    "batches": 2,
    "parts": [{**PART, "episodes": 32}],
    "balance": {**PART, "classes": {"head": "heads"}, "target": {"head": 8, "normal": 8}},
    "formats": ["arrow"],
}
STAGES = [stage.name for stage in stages_of(PipelineManifest.parse(MANIFEST))]
SIMULATING = ("episodes-000", "episodes-001", "balanced")
ALONE = ("check-episodes-000", "check-balanced", "assemble", "describe", "export-arrow")  # without workers
LONGEST_WAIT_S = 0.6
GIVEN_UP = ("its worker was killed 3 times", "a worker died over a candidate")  # run the same command again


@dataclass
class Attack:
    """Kills left to spend: what dies, and in which stage."""

    rng: random.Random
    left: list[tuple[str, str]]
    stored: set[str] = field(default_factory=set)  # checksums of the shards that counted at a kill
    told: dict[str, Any] = field(default_factory=dict)  # by the record, of the stages that were done by then

    def run(self, command: list[str], folder: Path) -> None:
        """Run a command again and again until it ends by itself, killing it while kills are left."""
        for _ in range(30):
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
                while run.poll() is None:
                    time.sleep(0.01)
                    self._strike(run, folder)
                said = run.communicate()[1]
            if run.returncode == 0:
                return
            assert run.returncode == -signal.SIGKILL or any(why in said for why in GIVEN_UP), said
        raise AssertionError("the run does not end")

    def _strike(self, run: subprocess.Popen[str], folder: Path) -> None:
        """Kill, if the present stage is one to kill in, after a while of it."""
        stage = present_stage(folder)
        chosen = next((one for one in self.left if one[1] == stage), None)
        if chosen is None or (chosen[0] == "worker" and not workers_of(run.pid)):
            return
        time.sleep(self.rng.uniform(0.0, LONGEST_WAIT_S if stage in SIMULATING else 0.02))
        workers = workers_of(run.pid)
        if run.poll() is not None or present_stage(folder) != stage:
            return  # the stage was over sooner
        if chosen[0] == "worker" and not workers:
            return
        self.left.remove(chosen)
        self._note(folder)
        if chosen[0] == "worker":
            self.rng.choice(workers).kill()
        else:
            run.kill()
            run.wait()

    def _note(self, folder: Path) -> None:
        self.told |= json.loads((folder / "pipeline.json").read_bytes())["stages"]
        for path in folder.glob(".work/*/.staging/journal/[!.]*.json"):
            record = ShardRecord.model_validate_json(path.read_bytes())
            self.stored |= {file.sha256 for file in record.files.values()}


def present_stage(folder: Path) -> str:
    """Stage that a run is in, by its record: the first that is not done."""
    try:
        done = json.loads((folder / "pipeline.json").read_bytes())["stages"]
    except FileNotFoundError:
        return ""
    return next((stage for stage in STAGES if stage not in done), "")


def workers_of(process: int) -> list[psutil.Process]:
    """Worker processes of a run, which the fork server starts."""
    try:
        return [one for one in psutil.Process(process).children(recursive=True) if one.ppid() != process]
    except psutil.NoSuchProcess:
        return []


def check(folder: Path, whole: Path, attack: Attack) -> None:
    """Nothing lost, nothing twice, nothing left over, and nothing that was done made again."""
    found, expected = (Dataset.open(one / "dataset") for one in (folder, whole))
    assert found.logical_hash == expected.logical_hash
    assert verify(found.folder).findings == ()
    ids = found.episodes["episode_id"].to_pylist()
    assert ids == expected.episodes["episode_id"].to_pylist()
    assert len(set(ids)) == len(ids)
    assert attack.stored <= {file.sha256 for file in found.manifest.files.values()}
    stages = json.loads((folder / "pipeline.json").read_bytes())["stages"]
    assert {name: stages[name] for name in attack.told} == attack.told
    assert Export.open(folder / "exports" / "arrow").recompute_logical_hash() == expected.logical_hash
    there = {path.relative_to(found.folder).as_posix() for path in found.folder.rglob("*") if path.is_file()}
    assert there - DOCUMENTS == set(found.manifest.files)
    assert beside_the_dataset(folder) == beside_the_dataset(whole)


def beside_the_dataset(folder: Path) -> set[str]:
    """Files of a run that are not of its dataset."""
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {path.as_posix() for path in found if path.parts[0] != "dataset"}


@pytest.mark.slow
def test_a_run_killed_in_every_kind_of_stage_delivers_the_same(tmp_path: Path) -> None:
    """Six workers and the run five times; seed and stages are fixed, the moments within a stage are not."""
    (tmp_path / "m.yaml").write_text(json.dumps(MANIFEST))

    def command(out: Path, workers: int) -> list[str]:
        args = [str(tmp_path / "m.yaml"), "--out", str(out), "--workers", str(workers)]
        return [sys.executable, "-c", COMMAND, *args]

    subprocess.run(command(tmp_path / "whole", 1), check=True, capture_output=True)
    rng = random.Random(6)
    attack = Attack(rng, [
        ("worker", "choose-balanced"),
        *(("worker", rng.choice(SIMULATING)) for _ in range(5)),
        *(("parent", stage) for stage in (*rng.sample(SIMULATING, 2), *rng.sample(ALONE, 3))),
    ])  # fmt: skip
    for turn in range(3):
        folder = tmp_path / f"out{turn}"
        attack.stored, attack.told = set(), {}
        attack.run(command(folder, 2), folder)
        check(folder, tmp_path / "whole", attack)
        if not attack.left:
            return
    raise AssertionError(f"kills left: {attack.left}")


@pytest.mark.parametrize("place", [".", "dataset"])
def test_a_document_that_a_kill_cut_off_is_not_left_behind(
    place: str, tmp_path: Path, whole: Delivery, everything: dict[str, Any], run_into: Callable[..., Delivery]
) -> None:
    class Killing(SilentStages):
        def stage(self, name: str, title: str) -> None:
            if name == "describe":
                raise KeyboardInterrupt

    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_into(folder, everything, Killing())
    (folder / place / ".quality.json.999999999.tmp").write_text("{")
    assert run_into(folder, everything).dataset.logical_hash == whole.dataset.logical_hash
    assert not list(folder.rglob(".*.tmp"))


def test_a_run_killed_over_its_first_document_goes_on(
    tmp_path: Path, asked: Callable[..., dict[str, Any]], run_into: Callable[..., Delivery]
) -> None:
    (tmp_path / "run" / ".work").mkdir(parents=True)
    (tmp_path / "run" / ".work" / "lock").touch()
    (tmp_path / "run" / ".pipeline.json.999999999.tmp").write_text("{")
    assert run_into(tmp_path / "run", asked()).is_complete()
    assert not list((tmp_path / "run").rglob(".*.tmp"))
