import asyncio
import json

import pytest

from envirosense.core.errors import DatasetError
from envirosense.datasets import Dataset
from envirosense.factory import DataGenerationManager, DatasetCache, GenerationFailed
from envirosense.factory import manager as module


def test_a_dataset_is_made_beside_the_loop_and_tells_how_far_it_is(request_coin, tmp_path):
    heard, ticks = [], []

    async def other():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.01)

    async def main():
        beside = asyncio.create_task(other())
        made = await DataGenerationManager(workers=1).generate(request_coin(), tmp_path / "D", heard.append)
        beside.cancel()
        return made

    made = asyncio.run(main())
    assert made.manifest.counts["ok"] == 8
    assert heard[-1].done == 8
    assert len(ticks) > 3, "the loop stood still while the dataset was made"


def test_the_cache_hands_out_what_is_there_and_nothing_else(request_coin, tmp_path):
    cache = DatasetCache(tmp_path / "cache")
    manager = DataGenerationManager(cache, workers=1)
    first = asyncio.run(manager.generate(request_coin()))
    stamp = (first.folder / "manifest.json").stat().st_mtime_ns
    again = asyncio.run(manager.generate(request_coin()))
    assert again.folder == first.folder
    assert (again.folder / "manifest.json").stat().st_mtime_ns == stamp
    other = asyncio.run(manager.generate(request_coin(seed=6)))
    assert other.folder != first.folder
    assert other.logical_hash != first.logical_hash


def test_every_parameter_and_version_is_part_of_the_key(request_coin, tmp_path, monkeypatch):
    cache, base = DatasetCache(tmp_path), request_coin()
    places = {cache.place(base)} | {
        cache.place(request_coin(**change))
        for change in ({"seed": 6}, {"duration_s": 240.0}, {"episodes": 9}, {"options": {"fail": [99]}})
    }
    monkeypatch.setattr(module, "version", lambda name: "0.0.0")
    places.add(cache.place(base))
    assert len(places) == 6


def test_what_another_version_made_is_not_handed_out_and_can_be_pruned(request_coin, tmp_path, monkeypatch):
    cache = DatasetCache(tmp_path / "cache")
    made = asyncio.run(DataGenerationManager(cache, workers=1).generate(request_coin()))
    assert cache.prune() == 0
    monkeypatch.setattr(module, "version", lambda name: "99.0")
    assert cache.find(request_coin()) is None
    assert cache.prune() == 1
    assert not made.folder.exists()


def test_a_damaged_dataset_is_not_handed_out(request_coin, tmp_path):
    cache = DatasetCache(tmp_path / "cache")
    made = asyncio.run(DataGenerationManager(cache, workers=1).generate(request_coin()))
    victim = next(iter(sorted(made.folder.glob("readings/*.parquet"))))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 0xFF
    victim.write_bytes(bytes(content))
    assert cache.find(request_coin()) is None


def test_invalidating_removes_one_request_alone(request_coin, tmp_path):
    cache = DatasetCache(tmp_path / "cache")
    manager = DataGenerationManager(cache, workers=1)
    kept = asyncio.run(manager.generate(request_coin()))
    gone = asyncio.run(manager.generate(request_coin(seed=6)))
    assert cache.invalidate(request_coin(seed=6))
    assert not cache.invalidate(request_coin(seed=6))
    assert kept.folder.exists()
    assert not gone.folder.exists()


def test_a_failed_episode_is_reported_as_a_failure(request_coin, tmp_path):
    manager = DataGenerationManager(workers=1)
    request = request_coin(options={"fail": [2]})
    with pytest.raises(GenerationFailed, match="1 of 8 episodes failed"):
        asyncio.run(manager.generate(request, tmp_path / "D"))
    made = asyncio.run(manager.generate(request, tmp_path / "D", allow_failures=True))
    assert made.manifest.counts["failed"] == 1


def test_a_cancelled_run_stops_and_the_same_call_goes_on_with_it(request_coin, tmp_path):
    request, out = request_coin(episodes=60, duration_s=3600.0), tmp_path / "D"
    manager = DataGenerationManager(workers=1)

    async def broken_off():
        heard = asyncio.Event()
        task = asyncio.create_task(
            manager.generate(request, out, lambda at: heard.set() if at.done else None)
        )
        await asyncio.wait_for(heard.wait(), 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(broken_off())
    with pytest.raises(DatasetError):
        Dataset.open(out)
    made = asyncio.run(manager.generate(request, out))
    whole = asyncio.run(manager.generate(request, tmp_path / "E"))
    assert made.logical_hash == whole.logical_hash


def test_neither_folder_nor_cache_is_an_error(request_coin):
    with pytest.raises(DatasetError, match="give `out`"):
        asyncio.run(DataGenerationManager().generate(request_coin()))


def test_the_key_lies_beside_the_dataset_for_people_to_read(request_coin, tmp_path):
    cache = DatasetCache(tmp_path / "cache")
    made = asyncio.run(DataGenerationManager(cache, workers=1).generate(request_coin()))
    key = json.loads(made.folder.with_name(f"{made.folder.name}.{module.KEY_FILE}").read_text())
    assert key["request"]["seed"] == 5
    assert key["twin"]["versions"] == {"coin": "1"}


def test_the_cache_never_hands_out_a_smaller_set_in_silence(request_coin, tmp_path):
    manager = DataGenerationManager(DatasetCache(tmp_path / "cache"), workers=1)
    request = request_coin(options={"fail": [2]})
    for _ in range(2):
        with pytest.raises(GenerationFailed):
            asyncio.run(manager.generate(request))
    assert asyncio.run(manager.generate(request, allow_failures=True)).manifest.counts["failed"] == 1


@pytest.mark.parametrize("text", ["", "{}", '{"request": {"twin": "coin", "gone": 1}}', "[1]"])
def test_a_torn_or_foreign_key_is_pruned(text, request_coin, tmp_path):
    cache = DatasetCache(tmp_path / "cache")
    made = asyncio.run(DataGenerationManager(cache, workers=1).generate(request_coin()))
    made.folder.with_name(f"{made.folder.name}.{module.KEY_FILE}").write_text(text)
    assert cache.prune() == 1
    assert not made.folder.exists()
