"""`dataset export` on a pole dataset."""

import json
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.datasets import Dataset
from envirosense.datasets.formats import Export

type Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("name", ["csv", "hdf5"])
def test_an_export_reads_back_to_the_hash_of_the_dataset(
    name: str, dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / name
    asked = ["dataset", "export", str(dataset), "--format", name, "--out", str(out), "--check"]
    assert run(asked) == 0
    assert "the whole dataset, read back with the same hash" in capsys.readouterr().out
    assert Export.open(out).facts.dataset_hash == Dataset.open(dataset).logical_hash
    assert run(asked) == 1
    assert "choose a new or empty folder" in capsys.readouterr().err


def test_a_part_says_which_part(dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "part"
    asked = ["dataset", "export", str(dataset), "--format", "jsonl", "--out", str(out), "--split", "train"]
    assert run([*asked, "--streams", "readings, events", "--episodes", "fire/*,normal/*", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["streams"] == ["events", "readings"]
    assert not said["whole"]
    assert said["checked"] is None
    assert "train" in said["part"]
    assert run(["dataset", "export", str(out), "--check"]) == 0
    assert "part of the dataset" in capsys.readouterr().out
    changed = out / "events" / "train.jsonl"
    changed.write_bytes(changed.read_bytes().replace(b"fire", b"fine"))
    assert run(["dataset", "export", str(out), "--check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["faults"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--format", "cvs", "--out", "x"], "did you mean 'csv'"),
        (["--format", "pandas", "--out", "x"], "known: arrow, csv"),
        (["--format", "csv"], "say --format NAME and --out DIR"),
        (["--out", "x"], "say --format NAME and --out DIR"),
        (["--format", "csv", "--out", "x", "--split", "trian"], "'train'"),
        (["--format", "csv", "--out", "x", "--streams", "reading"], "'readings'"),
        (["--format", "csv", "--out", "x", "--episodes", "zz*"], "fits no episode"),
        (["--format", "csv", "--out", "/proc/x/y"], "cannot be written"),
    ],
)
def test_a_wrong_request_says_what_to_do(
    more: list[str],
    said: str,
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["dataset", "export", str(dataset), *more]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("option", ["--split", "--streams", "--episodes", "--compression"])
def test_a_check_alone_takes_no_choice(option: str, dataset: Path, capsys: Capture) -> None:
    assert run(["dataset", "export", str(dataset), "--check", option, "train"]) == 1
    said = capsys.readouterr().err
    assert f"{option[2:]}='train'" in said
    assert "whole export" in said
