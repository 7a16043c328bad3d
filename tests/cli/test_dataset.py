import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.cli.cost import about_bytes, about_seconds
from envirosense.cli.doctor import usable_cores
from envirosense.cli.show import first_event_episode
from envirosense.core.errors import DatasetError
from envirosense.datasets import Dataset, Episode
from envirosense.pole import DiurnalCycleScenario
from envirosense.scenarios import SCENARIOS
from envirosense.testing.defects import plant

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
    text = capsys.readouterr().out
    assert "simulated hours  20" in text
    assert re.search(r"^disk +about [\d.]+ GB$", text, re.M)
    assert re.search(r"^time +about \d+ s$", text, re.M)
    assert not out.exists()
    assert run([*args, "--json", "--workers", "500"]) == 0
    assert json.loads(capsys.readouterr().out)["workers"] == usable_cores()


@pytest.mark.parametrize(
    ("time_s", "text"), [(0.2, "1 s"), (25.4, "25 s"), (89.0, "89 s"), (100.0, "1.7 min"), (9000.0, "2.5 h")]
)
def test_times_are_said_as_people_say_them(time_s: float, text: str) -> None:
    assert about_seconds(time_s) == f"about {text}"


def test_sizes_are_said_as_people_say_them() -> None:
    sizes = [about_bytes(n) for n in (3.0e3, 4.2e6, 5.1e8, 1.234e11, 1.8e12)]
    assert sizes == ["about 0.1 MB", "about 4.2 MB", "about 0.51 GB", "about 120 GB", "about 1.8 TB"]


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


def test_a_damaged_dataset_is_repaired_to_the_same_bytes(copy: Path, capsys: Capture) -> None:
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    for stream in ("thermal", "labels", "readings"):
        shard = next((copy / stream).glob("train-*.parquet"))
        shard.write_bytes(shard.read_bytes()[:-9])
    (copy / "croissant.json").write_text("{")
    assert run(["dataset", "verify", str(copy), "--repair"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert sum(line.endswith(": made again") for line in said) == 4
    assert said[-2] == f"{copy}: whole"
    after = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert {path.name for path in before if after.get(path) != before[path]} <= {"README.md"}  # with its date


def test_a_dataset_of_another_version_is_not_repaired(copy: Path, capsys: Capture) -> None:
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    (copy / "manifest.json").write_text(json.dumps(manifest | {"code_version": "0.0.1"}), encoding="utf-8")
    next((copy / "emf").glob("train-*.parquet")).unlink()
    assert run(["dataset", "verify", str(copy), "--repair", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["repaired"] == []
    assert "made by envirosense 0.0.1" in told["faults"][0]


def test_shards_of_another_length_hold_the_same_dataset(
    dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    new = tmp_path / "new"
    args = ["dataset", "reshard", str(dataset), "--out", str(new), "--workers", "1"]
    assert run([*args, "--episodes-per-shard", "0"]) == 1
    assert "must be at least 1" in capsys.readouterr().err
    assert run([*args, "--episodes-per-shard", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["logical_hash"] == Dataset.open(dataset).logical_hash
    assert run(["dataset", "verify", str(new)]) == 0


def test_validate_writes_what_it_prints(copy: Path, capsys: Capture) -> None:
    (copy / "quality.json").unlink()
    code = run(["dataset", "validate", str(copy), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((copy / "quality.json").read_text(encoding="utf-8"))
    assert code == (0 if found["is_ok"] else 1)
    assert run(["dataset", "validate", str(copy)]) == code
    assert all(rule["name"] in capsys.readouterr().out for rule in found["rules"][:1])


def test_validate_fails_where_a_rule_that_matters_fails(
    dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    plant(dataset, tmp_path / "overlap", "split_overlap", seed=1)
    assert run(["dataset", "validate", str(tmp_path / "overlap"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["is_ok"]
    assert any(rule["severity"] == "error" and rule["failed"] for rule in found["rules"])


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


def test_without_an_id_the_first_episode_with_an_event_is_shown(dataset: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert run(["show", str(dataset), "--out", str(page)]) == 0
    found = Dataset.open(dataset)
    events = [one.episode_id for one in found if one.table("events").num_rows]
    assert (events or [next(iter(found)).episode_id])[0] in page.read_text(encoding="utf-8")


def test_episodes_are_listed_with_what_happened(dataset: Path, capsys: Capture) -> None:
    assert run(["dataset", "episodes", str(dataset), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["episodes"]
    found = list(Dataset.open(dataset))
    assert [row["episode"] for row in rows] == [one.episode_id for one in found]
    assert [row["events"] for row in rows] == [one.table("events").num_rows for one in found]
    for row, one in zip(rows, found, strict=True):
        times = one.table("observability")["first_detectable_s"].drop_null().to_pylist()
        assert row["first detectable s"] == min(times, default=None)
    assert run(["dataset", "episodes", str(dataset)]) == 0
    assert capsys.readouterr().out.count("\n") == len(found) + 1


def test_a_scenario_that_came_with_a_package_is_named(
    copy: Path, tiny: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(SCENARIOS, "_registered", dict(SCENARIOS.items()))

    @SCENARIOS.register("electrical/another")
    class Other(DiurnalCycleScenario):
        name = "another"

    assert run(["generate", "pole", "--out", str(copy), *tiny]) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "now also matches electrical/another" in line


def test_a_guardian_of_a_file_is_put_on_the_pole(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "guardian.yaml"
    file.write_text(
        "sensors:\n- sensor_id: low\n  sensor_type: barometer\n"
        "  part: barometer/bmp388\n  position_m: [1, 0, 3]\n"
    )
    args = [
        "generate",
        "pole",
        "--episodes",
        "1",
        "--duration",
        "30s",
        "--workers",
        "1",
        "--guardian",
        str(file),
    ]
    assert run([*args, "--out", str(tmp_path / "one")]) == 0
    (episode,) = Dataset.open(tmp_path / "one")
    assert [one["position_m"] for one in episode.spec.sensing["sensors"]] == [[1.0, 0.0, 3.0]]
    assert "low.pressure_pa" in episode.table("readings").column_names
    capsys.readouterr()
    assert run([*args, "--out", str(tmp_path / "two"), "--frames-every", "10s"]) == 1
    assert "write interval_s there" in capsys.readouterr().err
    assert run([*args, "--out", str(tmp_path / "three"), "--sensors", "voc_array"]) == 1
    assert "is registered but not on this guardian" in capsys.readouterr().err


def test_a_dataset_of_failed_episodes_alone_has_nothing_to_show() -> None:
    class Empty:
        folder = Path("poles")

        def __iter__(self) -> Iterator[Episode]:
            return iter(())

    with pytest.raises(DatasetError, match="poles: has no usable episode"):
        first_event_episode(Empty())  # type: ignore[arg-type]


# --- the same worlds, sensed again


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "poles"
    args = ["--episodes", "2", "--duration", "30s", "--workers", "1", "--sensors", "barometer,voc_array"]
    assert run(["generate", "pole", "--out", str(folder), *args]) == 0
    return folder


@pytest.fixture
def older(tmp_path: Path) -> Path:
    file = tmp_path / "older.yaml"
    file.write_text("changes:\n- sensors: [voc_array]\n  set: {age_days: 1500}\n")
    return file


def test_worlds_are_sensed_again_from_the_command_line(
    small: Path, older: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "old"
    args = ["dataset", "resense", str(small), "--config", str(older), "--out", str(out), "--workers", "1"]
    capsys.readouterr()
    assert run([*args, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["path"] == str(out)
    assert made["episodes"] == json.loads(json.dumps(Dataset.open(small).manifest.counts))
    assert (out / "README.md").exists()
    for before, after in zip(Dataset.open(small), Dataset.open(out), strict=True):
        assert (before.scenario, before.split) == (after.scenario, after.split)
        kept = ["tick", "barometer.pressure_pa"]
        assert before.table("readings", kept).equals(after.table("readings", kept))
    assert run(args) == 0
    assert str(out) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("changes:\n- sensors: [voc_aray]\n  set: {age_days: 1}\n", "did you mean 'voc_array'"),
        ("changes:\n- sensors: [barometer]\n  set: {interval_s: 1}\n", "changes nothing"),
        ("changes:\n- sensors: [barometer]\n  set: {interval_s: 2.5}\n", "multiple of the tick"),
        ("sensers: []\n", "must be a guardian with `sensors`"),
        ("- 3\n", "must hold a mapping"),
    ],
)
def test_what_cannot_sense_a_dataset_again_is_one_line(
    small: Path, tmp_path: Path, capsys: Capture, text: str, words: str
) -> None:
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    config.write_text(text)
    capsys.readouterr()
    assert run(["dataset", "resense", str(small), "--config", str(config), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert words in said
    assert not out.exists()


def test_profiles_optional_sensors_and_coupling_are_options_of_generate(
    tmp_path: Path, capsys: Capture
) -> None:
    args = ["generate", "pole", "--episodes", "1", "--duration", "60s", "--dt", "10s", "--workers", "1"]
    chosen = ["--profile", "normal", "--optional-sensors", "--power-coupling", "--without", "thermal_camera"]
    assert run([*args, *chosen, "--out", str(tmp_path / "one")]) == 0
    (episode,) = Dataset.open(tmp_path / "one")
    rates = {s["sensor_id"]: s["interval_s"] for s in episode.spec.sensing["sensors"]}
    assert (rates["barometer"], episode.spec.sensing["power_coupling"]) == (900.0, "on")
    assert {"gas_sensor", "line_current"} <= rates.keys()
    capsys.readouterr()
    for wrong in (["--profile", "nromal"], ["--profile", "normal", "--frames-every", "10s"]):
        assert run([*args, *wrong, "--out", str(tmp_path / "two")]) == 1
        assert capsys.readouterr().err.count("\n") == 1
