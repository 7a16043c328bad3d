"""Hugging Face `datasets`: the windows of a loader as rows with typed features."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.loaders.batch import ARRAYS, TEXTS
from envirosense.datasets.loaders.loader import WindowLoader
from envirosense.datasets.loaders.optional import framework

_TYPES = {"target": "int64", "event_id": "int32", "detectable": "bool", "start_tick": "int64"}


def huggingface_dataset(loader: WindowLoader, cache_dir: Path | str | None = None) -> Any:
    """`datasets.Dataset` of the windows of one epoch, in the loader's order.

    It is written to the cache of `datasets`. The fingerprint is that of the loader's state,
    so the same windows are written once.

    Raises:
        MissingExtraError: if the package `datasets` is not installed.
    """
    hub = framework("datasets", "huggingface")
    whole = loader.with_shard(0, 1)
    return hub.Dataset.from_generator(
        _rows,
        features=_features(hub, loader),
        cache_dir=None if cache_dir is None else str(cache_dir),
        gen_kwargs={"loader": whole, "parts": [(0, 1)]},
        fingerprint=fingerprint(whole.state())[:16],
    )


def huggingface_stream(loader: WindowLoader, n_shards: int = 1) -> Any:
    """`datasets.IterableDataset` of the windows of one epoch; nothing is written.

    Its `state_dict` counts rows and reads again up to the place; a `WindowLoader` need not.

    Args:
        loader: where the windows come from; its own place does not move.
        n_shards: parts that readers may share among them, such as the workers of a `DataLoader`.

    Raises:
        MissingExtraError: if the package `datasets` is not installed.
    """
    hub = framework("datasets", "huggingface")
    parts = [(index, n_shards) for index in range(n_shards)]
    return hub.IterableDataset.from_generator(
        _rows, features=_features(hub, loader), gen_kwargs={"loader": loader, "parts": parts}
    )


def _features(hub: Any, loader: WindowLoader) -> Any:
    plain = {name: hub.Value(_TYPES.get(name, ARRAYS[name].__name__)) for name in ARRAYS}
    texts = {name: hub.Value("string") for name in TEXTS}
    return hub.Features({
        **plain,
        **texts,
        "x": hub.Array2D(shape=loader.shape, dtype="float32"),
        "target": hub.ClassLabel(names=list(loader.classes)),
    })  # fmt: skip


def _rows(loader: WindowLoader, parts: Sequence[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    for index, count in parts:
        for batch in loader.with_shard(index, count):
            for row in range(len(batch)):
                yield {name: getattr(batch, name)[row] for name in (*ARRAYS, *TEXTS)}
