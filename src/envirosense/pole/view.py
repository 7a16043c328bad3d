"""What a camera on the pole sees: bodies of the scene, the component each shows, and its radiance."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.radiation import (
    atmosphere_transmittance,
    component_radiance_w_m2_sr,
)
from envirosense.physics.sky import band_sky_radiance_w_m2_sr
from envirosense.pole.components import Components
from envirosense.pole.scene import Coverage, Scene, SparseWeights, coverage
from envirosense.pole.scene_geometry import (
    Box,
    Cylinder,
    Ellipsoid,
    Ground,
    PinholeCamera,
    Primitive,
)
from envirosense.pole.site import PHASES, Site

MEAN_SKY_RAD = np.radians(40.0)  # elevation whose radiance stands for the reflected sky; assumed
SPOT_RADIUS_M = 0.07  # heated ring of wood around the steel, on both faces of the timber; assumed
FITTING_DEPTH_M = 0.06  # how far bolt and washer stand out of the timber; assumed


def build_scene(site: Site) -> Scene:
    """Bodies of a site around its pole."""
    top_m = site.crossarm_height_m + site.insulator_height_m
    bodies: list[Primitive] = [
        Ground(),
        Cylinder("pole", (0.0, 0.0, 0.0), (0.0, 0.0, site.pole_height_m), site.pole_diameter_m / 2, facets=4),
        Box(
            "crossarm",
            (0.0, 0.0, site.crossarm_height_m),
            (site.crossarm_length_m / 2, 0.05, 0.06),
            site.line_azimuth_deg,
            bands=2,
        ),
        Cylinder(
            "neutral",
            site.place(-0.2, -3.0, site.neutral_height_m),
            site.place(-0.2, 3.0, site.neutral_height_m),
            site.conductor_diameter_m / 2,
        ),
    ]
    for phase, across in zip(PHASES, site.phase_offsets_m, strict=True):
        low, high = site.place(across, 0.0, site.crossarm_height_m), site.place(across, 0.0, top_m)
        wire = (site.place(across, -3.0, top_m + 0.05), site.place(across, 3.0, top_m + 0.05))
        bodies += [
            Cylinder(f"insulator_{phase}", low, high, 0.06),
            Ellipsoid(f"clamp_{phase}", site.place(across, 0.0, top_m + 0.03), (0.055, 0.055, 0.05)),
            Cylinder(f"conductor_{phase}", *wire, site.conductor_diameter_m / 2),
        ]
    bodies += _fittings(site) + _trees(site)
    if site.has_transformer:
        behind_m = -(site.pole_diameter_m / 2 + 0.3)
        foot, head = (site.place(0.0, behind_m, site.transformer_height_m + z) for z in (0.0, 0.8))
        bodies.append(Cylinder("tank", foot, head, 0.23, segments=2))
    return Scene(tuple(bodies))


def _fittings(site: Site) -> list[Primitive]:
    """Through bolts that stand out on both faces of their timber, and the wood around each end."""
    arm_m, pole_m = 0.05, site.pole_diameter_m / 2
    sunk_m = SPOT_RADIUS_M / 2  # so that the steel stands out of the cap of wood
    places = {
        "crossarm_bolt": (site.phase_offsets_m[2], site.crossarm_height_m, arm_m),
        "pole_top_bolt": (0.0, site.crossarm_height_m, pole_m),
        "neutral_bracket": (0.0, site.neutral_height_m, pole_m),
    }
    bodies: list[Primitive] = []
    for name, (across, height, half_m) in places.items():
        reach = half_m + FITTING_DEPTH_M
        ends = site.place(across, -reach, height), site.place(across, reach, height)
        bodies.append(Cylinder(name, *ends, 0.03))
        bodies += [
            Ellipsoid(f"{name}_wood/{side}", site.place(across, along, height), (SPOT_RADIUS_M,) * 3)
            for side, along in (("front", half_m - sunk_m), ("back", sunk_m - half_m))
        ]
    return bodies


def _trees(site: Site) -> list[Primitive]:
    half = site.tree_height_m / 2
    east, north, _ = site.bearing(site.tree_bearing_deg, site.tree_distance_m, 0.0)
    width = max(1.0, 0.3 * site.tree_height_m)
    return [
        Ellipsoid("tree_shady", (east, north, 0.7 * half), (width, width, 0.7 * half)),
        Ellipsoid("tree_sunny", (east, north, 1.4 * half), (0.8 * width, 0.8 * width, 0.6 * half)),
    ]


# Component of the heat network that each body of the scene shows.
_SHOWS = {
    "pole/0/0": "pole_n",
    "pole/0/1": "pole_e",
    "pole/0/2": "pole_s",
    "pole/0/3": "pole_w",
    "crossarm/0": "crossarm_bottom",
    "crossarm/1": "crossarm_top",
    "tank/0": "tank_bottom",
    "tank/1": "tank_top",
    "ground/0": "ground",
    "ground/1": "ground",
    "ground/2": "ground",
}


def shown_component(body: str) -> str | None:
    """Component of the heat network that a body of the scene shows; None for sky."""
    return None if body.startswith("sky/") else _SHOWS.get(body, body.partition("/")[0])


@lru_cache(maxsize=64)
def site_view(site: Site, camera: PinholeCamera) -> tuple[Coverage, SparseWeights]:
    """Coverage of a site in a camera, kept because every episode of a site shares it."""
    seen = coverage(build_scene(site), camera)
    return seen, seen.sparse()


@dataclass(frozen=True, slots=True)
class ViewConditions:
    """Air and sky between the camera and what it sees; arrays are (time,).

    The air's dimming over a few metres is taken from the episode's means.
    """

    air_k: Array
    dew_point_k: Array
    mean_air_k: float
    mean_relative_humidity: float
    cloud_fraction: Array
    cloud_base_m: Array


def view_radiance_w_m2_sr(
    seen: Coverage, components: Components, component_k: Array, conditions: ViewConditions
) -> Array:
    """In-band radiance of every body at the window, (time, body) [W/m2/sr].

    `component_k` is (time, node). A body reflects sky and surroundings by how much of each it
    faces; the air in between dims it and glows.
    """
    c = conditions
    sky = np.stack([c.air_k, c.dew_point_k, c.cloud_fraction, c.cloud_base_m], axis=0)[:, :, None]
    mean_sky = band_sky_radiance_w_m2_sr(MEAN_SKY_RAD, *sky)
    out = np.empty((c.air_k.size, len(seen.components)))
    bodies = [(i, shown_component(name)) for i, name in enumerate(seen.components)]
    solid = [i for i, name in bodies if name is not None]
    nodes = [components.index(name) for _, name in bodies if name is not None]
    properties = [components.nodes[node] for node in nodes]
    range_m = np.nan_to_num(seen.range_m[solid], nan=1.0)
    mean_air_c = c.mean_air_k - ZERO_CELSIUS_K
    transmittance = atmosphere_transmittance(range_m, mean_air_c, c.mean_relative_humidity)
    out[:, solid] = component_radiance_w_m2_sr(
        component_k[:, nodes],
        np.array([node.emissivity for node in properties]),
        transmittance,
        c.air_k[:, None],
        mean_sky,
        c.air_k[:, None],
        np.array([node.sky_view for node in properties]),
    )
    bands = [i for i, name in bodies if name is None]
    elevation = seen.elevation_rad[bands]
    out[:, bands] = band_sky_radiance_w_m2_sr(elevation[None, :], *sky)
    return out
