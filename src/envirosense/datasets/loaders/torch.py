"""PyTorch: the batches of a loader as an `IterableDataset` whose place can be saved."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from envirosense.datasets.loaders.loader import WindowLoader
from envirosense.datasets.loaders.optional import framework

_CLASS = "TorchWindows"  # found in this module by a worker process that unpickles it


def torch_dataset(loader: WindowLoader) -> Any:
    """`torch.utils.data.IterableDataset` of the loader's batches, dictionaries of tensors.

    Give it to a `DataLoader` with `batch_size=None`: it is batched already. Each worker process reads its own
    part of the episodes. `state_dict` and `load_state_dict` follow the contract of torchdata's
    `StatefulDataLoader`, which keeps one state a worker; a state needs the same number of workers again.
    Workers are copies: call `set_epoch(epoch)` before each epoch, or they begin the same one each time.

    Raises:
        MissingExtraError: if PyTorch is not installed.
    """
    return _dataset_class()(loader)


@cache
def _dataset_class() -> type[Any]:
    from_numpy = framework("torch", "torch").from_numpy
    data = framework("torch.utils.data", "torch")
    base: type[Any] = data.IterableDataset

    class TorchWindows(base):  # type: ignore[misc, unused-ignore]
        """Batches of a `WindowLoader` as tensors; one pass is the rest of an epoch."""

        def __init__(self, loader: WindowLoader) -> None:
            self.loader = loader
            self._reader: WindowLoader | None = None  # a worker process's part

        def _own(self) -> WindowLoader:
            worker = data.get_worker_info()
            if worker is None:
                return self.loader  # not kept: a worker made later would take it for its own part
            if self._reader is None:
                self._reader = self.loader.with_shard(worker.id, worker.num_workers)
            return self._reader

        def __iter__(self) -> Iterator[dict[str, Any]]:
            batches = iter(self._own())  # now: the state is asked for before the first batch
            return ({name: _tensor(value) for name, value in batch.arrays().items()} for batch in batches)

        def set_epoch(self, epoch: int) -> None:
            """Go to an epoch; a place inside it is kept."""
            self.loader.set_epoch(epoch)
            if self._reader is not None:
                self._reader.set_epoch(epoch)

        def state_dict(self) -> dict[str, Any]:
            """Place of this process's reader."""
            return self._own().state()

        def load_state_dict(self, state: dict[str, Any]) -> None:
            """Go on where a state was saved."""
            self._own().restore(state)

    def _tensor(value: Any) -> Any:
        return from_numpy(value) if isinstance(value, np.ndarray) else value

    TorchWindows.__module__, TorchWindows.__qualname__ = __name__, _CLASS
    return TorchWindows


def __getattr__(name: str) -> Any:
    if name == _CLASS:
        return _dataset_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
