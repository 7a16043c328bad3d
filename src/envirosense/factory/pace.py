"""How fast things get done, and so how long the rest will take."""

import time
from array import array
from bisect import bisect_left
from collections.abc import Callable


class Pace:
    """Pace of workers that do one thing each at a time, told now and then how many are done.

    What comes before the first is start-up: processes, imports, compiling. It counts only until more is
    known, and what is said of the time left is a limit until then. Workers that start together finish
    together, so the pace is that of whole rounds of them.
    """

    def __init__(self, workers: int = 1, clock: Callable[[], float] | None = None) -> None:
        self._workers = max(workers, 1)
        self._clock = clock or time.monotonic
        self._began_s = self._clock()
        self._at_s, self._n = array("d"), array("q")  # when more were done than before, and how many

    def note(self, n_done: int) -> None:
        """So many are done by now; fewer than before, where a worker was lost, change nothing."""
        if n_done > (self._n[-1] if self._n else 0):
            self._at_s.append(self._clock())
            self._n.append(n_done)

    @property
    def elapsed_s(self) -> float:
        """Time since the beginning, start-up included [s]."""
        return self._clock() - self._began_s

    @property
    def is_known(self) -> bool:
        """Whether a round was seen that began after the start-up."""
        return self._each_s() is not None

    @property
    def per_s(self) -> float | None:
        """How many are done in a second [1/s], None before the first."""
        found = self._each_s()
        if found is not None:
            return 1.0 / found[0]
        return self._n[-1] / max(self.elapsed_s, 1e-9) if self._n else None

    def left_s(self, n_left: int) -> float | None:
        """Time that so many more will take [s], at most so where `is_known` is not; None before the first."""
        if not self._n:
            return None
        found = self._each_s()
        if found is None:  # every worker has done one, or nearly: none took longer than all until now
            return self.elapsed_s * n_left / max(self._n[-1], self._workers)
        each_s, idle_s = found
        return max(n_left * each_s - idle_s, min(n_left, 1) * each_s)

    def _each_s(self) -> tuple[float, float] | None:
        """Time that one takes, all workers at work, and time since the last one was done [s]."""
        since = self._reference()
        if since is None:
            return None
        n, last_s, first_s = self._n[-1] - self._n[since], self._at_s[-1], self._at_s[since]
        a_round_s = (last_s - first_s) / n * self._workers
        idle_s = min(self._clock() - last_s, a_round_s)
        return (self._clock() - idle_s - first_s) / n, idle_s  # longer than a round it is the pace that fell

    def _reference(self) -> int | None:
        """Place of the moment since which whole rounds were done, the earliest; None before there is one."""
        if not self._n:
            return None
        first, last = self._n[0], self._n[-1]
        rounds = (last - first) // self._workers
        if not rounds:
            return None
        found = bisect_left(self._n, last - rounds * self._workers)
        return found if found < len(self._n) - 1 else 0


def left_text(pace: Pace, n_left: int) -> str:
    """Time left in words, "" where nothing is left or nothing is known."""
    seconds = pace.left_s(n_left) if n_left else None
    if seconds is None:
        return ""
    return f"{'about' if pace.is_known else 'at most'} {_amount(seconds)} left"


def time_text(seconds: float) -> str:
    """Time in words."""
    return f"about {_amount(seconds)}"


def _amount(seconds: float) -> str:
    if seconds < 90.0:
        return f"{max(round(seconds), 1)} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"
