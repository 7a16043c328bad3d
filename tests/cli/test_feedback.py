"""`feedback`: refused with one line where it cannot be used."""

import json

import pytest

from envirosense.cli.app import run
from envirosense.learning.loop.config import LoopConfig
from envirosense.learning.loop.folder import LoopFolder
from tests.learning.deployment.conftest import samples


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text(
        json.dumps({"episode_id": "e", "verdict": "false", "event_type": "leak", "name": "n"}) + "\n"
    )
    return path


def test_a_folder_without_a_loop_is_refused(file, dataset, tmp_path, capsys):
    assert run(["feedback", str(file), "--dataset", str(dataset), "--loop", str(tmp_path / "nothing")]) != 0
    told = capsys.readouterr().err
    assert "holds no loop" in told
    assert "Traceback" not in told


def test_a_simulated_dataset_is_refused_and_that_is_recorded(file, dataset, tmp_path, capsys):
    loop = LoopFolder(tmp_path / "loop")
    loop.claim(LoopConfig(subject="pole", episodes=4, validation_episodes=4, test_episodes=4))
    samples().save(loop.validation)
    assert run(["feedback", str(file), "--dataset", str(dataset), "--loop", str(loop.root)]) != 0
    assert "feedback is about recorded logs" in capsys.readouterr().err
    (row,) = (loop.root / "feedback" / "refused.jsonl").read_text().splitlines()
    assert "feedback is about recorded logs" in json.loads(row)["reason"]
