"""Colour table of the thermal pictures: dark violet over red to pale yellow, even in lightness."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.pole.page.scales import round_step, tick_label

# Anchors chosen so that lightness rises evenly; also legible in greyscale and to colour-blind readers
_ANCHORS = (
    (0.00, (8, 6, 28)), (0.14, (45, 12, 84)), (0.28, (96, 22, 110)), (0.42, (148, 38, 104)),
    (0.56, (199, 62, 76)), (0.70, (234, 104, 40)), (0.84, (250, 168, 30)), (0.94, (248, 222, 96)),
    (1.00, (254, 252, 214)),
)  # fmt: skip


def thermal_palette() -> npt.NDArray[np.uint8]:
    """Colour table, (256, 3)."""
    places, colours = zip(*_ANCHORS, strict=True)
    at = np.linspace(0.0, 1.0, 256)
    channels = [np.interp(at, places, [colour[part] for colour in colours]) for part in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class ColourScale:
    """Temperatures to colour indices; `power` below 1 gives the cold end more colours."""

    low_c: float
    high_c: float
    power: float = 1.0

    def share(self, value_c: Array | float) -> Array:
        """Place on the scale, 0..1."""
        straight = np.clip((np.asarray(value_c) - self.low_c) / (self.high_c - self.low_c), 0.0, 1.0)
        return np.asarray(straight**self.power)

    def indices(self, value_c: Array) -> npt.NDArray[np.uint8]:
        """Colour indices, same shape."""
        return np.rint(255.0 * self.share(value_c)).astype(np.uint8)

    def ticks(self) -> list[tuple[float, str]]:
        """Place and text of round ticks that do not crowd one another."""
        span = self.high_c - self.low_c
        step = round_step(span, 6)
        found: list[tuple[float, str]] = []
        fine = step / 5 if self.power < 1 else step
        for k in range(math.ceil(self.low_c / fine), math.floor(self.high_c / fine) + 1):
            place = float(self.share(k * fine))
            if not found or place - found[-1][0] > 0.11:
                found.append((place, tick_label(k * fine, fine)))
        return found


def colour_scale(frames_c: Array) -> ColourScale:
    """Scale common to pictures (frame, row, column) [degC]; a very hot spot stretches its cold end."""
    low, high = float(np.quantile(frames_c, 0.005)), float(frames_c.max())
    body = float(np.quantile(frames_c, 0.99)) - low
    high = max(high, low + 1.0)
    return ColourScale(low, high, 0.5 if high - low > 3 * body + 5 else 1.0)
