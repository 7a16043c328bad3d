"""A Dask cluster as the executor of a run.

`generate(..., executor=client.get_executor())` works with any client; nothing here is imported before
somebody has a cluster.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from envirosense.core.errors import ConfigError, MissingExtraError

_ANSWER_S = 10.0  # for a scheduler to answer


@contextmanager
def dask_cluster(address: str) -> Iterator[Executor]:
    """Executor whose calls run on the workers of a cluster, while the block lasts.

    Args:
        address: of the scheduler, as it prints it: `tcp://host:8786`.

    Raises:
        MissingExtraError: if `distributed` is not installed.
        ConfigError: if no scheduler answers.
    """
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise MissingExtraError("distributed", "dist") from None
    try:
        client = distributed.Client(address, timeout=_ANSWER_S, set_as_default=False)
    except (OSError, ValueError):
        fix = "no scheduler answers there; start one with `dask scheduler` and give the address it prints"
        raise ConfigError("dask", address, fix) from None
    with client:
        yield client.get_executor()


def cluster_threads(executor: Executor) -> int | None:
    """Calls that the cluster behind an executor can run at once, at least one; None without a cluster."""
    client = _client(executor)
    return None if client is None else max(sum(client.nthreads().values()), 1)


def is_gone(executor: Executor) -> bool:
    """Whether the cluster behind an executor was there and is no more: its calls would never end."""
    client = _client(executor)
    return client is not None and client.status in ("closing", "closed")


def _client(executor: Executor) -> Any:
    """Client of a Dask executor, None for any other; it has no public name there."""
    is_dask = type(executor).__module__.startswith("distributed.")
    return getattr(executor, "_client", None) if is_dask else None


def is_lost(error: BaseException) -> bool:
    """Whether a call failed because its cluster lost the workers that ran it, or is gone itself."""
    loaded = [sys.modules.get(f"distributed.{name}") for name in ("scheduler", "client")]
    names = ("KilledWorker", "ClosedClientError")
    kinds = tuple(getattr(module, name) for module, name in zip(loaded, names, strict=True) if module)
    return isinstance(error, kinds)  # never loaded where there is no cluster
