"""`feedback`: refused with one line where it cannot be used."""

import json

import pytest

from envirosense.cli.app import run
from envirosense.core.registry import Registry
from envirosense.learning.loop import field as field_of_loop
from envirosense.learning.loop import subject
from envirosense.learning.loop.config import LoopConfig
from envirosense.learning.loop.folder import LoopFolder
from tests.learning.deployment.conftest import samples
from tests.learning.loop.field_world import FieldLoop, recorded_field, said, seeing_loop


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


@pytest.fixture
def coin_loop(tmp_path, monkeypatch):
    """A loop of recorded coins whose version sees all that its test set asks for; feedback lies beside."""
    monkeypatch.delenv("ENVIROSENSE_HOME", raising=False)
    loops = Registry("loop", "envirosense.loops")
    loops.register("coin")(FieldLoop)
    for module in (subject, field_of_loop):
        monkeypatch.setattr(module, "LOOPS", loops)
    field = recorded_field(tmp_path)
    folder = seeing_loop(tmp_path / "loop", field)
    said(field, tmp_path / "f.jsonl", "missed", start_s=0.0, model="coin-window@1")
    return folder.root


def told_of(tmp_path):
    return ["--feedback", str(tmp_path / "f.jsonl"), "--dataset", str(tmp_path / "yard")]


def test_retraining_takes_feedback_first_and_goes_by_it(coin_loop, tmp_path, capsys):
    (coin_loop / "retraining.yaml").write_text("triggers: {volume: null, drift: null}\nneeds: {groups: 99}\n")
    assert run(["retrain", str(coin_loop), "--dry-run"]) == 0
    assert "do not train" in capsys.readouterr().out
    assert run(["retrain", str(coin_loop), "--json", *told_of(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "16 new records" in told.err
    run_told = json.loads(told.out)
    assert run_told["status"] == "refused"  # too few groups to train on
    fall = next(one for one in run_told["decision"]["findings"] if one["trigger"] == "degradation")
    assert fall["fired"]
    assert "origin real: an alarm at 0.0% of 16 reported events" in fall["words"]


def test_a_dry_run_keeps_nothing_so_it_takes_no_feedback(coin_loop, tmp_path, capsys):
    assert run(["retrain", str(coin_loop), "--dry-run", *told_of(tmp_path)]) == 1
    assert "give the file to `envirosense feedback` first" in capsys.readouterr().err
    assert not (coin_loop / "feedback").exists()


@pytest.mark.parametrize("alone", [slice(0, 2), slice(2, 4)])
def test_feedback_and_its_logs_go_together(coin_loop, tmp_path, capsys, alone):
    for command in (["retrain", str(coin_loop)], ["loop", "pole", "--out", str(coin_loop)]):
        assert run([*command, *told_of(tmp_path)[alone]]) == 1
        assert "go together" in capsys.readouterr().err


def test_a_loop_that_was_not_begun_takes_no_feedback(coin_loop, tmp_path, capsys):
    assert run(["loop", "pole", "--out", str(tmp_path / "new"), *told_of(tmp_path)]) == 1
    assert "holds no loop" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
