"""Augmented copies are simulated, made again from their record, and kept with their parent."""

import json
from typing import Annotated

import pyarrow.compute as pc
import pytest
from pydantic import Field

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.datasets import Dataset, verify
from envirosense.datasets.hashing import content_hash
from envirosense.factory.augmentation import (
    AUGMENTATIONS,
    Augmentation,
    Augmenter,
    NotApplicable,
    Recipe,
    augmentations_of,
    read_recipe,
    replayed,
)
from envirosense.factory.augmented import _planned, augment, provenance
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.generator import GenerationFailed, GenerationInterrupted, generate
from envirosense.factory.progress import SilentProgress
from envirosense.factory.request import GenerationRequest
from envirosense.factory.training_data import MLDataGenerator
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

KEYS = ("episode_id", "time_utc")


class Later(Augmentation):
    """The rise begins some whole seconds later or earlier."""

    most_s: Annotated[int, Field(gt=0, le=30)] = 20

    def drawn(self, spec, rng):
        if "onset_s" not in spec.params:
            raise NotApplicable("nothing begins")
        return {"shift_s": int(rng.integers(-self.most_s, self.most_s + 1))}

    @classmethod
    def applied(cls, spec, drawn):
        onset_s = spec.params["onset_s"] + drawn["shift_s"]
        return spec.model_copy(update={"params": spec.params | {"onset_s": onset_s}})


class Noise(Augmentation):
    """Other probes."""

    noise: Annotated[float, Field(gt=0)] = 1.0
    spread: float = 0.0

    def drawn(self, spec, rng):
        return {"noise": self.noise + self.spread * float(rng.random())}

    @classmethod
    def applied(cls, spec, drawn):
        return spec.model_copy(update={"sensing": dict(drawn)})


class Broken(Augmentation):
    """A copy that cannot be simulated."""

    def drawn(self, spec, rng):
        return {"seed": int(rng.integers(2**32))}

    @classmethod
    def applied(cls, spec, drawn):
        params = spec.params | {"fail": True}
        return spec.model_copy(update={"params": params, "sensing_seed": drawn["seed"]})


class Elsewhere(Augmentation):
    """Takes a copy out of its parent's group, which is forbidden."""

    def drawn(self, spec, rng):
        return {}

    @classmethod
    def applied(cls, spec, drawn):
        return spec.model_copy(update={"group": "another"})


for name, one in {"later": Later, "noise": Noise, "broken": Broken, "elsewhere": Elsewhere}.items():
    if f"coin/{name}" not in AUGMENTATIONS:
        AUGMENTATIONS.register(f"coin/{name}")(one)

LATER, NOISE = {"name": "later"}, {"name": "noise", "parameters": {"noise": 2.0}}
NOISES = {"name": "noise", "parameters": {"noise": 2.0, "spread": 1.0}}


def made(folder, **changes):
    request = {"twin": "coin", "episodes": 8, "duration_s": 120.0, "seed": 5, "n_groups": 4, **changes}
    return generate(GenerationRequest.parse(request), folder, executor=InlineExecutor())


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return made(tmp_path_factory.mktemp("augment") / "source")


@pytest.fixture
def augmented(source, tmp_path):
    def run(recipe, dataset=source, out="out", **options):
        return augment(dataset, recipe, tmp_path / out, executor=InlineExecutor(), **options)

    return run


def bare_hash(episode, stream):
    table = episode.table(stream)
    return content_hash(table.drop_columns([key for key in KEYS if key in table.column_names]))


def families(dataset):
    """(parent, copy, steps) of every copy; the parent is in the dataset too."""
    for row in provenance(dataset).to_pylist():
        steps = [
            {"name": name, "parameters": json.loads(drawn)}
            for name, drawn in zip(row["augmentations"], row["parameters"], strict=True)
        ]
        yield dataset.episode(row["parent_episode_id"]), dataset.episode(row["episode_id"]), steps


def test_what_a_copy_records_makes_it_again(augmented, source):
    found = augmented([LATER, NOISES], copies=3, seed=1)
    family = list(families(found))
    assert len(family) == 3 * len(source)
    assert len(found) == 4 * len(source)
    for parent, copy, steps in family:
        assert replayed(parent.spec, steps) == copy.spec
        assert [step["name"] for step in steps][-1] == "noise"
    known = {episode.episode_id for episode in source} | {copy.episode_id for _, copy, _ in family}
    assert known == {episode.episode_id for episode in found}
    numbers = provenance(found)["copy"].to_pylist()
    assert sorted(numbers) == sorted([0, 1, 2] * len(source))


def test_a_timing_shift_moves_the_event_by_exactly_the_shift(augmented):
    shifts = []
    for parent, copy, (step,) in families(augmented([LATER], copies=2)):
        onset_s = [episode.table("events")["onset_s"][0].as_py() for episode in (parent, copy)]
        shifts.append(step["parameters"]["shift_s"])
        assert onset_s[1] - onset_s[0] == shifts[-1]
    assert len(shifts) == 8
    assert len(set(shifts)) > 3


def test_truth_and_labels_stay_where_only_sensing_changes(augmented):
    for parent, copy, _ in families(augmented([NOISE])):
        for stream in ("truth", "labels", "events"):
            assert bare_hash(parent, stream) == bare_hash(copy, stream)
        assert bare_hash(parent, "readings") != bare_hash(copy, "readings")
        noise = [pc.stddev(e.table("readings")["near"].slice(0, 30)).as_py() for e in (parent, copy)]
        assert noise[1] > 2 * noise[0]  # four times, of 30 samples


def test_copies_stay_in_split_and_group_of_their_parent(augmented, source):
    found = augmented([NOISES, LATER], copies=2)
    for parent, copy, _ in families(found):
        assert (copy.split, copy.group, copy.scenario) == (parent.split, parent.group, parent.scenario)
    split_of = {episode.episode_id: episode.split for episode in source}
    assert {e.episode_id: e.split for e in found if e.episode_id in split_of} == split_of
    assert len(set(split_of.values())) == 3


def test_originals_are_the_same_episodes(augmented, source):
    found = augmented([NOISE])
    for episode in source:
        assert found.episode(episode.episode_id).content_hashes == episode.content_hashes


def balanced(folder, unit):
    """A balanced set of coin tosses by episodes or by samples."""
    maker = MLDataGenerator("coin", folder, seed=2, duration_s=120.0, executor=InlineExecutor(), workers=1)
    share = {"heads": 0.5, "normal": 0.5}
    return Dataset.open(maker.generate_balanced_dataset(["*"], {"heads": ["heads"]}, share, 12, unit))


def test_originals_of_a_balanced_set_keep_their_class(augmented, tmp_path):
    parent = balanced(tmp_path / "balanced", "episodes")
    found = augmented([NOISE], parent)
    for episode in parent:
        told = found.episode(episode.episode_id).summary["facts"]["balance"]
        assert told == episode.summary["facts"]["balance"]
    copies = [copy for _, copy, _ in families(found)]
    assert copies
    assert not any("balance" in copy.summary["facts"] for copy in copies)


def test_ticks_chosen_one_by_one_are_not_forgotten_silently(augmented, tmp_path):
    parent = balanced(tmp_path / "balanced", "samples")
    with pytest.raises(ConfigError, match="without originals"):
        augmented([NOISE], parent)
    assert len(augmented([NOISE], parent, originals=False))


def test_the_result_is_whole_and_names_its_parent(augmented, source):
    found = augmented([LATER], copies=2, seed=3)
    assert verify(found.folder).is_ok
    settings = found.manifest.settings
    assert settings["augmented_from"] == source.manifest.logical_hash
    asked = settings["augmentation"]
    assert (asked["copies"], asked["seed"]) == (2, 3)
    assert Recipe.of(asked["recipe"]) == Recipe.of([LATER])
    assert asked["fewer_copies"] == {"nothing begins": 4}


def test_an_episode_gets_as_many_copies_as_there_are_different_ones(augmented):
    found = augmented([LATER, NOISE], copies=3)
    n_copies = {}
    for parent, _, _ in families(found):
        n_copies.setdefault(parent.scenario, []).append(parent.episode_id)
    assert {name: len(ids) / len(set(ids)) for name, ids in n_copies.items()} == {
        "normal/tails": 1, "toss/heads": 3,
    }  # fmt: skip
    fewer = found.manifest.settings["augmentation"]["fewer_copies"]
    assert fewer == {"the recipe makes no other copy of the episode": 4}


def test_every_stored_spec_is_read_once_and_failed_ones_are_not_made_again(augmented, tmp_path, monkeypatch):
    asked = {"twin": "coin", "episodes": 6, "duration_s": 60.0, "options": {"fail": [1]}}
    parent = generate(
        GenerationRequest.parse(asked), tmp_path / "some-fail", 1, InlineExecutor(), allow_failures=True
    )
    read = []
    validate = EpisodeSpec.model_validate_json
    monkeypatch.setattr(EpisodeSpec, "model_validate_json", lambda text: read.append(text) or validate(text))
    augmenter, kept = Augmenter("coin", Recipe.of([NOISES]), 0), []
    monkeypatch.setattr(Augmenter, "copies", lambda _self, _spec, _n, taken: kept.append(set(taken)) or ())
    with pytest.raises(ConfigError, match="no episode to copy"):
        _planned(parent, augmenter, 1, None, originals=False, is_part=True)
    assert len(read) == len(parent) == 5
    assert kept[0] == set(parent.manifest.spec_fingerprints)
    assert parent.failed[0].spec.fingerprint in kept[0]


class StopsEarly(SilentProgress):
    def update(self, standing):
        if standing.done > standing.resumed:
            raise KeyboardInterrupt


def test_a_stopped_run_is_resumed_to_the_same_hash(augmented):
    recipe = [NOISES, LATER]
    with pytest.raises(GenerationInterrupted):
        augmented(recipe, copies=2, progress=StopsEarly())
    resumed = augmented(recipe, copies=2)
    assert resumed.manifest.logical_hash == augmented(recipe, out="whole", copies=2).manifest.logical_hash
    assert provenance(resumed).equals(provenance(Dataset.open(resumed.folder.parent / "whole")))
    with pytest.raises(ConfigError, match="another dataset"):
        augmented(recipe, copies=3)


def test_copies_of_one_episode_do_not_depend_on_others_or_on_how_many(augmented):
    some = augmented([LATER, NOISES], splits=["train"], originals=False)
    more = augmented([LATER, NOISES], out="more", copies=3)
    assert set(some.episodes["split"].to_pylist()) == {"train"}
    ids = {episode.episode_id for episode in some}
    assert ids
    assert ids < {episode.episode_id for episode in more}


def test_a_step_is_in_its_share_of_the_copies(source):
    steps = [{"name": "later", "probability": 0.25}, {**NOISE, "probability": 0.5}]
    augmenter = Augmenter("coin", Recipe.of(steps), 2)
    heads = next(episode.spec for episode in source if episode.scenario == "toss/heads")
    taken = [augmenter._tried(heads, "parent", number, 0, {}).steps for number in range(2000)]
    share = sum(any(step["name"] == "noise" for step in one) for one in taken) / 2000
    expected = 0.5 / (1 - 0.75 * 0.5)  # given that at least one step was taken
    assert abs(share - expected) < 5 * (expected * (1 - expected) / 2000) ** 0.5


def test_a_failed_copy_says_where_it_comes_from(augmented, source):
    with pytest.raises(GenerationFailed, match="landed on its edge"):
        augmented([{"name": "broken"}], originals=False)
    found = augmented([{"name": "broken"}], originals=False, allow_failures=True)
    rows = provenance(found).to_pylist()
    assert {row["outcome"] for row in rows} == {"failed"}
    assert {row["parent_episode_id"] for row in rows} == {episode.episode_id for episode in source}
    assert "EpisodeError" in found.failed[0].summary["facts"]["traceback"]


def test_copies_can_be_copied_and_keep_their_own_origin(augmented):
    first = augmented([LATER])
    second = augmented([NOISE], dataset=first, out="second")
    rows = {row["episode_id"]: row for row in provenance(second).to_pylist()}
    before = provenance(first).to_pylist()
    for row in before:
        assert rows.pop(row["episode_id"]) == row
    assert len(rows) == len(first)
    assert {row["episode_id"] for row in before} < {row["parent_episode_id"] for row in rows.values()}
    assert second.manifest.settings["augmented_from"] == first.manifest.logical_hash


def test_a_recipe_can_be_a_file(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("steps:\n- name: later\n- {name: noise, parameters: {noise: 2.0}, probability: 0.5}\n")
    assert read_recipe(path) == Recipe.of([LATER, {**NOISE, "probability": 0.5}])


@pytest.mark.parametrize(
    ("recipe", "options", "message"),
    [
        pytest.param([{"name": "latter"}], {}, "did you mean 'later'", id="unknown augmentation"),
        pytest.param([{**LATER, "parameters": {"most_s": 31}}], {}, "less than or equal to 30", id="range"),
        pytest.param([{**LATER, "parameters": {"most": 3}}], {}, "unknown field", id="parameter name"),
        pytest.param([{**LATER, "probability": 1.5}], {}, "probability", id="probability"),
        pytest.param([], {}, "steps", id="empty"),
        pytest.param("later", {}, "list of steps", id="no list"),
        pytest.param([{**NOISE, "parameters": {"noise": 0.5}}], {}, "changes nothing", id="no change"),
        pytest.param([{"name": "elsewhere"}], {}, "the group", id="group"),
        pytest.param([LATER], {"copies": 0}, "at least 1", id="no copies"),
        pytest.param([LATER], {"splits": ["dev"]}, "unknown split", id="split"),
        pytest.param([LATER], {"splits": []}, "no episode to copy", id="no split"),
        pytest.param([NOISE], {"copies": 2}, "fewer different ones of every", id="too few different copies"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(
    augmented, tmp_path, recipe, options, message
):
    with pytest.raises(ConfigError, match=message):
        augmented(recipe, **options)
    assert not (tmp_path / "out").exists()


def test_a_recipe_that_fits_no_episode_is_refused(augmented, tmp_path):
    tails = made(tmp_path / "tails", scenarios=["normal/tails"])
    with pytest.raises(ConfigError, match=r"changes nothing in this dataset \(nothing begins"):
        augmented([LATER], dataset=tails)


def test_a_twin_without_augmentations_is_refused(augmented, tmp_path, monkeypatch):
    class PlainTwin(CoinTwin):
        name = "plain"

    monkeypatch.setitem(TWINS._registered, "plain", PlainTwin)
    plain = made(tmp_path / "plain", twin="plain")
    assert augmentations_of("plain") == ()
    with pytest.raises(ConfigError, match="has no augmentations"):
        augmented([LATER], dataset=plain)


def test_a_dataset_of_another_physics_is_refused(augmented, monkeypatch):
    monkeypatch.setattr(CoinTwin, "describe", lambda self: {"physics_version": "2"})
    with pytest.raises(DatasetError, match="physics"):
        augmented([LATER])


def test_an_augmentation_is_a_function_of_spec_and_generator(source):
    from envirosense.core.rng import stream

    heads = next(episode.spec for episode in source if episode.scenario == "toss/heads")
    before = heads.model_dump_json()
    one, again = (Later(most_s=30)(heads, stream(4, "test")) for _ in range(2))
    assert one == again != heads
    assert heads.model_dump_json() == before


def test_unknown_augmentations_are_a_configuration_error(augmented):
    with pytest.raises(UnknownNameError):
        augmented([{"name": "zoom"}])
