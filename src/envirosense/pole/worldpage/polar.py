"""Values on rings around a source, drawn as a picture: fine near it, where a plume is narrow."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array, Position
from envirosense.pole.worldpage.metric import Window

_EVEN = 0.35  # share of even spacing of the angles; the rest crowds about the middle
_MARGIN = 0.3  # of a node's distance from the source by which it may lie outside a window
_NEAREST_M = 0.25  # first ring: no source is smaller


@dataclass(frozen=True, slots=True)
class Rings:
    """Nodes in polar places of a plane around a source; angle 0 is the plane's first direction."""

    radii_m: Array
    angles_rad: Array  # from -pi to pi
    to_world: Callable[[float, float], Position]  # from the plane's own metres from the source

    def nodes_m(self) -> list[Position]:
        """All nodes, ring after ring."""
        return [
            self.to_world(float(r * np.cos(a)), float(r * np.sin(a)))
            for r in self.radii_m
            for a in self.angles_rad
        ]

    def shown(self, window: Window, source_m: tuple[float, float], turn_rad: float) -> npt.NDArray[np.bool_]:
        """Whether a node lies in or near a window, (node,); arguments as in `sampler`."""
        radius = np.repeat(self.radii_m, self.angles_rad.size)
        angle = np.tile(self.angles_rad, self.radii_m.size) + turn_rad
        x, y = source_m[0] + radius * np.cos(angle), source_m[1] + radius * np.sin(angle)
        edge = _MARGIN * radius
        is_across = (x > window.left_m - edge) & (x < window.right_m + edge)
        return np.asarray(is_across & (y > window.bottom_m - edge) & (y < window.top_m + edge))

    def sampler(self, window: Window, source_m: tuple[float, float], turn_rad: float, px: int) -> "Sampler":
        """What turns values at the nodes into a picture of a window `px` wide.

        Args:
            window: part of the plane, in the figure's metres.
            source_m: the source in the figure's metres.
            turn_rad: angle of the rings' first direction in the figure.
            px: columns.
        """
        rows = max(2, round(px * window.height_m / window.width_m))
        x = window.left_m + (np.arange(px) + 0.5) * window.width_m / px - source_m[0]
        y = window.top_m - (np.arange(rows) + 0.5) * window.height_m / rows - source_m[1]
        radius = np.hypot(x, y[:, None])
        angle = np.mod(np.arctan2(y[:, None], x) - turn_rad + np.pi, 2 * np.pi) - np.pi
        ring = np.interp(np.log(radius), np.log(self.radii_m), np.arange(self.radii_m.size, dtype=np.float64))
        spoke = np.interp(angle, self.angles_rad, np.arange(self.angles_rad.size, dtype=np.float64))
        return Sampler(ring, spoke, (self.radii_m.size, self.angles_rad.size))


@dataclass(frozen=True, slots=True)
class Sampler:
    """Place of every pixel among the nodes, (row, column) each."""

    ring: Array
    spoke: Array
    shape: tuple[int, int]

    def picture(self, values: Array, floor: float) -> Array:
        """Values (node,) as a picture (row, column), interpolated in their logarithm above a floor."""
        logs = np.log(np.maximum(values, floor)).reshape(self.shape)
        i = np.minimum(self.ring.astype(np.intp), self.shape[0] - 2)
        j = np.minimum(self.spoke.astype(np.intp), self.shape[1] - 2)
        up, along = self.ring - i, self.spoke - j
        low = logs[i, j] + along * (logs[i, j + 1] - logs[i, j])
        high = logs[i + 1, j] + along * (logs[i + 1, j + 1] - logs[i + 1, j])
        return np.asarray(np.exp(low + up * (high - low)))


def make_rings(
    reach_m: float, n_rings: int, n_angles: int, to_world: Callable[[float, float], Position]
) -> Rings:
    """Rings out to a reach; angles crowd about the plane's first direction, where the plume goes."""
    u = np.linspace(-1.0, 1.0, n_angles)
    angles = np.pi * (_EVEN * u + (1.0 - _EVEN) * u**3)
    return Rings(np.geomspace(_NEAREST_M, reach_m, n_rings), angles, to_world)
