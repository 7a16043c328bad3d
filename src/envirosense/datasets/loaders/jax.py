"""JAX: the batches of a loader as arrays on a device."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from envirosense.datasets.loaders.loader import WindowLoader
from envirosense.datasets.loaders.optional import framework


def jax_batches(loader: WindowLoader, device: Any = None) -> Iterator[dict[str, Any]]:
    """Dictionaries of `jax.Array`, the rest of the epoch that the loader stands in.

    Numbers of 64 bits become 32 bits wide, as JAX has them by default. Nothing is read ahead: after a batch,
    `loader.state()` is the place behind it. A batch that is not full has another shape, so a compiled step
    is compiled again for it: `drop_last=True` avoids that.

    Args:
        loader: where the batches come from.
        device: a device or sharding, as `jax.device_put` takes it; the default device otherwise.

    Raises:
        MissingExtraError: if JAX is not installed.
    """
    jax = framework("jax", "jax")
    return ({name: _placed(jax, value, device) for name, value in batch.arrays().items()} for batch in loader)


def _placed(jax: Any, value: Any, device: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    narrow = {"f": np.float32, "i": np.int32}.get(value.dtype.kind, value.dtype)
    return jax.device_put(value.astype(narrow, copy=False), device)
