"""`scenarios difficulty`, as the command is wired: a table, a file, a scenario that is not there."""

from functools import cache

import pytest
import typer
import yaml
from typer.testing import CliRunner

from envirosense.cli.scenario_difficulty import difficulty as command
from envirosense.core.errors import UnknownNameError
from envirosense.pole import difficulty

CALIBRATED = difficulty.calibrated_reference


@cache
def quickly_calibrated(seed):
    return CALIBRATED(0, n_days=1, day_s=3600.0)


@pytest.fixture
def app(monkeypatch):
    """The command alone, calibrated on hours instead of days."""
    monkeypatch.setattr(difficulty, "calibrated_reference", quickly_calibrated)
    found = typer.Typer()
    found.command()(command)
    return found


@pytest.mark.slow
def test_a_pattern_is_measured_and_written_the_same_twice(app, tmp_path):
    texts = []
    for name in ("one.yaml", "two.yaml"):
        out = tmp_path / name
        done = CliRunner().invoke(
            app, ["electrical/track*", "--draws", "1", "--seed", "5", "--out", str(out)]
        )
        assert done.exit_code == 0, done.output
        texts.append(out.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert list(yaml.safe_load(texts[0])["scenarios"]) == ["electrical/tracking"]


def test_a_table_is_printed(app):
    done = CliRunner().invoke(app, ["normal/diurnal_cycle", "--draws", "1"])
    assert done.exit_code == 0, done.output
    assert "no_events" in done.output


def test_an_unknown_scenario_is_named(app):
    done = CliRunner().invoke(app, ["no/such"])
    assert isinstance(done.exception, UnknownNameError)
