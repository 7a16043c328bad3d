"""Ready datasets for the tests of the store."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from envirosense.core.settings import settings
from envirosense.datasets import Dataset, Plan, finish, prepare_output, write_shard

type Generate = Callable[..., Dataset]


def _load_twin() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tiny_twin", Path(__file__).with_name("tiny_twin.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tiny_twin"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def twin() -> ModuleType:
    return _load_twin()


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ENVIROSENSE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def generate(tmp_path: Path, twin: ModuleType) -> Generate:
    """Write a dataset below `tmp_path` with the tiny twin."""

    def run(folder: str = "out", plan: Plan | None = None, simulate: object = None) -> Dataset:
        with prepare_output(plan or twin.make_plan(), tmp_path / folder) as output:
            for shard in output.pending:
                write_shard(output.folder, shard, simulate or twin.simulate)
            finish(output)
        return Dataset.open(tmp_path / folder)

    return run
