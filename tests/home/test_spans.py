"""Spans: union and look-up."""

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.behaviour.spans import NO_SPAN, Spans


def union(*pieces: tuple[int, int], gap_us: int = 0) -> Spans:
    start, end = (np.array(column, dtype=np.int64) for column in zip(*pieces, strict=True))
    return Spans.union(start, end, np.arange(len(pieces)), gap_us)


def test_pieces_that_touch_are_one_and_know_who_began_and_who_ended() -> None:
    spans = union((10, 20), (0, 12), (20, 22), (40, 50))
    assert spans.start_us.tolist() == [0, 40]
    assert spans.end_us.tolist() == [22, 50]
    assert spans.first.tolist() == [1, 3]
    assert spans.last.tolist() == [2, 3]


def test_a_piece_within_another_does_not_end_it() -> None:
    spans = union((0, 100), (10, 20), (30, 40))
    assert (spans.end_us.tolist(), spans.last.tolist()) == ([100], [0])


def test_a_small_gap_is_bridged() -> None:
    assert len(union((0, 10), (15, 20), gap_us=5)) == 1
    assert len(union((0, 10), (16, 20), gap_us=5)) == 2


def test_a_moment_lies_in_its_span_from_the_start_up_to_the_end() -> None:
    spans = union((10, 20), (30, 40))
    assert spans.at(np.array([9, 10, 19, 20, 35, 41])).tolist() == [NO_SPAN, 0, 0, NO_SPAN, 1, NO_SPAN]


def test_no_pieces_make_no_spans_and_hold_no_moment() -> None:
    none = np.empty(0, dtype=np.int64)
    spans = Spans.union(none, none, none)
    assert len(spans) == 0
    assert spans.at(np.array([1, 2])).tolist() == [NO_SPAN, NO_SPAN]


def test_the_union_covers_exactly_what_the_pieces_cover() -> None:
    rng = stream(1, "test", "spans")
    start = rng.integers(0, 1000, 60)
    end = start + rng.integers(1, 30, 60)
    moments = np.arange(1100)
    covered = ((moments[:, None] >= start) & (moments[:, None] < end)).any(axis=1)
    spans = Spans.union(start, end, np.arange(60))
    assert ((spans.at(moments) >= 0) == covered).all()
