"""One tiny dataset for every test of the command line that only reads."""

from pathlib import Path

import pytest

from envirosense.cli.app import run

_TINY = ["--episodes", "9", "--duration", "4m", "--seed", "5", "--frames-every", "20s", "--workers", "1"]


@pytest.fixture(scope="session")
def tiny() -> list[str]:
    """Options of the request whose dataset is `dataset`."""
    return _TINY


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory, tiny: list[str]) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "poles"
    assert run(["generate", "pole", "--out", str(folder), *tiny]) == 0
    return folder
