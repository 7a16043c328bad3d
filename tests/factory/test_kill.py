"""Runs killed at random moments, workers and parents: the same dataset, nothing lost, nothing left over."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from envirosense.datasets import Dataset, verify
from envirosense.datasets.shard import ShardRecord
from envirosense.factory import generate
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.progress import SilentProgress

COMMAND = Path(sys.executable).with_name("envirosense")
DOCUMENTS = {"README.md", "croissant.json", "manifest.json", "quality.json", "run.json", "stats.json"}
COIN = """
import sys
from envirosense.factory import TWINS, GenerationRequest, generate
from envirosense.testing.twins import CoinTwin
TWINS.register("coin")(CoinTwin)
request = GenerationRequest.model_validate_json(sys.argv[1])
generate(request, sys.argv[2], workers=2)
"""


class Attack:
    """Kills left to spend on a run, and what its folder must still hold afterwards."""

    def __init__(self, seed: int, workers: int, parents: int, longest_wait_s: float) -> None:
        self.rng = random.Random(seed)
        self.left = {"worker": workers, "parent": parents}
        self.longest_wait_s = longest_wait_s
        self.stored: dict[str, str] = {}  # checksum of every file of a shard that counted at a kill
        self._seen: set[tuple[str, int]] = set()

    @property
    def is_over(self) -> bool:
        return not any(self.left.values())

    def run(self, command: Sequence[str], folder: Path) -> None:
        """Run a command again and again until it ends by itself, killing it while kills are left."""
        self.stored = {}
        for _ in range(60):
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
                said = self._strike(run, folder)
            if run.returncode == 0:
                return
            assert run.returncode == -signal.SIGKILL or "its worker was killed 3 times" in said, said
        raise AssertionError("the run does not end")

    def _strike(self, run: subprocess.Popen[str], folder: Path) -> str:
        while run.poll() is None and not self.is_over:
            try:
                run.wait(self.rng.uniform(0.0, self.longest_wait_s))
            except subprocess.TimeoutExpired:
                self._kill(run, folder)
        return run.communicate()[1]

    def _kill(self, run: subprocess.Popen[str], folder: Path) -> None:
        workers, traces = workers_of(run.pid), traces_of(folder)
        if not workers or (traces == self._seen and self.rng.random() < 0.9):
            return  # few kills are spent on runs that are still starting
        self._seen = traces
        self._note(folder)
        chosen = self.rng.choice([kind for kind, left in self.left.items() for _ in range(left)])
        self.left[chosen] -= 1
        if chosen == "parent":
            run.kill()
            run.wait()
        else:
            self.rng.choice(workers).kill()

    def _note(self, folder: Path) -> None:
        for path in (folder / ".staging" / "journal").glob("[!.]*.json"):
            record = ShardRecord.model_validate_json(path.read_bytes())
            self.stored |= {place: file.sha256 for place, file in record.files.items()}


def workers_of(process: int) -> list[psutil.Process]:
    """Worker processes of a run, which the fork server starts."""
    try:
        return [one for one in psutil.Process(process).children(recursive=True) if one.ppid() != process]
    except psutil.NoSuchProcess:
        return []


def traces_of(folder: Path) -> set[tuple[str, int]]:
    """Files that a run is working on, and how large they are."""
    found = set()
    for path in (folder / ".staging").rglob("*"):
        with suppress(FileNotFoundError):
            found.add((path.name, path.stat().st_size))
    return found


def check(folder: Path, whole: Dataset, stored: dict[str, str]) -> None:
    """Nothing lost, nothing twice, nothing left over."""
    found = Dataset.open(folder)
    assert found.logical_hash == whole.logical_hash
    assert {place: found.manifest.files[place].sha256 for place in stored} == stored
    assert verify(folder).findings == ()
    ids = found.episodes["episode_id"].to_pylist()
    assert ids == whole.episodes["episode_id"].to_pylist()
    assert len(set(ids)) == len(ids)
    for stream in found.streams:
        assert found.manifest.streams[stream].rows == whole.manifest.streams[stream].rows
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there - DOCUMENTS == set(found.manifest.files)


def test_a_run_killed_at_random_ends_as_the_same_dataset(request_coin, tmp_path):
    request = request_coin(episodes=24, duration_s=900.0)
    whole = generate(request, tmp_path / "whole", executor=InlineExecutor())
    attack = Attack(seed=1, workers=2, parents=1, longest_wait_s=0.3)
    for turn in range(10):
        folder = tmp_path / f"out{turn}"
        attack.run([sys.executable, "-c", COIN, request.model_dump_json(), str(folder)], folder)
        check(folder, whole, attack.stored)
        if attack.is_over:
            return
    raise AssertionError(f"kills left: {attack.left}")


@pytest.mark.slow
def test_the_command_killed_twenty_times_ends_as_the_same_dataset(tmp_path):
    """Fourteen workers and six parents, each at a moment of its own."""
    args = ["generate", "pole", "--scenarios", "normal/diurnal_cycle,fire/cellulose_pyrolysis", "--seed", "4"]
    args += ["--episodes", "64", "--duration", "1m", "--dt", "10s", "--sensors", "barometer"]

    def command(folder: Path, workers: int) -> list[str]:
        return [str(COMMAND), *args, "--workers", str(workers), "--out", str(folder)]

    subprocess.run(command(tmp_path / "whole", 1), check=True, capture_output=True)
    whole = Dataset.open(tmp_path / "whole")
    attack = Attack(seed=2, workers=14, parents=6, longest_wait_s=1.0)
    for turn in range(10):
        folder = tmp_path / f"out{turn}"
        attack.run(command(folder, 2), folder)
        check(folder, whole, attack.stored)
        assert (folder / "README.md").exists()
        if attack.is_over:
            return
    raise AssertionError(f"kills left: {attack.left}")


def test_what_is_stored_is_not_simulated_again(request_coin, tmp_path):
    """A shard that counted before the kill keeps its files, down to the inode."""

    class Stop(SilentProgress):
        def update(self, standing):
            if standing.done >= 4:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(request_coin(), tmp_path / "out", executor=InlineExecutor(), progress=Stop())
    before = {path: path.stat().st_ino for path in (tmp_path / "out").glob("*/*.parquet")}
    assert before
    generate(request_coin(), tmp_path / "out", executor=InlineExecutor())
    assert {path: path.stat().st_ino for path in before} == before


def test_two_runs_on_one_folder_the_second_stops(request_coin, tmp_path):
    code = COIN.replace("generate(request", 'print("started", flush=True)\ngenerate(request')
    request = request_coin(episodes=400, duration_s=3000.0)
    command = [sys.executable, "-c", code, request.model_dump_json(), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        try:
            assert first.stdout.readline() == "started\n"
            lock = tmp_path / "out" / ".staging" / "lock"
            while not (lock.exists() and lock.read_text()):
                time.sleep(0.05)
            second = subprocess.run(command, capture_output=True, text=True, check=False)
        finally:
            first.kill()
    assert second.returncode == 1
    assert f"process {first.pid} is writing here; wait for it or stop it" in second.stderr
    assert json.loads((tmp_path / "out" / ".staging" / "plan.json").read_bytes())["name"] == "dataset"
