"""Draws of a large run are held packed: what that takes, and that nothing is lost in it."""

import gc
import pickle
import tracemalloc

import pytest

from envirosense.core.errors import DatasetError
from envirosense.factory.balance import Chosen
from envirosense.factory.edge_cases import EdgeCases, ModifiedSpec
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.packed_facts import PackedFacts
from envirosense.factory.pipeline import MLTrainingPipeline, balanced
from envirosense.factory.pipeline.reporting import SilentStages
from envirosense.factory.planning import draw_spec
from envirosense.factory.request import GenerationRequest
from envirosense.testing.twins import CoinTwin

SITE = {f"part_{n}": {"height_m": 1.5 + n, "kind": "a part"} for n in range(200)}
REQUEST = GenerationRequest(twin="coin", episodes=1)
ORIGIN = {"strategy": "boundary", "settings": {"height": 0.0}, "changed": ["height"], "rarity": 0.0}


def spec(index):
    """A spec of about 8 kB, as those of a large twin."""
    return draw_spec(REQUEST, CoinTwin(), "toss/heads", index).model_copy(update={"site": SITE})


@pytest.mark.parametrize("kind", ["edge cases", "balanced"])
def test_an_episode_of_a_large_run_takes_less_than_a_kilobyte(kind):
    n = 1000
    found = EdgeCases() if kind == "edge cases" else Chosen()
    assert len(spec(0).model_dump_json()) > 8000  # and what the first draw loads is there
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for index in range(n):
        if isinstance(found, EdgeCases):
            parent = f"{index:016x}"
            found.add(ModifiedSpec(spec(index), "boundary", {**ORIGIN, "parent_episode": parent}))
        else:
            found.add(spec(index), "heads", {"heads": index})
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held < 1000 * n
    assert len(found) == n


def test_edge_cases_come_out_as_they_went_in():
    cases = [ModifiedSpec(spec(index), "extreme", {**ORIGIN, "turn": index}) for index in range(40)]
    found = EdgeCases()
    for case in cases:
        found.add(case)
    assert list(found.specs) == [case.spec for case in cases]
    assert found.strategies == ["extreme"] * 40
    assert list(found.origins.items()) == [(case.spec.episode_id, case.origin) for case in cases]


def test_facts_are_found_by_id_whatever_the_order():
    facts = PackedFacts()
    ids = [f"{(index * 0x9E3779B97F4A7C15) % 2**64:016x}" for index in range(100)]
    for index, one in enumerate(ids):
        facts.add(one, {"index": index, "third": index / 3})
    assert [facts[one]["index"] for one in sorted(ids)] == [ids.index(one) for one in sorted(ids)]
    assert facts[ids[7]] == {"index": 7, "third": 7 / 3}
    assert list(facts) == ids
    assert dict(pickle.loads(pickle.dumps(facts))) == dict(facts)
    facts.add("00000000000000aa", {"late": True})
    assert facts["00000000000000aa"] == {"late": True}
    assert "00000000000000ab" not in facts
    with pytest.raises(KeyError):
        facts["00000000000000ab"]


class StopAt(SilentStages):
    """Ends a run as a stage begins."""

    def stage(self, name, title):
        if name == balanced.BALANCED:
            raise KeyboardInterrupt


@pytest.mark.parametrize("keep", [0, 1, 2])
def test_a_list_of_what_was_chosen_without_its_end_is_damaged(tmp_path, keep):
    manifest = {
        "twin": "coin",
        "balance": {
            "scenarios": "*",
            "classes": {"head": "heads"},
            "target": {"head": 1, "normal": 2},
            "duration": "1m",
        },
    }
    pipeline = MLTrainingPipeline(manifest, tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(workers=1, executor=InlineExecutor(), progress=StopAt())
    path = tmp_path / "run" / ".work" / "chosen.jsonl"
    whole = path.read_text().splitlines(keepends=True)
    assert len(whole) == 4
    path.write_text("".join(whole[:keep]))
    with pytest.raises(DatasetError, match="damaged; delete it"):
        pipeline.run(workers=1, executor=InlineExecutor())
    path.write_text("".join(whole))
    assert pipeline.run(workers=1, executor=InlineExecutor()).dataset.manifest.counts["ok"] == 3
