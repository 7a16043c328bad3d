"""Time left, from planted times of completion: start-up counts for nothing, a round of workers for one."""

from collections.abc import Iterable

import pytest

from envirosense.factory.pace import Pace, left_text, time_text


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def told(finished_s: Iterable[float], workers: int, until_s: float, every_s: float = 0.25) -> Pace:
    """Pace after looking every so often at how many were finished."""
    clock, times = Clock(), sorted(finished_s)
    pace = Pace(workers, clock)
    for i in range(1, round(until_s / every_s) + 1):
        clock.now_s = i * every_s
        pace.note(sum(one <= clock.now_s for one in times))
    return pace


def finish_times(n: int, workers: int, start_s: float, each_s: float, apart_s: float = 0.0) -> list[float]:
    """When each of n is done, by workers that begin `apart_s` one after the other."""
    return [start_s + apart_s * (i % workers) + each_s * (i // workers + 1) for i in range(n)]


def test_nothing_is_said_before_the_first():
    pace = told([10.0], 1, until_s=9.0)
    assert pace.left_s(3) is None
    assert pace.per_s is None
    assert left_text(pace, 3) == ""


def test_start_up_is_no_part_of_the_pace():
    times = finish_times(20, workers=1, start_s=30.0, each_s=1.0)
    pace = told(times, 1, until_s=33.0)
    assert pace.per_s == pytest.approx(1.0)
    assert pace.left_s(17) == pytest.approx(17.0)  # 33 s for three of them would make it 187 s
    assert left_text(pace, 17) == "about 17 s left"


@pytest.mark.parametrize("apart_s", [0.0, 0.5, 5.0])
@pytest.mark.parametrize("workers", [1, 2, 7, 16])
def test_workers_that_finish_together_are_a_round(workers, apart_s):
    each_s, n = 20.0, 12 * workers
    times = finish_times(n, workers, 30.0, each_s, min(apart_s, each_s / workers))
    for until_s in (72.0, 90.0, 123.0, 161.0, 200.0):  # at any point of a round
        pace = told(times, workers, until_s)
        n_done = sum(one <= until_s for one in times)
        assert pace.is_known
        assert pace.left_s(n - n_done) == pytest.approx(max(times) - until_s, abs=each_s)


def test_many_that_finish_between_two_looks_have_no_pace_yet():
    times = [5.1 + i / 400 for i in range(4000)]
    assert not told(times, 4, until_s=5.25).is_known
    pace = told(times, 4, until_s=7.0)
    assert pace.per_s == pytest.approx(400.0, rel=0.01)
    assert pace.left_s(4000 - 761) == pytest.approx(8.1, rel=0.02)


def test_before_the_second_round_the_time_is_a_limit_that_start_up_makes_too_long():
    times = finish_times(32, workers=16, start_s=10.0, each_s=60.0, apart_s=0.5)
    pace = told(times, 16, until_s=70.5)  # two of the first sixteen are done
    assert not pace.is_known
    left_s = pace.left_s(30)
    assert left_s is not None
    assert max(times) - 70.5 <= left_s < 2.1 * (max(times) - 70.5)
    assert left_text(pace, 30) == "at most 2 min left"


def test_it_counts_down_between_two_that_are_far_apart():
    times = finish_times(10, workers=1, start_s=5.0, each_s=100.0)
    assert [told(times, 1, until_s).left_s(7) for until_s in (305.0, 345.0, 395.0)] == [700.0, 660.0, 610.0]


def test_where_nothing_is_done_for_longer_than_a_round_the_pace_falls():
    pace = told([10.0, 11.0, 12.0], 1, until_s=40.0)
    assert pace.per_s == pytest.approx(2 / (40.0 - 1.0 - 10.0))
    left_s = pace.left_s(10)
    assert left_s is not None
    assert left_s > 100.0


def test_a_lost_worker_takes_nothing_back():
    clock = Clock()
    pace = Pace(1, clock)
    for clock.now_s, n in ((1.0, 1), (2.0, 2), (3.0, 1), (4.0, 4)):
        pace.note(n)
    assert pace.per_s == pytest.approx(1.0)


def test_nothing_left_takes_no_time():
    pace = told(finish_times(4, 2, 1.0, 1.0), 2, until_s=4.0)
    assert pace.left_s(0) == 0.0
    assert left_text(pace, 0) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "about 1 s"), (89.0, "about 89 s"), (600.0, "about 10 min"), (7200.0, "about 2.0 h")],
)
def test_times_are_told_in_fitting_units(seconds, text):
    assert time_text(seconds) == text
