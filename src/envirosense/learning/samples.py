"""Samples: one row for each thing that a model judges, of any twin.

What a model may see (`x`), what is true (`y`) and what it happened under (`slices`) are apart, so that
neither truth nor conditions slip into features.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.files import storing, write_whole

type Floats = npt.NDArray[np.float64]
type Texts = npt.NDArray[np.str_]
type Bools = npt.NDArray[np.bool_]
type Origin = Literal["simulated", "real"]

SCHEMA_VERSION: Final = 1
_TEXTS: Final = ("y", "unit", "group", "sample_id", "origin")
_SCHEMA_KEY: Final = b"envirosense.samples"
_PIECE: Final = 65_536  # values given to a hash at a time


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Samples:
    """Labelled rows, each with what it may be learned from, split by, sliced by and traced by.

    Attributes:
        x: (sample, feature), NaN where unknown; units are part of the feature's name.
        features: Name of each column of `x`.
        y: True class, (sample,).
        group: Site or home: what is held out together, and drawn together for an interval, (sample,).
        unit: What two models are paired on, such as an episode or a pattern, (sample,).
        sample_id: Where it came from, `EPISODE_ID@TICK` or `EPISODE_ID:NAME`, unique, (sample,).
        origin: `simulated` or `real`, (sample,).
        weight: How much it counts in training, (sample,).
        slices: Conditions by name, numbers or texts, (sample,) each; a model never sees them.
        slice_units: Unit of a condition, for words.
    """

    x: Floats
    features: tuple[str, ...]
    y: Texts
    group: Texts
    unit: Texts
    sample_id: Texts
    origin: Texts
    weight: Floats
    slices: Mapping[str, npt.NDArray[np.generic]] = field(default_factory=dict)
    slice_units: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse columns of unequal length."""
        n = len(self.y)
        if self.x.shape != (n, len(self.features)):
            raise ConfigError("x", self.x.shape, f"must be ({n}, {len(self.features)}): (sample, feature)")
        for name in ("group", "unit", "sample_id", "origin", "weight"):
            if len(getattr(self, name)) != n:
                raise ConfigError(name, len(getattr(self, name)), f"must have one value per sample, {n}")
        for name, values in self.slices.items():
            if len(values) != n:
                raise ConfigError(f"slices.{name}", len(values), f"must have one value per sample, {n}")

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return f"Samples({len(self)} of {len(self.groups)} groups, classes: {', '.join(self.classes)})"

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that occur, sorted."""
        return tuple(np.unique(self.y).tolist())

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that occur, sorted."""
        return tuple(np.unique(self.group).tolist())

    @property
    def content_hash(self) -> str:
        """SHA-256 of all values, however they lie in memory; unknown is equal to unknown."""
        hasher = hashlib.sha256(fingerprint([len(self), self.features, sorted(self.slices)]).encode())
        for name in (*_TEXTS, "weight", "x"):
            _feed(hasher, getattr(self, name), name not in _TEXTS)
        for name in sorted(self.slices):
            _feed(hasher, self.slices[name], self.slices[name].dtype.kind == "f")
        return hasher.hexdigest()

    def select(self, chosen: Bools | npt.NDArray[np.intp]) -> "Samples":
        """The samples of a mask or an index."""
        cut: dict[str, Any] = {
            one.name: value[chosen]
            for one in fields(self)
            if isinstance(value := getattr(self, one.name), np.ndarray)
        }
        return replace(self, **cut, slices={name: values[chosen] for name, values in self.slices.items()})

    def of_groups(self, groups: Sequence[str]) -> "Samples":
        """The samples of some groups."""
        return self.select(np.isin(self.group, list(groups)))

    def of_origin(self, origin: Origin) -> "Samples":
        """The samples of one origin."""
        return self.select(np.asarray(self.origin == origin))

    def weighted(self, weight: Floats) -> "Samples":
        """The same samples with other weights."""
        return replace(self, weight=np.asarray(weight, dtype=np.float64))

    def relabelled(self, order: npt.NDArray[np.intp]) -> "Samples":
        """The same samples, each with the class of sample `order` (for a shuffled-label control)."""
        return replace(self, y=self.y[order])

    @classmethod
    def concat(cls, pieces: Sequence[Self]) -> Self:
        """All samples of several sets with the same features; a condition that a set lacks is unknown there.

        Raises:
            DatasetError: if there are none, or their features differ.
        """
        if not pieces:
            raise DatasetError("no samples to put together")
        first = pieces[0]
        for piece in pieces:
            if piece.features != first.features:
                odd = ", ".join(sorted({*piece.features} ^ {*first.features})[:3]) or "their order"
                raise DatasetError(f"samples differ in features ({odd}); keep them apart")
        joined: dict[str, Any] = {
            one.name: np.concatenate([getattr(piece, one.name) for piece in pieces])
            for one in fields(cls)
            if isinstance(getattr(first, one.name), np.ndarray)
        }
        units = {name: unit for piece in pieces for name, unit in piece.slice_units.items()}
        names = dict.fromkeys(name for piece in pieces for name in piece.slices)
        slices = {name: _condition(name, pieces) for name in names}
        return replace(first, **joined, slices=slices, slice_units=units)

    def save(self, path: Path | str) -> Path:
        """The path of a Parquet file, after writing it whole.

        Columns are those of the attributes, `f:NAME` for features and `s:NAME` for conditions.
        """
        path = Path(path)
        columns: dict[str, object] = {
            name: pa.array(getattr(self, name).tolist(), pa.string()) for name in _TEXTS
        }
        columns["weight"] = pa.array(self.weight)
        columns |= {f"f:{name}": pa.array(self.x[:, at]) for at, name in enumerate(self.features)}
        for name, values in self.slices.items():
            kind = pa.string() if values.dtype.kind not in "fiub" else None
            columns[f"s:{name}"] = pa.array(values.tolist(), kind)
        told = {b"version": str(SCHEMA_VERSION).encode()}
        told |= {f"unit:{name}".encode(): unit.encode() for name, unit in self.slice_units.items()}
        table = pa.table(columns).replace_schema_metadata({_SCHEMA_KEY: b"1", **told})
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        with storing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, sink.getvalue().to_pybytes())
        return path

    @classmethod
    def load(cls, path: Path | str) -> "Samples":
        """Samples of a Parquet file that `save` wrote.

        Raises:
            DatasetError: if the file is not there, or is no table of samples.
        """
        path = Path(path)
        try:
            table = pq.read_table(path, partitioning=None)
        except (OSError, pa.ArrowInvalid) as error:
            raise DatasetError(f"{path}: no samples can be read ({error})") from None
        told = table.schema.metadata or {}
        lacking = sorted({*_TEXTS, "weight"} - set(table.column_names))
        if lacking or _SCHEMA_KEY not in told:
            raise DatasetError(f"{path}: not a table of samples (no {', '.join(lacking) or 'schema mark'})")
        texts = {name: np.asarray(table[name].to_pylist(), dtype=np.str_) for name in _TEXTS}
        features = tuple(name[2:] for name in table.column_names if name.startswith("f:"))
        x = [np.asarray(table[f"f:{name}"].to_numpy(), dtype=np.float64) for name in features]
        return Samples(
            x=np.stack(x, axis=1) if x else np.empty((table.num_rows, 0)),
            features=features,
            weight=np.asarray(table["weight"].to_numpy(), dtype=np.float64),
            slices={name[2:]: _column(table[name]) for name in table.column_names if name.startswith("s:")},
            slice_units={
                key[5:].decode(): unit.decode() for key, unit in told.items() if key[:5] == b"unit:"
            },
            **texts,
        )


def _feed(hasher: "hashlib._Hash", values: npt.NDArray[np.generic], is_number: bool) -> None:
    """Give values to a hash in pieces, numbers as little-endian doubles, all else as text."""
    hasher.update(b"numbers" if is_number else b"texts")
    rows = max(1, _PIECE // max(1, values[:1].size))
    for start in range(0, len(values), rows):
        piece = values[start : start + rows]
        hasher.update(_number_bytes(piece) if is_number else _text_bytes(piece))


def _number_bytes(piece: npt.NDArray[np.generic]) -> bytes:
    number = np.array(piece, dtype="<f8", order="C")
    number[np.isnan(number)] = np.nan  # which has many bit patterns
    number[number == 0.0] = 0.0  # which has two
    return number.tobytes()


def _text_bytes(piece: npt.NDArray[np.generic]) -> bytes:
    texts = [str(value).encode() for value in piece.tolist()]
    return b"".join(b"%d:%b" % (len(text), text) for text in texts)


def _condition(name: str, pieces: Sequence[Samples]) -> npt.NDArray[np.generic]:
    """A condition of several sets: NaN, or no text, where a set does not have it."""
    is_text = any(piece.slices[name].dtype.kind not in "fiub" for piece in pieces if name in piece.slices)
    blank = np.array("" if is_text else np.nan)
    return np.concatenate([
        piece.slices[name] if name in piece.slices else np.repeat(blank, len(piece)) for piece in pieces
    ])  # fmt: skip


def _column(column: pa.ChunkedArray) -> npt.NDArray[np.generic]:
    if pa.types.is_string(column.type):
        return np.asarray(column.to_pylist(), dtype=np.str_)
    return np.asarray(column.to_numpy())
