"""`registry`, `promote`, `rollback` and `duel` on a small registry."""

import json
from datetime import UTC, datetime

import pytest
import typer

from envirosense.cli import registry as cli
from envirosense.cli.failures import CommandLine, Failure
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from tests.learning.deployment.conftest import bundle, samples

app = typer.Typer(cls=CommandLine, add_completion=False)
app.add_typer(cli.commands, name="registry")
for command in (cli.promote, cli.rollback, cli.duel):
    app.command(command.__name__)(command)


@pytest.fixture
def home(tmp_path):
    registry = ModelRegistry(f"sqlite:///{tmp_path / 'home' / 'catalog.sqlite'}")
    for threshold in (0.3, 0.6):
        registry.add(bundle(threshold))
    samples(300, seed=9).save(tmp_path / "test.parquet")
    return tmp_path / "home"


@pytest.fixture
def said(home, capsys):
    def run(*args):
        capsys.readouterr()
        app([*map(str, args), "--home", str(home)], standalone_mode=False)
        return capsys.readouterr().out

    return run


def test_versions_are_listed_with_what_serves(said):
    assert "pump-window@2" in said("registry", "list")
    said("promote", "pump-window@1", "--reason", "first", "--who", "ann")
    rows = json.loads(said("registry", "list", "--json"))["versions"]
    assert [(row["version"], row["production"]) for row in rows] == [
        ("pump-window@1", "serves"),
        ("pump-window@2", ""),
    ]
    assert "no versions yet" in said("registry", "list", "gate-window")


def test_a_version_is_shown_after_its_smoke_test(said, home):
    text = said("registry", "show", "pump-window@1")
    assert "tree@1" in text
    assert "passed" in text
    (
        ModelRegistry(f"sqlite:///{home / 'catalog.sqlite'}").version("pump-window@1").path / "model.skops"
    ).unlink()
    with pytest.raises(Failure, match="missing"):
        said("registry", "show", "pump-window@1")


def test_facts_of_a_version_are_told_in_words_and_kept_as_data(said, home):
    kept = {
        "task": {"name": "pump-window", "gated": ["recall", "pr_auc"], "most_fall": 0.05},
        "collection": "cycle_3",
        "evaluation": {"false_alarms": 0.0123456789, "recall": None},
    }
    ModelRegistry(f"sqlite:///{home / 'catalog.sqlite'}").add(bundle(0.7), facts=kept)
    lines = said("registry", "show", "pump-window@3").splitlines()
    assert not any(mark in line for line in lines for mark in "{}'[]")
    assert "on the frozen test set" in lines
    told = {tuple(line.split(maxsplit=2)) for line in lines}
    assert {("false", "alarms", "0.0123457"), ("gated", "recall,", "pr_auc"), ("recall", "-")} <= told
    assert ("collection", "cycle_3") in told
    assert json.loads(said("registry", "show", "pump-window@3", "--json"))["facts"] == kept


def test_promote_and_rollback_and_their_history(said, home):
    said("promote", "pump-window@1", "--reason", "first", "--who", "ann")
    row = json.loads(said("promote", "pump-window@2", "--reason", "try", "--share", "0.25", "--json"))
    assert (row["kind"], row["share"]) == ("canary", 0.25)
    assert row["who"]
    assert "canary 25%" in said("registry", "list")
    said("promote", "pump-window@2", "--reason", "all", "--who", "ann")
    assert "pump-window@2 -> pump-window@1 by ben: fog" in said(
        "rollback", "pump-window", "--reason", "fog", "--who", "ben"
    )
    rows = json.loads(said("registry", "history", "pump-window", "--json"))["history"]
    assert [one["kind"] for one in rows] == ["promote", "canary", "promote", "rollback"]
    assert len(said("registry", "history", "pump-window").splitlines()) == 4


def test_what_served_at_a_time(said, home):
    live = ModelDeployment(ModelRegistry(f"sqlite:///{home / 'catalog.sqlite'}"), "pump-window")
    live.promote("pump-window@1", reason="r", who="ann", now=datetime(2026, 11, 20, 12, tzinfo=UTC))
    history = ("registry", "history", "pump-window", "--as-of")
    assert said(*history, "2026-11-20T12:00Z").strip() == "pump-window@1"
    assert said(*history, "2026-11-20T11:59Z").strip() == "nothing served"
    for wrong in ("yesterday", "2026-11-20T12:00"):
        with pytest.raises(Failure, match="as-of"):
            said(*history, wrong)


def test_a_duel_says_first_what_it_needs(said, tmp_path):
    on = tmp_path / "test.parquet"
    first = said("duel", "pump-window@1", "--on", on)
    assert first.splitlines()[0].endswith("independent units (one look planned before: 1012).")
    assert first.splitlines()[1].startswith("Its chance to see that: ")
    assert "better than a constant" in first
    text = said("duel", "pump-window@2", "--against", "pump-window@1", "--on", on)
    assert text.index("needs") < text.index("holds 300 units") < text.index("right alone")
    told = json.loads(said("duel", "pump-window@2", "--against", "pump-window@1", "--on", on, "--json"))
    assert told["duel"]["n"] == 300
    assert told["plan"]["n_units"] > told["plan"]["n_fixed"]
    chances = [chance for _, chance in told["plan"]["curve"]]
    assert chances == sorted(chances)
    assert chances[0] < 0.2 < 0.8 <= chances[-1]
    assert told["plan"]["curve"][-1][0] == told["plan"]["n_units"]


def test_promotion_on_samples_refuses_what_is_no_better(said, tmp_path):
    on = tmp_path / "test.parquet"
    assert "by loop" in said("promote", "pump-window@1", "--reason", "r", "--on", on, "--who", "loop")
    with pytest.raises(Failure, match="stays challenger"):
        said("promote", "pump-window@2", "--reason", "r", "--on", on)
    assert "pump-window@1" in said("registry", "history", "pump-window", "--as-of", "2999-01-01T00:00Z")


def test_without_a_home_the_catalogue_of_this_folder_is_asked(home, tmp_path, monkeypatch, capsys):
    from envirosense.core.settings import settings

    monkeypatch.setenv("ENVIROSENSE_HOME", str(home))
    settings.cache_clear()
    app(["registry", "list"], standalone_mode=False)
    assert "pump-window@1" in capsys.readouterr().out
    settings.cache_clear()


def test_unknown_names_are_one_line(said):
    with pytest.raises(Failure, match="did you mean 'pump-window@"):
        said("promote", "pump-window@9", "--reason", "r")
    with pytest.raises(Failure, match="nothing serves on production; promote"):
        said("rollback", "pump-window", "--reason", "r")


def test_a_rollback_too_many_says_what_serves(said):
    for number in (1, 2):
        said("promote", f"pump-window@{number}", "--reason", "r")
    said("rollback", "pump-window", "--reason", "fog")
    with pytest.raises(Failure, match=r"pump-window@1 serves production, and there is no version before it"):
        said("rollback", "pump-window", "--reason", "fog")


def test_a_target_that_nobody_opened_is_refused_by_every_command(said, tmp_path):
    wrong = ("--target", "prodction")
    for args in (
        ("registry", "list"),
        ("registry", "history", "pump-window"),
        ("promote", "pump-window@1", "--reason", "r"),
        ("rollback", "pump-window", "--reason", "r"),
        ("duel", "pump-window@1", "--on", tmp_path / "test.parquet"),
    ):
        with pytest.raises(Failure, match="unknown target; did you mean 'production'"):
            said(*args, *wrong)


def test_a_new_target_is_opened_by_saying_so(said):
    promote = ("promote", "pump-window@1", "--reason", "r", "--target")
    for name in ("Field trial", "production"):
        with pytest.raises(Failure, match="target"):
            said(*promote, name, "--new-target")
    said(*promote, "field-trial", "--new-target")
    assert "pump-window@1" in said("registry", "history", "pump-window", "--target", "field-trial")
    assert "nothing was ever deployed" in said("registry", "history", "pump-window")
    with pytest.raises(Failure, match="known already"):
        said("promote", "pump-window@2", "--reason", "r", "--target", "field-trial", "--new-target")
    with pytest.raises(Failure, match="did you mean 'field-trial'"):
        said("rollback", "pump-window", "--reason", "r", "--target", "feld-trial")
