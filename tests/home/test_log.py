import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from envirosense.home.log import NO_CAUSE, EventLog


def log_of(times, causes=None, entity=0):
    n = len(times)
    return EventLog(
        np.array(times, dtype=np.int64),
        np.full(n, entity, dtype=np.int32),
        np.zeros(n, dtype=np.int8),
        np.arange(n, dtype=np.int16) % 2,
        np.full(n, np.nan, dtype=np.float32),
        np.zeros(n, dtype=np.int8),
        np.full(n, -1, dtype=np.int16),
        np.full(n, NO_CAUSE, dtype=np.int64) if causes is None else np.array(causes, dtype=np.int64),
        np.full(n, -1, dtype=np.int32),
    )


def test_merged_logs_are_in_order_and_causes_still_point_at_their_events():
    one = log_of([10, 30, 50], [-1, 0, 1], entity=1)
    other = log_of([20, 40], [-1, 0], entity=2)
    both = EventLog.merged(one, other)
    assert both.t_us.tolist() == [10, 20, 30, 40, 50]
    assert both.entity.tolist() == [1, 2, 1, 2, 1]
    assert both.t_us[both.cause[2:]].tolist() == [10, 20, 30]


def test_of_one_moment_the_first_log_comes_first():
    both = EventLog.merged(log_of([5, 5], entity=7), log_of([5], entity=8))
    assert both.entity.tolist() == [7, 7, 8]


def test_a_cause_that_is_left_out_is_none():
    log = log_of([1, 2, 3], [-1, 0, 1])
    kept = log.take(np.array([1, 2]))
    assert kept.cause.tolist() == [NO_CAUSE, 0]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30, unique=True), st.integers(0, 2**31))
def test_every_event_is_found_again_in_the_log_it_went_into(times, seed):
    part = log_of(sorted(times), entity=3)
    rng = np.random.default_rng(seed)
    other = log_of(np.sort(rng.integers(0, 1000, 10)).tolist(), entity=4)
    whole = EventLog.merged(part, other)
    places = whole.places_of(part)
    assert (whole.t_us[places] == part.t_us).all()
    assert (whole.entity[places] == 3).all()
    gone = whole.take(np.flatnonzero(whole.entity != 3))
    assert (gone.places_of(part) == -1).all()


def test_nothing_is_found_in_an_empty_log():
    assert log_of([]).places_of(log_of([1, 2])).tolist() == [-1, -1]
