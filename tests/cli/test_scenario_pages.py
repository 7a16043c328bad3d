"""`envirosense scenarios render`, `gallery`, `table`."""

import json
from pathlib import Path

import pytest

from envirosense.cli.app import run

LEAVES = Path(__file__).parents[2] / "examples" / "scenarios" / "burning_leaves.yaml"
SHORT = ["--duration", "10m", "--dt", "30s"]


@pytest.mark.parametrize("name", ["electrical/vehicle_strike", str(LEAVES)])
def test_render_writes_a_page_of_a_scenario_or_file(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert run(["scenarios", "render", name, *SHORT, "--seed", "2", "--out", str(page), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["page"], said["seed"]) == (str(page), 2)
    assert said["bytes"] == page.stat().st_size
    assert said["params"]
    assert {"vibration_sensor", "thermal_camera"} <= set(said["greatest_snr"])
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["render", "electrical/vehicle_strik"], "did you mean 'electrical/vehicle_strike'"),
        (["render", "normal/diurnal_cycle", "--out", "no/such/page.html"], "there is no folder no/such"),
        (["render", "normal/diurnal_cycle", "--duration", "soon"], "duration='soon'"),
        (["render", "normal/diurnal_cycle", "--dt", "7s"], "dt_s=7"),
        (["gallery", "--category", "fires"], "did you mean 'fire'"),
        (["table", "--category", "fires"], "did you mean 'fire'"),
    ],
)
def test_a_mistake_ends_with_one_line(
    args: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run(["scenarios", *args]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_the_gallery_of_a_shelf_is_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "gallery"
    asked = ["--category", "normal", "--draws", "1", "--out", str(out), "--json"]
    assert run(["scenarios", "gallery", *asked]) == 0
    done = capsys.readouterr()
    said = json.loads(done.out)
    n = len(said["scenarios"])
    lines = done.err.splitlines()
    assert lines[0] == f"drawing the gallery: {n} scenarios"
    assert lines[-1] == f"{n} of {n} scenarios"
    assert said["index"] == str(out / "index.html")
    assert said["scenarios"]
    assert all((out / one["page"]).is_file() for one in said["scenarios"])
    assert said["bytes"] == sum(path.stat().st_size for path in out.rglob("*.html"))


def test_a_gallery_needs_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.write_text("x", encoding="utf-8")
    assert run(["scenarios", "gallery", "--out", str(taken)]) == 1
    assert "is a file; name a folder" in capsys.readouterr().err


def test_a_table_with_a_sensor_that_nothing_moves_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "table.html"
    asked = ["--category", "normal", "--draws", "1", "--out", str(page), "--json"]
    assert run(["scenarios", "table", *asked]) == 1
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert len(said["scenarios"][0]["greatest_snr"]) == len(said["sensors"])
    assert any(
        line.startswith("error: lightning_detector: no scenario moves it") for line in err.splitlines()
    )
    assert sum(line.startswith("error:") for line in err.splitlines()) == len(said["problems"])
    assert "lightning_detector: no scenario moves it" in page.read_text(encoding="utf-8")
