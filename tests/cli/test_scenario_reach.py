"""`envirosense scenarios reach`."""

import json
from pathlib import Path

import pytest

from envirosense.cli.app import run

FEW = ["--draws", "2", "--strengths", "60", "--distances", "3,60", "--workers", "1"]


def test_reach_prints_and_writes_the_same_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "reach.html"
    assert run(["scenarios", "reach", *FEW, "--out", str(page), "--json"]) == 0
    done = capsys.readouterr()
    said = json.loads(done.out)
    assert (said["scenario"], said["draws"]) == ("fire/early_combustion", 2)
    assert [row["label"] for row in said["forbidden"] if row["distance_m"] == 10.0] == ["not detectable"] * 4
    assert done.err.splitlines()[0] == "measuring reach: 4 episodes"
    assert done.err.splitlines()[-1] == "4 of 4 episodes"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert run(["scenarios", "reach", *FEW]) == 0
    text = capsys.readouterr().out
    assert "half seen at" in text
    assert "not detectable" in text


def test_a_file_is_swept_with_its_definition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "id: fire/own_litter\nmodel: fire/early_combustion\ndescription: Litter burns\n"
        "parameters:\n  burning: flame\n  peak_burn_g_s: {log_uniform: [10, 60]}\n",
        encoding="utf-8",
    )
    assert run(["scenarios", "reach", str(own), *FEW, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scenario"] == "fire/own_litter"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["fire/early_combustio"], "did you mean 'fire/early_combustion'"),
        (["fire/cellulose_pyrolysis"], "has no distance_m to vary"),
        (["--strength", "peak_burn"], "did you mean 'peak_burn_g_s'"),
        (["--strengths", "1,two"], "needs numbers above 0"),
        (["--distances", "60,3"], "in rising order"),
        (["--strengths", "600"], "stay within"),
        (["--workers", "0"], "must be at least 1"),
        (["--out", "no/such/page.html"], "there is no folder no/such"),
    ],
)
def test_a_mistake_ends_with_one_line(
    args: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    quick = [] if "--workers" in args else ["--workers", "1"]
    assert run(["scenarios", "reach", "--draws", "1", *quick, *args]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
