"""The command `lineage`."""

import json

import pytest
from typer.testing import CliRunner

from envirosense.cli.lineage import lineage
from envirosense.core.errors import UnknownNameError
from envirosense.datasets import Dataset
from envirosense.datasets.plan import Plan
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.generator import generate, run_plan
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A dataset of the coin twin, `base`, and one derived from it, `child`."""
    if "coin" not in TWINS:
        TWINS.register("coin")(CoinTwin)
    root = tmp_path_factory.mktemp("lineage")
    request = GenerationRequest.parse({"twin": "coin", "episodes": 4, "duration_s": 30.0, "name": "coins"})
    base = generate(request, root / "base", executor=InlineExecutor())
    plan = Plan.build(
        name="child",
        twin="coin",
        seed=0,
        episodes=[(one.spec, one.split) for one in base],
        settings={"copied_from": base.logical_hash},
        code_version="1",
    )
    run_plan(plan, CoinTwin, root / "child", 1, InlineExecutor())
    return root


def said(*args):
    import typer

    app = typer.Typer()
    app.command()(lineage)
    result = CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_up_is_what_it_asks_by_default(pair):
    text = said(pair / "child")
    assert text == said(pair / "child", "--up")
    first, *rest = text.splitlines()
    assert first.startswith("dataset child")
    assert any("used dataset coins" in line for line in rest)


def test_both_ways_as_json(pair):
    found = json.loads(said(pair / "base", "--up", "--down", "--json"))
    assert list(found) == ["up", "down"]
    assert [one["name"] for one in found["down"]["artifacts"]] == ["coins", "child"]
    assert [one["name"] for one in found["up"]["artifacts"]] == ["coins"]


def test_a_tick_in_words(pair):
    episode = next(iter(Dataset.open(pair / "child"))).episode_id
    text = said(f"{pair / 'child'}:{episode}@3")
    for words in (
        f"sample {episode}@3",
        "part of shard",
        "part of dataset child",
        f"derived from episode {episode}",
    ):
        assert words in text


def test_exports_hold_both_directions(pair, tmp_path):
    prov, events = tmp_path / "p.json", tmp_path / "o.jsonl"
    said(pair / "child", "--up", "--down", "--prov", prov, "--openlineage", events)
    assert len(json.loads(prov.read_text())["activity"]) == 2
    kinds = [json.loads(line)["eventType"] for line in events.read_text().splitlines()]
    assert kinds.count("COMPLETE") == 2


def test_a_lost_catalogue_is_made_anew(pair):
    (pair / ".envirosense" / "catalog.sqlite").unlink()
    assert "not in this catalogue" in said(pair / "child")
    assert not (pair / ".envirosense" / "catalog.sqlite").exists()
    assert "used dataset coins" in said(pair / "child", "--rebuild")
    assert "used dataset coins" in said(pair / "child")


def test_a_name_is_looked_up_in_the_catalogue_of_this_folder(pair, monkeypatch):
    monkeypatch.chdir(pair)
    assert "dataset child" in said("child", "--rebuild")  # a folder
    assert "used by" in said("coins", "--down")  # a name
    with pytest.raises(UnknownNameError, match="did you mean 'coins'"):
        said("coin")
