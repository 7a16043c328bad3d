"""Feedback files, JSON lines or Parquet: read whole or refused with the line that is wrong."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError, UnknownNameError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import storing, write_whole
from envirosense.datasets.recorded.log_file import LogError
from envirosense.datasets.window_channels import channel_columns
from envirosense.learning.feedback.record import FeedbackRecord, latest
from envirosense.learning.tasks import ModelTask

SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class FeedbackScope:
    """What feedback may be about.

    Attributes:
        classes: Known ones, the negative one included.
        negative: Class that raises no alarm.
        lengths_s: Length of each episode by id [s].
        sensors: Known ones.
        models: Labels of the versions that may have raised an alarm; None takes any.
    """

    classes: tuple[str, ...]
    negative: str
    lengths_s: Mapping[str, float]
    sensors: frozenset[str]
    models: frozenset[str] | None = None

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        task: ModelTask,
        classes: Collection[str],
        models: Collection[str] | None = None,
    ) -> Self:
        """Episodes and sensors of a dataset of recorded logs.

        Raises:
            DatasetError: if it is a simulated one, whose truth is known.
        """
        require_real(dataset)
        channels = (
            name for stream in dataset.streams for name in channel_columns(stream, dataset.schema(stream))
        )
        rows = dataset.short.select(["episode_id", "dt_s", "n_ticks"]).to_pylist()
        return cls(
            classes=tuple(sorted({*classes, task.negative})),
            negative=task.negative,
            lengths_s={row["episode_id"]: row["dt_s"] * row["n_ticks"] for row in rows},
            sensors=frozenset(name.partition(".")[0] for name in channels),
            models=None if models is None else frozenset(models),
        )

    def require(self, record: FeedbackRecord) -> None:
        """Refuse a record about what is not there.

        Raises:
            ConfigError: naming the field and what it may be.
        """
        events = [name for name in self.classes if name != self.negative]
        for field in ("event_type", "said"):
            named = getattr(record, field)
            if named is not None and named not in events:
                raise UnknownNameError(field, named, events)
        if record.episode_id not in self.lengths_s:
            raise UnknownNameError("episode_id", record.episode_id, self.lengths_s)
        length_s = self.lengths_s[record.episode_id]
        if record.end_s is not None and record.end_s > length_s:
            raise ConfigError("end_s", record.end_s, f"lies after the episode, which has {length_s:g} s")
        for sensor in record.sensors:
            if sensor not in self.sensors:
                raise UnknownNameError("sensors", sensor, self.sensors)
        if record.model and self.models is not None and record.model not in self.models:
            raise UnknownNameError("model", record.model, self.models)


def require_real(dataset: Dataset) -> None:
    """Refuse a simulated dataset: feedback is about devices.

    Raises:
        DatasetError: saying so.
    """
    if dataset.manifest.origin != "real":
        raise DatasetError(
            f"{dataset.folder}: origin is {dataset.manifest.origin!r}; feedback is about recorded logs "
            "(envirosense dataset import)"
        )


def read_feedback(path: Path | str, scope: FeedbackScope) -> tuple[FeedbackRecord, ...]:
    """Records of a file, `.parquet` or JSON lines, in its order; a record that stands twice counts once.

    Raises:
        LogError: for the first line (of Parquet, row) that cannot be used.
        SchemaVersionError: if a newer version wrote it.
        DatasetError: if the file cannot be read.
    """
    path = Path(path)
    seen: dict[Any, tuple[int, FeedbackRecord]] = {}
    for line, told in _parquet_rows(path) if path.suffix == ".parquet" else _json_lines(path):
        record = _record(path, line, told, scope)
        first, earlier = seen.setdefault(record.place, (line, record))
        if (earlier.verdict, earlier.event_type) != (record.verdict, record.event_type):
            raise LogError(path, line, "verdict", f"says {record.verdict}, line {first} {earlier.verdict}, "
                           "of the same place; keep one")  # fmt: skip
    return tuple(record for _, record in seen.values())


def _record(path: Path, line: int, told: Mapping[str, Any], scope: FeedbackScope) -> FeedbackRecord:
    version = told.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise SchemaVersionError(f"{path}: line {line}", version, SCHEMA_VERSION)
    try:
        record = FeedbackRecord.parse(told)
        scope.require(record)
    except ConfigError as error:
        raise LogError(path, line, error.field, f"{error.value!r}: {error.fix}") from None
    return record


def _json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, text in enumerate(_bytes(path).split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            raise LogError(path, line, "record", "is not JSON; the line is damaged or cut") from None
        if not isinstance(told, dict):
            raise LogError(path, line, "record", "is no object of fields and values")
        yield line, told


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        rows = pq.read_table(path, partitioning=None).to_pylist()
    except (OSError, pa.ArrowException) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DatasetError(f"{path}: no feedback can be read ({reason})") from None
    for line, row in enumerate(rows, start=1):
        yield line, {name: value for name, value in row.items() if value is not None}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: no feedback can be read ({error.strerror})") from None


def add_feedback(log: Path | str, path: Path | str, scope: FeedbackScope) -> int:
    """Number of records of a file that were new to a log of JSON lines, after adding them to it.

    A record about a place that the log knows corrects it: the last word counts. The log is written whole or
    not at all.

    Raises:
        LogError: for the first bad line of the file; the log stays as it was.
    """
    log = Path(log)
    known = list(read_feedback(log, scope)) if log.exists() else []
    new = [record for record in read_feedback(path, scope) if record not in known]
    if new:
        with storing(log.parent):
            log.parent.mkdir(parents=True, exist_ok=True)
        write_whole(log, _lines(latest([*known, *new])))
    return len(new)


def _lines(records: Iterable[FeedbackRecord]) -> bytes:
    plain = (record.model_dump(mode="json", exclude_defaults=True) for record in records)
    return "".join(json.dumps(told) + "\n" for told in plain).encode()
