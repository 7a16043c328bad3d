"""One tiny dataset for every test of the command line that only reads."""

from pathlib import Path

import pytest

from envirosense.cli.app import run

TINY = ["--episodes", "9", "--duration", "4m", "--seed", "5", "--frames-every", "20s", "--workers", "1"]


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "poles"
    assert run(["generate", "pole", "--out", str(folder), *TINY]) == 0
    return folder
