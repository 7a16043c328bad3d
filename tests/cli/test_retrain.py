import json
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from envirosense.cli.app import app, run
from envirosense.cli.retrain import retrain
from envirosense.factory.lineage import LineageTracker
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.retraining.trainer import ForestTrainer
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask
from envirosense.testing.toy_samples import toy_samples

type Capture = pytest.CaptureFixture[str]

TASK = ModelTask(name="toy", negative="normal", alarm_share=0.1)


@pytest.fixture(autouse=True)
def _command_is_there() -> None:
    if "retrain" not in {one.name for one in app.registered_commands}:
        app.command("retrain")(retrain)


@pytest.fixture
def loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ENVIROSENSE_HOME", raising=False)
    folder = tmp_path / "loop"
    train, validation = toy_samples(1, 6, 12), toy_samples(2, 6, 12)
    train.save(folder / "cycle_1" / "samples.parquet")
    validation.save(folder / "validation.parquet")
    toy_samples(3, 6, 12).save(folder / "test.parquet")
    (folder / "task.yaml").write_text("name: toy\nnegative: normal\nalarm_share: 0.1\n")
    (folder / "retraining.yaml").write_text("needs: {target: null}\ntriggers: {drift: null}\n")
    ForestTrainer().train(train, validation, TASK, np.random.default_rng(1)).save(tmp_path / "ready")
    script = f'mkdir -p "$1/result" && cp {tmp_path}/ready/* "$1/result"'
    (tmp_path / "mine.sh").write_text(script)
    return folder


def command(loop: Path, *more: str) -> list[str]:
    mine = f"sh {loop.parent / 'mine.sh'}"
    return ["retrain", str(loop), "--task", str(loop / "task.yaml"), "--trainer", mine, *more]


def test_a_dry_run_says_what_each_trigger_says(loop: Path, capsys: Capture) -> None:
    assert run(command(loop, "--dry-run")) == 0
    said = capsys.readouterr().out
    assert said.startswith("train: volume: fires, 72 new units")
    assert "manual: quiet, nobody asked" in said
    assert not (loop / "retraining").exists()


def test_a_trigger_that_fires_gives_a_version(loop: Path, capsys: Capture) -> None:
    assert run(command(loop, "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["version"]) == ("trained", "toy@1")
    assert ModelRegistry.beside(loop).version("toy@1").facts["run"] == 1
    assert run(command(loop)) == 0
    assert "quiet; no trigger fires" in capsys.readouterr().out


def test_a_refusal_is_no_success(loop: Path, capsys: Capture) -> None:
    (loop / "retraining.yaml").write_text("needs: {groups: 50, target: null}\n")
    assert run(command(loop, "--reason", "because")) == 1
    assert "refused; needs 44 more groups (has 6)" in capsys.readouterr().out


def test_a_trainer_is_named_as_in_the_loop(loop: Path, capsys: Capture) -> None:
    assert run(command(loop, "--trainer", "forrest")) == 1
    assert "did you mean 'forest'" in capsys.readouterr().err
    assert run(command(loop, "--command", "sh mine.sh")) == 2
    assert "--command" in capsys.readouterr().err


def test_a_version_of_a_folder_without_a_loop_is_traced_to_its_files(loop: Path) -> None:
    assert run(command(loop)) == 0
    found = LineageTracker.beside(loop).upstream("model:toy@1")
    assert {one.name for one in found.artifacts.values() if one.kind == "samples"} == {
        "loop-cycle-1", "loop-validation"
    }  # fmt: skip
    (made,) = (one for one in found.activities.values() if one.kind == "train")
    assert made.facts["cycle"] == 1
    assert "mine.sh" in made.facts["trainer"]


@pytest.fixture
def of_loop(loop: Path) -> Path:
    """The folder as a loop of a subject leaves it, with one cycle collected."""
    said = {"subject": "pole", "episodes": 9, "validation_episodes": 9, "test_episodes": 9}
    (loop / "loop.json").write_text(json.dumps(said))
    (loop / "cycle_1" / "collected.json").write_text('{"accepted_share": null}')
    path = loop / "cycle_1" / "samples.parquet"
    with LineageTracker.beside(loop).activity("collect") as collected:
        collected.generated("samples", "pole-cycle-1", path, Samples.load(path).content_hash)
    return loop


def made_from(loop: Path) -> set[str]:
    """Names of the samples that the first version was made from."""
    found = LineageTracker.beside(loop).upstream("model:toy@1")
    assert sorted(one.kind for one in found.activities.values()) == ["collect", "train"]
    return {one.name for one in found.artifacts.values() if one.kind == "samples"}


def test_a_version_is_traced_to_the_samples_of_the_loop(of_loop: Path) -> None:
    assert run(command(of_loop)) == 0
    assert "pole-cycle-1" in made_from(of_loop)


def test_the_service_traces_its_versions(of_loop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Once(Event):
        def wait(self, timeout: float | None = None) -> bool:
            self.set()
            return True

    monkeypatch.setattr("envirosense.cli.retrain.Event", Once)
    assert run(command(of_loop, "--watch")) == 0
    assert "pole-cycle-1" in made_from(of_loop)
