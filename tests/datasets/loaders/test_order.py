"""The order of an epoch: pure, complete, and the same wherever one begins."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from envirosense.datasets.loaders.order import EpochOrder, Share

counts = st.lists(st.integers(0, 7), min_size=1, max_size=12).map(lambda n: np.array(n, np.int64))
orders = st.builds(
    EpochOrder,
    seed=st.integers(0, 9),
    epoch=st.integers(0, 5),
    counts=counts,
    chunk_episodes=st.integers(1, 5),
    shuffle=st.booleans(),
)


def places(order, first=0, last=None):
    """(episode, window) of the places asked for."""
    found = []
    for chunk, start, stop in order.pieces(first, order.n_windows if last is None else last):
        episode, window = order.chunk(chunk)
        found += zip(episode[start:stop].tolist(), window[start:stop].tolist(), strict=True)
    return found


def again(order, **changes):
    given = ("seed", "epoch", "counts", "chunk_episodes", "shuffle", "share")
    return EpochOrder(**{**{name: getattr(order, name) for name in given}, **changes})


@given(orders)
def test_every_window_comes_once(order):
    everything = [(at, window) for at, n in enumerate(order.counts) for window in range(n)]
    assert sorted(places(order)) == everything
    if not order.shuffle:
        assert places(order) == everything


@given(orders, st.data())
def test_the_order_depends_on_seed_and_epoch_alone(order, data):
    whole = places(order)
    first = data.draw(st.integers(0, order.n_windows))
    last = data.draw(st.integers(first, order.n_windows))
    assert places(again(order), first, last) == whole[first:last]


@given(orders, st.integers(1, 4), st.integers(1, 3))
def test_parts_share_nothing_and_hold_everything(order, count, inner):
    shares = [Share().part(i, count).part(j, inner) for i in range(count) for j in range(inner)]
    found = [place for share in shares for place in places(again(order, share=share))]
    assert sorted(found) == sorted(places(order))


def test_seeds_and_epochs_mix_differently():
    order = EpochOrder(0, 0, np.full(20, 10), chunk_episodes=4)
    sequences = {tuple(places(again(order, seed=s, epoch=e))) for s in range(3) for e in range(3)}
    assert len(sequences) == 9


def test_the_windows_of_a_chunk_are_mixed_across_its_episodes():
    order = EpochOrder(0, 0, np.full(40, 25), chunk_episodes=8)
    neighbours = [a[0] == b[0] for a, b in zip(places(order), places(order)[1:], strict=False)]
    # by chance 1/8 of 999 neighbours: 125, standard deviation 10.5
    assert abs(sum(neighbours) - 125) < 5 * 10.5
