"""A small dataset of the coin twin, shared by the tests of the loaders."""

import pytest

from envirosense.datasets.dataset import Dataset
from envirosense.datasets.loaders import WindowLoader
from envirosense.factory import GenerationFailed, GenerationRequest, generate
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

if "coin" not in TWINS:
    TWINS.register("coin")(CoinTwin)


@pytest.fixture(scope="session")
def coins(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Eleven usable episodes of 200 s and a failed one."""
    home = tmp_path_factory.mktemp("coins")
    request = GenerationRequest.parse({
        "twin": "coin", "episodes": 12, "duration_s": 200.0, "seed": 5, "n_groups": 6,
        "options": {"fail": [3]},
    })  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        with pytest.raises(GenerationFailed):
            generate(request, home / "out", executor=InlineExecutor())
    return Dataset.open(home / "out")


@pytest.fixture
def make(coins):
    """Loader of the dataset, five windows a batch."""

    def loader(**changes) -> WindowLoader:
        settings = {"length_s": 30, "stride_s": 20, "batch_size": 5, "seed": 4, "chunk_episodes": 3}
        return WindowLoader(coins, **{**settings, **changes})

    return loader
