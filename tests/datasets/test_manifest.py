import json

import pytest

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.datasets import Manifest, Plan, recompute_logical_hash
from envirosense.datasets.files import file_sha256
from envirosense.datasets.output import load_plan
from envirosense.datasets.plan import shard_length


def test_the_manifest_lists_every_file_with_its_checksum(generate):
    dataset = generate()
    manifest = Manifest.load(dataset.folder)
    on_disk = {p.relative_to(dataset.folder).as_posix() for p in dataset.folder.rglob("*.parquet")}
    assert set(manifest.files) == on_disk
    for place, file in manifest.files.items():
        assert file.sha256 == file_sha256(dataset.folder / place)


def test_the_manifest_holds_identity_counts_and_columns(generate, twin):
    plan = twin.make_plan()
    manifest = generate(plan=plan).manifest
    assert (manifest.twin, manifest.seed, manifest.plan_fingerprint) == ("tiny", 7, plan.fingerprint)
    assert manifest.counts == {"episodes": 6, "ok": 6, "failed": 0}
    assert manifest.splits == {"test": 2, "train": 4}
    assert manifest.spec_fingerprints == tuple(episode.spec.fingerprint for episode in plan.episodes)
    assert manifest.streams["readings"].rows == 300
    assert manifest.streams["readings"].metadata == {"rate": "1 Hz"}
    assert [c["unit"] for c in manifest.streams["readings"].columns if c["name"] == "air_c"] == ["degC"]


def test_dates_and_host_are_outside_the_manifest(generate):
    one, other = generate("one"), generate("other")
    for name in ("manifest.json", "episodes.parquet"):
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes()
    run = json.loads((one.folder / "run.json").read_text())
    assert run["finished_utc"] > run["started_utc"]
    assert run["shard_cpu_s"] > 0.0


def test_the_logical_hash_comes_out_of_the_stored_rows(generate):
    dataset = generate()
    assert recompute_logical_hash(dataset.folder) == dataset.logical_hash


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}', '{"schema_version": "x"}'])
def test_a_damaged_manifest_is_named(generate, text):
    folder = generate().folder
    (folder / "manifest.json").write_text(text)
    with pytest.raises(DatasetError, match=r"manifest.json: damaged.*generate the dataset again"):
        Manifest.load(folder)


def test_a_folder_without_dataset_is_named(tmp_path):
    with pytest.raises(DatasetError, match="no dataset here"):
        Manifest.load(tmp_path)


def test_the_plan_round_trips_through_its_file(twin):
    plan = twin.make_plan()
    again = Plan.model_validate_json(plan.model_dump_json())
    assert again.fingerprint == plan.fingerprint
    assert again.shards() == plan.shards()


def test_a_newer_plan_is_refused(twin, tmp_path):
    (tmp_path / ".staging").mkdir()
    (tmp_path / ".staging" / "plan.json").write_text(twin.make_plan(schema_version=9).model_dump_json())
    with pytest.raises(SchemaVersionError, match=r"plan\.json: schema version 9"):
        load_plan(tmp_path)


def test_shards_hold_consecutive_episodes_of_one_split(twin):
    shards = twin.make_plan(7, per_shard=2).shards()
    assert [shard.name for shard in shards] == ["test-00000", "test-00001", "train-00000", "train-00001"]
    for shard in shards:
        assert {episode.split for episode in shard.episodes} == {shard.split}
        indices = [episode.index for episode in shard.episodes]
        assert indices == sorted(indices)


@pytest.mark.parametrize(
    ("n_episodes", "bytes_per_episode", "workers", "length"),
    [
        (40, 20_000_000, 2, 5),
        (40, 20_000_000, 20, 1),
        (1000, 60_000_000, 2, 1),
        (3, 0, 2, 1),
        (40, 1000, 2, 10),
    ],
)
def test_shard_length_balances_size_and_workers(n_episodes, bytes_per_episode, workers, length):
    assert shard_length(n_episodes, bytes_per_episode, workers) == length


def test_a_plan_needs_distinct_episodes(twin):
    spec = twin.make_spec(1)
    head = {"name": "x", "twin": "tiny", "seed": 1, "code_version": "0"}
    with pytest.raises(ConfigError, match=f"episodes='{spec.episode_id}': two episodes have the same spec"):
        Plan.build(**head, episodes=[(spec, "train"), (spec, "test")])
    with pytest.raises(ConfigError, match="at least one episode"):
        Plan.build(**head, episodes=[])
    with pytest.raises(ConfigError, match=r"episodes\.0\.split='\.\./x'"):
        Plan.build(**head, episodes=[(spec, "../x")])
