"""The coin twin, known to the factory under its name."""

import pytest

from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

if "coin" not in TWINS:
    TWINS.register("coin")(CoinTwin)


@pytest.fixture
def request_coin():
    def make(**changes):
        return GenerationRequest.parse({
            "twin": "coin", "episodes": 8, "duration_s": 120.0, "seed": 5, "n_groups": 4, **changes,
        })  # fmt: skip

    return make


@pytest.fixture(autouse=True)
def own_catalogue(tmp_path, monkeypatch):
    """Keep the catalogue of a test inside its folder."""
    monkeypatch.chdir(tmp_path)
