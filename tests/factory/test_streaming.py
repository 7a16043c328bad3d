"""Streams of samples: the episodes of the stored dataset, without the dataset."""

import asyncio
import itertools
import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest

from envirosense.core.errors import ConfigError, EpisodeError, UnknownNameError
from envirosense.datasets.hashing import content_hash
from envirosense.factory import astream_samples, generate, simulate, stream_batches, stream_samples
from envirosense.factory.executors import InlineExecutor

CLASSES = ("normal", "heads")


@pytest.fixture
def coin(request_coin):
    return request_coin()


def hashes(sample):
    """Content hash of every stream, as the episode table of a dataset has them."""
    return {name: content_hash(sample.episode.table(name)) for name in sample.episode.streams}


def told(samples):
    return [(sample.index, sample.episode.spec.episode_id, hashes(sample)) for sample in samples]


def take(stream, n):
    return list(itertools.islice(stream, n))


@pytest.fixture
def first(coin):
    """Index, id and hashes of the first samples, simulated in the caller."""
    return told(take(stream_samples(coin), 12))


def test_sample_k_is_episode_k_of_the_dataset_and_the_indices_go_on(coin, first, tmp_path):
    dataset = generate(coin, tmp_path / "out", executor=InlineExecutor())
    stored = [(episode.row["index"], episode.episode_id, episode.content_hashes) for episode in dataset]
    assert first[: len(stored)] == stored
    assert [index for index, _, _ in first] == list(range(12))
    assert len({episode_id for _, episode_id, _ in first}) == 12


@pytest.mark.parametrize("workers", [1, 2])
def test_worker_processes_give_the_same_samples_in_the_same_order(coin, first, workers):
    with stream_samples(coin, workers=workers) as stream:
        assert told(take(stream, 12)) == first


def test_a_given_executor_gives_the_same_samples(coin, first):
    with ThreadPoolExecutor(3) as pool:
        assert told(take(stream_samples(coin, workers=3, executor=pool), 12)) == first


@pytest.mark.parametrize("at", range(5))
def test_after_a_restore_the_samples_are_the_uninterrupted_ones(coin, first, at):
    stream = stream_samples(coin)
    take(stream, at)
    saved = json.loads(json.dumps(stream.state()))
    other = stream_samples(coin.model_dump(mode="json"))
    take(other, 2)
    other.restore(saved)
    assert told(take(other, 5)) == first[at : at + 5]


def test_no_more_samples_are_under_way_than_two_a_worker(coin):
    running, most, lock = set(), [0], threading.Lock()

    class Counting(ThreadPoolExecutor):
        def submit(self, *call):
            future = super().submit(*call)
            with lock:
                running.add(future)
                most[0] = max(most[0], len(running))
            return future

    with Counting(4) as pool:
        for sample in itertools.islice(stream_samples(coin, workers=2, executor=pool), 9):
            assert sample.episode.streams
            with lock:
                running.difference_update([future for future in running if future.done()][:1])
    assert most[0] <= 4


def test_a_killed_worker_costs_no_sample(coin, first):
    with stream_samples(coin, workers=1) as stream:
        given = take(stream, 2)
        for worker in workers_of_ours():
            os.kill(worker.pid, signal.SIGKILL)
        given += take(stream, 4)
    assert told(given) == first[:6]


def workers_of_ours():
    """Processes below the fork server."""
    everyone = psutil.Process().children(recursive=True)
    return [one for one in everyone if one.ppid() != os.getpid() and one.status() != psutil.STATUS_ZOMBIE]


def test_closing_stops_the_workers_and_keeps_the_place(coin, first):
    stream = stream_samples(coin, workers=2)
    take(stream, 3)
    folder = stream._workers._pool.folder
    assert workers_of_ours()
    assert folder.exists()
    stream.close()
    assert not workers_of_ours()
    assert not folder.exists()
    assert told(take(stream, 2)) == first[3:5]
    stream.close()


def test_ctrl_c_stops_the_workers_and_loses_no_sample(coin, first, monkeypatch):
    stream = stream_samples(coin, workers=2)
    take(stream, 2)
    waits = type(stream)._hand_over
    monkeypatch.setattr(type(stream), "_hand_over", lambda self: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        next(stream)
    assert not workers_of_ours()
    monkeypatch.setattr(type(stream), "_hand_over", waits)
    assert told(take(stream, 1)) == first[2:3]
    stream.close()


def test_a_stream_that_is_dropped_stops_its_workers(coin):
    stream = stream_samples(coin, workers=1)
    take(stream, 1)
    del stream
    assert not workers_of_ours()


def test_a_failing_episode_is_passed_over_and_counted(request_coin, first):
    stream = stream_samples(request_coin(options={"fail": [1]}))
    assert [sample.index for sample in take(stream, 3)] == [0, 2, 3]
    assert stream.n_failed == 1
    with pytest.raises(EpisodeError, match="landed on its edge"):
        next(stream_samples(request_coin(options={"fail": list(range(50))})))


def test_a_split_holds_only_the_sites_that_the_dataset_has_in_it(coin, tmp_path):
    dataset = generate(coin, tmp_path / "out", executor=InlineExecutor())
    for split in dataset.splits:
        groups = {episode.group for episode in dataset[split]}
        samples = take(stream_samples(coin, split=split), 6)
        assert {sample.episode.spec.group for sample in samples} <= groups
    with pytest.raises(UnknownNameError, match="train"):
        stream_samples(coin, split="trian")


def test_parts_of_a_stream_are_the_whole(coin, first):
    parts = [take(stream_samples(coin, shard=(index, 3)), 4) for index in range(3)]
    assert sorted(told(itertools.chain(*parts)), key=lambda one: one[0]) == first


def test_streams_can_be_left_out(coin):
    assert "images" not in next(stream_samples(coin, without=("images",))).episode.streams


def test_what_cannot_be_streamed_is_refused(coin, request_coin):
    for changes, message in (({"shard": (2, 2)}, "shard"), ({"workers": -1}, "workers")):
        with pytest.raises(ConfigError, match=message):
            stream_samples(coin, **changes)
    with pytest.raises(ConfigError, match="request"):
        stream_samples(request_coin(seed=6)).restore(stream_samples(coin).state())


def test_the_async_twin_gives_the_same_samples_and_states(coin, first):
    async def run():
        stream, states = stream_samples(coin), []
        async with astream_samples(coin) as samples:
            given = []
            async for sample in samples:
                given.append(sample)
                take(stream, 1)
                states.append(samples.state() == stream.state())
                if len(given) == 6:
                    break
            await samples.restore(samples.state() | {"index": 2})
            given.append(await anext(samples))
        return given, states

    given, states = asyncio.run(run())
    assert told(given) == [*first[:6], first[2]]
    assert all(states)


def test_a_cancelled_wait_loses_no_sample_and_the_loop_goes_on(coin, first, monkeypatch):
    from envirosense.testing.twins import CoinTwin

    gate, simulate_coin = threading.Event(), CoinTwin.simulate

    def slow(self, spec, out):
        assert gate.wait(20)
        return simulate_coin(self, spec, out)

    monkeypatch.setattr(CoinTwin, "simulate", slow)

    async def run():
        async with astream_samples(coin) as samples:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(samples), 0.05)  # the loop is free to say so
            state = samples.state()
            gate.set()
            return state, [await anext(samples), await anext(samples)]

    state, given = asyncio.run(run())
    assert state["index"] == 0
    assert told(given) == first[:2]


def test_the_async_twin_stops_its_workers(coin):
    async def run():
        async with astream_samples(coin, workers=1) as samples:
            await anext(samples)
            assert workers_of_ours()

    asyncio.run(run())
    assert not workers_of_ours()


def batches(coin, **changes):
    settings = {"length_s": 30, "stride_s": 20, "batch_size": 7, "classes": CLASSES, "chunk_episodes": 2}
    return stream_batches(coin, **{**settings, **changes})


def test_batches_hold_every_window_of_the_samples_once(coin):
    given = take(batches(coin), 10)  # 70 windows: seven chunks of two episodes with five windows each
    keys = [key for b in given for key in zip(b.episode_id.tolist(), b.start_tick.tolist(), strict=True)]
    ids = [sample.episode.spec.episode_id for sample in take(stream_samples(coin), 14)]
    assert sorted(keys) == sorted((one, start) for one in ids for start in range(0, 100, 20))
    assert all(len(batch) == 7 for batch in given)
    assert keys[:5] != sorted(keys[:5], key=lambda key: (ids.index(key[0]), key[1]))


@pytest.mark.parametrize("at", range(7))
def test_after_a_restore_the_batches_are_the_uninterrupted_ones(coin, at):
    whole = take(batches(coin), at + 3)
    stream = batches(coin)
    take(stream, at)
    other = batches(coin)
    other.restore(json.loads(json.dumps(stream.state())))
    for mine, theirs in zip(take(other, 3), whole[at:], strict=True):
        assert mine.number == theirs.number
        assert np.array_equal(mine.x, theirs.x, equal_nan=True)
        assert mine.y.tolist() == theirs.y.tolist()
        assert mine.start_tick.tolist() == theirs.start_tick.tolist()


def test_a_batch_that_is_broken_off_loses_no_window(coin, monkeypatch):
    whole, stream = take(batches(coin), 3), batches(coin)
    take(stream, 1)
    mixed = type(stream)._mixed
    monkeypatch.setattr(type(stream), "_mixed", lambda self: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        next(stream)  # it takes three windows of the first chunk and needs another
    monkeypatch.setattr(type(stream), "_mixed", mixed)
    assert [b.start_tick.tolist() for b in take(stream, 2)] == [b.start_tick.tolist() for b in whole[1:]]


def test_windows_longer_than_the_episodes_are_refused(coin):
    with pytest.raises(ConfigError, match="120 s"):
        next(batches(coin, length_s=300))
    with pytest.raises(ConfigError, match="batch_size"):
        batches(coin, batch_size=0)


def test_a_stream_is_what_simulate_gives(request_coin):
    coin = request_coin(scenarios="toss/heads", n_groups=1)
    alone = simulate("coin", "toss/heads", seed=5, index=2, duration_s=120.0)
    sample = take(stream_samples(coin), 3)[2]
    assert sample.episode.table("readings").equals(alone.table("readings"))
