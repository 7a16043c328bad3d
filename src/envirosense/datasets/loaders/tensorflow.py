"""TensorFlow: the batches of a loader as a `tf.data.Dataset`."""

from collections.abc import Iterator
from typing import Any

from envirosense.datasets.loaders.batch import ARRAYS
from envirosense.datasets.loaders.loader import WindowLoader
from envirosense.datasets.loaders.optional import framework


def tensorflow_dataset(loader: WindowLoader) -> Any:
    """`tf.data.Dataset` of the loader's batches, dictionaries of tensors; one pass is the rest of an epoch.

    TensorFlow reads ahead of your loop, so `loader.state()` is ahead too: save
    `loader.state_at(batch["epoch"], batch["number"] + 1)` of the last batch your loop saw.

    Raises:
        MissingExtraError: if TensorFlow is not installed.
    """
    tf = framework("tensorflow", "tensorflow")

    def batches() -> Iterator[dict[str, Any]]:
        return (batch.arrays() for batch in loader)

    signature = {name: tf.TensorSpec(shape=(None,), dtype=_dtype(tf, name)) for name in ARRAYS}
    signature["x"] = tf.TensorSpec(shape=(None, *loader.shape), dtype=tf.float32)
    signature |= {name: tf.TensorSpec(shape=(), dtype=tf.int64) for name in ("epoch", "number")}
    return tf.data.Dataset.from_generator(batches, output_signature=signature)


def _dtype(tf: Any, name: str) -> Any:
    return tf.as_dtype(ARRAYS[name])
