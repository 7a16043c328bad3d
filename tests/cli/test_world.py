import json
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.cli.world import moment_s


def test_render_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "world.html"
    options = ["--scenario", "electrical/equipment_overheat", "--duration", "5m", "--dt", "2s", "--at", "3m"]
    assert run(["world", "render", *options, "--seed", "2", "--out", str(page), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["page"] == str(page)
    assert said["at_s"] == 180.0
    assert "final_resistance_ohm" in said["params"]
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scenario", "fire/celulose_pyrolysis"], "did you mean 'fire/cellulose_pyrolysis'"),
        (["--scenario", "normal/diurnal_cycle", "--at", "61m"], "must lie within the episode, 0 to 3600 s"),
        (["--scenario", "normal/diurnal_cycle", "--at", "noon"], "at='noon'"),
        (["--scenario", "normal/diurnal_cycle", "--weather", "nowhere"], "weather='nowhere'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "world.html"
    assert run(["world", "render", *options, "--out", str(page)]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not page.exists()


def test_the_first_tick_is_a_moment() -> None:
    assert moment_s("0s") == 0.0
    assert moment_s("12m") == 720.0
