import json
import shutil
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.datasets import Dataset

type Capture = pytest.CaptureFixture[str]


@pytest.fixture
def copy(dataset: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(dataset, tmp_path / "copy"))


def test_generate_leaves_a_dataset_with_a_card(dataset: Path) -> None:
    found = Dataset.open(dataset)
    assert len(found) == 9
    assert (dataset / "README.md").read_text(encoding="utf-8").startswith("---\n")
    assert json.loads((dataset / "quality.json").read_text(encoding="utf-8"))["episodes"] == 9


def test_generating_again_gives_the_same_hash(
    dataset: Path, tiny: list[str], tmp_path: Path, capsys: Capture
) -> None:
    assert run(["generate", "pole", "--out", str(tmp_path / "again"), *tiny, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["logical_hash"] == Dataset.open(dataset).logical_hash


def test_a_finished_request_is_not_run_again(copy: Path, tiny: list[str]) -> None:
    before = (copy / "manifest.json").stat().st_mtime_ns
    assert run(["generate", "pole", "--out", str(copy), *tiny]) == 0
    assert (copy / "manifest.json").stat().st_mtime_ns == before


def test_another_request_is_refused(copy: Path, tiny: list[str], capsys: Capture) -> None:
    assert run(["generate", "pole", "--out", str(copy), *tiny, "--seed", "6"]) == 1
    assert "seed" in capsys.readouterr().err
    assert run(["dataset", "verify", str(copy)]) == 0


def test_sensors_can_be_chosen_and_left_out(tmp_path: Path) -> None:
    short = ["--episodes", "1", "--duration", "30s", "--workers", "1"]
    run(["generate", "pole", "--out", str(tmp_path / "one"), *short, "--sensors", "barometer"])
    run(
        ["generate", "pole", "--out", str(tmp_path / "rest"), *short, "--without", "barometer,thermal_camera"]
    )
    one, rest = (Dataset.open(tmp_path / name) for name in ("one", "rest"))
    assert [name for name in one.schema("readings").names if "." in name] == ["barometer.pressure_pa"]
    assert not [name for name in rest.schema("readings").names if name.startswith("barometer")]
    assert "thermal" not in rest.streams


def test_a_dry_run_says_the_cost_and_writes_nothing(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "dry"
    args = ["generate", "pole", "--episodes", "40", "--duration", "30m", "--out", str(out), "--dry-run"]
    assert run([*args, "--json"]) == 0
    cost = json.loads(capsys.readouterr().out)
    assert cost["simulated_hours"] == 20.0
    assert cost["gigabytes"] > 0
    assert cost["minutes"] > 0
    assert run(args) == 0
    assert "simulated hours  20" in capsys.readouterr().out
    assert not out.exists()


def test_info_says_the_same_as_text_and_as_data(dataset: Path, capsys: Capture) -> None:
    assert run(["dataset", "info", str(dataset)]) == 0
    text = capsys.readouterr().out
    assert run(["dataset", "info", str(dataset), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["logical_hash"] in text
    assert found["streams"].keys() == set(Dataset.open(dataset).streams)


def test_the_hash_is_the_last_line(dataset: Path, capsys: Capture) -> None:
    assert run(["dataset", "hash", str(dataset)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == Dataset.open(dataset).logical_hash


def test_a_manifest_that_states_another_hash_is_found(copy: Path, capsys: Capture) -> None:
    stated = Dataset.open(copy).logical_hash
    path = copy / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace(stated, "0" * 64), encoding="utf-8")
    assert run(["dataset", "hash", str(copy)]) == 1
    assert stated in capsys.readouterr().err


def test_verify_passes_a_whole_dataset_and_names_a_truncated_shard(copy: Path, capsys: Capture) -> None:
    assert run(["dataset", "verify", str(copy)]) == 0
    shard = next((copy / "readings").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-100])
    capsys.readouterr()
    assert run(["dataset", "verify", str(copy)]) == 1
    assert f"readings/{shard.name}" in capsys.readouterr().out


def test_validate_writes_what_it_prints(copy: Path, capsys: Capture) -> None:
    (copy / "quality.json").unlink()
    code = run(["dataset", "validate", str(copy), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((copy / "quality.json").read_text(encoding="utf-8"))
    assert code == (0 if found["is_ok"] else 1)
    assert run(["dataset", "validate", str(copy)]) == code
    assert all(rule["name"] in capsys.readouterr().out for rule in found["rules"][:1])


def test_the_card_can_be_written_again(copy: Path, capsys: Capture) -> None:
    card = copy / "README.md"
    before = card.read_text(encoding="utf-8")
    card.unlink()
    assert run(["dataset", "card", str(copy)]) == 0
    assert card.read_text(encoding="utf-8") == before


def test_a_folder_without_a_dataset_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    for command in ("info", "verify", "hash", "validate", "card"):
        assert run(["dataset", command, str(tmp_path)]) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_show_writes_one_page_that_needs_no_other_file(
    dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    episode_id = next(iter(Dataset.open(dataset))).episode_id
    page = tmp_path / "page.html"
    assert run(["show", str(dataset), "--episode", episode_id[:6], "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert episode_id in text
    assert "<link" not in text
    assert 'src="http' not in text


def test_an_unknown_episode_is_named(dataset: Path, capsys: Capture) -> None:
    assert run(["show", str(dataset), "--episode", "zzzz"]) == 1
    assert "episode='zzzz'" in capsys.readouterr().err
