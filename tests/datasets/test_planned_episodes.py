"""Packed specs: what a plan holds in memory, and that nothing of a spec is lost in it."""

import hashlib
import json
import pickle
import tracemalloc

import numpy as np
import pytest

from envirosense.core.episode import EpisodeSpec
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets import Plan
from envirosense.datasets.hashing import logical_hash
from envirosense.datasets.output import PLAN, load_plan
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.plan import shard_length
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.datasets.shard import STAGING


def large_spec(twin, index: int) -> EpisodeSpec:
    """A spec of about 8 kB, as those of the pole."""
    rng = np.random.default_rng(index)
    site = {
        f"part_{n}": {"height_m": float(rng.normal(10, 1)) if n < 30 else 1.5, "kind": "a part"}
        for n in range(100)
    }
    sensing = {"sensors": [{"sensor_id": f"sensor-{n}", "noise": 0.1 * n} for n in range(100)]}
    return twin.make_spec(index).model_copy(update={"site": site, "sensing": sensing})


@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 40])
def test_packed_specs_are_those_handed_in(twin, n):
    specs = [large_spec(twin, index) for index in range(n)]
    packed = PackedSpecs(specs)
    assert list(packed) == specs
    assert packed[:3] == specs[:3]
    assert [packed.fingerprint(place) for place in range(n)] == [spec.fingerprint for spec in specs]
    assert packed.groups == [spec.group for spec in specs]
    assert packed.categories == ["fire"] * n
    assert PackedSpecs.of(packed) is packed
    turned = PlannedEpisodes(packed, ["train"] * n, np.arange(n)[::-1])
    assert [one.spec for one in turned] == specs[::-1]
    assert list(turned.fingerprints) == [spec.fingerprint for spec in specs[::-1]]


def test_the_bits_of_numbers_survive(twin):
    params = {
        "least": 5e-324,
        "third": 1 / 3,
        "zero": -0.0,
        "whole": 1.0,
        "int": 2**60,
        "text": 'a"\n\u2028ü',
    }
    spec = twin.make_spec(1).model_copy(update={"params": params})
    (found,) = PackedSpecs([spec])
    assert found == spec
    assert repr(found.params) == repr(params)


def test_a_plan_takes_less_than_two_kilobytes_an_episode(twin):
    n = 600
    Plan.build(
        name="x", twin="tiny", seed=1, code_version="0", episodes=[(large_spec(twin, 0), "train")]
    ).shards()
    tracemalloc.start()
    episodes = ((large_spec(twin, index), "test" if index % 3 else "train") for index in range(n))
    plan = Plan.build(name="x", twin="tiny", seed=1, code_version="0", episodes=episodes)
    shards = plan.shards()
    assert plan.fingerprint
    held, peak = (size / n for size in tracemalloc.get_traced_memory())
    tracemalloc.stop()
    assert len(large_spec(twin, 0).model_dump_json()) > 8000
    assert sum(len(shard.episodes) for shard in shards) == n
    assert held < 1500
    assert peak < 2000


def test_a_shard_travels_with_its_own_episodes_only(twin):
    plan = twin.make_plan(400, per_shard=2)
    first = plan.shards()[0]
    sent = pickle.dumps(first)
    assert len(sent) < 4000
    again = pickle.loads(sent)
    assert list(again.episodes) == list(first.episodes)
    assert "episode_id" in vars(again.episodes[0])  # not computed again by the worker


def test_a_plan_has_the_fingerprint_of_its_plain_data(twin):
    plan = twin.make_plan(40)
    plain = plan.model_dump(mode="json", exclude={"episodes", "episodes_per_shard", "bytes_per_episode"})
    plain["episodes"] = {one.spec.episode_id: [one.split, one.index] for one in plan.episodes}
    assert plan.fingerprint == fingerprint(plain)


def test_the_file_of_a_plan_is_json_with_a_line_an_episode(twin, tmp_path):
    plan = twin.make_plan(7)
    data = b"".join(plan.pieces())
    assert json.loads(data) == plan.model_dump(mode="json")
    assert data.count(b"\n") == 9
    (tmp_path / STAGING).mkdir()
    for written in (data, plan.model_dump_json().encode()):  # earlier versions wrote one line
        (tmp_path / STAGING / PLAN).write_bytes(written)
        found = load_plan(tmp_path)
        assert found is not None
        assert found.fingerprint == plan.fingerprint
        assert found.shards() == plan.shards()


@pytest.mark.parametrize("left", [-2, -40, 40])
def test_a_plan_that_is_cut_off_is_damaged(twin, tmp_path, left):
    (tmp_path / STAGING).mkdir()
    (tmp_path / STAGING / PLAN).write_bytes(b"".join(twin.make_plan(7).pieces())[:left])
    with pytest.raises(Exception, match="damaged plan"):
        load_plan(tmp_path)


def test_a_shard_of_tiny_episodes_is_bounded():
    assert shard_length(1_000_000, bytes_per_episode=10, workers=2) == 1000
    assert shard_length(4000, bytes_per_episode=10, workers=2) == 1000
    assert shard_length(400, bytes_per_episode=10, workers=2) == 100


def test_episodes_are_in_order_of_split_and_index(twin):
    specs = [twin.make_spec(index) for index in range(5)]
    found = PlannedEpisodes(PackedSpecs(specs), ["b", "a", "b", "a", "a"])
    assert [(one.split, one.index) for one in found] == [("a", 1), ("a", 3), ("a", 4), ("b", 0), ("b", 2)]
    assert [one.spec for one in found[1:4]] == [specs[3], specs[4], specs[0]]
    assert found.duration_s == sum(spec.grid.duration_s for spec in specs)
    assert dict(found.runs()) == {"a": range(3), "b": range(3, 5)}


def test_a_logical_hash_is_that_of_its_sorted_lines():
    digests = [hashlib.sha256(bytes([n])).hexdigest() for n in range(8)]
    entries = [(f"{n % 3}a", f"stream_{n // 3}", one) for n, one in enumerate(digests)]
    entries += [("9", "failed"), ("8", "odd", "no digest"), ("8", "odd", "ab")]
    lines = sorted("\x1f".join(entry) for entry in entries)
    assert logical_hash(entries) == hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert logical_hash([]) == hashlib.sha256(b"").hexdigest()
