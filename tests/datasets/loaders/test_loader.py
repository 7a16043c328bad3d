"""Batches of a dataset: the windows there are, in an order that can be left and taken up anywhere."""

import itertools
import json
import pickle

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError, UnknownNameError
from envirosense.datasets.loaders import Batch, WindowLoader
from envirosense.datasets.loaders.batch import ARRAYS, TEXTS

COLUMNS = (*ARRAYS, *TEXTS, "y")


def same(one: Batch, other: Batch) -> bool:
    """Bit for bit."""
    return (one.epoch, one.number) == (other.epoch, other.number) and all(
        getattr(one, name).dtype == getattr(other, name).dtype
        and getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in COLUMNS
    )


def epochs(loader, n):
    return [batch for _ in range(n) for batch in loader]


def keys(batches):
    return [key for b in batches for key in zip(b.episode_id.tolist(), b.start_tick.tolist(), strict=True)]


def test_unshuffled_batches_are_the_windows_of_the_dataset(coins, make):
    windows = coins.windows(length_s=30, stride_s=20)
    loader = make(shuffle=False)
    batches = list(loader)
    assert loader.channels == windows.channels
    assert np.array_equal(np.concatenate([b.x for b in batches]), windows.x, equal_nan=True)
    for name in ("y", "event_id", "severity", "detectable", "episode_id", "scenario", "group", "start_tick"):
        assert np.array_equal(np.concatenate([getattr(b, name) for b in batches]), getattr(windows, name))
    ignition_s = np.concatenate([b.time_to_ignition_s for b in batches])
    assert np.array_equal(ignition_s, windows.time_to_ignition_s, equal_nan=True)
    assert [len(b) for b in batches[:-1]] == [5] * (len(batches) - 1)


def test_an_epoch_holds_every_window_once_in_another_order(coins, make):
    windows = coins.windows(length_s=30, stride_s=20)
    everything = sorted(zip(windows.episode_id.tolist(), windows.start_tick.tolist(), strict=True))
    loader = make()
    first, second = keys(loader), keys(loader)
    assert sorted(first) == sorted(second) == everything
    assert first != second
    assert first == keys(make())
    assert keys(make(seed=5)) != first


def test_a_batch_says_what_it_is(make):
    batch = next(iter(make(length_s=60)))
    assert batch.x.shape == (5, 60, len(batch.channels))
    assert batch.x.dtype == np.float32
    assert batch.classes == ("normal", "heads")
    assert [batch.classes[at] for at in batch.target] == batch.y.tolist()
    assert "epoch 0, number 0" in repr(batch)
    assert batch.arrays()["epoch"] == 0


@pytest.mark.parametrize("shuffle", [True, False])
def test_after_a_restore_the_sequence_is_the_uninterrupted_one(make, shuffle):
    settings = {"shuffle": shuffle, "batch_size": 7}
    whole = epochs(make(**settings), 3)
    for stop in range(len(whole) + 1):
        loader = make(**settings)
        given = list(itertools.islice(itertools.chain.from_iterable(itertools.repeat(loader)), stop))
        saved = json.loads(json.dumps(loader.state()))
        resumed = make(**settings)
        resumed.restore(saved)
        rest = [batch for _ in range(3 - resumed.epoch) for batch in resumed]
        assert len(given) + len(rest) == len(whole)
        assert all(same(a, b) for a, b in zip(whole, given + rest, strict=True))


def test_a_state_is_small(make):
    assert len(json.dumps(make().state())) < 600


def test_a_loader_that_is_broken_off_goes_on(make):
    loader, whole = make(), epochs(make(), 2)
    given = [next(iter(loader)) for _ in range(3)] + epochs(loader, 2)
    assert all(same(a, b) for a, b in zip(whole, given, strict=True))


def test_setting_the_epoch_keeps_a_place_inside_it(make):
    loader = make()
    next(iter(loader))
    loader.set_epoch(0)
    assert next(iter(loader)).number == 1
    loader.set_epoch(4)
    assert (loader.epoch, next(iter(loader)).number) == (4, 0)
    list(loader)
    loader.set_epoch(4)  # it is over
    assert next(iter(loader)).number == 0


def test_a_restore_needs_to_read_one_chunk_only(make, monkeypatch):
    import envirosense.datasets.loaders.loader as module

    loader, read = make(), []
    hold = module.hold
    monkeypatch.setattr(module, "hold", lambda episode, *rest: read.append(episode) or hold(episode, *rest))
    loader.seek(1, len(loader) - 1)
    next(iter(loader))
    assert 0 < len(read) <= 2 * loader.chunk_episodes  # a batch may lie across two chunks


def test_no_more_episodes_are_held_than_asked_for(make):
    loader = make(batch_size=13)
    most = 0
    for _ in range(2):
        for _ in loader:
            most = max(most, loader.n_held)
        assert loader.n_held == 0
    assert most == 3
    unshuffled = make(shuffle=False)
    assert max(unshuffled.n_held for _ in unshuffled) == 1


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_parts_share_no_window_and_hold_all(make, count):
    parts = [keys(make().with_shard(index, count)) for index in range(count)]
    assert sum(map(len, parts)) == len(set(itertools.chain(*parts)))
    assert sorted(itertools.chain(*parts)) == sorted(keys(make()))


def test_a_part_is_restored_into_the_same_part_only(make):
    part = make().with_shard(1, 2)
    whole, again = epochs(make().with_shard(1, 2), 2), make().with_shard(1, 2)
    next(iter(part))
    again.restore(part.state())
    assert all(same(a, b) for a, b in zip(whole[1:], epochs(again, 2), strict=True))
    with pytest.raises(ConfigError, match="share"):
        make().with_shard(0, 2).restore(part.state())
    with pytest.raises(ConfigError, match="index"):
        make().with_shard(2, 2)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seed": 5}, "seed"),
        ({"batch_size": 6}, "batch_size"),
        ({"stride_s": 30}, "stride_s"),
        ({"channels": ["near"]}, "channels"),
        ({"shuffle": False}, "shuffle"),
    ],
)
def test_a_state_of_another_sequence_is_refused_by_field(make, changes, field):
    with pytest.raises(ConfigError, match=f"state.of.{field}"):
        make(**changes).restore(make().state())


def test_states_that_are_none_are_refused(make):
    loader = make()
    with pytest.raises(SchemaVersionError):
        loader.restore({**loader.state(), "version": 99})
    with pytest.raises(ConfigError, match="epoch"):
        loader.restore({**loader.state(), "epoch": -1})
    with pytest.raises(ConfigError, match="batches"):
        loader.restore({**loader.state(), "batch": 1000})
    with pytest.raises(ConfigError, match="state"):
        loader.restore([])


def test_another_split_is_another_sequence(coins, make):
    loader = WindowLoader(coins["train"], 30, 20, 5, seed=4, chunk_episodes=3)
    with pytest.raises(ConfigError, match="episodes"):
        loader.restore(make().state())
    assert loader.classes == make().classes


def test_chosen_channels_come_in_the_order_asked_for(coins, make):
    chosen = ("images.median", "far")
    whole, some = next(iter(make())), next(iter(make(channels=chosen)))
    assert some.channels == chosen
    columns = [whole.channels.index(name) for name in chosen]
    assert np.array_equal(some.x, whole.x[:, :, columns], equal_nan=True)
    assert keys([some]) == keys([whole])


def test_streams_without_a_chosen_channel_stay_unread(make, monkeypatch):
    from envirosense.datasets.episode import Episode

    read = set()
    batches = Episode.batches

    def watched(self, stream, columns=None):
        read.add((stream, *sorted(columns or ())))
        return batches(self, stream, columns)

    monkeypatch.setattr(Episode, "batches", watched)
    next(iter(make(channels=["near"])))
    assert read == {("readings", "near", "tick")}


def test_a_last_batch_that_is_not_full_can_be_left_out(make):
    kept, dropped = list(make(batch_size=8)), list(make(batch_size=8, drop_last=True))
    assert len(kept) == len(dropped) + 1 == len(make(batch_size=8))
    assert all(same(a, b) for a, b in zip(dropped, kept, strict=False))


def test_a_loader_travels_to_another_process_with_its_place(make):
    loader = make()
    next(iter(loader))
    copy = pickle.loads(pickle.dumps(loader))
    assert copy.n_held == 0
    assert all(same(a, b) for a, b in zip(epochs(loader, 2), epochs(copy, 2), strict=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 10_000, "drop_last": True}, "fill no batch"),
        ({"length_s": 900}, "longest episode has 200 s"),
        ({"stride_s": 0.1}, "stride_s"),
        ({"chunk_episodes": 0}, "chunk_episodes"),
    ],
)
def test_what_cannot_be_loaded_is_refused(make, changes, message):
    with pytest.raises(ConfigError, match=message):
        make(**changes)


def test_unknown_channels_and_classes_are_told(make):
    with pytest.raises(UnknownNameError, match="near"):
        make(channels=["nearr"])
    with pytest.raises(DatasetError, match="no usable episode"):
        WindowLoader(make().view.where(outcome="failed"))
    with pytest.raises(DatasetError, match="heads"):
        list(make(classes=["normal"]))
