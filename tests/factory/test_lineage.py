"""Lineage: every question answered from what the runs recorded, over datasets of the coin twin."""

import json
import shutil

import pytest
from prov.model import ProvDocument

from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.datasets.catalog import catalog_url, register_dataset
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.plan import Plan
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.generator import generate, run_plan
from envirosense.factory.lineage import LineageTracker
from envirosense.factory.lineage_export import (
    to_openlineage,
    to_prov_json,
    write_openlineage,
    write_prov_json,
)
from envirosense.factory.request import GenerationRequest
from envirosense.testing.twins import CoinTwin

REQUEST = {"twin": "coin", "episodes": 6, "duration_s": 60.0, "seed": 5, "n_groups": 4}


def derive(out, settings, specs, name="derived"):
    plan = Plan.build(
        name=name, twin="coin", seed=5, episodes=specs, settings=settings, code_version="1",
    )  # fmt: skip
    return run_plan(plan, CoinTwin, out, 1, InlineExecutor())


def noisier(episode, noise):
    """The same world under noisier probes."""
    return episode.spec.model_copy(update={"sensing": {"noise": noise}})


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    """base, other; sensed: base sensed again; merged: sensed + other; edge: an episode of base changed."""
    root = tmp_path_factory.mktemp("family")
    base = generate(GenerationRequest.parse(REQUEST), root / "base", executor=InlineExecutor())
    other = generate(
        GenerationRequest.parse({**REQUEST, "seed": 6, "name": "other"}),
        root / "other",
        executor=InlineExecutor(),
    )
    sensed = derive(
        root / "sensed",
        {"resensed_from": base.logical_hash},
        [(noisier(one, 0.7), one.split) for one in base],
        "sensed",
    )
    merged = derive(
        root / "merged",
        {
            **sensed.manifest.settings,  # a helper may copy the settings of a parent
            "merged_from": [sensed.logical_hash, other.logical_hash],
        },
        [(one.spec, one.split) for part in (sensed, other) for one in part],
        "merged",
    )
    changed = next(iter(base)).spec.model_copy(update={"world_seed": 99})
    derive(
        root / "edge",
        {
            "edge_cases_from": base.logical_hash,
            "parents": {changed.episode_id: {"episode": next(iter(base)).episode_id, "strategy": "boundary"}},
        },
        [(changed, "train")],
        "edge",
    )
    assert catalog_url(base.folder) == catalog_url(merged.folder)
    return root


@pytest.fixture
def tracker(family):
    return LineageTracker.beside(family / "base")


def names(graph, kind="dataset"):
    return sorted(one.name for one in graph.artifacts.values() if one.kind == kind)


def relations(graph):
    return sorted(edge.relation for edge in graph.edges)


def test_upstream_of_a_derived_dataset_are_its_parents_and_how_they_were_made(tracker, family):
    graph = tracker.upstream(family / "merged")
    assert names(graph) == ["dataset", "merged", "other", "sensed"]
    assert sorted(one.kind for one in graph.activities.values()) == [
        "derive",
        "derive",
        "generate",
        "generate",
    ]
    assert all(edge.at_utc for edge in graph.edges)
    seeds = {one.facts["seed"] for one in graph.activities.values()}
    assert seeds == {5, 6}


def test_a_parent_named_only_because_settings_were_copied_is_no_parent(tracker, family):
    graph = tracker.upstream(family / "merged")
    merging = next(one for one in graph.activities if one.endswith("merged"))
    used = {graph.artifacts[edge.target].name for edge in graph.edges if edge.source == merging}
    assert used == {"sensed", "other"}
    down = tracker.downstream(family / "base")
    assert {graph.artifacts[e.target].name for e in down.edges if e.source == merging} == {"sensed"}


def test_downstream_of_a_dataset_is_all_that_was_made_of_it(tracker, family):
    assert names(tracker.downstream(family / "base")) == ["dataset", "edge", "merged", "sensed"]
    assert names(tracker.downstream(family / "other")) == ["merged", "other"]
    assert names(tracker.downstream(family / "merged")) == ["merged"]


def test_a_sample_is_traced_to_its_rows_and_through_every_ancestor(tracker, family):
    merged, base = Dataset.open(family / "merged"), Dataset.open(family / "base")
    episode = next(one for one in merged if one.spec.sensing == {"noise": 0.7})
    graph = tracker.upstream(f"{family / 'merged'}:{episode.episode_id[:10]}@7")
    sample = graph.artifacts[graph.focus]
    assert sample.kind == "sample"
    readings = sample.facts["rows_in"]["readings"]
    with merged.files.open(readings["file"]) as opened:
        rows = opened.read_row_group(readings["row_group"]).to_pylist()
    assert [r["tick"] for r in rows if r["episode_id"] == episode.episode_id and r["tick"] == 7] == [7]
    origin = next(one for one in base if one.spec.world_fingerprint == episode.spec.world_fingerprint)
    derived = {(e.source, e.target) for e in graph.edges if e.relation == "was_derived_from"}
    datasets = (merged, Dataset.open(family / "sensed"), base)
    ids = [f"episode:{one.logical_hash[:16]}:{one.folder}" for one in datasets]
    assert derived == {
        (f"{ids[0]}:{episode.episode_id}", f"{ids[1]}:{episode.episode_id}"),
        (f"{ids[1]}:{episode.episode_id}", f"{ids[2]}:{origin.episode_id}"),
    }
    assert names(graph, "episode") == sorted([episode.episode_id] * 2 + [origin.episode_id])


def test_downstream_of_a_sample_are_the_episodes_it_became(tracker, family):
    base = Dataset.open(family / "base")
    first, *_, last = base
    edge = next(iter(Dataset.open(family / "edge"))).episode_id
    graph = tracker.downstream(f"{family / 'base'}:{first.episode_id}@0")
    assert edge in names(graph, "episode")  # the settings name its parent
    assert relations(graph).count("was_derived_from") == 3
    graph = tracker.downstream(f"{family / 'base'}:{last.episode_id}")
    assert edge not in names(graph, "episode")
    assert relations(graph).count("was_derived_from") == 2


def test_a_shard_is_joined_to_the_shards_its_episodes_went_to(tracker, family):
    base = Dataset.open(family / "base")
    graph = tracker.downstream(f"{family / 'base'}:train-00000")
    shards = {one.artifact_id for one in graph.artifacts.values() if one.kind == "shard"}
    assert f"shard:{base.logical_hash[:16]}:{base.folder}:train-00000" == graph.focus
    assert {one.split(":")[1] for one in shards} >= {
        Dataset.open(family / name).logical_hash[:16] for name in ("base", "sensed", "merged")
    }
    assert not names(graph, "episode")
    assert graph.artifacts[graph.focus].facts["files"]["readings/train-00000.parquet"]


@pytest.mark.parametrize("what", ["hash", "name", "episode", "tick", "id"])
def test_what_can_be_named_without_its_folder(tracker, family, what):
    base = Dataset.open(family / "other")
    episode = next(iter(base)).episode_id
    text = {
        "hash": base.logical_hash[:12],
        "name": "other",
        "episode": episode,
        "tick": f"{episode}@3",
        "id": f"dataset:{base.logical_hash[:16]}:{base.folder}",
    }[what]
    assert names(tracker.upstream(text)) in (["other"], ["dataset", "merged", "other", "sensed"])


@pytest.mark.parametrize(
    ("what", "error", "text"),
    [
        ("nothing", UnknownNameError, "unknown what"),
        ("base:train-00099", UnknownNameError, "unknown shard"),
        ("base:zzz", ConfigError, "name a shard"),
        ("base:ffffffffffffffff", UnknownNameError, "unknown episode"),
        ("base:FIRST@60", ConfigError, "ticks 0 to 59"),
    ],
)
def test_what_is_not_there_is_named(tracker, family, what, error, text, monkeypatch):
    monkeypatch.chdir(family)
    first = next(iter(Dataset.open(family / "base"))).episode_id
    with pytest.raises(error, match=text):
        tracker.upstream(what.replace("FIRST", first))


def test_a_dataset_elsewhere_needs_no_catalogue_and_makes_none(family, tmp_path):
    lone = shutil.copytree(family / "sensed", tmp_path / "lone")
    graph = LineageTracker.beside(lone).upstream(lone)
    assert not (tmp_path / ".envirosense").exists()
    assert names(graph) == ["sensed"]
    assert names(graph, "unknown") == ["not in this catalogue"]  # its parent, by hash
    assert Dataset.open(family / "base").logical_hash in {a.content_hash for a in graph.artifacts.values()}


def test_a_parent_that_was_deleted_is_still_named(family, tmp_path):
    for name in ("base", "sensed"):
        shutil.copytree(family / name, tmp_path / name)
    shutil.copytree(family / ".envirosense", tmp_path / ".envirosense")
    from envirosense.datasets.catalog import rebuild

    rebuild(tmp_path)
    base_episodes = {one.episode_id for one in Dataset.open(tmp_path / "base")}
    shutil.rmtree(tmp_path / "base")
    child = next(iter(Dataset.open(tmp_path / "sensed"))).episode_id
    graph = LineageTracker.beside(tmp_path / "sensed").upstream(f"{tmp_path / 'sensed'}:{child}")
    assert names(graph) == ["dataset", "sensed"]
    assert base_episodes.isdisjoint(names(graph, "episode"))


def test_an_activity_of_ones_own_is_recorded_with_its_times(family, tmp_path):
    tracker = LineageTracker(f"sqlite:///{tmp_path / 'c.sqlite'}")
    base = Dataset.open(family / "base")
    with tracker.activity("train", used=[base], facts={"seed": 3}) as run:
        model = run.generated("model", "detector", tmp_path / "m.skops", "ab" * 32)
        run.facts["f1"] = 0.9
    with tracker.activity("deploy", used=[model]) as deploy:
        deploy.generated("endpoint", "pole_7", tmp_path / "pole_7", "cd" * 32)
    up = tracker.upstream("pole_7")
    assert sorted(one.kind for one in up.activities.values()) == ["deploy", "train"]
    trained = next(one for one in up.activities.values() if one.kind == "train")
    assert trained.facts == {"seed": 3, "f1": 0.9}
    assert trained.started_utc < trained.finished_utc
    times = {
        edge.relation: edge.at_utc for edge in up.edges if trained.activity_id in (edge.source, edge.target)
    }
    assert times["used"] == trained.started_utc
    assert times["was_generated_by"] == trained.finished_utc
    assert names(tracker.downstream(family / "base"), "endpoint") == ["pole_7"]


def test_an_activity_that_failed_leaves_no_record(tmp_path):
    tracker = LineageTracker(f"sqlite:///{tmp_path / 'c.sqlite'}")

    def fail():
        with tracker.activity("train") as run:
            run.generated("model", "detector", tmp_path / "m", "ab" * 32)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(UnknownNameError):
        tracker.upstream("detector")


def test_a_step_that_is_done_again_is_recorded_once(family, tmp_path):
    tracker = LineageTracker(f"sqlite:///{tmp_path / 'c.sqlite'}")
    base, other = (Dataset.open(family / name) for name in ("base", "other"))

    def train(kind, used, *makes):
        with tracker.activity(kind, used=used) as run:
            for one in makes:
                made = run.generated("model", f"m-{one}", tmp_path / one, one * 64)
        return made

    model = train("train", [base], "a")
    first = tracker.upstream("m-a").activities
    train("train", [base], "a")
    assert tracker.upstream("m-a").activities == first
    for kind, used, makes in (
        ("tune", [base], "a"), ("train", [base, other], "a"), ("train", [], "a"), ("train", [base], "ab"),
    ):  # fmt: skip
        train(kind, used, *makes)
        train(kind, used, *makes)
    made = [one for one in tracker.upstream("m-a").activities.values() if one.kind in ("train", "tune")]
    assert len(made) == 5
    for _ in range(2):
        with tracker.activity("judge", used=[model]):
            pass
    judged = [one for one in tracker.downstream("m-a").activities.values() if one.kind == "judge"]
    assert len(judged) == 2


def test_two_artifacts_of_one_name_must_be_told_apart(tmp_path):
    tracker = LineageTracker(f"sqlite:///{tmp_path / 'c.sqlite'}")
    with tracker.activity("train") as run:
        run.generated("model", "detector", tmp_path / "a", "ab" * 32)
        run.generated("model", "detector", tmp_path / "b", "cd" * 32)
    with pytest.raises(DatasetError, match="2 artifacts are called so"):
        tracker.upstream("detector")
    assert names(tracker.upstream("abababab"), "model") == ["detector"]


def test_prov_json_is_read_by_the_prov_package(tracker, family):
    first = next(iter(Dataset.open(family / "merged"))).episode_id
    graph = tracker.upstream(f"{family / 'merged'}:{first}@3")
    document = ProvDocument.deserialize(content=json.dumps(to_prov_json(graph)), format="json")
    counts = {}
    for record in document.get_records():
        counts[type(record).__name__] = counts.get(type(record).__name__, 0) + 1
    assert counts["ProvEntity"] == len(graph.artifacts)
    assert counts["ProvActivity"] == len(graph.activities)
    assert counts["ProvUsage"] == relations(graph).count("used")
    assert counts["ProvGeneration"] == relations(graph).count("was_generated_by")
    assert counts["ProvMembership"] == relations(graph).count("part_of")
    assert counts["ProvDerivation"] == relations(graph).count("was_derived_from")
    assert document == ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    starts = {
        a.get_startTime().isoformat() for a in document.get_records() if type(a).__name__ == "ProvActivity"
    }
    assert starts == {one.started_utc for one in graph.activities.values()}


def test_openlineage_events_are_taken_by_its_client(tracker, family, tmp_path):
    from openlineage.client import event_v2, set_producer
    from openlineage.client.facet_v2 import dataset_version_dataset, processing_engine_run

    graph = tracker.upstream(family / "merged")
    path = write_openlineage(graph, tmp_path / "events.jsonl")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(events) == 2 * len(graph.activities)
    assert [e["eventTime"] for e in events] == sorted(e["eventTime"] for e in events)
    set_producer("urn:test")
    for event in events:
        sets = {
            side: [
                kind(
                    one["namespace"],
                    one["name"],
                    {"version": dataset_version_dataset.DatasetVersionDatasetFacet(
                        one["facets"]["version"]["datasetVersion"])},
                )
                for one in event[side]
            ]
            for side, kind in (("inputs", event_v2.InputDataset), ("outputs", event_v2.OutputDataset))
        }  # fmt: skip
        engine = event["run"]["facets"]["processing_engine"]
        facet = processing_engine_run.ProcessingEngineRunFacet(engine["version"], engine["name"])
        made = event_v2.RunEvent(
            eventType=event_v2.RunState(event["eventType"]),
            eventTime=event["eventTime"],
            run=event_v2.Run(event["run"]["runId"], {"processing_engine": facet}),
            job=event_v2.Job(event["job"]["namespace"], event["job"]["name"]),
            producer=event["producer"],
            **sets,
        )
        assert made.schemaURL == event["schemaURL"]
        facts = event["outputs"][0]["facets"]
        theirs = dataset_version_dataset.DatasetVersionDatasetFacet("x")
        assert facts["version"]["_schemaURL"] == theirs._schemaURL
        assert engine["_schemaURL"] == facet._schemaURL
    merging = [
        e for e in events if e["outputs"][0]["name"].endswith("merged") and e["eventType"] == "COMPLETE"
    ]
    assert sorted(one["name"].rpartition("/")[2] for one in merging[0]["inputs"]) == ["other", "sensed"]
    assert events == to_openlineage(graph)


def test_the_exports_need_no_package(tracker, family, tmp_path):
    graph = tracker.downstream(family / "base")
    assert json.loads(write_prov_json(graph, tmp_path / "p.json").read_text())["prefix"]
    text = str(graph)
    assert text.splitlines()[0].startswith("dataset dataset")
    assert "used by derive" in text
    assert json.loads(json.dumps(graph.to_json()))["focus"] == graph.focus


def test_a_model_is_asked_for_by_name_and_says_what_stands_behind_it(family, tmp_path):
    tracker, base = LineageTracker(f"sqlite:///{tmp_path / 'c.sqlite'}"), Dataset.open(family / "base")
    register_dataset(base.manifest, base.folder, f"sqlite:///{tmp_path / 'c.sqlite'}")
    with tracker.activity("collect", used=[base], facts={"cycle": 2, "refused_too_short": 7}) as run:
        samples = run.generated("samples", "toy-2", tmp_path / "samples.parquet", "cd" * 32)
    with tracker.activity("train", used=[samples]) as run:
        run.generated("model", "toy@3", tmp_path / "model", "ab" * 32)
    with tracker.activity("train", used=[samples]) as run:
        run.generated("samples", "toy@3", tmp_path / "elsewhere", "ef" * 32)
    graph = tracker.upstream("model:toy@3")
    assert [one.kind for one in graph.activities.values()] == ["train", "collect", "generate"]
    text = str(graph)
    assert "cycle 2; refused too short 7" in text
    assert text.splitlines()[-1].endswith(": *; seed 5")  # every scenario was asked for


def test_what_came_later_is_left_out(tracker, family):
    graph = tracker.downstream(family / "base")
    times = sorted(one.finished_utc for one in graph.activities.values())
    early = graph.as_of(times[0])
    assert len(early.activities) == 1
    assert early.focus in early.artifacts
    assert len(early.artifacts) < len(graph.artifacts)
    assert graph.as_of(times[-1]).activities == graph.activities
    assert graph.as_of("1999-01-01T00:00:00+00:00").artifacts.keys() == {graph.focus}
