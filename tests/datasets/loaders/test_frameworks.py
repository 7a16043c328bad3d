"""Loaders of frameworks: the real ones where they are installed, a minimal fake of the contract elsewhere."""

import importlib.util
import itertools
import json
import pickle
import subprocess
import sys
import types

import numpy as np
import pytest

from envirosense.core.errors import MissingExtraError
from envirosense.datasets.loaders import (
    huggingface_dataset,
    huggingface_stream,
    jax_batches,
    tensorflow_dataset,
    torch_dataset,
)
from envirosense.datasets.loaders import torch as torch_module

BUILDERS = {
    "torch": torch_dataset,
    "tensorflow": tensorflow_dataset,
    "jax": jax_batches,
    "datasets": huggingface_dataset,
}


def test_importing_the_loaders_imports_no_framework():
    code = (
        "import sys, envirosense.datasets.loaders; "
        f"print([name for name in {sorted(BUILDERS)} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("package", BUILDERS)
def test_a_missing_framework_is_told_with_what_to_install(make, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    torch_module._dataset_class.cache_clear()

    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=package)

    monkeypatch.setattr("envirosense.datasets.loaders.optional.import_module", missing)
    with pytest.raises(
        MissingExtraError, match=rf"{package} is not installed; run: pip install 'envirosense\["
    ):
        BUILDERS[package](make())


def test_what_an_installed_framework_lacks_is_not_hidden(make, monkeypatch):
    def broken(name):
        raise ModuleNotFoundError("No module named 'its_dependency'", name="its_dependency")

    monkeypatch.setattr("envirosense.datasets.loaders.optional.import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="its_dependency"):
        jax_batches(make())


@pytest.fixture
def fake_torch(monkeypatch):
    """The few names of PyTorch that the loader uses, with NumPy arrays as tensors."""
    torch, utils, data = (types.ModuleType(name) for name in ("torch", "torch.utils", "torch.utils.data"))
    torch.from_numpy = lambda array: array
    data.worker = None
    data.get_worker_info = lambda: data.worker
    data.IterableDataset = type("IterableDataset", (), {})
    torch.utils, utils.data = utils, data
    for module in (torch, utils, data):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    torch_module._dataset_class.cache_clear()
    yield data
    torch_module._dataset_class.cache_clear()


def numbers(batches):
    return [(batch["epoch"], batch["number"], batch["x"].tobytes()) for batch in batches]


def of_loader(loader, n_epochs=1):
    return numbers([batch.arrays() for _ in range(n_epochs) for batch in loader])


def worker_copy(dataset, data, worker, count):
    """What a worker process of a `DataLoader` has: a copy, and a number."""
    data.worker = types.SimpleNamespace(id=worker, num_workers=count)
    return pickle.loads(pickle.dumps(dataset))


def test_fake_torch_contract_the_dataset_gives_the_batches_of_the_loader(make, fake_torch):
    dataset = torch_dataset(make())
    assert isinstance(dataset, fake_torch.IterableDataset)
    assert not hasattr(dataset, "__len__")  # parts may have another last batch each, and torch warns of more
    whole = of_loader(make(), 2)
    assert numbers(dataset) + numbers(dataset) == whole


def test_fake_torch_contract_workers_read_parts_and_the_epoch_reaches_them(make, fake_torch):
    dataset = torch_dataset(make())
    dataset.set_epoch(3)
    keys = []
    for worker in range(2):
        part = worker_copy(dataset, fake_torch, worker, 2)
        assert numbers(part) == of_loader(_at(make(), 3).with_shard(worker, 2))
        keys += [tick for batch in part for tick in batch["start_tick"].tolist()]
    assert len(keys) == sum(len(batch.y) for batch in make())


def test_fake_torch_contract_a_look_in_the_caller_does_not_make_workers_read_everything(make, fake_torch):
    dataset = torch_dataset(make())
    dataset.state_dict()
    iter(dataset)
    assert numbers(worker_copy(dataset, fake_torch, 1, 2)) == of_loader(make().with_shard(1, 2))


def _at(loader, epoch):
    loader.seek(epoch)
    return loader


@pytest.mark.parametrize("workers", [0, 2])
def test_fake_torch_contract_a_state_is_taken_up_in_the_order_of_torchdata(make, fake_torch, workers):
    """Asked for before the first batch, after each, and after the end; loaded before iter()."""
    for worker in range(max(workers, 1)):
        dataset = torch_dataset(make())
        running = worker_copy(dataset, fake_torch, worker, workers) if workers else dataset
        batches, states, given = iter(running), [], []
        states.append(running.state_dict())
        for batch in batches:
            given.append(batch)
            states.append(running.state_dict())
        states.append(
            running.state_dict()
        )  # the epoch is over: a restore gives an empty rest, as torchdata asks
        for place, state in enumerate(json.loads(json.dumps(states))):
            fresh = torch_dataset(make())
            resumed = worker_copy(fresh, fake_torch, worker, workers) if workers else fresh
            resumed.load_state_dict(state)
            assert numbers(resumed) == numbers(given[place:])
        iter(running)  # a persistent worker begins the next epoch, before its first batch
        assert running.state_dict()["epoch"] == 1


def test_fake_torch_contract_setting_the_epoch_keeps_a_loaded_place(make, fake_torch):
    dataset = torch_dataset(make())
    given = list(itertools.islice(dataset, 2))
    other = torch_dataset(make())
    other.load_state_dict(dataset.state_dict())
    other.set_epoch(0)
    assert numbers(given) + numbers(other) == of_loader(make())


def test_fake_tensorflow_contract_elements_fit_the_signature(make, monkeypatch):
    tf = types.ModuleType("tensorflow")
    tf.float32, tf.int64 = np.dtype("float32"), np.dtype("int64")
    tf.as_dtype = np.dtype
    tf.TensorSpec = lambda shape, dtype: (shape, dtype)
    called = {}

    class FakeDataset:
        @staticmethod
        def from_generator(generator, output_signature):
            called.update(signature=output_signature)
            return generator

    tf.data = types.SimpleNamespace(Dataset=FakeDataset)
    monkeypatch.setitem(sys.modules, "tensorflow", tf)
    loader = make()
    elements = list(tensorflow_dataset(loader)())
    assert numbers(elements) == of_loader(make())
    for element in elements:
        assert element.keys() == called["signature"].keys()
        for name, (shape, dtype) in called["signature"].items():
            value = np.asarray(element[name])
            assert value.dtype == dtype
            assert len(value.shape) == len(shape)
            assert all(asked in (None, found) for asked, found in zip(shape, value.shape, strict=True))
    seen, again = elements[2], make()
    again.restore(loader.state_at(seen["epoch"], seen["number"] + 1))
    assert of_loader(again) == numbers(elements[3:])


def test_fake_jax_contract_arrays_of_32_bits_are_put_on_the_device(make, monkeypatch):
    jax = types.ModuleType("jax")
    put = []
    jax.device_put = lambda array, device: put.append((array.dtype.itemsize, device)) or array
    monkeypatch.setitem(sys.modules, "jax", jax)
    loader = make()
    first = next(jax_batches(loader, "device"))
    assert numbers([first]) == of_loader(make())[:1]
    assert {device for _, device in put} == {"device"}
    assert max(size for size, _ in put) == 4
    assert loader.state()["batch"] == 1  # nothing is read ahead


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_jax_arrays_hold_the_batches(make):
    import jax

    loader = make()
    given = list(jax_batches(loader, jax.devices("cpu")[0]))
    for mine, batch in zip(given, make(), strict=True):
        assert all(isinstance(mine[name], jax.Array) for name in mine if name not in ("epoch", "number"))
        assert mine["x"].dtype == np.float32
        assert mine["target"].dtype == mine["start_tick"].dtype == np.int32
        assert np.array_equal(np.asarray(mine["x"]), batch.x, equal_nan=True)
        assert np.asarray(mine["target"]).tolist() == batch.target.tolist()
        assert np.array_equal(
            mine["time_to_ignition_s"], batch.time_to_ignition_s.astype("f4"), equal_nan=True
        )


def test_hugging_face_rows_are_the_windows_with_their_features(make, tmp_path, monkeypatch):
    hub = pytest.importorskip("datasets")
    loader = make()
    rows = huggingface_dataset(loader, cache_dir=tmp_path)
    x = np.concatenate([batch.x for batch in make()])
    assert rows.features["target"] == hub.ClassLabel(names=["normal", "heads"])
    assert np.array_equal(np.asarray(rows.with_format("numpy")["x"][:], np.float32), x, equal_nan=True)
    assert rows["episode_id"][:] == [one for batch in make() for one in batch.episode_id.tolist()]
    assert loader.state() == make().state()  # its own place does not move


def test_hugging_face_streams_the_same_rows_in_shards_and_goes_on_from_a_state(make):
    pytest.importorskip("datasets")
    stream = huggingface_stream(make(), n_shards=2)
    assert stream.num_shards == 2
    keys = [(row["episode_id"], row["start_tick"]) for row in stream]
    expected = [
        key
        for index in range(2)
        for batch in make().with_shard(index, 2)
        for key in zip(batch.episode_id.tolist(), batch.start_tick.tolist(), strict=True)
    ]
    assert keys == expected
    begun = iter(stream)
    for _ in range(7):
        next(begun)
    other = huggingface_stream(make(), n_shards=2)
    other.load_state_dict(stream.state_dict())
    assert [(row["episode_id"], row["start_tick"]) for row in other] == keys[7:]
