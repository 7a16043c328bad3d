"""`generate run`: what it prints, delivers and refuses, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from envirosense.cli.app import run
from envirosense.datasets import Dataset
from envirosense.factory.pipeline import read_manifest
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

EXAMPLES = Path(__file__).parents[2] / "examples"
EXAMPLE = EXAMPLES / "factory.yaml"
HOMES = EXAMPLES / "homes.yaml"


@pytest.fixture(autouse=True)
def _coin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "coin" not in TWINS:
        TWINS.register("coin")(CoinTwin)
    monkeypatch.chdir(tmp_path)


def write(**changes: Any) -> str:
    part = {"scenarios": "*", "episodes": 4, "duration": "1m"}
    Path("m.yaml").write_text(yaml.safe_dump({"twin": "coin", "name": "coins", "parts": [part], **changes}))
    return "m.yaml"


def test_a_run_delivers_and_says_so_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    args = ["generate", "run", write(formats=["arrow"]), "--workers", "1", "--json"]
    assert run(args) == 0
    first = capsys.readouterr()
    told = json.loads(first.out)
    assert told["episodes"] == {"episodes": 4, "ok": 4, "failed": 0}
    assert told["path"] == str(tmp_path / "coins")
    assert Dataset.open(told["dataset"]).logical_hash == told["logical_hash"]
    assert Path(told["exports"]["arrow"]).is_dir()
    assert "export to arrow" in first.err
    assert run(args) == 0
    again = capsys.readouterr()
    assert json.loads(again.out) == told
    assert again.err == "all 5 stages are done, nothing is made again\n"


def test_a_dry_run_tells_every_stage_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write(formats=["csv"], target="s3://bucket/coins")
    assert run(["generate", "run", path, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [stage["stage"] for stage in told["stages"]] == [
        "episodes-000", "check", "assemble", "describe", "export-csv", "upload",
    ]  # fmt: skip
    assert told["episodes"] == 4
    assert told["hours"] == pytest.approx(4 / 60)
    assert run(["generate", "run", path, "--dry-run"]) == 0
    assert "in all 4 episodes, 0.07 simulated h" in capsys.readouterr().out
    assert [one.name for one in tmp_path.iterdir()] == ["m.yaml"]


def test_episodes_in_quarantine_end_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    part = {"scenarios": "*", "episodes": 3, "duration": "1m", "options": {"fail": [1]}}
    assert run(["generate", "run", write(parts=[part]), "--workers", "1", "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["rejected_by"] == {"simulation": 1}
    assert "1 of 3 episodes are in quarantine (simulation 1)" in said.err


def test_a_mistake_is_one_line_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "run", write(formats=["cvs"])]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: m.yaml:")
    assert "did you mean 'csv'?" in said
    assert said.count("\n") == 1


def test_a_manifest_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "run", "none.yaml"]) == 1
    assert "none.yaml" in capsys.readouterr().err


def test_the_example_is_valid() -> None:
    manifest = read_manifest(EXAMPLE)
    assert manifest.twin == "pole"
    assert manifest.episodes == 10


@pytest.mark.slow
def test_the_example_is_delivered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "run", str(EXAMPLE), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["episodes"]["ok"] >= 0.8 * told["asked"]
    assert set(told["exports"]) == {"parquet", "csv-test"}


def test_the_example_of_homes_is_valid() -> None:
    manifest = read_manifest(HOMES)
    assert manifest.twin == "home"
    assert manifest.episodes == 6


@pytest.mark.slow
def test_the_example_of_homes_is_delivered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "run", str(HOMES), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["episodes"]["ok"] >= 0.66 * told["asked"]
    assert set(told["exports"]) == {"csv-test"}


@pytest.mark.parametrize(
    ("changes", "part", "said"),
    [
        ({}, {"duration": "36h"}, "parts.0.duration=129600.0: must be whole days"),
        ({"dt": "1m"}, {}, ": dt=60.0: a home's series are on steps of 900 s"),
        ({}, {"options": {"home_type": "castle"}}, "parts.0.options.home_type='castle': unknown home_type"),
    ],
)
def test_a_mistake_names_its_field(
    changes: dict[str, Any], part: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"scenarios": "home/easy", "episodes": 1, "duration": "1d", **part}
    path = write(**{"twin": "home", "dt": "15m", "parts": [asked], **changes})
    assert run(["generate", "run", path, "--dry-run"]) == 1
    assert said in capsys.readouterr().err
