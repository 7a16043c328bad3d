"""Channels of an episode: scalar readings, an angle as two components, frames as a few numbers per tick."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.errors import DatasetError
from envirosense.datasets.frame_kernels import SUMMARY, fresh_memory, summarise_frames
from envirosense.datasets.frames import HIGH_PLANE, LOW_PLANE, FrameLayout, frame_planes, plane_bytes
from envirosense.datasets.window_sources import StreamSource

type Column = tuple[str, str, npt.NDArray[np.float32]]  # name, unit, (time,)

ROLE: Final = b"role"
READABLE_ROLES: Final = (b"reading", b"frames")
ANGLE_UNIT: Final = "deg"  # of a direction, clockwise from north
_DIFFERENCE_UNITS: Final = {"degC": "K"}  # a difference of levels has no zero point
_KEYS: Final = ("episode_id", "tick", "time_utc")


@dataclass(frozen=True, slots=True)
class Channels:
    """Channels of one episode on its ticks; NaN where nothing was sampled."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    values: npt.NDArray[np.float32]  # (time, channel)


def is_readable(schema: pa.Schema) -> bool:
    """Whether a detector may read the stream: its role is `reading` or `frames`."""
    return (schema.metadata or {}).get(ROLE, b"") in READABLE_ROLES


def _is_channel(field: pa.Field) -> bool:
    kind = field.type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return is_number and field.name not in _KEYS


def _unit(field: pa.Field) -> str:
    unit: bytes = (field.metadata or {}).get(b"unit", b"")
    return unit.decode()


def channel_columns(stream: str, schema: pa.Schema) -> dict[str, str]:
    """Channels of a stream, in order, each with the column it is made of; none if it may not be read."""
    if not is_readable(schema):
        return {}
    if frame_planes(schema):
        return {f"{stream}.{name}": LOW_PLANE for name, _ in SUMMARY}
    return {
        channel: field.name
        for field in filter(_is_channel, schema)
        for channel in (_component_names(field.name) if _unit(field) == ANGLE_UNIT else (field.name,))
    }


def _component_names(angle: str) -> tuple[str, str]:
    stem = angle.removesuffix(f"_{ANGLE_UNIT}")
    return f"{stem}_east", f"{stem}_north"


def _scalars(stream: str, source: StreamSource, n_ticks: int, dt_s: float) -> Iterator[Column]:
    table = pa.Table.from_batches(source.batches(), source.schema)
    tick = table["tick"].to_numpy()
    for field in filter(_is_channel, table.schema):
        column = np.full(n_ticks, np.nan, dtype=np.float32)
        column[tick] = table[field.name].cast(pa.float32()).fill_null(float("nan")).to_numpy()
        unit = _unit(field)
        if unit == ANGLE_UNIT:
            yield from _components(field.name, column)
        else:
            yield field.name, unit, column


def _components(name: str, angle_deg: npt.NDArray[np.float32]) -> Iterator[Column]:
    """East and north part of the unit vector along an angle, which jumps at north where they do not."""
    east, north = _component_names(name)
    angle_rad = np.radians(angle_deg.astype(np.float64))
    yield east, "1", np.sin(angle_rad).astype(np.float32)
    yield north, "1", np.cos(angle_rad).astype(np.float32)


def _frames(stream: str, source: StreamSource, n_ticks: int, dt_s: float) -> Iterator[Column]:
    layout = FrameLayout.of(source.schema.field(LOW_PLANE))
    values = np.full((n_ticks, len(SUMMARY)), np.nan, dtype=np.float32)
    memory = fresh_memory(layout.n_bytes)
    for batch in source.batches(["tick", LOW_PLANE, HIGH_PLANE]):
        if not batch.num_rows:
            continue
        low, high = (plane_bytes(batch.column(name), layout.n_bytes) for name in (LOW_PLANE, HIGH_PLANE))
        ticks = batch.column("tick").to_numpy()
        counts, memory = summarise_frames(low, high, layout.height, layout.width, ticks * dt_s, memory)
        values[ticks] = counts * layout.scale
    for position, (name, is_level) in enumerate(SUMMARY):
        column = values[:, position] + np.float32(layout.offset if is_level else 0.0)
        unit = layout.unit if is_level else _DIFFERENCE_UNITS.get(layout.unit, layout.unit)
        yield f"{stream}.{name}", unit, column


def episode_channels(streams: Mapping[str, StreamSource], n_ticks: int, dt_s: float) -> Channels:
    """Every channel a detector may read, streams in sorted order.

    Raises:
        DatasetError: if two streams have a channel of one name, or no stream holds readings.
    """
    columns: list[Column] = []
    for stream in sorted(streams):
        source = streams[stream]
        if not is_readable(source.schema):
            continue
        read = _frames if frame_planes(source.schema) else _scalars
        columns.extend(read(stream, source, n_ticks, dt_s))
    names = tuple(name for name, _, _ in columns)
    if not names:
        raise DatasetError(f"streams {sorted(streams)}: no readings; generate with a sensor")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DatasetError(f"channel {twice!r} is in two streams; rename one")
    return Channels(names, tuple(unit for _, unit, _ in columns), np.stack([c for *_, c in columns], axis=1))
