"""What a camera on the pole sees: radiance of every body of the scene and of every point of the sky."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.light.radiation import (
    atmosphere_transmittance,
    band_radiance_slope,
    band_radiance_w_m2_sr,
    component_radiance_w_m2_sr,
)
from envirosense.physics.light.sky import (
    band_emissivity,
    band_path,
    band_sky_radiance_w_m2_sr,
    berdahl_martin_emissivity,
    cloud_base_k,
    share_below,
)
from envirosense.pole.heat.components import Components
from envirosense.pole.picture import cloud_kernels as kernels
from envirosense.pole.picture.clouds import SHARPNESS, cloud_places_m, cover_level, field_samples
from envirosense.pole.picture.scene import Coverage, SparseWeights, coverage
from envirosense.pole.picture.scene_bodies import build_scene, shown_component, surface_of
from envirosense.pole.picture.scene_geometry import PinholeCamera
from envirosense.pole.site import Site

__all__ = ["ViewConditions", "build_scene", "shown_component", "site_view", "view_radiance_w_m2_sr"]

MEAN_SKY_RAD = np.radians(40.0)  # elevation whose radiance stands for the reflected sky; assumed
SMALL_PX = 4800  # pixels of a picture of which many views are kept
BASE_RELIEF_K = 1.2  # standard deviation of a cloud base's temperature along the layer; assumed
NO_GLINTS: Mapping[str, Array] = MappingProxyType({})
_F = np.float32

type Numbers = npt.NDArray[np.int64]


def site_view(site: Site, camera: PinholeCamera) -> tuple[Coverage, SparseWeights]:
    """Coverage of a site in a camera, kept because every episode of a site shares it."""
    kept = _view if camera.rows * camera.columns <= SMALL_PX else _large_view
    return kept(site, camera)


@lru_cache(maxsize=64)
def _view(site: Site, camera: PinholeCamera) -> tuple[Coverage, SparseWeights]:
    seen = coverage(build_scene(site), camera)
    return seen, seen.sparse()


@lru_cache(maxsize=12)
def _large_view(site: Site, camera: PinholeCamera) -> tuple[Coverage, SparseWeights]:
    """The same; fewer are kept, since one of 160x120 pixels takes 20 MiB."""
    seen = coverage(build_scene(site), camera)
    return seen, seen.sparse()


@dataclass(frozen=True, slots=True)
class ViewConditions:
    """Air and sky between the camera and what it sees; arrays are (time,).

    The air's dimming over a few metres is taken from the episode's means, and so are the clouds' height
    and drift.
    """

    air_k: Array
    dew_point_k: Array
    mean_air_k: float
    mean_relative_humidity: float
    cloud_fraction: Array
    cloud_base_m: Array
    t_s: Array | None = None  # since the episode's start; None holds the clouds still
    cloud_height_m: float = 1500.0
    cloud_drift_m_s: tuple[float, float] = (0.0, 0.0)  # east, north
    cloud_seed: int = 0
    glints_w_sr: Mapping[str, Array] = NO_GLINTS  # what components throw of the sun towards the camera


def view_radiance_w_m2_sr(
    seen: Coverage, components: Components, component_k: Array, conditions: ViewConditions
) -> Array:
    """In-band radiance of every body at the window, (time, body) [W/m2/sr].

    `component_k` is (time, node). A body reflects sky and surroundings by how much of each it faces; the
    air in between dims it and glows. What no pixel shows radiates like the air. A glint is spread over what
    is seen of its component.
    """
    shown = [shown_component(name) for name in seen.components]
    n_bodies = sum(name is not None for name in shown)  # the sky's points come after them
    out = np.empty((len(shown), conditions.air_k.size))  # a body after another, as kernels eat them
    out[:n_bodies] = band_radiance_w_m2_sr(conditions.air_k)
    bodies = np.flatnonzero(~np.isnan(seen.range_m[:n_bodies]))
    nodes = np.array([components.index(str(shown[i])) for i in bodies], dtype=np.int64)
    out[bodies] = _body_radiance(seen, components, component_k, conditions, bodies, nodes).T
    out[n_bodies:] = _sky_radiance(seen, n_bodies, conditions).T
    for name, intensity_w_sr in conditions.glints_w_sr.items():
        _add_glint(out, seen, [i for i in range(n_bodies) if shown[i] == name], intensity_w_sr)
    return out.T


def _add_glint(out: Array, seen: Coverage, bodies: list[int], intensity_w_sr: Array) -> None:
    """Add the radiance of a component's glint to its bodies, `out` (body, time)."""
    seen_m2 = 0.0 if seen.seen_m2 is None else float(seen.seen_m2[bodies].sum())
    if seen_m2 > 0.0:
        out[bodies] += intensity_w_sr / seen_m2


def _body_radiance(
    seen: Coverage,
    components: Components,
    component_k: Array,
    conditions: ViewConditions,
    bodies: Numbers,
    nodes: Numbers,
) -> Array:
    c = conditions
    sky = np.stack([c.air_k, c.dew_point_k, c.cloud_fraction, c.cloud_base_m], axis=0)[:, :, None]
    factor, added = np.array([surface_of(seen.components[i]) for i in bodies]).reshape(-1, 2).T
    air_k = c.air_k[:, None]
    surface_k = air_k + factor * (component_k[:, nodes] - air_k)
    network = components.network
    transmittance = atmosphere_transmittance(
        seen.range_m[bodies], c.mean_air_k - ZERO_CELSIUS_K, c.mean_relative_humidity
    )
    return component_radiance_w_m2_sr(
        surface_k,
        np.clip(network.emissivity[nodes] + added, 0.0, 1.0),
        transmittance,
        air_k,
        band_sky_radiance_w_m2_sr(MEAN_SKY_RAD, *sky),
        component_k[:, components.index("ground"), None],
        network.sky_view[nodes],
    )


def _sky_radiance(seen: Coverage, first: int, conditions: ViewConditions) -> npt.NDArray[np.float32]:
    """Radiance of points of the sky, (time, point): `band_sky_radiance_w_m2_sr`, cloud in places."""
    c, elevation = conditions, seen.elevation_rad[first:]
    azimuth = np.zeros(elevation.size) if seen.azimuth_rad is None else seen.azimuth_rad[first:]
    t_s = np.zeros(c.air_k.size) if c.t_s is None else c.t_s
    places_m = cloud_places_m(azimuth, elevation, c.cloud_height_m)
    samples, before, between = field_samples(c.cloud_seed, places_m, t_s, c.cloud_drift_m_s)
    base_k, air = cloud_base_k(c.air_k, c.cloud_base_m), band_radiance_w_m2_sr(c.air_k)
    table = np.empty((t_s.size, kernels.N_COLUMNS), _F)
    table[:, kernels.AIR] = air
    emissivity = band_emissivity(berdahl_martin_emissivity(c.dew_point_k))
    table[:, kernels.ZENITH_PATH] = band_path(np.pi / 2, emissivity)
    table[:, kernels.CLOUD_OVER_AIR] = band_radiance_w_m2_sr(base_k) - air
    table[:, kernels.RELIEF] = BASE_RELIEF_K * band_radiance_slope(base_k)
    table[:, kernels.SHARE_BELOW] = share_below(c.cloud_base_m)
    table[:, kernels.LEVEL] = cover_level(c.cloud_fraction)
    table[:, kernels.BETWEEN] = between
    slant = (band_path(elevation, 0.5) / band_path(np.pi / 2, 0.5)).astype(_F)
    out = np.empty((t_s.size, slant.size), _F)
    kernels.fill_sky(table, slant, samples, before, _F(SHARPNESS), out)
    return out
