import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from envirosense.datasets.card import hugging_face_header, write_card
from envirosense.datasets.card_sections import columns_section, limits_section
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.finish import finish
from envirosense.datasets.output import prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.quality import validate
from envirosense.datasets.shard import write_shard
from envirosense.datasets.stats import write_stats
from envirosense.datasets.verify import verify
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import GenerationRequest
from envirosense.testing.twins import CoinTwin

FACTS = {**CoinTwin().describe(), "limits": {"toss": "the coin never rolls away"}, "sources": ["nowhere"]}

# A fresh interpreter, so that the library reads its cache folder and offline switch from the environment
LOADER = """
import json, sys
import datasets
datasets.disable_progress_bars()
found = {}
for name in sys.argv[2:]:
    loaded = datasets.load_dataset(sys.argv[1], name)
    found[name] = {split: [rows.num_rows, rows.column_names] for split, rows in loaded.items()}
found[""] = sorted(datasets.load_dataset(sys.argv[1]).column_names)
print(json.dumps(found))
"""


def make_coins(folder: Path) -> Dataset:
    request = GenerationRequest(twin="coin", episodes=4, duration_s=600, seed=3, n_groups=4)
    specs = draw_specs(request, CoinTwin())
    groups = sorted({spec.group for spec in specs})
    split = {group: "train" if i else "validation" for i, group in enumerate(groups)}
    episodes = [(spec, split[spec.group]) for spec in specs]
    plan = Plan.build(name="coins", twin="coin", seed=3, episodes=episodes, code_version="test")
    with prepare_output(plan, folder) as output:
        for shard in output.pending:
            write_shard(output.folder, shard, CoinTwin().simulate)
        finish(output)
    return Dataset.open(folder)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_coins(tmp_path_factory.mktemp("clean") / "coins").folder


@pytest.fixture
def coins(clean: Path, tmp_path: Path) -> Dataset:
    return Dataset.open(shutil.copytree(clean, tmp_path / "coins"))


def header(dataset: Dataset) -> dict:
    return yaml.safe_load((dataset.folder / "README.md").read_text().split("---\n")[1])


def test_every_config_opens_with_the_datasets_library(coins: Dataset, tmp_path: Path) -> None:
    write_card(coins, FACTS)
    configs = [config["config_name"] for config in header(coins)["configs"]]
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    done = subprocess.run(
        [sys.executable, "-c", LOADER, str(coins.folder), *configs],
        env=os.environ | offline,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found) == {*coins.streams, "episodes", ""}
    for stream in coins.streams:
        assert sum(n for n, _ in found[stream].values()) == coins.manifest.streams[stream].rows
        assert {tuple(names) for _, names in found[stream].values()} == {tuple(coins.schema(stream).names)}
    assert found["episodes"]["episodes"][0] == 4
    assert found[""] == ["train", "validation"]


def test_card_tells_what_a_reader_needs(coins: Dataset) -> None:
    report = validate(coins, (), CoinTwin().relabel)
    text = write_card(coins, FACTS, report).read_text()
    for words in (
        coins.logical_hash,
        "Seed",
        "toss/heads",
        "the coin never rolls away",
        "`label_truth`",
        "nowhere",
    ):
        assert words in text
    for stream in coins.streams:
        for column in coins.manifest.streams[stream].columns:
            assert f"| `{column['name']}` | {column['type']} |" in text
    assert text.count("# Coin twin: coins") == 1


def answers(text: str) -> dict[str, str]:
    """Answers of the datasheet by question."""
    sheet = text.partition("## Datasheet")[2].partition("\n## ")[0]
    cells = [line.strip("| ").rsplit(" | ", 2) for line in sheet.splitlines() if line.startswith("| ")]
    return {row[-2].removeprefix("| ").strip(): row[-1] for row in cells[2:]}


def test_the_datasheet_answers_from_the_dataset_and_says_what_nobody_stated(coins: Dataset) -> None:
    found = answers(write_card(coins, FACTS, validate(coins)).read_text())
    assert found["For what was it made?"] == found["Who keeps it, and how long?"] == "not stated"
    assert found["Under which licence?"] == "apache-2.0"
    assert found["What does it hold?"].startswith("4 episodes of ")
    assert found["How was it obtained?"].startswith("simulated by the twin `coin` from seed 3")
    assert found["Are there labels?"].startswith("yes, ")
    assert "0 failed" not in found["Was it checked?"]
    assert coins.logical_hash in found["Which version is it?"]
    said = {"purpose": "to try it", "contact": "a@b", "license": "mit", "maintenance": "a year"}
    text = write_card(coins, FACTS | said).read_text()
    told = answers(text)
    assert (told["For what was it made?"], told["Under which licence?"]) == ("to try it", "mit")
    assert (told["Who keeps it, and how long?"], told["Was it checked?"]) == ("a year", "no, see Quality")
    sections = {line[3:] for line in text.splitlines() if line.startswith("## ")}
    named = {
        one.rstrip(";.") for answer in told.values() for one in re.findall(r"see ([A-Z][a-z ]*[a-z])", answer)
    }
    assert named
    assert named <= sections


def test_card_shows_the_stored_report_of_this_data_only(coins: Dataset) -> None:
    assert "Not checked yet" in write_card(coins).read_text()
    report = validate(coins)
    report.write(coins.folder)
    assert "Not checked yet" not in write_card(coins).read_text()
    path = coins.folder / "quality.json"
    path.write_text(path.read_text().replace(coins.logical_hash, "0" * 64))
    assert "Not checked yet" in write_card(coins).read_text()


def test_card_lies_outside_the_logical_hash(coins: Dataset) -> None:
    write_card(coins, FACTS)
    validate(coins).write(coins.folder)
    checked = verify(coins.folder)
    assert checked.is_ok
    assert checked.logical_hash == coins.logical_hash


def test_croissant_names_every_file_with_its_checksum(coins: Dataset) -> None:
    write_card(coins, FACTS)
    document = json.loads((coins.folder / "croissant.json").read_text())
    files = {
        part["@id"]: part["sha256"] for part in document["distribution"] if part["@type"] == "cr:FileObject"
    }
    assert files == {place: record.sha256 for place, record in coins.manifest.files.items()}
    sets = {part["@id"] for part in document["distribution"] if part["@type"] == "cr:FileSet"}
    for record_set in document["recordSet"]:
        for field in record_set["field"]:
            source = field["source"]
            place = source.get("fileSet", source.get("fileObject"))["@id"]
            assert place in sets or place in files


def test_limits_stand_one_a_line_also_by_name() -> None:
    text = limits_section({"limits": {"toss": "no rolling", "world": ("flat", "windless")}})
    assert text.splitlines()[-3:] == ["- `toss`: no rolling", "- `world`: flat", "- `world`: windless"]


def test_empty_stream_says_so_and_knows_nothing(coins: Dataset) -> None:
    stats = write_stats(coins)
    facts = {name: facts.model_copy(update={"rows": 0}) if name == "events" else facts
             for name, facts in coins.manifest.streams.items()}  # fmt: skip
    files = {place: record.model_copy(update={"rows": 0}) if place.startswith("events/") else record
             for place, record in coins.manifest.files.items()}  # fmt: skip
    changed = coins.manifest.model_copy(update={"streams": facts, "files": files})
    (coins.folder / "manifest.json").write_text(changed.model_dump_json())
    empty = Dataset.open(coins.folder)
    for column in stats["streams"]["events"]["columns"].values():
        column.update(rows=0, count=0, null_share=0.0)
    text = columns_section(empty, stats)
    events = text.partition("### `events`")[2].partition("### ")[0]
    assert "empty here" in events
    assert "100 %" not in events
    assert "empty here" not in text.partition("### `events`")[0]
    assert "events" not in [config["config_name"] for config in hugging_face_header(empty, {})["configs"]]


@pytest.mark.parametrize("n_rows", [0, 1])
def test_split_without_rows_has_no_config(coins: Dataset, n_rows: int) -> None:
    manifest = coins.manifest
    files = {
        place: record.model_copy(update={"rows": n_rows}) if place.startswith("events/validation") else record
        for place, record in manifest.files.items()
    }
    changed = manifest.model_copy(update={"files": files})
    (coins.folder / "manifest.json").write_text(changed.model_dump_json())
    write_card(Dataset.open(coins.folder))
    events = next(config for config in header(coins)["configs"] if config["config_name"] == "events")
    assert ("validation" in [entry["split"] for entry in events["data_files"]]) == bool(n_rows)
