"""Thermal camera: what the scene radiates through optics, focal plane and shutter to frames of codes.

The scene's radiance mixes in each pixel before anything else happens to it, so a hot spot smaller
than a pixel is diluted as in a real camera. Frames are byte planes of 16-bit codes, 0.02 K each.
"""

import math
from dataclasses import fields, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.instruments import shutter_kernels as shutter
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import SensorWorld
from envirosense.instruments.radiance_conversion import STEP_K
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.contract import AnyStage
from envirosense.instruments.stages.spells import NEVER, Spells
from envirosense.instruments.status import Status
from envirosense.instruments.switching import on_times_s
from envirosense.pole.picture.scene_geometry import PinholeCamera
from envirosense.pole.picture.thermal_grading import (
    camera_status,
    grade_pictures,
)
from envirosense.pole.picture.thermal_imperfections import (
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
    resumed,
    start_camera,
    switched_off,
)
from envirosense.pole.sensors.thermal_camera_excess import greatest_excess_snr
from envirosense.pole.sensors.thermal_camera_faults import CAMERA_FAULTS, link_state, with_faults
from envirosense.pole.sensors.thermal_camera_frames import (
    NO_FLAGS,
    NOTHING,
    CameraMemory,
    FrameBlock,
    SceneField,
    no_frames,
    sun_pixels,
)
from envirosense.pole.sensors.thermal_camera_settings import (
    LINK,
    ThermalCameraConfig,
    built_imperfections,
    fitted_converter,
    link_times_s,
)

__all__ = ["CameraMemory", "FrameBlock", "SceneField", "ThermalCameraConfig", "ThermalCameraSensor"]


class ThermalCameraSensor(BaseSensor[ThermalCameraConfig, SensorWorld]):
    """Apparent temperature of every pixel (frame, pixel) [K]. `run_frames` takes the place of `run`."""

    sensor_type: ClassVar[str] = "thermal_camera"
    stream: ClassVar[str] = "thermal"
    fault_kinds: ClassVar[tuple[str, ...]] = CAMERA_FAULTS
    config_type: ClassVar[type[SensorConfig]] = ThermalCameraConfig

    def __init__(self, config: ThermalCameraConfig, sensing_seed: int = 0) -> None:
        off = config.stages_off
        super().__init__(config.model_copy(update={"stages_off": off is True}), sensing_seed)
        self.config = config
        self._as_built = built_imperfections(self.values, config)
        self.converter = fitted_converter(self.values)
        for name in off if isinstance(off, tuple) else ():
            if name not in self.effects:
                raise UnknownNameError("stages_off", name, self.effects)
        rows, columns = self.camera.rows, self.camera.columns
        if min(rows, columns) < 8:  # numerical choice: patterns need a few pixels each way
            raise ConfigError("overrides.optics", f"{columns}x{rows}", "needs 8 rows and columns")

    @cached_property
    def effects(self) -> tuple[str, ...]:
        """Effects that `stages_off` may name."""
        none = self._as_built.none()
        names = [f.name for f in fields(none) if getattr(none, f.name) == 0.0 and f.name != "is_repairing"]
        return (*names, LINK)

    @cached_property
    def imperfections(self) -> ThermalImperfections:
        """Amplitude of every effect after overrides and `stages_off`."""
        if self.config.stages_off is True:
            return self._as_built.none()
        off: dict[str, Any] = {name: 0.0 for name in self.config.stages_off or () if name != LINK}
        return replace(self._as_built, **off)

    def faults(self, kind: str) -> Spells:
        """When the camera has a fault of one kind; never, where every effect is off."""
        return NEVER if self.config.stages_off is True else super().faults(kind)

    @property
    def camera(self) -> PinholeCamera:
        """Place and direction."""
        return PinholeCamera(
            position_m=self.position_3d,
            azimuth_deg=(self.config.azimuth_deg or 0.0) % 360.0,
            elevation_deg=self.config.elevation_deg or 0.0,
            horizontal_view_deg=self.values.number("optics.horizontal_view_deg", "deg"),
            rows=int(self.values.number("optics.rows", "px")),
            columns=int(self.values.number("optics.columns", "px")),
            blur_px=self.values.number("optics.blur_px", "px"),
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
        camera = self.camera
        unit = draw_unit(
            self.imperfections,
            self.converter,
            self.config.interval_s,
            sensing_seed,
            *path,
            shape=(camera.rows, camera.columns),
            drift_days=self.drift_days,
            bias_limit_k=self.accuracy_k,
            has_web=bool(self.faults("spider")),
        )
        on_since_s = self.config.on_since_s
        on_at_s = None if on_since_s is None else -on_since_s
        return CameraMemory(unit, None, np.zeros(2), stream(sensing_seed, *path, LINK), on_at_s)

    def run_frames(
        self, world: SensorWorld, memory: CameraMemory, powered: npt.NDArray[np.bool_] | None = None
    ) -> FrameBlock:
        """Frames over the ticks of a world block at which the camera samples; `memory` is advanced.

        Where it has no power, or the video link is down, there is no frame; its noise goes on all the same.
        """
        scene, camera = _scene(world), self.camera
        dt_s, ticks = world.grid.dt_s, world.first_tick + np.arange(world.grid.n)
        if not self.is_enabled:
            memory.on_at_s = np.nan
            memory.carry = switched_off(memory.carry) if memory.carry else None
            return no_frames(camera.rows * camera.columns, ticks)
        t_s = ticks * np.float64(dt_s)
        on_s, memory.on_at_s = on_times_s(t_s, dt_s, memory.on_at_s, powered)
        is_lost, is_stuck = link_state(
            link_times_s(self.values, self.config), self.faults, t_s, dt_s, memory.link, memory.link_rng
        )
        chosen = np.flatnonzero(self.sampled(world))
        if chosen.size == 0:
            return no_frames(camera.rows * camera.columns)
        memory.unit = at_frame_period(memory.unit, max(self.config.interval_s, dt_s))
        on_s = None if on_s is None else on_s[chosen]
        is_on = None if powered is None else powered[chosen]
        conditions = self._surroundings(scene, memory.unit, t_s, chosen)
        conditions = replace(conditions, is_on=is_on, is_stuck=is_stuck[chosen])
        carry = self._carry(memory, conditions, int(ticks[chosen[0]]) // self.config.ticks_apart(dt_s), on_s)
        seen, weights = scene.view(camera)
        radiance = scene.view_radiance_w_m2_sr(seen)
        radiance = radiance if chosen.size == ticks.size else radiance[chosen]
        frames, memory.carry = record_frames(radiance, weights, memory.unit, conditions, carry)
        block = self._graded(ticks[chosen], frames, conditions, scene.rain_mm_h()[chosen], on_s)
        missing = np.where(is_lost[chosen], Status.NO_DATA, 0).astype(np.uint16)
        return block.without(missing if is_on is None else np.where(is_on, missing, np.uint16(Status.OFF)))

    def _graded(
        self,
        ticks: npt.NDArray[np.int64],
        frames: Frames,
        conditions: CameraConditions,
        rain_mm_h: Array,
        on_s: Array | None,
    ) -> FrameBlock:
        """Frames with their status, and their grade by the error to be expected; faults are not known."""
        film_loss = rain_film_loss(rain_mm_h, self.imperfections.rain_film_loss)
        grade = grade_pictures(
            self.imperfections,
            frames,
            (self.camera.rows, self.camera.columns),
            conditions.housing_k,
            film_loss,
            self.drift_days,
            self.accuracy_k,
        )
        flags = camera_status(frames, on_s, self.values.number("warm_up.time", "s"))
        return FrameBlock(ticks, frames, flags, grade.quality, grade.confidence, NOTHING, NO_FLAGS)

    @cached_property
    def accuracy_k(self) -> float:
        """Greatest error that the part states [K]."""
        return self.values.number("accuracy.absolute", "K")

    def _surroundings(
        self, scene: SceneField, unit: CameraUnit, t_s: Array, chosen: npt.NDArray[np.int64]
    ) -> CameraConditions:
        """What surrounds the camera at the chosen ticks, with its faults."""
        housing_k = scene.housing_k()[chosen]
        row, column = sun_pixels(scene, self.camera)
        film_loss = rain_film_loss(scene.rain_mm_h()[chosen], self.imperfections.rain_film_loss)
        conditions = CameraConditions(housing_k, film_loss, housing_k, row[chosen], column[chosen])
        if not self.config.faults:
            return conditions
        shutter_k = housing_k + unit.shutter[shutter.SELF_HEATING_K]
        return with_faults(conditions, self.faults, t_s[chosen], shutter_k, self.accuracy_k)

    def _carry(
        self, memory: CameraMemory, conditions: CameraConditions, first_frame: int, on_s: Array | None
    ) -> CameraCarry:
        """State before the block's first frame; frames that nobody asked for are passed over."""
        housing_k, carry = float(conditions.housing_k[0]), memory.carry
        if carry is None:
            if conditions.is_stuck is not None:
                conditions.is_stuck[0] = False  # there is no frame yet that could be repeated
            return start_camera(memory.unit, housing_k, first_frame, None if on_s is None else float(on_s[0]))
        return carry if carry.next_tick == first_frame else resumed(carry, housing_k, first_frame)

    def excess_snr(self, world: SensorWorld, healthy: SensorWorld) -> Array:
        """Greatest departure of any pixel from the world without a cause, in sigmas, (time,)."""
        return greatest_excess_snr(_scene(world), _scene(healthy), self.camera, self.detection_sigma_k)

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
