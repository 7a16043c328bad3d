"""Executors that run shards: our process pool, and one that runs in the caller."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final

from envirosense.core.errors import ConfigError
from envirosense.core.settings import settings
from envirosense.factory.dask_executor import cluster_threads

WORKER_ENVIRONMENT: Final = {
    **{
        name: "1"
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    },
    # glibc: memory that a block frees is kept for the next, instead of asked of the kernel page by page
    "MALLOC_MMAP_THRESHOLD_": str(2**26),
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
}
_HAS_AFFINITY: Final = hasattr(os, "sched_getaffinity")  # Linux
PRELOAD: Final = ("numpy", "pyarrow.parquet", "numba", "pydantic", "envirosense.datasets.shard")


@contextmanager
def _without_interrupt() -> Iterator[None]:
    """Processes started inside are deaf to Ctrl-C from their first moment, while they still import.

    It goes to the whole group of the terminal; the parent decides what becomes of them.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def machine_workers() -> int:
    """Worker processes for this machine: `ENVIROSENSE_WORKERS`, else one per usable core."""
    chosen = settings().workers
    if chosen is not None:
        return chosen
    return len(os.sched_getaffinity(0)) if _HAS_AFFINITY else os.cpu_count() or 1


def worker_count(asked: int | None, executor: Executor | None = None) -> int:
    """Worker processes asked for, or as many as the executor's cluster or this machine has room for.

    Raises:
        ConfigError: if fewer than one is asked for.
    """
    if asked is None:
        return (executor and cluster_threads(executor)) or machine_workers()
    if asked < 1:
        raise ConfigError("workers", asked, "must be at least 1")
    return asked


def _exit_with_parent() -> None:
    """End this worker when the run that started it is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _start_worker() -> None:
    import pyarrow as pa

    threading.Thread(target=_exit_with_parent, daemon=True, name="exit-with-parent").start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


@contextmanager
def _single_threaded_start(needs_main: bool) -> Iterator[None]:
    """Environment for processes started inside: one BLAS thread, and `__main__` left alone.

    A started process would import the caller's script again, and run it if it has no main guard;
    only a twin that is written in that script needs this.
    """
    before = {name: os.environ.get(name) for name in WORKER_ENVIRONMENT}
    main = sys.modules["__main__"]
    attributes = () if needs_main else ("__spec__", "__file__")
    hidden = {name: getattr(main, name) for name in attributes if hasattr(main, name)}
    os.environ.update(WORKER_ENVIRONMENT)
    for name in hidden:
        setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in hidden.items():
            setattr(main, name, value)
        for variable, old in before.items():
            if old is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = old


class WorkerPool(Executor):
    """Process pool whose workers use one thread each, and that can be rebuilt after one died."""

    def __init__(self, workers: int, preload: tuple[str, ...] = ()) -> None:
        self.workers = workers
        self._needs_main = "__main__" in preload
        methods = multiprocessing.get_all_start_methods()
        self._context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        self._context.set_forkserver_preload([*PRELOAD, *(name for name in preload if name != "__main__")])
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=self._context, initializer=_start_worker)

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Future of a call in a worker."""
        with _single_threaded_start(self._needs_main), _without_interrupt():
            return self._pool.submit(fn, *args, **kwargs)

    def rebuild(self) -> None:
        """Drop the broken pool and start another."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._new_pool()

    def kill(self) -> None:
        """Stop the workers at once; what they had not committed is lost."""
        # ProcessPoolExecutor has no public way to reach its processes before Python 3.14.
        workers = list((getattr(self._pool, "_processes", None) or {}).values())
        for worker in workers:
            worker.kill()
        results = getattr(self._pool, "_result_queue", None)
        if results is not None:
            # The pool would wait for the rest of a result that a worker had half sent: so the pipe ends.
            results._writer.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the workers end."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the workers end; stop them at once where the block broke off."""
        if error is None:
            self.shutdown()
        else:
            self.kill()


class InlineExecutor(Executor):
    """Executor that runs each call at once in the caller, for debugging and notebooks."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
