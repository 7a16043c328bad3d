"""`registry ab`: the verdict of a test in service, and its end in the log."""

import json

import pytest
from sklearn.tree import DecisionTreeClassifier

from envirosense.cli.app import run
from envirosense.core.rng import stream
from envirosense.datasets.recorded.log_file import LogError
from envirosense.learning.deployment.ab import read_outcomes
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from tests.learning.deployment.conftest import bundle, samples


@pytest.fixture
def home(tmp_path):
    """Three versions: two nearly alike, and a blind one that never has an alarm."""
    registry = ModelRegistry(f"sqlite:///{tmp_path / 'home' / 'catalog.sqlite'}")
    learned = samples()
    blind = DecisionTreeClassifier().fit(0 * learned.x, learned.y)
    for one in (bundle(0.3), bundle(0.35), bundle(0.9, estimator=blind)):
        registry.add(one)
    samples(400, seed=9).save(tmp_path / "test.parquet")
    return tmp_path / "home"


def live(home):
    return ModelDeployment(ModelRegistry(f"sqlite:///{home / 'catalog.sqlite'}"), "pump-window")


@pytest.fixture
def said(home, capsys):
    def go(*args, code=0):
        capsys.readouterr()
        assert run([*map(str, args), "--home", str(home)]) == code
        told = capsys.readouterr()
        return told.err if code else told.out

    return go


def begin(said, challenger):
    said("promote", "pump-window@1", "--reason", "first", "--who", "ann")
    more = ("--share", "0.5", "--ab", "--reason", "try", "--who", "ann", "--json")
    return json.loads(said("promote", challenger, *more))


def outcomes(home, path, rates, n_groups=300):
    """Five outcomes of each group, as right as the version that it is routed to."""
    rng, rows = stream(4, "ab command", "outcomes"), []
    for group, version in live(home).route([f"home{at}" for at in range(n_groups)]).items():
        rate = rates[version.label]
        rows += [
            {"group": group, "version": version.label, "right": bool(hit)} for hit in rng.random(5) < rate
        ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_test_is_begun_asked_and_ended(said, home, tmp_path):
    assert begin(said, "pump-window@2")["kind"] == "ab"
    assert "ab 50%" in said("registry", "list")
    file = outcomes(home, tmp_path / "o.jsonl", {"pump-window@1": 0.5, "pump-window@2": 0.8})
    ask = ("registry", "ab", "pump-window", "--outcomes", file, "--units", 5)
    text = said(*ask)
    assert text.startswith(
        "pump-window@2 on 50% of the groups beside pump-window@1\nthe challenger is better"
    )
    assert live(home).canary() is not None  # asking changes nothing
    told = json.loads(said(*ask, "--on", tmp_path / "test.parquet", "--conclude", "--who", "ann", "--json"))
    assert told["verdict"]["winner"] == "challenger"
    assert told["falls"] == []
    assert told["deployment"]["kind"] == "promote"
    assert live(home).serving().label == "pump-window@2"
    rows = json.loads(said("registry", "history", "pump-window", "--json"))["history"]
    assert [one["kind"] for one in rows] == ["promote", "ab", "promote"]
    assert rows[-1]["verdict"]["facts"]["winner"] == "challenger"


def test_a_winner_that_falls_on_held_out_samples_does_not_serve(said, home, tmp_path):
    begin(said, "pump-window@3")
    file = outcomes(home, tmp_path / "o.jsonl", {"pump-window@1": 0.5, "pump-window@3": 0.8})
    on = ("--units", 5, "--on", tmp_path / "test.parquet")
    ask = ("registry", "ab", "pump-window", "--outcomes", file, *on)
    assert "Falls too far: recall" in said(*ask)
    assert "stays challenger" in said(*ask, "--conclude", code=1)
    assert live(home).serving().label == "pump-window@1"
    assert live(home).canary() is not None


def test_a_worse_challenger_is_taken_out_and_a_draw_goes_on(said, home, tmp_path):
    begin(said, "pump-window@2")
    on = ("--on", tmp_path / "test.parquet", "--conclude", "--json")
    same = outcomes(home, tmp_path / "a.jsonl", {"pump-window@1": 0.7, "pump-window@2": 0.7})
    told = json.loads(said("registry", "ab", "pump-window", "--outcomes", same, "--units", 5, *on))
    assert told["deployment"] is None
    assert told["verdict"]["winner"] is None
    worse = outcomes(home, tmp_path / "b.jsonl", {"pump-window@1": 0.8, "pump-window@2": 0.5})
    told = json.loads(said("registry", "ab", "pump-window", "--outcomes", worse, "--units", 5, *on))
    assert told["deployment"]["kind"] == "rollback"
    assert live(home).canary() is None


def test_what_cannot_be_judged_is_one_line(said, home, tmp_path):
    said("promote", "pump-window@1", "--reason", "first")
    file = tmp_path / "o.jsonl"
    file.write_text("")
    ask = ("registry", "ab", "pump-window", "--outcomes", file)
    assert "no A/B test runs" in said(*ask, code=1)
    assert "--conclude asks what falls" in said(*ask, "--conclude", code=1)
    assert "below 1 with --ab" in said("promote", "pump-window@2", "--ab", "--reason", "r", code=1)
    assert "no outcomes can be read" in said(*ask[:-1], tmp_path / "none.jsonl", code=1)


GOOD = {"group": "g", "version": "pump-window@1", "right": True}


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ('{"group": "g"', "line 2, column 'outcome': is not JSON"),
        ("[]", "line 2, column 'outcome': is no object"),
        (json.dumps({**GOOD, "right": 1}), "line 2, column 'right': 1: give true or false"),
        (json.dumps({"version": "a", "right": True}), "line 2, column 'group': None: give its name"),
        (json.dumps({**GOOD, "when": 1}), "line 2, column 'when': unknown field"),
    ],
)
def test_a_bad_outcome_is_named(bad, told, tmp_path):
    path = tmp_path / "o.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{bad}\n")
    with pytest.raises(LogError, match=told):
        read_outcomes(path)
