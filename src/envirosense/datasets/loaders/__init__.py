"""Loaders: windows of a dataset in batches, for any training loop; frameworks are imported when called."""

from envirosense.datasets.loaders.batch import Batch
from envirosense.datasets.loaders.huggingface import huggingface_dataset, huggingface_stream
from envirosense.datasets.loaders.jax import jax_batches
from envirosense.datasets.loaders.loader import WindowLoader
from envirosense.datasets.loaders.state import LoaderState
from envirosense.datasets.loaders.tensorflow import tensorflow_dataset
from envirosense.datasets.loaders.torch import torch_dataset

__all__ = [
    "Batch",
    "LoaderState",
    "WindowLoader",
    "huggingface_dataset",
    "huggingface_stream",
    "jax_batches",
    "tensorflow_dataset",
    "torch_dataset",
]
