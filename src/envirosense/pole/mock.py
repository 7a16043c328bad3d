"""A world whose truth is written down in closed form, for people who test sensors.

It answers what `Environment3DState` answers. The picture is the same wherever a camera looks: one
even black scene, with at most one hot spot that fills a given share of one pixel.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, model_validator

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.core.species import species as species_named
from envirosense.core.volumes import Volume, mean_over
from envirosense.physics.light.radiation import band_radiance_w_m2_sr
from envirosense.pole.matter.aerosol_parts import aerosol_kind, aerosol_names, number_in_bins
from envirosense.pole.mock_fields import MockFields, MockFieldSettings, Place, Swing
from envirosense.pole.mock_sources import Levels, MockSource
from envirosense.pole.picture.scene import Coverage, SparseWeights
from envirosense.pole.picture.scene_geometry import PinholeCamera

SCENE, SPOT = "scene", "hot_spot"  # bodies of the picture

type Share = Annotated[float, Field(ge=0, le=1)]


class MockSettings(MockFieldSettings):
    """Means, gradients, sources, the hot spot, and how everything moves in time.

    The course f(t) is 0 before `begin_s`; then a step is 1, a ramp rises to 1 over `period_s`, a
    sinusoid is sin(2 pi (t - begin) / period). Air is mean + swing f; wind and gas are mean (1 + swing f).
    """

    air_k: PositiveFloat = 293.15
    relative_humidity: Share = 0.5
    pressure_pa: PositiveFloat = 101_325.0
    wind_m_s: tuple[float, float, float] = (-2.0, 0.0, 0.0)  # east, north, up
    irradiance_w_m2: NonNegativeFloat = 400.0
    rain_mm_h: NonNegativeFloat = 0.0
    gas_ppb: Levels = Field(default_factory=lambda: {"carbon_monoxide": 150.0, "ozone": 35.0})
    scene_k: PositiveFloat = 293.15
    housing_k: PositiveFloat = 295.15
    sun_azimuth_deg: float | None = None  # None: no beam reaches the camera
    sun_elevation_deg: float = 45.0
    air_gradient_k_m: Position = (0.0, 0.0, 0.0)
    gas_gradient_per_m: Position = (0.0, 0.0, 0.0)  # of the mean; gas does not fall below zero
    wind_shear_per_m: float = 0.0  # of the mean, with height
    sources: tuple[MockSource, ...] = ()
    hot_spot_k: PositiveFloat | None = None
    hot_spot_share: Share = 0.5
    hot_spot_pixel: tuple[NonNegativeInt, NonNegativeInt] = (29, 39)  # row, column
    course: Literal["constant", "step", "ramp", "sinusoid"] = "constant"
    begin_s: NonNegativeFloat = 60.0
    period_s: PositiveFloat = 120.0
    air_swing_k: float = 5.0
    humidity_swing: Swing = 0.1
    pressure_swing_pa: float = 200.0
    irradiance_swing_w_m2: float = 200.0
    rain_swing_mm_h: NonNegativeFloat = 0.0
    scene_swing_k: float = 5.0
    wind_swing: Swing = 0.4
    gas_swing: Swing = 0.8

    @model_validator(mode="after")
    def _truth_is_possible(self) -> Self:
        if self.sources and not any(self.wind_m_s):
            raise ConfigError("wind_m_s", self.wind_m_s, "a plume needs wind; give it a direction")
        if self.course == "constant":
            return self
        if not abs(self.humidity_swing) <= min(self.relative_humidity, 1.0 - self.relative_humidity):
            raise ConfigError("humidity_swing", self.humidity_swing, "humidity must stay within 0 and 1")
        if abs(self.irradiance_swing_w_m2) > self.irradiance_w_m2:
            raise ConfigError("irradiance_swing_w_m2", self.irradiance_swing_w_m2, "must not exceed the mean")
        return self


KINDS: Final[Mapping[str, dict[str, Any]]] = {
    "uniform": {},
    "gradient": {
        "air_gradient_k_m": (0.1, 0.0, -0.0065),
        "gas_gradient_per_m": (0.02, 0.01, 0.03),
        "wind_shear_per_m": 0.05,
    },
    "plume": {"sources": ({"at_m": (3.0, 0.0, 6.0)},)},
    "hot_spot": {"hot_spot_k": 363.15},
    "step": {"course": "step"},
    "ramp": {"course": "ramp"},
    "sinusoid": {"course": "sinusoid"},
    "several_sources": {
        "sources": (
            {"at_m": (2.0, 0.0, 6.0)},
            {"at_m": (4.0, 0.3, 6.2), "width_m": 0.5},
            {"at_m": (5.0, 4.0, 6.0), "strength_ppb": {"carbon_monoxide": 900.0}},
        )
    },
}  # what differs from the settings' defaults
_START: Final = datetime(1990, 7, 1, 12, tzinfo=UTC)


def create_mock_environment_state(
    kind: str = "uniform", grid: TimeGrid | None = None, **settings: Any
) -> "MockEnvironmentState":
    """World of one kind over a grid (ten minutes at 1 s); `settings` are the fields of `MockSettings`.

    Raises:
        UnknownNameError: if there is no such kind.
        ConfigError: if a setting is unknown or impossible.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind", kind, KINDS)
    grid = grid or TimeGrid(start_utc=_START, dt_s=1.0, n=600)
    return MockEnvironmentState(MockSettings.parse(KINDS[kind] | settings, "mock"), grid)


class MockEnvironmentState(MockFields):
    """Exact truth over a range of ticks; arrays start with (time,)."""

    def __init__(self, settings: MockSettings, grid: TimeGrid, first_tick: int = 0) -> None:
        """World over the ticks of `grid`, the first of which is `first_tick` of the episode."""
        self.settings = settings
        self.grid = grid
        self.first_tick = first_tick
        speed_m_s = math.hypot(*settings.wind_m_s)
        self._flow = np.array(settings.wind_m_s) / (speed_m_s or 1.0)
        for gases in (settings.gas_ppb, *(source.strength_ppb for source in settings.sources)):
            for name in gases:
                species_named(name)
        for particles in (settings.particle_ug_m3, *(source.particle_ug_m3 for source in settings.sources)):
            for name in particles:
                aerosol_kind(name)

    def ticks(self, first: int, n: int) -> Self:
        """`n` ticks of this world from its tick `first` on."""
        start_utc = self.grid.start_utc + timedelta(seconds=first * self.grid.dt_s)
        grid = TimeGrid(start_utc=start_utc, dt_s=self.grid.dt_s, n=n)
        return type(self)(self.settings, grid, self.first_tick + first)

    def without_causes(self) -> Self:
        """The same ticks without sources and hot spot."""
        settings = self.settings.model_copy(update={"sources": (), "hot_spot_k": None})
        return type(self)(settings, self.grid, self.first_tick)

    @property
    def _fields(self) -> MockFieldSettings:
        return self.settings

    def course_at(self, t_s: Array) -> Array:
        """Course f of everything that moves at times since the episode's start, shape of `t_s` [1]."""
        s = self.settings
        since_s = t_s - s.begin_s
        shape = {
            "constant": np.zeros_like(since_s),
            "step": np.ones_like(since_s),
            "ramp": np.minimum(since_s / s.period_s, 1.0),
            "sinusoid": np.sin(2.0 * np.pi * since_s / s.period_s),
        }[s.course]
        return np.where(since_s >= 0.0, shape, 0.0)

    def _mean(self, at: Place, field: Callable[[Position], float]) -> float:
        """A field without its course at a point, or its mean over a volume."""
        if isinstance(at, Volume):
            return float(mean_over(at, lambda point: np.array(field(point))))
        return field(at)

    def air_k(self, at: Place) -> Array:
        """Air temperature, (time,) [K]."""
        s = self.settings
        slope_k = self._mean(at, lambda point: math.fsum(np.multiply(s.air_gradient_k_m, point)))
        return s.air_k + slope_k + s.air_swing_k * self.course()

    def relative_humidity(self, at: Place) -> Array:
        """Relative humidity, (time,), 0..1."""
        return self.settings.relative_humidity + self.settings.humidity_swing * self.course()

    def pressure_pa(self, at: Place) -> Array:
        """Static pressure, (time,) [Pa]."""
        return self.settings.pressure_pa + self.settings.pressure_swing_pa * self.course()

    def wind_m_s(self, at: Place) -> Array:
        """Wind vector east, north, up, (time, 3) [m/s]."""
        s = self.settings
        shear = self._mean(at, lambda point: 1.0 + s.wind_shear_per_m * point[2])
        strength = shear * (1.0 + s.wind_swing * self.course())
        return np.outer(strength, s.wind_m_s)

    def irradiance_w_m2(self) -> Array:
        """Global horizontal irradiance, (time,) [W/m2]."""
        return self.settings.irradiance_w_m2 + self.settings.irradiance_swing_w_m2 * self.course()

    def rain_mm_h(self) -> Array:
        """Rain, (time,) [mm/h]."""
        return self.settings.rain_mm_h + self.settings.rain_swing_mm_h * np.maximum(self.course(), 0.0)

    def plane_irradiance_w_m2(self, tilt_deg: float, azimuth_deg: float) -> Array:
        """Irradiance of a tilted plane under an even sky over black ground, (time,) [W/m2]."""
        return self.irradiance_w_m2() * 0.5 * (1.0 + math.cos(math.radians(tilt_deg)))

    def gas_ppb(self, species: Sequence[str], at: Place) -> Array:
        """Mole fractions, (time, species) [ppb]: background and every source."""
        wanted = [species_named(name).name for name in species]
        mean = np.array([self._mean(at, partial(self._ppb, name)) for name in wanted])
        return np.outer(1.0 + self.settings.gas_swing * self.course(), mean)

    def _ppb(self, name: str, at: Position) -> float:
        s = self.settings
        slope = max(1.0 + math.fsum(np.multiply(s.gas_gradient_per_m, at)), 0.0)
        level = sum(ppb for own, ppb in s.gas_ppb.items() if species_named(own).name == name)
        return slope * level + sum(source.ppb(name, at, self._flow) for source in s.sources)

    @property
    def aerosols(self) -> tuple[str, ...]:
        """Names of the aerosols, in the order of `particle_ug_m3`."""
        return aerosol_names()

    def particle_ug_m3(self, at: Place) -> Array:
        """Dry mass of each aerosol, (time, aerosol) [ug/m3]: background and every source."""
        mean = [self._mean(at, partial(self._ug_m3, name)) for name in self.aerosols]
        return np.outer(1.0 + self.settings.particle_swing * self.course(), mean)

    def _ug_m3(self, name: str, at: Position) -> float:
        s = self.settings
        plumes = sum(source.ug_m3(name, at, self._flow) for source in s.sources)
        return s.particle_ug_m3.get(name, 0.0) + plumes

    def particle_per_cm3(self, edges_um: Array, at: Place) -> Array:
        """Number in each size bin, grown with the humidity, (time, bin) [1/cm3]."""
        humidity = self.relative_humidity(at)
        return number_in_bins(self.aerosols, self.particle_ug_m3(at), humidity, np.asarray(edges_um))

    def view(self, camera: PinholeCamera) -> tuple[Coverage, SparseWeights]:
        """How much of each pixel scene and hot spot fill, whatever the pose."""
        s = self.settings
        row, column = s.hot_spot_pixel
        if row >= camera.rows or column >= camera.columns:
            fix = f"the picture has {camera.rows} rows and {camera.columns} columns"
            raise ConfigError("hot_spot_pixel", s.hot_spot_pixel, fix)
        weights = np.zeros((camera.rows * camera.columns, 2), np.float32)
        weights[row * camera.columns + column, 1] = s.hot_spot_share if s.hot_spot_k else 0.0
        weights[:, 0] = 1.0 - weights[:, 1]
        seen = Coverage(weights, (SCENE, SPOT), np.ones(2), np.full(2, np.nan))
        return seen, seen.sparse()

    def view_radiance_w_m2_sr(self, seen: Coverage) -> Array:
        """In-band radiance of scene and hot spot, both black, (time, 2) [W/m2/sr]."""
        s = self.settings
        scene_k = s.scene_k + s.scene_swing_k * self.course()
        spot_k = np.full_like(scene_k, s.hot_spot_k) if s.hot_spot_k else scene_k
        return np.stack([band_radiance_w_m2_sr(scene_k), band_radiance_w_m2_sr(spot_k)], axis=1)

    def sun_direction(self) -> tuple[Array, Array]:
        """Azimuth and elevation of the sun, (time,) each [rad]; NaN while no beam arrives."""
        s = self.settings
        azimuth_deg = np.full(self.grid.n, np.nan if s.sun_azimuth_deg is None else s.sun_azimuth_deg)
        return np.radians(azimuth_deg), np.radians(s.sun_elevation_deg + 0.0 * azimuth_deg)

    def housing_k(self) -> Array:
        """Temperature of the device's case, (time,) [K]."""
        return np.full(self.grid.n, self.settings.housing_k)
