"""Camera frames as two byte planes that every Parquet reader understands.

A frame of 16-bit counts is stored as `frame_lo` and `frame_hi`, each one fixed-size binary
value. The noise sits in the low plane, so the high plane compresses well and the low plane
hardly at all: it is stored raw unless a sample shows that compressing pays (a clear sky below
the camera's range has no noise).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.errors import ConfigError
from envirosense.datasets.schema import Column

type Frames = npt.NDArray[np.uint16]

LOW_PLANE = "frame_lo"
HIGH_PLANE = "frame_hi"
ROUNDING_VARIANCE = 1.0 / 12.0  # of a value rounded to whole counts [count2]


@dataclass(frozen=True, slots=True)
class FrameLayout:
    """Shape of a frame and how a count becomes a value: `offset + scale * count`."""

    height: int = 60
    width: int = 80
    scale: float = 0.02
    offset: float = 0.0
    unit: str = "K"

    @property
    def n_bytes(self) -> int:
        """Bytes of one plane of one frame."""
        return self.height * self.width

    @property
    def metadata(self) -> dict[str, str]:
        """Field metadata of both planes."""
        return {
            "shape": f"{self.height},{self.width}",
            "scale": repr(self.scale),
            "offset": repr(self.offset),
        }

    @classmethod
    def of(cls, field: pa.Field) -> "FrameLayout":
        """Layout written in the metadata of a plane's field."""
        facts = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        if "shape" not in facts:
            raise ConfigError("column", field.name, "is not a frame plane: its metadata has no shape")
        height, width = (int(part) for part in facts["shape"].split(","))
        return cls(height, width, float(facts["scale"]), float(facts["offset"]), facts["unit"])

    def values(self, counts: Frames) -> npt.NDArray[np.float64]:
        """Values of stored counts, same shape [unit]."""
        return self.offset + self.scale * counts.astype(np.float64)


def frame_columns(
    layout: FrameLayout, description: str, low_codec: Literal["auto", "none", "zstd"] = "auto"
) -> tuple[Column, ...]:
    """Columns of the two planes; `auto` compresses the low plane of a file where that pays."""
    plane = pa.binary(layout.n_bytes)
    low = {**layout.metadata, "codec": low_codec}
    high = {**layout.metadata, "codec": "zstd"}
    return (
        Column(LOW_PLANE, plane, layout.unit, f"{description}: low byte of the 16-bit count", False, low),
        Column(HIGH_PLANE, plane, layout.unit, f"{description}: high byte of the 16-bit count", False, high),
    )


def frame_planes(schema: pa.Schema) -> tuple[str, ...]:
    """Names of the columns that hold frame planes."""
    return tuple(field.name for field in schema if b"shape" in (field.metadata or {}))


def split_planes(frames: Frames) -> tuple[pa.Array, pa.Array]:
    """Low and high byte planes of frames (frame, row, column), each one binary value a frame."""
    n_frames, *shape = frames.shape
    pairs = np.ascontiguousarray(frames, dtype="<u2").view(np.uint8).reshape(n_frames, math.prod(shape), 2)
    low, high = (_as_binary(np.ascontiguousarray(pairs[..., part])) for part in (0, 1))
    return low, high


def _as_binary(plane: npt.NDArray[np.uint8]) -> pa.Array:
    n_frames, n_bytes = plane.shape
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(n_bytes), n_frames, [None, pa.py_buffer(plane)])


def join_planes(low: pa.ChunkedArray, high: pa.ChunkedArray, layout: FrameLayout) -> Frames:
    """Frames (frame, row, column) of counts from their stored planes."""
    frames = np.empty((len(low), layout.n_bytes, 2), dtype=np.uint8)
    for part, plane in enumerate((low, high)):
        first = 0
        for chunk in plane.chunks:
            frames[first : first + len(chunk), :, part] = plane_bytes(chunk, layout.n_bytes)
            first += len(chunk)
    return frames.view("<u2").reshape(len(low), layout.height, layout.width)


def plane_bytes(chunk: pa.Array, n_bytes: int) -> npt.NDArray[np.uint8]:
    """One byte plane of each frame, (frame, byte), without copying."""
    flat = np.frombuffer(chunk.buffers()[1], dtype=np.uint8)
    return flat[chunk.offset * n_bytes : (chunk.offset + len(chunk)) * n_bytes].reshape(len(chunk), n_bytes)


def table_frames(table: pa.Table) -> Frames:
    """Frames (frame, row, column) of counts held by a table of a frame stream."""
    return join_planes(table[LOW_PLANE], table[HIGH_PLANE], FrameLayout.of(table.schema.field(LOW_PLANE)))


@dataclass(frozen=True, slots=True)
class EntropyLimit:
    """Least size any lossless codec can reach on noisy frames."""

    noise_counts: float  # standard deviation of white noise before rounding [count]
    bits_per_pixel: float  # entropy of that noise, rounded to counts [bit]

    @property
    def ratio(self) -> float:
        """Best possible compression against 16 bits a pixel."""
        return 16.0 / self.bits_per_pixel if self.bits_per_pixel else math.inf


def entropy_limit(frames: Frames) -> EntropyLimit:
    """Entropy limit of frames (frame, row, column), n >= 2, from the median pixel's frame differences.

    White Gaussian noise rounded to whole counts; a scene that moves adds to the estimate.
    """
    steps = np.diff(frames.astype(np.int32), axis=0)
    variance = float(np.median(np.mean(steps.astype(np.float64) ** 2, axis=0))) / 2.0
    sigma = math.sqrt(max(variance - ROUNDING_VARIANCE, 0.0))
    return EntropyLimit(sigma, rounded_normal_entropy_bit(sigma))


def rounded_normal_entropy_bit(sigma: float) -> float:
    """Entropy of a normal variable of deviation `sigma` rounded to whole numbers [bit]."""
    if sigma <= 0.0:
        return 0.0
    reach = math.ceil(8.0 * sigma) + 1
    edges = [0.5 * (1.0 + math.erf(k / (sigma * math.sqrt(2.0)))) for k in _half_steps(reach)]
    masses = [upper - lower for lower, upper in pairwise(edges)]
    return -sum(mass * math.log2(mass) for mass in masses if mass > 0.0)


def _half_steps(reach: int) -> Iterable[float]:
    return (k - 0.5 for k in range(-reach, reach + 2))
