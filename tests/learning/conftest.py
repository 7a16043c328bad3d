"""Windows of the coin twin: three sets of different groups."""

import numpy as np
import pytest

from envirosense.datasets.memory import MemorySink
from envirosense.datasets.windows import Windows, windows_of_episode
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import GenerationRequest
from envirosense.learning.training import fit_all
from envirosense.testing.twins import CoinTwin


def coin_windows(episodes, seed, **options):
    twin = CoinTwin()
    request = GenerationRequest(
        twin="coin",
        episodes=episodes,
        duration_s=1500.0,
        dt_s=5.0,
        seed=seed,
        n_groups=episodes // 2,
        options=options,
    )
    pieces = []
    for spec in draw_specs(request, twin):
        sink = MemorySink(spec)
        twin.simulate(spec, sink)
        pieces.append(windows_of_episode(sink))
    return Windows.concat(pieces)


def in_groups(windows, share):
    names = np.unique(windows.group)
    return np.isin(windows.group, names[: round(share * len(names))])


@pytest.fixture(scope="session")
def all_windows():
    return coin_windows(48, seed=11)


@pytest.fixture(scope="session")
def train_windows(all_windows):
    return all_windows.select(in_groups(all_windows, 0.5))


@pytest.fixture(scope="session")
def validation_windows(all_windows):
    return all_windows.select(in_groups(all_windows, 0.7) & ~in_groups(all_windows, 0.5))


@pytest.fixture(scope="session")
def test_windows(all_windows):
    return all_windows.select(~in_groups(all_windows, 0.7))


@pytest.fixture(scope="session")
def fitted(train_windows):
    return fit_all(train_windows, seed=3, size=40)
