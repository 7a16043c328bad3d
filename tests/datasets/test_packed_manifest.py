"""Packed lists of a manifest: the text and the answers of plain ones, in a fraction of the memory."""

import hashlib
import json
import pickle
import tracemalloc
from array import array
from collections.abc import Iterator

import pytest

from envirosense.core.episode import EpisodeSummary
from envirosense.core.errors import DatasetError, StorageError
from envirosense.datasets import Manifest, episode, hashing
from envirosense.datasets.contents import Contents
from envirosense.datasets.file_list import FileList
from envirosense.datasets.files import write_whole
from envirosense.datasets.fingerprints import Fingerprints
from envirosense.datasets.hashing import logical_hash
from envirosense.datasets.shard import EpisodeRecord, FileRecord, ShardRecord
from envirosense.datasets.store import StreamRecord


def sha(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


def record(number: int) -> FileRecord:
    return FileRecord(rows=number, bytes=10 * number, sha256=sha(number))


def plain_text(manifest: Manifest) -> bytes:
    return (json.dumps(manifest.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n").encode()


ODD_PLACES = [
    "episodes.parquet",
    'größe/"x" \\.parquet',
    "a/train-00000.parquet",
    "a/test-00000.parquet",
    "b",
]


@pytest.mark.parametrize("places", [[], ODD_PLACES[:1], ODD_PLACES])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_the_text_is_that_of_the_plain_data(generate, tmp_path, places, n):
    whole = generate().manifest
    manifest = Manifest.model_validate(
        {
            **whole.model_dump(mode="json"),
            "spec_fingerprints": [sha(number) for number in range(n)],
            "files": {place: record(number).model_dump() for number, place in enumerate(places)},
        }
    )
    text = b"".join(manifest.pieces())
    assert text == plain_text(manifest)
    for number, form in enumerate((text, json.dumps(json.loads(text)).encode())):
        path = tmp_path / f"{number}.json"
        path.write_bytes(form)
        found = Manifest.read(path)
        assert found == manifest
        assert [*found.files] == places
        assert b"".join(found.pieces()) == text


def test_a_finished_run_writes_what_it_wrote_before(generate, twin):
    folder = generate(plan=twin.make_plan(9)).folder
    data = json.loads((folder / "manifest.json").read_bytes())
    assert (folder / "manifest.json").read_bytes() == plain_text(Manifest.load(folder))
    assert [*data] == [*Manifest.model_fields]
    assert [*data["files"]] == ["episodes.parquet", *sorted(place for place in data["files"] if "/" in place)]
    assert data["spec_fingerprints"] == [one.spec.fingerprint for one in twin.make_plan(9).episodes]


def test_a_cut_manifest_is_damaged_wherever_it_is_cut(generate):
    path = generate().folder / "manifest.json"
    lines = path.read_bytes().splitlines(keepends=True)
    for n in range(len(lines)):
        path.write_bytes(b"".join(lines[:n]))
        with pytest.raises(DatasetError, match="damaged"):
            Manifest.read(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'",\n  "', b'"\n  "'),  # a comma lost between fingerprints
        (b"\n  },\n", b"\n  }\n"),  # and between files
        (b'"\n ],', b'",\n ],'),  # one too many
        (b'   "rows": ', b'   "rows": 0'),
        (b'   "sha256": "', b'   "sha256": "g'),
        (b' "spec_fingerprints": [\n  "', b' "spec_fingerprints": [\n  "0'),
    ],
)
def test_a_manifest_that_is_no_json_or_no_manifest_is_damaged(generate, old, new):
    path = generate().folder / "manifest.json"
    text = path.read_bytes()
    assert old in text
    path.write_bytes(text.replace(old, new, 1))
    with pytest.raises(DatasetError, match="damaged"):
        Manifest.read(path)


def test_files_are_found_by_their_path():
    plain = {place: record(number) for number, place in enumerate(ODD_PLACES)}
    packed = FileList(plain.items())
    assert packed == plain
    assert [*packed] == [*plain]
    assert [*packed.items()] == [*plain.items()]
    assert [place for place, _ in packed.in_order()] == sorted(plain)
    assert all(packed[place] == one for place, one in plain.items())
    assert {"b", "c", 3} & packed.keys() == {"b"}
    for unknown in ("", "a", "bb", "x" * 200, 3):
        assert unknown not in packed
    with pytest.raises(KeyError, match="'c'"):
        packed["c"]
    assert packed.n_bytes == sum(one.bytes for one in plain.values())
    packed.add("c", record(7))
    assert packed["c"] == record(7)
    assert pickle.loads(pickle.dumps(packed)) == packed
    assert "a" not in FileList()


def test_fingerprints_are_a_sequence_of_texts():
    plain = tuple(sha(number) for number in range(5))
    packed = Fingerprints(plain)
    assert packed == plain
    assert plain == packed
    assert packed not in (plain[1:], plain[::-1])
    assert (packed[0], packed[-1], packed[1:3]) == (plain[0], plain[-1], plain[1:3])
    assert packed == Fingerprints(list(plain))
    assert Fingerprints.of(packed) is packed
    assert packed.of_episodes(array("Q", [int(plain[n][:16], 16) for n in (4, 0)])) == (plain[4], plain[0])
    with pytest.raises(KeyError, match="000000000000000a"):
        packed.of_episodes(array("Q", [10]))
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Fingerprints(["abc"])


def entries(n: int) -> list[tuple[str, ...]]:
    said = [(sha(one)[:16], f"stream_{k}", sha((one, k))) for one in range(n) for k in range(3)]
    return [*said, ("ab", "failed"), ("ä", "readings", "no digest")]


def test_a_logical_hash_is_the_same_in_memory_and_on_the_disk(monkeypatch):
    said = entries(200)
    lines = sorted("\x1f".join(one) for one in said)
    expected = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert logical_hash(said) == expected
    monkeypatch.setattr(hashing, "_SAID_IN_MEMORY", 1000)
    for order in (said, said[::-1], said[1::2] + said[::2]):
        assert logical_hash(order) == expected


def test_a_logical_hash_goes_on_after_it_was_asked_for(monkeypatch):
    monkeypatch.setattr(hashing, "_SAID_IN_MEMORY", 500)
    said, hashed = entries(40), hashing.LogicalHash()
    for number, one in enumerate(said, 1):
        hashed.add(*one)
        if not number % 30:
            assert hashed.hexdigest() == logical_hash(said[:number])
    assert hashed.hexdigest() == logical_hash(said)
    assert hashing.LogicalHash().hexdigest() == hashlib.sha256().hexdigest()


def test_a_full_disk_under_a_logical_hash_is_named(monkeypatch):
    hashed = hashing.LogicalHash()

    class Full:
        def write(self, _: bytes) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(hashed, "_said", Full())
    with pytest.raises(StorageError, match="free disk space"):
        hashed.add("a", "readings", sha(1))


def shard_records(n_episodes: int, per_shard: int) -> Iterator[ShardRecord]:
    """Journal entries of shards of six streams."""
    streams = [f"stream_{number}" for number in range(6)]
    for first in range(0, n_episodes, per_shard):
        name = f"train-{first // per_shard:05d}"
        rest = {"rows": 1, "first_row_group": 0, "row_groups": 1}
        episodes = tuple(
            EpisodeRecord(
                summary=EpisodeSummary(episode_id=sha(one)[:16]),
                streams={stream: StreamRecord(content_hash=sha((one, stream)), **rest) for stream in streams},
            )
            for one in range(first, first + per_shard)
        )
        files = {f"{stream}/{name}.parquet": record(first) for stream in streams}
        yield ShardRecord(name=name, files=files, episodes=episodes, wall_s=1.0, cpu_s=1.0)


def test_an_episode_and_its_files_take_less_than_a_kilobyte(generate, tmp_path):
    small, n, path = generate().manifest, 3000, tmp_path / "large.json"
    tracemalloc.start()
    held = Contents()
    for one in shard_records(n, per_shard=4):
        held.add(one)
    fingerprints = Fingerprints(sha(one) for one in range(n))
    files = FileList(held.files.in_order())
    large = small.model_copy(update={"spec_fingerprints": fingerprints, "files": files})
    assert held.hashes.hexdigest()
    write_whole(path, large.pieces())
    _, wrote = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    tracemalloc.start()
    found = Manifest.read(path)
    held_again, read = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.files == files
    assert len(found.files) == 1.5 * n
    assert wrote / n < 1000
    assert read / n < 500
    assert held_again / n < 250


def test_footers_of_many_files_are_not_all_held(generate, twin, monkeypatch):
    dataset = generate(plan=twin.make_plan(12, per_shard=1))
    with dataset.files.open("readings/train-00000.parquet") as opened:
        one = opened.metadata.serialized_size
    monkeypatch.setattr(episode, "_FOOTER_BYTES", 3 * one)
    read = [found.table("readings") for found in dataset]
    assert len(read) == 12
    assert len(dataset.files._footers) < 12
    monkeypatch.setattr(episode, "_FOOTER_BYTES", 0)
    assert [found.table("readings") for found in dataset] == read
    assert len(dataset.files._footers) == 1
