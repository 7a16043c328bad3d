"""Colours of maps that fade to nothing at their low end, so that they suit a light and a dark page."""

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.pole.page.png import data_uri, indexed_png

type Palette = npt.NDArray[np.uint8]
type Anchors = tuple[tuple[float, tuple[int, int, int, int]], ...]  # place, red, green, blue, alpha

# Lightness falls evenly and opacity rises; both keep a contrast on either page
_GAS: Final[Anchors] = (
    (0.0, (236, 190, 70, 0)), (0.06, (236, 190, 70, 70)), (0.3, (240, 158, 40, 170)),
    (0.55, (228, 92, 44, 225)), (0.8, (190, 40, 96, 245)), (1.0, (120, 22, 130, 255)),
)  # fmt: skip
_FIELD: Final[Anchors] = (
    (0.0, (90, 200, 190, 16)), (0.3, (60, 170, 200, 120)), (0.6, (60, 110, 210, 205)),
    (1.0, (92, 50, 170, 250)),
)  # fmt: skip


def _table(anchors: Anchors) -> Palette:
    places, colours = zip(*anchors, strict=True)
    at = np.linspace(0.0, 1.0, 256)
    channels = [np.interp(at, places, [colour[part] for colour in colours]) for part in range(4)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


GAS_PALETTE: Final = _table(_GAS)
FIELD_PALETTE: Final = _table(_FIELD)


@dataclass(frozen=True, slots=True)
class LogScale:
    """Values between two powers of ten to colour indices; below is the lowest colour."""

    low: float
    high: float

    def share(self, value: Array | float) -> Array:
        """Place on the scale, 0..1."""
        logs = np.log10(np.maximum(value, 1e-300))
        span = math.log10(self.high / self.low)
        return np.clip((logs - math.log10(self.low)) / span, 0.0, 1.0)

    def indices(self, value: Array) -> npt.NDArray[np.uint8]:
        """Colour indices, same shape."""
        return np.rint(255.0 * self.share(value)).astype(np.uint8)

    def ticks(self) -> list[tuple[float, float]]:
        """Place and value of the powers of ten on the scale."""
        first, last = (math.log10(value) for value in (self.low, self.high))
        powers = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
        return [(float(self.share(10.0**k)), 10.0**k) for k in powers]


def log_scale(greatest: float, decades: float) -> LogScale:
    """Scale that ends at a round value not below the greatest and starts some decades under it."""
    high = 10.0 ** (math.ceil(2.0 * math.log10(max(greatest, 1e-30))) / 2.0)
    return LogScale(high / 10.0**decades, high)


def picture_uri(indices: npt.NDArray[np.uint8], palette: Palette) -> str:
    """PNG of colour indices (row, column) with a palette that may be clear, as the `src` of an image."""
    png = indexed_png(indices, palette[:, :3])
    place = png.index(b"IDAT") - 4
    alpha = palette[:, 3].tobytes()
    chunk = struct.pack(">I", 256) + b"tRNS" + alpha + struct.pack(">I", zlib.crc32(b"tRNS" + alpha))
    return data_uri(png[:place] + chunk + png[place:])


def power_text(value: float) -> str:
    """A power of ten as a reader wants it: 0.01 to 1000 in full, others as 10 with an exponent."""
    if 1e-3 < value < 2e4:
        return f"{value:g}"
    return f"10<sup>{math.floor(math.log10(value) + 1e-9)}</sup>".replace("-", "\u2212")


def scale_bar(scale: LogScale, palette: Palette, unit: str) -> str:
    """Legend of a log scale: a level strip with its powers of ten."""
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8), (1, 256))
    labels = "".join(
        f'<span style="left:{100 * place:.1f}%">{power_text(value)}</span>' for place, value in scale.ticks()
    )
    return (
        f'<div class="levels"><img src="{picture_uri(ramp, palette)}" alt=""><div>{labels}</div>'
        f"<b>{unit}</b></div>"
    )
