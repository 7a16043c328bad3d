"""What a camera asks of a world, what it remembers between blocks, and what a block of frames holds."""

from dataclasses import dataclass, fields
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import SensorWorld
from envirosense.instruments.radiance_conversion import STEP_K
from envirosense.instruments.shutter_kernels import N_OUT
from envirosense.instruments.status import Status
from envirosense.pole.picture.scene import Coverage, SparseWeights
from envirosense.pole.picture.scene_geometry import PinholeCamera, direction
from envirosense.pole.picture.thermal_imperfections import CameraUnit
from envirosense.pole.picture.thermal_recording import CameraCarry, Frames

NOTHING: Final = np.empty(0, np.int64)  # no tick
NO_FLAGS: Final = np.empty(0, np.uint16)
SUN_CLEAR_SHARE = 0.5  # of the pixel under the sun must be sky for its disc to be seen


class SceneField(SensorWorld, Protocol):
    """A world that a camera can look at, over the ticks of a block."""

    def view(self, camera: PinholeCamera) -> tuple[Coverage, SparseWeights]:
        """How much of each pixel each body fills."""
        ...

    def view_radiance_w_m2_sr(self, seen: Coverage) -> Array:
        """In-band radiance of every body that a camera sees, (time, body) [W/m2/sr]."""
        ...

    def sun_direction(self) -> tuple[Array, Array]:
        """Azimuth and elevation of the sun, (time,) each [rad]; NaN while no beam arrives."""
        ...

    def housing_k(self) -> Array:
        """Temperature of the device's case, (time,) [K]."""
        ...

    def rain_mm_h(self) -> Array:
        """Rain, (time,) [mm/h]."""
        ...


@dataclass(slots=True)
class CameraMemory:
    """One unit in one episode; the carry is made at the first frame, when the case's temperature is known."""

    unit: CameraUnit
    carry: CameraCarry | None
    link: Array  # (2,) whether the video link is down, and whether it repeats itself
    link_rng: np.random.Generator
    on_at_s: float | None = None  # last switch-on since the episode's start; None: long on, NaN: off


@dataclass(frozen=True, slots=True)
class FrameBlock:
    """Frames of one block and the ticks (frame,) they were taken at; a lost frame is not there.

    `status` holds the bits of `Status`; `quality` and `confidence` those of `FrameGrade`, (frame,) each.
    `lost_ticks` (lost,) are those at which a frame was due and did not come, `lost_status` says why.
    """

    ticks: npt.NDArray[np.int64]
    frames: Frames
    status: npt.NDArray[np.uint16]
    quality: Array
    confidence: Array
    lost_ticks: npt.NDArray[np.int64]
    lost_status: npt.NDArray[np.uint16]

    def temperature_k(self) -> npt.NDArray[np.float64]:
        """Reported temperatures, (frame, pixel) [K]."""
        codes = self.frames.low.astype(np.float64) + 256.0 * self.frames.high
        return STEP_K * codes

    def without(self, status: npt.NDArray[np.uint16]) -> "FrameBlock":
        """The frames whose `status` (frame,) is 0; the others are lost, and it says why."""
        kept = status == 0
        if kept.all():
            return self
        frames = Frames(*(getattr(self.frames, f.name)[kept] for f in fields(Frames)))
        quality, confidence = self.quality[kept], self.confidence[kept]
        lost = (self.ticks[~kept], status[~kept])
        return FrameBlock(self.ticks[kept], frames, self.status[kept], quality, confidence, *lost)


def no_frames(n_pixels: int, off_ticks: npt.NDArray[np.int64] = NOTHING) -> FrameBlock:
    """Block without a frame, of a camera that is switched off at some ticks."""
    frames = Frames(
        low=np.empty((0, n_pixels), np.uint8),
        high=np.empty((0, n_pixels), np.uint8),
        fpa_k=np.empty(0),
        n_ffc=np.empty(0, np.int64),
        flags=np.empty(0, np.uint8),
        n_clipped=np.empty(0, np.int32),
        states=np.empty((0, N_OUT)),
    )
    off = np.full(off_ticks.size, Status.OFF, np.uint16)
    return FrameBlock(NOTHING, frames, NO_FLAGS, np.empty(0), np.empty(0), off_ticks, off)


def sun_pixels(scene: SceneField, camera: PinholeCamera) -> tuple[Array, Array]:
    """Pixel row and column of the sun, (time,) each; NaN out of the picture and behind a body of the pole."""
    azimuth, elevation = scene.sun_direction()
    row, column = camera.project(direction(azimuth, elevation))
    sky_share = scene.view(camera)[0].sky_share
    if sky_share is None:  # a mock's scene is a backdrop: nothing stands before its sun
        return row, column
    clear = sky_share.reshape(camera.rows, camera.columns) >= SUN_CLEAR_SHARE
    at = (np.nan_to_num(value).round().astype(np.int64) for value in (row, column))
    i, j = (np.clip(place, 0, size - 1) for place, size in zip(at, clear.shape, strict=True))
    return np.where(clear[i, j], row, np.nan), np.where(clear[i, j], column, np.nan)
