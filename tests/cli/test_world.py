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


@pytest.mark.parametrize(
    ("place", "message"),
    [("", "is a folder; name a file in it, such as"), ("none/world.html", "make it or choose another")],
)
def test_a_page_that_cannot_be_written_is_refused_before_it_is_drawn(
    place: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / place
    # a scenario that does not exist would be refused next
    assert run(["world", "render", "--scenario", "none", "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: out={str(out)!r}: ")
    assert message in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_group_alone_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["world"]) == 0
    said = capsys.readouterr()
    assert "render" in said.out
    assert not said.err


def test_the_first_tick_is_a_moment() -> None:
    assert moment_s("0s") == 0.0
    assert moment_s("12m") == 720.0
