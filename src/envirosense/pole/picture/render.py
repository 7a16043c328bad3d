"""Frames of one still scene through the whole camera: the function behind `pole.validation.render`.

A scene is a site in weather that has stood for a while. Components take the temperatures that the heat
network reaches, plus what the caller adds; the camera is the twin's own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError

from envirosense.core.config import FrozenModel, config_error
from envirosense.core.errors import UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.parts import part_ids
from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments.conditions import SensorWorld
from envirosense.physics.air.humidity import relative_humidity
from envirosense.physics.light.sunlight import SunTrack
from envirosense.physics.thermal.heat import solve_network
from envirosense.pole.domain import require_generator
from envirosense.pole.heat.components import Components, build_components
from envirosense.pole.heat.heating import Surroundings, network_drive, over_ground, sunlight_w_m2
from envirosense.pole.outfit import default_configuration
from envirosense.pole.picture.clouds import CLOUD_SPEED_UP
from envirosense.pole.picture.scene import Coverage, SparseWeights
from envirosense.pole.picture.scene_geometry import PinholeCamera
from envirosense.pole.picture.view import ViewConditions, site_view, view_radiance_w_m2_sr
from envirosense.pole.sensors.thermal_camera import ThermalCameraConfig, ThermalCameraSensor
from envirosense.pole.site import PHASES, Site

type Frames = npt.NDArray[np.float64]
type ExcessK = Annotated[float, Field(ge=-100, le=1500)]  # the heat network itself ends at 1300 K

STOOD_S, STEP_S = 3 * 3600.0, 60.0  # how long the weather has stood when frames begin; assumed
SUN_BEAM_W_M2 = 120.0  # direct sunshine of the meteorologists starts here


class RenderScene(FrozenModel):
    """A place, its weather and what is hot; the defaults are a fair summer noon."""

    site: Site = Site()
    air_c: float = Field(22.0, ge=-40, le=55)
    dew_point_c: float = Field(12.0, ge=-50, le=40)
    ground_deep_c: float | None = Field(None, ge=-30, le=50)  # None is the air's
    wind_m_s: float = Field(2.5, ge=0, le=40)  # at the crossarm
    wind_from_deg: float = Field(270.0, ge=0, le=360)
    cloud_fraction: float = Field(0.2, ge=0, le=1)
    cloud_base_m: float = Field(1500.0, ge=30, le=12000)
    rain_mm_h: float = Field(0.0, ge=0, le=200)
    sun_elevation_deg: float = Field(60.0, ge=-90, le=90)
    sun_azimuth_deg: float = Field(180.0, ge=0, le=360)
    dni_w_m2: float = Field(750.0, ge=0, le=1150)
    dhi_w_m2: float = Field(110.0, ge=0, le=700)
    current_a: float = Field(150.0, ge=0, le=1000)
    excess_k: dict[str, ExcessK] = Field(default_factory=dict)  # added to components by name
    n_frames: int = Field(1, ge=1, le=100_000)
    frame_s: float = Field(1.0, gt=0, le=600)

    def __init__(self, **data: Any) -> None:
        """Scene of these fields.

        Raises:
            ConfigError: for the first field that does not fit.
        """
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise config_error(error, model=type(self)) from None


@dataclass(frozen=True, slots=True)
class _StillWorld:
    """What the camera asks of a world, for weather that stands."""

    scene: RenderScene
    components: Components
    component_k: Array  # (node,)
    cloud_seed: int
    first_tick: int = 0

    @property
    def grid(self) -> TimeGrid:
        start = datetime(2000, 1, 1, tzinfo=UTC)
        return TimeGrid(start_utc=start, dt_s=self.scene.frame_s, n=self.scene.n_frames)

    def view(self, camera: PinholeCamera) -> tuple[Coverage, SparseWeights]:
        return site_view(self.scene.site, camera)

    def view_radiance_w_m2_sr(self, seen: Coverage) -> Array:
        s, ones = self.scene, np.ones(self.scene.n_frames)
        air_k, dew_k = s.air_c + ZERO_CELSIUS_K, s.dew_point_c + ZERO_CELSIUS_K
        from_rad, speed = np.radians(s.wind_from_deg), -CLOUD_SPEED_UP * s.wind_m_s
        conditions = ViewConditions(
            air_k=air_k * ones,
            dew_point_k=dew_k * ones,
            mean_air_k=air_k,
            mean_relative_humidity=float(relative_humidity(air_k, dew_k)),
            cloud_fraction=s.cloud_fraction * ones,
            cloud_base_m=s.cloud_base_m * ones,
            t_s=self.grid.t_s,
            cloud_height_m=s.cloud_base_m,
            cloud_drift_m_s=(speed * float(np.sin(from_rad)), speed * float(np.cos(from_rad))),
            cloud_seed=self.cloud_seed,
        )
        return view_radiance_w_m2_sr(seen, self.components, np.outer(ones, self.component_k), conditions)

    def sun_direction(self) -> tuple[Array, Array]:
        s = self.scene
        is_lit = s.dni_w_m2 > SUN_BEAM_W_M2 and s.sun_elevation_deg > 0.0
        azimuth = np.full(s.n_frames, np.radians(s.sun_azimuth_deg) if is_lit else np.nan)
        return azimuth, np.radians(s.sun_elevation_deg) + 0.0 * azimuth

    def housing_k(self) -> Array:
        return np.full(self.scene.n_frames, self.component_k[self.components.index("device_case")])

    def rain_mm_h(self) -> Array:
        return np.full(self.scene.n_frames, self.scene.rain_mm_h)


def render(scene: RenderScene, camera: str | ThermalCameraConfig, rng: np.random.Generator) -> Frames:
    """Frames of one drawn camera looking at a scene, (frame, 60, 80) [K], all imperfections on.

    Args:
        scene: place, weather, sun, load, and kelvins added to components.
        camera: a part of kind thermal_camera at the site's usual place, or a full configuration.
        rng: draws the camera unit and the clouds; the same generator state gives the same frames.

    Raises:
        UnknownNameError: if `excess_k` names no component, or `camera` is no part of a thermal camera.
    """
    require_generator(rng)
    configuration = _configured(scene, camera)
    components = build_components(scene.site)
    component_k = standing_k(scene, components)
    for name, excess_k in scene.excess_k.items():
        component_k[components.index(name)] += excess_k
    unit_seed, cloud_seed = (int(seed) for seed in rng.integers(0, 2**62, 2))
    world = cast(SensorWorld, _StillWorld(scene, components, component_k, cloud_seed))
    sensor = ThermalCameraSensor(configuration)
    block = sensor.run_frames(world, sensor.start_frames(unit_seed, "render"))
    return block.temperature_k().reshape(-1, sensor.camera.rows, sensor.camera.columns)


def standing_k(scene: RenderScene, components: Components) -> Array:
    """Temperatures of the components after three hours of a scene's weather from the air's, (node,) [K]."""
    n = round(STOOD_S / STEP_S)
    air_k = scene.air_c + ZERO_CELSIUS_K
    sun = SunTrack(
        np.zeros(1),
        np.radians([90.0 - scene.sun_elevation_deg]),
        np.radians([scene.sun_azimuth_deg]),
    )
    dni, dhi = np.array([scene.dni_w_m2]), np.array([scene.dhi_w_m2])
    ghi = dhi + dni * np.maximum(sun.cos_zenith, 0.0)
    angle = np.radians(scene.wind_from_deg - scene.site.line_azimuth_deg)
    around = Surroundings(
        air_k=np.full(n, air_k),
        dew_point_k=np.full(n, scene.dew_point_c + ZERO_CELSIUS_K),
        rain_mm_h=np.full(n, scene.rain_mm_h),
        cloud_fraction=np.full(n, scene.cloud_fraction),
        wind_m_s=np.full(n, scene.wind_m_s),
        wind_cosine=np.full(n, abs(float(np.cos(angle)))),
        sunlight_w_m2=np.repeat(sunlight_w_m2(components, sun, ghi, dni, dhi), n, axis=0),
        current_a=np.full(n, scene.current_a),
        phase_share=np.ones((n, len(PHASES))),
    )
    start_k = np.full(len(components.names), air_k)
    if scene.ground_deep_c is not None:
        start_k[components.index("ground_deep")] = scene.ground_deep_c + ZERO_CELSIUS_K
    drive = over_ground(components, network_drive(scene.site, components, around), STEP_S, start_k)
    return np.array(solve_network(components.network, drive, STEP_S, start_k)[-1])


def _configured(scene: RenderScene, camera: str | ThermalCameraConfig) -> ThermalCameraConfig:
    if isinstance(camera, ThermalCameraConfig):
        return camera.model_copy(update={"interval_s": scene.frame_s})
    cameras = [part for part in part_ids() if part.startswith("thermal_camera/")]
    if camera not in cameras:
        raise UnknownNameError("camera", camera, cameras)
    usual = default_configuration(scene.site, scene.frame_s).sensors[-1]
    return cast(ThermalCameraConfig, usual.model_copy(update={"part": camera}))
