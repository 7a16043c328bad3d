import shutil

import pytest

from envirosense.core.errors import StorageError
from envirosense.datasets.files import free_space, size_text


@pytest.mark.parametrize(
    ("n_bytes", "said"),
    [
        (0, "0 B"),
        (10, "10 B"),
        (36_000, "36 kB"),
        (4.5e8, "450 MB"),
        (1.234e9, "1.23 GB"),
        (2e13, "20000.00 GB"),
    ],
)
def test_sizes_are_said_in_the_unit_that_fits(n_bytes, said):
    assert size_text(n_bytes) == said


def test_a_folder_below_a_file_or_where_nothing_is_stored_is_refused(tmp_path, monkeypatch):
    assert free_space(tmp_path / "a" / "b") > 0
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="name a folder that you may write to"):
        free_space(tmp_path / "file" / "a")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(total=0, free=0))
    with pytest.raises(StorageError, match=f"cannot be made in {tmp_path}"):
        free_space(tmp_path / "a")
