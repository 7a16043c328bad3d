import numpy as np

from envirosense.home.engine.occurrences import Occurrences


def test_occurrences_follow_their_events_to_new_rows():
    found = Occurrences(
        np.array([0, 1, 1], dtype=np.int32), np.array([0, -1, 2]), np.array([1, 2, 3]), np.array([1, -1, 2]),
        np.array([1, 2, 3]), np.zeros(3, dtype=np.int8),
    )  # fmt: skip
    moved = found.moved(np.array([4, 6, -1]))
    assert moved.trigger.tolist() == [4, -1, -1]
    assert moved.action.tolist() == [6, -1, -1]
    assert len(moved) == 3
