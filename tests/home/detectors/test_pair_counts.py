"""Counting pairs: against a loop, and against chance."""

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.home.detectors.pair_counts import Deeds, since, until
from tests.home.detectors.stream_cases import (
    FOUNTAIN,
    HALL,
    MOTION,
    N_DAYS,
    Times,
    at_random,
    on,
    pulses,
    stream_of,
)

WINDOW_S = 300.0


def deeds_of(motion_us: Times, hall_us: Times, fountain_us: Times) -> Deeds:
    events = stream_of(pulses(MOTION, motion_us), pulses(HALL, hall_us), pulses(FOUNTAIN, fountain_us))
    triggers, actions = (on(MOTION), on(HALL)), (on(HALL), on(FOUNTAIN))
    return Deeds.of(events, triggers, actions, 1, N_DAYS)


def test_counts_are_those_of_a_loop() -> None:
    rng = stream(1, "test", "loop")
    deeds = deeds_of(at_random(400, rng), at_random(90, rng), at_random(30, rng))
    (counts,) = deeds.counts((WINDOW_S,))
    for i, trigger in enumerate(deeds.triggers):
        for j, action in enumerate(deeds.actions):
            early, late = deeds.times[trigger].tolist(), deeds.times[action].tolist()
            explained = sum(any(0 < b - a <= WINDOW_S * 1e6 for a in early) for b in late)
            followed = sum(any(0 < b - a <= WINDOW_S * 1e6 for b in late) for a in early)
            assert counts.n_explained[i, j] == explained
            assert counts.n_followed[i, j] == followed


def test_confidence_is_the_share_of_the_rarer_side() -> None:
    rng = stream(2, "test", "rarer")
    hall = at_random(40, rng)
    motion = np.sort(np.concatenate([hall[:30] - 20_000_000, at_random(300, rng)]))
    (counts,) = deeds_of(motion, hall, at_random(5, rng)).counts((60.0,))
    assert counts.confidence[0, 0] == pytest.approx(counts.n_explained[0, 0] / 40, abs=0.03)
    assert counts.confidence[0, 0] >= 0.7


def test_unrelated_events_have_a_lift_of_one() -> None:
    rng = stream(3, "test", "chance")
    lifts = []
    for _ in range(40):
        (counts,) = deeds_of(at_random(500, rng), at_random(100, rng), at_random(9, rng)).counts((WINDOW_S,))
        lifts.append(counts.lift[0, 0])
    error = np.std(lifts) / np.sqrt(len(lifts))
    assert abs(np.mean(lifts) - 1.0) < 5 * error


def test_nothing_follows_itself() -> None:
    rng = stream(4, "test", "itself")
    (counts,) = deeds_of(at_random(50, rng), at_random(50, rng), at_random(9, rng)).counts((WINDOW_S,))
    assert counts.confidence[1, 0] == 0.0


def test_before_the_first_and_after_the_last_is_far_away() -> None:
    known = np.array([100, 200], dtype=np.int64)
    assert since(known, np.array([50, 100, 101, 500])).tolist()[2:] == [1, 300]
    assert (since(known, np.array([50, 100])) > 10**17).all()
    assert until(known, np.array([50, 100])).tolist() == [50, 100]
    assert (until(known, np.array([200, 500])) > 10**17).all()
