"""A dataset whose rows hold whatever a format might lose."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from envirosense.core.settings import settings
from envirosense.datasets import Dataset, finish, prepare_output, write_shard


def _load_twin() -> ModuleType:
    place = Path(__file__).with_name("awkward_twin.py")
    spec = importlib.util.spec_from_file_location("awkward_twin", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["awkward_twin"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def awkward() -> ModuleType:
    return _load_twin()


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory, awkward: ModuleType) -> Dataset:
    folder = tmp_path_factory.mktemp("formats")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENVIROSENSE_HOME", str(folder / "home"))
        settings.cache_clear()
        with prepare_output(awkward.make_plan(), folder / "awkward") as output:
            for shard in output.pending:
                write_shard(output.folder, shard, awkward.simulate)
            finish(output)
    settings.cache_clear()
    return Dataset.open(folder / "awkward")
