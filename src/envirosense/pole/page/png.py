"""PNG images with a colour table, written without an imaging library."""

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

type Indices = npt.NDArray[np.uint8]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def indexed_png(indices: Indices, palette: npt.NDArray[np.uint8]) -> bytes:
    """PNG file of an image of colour indices (row, column) with a palette (256, 3)."""
    height, width = indices.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # filter type 0 before every row
    rows[:, 1:] = indices
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"".join((
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", header),
        _chunk(b"PLTE", palette.astype(np.uint8).tobytes()),
        _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
        _chunk(b"IEND", b""),
    ))  # fmt: skip


def data_uri(png: bytes) -> str:
    """The image as text for the `src` of an `img`."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
