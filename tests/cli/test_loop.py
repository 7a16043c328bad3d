"""The command `loop`: what cannot be done is refused before anything is made, and what was done is said."""

import json

import pytest
import typer

from envirosense.cli.app import run
from envirosense.cli.loop import _say, chosen_trainer
from envirosense.learning.loop.report import LoopReport


def test_what_cannot_be_run_is_refused_before_anything_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["loop", "pool"]) == 1
    assert "did you mean 'pole'?" in capsys.readouterr().err
    assert run(["loop", "home", "--trainer", "forrest"]) == 1
    assert "forest" in capsys.readouterr().err
    assert run(["loop", "home", "--real", "none.parquet"]) == 1
    assert run(["loop", "home", "--cycles", "0"]) == 1
    assert run(["loop", "home", "--episodes", "0"]) == 1
    assert not list(tmp_path.iterdir())


def test_a_trainer_is_a_name_or_a_command(tmp_path):
    own = tmp_path / "train.sh"
    own.write_text("#!/bin/sh\n")
    assert chosen_trainer(None) is None
    assert chosen_trainer("forest") == "forest"
    assert chosen_trainer(str(own)) == (str(own),)
    assert chosen_trainer("python my_train.py --deep") == ("python", "my_train.py", "--deep")


def test_nothing_that_serves_is_a_failure(tmp_path, capsys):
    report = LoopReport("pump", "pump-window", 1, 10, None, (), ())
    with pytest.raises(typer.Exit) as ended:
        _say(report, tmp_path, as_json=False)
    assert ended.value.exit_code == 1
    assert "serving  nothing" in capsys.readouterr().out
    _say(report, tmp_path, as_json=True)
    assert json.loads(capsys.readouterr().out)["task"] == "pump-window"
