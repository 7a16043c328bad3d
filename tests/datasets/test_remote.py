"""Datasets in an object store: moto's S3 on loopback, and a file system as a second one."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.fs as pafs
import pytest

from envirosense.core.errors import ConfigError, DatasetError, StorageError
from envirosense.datasets import Dataset, verify
from envirosense.datasets.formats import FORMATS, check_export
from envirosense.datasets.object_store import ObjectFolder, shown_url
from envirosense.datasets.remote import CLAIM, download, listed_files, open_remote, upload

MOTO = Path(__file__).parents[2] / ".venv-moto" / "bin" / "moto_server"
START_S = 60.0


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    if not MOTO.exists():
        pytest.skip("no .venv-moto; `make test` makes it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(MOTO), "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield f"127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        time.sleep(0.1)
    raise TimeoutError("moto does not answer")


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """URL of an empty bucket of this test."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    name = f"b{abs(hash(request.node.name)) % 10**10}"
    store = pafs.S3FileSystem(
        access_key="testing", secret_key="testing", endpoint_override=endpoint, scheme="http",
        region="us-east-1", allow_bucket_creation=True,
    )  # fmt: skip
    store.create_dir(name)
    return f"s3://{name}/data/poles?endpoint_override={endpoint}&scheme=http&region=us-east-1"


def test_an_upload_is_opened_and_downloaded_again(bucket: str, generate, tmp_path: Path) -> None:
    dataset = generate("out")
    (dataset.folder / "README.md").write_text("card")
    told: list[tuple[int, int]] = []
    sent = upload(dataset.folder, bucket, on_file=lambda *at: told.append(at))
    assert (sent.n_files, sent.n_sent) == (len(dataset.manifest.files), len(dataset.manifest.files))
    assert told[-1] == (sent.n_files, sent.n_files)
    assert "testing" not in sent.url
    again = Dataset.open(download(bucket, tmp_path / "back"))
    assert again.logical_hash == dataset.logical_hash
    assert verify(again.folder).is_ok
    assert (again.folder / "README.md").read_text() == "card"
    assert CLAIM not in ObjectFolder.of(bucket).sizes()


def test_a_remote_dataset_fetches_only_what_is_read(bucket: str, generate, tmp_path: Path) -> None:
    dataset = generate("out")
    upload(dataset.folder, bucket)
    remote = open_remote(bucket, cache=tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["episodes.parquet"]
    mine, theirs = next(iter(dataset)), next(iter(remote))
    assert theirs.table("readings").equals(mine.table("readings"))
    assert len(list((tmp_path / "cache" / "readings").iterdir())) == 1
    assert not (tmp_path / "cache" / "thermal").exists()
    assert [one.frames().tobytes() for one in remote] == [one.frames().tobytes() for one in dataset]


def test_half_an_upload_is_no_dataset_and_goes_on(bucket: str, generate, tmp_path: Path) -> None:
    dataset = generate("out")

    class Cut(Exception):
        pass

    def cut(done: int, total: int) -> None:
        if done == 4:
            raise Cut

    with pytest.raises(Cut):
        upload(dataset.folder, bucket, on_file=cut)
    with pytest.raises(DatasetError, match="no finished dataset here"):
        open_remote(bucket)
    with pytest.raises(DatasetError, match="no finished dataset here"):
        download(bucket, tmp_path / "back")
    rest = upload(dataset.folder, bucket)
    assert rest.n_sent == rest.n_files - 4
    assert upload(dataset.folder, bucket).n_sent == 0
    assert Dataset.open(download(bucket, tmp_path / "back")).logical_hash == dataset.logical_hash


def test_a_lost_object_is_sent_again(bucket: str, generate) -> None:
    dataset = generate("out")
    upload(dataset.folder, bucket)
    there = ObjectFolder.of(bucket)
    lost = next(place for place in dataset.manifest.files if place.startswith("thermal/"))
    there.files.delete_file(f"{there.root}/{lost}")
    assert upload(dataset.folder, bucket).n_sent == 1
    there.put(lost, b"cut")
    assert upload(dataset.folder, bucket).n_sent == 1


def test_another_dataset_is_not_written_over(bucket: str, generate, twin) -> None:
    upload(generate("out").folder, bucket)
    other = generate("other", twin.make_plan(3))
    with pytest.raises(ConfigError, match=r"holds another dataset \(manifest.json differs\)"):
        upload(other.folder, bucket)
    place = bucket.replace("data/poles", "data")
    with pytest.raises(ConfigError, match="holds other files"):
        upload(other.folder, place)


def test_a_damaged_file_is_not_left_there(bucket: str, generate) -> None:
    dataset = generate("out")
    place = next(iter(listed_files(dataset.folder)))
    data = bytearray((dataset.folder / place).read_bytes())
    data[10] ^= 1
    (dataset.folder / place).write_bytes(data)
    with pytest.raises(DatasetError, match="checksum differs"):
        upload(dataset.folder, bucket)
    assert place not in ObjectFolder.of(bucket).sizes()
    (dataset.folder / place).unlink()
    with pytest.raises(DatasetError, match="missing"):
        upload(dataset.folder, bucket)


def test_a_damaged_object_is_not_read(bucket: str, generate, tmp_path: Path) -> None:
    dataset = generate("out")
    upload(dataset.folder, bucket)
    place = next(place for place in dataset.manifest.files if place.startswith("readings/"))
    data = bytearray((dataset.folder / place).read_bytes())
    data[10] ^= 1
    ObjectFolder.of(bucket).put(place, bytes(data))
    with pytest.raises(DatasetError, match="checksum differs"):
        download(bucket, tmp_path / "back")
    assert not (tmp_path / "back" / "manifest.json").exists()
    remote = open_remote(bucket, cache=tmp_path / "cache")
    with pytest.raises(DatasetError, match="checksum differs"):
        list(remote.tables("readings"))
    assert not list((tmp_path / "back").rglob("*.tmp"))


def test_an_export_travels_too(bucket: str, generate, tmp_path: Path) -> None:
    facts = FORMATS["csv"]().write(generate("out"), tmp_path / "csv")
    assert upload(tmp_path / "csv", bucket).n_files == len(facts.files)
    assert check_export(download(bucket, tmp_path / "back")).is_ok


def test_a_download_goes_on_where_it_stopped(generate, tmp_path: Path) -> None:
    dataset = generate("out")
    url = f"file://{tmp_path}/store"
    upload(dataset.folder, url)
    back = download(url, tmp_path / "back")
    (back / "manifest.json").unlink()
    victim = next(path for path in back.rglob("readings/*.parquet"))
    kept = {path: path.stat().st_mtime_ns for path in back.rglob("*.parquet") if path != victim}
    victim.write_bytes(b"half")
    assert verify(download(url, back)).is_ok
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    (back / "manifest.json").write_text("{}")
    with pytest.raises(ConfigError, match="holds another dataset"):
        download(url, back)


def test_a_cache_of_another_dataset_is_not_taken_for_this_one(generate, tmp_path: Path) -> None:
    dataset = generate("out")
    upload(dataset.folder, url := f"file://{tmp_path}/store")
    other = tmp_path / "cache" / "episodes.parquet"
    other.parent.mkdir()
    other.write_bytes(bytes(dataset.manifest.files["episodes.parquet"].bytes))
    assert len(open_remote(url, cache=tmp_path / "cache")) == len(dataset)


def test_places_outside_the_folder_are_refused(generate, tmp_path: Path) -> None:
    dataset = generate("out")
    shutil.copytree(dataset.folder, tmp_path / "store")
    data = json.loads((tmp_path / "store" / "manifest.json").read_bytes())
    data["files"]["../evil.parquet"] = data["files"]["episodes.parquet"]
    (tmp_path / "store" / "manifest.json").write_text(json.dumps(data))
    for reach in (lambda url: download(url, tmp_path / "back"), open_remote):
        with pytest.raises(DatasetError, match="outside the folder"):
            reach(f"file://{tmp_path}/store")


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("poles", ConfigError, "is no URL"),
        ("ftp://somewhere/poles", ConfigError, "cannot be used"),
        (
            "s3://bucket/poles?endpoint_override=127.0.0.1:9&scheme=http&region=x",
            StorageError,
            "cannot be reached",
        ),
    ],
)
def test_a_url_that_cannot_be_used_is_said_in_one_line(
    url: str, error: type[Exception], said: str, generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(error, match=said) as caught:
        upload(generate("out").folder, url)
    assert "\n" not in str(caught.value)


def test_secrets_of_a_url_are_not_shown() -> None:
    assert shown_url("s3://key:word@bucket/a?secret_key=x") == "s3://bucket/a"
