"""Calls in workers outlive a killed worker, and give up on one that kills every worker."""

import os
import signal
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from envirosense.factory.executors import InlineExecutor, WorkerPool
from envirosense.factory.retrying import results_of


def square_once_killed(folder: Path, number: int) -> int:
    """The square; the first call with 3 kills its worker."""
    mark = folder / "killed"
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2


def deadly(number: int) -> int:
    """Kills its worker."""
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_come_in_the_order_of_the_items():
    with ThreadPoolExecutor(2) as pool:
        assert results_of(pool, str, range(5)) == ["0", "1", "2", "3", "4"]
    assert results_of(InlineExecutor(), str, []) == []


def test_a_killed_worker_costs_no_result(tmp_path):
    with WorkerPool(2, preload=(__name__,)) as pool:
        found = results_of(pool, partial(square_once_killed, tmp_path), range(8))
        assert found == [number**2 for number in range(8)]
        assert (tmp_path / "killed").exists()
        assert results_of(pool, str, range(2)) == ["0", "1"]  # and the pool goes on


def test_a_call_that_kills_every_worker_is_given_up():
    with WorkerPool(1, preload=(__name__,)) as pool, pytest.raises(BrokenExecutor):
        results_of(pool, deadly, range(2))


def test_what_a_call_raises_is_raised():
    with pytest.raises(ValueError, match="invalid literal"):
        results_of(InlineExecutor(), int, ["1", "x"])
