"""What is sent and judged of a camera's frames."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments.radiance_conversion import STEP_K
from envirosense.pole.sensors.thermal_camera_frames import FrameBlock

type Codes = npt.NDArray[np.uint16]

LASTS_S: Final = 900.0  # the sun moves 15 degrees an hour; its glare, 4 degrees wide, is gone by then
PART_S: Final = 300.0  # how finely that time is told apart; assumed


@dataclass(frozen=True, slots=True)
class Image:
    """What matters of one frame, or of its loss; `codes` (pixel,) are its temperatures in storage steps."""

    hottest_c: float | None
    mean_c: float | None
    flags: int
    quality: float | None
    confidence: float | None
    codes: Codes | None


class Lasting:
    """The hottest place of a camera that has stayed hot: of every pixel the least of the last minutes.

    What wanders through the picture, as the sun's disc does, leaves no trace in it, however hot it is.
    """

    def __init__(self) -> None:
        self._parts: deque[tuple[float, Codes]] = deque()  # first time, and least of each pixel since

    def hottest_c(self, t_s: float, codes: Codes) -> float | None:
        """Hottest pixel by its least value since `LASTS_S` ago [degC]; None while too little is known."""
        parts = self._parts
        if not parts or t_s - parts[-1][0] >= PART_S:
            parts.append((t_s, codes.copy()))
        else:
            np.minimum(parts[-1][1], codes, out=parts[-1][1])
        while len(parts) > 1 and parts[1][0] <= t_s - LASTS_S:
            parts.popleft()
        if parts[0][0] > t_s - LASTS_S:
            return None
        least = np.minimum.reduce([part for _, part in parts])
        return STEP_K * float(least.max()) - ZERO_CELSIUS_K


def images_by_tick(block: FrameBlock) -> dict[int, Image]:
    """Image of every frame of a block, and of those that were due and did not come, by tick."""
    flags = zip(block.lost_ticks.tolist(), block.lost_status.tolist(), strict=True)
    lost = {tick: Image(None, None, status, 0.0, 0.0, None) for tick, status in flags}
    codes = block.frames.low + np.left_shift(block.frames.high, 8, dtype=np.uint16)
    hottest_k, mean_k = STEP_K * codes.max(axis=1, initial=0), STEP_K * codes.mean(axis=1)
    return lost | {
        int(tick): Image(
            round(float(hottest_k[i]) - ZERO_CELSIUS_K, 2),
            round(float(mean_k[i]) - ZERO_CELSIUS_K, 2),
            int(block.status[i]),
            share(block.quality[i]),
            share(block.confidence[i]),
            codes[i],
        )
        for i, tick in enumerate(block.ticks)
    }


def share(value: float) -> float | None:
    """Quality or confidence as it is sent; None where there is none."""
    return None if math.isnan(value) else round(float(value), 4)
