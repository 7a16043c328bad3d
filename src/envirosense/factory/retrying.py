"""Calls in workers that are made again where a worker was killed."""

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor

from envirosense.core.logs import get_logger
from envirosense.factory.executors import WorkerPool
from envirosense.factory.shards import MAX_ATTEMPTS


def results_of[T, R](executor: Executor, call: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Results of a call whose outcome depends on its argument alone, in the order of the items.

    A pool of ours is started again after a worker was killed, and what it had not told is called again: one
    killed by chance costs time and nothing else. Other executors mend themselves or raise.

    Raises:
        BrokenExecutor: if workers die `MAX_ATTEMPTS` times over these items.
    """
    found: dict[int, R] = {}
    for attempt in range(1, MAX_ATTEMPTS + 1):
        futures = {}
        try:
            for at in range(len(items)):
                if at not in found:
                    futures[at] = executor.submit(call, items[at])
            for at, future in futures.items():
                found[at] = future.result()
            break
        except BrokenExecutor:
            if attempt == MAX_ATTEMPTS or not isinstance(executor, WorkerPool):
                raise
            told = {at: one for at, one in futures.items() if one.done() and not one.cancelled()}
            found |= {at: one.result() for at, one in told.items() if one.exception() is None}
            get_logger(__name__).warning("worker died, calls are made again", calls=len(items) - len(found))
            executor.rebuild()
    return [found[at] for at in range(len(items))]
