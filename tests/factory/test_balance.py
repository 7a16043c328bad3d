"""Balanced sets: exact to one, from labels as simulated, or a reason why not."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.errors import ConfigError, EpisodeError, UnknownNameError
from envirosense.datasets import verify
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.memory import MemorySink
from envirosense.factory.balance import Look, Search, look_at
from envirosense.factory.balance_note import spread
from envirosense.factory.classes import ClassDefinitions, episode_type, tick_types
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.planning import draw_spec
from envirosense.factory.quotas import most_of_one, quotas
from envirosense.factory.request import GenerationRequest
from envirosense.factory.training_data import MLDataGenerator
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin


class FickleCoin(CoinTwin):
    """A coin of which every third toss lands after the episode's end: a toss without an event."""

    def draw(self, scenario, request):
        spec = super().draw(scenario, request)
        if scenario == "toss/heads" and (request.index // 2) % 3 == 1:
            return spec.model_copy(update={"params": {**spec.params, "onset_s": 1e6}})
        return spec


class LabellingCoin(CoinTwin):
    """A coin that tells its labels without being sensed."""

    simulated = 0

    def simulate(self, spec, out):
        type(self).simulated += 1
        return super().simulate(spec, out)

    def label(self, spec):
        sink = MemorySink()
        super().simulate(spec, sink)
        return sink.table("labels")


class BrokenCoin(CoinTwin):
    """A coin that always lands on its edge."""

    def simulate(self, spec, out):
        raise EpisodeError("it landed on its edge")


for name, twin in (("fickle", FickleCoin), ("labelling", LabellingCoin), ("broken", BrokenCoin)):
    if name not in TWINS:
        TWINS.register(name)(twin)


@pytest.fixture
def generator(tmp_path):
    def make(out="set", twin="coin", **changes):
        given = {"seed": 2, "duration_s": 120.0, "executor": InlineExecutor(), "workers": 1, **changes}
        return MLDataGenerator(twin, tmp_path / out, **given)

    return make


HEADS = {"heads": ["heads"]}


def labels(*rows):
    names = ("tick", "event_id", "event_type", "severity")
    return pa.table({name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})


# --- how many of each class


def test_shares_are_met_to_one():
    rng = np.random.default_rng(1)
    for _ in range(300):
        weights = rng.integers(0, 1000, rng.integers(1, 9)) + 1
        target = {str(place): float(share) for place, share in enumerate(weights / weights.sum())}
        total = int(10 ** rng.uniform(0, 6))
        found = quotas(target, total)
        assert sum(found.values()) == total
        assert all(abs(found[name] - total * share) < 1 + 1e-6 for name, share in target.items())


def test_the_largest_remainder_takes_what_is_left():
    assert quotas({"a": 0.5, "b": 0.25, "c": 0.25}, 7) == {"a": 3, "b": 2, "c": 2}
    assert quotas({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, 4) == {"a": 2, "b": 1, "c": 1}
    assert quotas({"a": 0.4, "b": 0.6}, 101) == {"a": 40, "b": 61}
    assert quotas({"a": 3, "b": 0}, None) == {"a": 3, "b": 0}


@pytest.mark.parametrize(
    ("target", "total", "message"),
    [
        ({}, 5, "give each class"),
        ({"a": -0.5, "b": 1.5}, 5, "none below 0"),
        ({"a": float("nan")}, 5, "give each class"),
        ({"a": 0.5, "b": 0.2}, 5, "sum to 0.7, not 1"),
        ({"a": 0.5, "b": 0.5}, None, "together with `total`"),
        ({"a": 0, "b": 0}, None, "one above 0"),
        ({"a": 1.0}, 0, "at least one"),
        ({"a": True}, None, "give each class"),
    ],
)
def test_distributions_that_are_none_are_refused(target, total, message):
    with pytest.raises(ConfigError, match=message):
        quotas(target, total)


def test_no_class_hangs_on_fewer_than_six_episodes():
    assert most_of_one({"a": 60, "b": 7, "c": 0}, "samples") == {"a": 10, "b": 2, "c": 1}
    with pytest.raises(ConfigError, match="episodes, samples"):
        most_of_one({"a": 60}, "hours")


# --- what belongs to a class


def test_a_tick_belongs_to_its_most_severe_event():
    found = labels(
        (1, 0, "fire", 0.4), (2, 0, "fire", 0.4), (2, 1, "arc", 0.9), (3, 0, "fire", 0.5), (3, 1, "arc", 0.5)
    )
    assert tick_types(found, 5).tolist() == ["normal", "fire", "arc", "fire", "normal"]
    assert episode_type(found) == "arc"
    assert episode_type(None) == "normal"


def test_what_only_looks_like_trouble_is_normal_unless_a_class_names_it():
    found = labels((0, 0, "benign_source", 0.2), (1, 1, "fire", 0.1))
    assert tick_types(found, 2).tolist() == ["normal", "fire"]
    plain, named = (
        ClassDefinitions.of({"n": "normal"}),
        ClassDefinitions.of({"l": ["benign_source"], "n": "normal"}),
    )
    assert plain.of_ticks(found, "a/b", 2).tolist() == [0, -1]
    assert named.of_ticks(found, "a/b", 2).tolist() == [0, -1]
    assert plain.of_episode(found, "a/b") is None
    assert named.of_episode(found, "a/b") == "l"


def test_patterns_take_what_nothing_else_claims():
    found = labels((1, 0, "fire", 0.4))
    with_normal = ClassDefinitions.of({"burning": ["hot/*"], "normal": ["normal"]})
    assert with_normal.of_ticks(found, "hot/wood", 3).tolist() == [1, 0, 1]
    assert with_normal.of_ticks(found, "cold/wood", 3).tolist() == [1, -1, 1]
    patterns_alone = ClassDefinitions.of({"burning": ["hot/*"], "other": ["*/*"]})
    assert patterns_alone.of_ticks(found, "hot/wood", 3).tolist() == [0, 0, 0]
    assert patterns_alone.of_ticks(found, "cold/wood", 3).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("definitions", "message"),
    [
        ({}, "at least one class"),
        ({"a": []}, "name event types"),
        ({"a": [3]}, "name event types"),
        ({"a": ["fire"], "b": ["fire"]}, "claimed by class 'a' too"),
    ],
)
def test_definitions_that_say_nothing_or_contradict_are_refused(definitions, message):
    with pytest.raises(ConfigError, match=message):
        ClassDefinitions.of(definitions)


# --- whole sets


@pytest.mark.parametrize(
    ("target", "total", "expected"),
    [
        ({"heads": 3, "normal": 2}, None, {"heads": 3, "normal": 2}),
        ({"heads": 0.7, "normal": 0.3}, 9, {"heads": 6, "normal": 3}),
        ({"normal": 1.0}, 4, {"normal": 4}),
    ],
)
def test_episodes_are_balanced_to_one(generator, target, total, expected):
    made = generator(twin="fickle")
    dataset = Dataset.open(made.generate_balanced_dataset(["*"], HEADS, target, total))
    classes = Counter(episode.summary["facts"]["balance"]["class"] for episode in dataset)
    assert classes == expected
    for episode in dataset:  # the class is that of the stored labels, whatever the scenario is called
        has_event = episode.table("labels").num_rows > 0
        assert episode.summary["facts"]["balance"]["class"] == ("heads" if has_event else "normal")
    assert {name: one.episodes for name, one in made.statistics().by_class.items()} == expected
    assert verify(dataset.folder).is_ok


def test_samples_are_balanced_to_one_and_spread_over_episodes(generator):
    made = generator(twin="fickle", duration_s=100.0)
    folder = made.generate_balanced_dataset(["*"], HEADS, {"heads": 0.6, "normal": 0.4}, 101, "samples")
    dataset = Dataset.open(folder)
    counts, givers = Counter(), Counter()
    for episode in dataset:
        labelled = set(episode.table("labels")["tick"].to_pylist())
        rows = episode.table("samples", ["tick", "class_label"]).to_pylist()
        assert all((row["tick"] in labelled) == (row["class_label"] == "heads") for row in rows)
        assert len({row["tick"] for row in rows}) == len(rows)
        counts.update(row["class_label"] for row in rows)
        givers.update({row["class_label"] for row in rows})
    assert counts == {"heads": 61, "normal": 40}
    assert min(givers.values()) >= 6
    assert {name: one.samples for name, one in made.statistics().by_class.items()} == counts
    assert verify(folder).is_ok
    assert "make up the balanced set" in (folder / "README.md").read_text()


def test_every_split_gets_its_part_of_every_class(generator):
    folder = generator(twin="fickle").generate_balanced_dataset(["*"], HEADS, {"heads": 20, "normal": 20})
    found = Counter(
        (row["split"], json.loads(row["summary"])["facts"]["balance"]["class"])
        for row in Dataset.open(folder).episodes.to_pylist()
    )
    assert all(found["train", name] >= 10 for name in ("heads", "normal"))
    assert {split for split, _ in found} == {"train", "validation", "test"}


def test_what_is_chosen_does_not_depend_on_who_looks(generator):
    hashes = set()
    with ThreadPoolExecutor(3) as pool:
        for out, executor in (("a", InlineExecutor()), ("b", pool)):
            made = generator(out, "fickle", executor=executor)
            folder = made.generate_balanced_dataset(["*"], HEADS, {"heads": 5, "normal": 5})
            hashes.add(Dataset.open(folder).logical_hash)
    assert len(hashes) == 1


def test_worker_processes_choose_and_write_the_same(generator):
    hashes = set()
    for out, executor in (("a", InlineExecutor()), ("b", None)):
        made = generator(out, executor=executor)
        folder = made.generate_balanced_dataset(["*"], HEADS, {"heads": 7, "normal": 8}, unit="samples")
        hashes.add(Dataset.open(folder).logical_hash)
    assert len(hashes) == 1


def test_labels_without_sensing_are_used_where_a_twin_has_them(generator):
    LabellingCoin.simulated = 0
    folder = generator(twin="labelling").generate_balanced_dataset(["*"], HEADS, {"heads": 2, "normal": 2})
    assert len(Dataset.open(folder)) == LabellingCoin.simulated == 4


def test_scenarios_that_give_a_class_take_turns_and_the_others_are_left():
    """Of three scenarios one never gives the class; the other two give as many episodes each."""
    search = Search(("a/no", "a/one", "a/two"), ClassDefinitions.of({"x": ["x"]}), {"x": 20}, "episodes", 200)

    def draw(scenario, turn):
        request = GenerationRequest(twin="coin", episodes=1, seed=turn)
        spec = draw_spec(request, CoinTwin(), "toss/heads", turn)
        return spec.model_copy(update={"scenario": scenario})

    def look(specs):
        for spec in specs:
            kind = None if spec.scenario == "a/no" else "x"
            yield Look(kind or "other", kind, {})

    chosen = Counter(search.run(draw, look).specs.scenarios)
    assert chosen == {"a/one": 10, "a/two": 10}
    assert search.n_candidates <= 30


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scenarios": ["normal/*"]}, r"class 'heads' \(heads\) has 0 of 2 .* were: normal"),
        ({"definitions": {"heads": ["toss/*"]}, "scenarios": ["normal/*"]}, "fits none of normal/tails"),
        ({"definitions": {"heads": ["tails"]}}, r"class 'heads' \(tails\) has 0 of 2 episodes after 4 cand"),
        ({"target": {"edge": 2}}, "unknown class"),
        ({"scenarios": []}, "at least one scenario"),
        ({"output_format": "xml"}, "unknown output_format"),
        ({"twin": "broken"}, "EpisodeError: it landed on its edge"),
        ({"unit": "hours"}, "episodes, samples"),
    ],
)
def test_a_balance_that_is_impossible_is_said(generator, tmp_path, changes, message):
    arguments = {
        "scenarios": ["*"],
        "class_label_definitions": changes.pop("definitions", HEADS),
        "target_distribution": changes.pop("target", {"heads": 2}),
        "max_candidates": 4,
    }
    made = generator(twin=changes.pop("twin", "coin"))
    with pytest.raises(ConfigError, match=message):
        made.generate_balanced_dataset(**{**arguments, **changes})
    assert not (tmp_path / "set").exists()


def test_an_unknown_class_is_an_unknown_name(generator):
    with pytest.raises(UnknownNameError):
        generator().generate_balanced_dataset(["*"], HEADS, {"haeds": 2})


def test_more_samples_than_ticks_are_refused():
    assert spread(np.arange(10, 20), 5).tolist() == [10, 12, 14, 16, 18]
    assert spread(np.arange(3), 0).tolist() == []
    with pytest.raises(EpisodeError, match="has 2 ticks of a class, but had 3"):
        spread(np.arange(2), 3)


def test_a_failed_candidate_is_an_outcome():
    request = GenerationRequest(twin="coin", episodes=1)
    spec = draw_spec(request, CoinTwin(), "toss/heads", 0)
    found = look_at(BrokenCoin, ClassDefinitions.of(HEADS), spec)
    assert (found.kind, found.reason) == (None, "EpisodeError: it landed on its edge")


def test_a_balanced_set_of_the_pole(generator):
    made = generator(
        twin="pole",
        duration_s=60.0,
        dt_s=10.0,
        options={"frame_interval_s": 10, "sensors": ["temperature_humidity"]},
    )
    folder = made.generate_balanced_dataset(
        ["electrical/arcing_event", "normal/diurnal_cycle"], {"arc": ["arcing"]}, {"arc": 2, "normal": 1}
    )
    assert {name: one.episodes for name, one in made.statistics().by_class.items()} == {"arc": 2, "normal": 1}
    assert verify(folder).is_ok
