"""Thermal camera: what the scene radiates through optics, focal plane and shutter to frames of codes.

The scene's radiance mixes in each pixel before anything else happens to it, so a hot spot smaller
than a pixel is diluted as in a real camera. Frames are byte planes of 16-bit codes, 0.02 K each.
"""

import math
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import SensorWorld
from envirosense.instruments.radiance_conversion import STEP_K, RadianceConverter, fit_converter
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.contract import AnyStage
from envirosense.physics.light.radiation import band_radiance_slope
from envirosense.pole.picture.scene import Coverage, SparseWeights
from envirosense.pole.picture.scene_geometry import PinholeCamera, direction
from envirosense.pole.picture.thermal_imperfections import (
    COLUMNS,
    REFERENCE_K,
    ROWS,
    CameraUnit,
    ThermalImperfections,
    at_frame_period,
    draw_unit,
)
from envirosense.pole.picture.thermal_recording import (
    CameraCarry,
    CameraConditions,
    Frames,
    ideal_temperature_k,
    rain_film_loss,
    record_frames,
    start_camera,
)

SUN_CLEAR_SHARE = 0.5  # of the pixel under the sun must be sky for its disc to be seen
_SCALES = ("narcissus_px", "blink_on_s", "blink_off_s", "burn_in_tau_s", "ffc_period_s", "fpa_tau_s")


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


class ThermalCameraConfig(SensorConfig):
    """One camera; it looks along `azimuth_deg` (clockwise from north) and `elevation_deg`."""

    azimuth_deg: float = Field(0.0, ge=-360, le=720)
    elevation_deg: float = Field(0.0, ge=-90, le=90)
    repair_bad_pixels: bool = True  # known dead and hot ones, as the real module does; not blinking ones


@dataclass(slots=True)
class CameraMemory:
    """One unit in one episode; the carry is made at the first frame, when the case's temperature is known."""

    unit: CameraUnit
    carry: CameraCarry | None


@dataclass(frozen=True, slots=True)
class FrameBlock:
    """Frames of one block and the ticks (frame,) they were taken at."""

    ticks: npt.NDArray[np.int64]
    frames: Frames

    def temperature_k(self) -> npt.NDArray[np.float64]:
        """Reported temperatures, (frame, pixel) [K]."""
        codes = self.frames.low.astype(np.float64) + 256.0 * self.frames.high
        return STEP_K * codes


class ThermalCameraSensor(BaseSensor[ThermalCameraConfig]):
    """Apparent temperature of 80x60 pixels; `run_frames` takes the place of `run`."""

    sensor_type: ClassVar[str] = "thermal_camera"
    config_type: ClassVar[type[SensorConfig]] = ThermalCameraConfig

    def __init__(self, config: ThermalCameraConfig, sensing_seed: int = 0) -> None:
        off = config.stages_off
        super().__init__(config.model_copy(update={"stages_off": off is True}), sensing_seed)
        self.config = config
        self._as_built = self._built()
        self.converter = self._fitted()
        for name in off if isinstance(off, tuple) else ():
            if name not in self.effects:
                raise UnknownNameError("stages_off", name, self.effects)
        rows, columns = self.camera.rows, self.camera.columns
        if (rows, columns) != (ROWS, COLUMNS):
            raise ConfigError("optics", f"{columns}x{rows}", f"only {COLUMNS}x{ROWS} pixels are modelled")

    def _built(self) -> ThermalImperfections:
        """Amplitude of every effect of the part, with overrides."""
        values: dict[str, Any] = self.values.part.group("imperfections")
        for name, value in values.items():
            values[name] = value = self.config.overrides.get(f"imperfections.{name}", value)
            if np.min(np.asarray(value, dtype=np.float64)) < 0.0 or (name in _SCALES and not value):
                bound = "above 0" if name in _SCALES else "0 or more"
                raise ConfigError(f"overrides.imperfections.{name}", value, f"must be {bound}")
        return ThermalImperfections.of(values, self.config.repair_bad_pixels)

    def _fitted(self) -> RadianceConverter:
        """Radiance to temperature over the part's range."""
        low_k, high_k = (self.values.number(f"range.{end}_k", "K") for end in ("low", "high"))
        try:
            return fit_converter(low_k, high_k)
        except ValueError as error:
            raise ConfigError("range", (low_k, high_k), str(error)) from None

    @cached_property
    def effects(self) -> tuple[str, ...]:
        """Effects that `stages_off` may name."""
        none = self._as_built.none()
        return tuple(
            f.name for f in fields(none) if getattr(none, f.name) == 0.0 and f.name != "is_repairing"
        )

    @cached_property
    def imperfections(self) -> ThermalImperfections:
        """Amplitude of every effect after overrides and `stages_off`."""
        if self.config.stages_off is True:
            return self._as_built.none()
        off: dict[str, Any] = dict.fromkeys(self.config.stages_off or (), 0.0)
        return replace(self._as_built, **off)

    @property
    def camera(self) -> PinholeCamera:
        """Where it stands and looks."""
        return PinholeCamera(
            position_m=self.position_3d,
            azimuth_deg=self.config.azimuth_deg % 360.0,
            elevation_deg=self.config.elevation_deg,
            horizontal_view_deg=self.values.number("optics.horizontal_view_deg", "deg"),
            rows=int(self.values.number("optics.rows", "px")),
            columns=int(self.values.number("optics.columns", "px")),
        )

    @property
    def channels(self) -> tuple[Channel, ...]:
        """One quantity, reported per pixel."""
        return (
            Channel(
                "apparent_temperature",
                "K",
                "temperature of a black body that would look the same",
                STEP_K,
                self.detection_sigma_k,
            ),
        )

    @property
    def detection_sigma_k(self) -> float:
        """What a spot must rise out of, one sigma [K]: noise and the fixed pattern of the gain error."""
        built = self._as_built
        fixed_k = built.gain_spread * self.values.number("detection.scene_contrast_k", "K")
        return math.hypot(built.netd_k, built.ffc_offset_k, fixed_k)

    def stages(self) -> tuple[AnyStage, ...]:
        """None of the scalar kind: the camera's chain is one kernel, see `imperfections`."""
        return ()

    def respond(self, world: SensorWorld) -> Array:
        """Apparent temperature in a perfect camera, (time, pixel) [K]."""
        scene = _scene(world)
        seen, weights = scene.view(self.camera)
        radiance = scene.view_radiance_w_m2_sr(seen)
        return ideal_temperature_k(radiance, weights, self.converter).astype(np.float64)

    def start_frames(self, sensing_seed: int, *names: str | int) -> CameraMemory:
        """Memory before the first frame; streams are named (`names`, sensor, kind of draw)."""
        path = (*names, self.sensor_id)
        unit = draw_unit(self.imperfections, self.converter, self.config.interval_s, sensing_seed, *path)
        return CameraMemory(unit, None)

    def run_frames(self, world: SensorWorld, memory: CameraMemory) -> FrameBlock:
        """Frames over the ticks of a world block at which the camera samples; `memory` is advanced."""
        scene = _scene(world)
        chosen = np.flatnonzero(self.sampled(world)) if self.is_enabled else np.empty(0, dtype=np.int64)
        camera = self.camera
        seen, weights = scene.view(camera)
        radiance = scene.view_radiance_w_m2_sr(seen)[chosen]
        housing_k = scene.housing_k()[chosen]
        row, column = _sun_pixels(scene, camera)
        conditions = CameraConditions(
            housing_k=housing_k,
            window_loss=rain_film_loss(scene.rain_mm_h()[chosen]),
            window_k=housing_k,
            sun_row=row[chosen],
            sun_column=column[chosen],
        )
        memory.unit = at_frame_period(memory.unit, max(self.config.interval_s, world.grid.dt_s))
        if memory.carry is None:
            memory.carry = start_camera(memory.unit, float(scene.housing_k()[0]))
        frames, memory.carry = record_frames(radiance, weights, memory.unit, conditions, memory.carry)
        return FrameBlock(chosen + world.first_tick, frames)

    def excess_snr(self, world: SensorWorld, healthy: SensorWorld) -> Array:
        """Greatest rise of any pixel over the same world without causes, in sigmas, (time,)."""
        with_cause, without = _scene(world), _scene(healthy)
        seen, _ = with_cause.view(self.camera)
        rise = with_cause.view_radiance_w_m2_sr(seen) - without.view_radiance_w_m2_sr(seen)
        moved = np.flatnonzero(np.any(rise != 0.0, axis=0))
        pixels = np.flatnonzero(seen.weights[:, moved].sum(axis=1) > 0.0)
        if pixels.size == 0:
            return np.zeros(rise.shape[0])
        share = seen.weights[np.ix_(pixels, moved)].astype(np.float64)
        sigma = self.detection_sigma_k * float(band_radiance_slope(REFERENCE_K))
        return np.asarray((rise[:, moved] @ share.T).max(axis=1) / sigma)

    def sample(self, environment_3d_state: SensorWorld) -> dict[str, Any]:
        """Frame at the one tick of the state: `image_k` (row, column) [K], or None between samples."""
        self._require_one_tick(environment_3d_state)
        block = self.run_frames(environment_3d_state, self._frame_memory)
        if block.ticks.size == 0:
            return {"image_k": None}
        camera = self.camera
        return {"image_k": block.temperature_k().reshape(camera.rows, camera.columns)}

    @cached_property
    def _frame_memory(self) -> CameraMemory:
        return self.start_frames(self._sensing_seed)

    def get_ground_truth(self, environment_3d_state: SensorWorld) -> dict[str, Any]:
        """Apparent temperature in a perfect camera at the one tick of the state."""
        self._require_one_tick(environment_3d_state)
        camera = self.camera
        return {"image_k": self.respond(environment_3d_state).reshape(camera.rows, camera.columns)}


def _scene(world: SensorWorld) -> SceneField:
    """The world as a scene; only the pole's worlds can be looked at."""
    if not hasattr(world, "view_radiance_w_m2_sr"):
        raise ConfigError("world", type(world).__name__, "has no scene; a camera needs a pole world or mock")
    scene: SceneField = world  # type: ignore[assignment]
    return scene


def _sun_pixels(scene: SceneField, camera: PinholeCamera) -> tuple[Array, Array]:
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
