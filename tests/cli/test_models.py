import json
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.cli.demo import demo
from envirosense.datasets import verify
from envirosense.learning.model_file import load_model

type Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "demo"
    demo(out=out, quick=True, workers=1)
    return out


@pytest.mark.slow
def test_the_demo_leaves_dataset_model_report_and_page(demo_folder: Path) -> None:
    assert verify(demo_folder / "dataset").is_ok
    assert load_model(demo_folder / "model").card["dataset"]["logical_hash"]
    for page in ("report.html", "episode.html"):
        assert (demo_folder / page).read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("stranger", ["manifest.json", "model"])
def test_the_demo_leaves_a_folder_of_others_alone(stranger: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / stranger).write_text("mine")
    assert run(["demo", "--quick", "--out", str(tmp_path)]) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert f"holds other files ({stranger})" in line
    assert [entry.name for entry in tmp_path.iterdir()] == [stranger]


@pytest.mark.slow
def test_the_quick_demo_says_that_its_figures_mean_nothing(demo_folder: Path, capsys: Capture) -> None:
    demo(out=demo_folder, quick=True, workers=1)
    assert capsys.readouterr().out.startswith("Smoke test: the episodes are few and short")


@pytest.mark.slow
def test_train_and_evaluate_agree(demo_folder: Path, tmp_path: Path, capsys: Capture) -> None:
    dataset, model, page = str(demo_folder / "dataset"), str(tmp_path / "model"), tmp_path / "report.html"
    assert run(["train", dataset, "--out", model, "--seed", "7", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["path"] == model
    assert run(["evaluate", dataset, "--model", model, "--out", str(page), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["role"] for one in found["detectors"]] == ["model", "threshold", "control"]
    assert found["report"] == str(page)
    assert page.stat().st_size > 1000
    assert run(["evaluate", dataset, "--model", model]) == 0
    text = capsys.readouterr().out
    for limit in found["limits"]:
        assert limit in text


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--learner", "forrest"], "did you mean 'forest'"),
        (["--window", "long"], "window='long'"),
    ],
)
def test_a_bad_value_of_train_is_one_line_naming_it(
    dataset: Path, options: list[str], says: str, tmp_path: Path, capsys: Capture
) -> None:
    assert run(["train", str(dataset), "--out", str(tmp_path / "model"), *options]) == 1
    assert says in capsys.readouterr().err


def test_a_folder_without_a_model_is_named(dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["evaluate", str(dataset), "--model", str(tmp_path / "none")]) == 1
    assert "none" in capsys.readouterr().err
