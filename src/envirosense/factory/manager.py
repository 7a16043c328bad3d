"""Datasets on request for programs that must not wait: cancellable, and kept for the next time."""

import asyncio
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import write_whole
from envirosense.datasets.verify import verify
from envirosense.factory.generator import GenerationFailed, generate
from envirosense.factory.progress import ProgressReporter, Standing
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS

CACHE: Final = "datasets"  # folder below $ENVIROSENSE_HOME, or beside the caller
KEY_FILE: Final = "cache-key.json"  # beside a kept dataset: what its name was made from


class DatasetCache:
    """Folder of datasets, each under the hash of all that its bytes depend on.

    The key holds the whole request, the twin's own versions and that of this package: a dataset of another
    version is never handed out, and `prune` removes it.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        home = Path(os.environ.get("ENVIROSENSE_HOME", ".envirosense"))
        self.folder = Path(folder) if folder is not None else home / CACHE

    def place(self, request: GenerationRequest) -> Path:
        """Where the dataset of a request is, or would be."""
        return self.folder / fingerprint(_key(request))[:16]

    def find(self, request: GenerationRequest) -> Dataset | None:
        """The finished dataset of a request, its files as they were written; None where there is none."""
        place = self.place(request)
        try:
            dataset = Dataset.open(place)
        except DatasetError:
            return None
        return dataset if verify(place).is_ok else None

    def note(self, request: GenerationRequest) -> Path:
        """Folder for a request, with its key written beside."""
        place = self.place(request)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(_key_file(place), (json.dumps(_key(request), indent=1, sort_keys=True) + "\n").encode())
        return place

    def invalidate(self, request: GenerationRequest) -> bool:
        """Remove the dataset of a request; whether there was one."""
        return _remove(self.place(request))

    def prune(self) -> int:
        """Remove what other versions have made; the number of datasets removed."""
        return sum(_remove(place) for place in self._others())

    def _others(self) -> Iterator[Path]:
        for file in sorted(self.folder.glob(f"*.{KEY_FILE}")):
            if not _is_ours(file):
                yield file.with_name(file.name.removesuffix(f".{KEY_FILE}"))


@dataclass(frozen=True, slots=True)
class DataGenerationManager:
    """Makes datasets beside an event loop: in processes, with progress, once for every request.

    Cancelling the task stops the run; what is finished stays, and the same call goes on with it. With
    `executor` the shards run there instead of in `workers` processes of our own.
    """

    cache: DatasetCache | None = None
    workers: int | None = None
    executor: Executor | None = None

    async def generate(
        self,
        request: GenerationRequest,
        out: Path | str | None = None,
        progress: Callable[[Standing], None] | None = None,
        allow_failures: bool = False,
    ) -> Dataset:
        """Dataset of a request, in `out`, or else in the cache; a kept one is handed out at once.

        `progress` is called in the loop's own thread.

        Raises:
            GenerationFailed: if episodes failed and that is not allowed: never a silently smaller set.
            DatasetError: if there is neither a folder nor a cache.
        """
        if out is None:
            if self.cache is None:
                raise DatasetError("say where the dataset is to be: give `out`, or a cache to the manager")
            if (kept := await asyncio.to_thread(self.cache.find, request)) is not None:
                if kept.failed and not allow_failures:
                    raise GenerationFailed(kept)
                return kept
            out = self.cache.note(request)
        teller = _Teller(asyncio.get_running_loop(), progress)
        run = asyncio.create_task(
            asyncio.to_thread(generate, request, out, self.workers, self.executor, teller, allow_failures)
        )
        try:
            return await asyncio.shield(run)
        except asyncio.CancelledError:
            teller.cancelled.set()
            await asyncio.wait([run])
            run.exception()  # it was told to break off
            raise


class _Cancelled(Exception):
    """The run was told to stop."""


class _Teller(ProgressReporter):
    """Tells the event loop how far the run is, and the run that it is to stop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, progress: Callable[[Standing], None] | None) -> None:
        self._loop, self._progress = loop, progress
        self.cancelled = threading.Event()

    def start(self, standing: Standing) -> None:
        self.update(standing)

    def update(self, standing: Standing) -> None:
        if self.cancelled.is_set():
            raise _Cancelled
        if self._progress is not None:
            self._loop.call_soon_threadsafe(self._progress, standing)

    def stop(self) -> None:
        pass


def _key(request: GenerationRequest) -> dict[str, object]:
    """What the bytes of a dataset depend on, as plain data."""
    twin = TWINS[request.twin]().describe()
    versions = {name: twin[name] for name in ("physics_version", "versions") if name in twin}
    key = {
        "request": request.model_dump(mode="json"),
        "twin": versions,
        "envirosense": version("envirosense"),
    }
    found: dict[str, object] = json.loads(json.dumps(key))
    return found


def _is_ours(file: Path) -> bool:
    """Whether a key file is one that this version would write; a torn one is not."""
    try:
        key = json.loads(file.read_text())
        request = GenerationRequest.parse(key["request"], str(file))
        return request.twin in TWINS and key == _key(request)
    except (ValueError, KeyError, TypeError, ConfigError):
        return False


def _key_file(place: Path) -> Path:
    return place.with_name(f"{place.name}.{KEY_FILE}")


def _remove(place: Path) -> bool:
    _key_file(place).unlink(missing_ok=True)
    if not place.exists():
        return False
    shutil.rmtree(place)
    return True
