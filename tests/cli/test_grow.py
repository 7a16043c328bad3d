import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from envirosense.cli import grow
from envirosense.cli.failures import CommandLine
from envirosense.datasets import Dataset, verify
from envirosense.factory.generator import generate
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

FROZEN = Path(__file__).parents[1] / "data" / "dataset_v1"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    if "coin" not in TWINS:
        TWINS.register("coin")(CoinTwin)
    folder = tmp_path_factory.mktemp("grow") / "coins"
    request = GenerationRequest.parse(
        {"twin": "coin", "episodes": 6, "duration_s": 20.0, "seed": 5, "n_groups": 3}
    )
    return generate(request, folder, workers=1).folder


@pytest.fixture
def coins(made, tmp_path):
    return shutil.copytree(made, tmp_path / "coins")


@pytest.fixture
def call():
    app = typer.Typer(cls=CommandLine)
    for name, command in (
        ("extend", grow.extend),
        ("merge", grow.merge),
        ("import", grow.import_logs),
        ("migrate", grow.migrate),
    ):
        app.command(name)(command)

    def run(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    return run


def test_extend_from_a_schedule_adds_a_version_each_time(coins, call, tmp_path):
    config = tmp_path / "more.yaml"
    config.write_text("episodes: 2\nscenarios: toss/*\n")
    for version in (2, 3):
        done = call("extend", coins, "--config", config, "--workers", "1", "--json")
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)
        assert (told["version"], told["episodes"]["ok"]) == (version, 4 + 2 * version)
    assert verify(coins).is_ok


def test_extend_reads_a_weak_spot_file(coins, call, tmp_path):
    spots = {"episodes": 3, "weak_spots": [{"scenario": "toss/heads", "weight": 2}, {"scenario": "normal/*"}]}
    (tmp_path / "weak.json").write_text(json.dumps(spots))
    done = call("extend", coins, "--config", tmp_path / "weak.json", "--workers", "1")
    assert done.exit_code == 0, done.output
    assert "version  2, grown from" in done.stdout
    new = Dataset.open(coins).episodes["scenario"].to_pylist()[6:]
    assert sorted(new) == ["normal/tails", "toss/heads", "toss/heads"]


def test_extend_says_what_is_wrong_in_one_line(coins, call, tmp_path):
    (tmp_path / "bad.yaml").write_text("episode: 2\n")
    done = call("extend", coins, "--config", tmp_path / "bad.yaml")
    assert done.exit_code == 1
    assert "did you mean 'episodes'" in str(done.exception) or "required field is missing" in str(
        done.exception
    )
    assert verify(coins).is_ok


def test_merge_writes_the_card_of_both(coins, call, tmp_path):
    done = call("merge", coins, FROZEN, "--out", tmp_path / "c", "--resplit", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["episodes"] == {"episodes": 11, "ok": 10, "failed": 1}
    assert Dataset.open(tmp_path / "c").logical_hash in (tmp_path / "c" / "README.md").read_text()
    again = call("merge", coins, FROZEN, "--out", tmp_path / "c", "--resplit")
    assert again.exit_code == 0


def test_merge_names_groups_that_disagree(coins, call, tmp_path):
    told = json.loads((coins / "manifest.json").read_text())
    assert told["splits"]
    done = call("merge", coins, FROZEN, "--out", tmp_path / "c")
    assert done.exit_code == 1
    assert "lie in another split" in str(done.exception)
    assert not (tmp_path / "c").exists()


MAP = """
twin: coin
tick: 1s
group: field
time: {column: when, format: unix_s}
columns:
  probe: {channel: near, unit: mV}
"""


def test_import_makes_a_dataset_with_card_and_quality(call, made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("map.yaml").write_text(MAP)
    Path("log.csv").write_text("when,probe\n" + "".join(f"{1.7e9 + s:.0f},{s}\n" for s in range(30)))
    done = call("import", "--map", "map.yaml", "log.csv", "--out", "real", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["origin"] == "real"
    assert json.loads(Path("real/quality.json").read_text())["is_ok"]
    card = Path("real/README.md").read_text()
    assert "Recorded sensor readings" in card
    assert "license: unknown" in card
    assert "| Does it tell of people? | what the columns tell of people was not judged: see Columns |" in card
    assert "| Are there labels? | no row has a label |" in card
    assert next(iter(Dataset.open("real"))).table("readings")["near"].to_pylist()[2] == pytest.approx(0.002)


def test_import_checks_units_against_the_twin(call, made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("map.yaml").write_text(MAP.replace("mV", "degC"))
    Path("log.csv").write_text("when,probe\n1700000000,1\n")
    done = call("import", "--map", "map.yaml", "log.csv", "--out", "real")
    assert done.exit_code == 1
    assert "columns.probe.unit='degC': cannot become 'V', the channel's unit" in str(done.exception)
    assert not Path("real").exists()


def test_migrate_leaves_a_dataset_of_today_alone_and_can_copy_it(call, tmp_path):
    done = call("migrate", FROZEN)
    assert done.exit_code == 0, done.output
    assert "schema version is 1" in done.stdout
    copied = call("migrate", FROZEN, "--out", tmp_path / "copy", "--json")
    assert json.loads(copied.stdout)["schema_version"] == 1
    assert Dataset.open(tmp_path / "copy").logical_hash == Dataset.open(FROZEN).logical_hash
    newer = json.loads((tmp_path / "copy" / "manifest.json").read_text())
    (tmp_path / "copy" / "manifest.json").write_text(json.dumps({**newer, "schema_version": 9}))
    refused = call("migrate", tmp_path / "copy")
    assert refused.exit_code == 1
    assert "schema version 9 is newer than 1" in str(refused.exception)
