import json
import re
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.datasets import Dataset

FEW = ["generate", "home", "--homes", "2", "--days", "2", "--seed", "1", "--workers", "1"]


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("homes") / "H"
    assert run([*FEW, "--out", str(folder)]) == 0
    return folder


def test_homes_are_made_and_told_about(homes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*FEW, "--out", str(homes), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["twin"] == "home"
    assert found["episodes"]["ok"] == 2
    assert found["hours"] == 96.0
    assert found["streams"]["ha_events"]["rows"] > 500


def test_one_home_can_be_asked_for(tmp_path: Path) -> None:
    kind = [
        "--home-type",
        "studio",
        "--size",
        "small",
        "--region",
        "arctic",
        "--level",
        "easy",
        "--faults",
        "0",
    ]
    ask = ["generate", "home", "--homes", "1", "--days", "1", "--out", str(tmp_path / "H"), *kind]
    assert run(ask) == 0
    (episode,) = Dataset.open(tmp_path / "H")
    assert episode.scenario == "home/easy"
    assert episode.spec.params["home_type"] == "studio"
    assert episode.row_count("events") == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["--days", "0"], "days=0: must be 1 at least"),
        (["--days", "-3"], "days=-3: must be 1 at least"),
        (["--homes", "0"], "homes=0: must be 1 at least"),
        (["--home-type", "castle"], "castle"),
        (["--size", "huge"], "huge"),
        (["--region", "moon"], "moon"),
        (["--level", "hopeless"], "easy, standard or hard"),
        (["--faults", "-1"], "faults=-1.0: must be 0 at least"),
        (["--homes", "3000000", "--days", "3650"], "3000000 episodes of 87600 h need about"),
    ],
)
def test_bad_input_is_named(
    changes: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*FEW, *changes, "--out", str(tmp_path / "H")]) != 0
    assert said in capsys.readouterr().err
    assert not (tmp_path / "H").exists()


def test_what_homes_would_cost_is_said_without_making_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*FEW, "--out", str(tmp_path / "H"), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["episodes"] == 2
    assert not (tmp_path / "H").exists()


def test_a_kind_of_homes_that_there_is_not_costs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*FEW, "--out", str(tmp_path / "H"), "--dry-run", "--home-type", "castle"]) == 1
    assert "unknown home_type; known: apartment" in capsys.readouterr().err


def test_what_kinds_of_homes_there_are_is_told(homes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dataset", "episodes", str(homes), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["episodes"]
    drawn = [one.spec.params for one in Dataset.open(homes)]
    assert [one["home_type"] for one in listed] == [one["home_type"] for one in drawn]
    assert [one["size"] for one in listed] == [one["size"] for one in drawn]
    assert run(["dataset", "info", str(homes), "--json"]) == 0
    kinds = json.loads(capsys.readouterr().out)["kinds"]
    assert sum(kinds["home_type"].values()) == 2
    assert set(kinds) == {"home_type", "size", "region"}
    assert run(["dataset", "info", str(homes)]) == 0
    assert "\nsize     " in capsys.readouterr().out


def test_the_card_speaks_of_homes(homes: Path) -> None:
    card = (homes / "README.md").read_text(encoding="utf-8")
    assert "Simulated homes as Home Assistant sees them" in card
    assert "instrument model" not in card
    assert "Physics version" not in card
    assert "| home type | episodes |" in card
    (price,) = [line for line in card.splitlines() if line.startswith("| `price_per_kwh`")]
    assert price.split("|")[5:8] == ["  ", "  ", "  "]  # currencies have no common mean


@pytest.mark.parametrize("out", ["/", "."])
def test_a_page_cannot_be_a_folder(out: str, homes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(homes), "--out", out]) == 1
    assert "is a folder; name a file in it" in capsys.readouterr().err


def test_a_week_is_drawn_on_a_page(homes: Path, tmp_path: Path) -> None:
    page = tmp_path / "week.html"
    assert run(["show", str(homes), "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") >= 3
    assert "What was planted" in text
    assert '<path class="line outside"' in text
    (first, *_) = Dataset.open(homes)
    assert first.episode_id in text
    curves = [part for part in text.split("<svg")[1:] if '<path class="line' in part]
    assert curves
    for one in curves:
        drawn = re.findall(r'<path class="([^"]+)"', one)
        assert len(set(drawn)) == len(drawn), "every line has a colour of its own"
        assert len(re.findall(r'class="tick"[^>]*>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d<', one)) == 2  # days


def test_homes_can_be_validated(homes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["dataset", "validate", str(homes), "--json"])
    found = {rule["name"]: rule for rule in json.loads(capsys.readouterr().out)["rules"]}
    assert {"truth_agrees", "events_in_order", "causes_come_first"} <= set(found)
    failed = [name for name, rule in found.items() if rule["failed"] and rule["severity"] == "error"]
    assert set(failed) <= {"truth_agrees"}, "two days are too few for some patterns"


def test_a_home_is_written_for_home_assistant(
    homes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from envirosense.home import export
    from envirosense.home.twin import history_of

    lived = []
    monkeypatch.setattr(export, "history_of", lambda spec: (lived.append(spec), history_of(spec))[1])
    out = tmp_path / "ha"
    ask = ["dataset", "home-assistant", str(homes), "--out", str(out), "--events", "--inventory", "--json"]
    assert run(ask) == 0
    assert len(lived) == 1, "once for all three forms"
    found = json.loads(capsys.readouterr().out)
    first = next(iter(Dataset.open(homes)))
    assert found["devices"] == first.row_count("devices")
    assert found["events.jsonl"] == first.row_count("ha_events")
    assert (out / "events.jsonl").read_bytes().count(b"\n") == first.row_count("ha_events")
    assert (out / ".storage" / "core.entity_registry").exists()
    assert (out / "inventory.yaml").stat().st_size > 1000
    assert run(ask) != 0, "a history that is there is never touched"
    assert "holds a history already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--version", "2020.1"], "2025.1.4"), (["--episode", "nope"], "dataset episodes")],
)
def test_what_cannot_be_written_is_named(
    more: list[str], said: str, homes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["dataset", "home-assistant", str(homes), "--out", str(tmp_path / "ha"), *more]) != 0
    assert said in capsys.readouterr().err


def test_only_homes_are_written_for_home_assistant(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["dataset", "home-assistant", str(dataset), "--out", str(tmp_path / "ha")]) != 0
    assert "not homes" in capsys.readouterr().err


def test_a_dataset_of_another_generator_is_not_exported(
    homes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from envirosense.home import export
    from envirosense.home.twin import history_of

    monkeypatch.setattr(
        export, "history_of", lambda spec: history_of(spec.model_copy(update={"world_seed": 1}))
    )
    assert run(["dataset", "home-assistant", str(homes), "--out", str(tmp_path / "ha")]) != 0
    assert "other events are stored" in capsys.readouterr().err


@pytest.mark.parametrize("window", ["60s", "1h"])
def test_a_window_detector_cannot_be_trained_on_homes_and_is_told_so(
    window: str, homes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(["train", str(homes), "--out", str(tmp_path / "M"), "--window", window, "--stride", window]) == 1
    )
    said = capsys.readouterr().err
    assert "has no labels of windows" in said or "no split" in said
    assert "Traceback" not in said
