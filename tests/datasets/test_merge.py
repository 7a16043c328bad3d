import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.rng import stream
from envirosense.datasets import Dataset, Plan, episode_table, verify
from envirosense.datasets import merge as merging
from envirosense.datasets.hashing import logical_hash
from envirosense.datasets.merge import merge
from envirosense.datasets.union import unite, write_table


def plan_of(twin, indices, *, per_shard=2, split=None, n=30, **changes):
    """Plan of the tiny twin's episodes `indices`; their groups fix their splits."""
    own = split or (lambda group: "test" if group in ("site-1", "site-3") else "train")
    specs = [twin.make_spec(i, n=n) for i in indices]
    plan = Plan.build(
        name=changes.pop("name", "tiny"),
        twin="tiny",
        seed=7,
        episodes=[(spec, own(spec.group)) for spec in specs],
        settings={"scenarios": ["fire/*"]},
        code_version="0",
        **changes,
    )
    return plan.model_copy(update={"episodes_per_shard": per_shard})


@pytest.fixture
def pair(generate, twin):
    return generate("a", plan_of(twin, range(6))), generate("b", plan_of(twin, range(6, 12)))


def ids(dataset):
    return dataset.episodes["episode_id"].to_pylist()


def entries(*datasets):
    found = set()
    for dataset in datasets:
        for row in dataset.episodes.to_pylist():
            if row["outcome"] == "failed":
                found.add((row["episode_id"], "failed"))
            found |= {(row["episode_id"], *one) for one in json.loads(row["content_hashes"]).items()}
    return found


def test_a_merged_dataset_holds_both_and_hashes_as_their_union(pair, tmp_path):
    merged = merge(*pair, tmp_path / "c")
    assert ids(merged) == ids(pair[0]) + ids(pair[1])
    assert merged.logical_hash == logical_hash(entries(*pair))
    assert verify(tmp_path / "c").is_ok
    assert merged.manifest.counts == {"episodes": 12, "ok": 12, "failed": 0}
    assert merged.manifest.splits == {"test": 5, "train": 7}
    assert merged.manifest.settings["merged_from"] == [one.logical_hash for one in pair]
    assert merged.manifest.settings["merged"][1]["settings"] == {"scenarios": ["fire/*"]}
    for one, other in zip(merged, [*pair[0], *pair[1]], strict=True):
        assert one.table("readings").equals(other.table("readings"))


def test_the_hash_is_that_of_one_run_over_all_episodes(pair, generate, twin, tmp_path):
    assert merge(*pair, tmp_path / "c").logical_hash == generate("all", plan_of(twin, range(12))).logical_hash


def test_shards_are_links_unless_copies_are_asked_for(pair, tmp_path):
    linked, copied = merge(*pair, tmp_path / "c"), merge(*pair, tmp_path / "d", copy=True)
    places = [place for place in linked.manifest.files if "/" in place]
    assert {(linked.folder / place).stat().st_nlink for place in places} == {2}
    assert {(copied.folder / place).stat().st_nlink for place in places} == {1}
    assert copied.manifest.files.keys() == linked.manifest.files.keys()
    assert verify(copied.folder).is_ok


def test_episodes_in_both_are_kept_once(pair, generate, twin, tmp_path):
    overlapping = generate("o", plan_of(twin, range(3, 9)))
    merged = merge(pair[0], overlapping, tmp_path / "c")
    assert sorted(ids(merged)) == sorted({*ids(pair[0]), *ids(overlapping)})
    assert merged.logical_hash == generate("all", plan_of(twin, range(9))).logical_hash
    assert verify(merged.folder).is_ok
    assert merged.manifest.streams["readings"].rows == 9 * 30  # no row of a duplicate is left in a shard
    assert sum(len(table) for table in merged.tables("thermal")) == 9 * 30


def test_a_dataset_merged_with_itself_is_the_same(pair, tmp_path):
    merged = merge(pair[0], pair[0], tmp_path / "c")
    assert (merged.logical_hash, len(merged)) == (pair[0].logical_hash, 6)
    assert verify(merged.folder).is_ok


def test_a_group_in_two_splits_is_refused_with_its_name(pair, generate, twin, tmp_path):
    other = generate("o", plan_of(twin, range(6, 12), split=lambda group: "train"))
    with pytest.raises(DatasetError, match=r"2 groups lie in another split .*site-1 \(test/train\), site-3"):
        merge(pair[0], other, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_resplitting_puts_every_group_in_one_split(pair, generate, twin, tmp_path):
    other = generate("o", plan_of(twin, range(6, 12), split=lambda group: "train"))
    merged = merge(pair[0], other, tmp_path / "c", resplit=True)
    split_of = {}
    for row in merged.episodes.to_pylist():
        assert split_of.setdefault(row["group"], row["split"]) == row["split"]
        for place in json.loads(row["locations"]).values():
            assert place["file"].split("/")[1].startswith(row["split"])
    assert set(split_of.values()) == {"train", "validation", "test"}
    assert merged.logical_hash == generate("all", plan_of(twin, range(12))).logical_hash
    assert verify(merged.folder).is_ok


class Killed(BaseException):
    """Stands for the process being killed."""


@pytest.mark.parametrize("step", ["_claim", "_rewritten", "place_files", "write_table", "union_manifest"])
def test_a_killed_merge_is_resumed_by_the_same_call(pair, generate, twin, tmp_path, step, monkeypatch):
    overlapping = generate("o", plan_of(twin, range(3, 9)))
    with monkeypatch.context() as patched:

        def die(*_, **__):
            raise Killed

        patched.setattr(merging, step, die)
        with pytest.raises(Killed):
            merge(pair[0], overlapping, tmp_path / "c")
    with pytest.raises(DatasetError, match="not finished"):
        Dataset.open(tmp_path / "c")
    if step != "_claim":  # before, the folder belongs to nobody
        with pytest.raises(ConfigError, match="unfinished run of something else"):
            merge(*pair, tmp_path / "c")
        # left by a process that is no more
        orphan = tmp_path / "c" / "readings" / ".train-00000.parquet.999999999.tmp"
        orphan.parent.mkdir(exist_ok=True)
        orphan.touch()
    assert len(merge(pair[0], overlapping, tmp_path / "c")) == 9
    assert verify(tmp_path / "c").is_ok
    assert not (tmp_path / "c" / ".staging").exists()


def test_merging_again_gives_the_finished_dataset(pair, tmp_path):
    merged = merge(*pair, tmp_path / "c")
    before = (merged.folder / "manifest.json").stat().st_mtime_ns
    assert merge(*pair, tmp_path / "c").logical_hash == merged.logical_hash
    assert (merged.folder / "manifest.json").stat().st_mtime_ns == before


def test_a_folder_that_holds_something_else_is_refused(pair, tmp_path):
    with pytest.raises(ConfigError, match="holds another dataset"):
        merge(*pair, pair[0].folder)
    assert verify(pair[0].folder).is_ok
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds other files"):
        merge(*pair, tmp_path / "notes")
    with pytest.raises(ConfigError, match="is a file"):
        merge(*pair, tmp_path / "notes" / "todo.txt")
    assert os.listdir(tmp_path / "notes") == ["todo.txt"]


@pytest.mark.parametrize(
    ("field", "value"), [("twin", "other"), ("physics_version", "9"), ("origin", "real")]
)
def test_datasets_of_another_kind_are_refused(pair, tmp_path, field, value):
    path = pair[1].folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(DatasetError, match=f"{field} is '{value}'"):
        merge(pair[0].folder, pair[1].folder, tmp_path / "c")


def test_other_columns_are_refused_by_name(pair, tmp_path):
    path = pair[1].folder / "manifest.json"
    told = json.loads(path.read_text())
    told["streams"]["readings"]["columns"][3]["unit"] = "K"
    path.write_text(json.dumps(told))
    with pytest.raises(DatasetError, match="stream 'readings' has other columns \\(column 'air_c'\\)"):
        merge(pair[0].folder, pair[1].folder, tmp_path / "c")


def test_an_episode_that_differs_is_refused(pair, generate, twin, tmp_path):
    def louder(spec, out):
        return twin.simulate(spec.model_copy(update={"world_seed": 99}), out)

    other = generate("o", plan_of(twin, range(6)), louder)
    with pytest.raises(DatasetError, match="has other rows than in"):
        merge(pair[0], other, tmp_path / "c")


def test_failed_episodes_stay_recorded(pair, generate, twin, tmp_path):
    def failing(spec, out):
        if spec.world_seed == 8:
            raise RuntimeError("power cut")
        return twin.simulate(spec, out)

    other = generate("o", plan_of(twin, range(6, 12)), failing)
    for resplit in (False, True):
        merged = merge(pair[0], other, tmp_path / f"c{resplit}", resplit=resplit)
        assert merged.manifest.counts == {"episodes": 12, "ok": 11, "failed": 1}
        assert merged.failed[0].reason == "RuntimeError: power cut"
        assert verify(merged.folder).is_ok
        assert "power cut" in (merged.folder / "run.json").read_text()


def test_a_merged_dataset_can_be_merged_again(pair, generate, twin, tmp_path):
    merged = merge(*pair, tmp_path / "c")
    third = generate("third", plan_of(twin, range(12, 15), name="more"))
    whole = merge(merged, third, tmp_path / "d")
    assert (len(whole), whole.manifest.name) == (15, "tiny_more")
    assert verify(whole.folder).is_ok


def test_a_union_of_nothing_else_is_the_dataset_itself(pair):
    union = unite([merging.Part(pair[0], pair[0].table)])
    assert union.logical_hash == pair[0].logical_hash
    assert union.spec_fingerprints == tuple(
        spec.fingerprint for spec in (episode.spec for episode in pair[0])
    )
    assert dict(union.streams) == dict(pair[0].manifest.streams)


def test_the_episode_table_of_a_union_is_never_in_memory_whole(generate, tmp_path, monkeypatch):
    monkeypatch.setattr(episode_table, "_PIECE_ROWS", 50)
    monkeypatch.setattr(episode_table, "_GROUPS_KEPT", 3)
    dataset = grown_table(generate(), 1500, row_bytes=10_000)
    before, held = pa.total_allocated_bytes(), []

    def watched(pieces):
        for piece in pieces:
            held.append(pa.total_allocated_bytes() - before)
            yield piece

    united = unite([merging.Part(dataset, dataset.table)])
    write_table(watched(united.pieces()), tmp_path / "episodes.parquet")
    assert len(held) == 30
    assert max(held) < 10_000 * 1500 / 3  # three row groups of 50 are a tenth of it
    assert pq.read_table(tmp_path / "episodes.parquet").equals(dataset.episodes)


def grown_table(dataset, n_rows, row_bytes):
    """The dataset with its first episode many times, under other ids, each row about so long."""
    (row,) = dataset.episodes.slice(0, 1).to_pylist()
    ids = [f"{number:016x}" for number in range(n_rows)]
    noise = stream(1, "noise")
    rows = [
        {**row, "episode_id": one, "index": at, "spec": noise.bytes(row_bytes // 2).hex()}
        for at, one in enumerate(ids)
    ]
    pq.write_table(
        pa.Table.from_pylist(rows, dataset.episodes.schema),
        dataset.folder / "episodes.parquet",
        row_group_size=50,
    )
    facts = {**dataset.manifest.counts, "episodes": n_rows, "ok": n_rows}
    changes = {"counts": facts, "spec_fingerprints": tuple(one * 4 for one in ids)}
    manifest = dataset.manifest.model_copy(update=changes)
    (dataset.folder / "manifest.json").write_text(manifest.model_dump_json())
    return Dataset.open(dataset.folder)
