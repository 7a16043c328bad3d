"""Bodies of the scene around a pole: where each is, what surface it has and which component it shows."""

from zlib import crc32

import numpy as np

from envirosense.pole.heat.component_nodes import TANK_BANDS
from envirosense.pole.picture.scene import Scene
from envirosense.pole.picture.scene_geometry import Box, Cylinder, Ellipsoid, Ground, Point, Primitive
from envirosense.pole.picture.surface_texture import GAP, Patches, Textured
from envirosense.pole.site import PHASES, Site

SPOT_RADIUS_M = 0.07  # heated ring of wood around the steel, on both faces of the timber; assumed
FITTING_DEPTH_M = 0.06  # how far bolt and washer stand out of the timber; assumed
SPAN_SEEN_M = 25.0  # length of line on either side of the pole that is drawn; assumed
TANK_M = 0.8  # height of a 25 kVA tank; assumed
WOOD_KINDS, WOOD_SHARES = ("check", "dark", "light"), (0.12, 0.43, 0.45)  # assumed
LEAF_KINDS = (GAP, "shaded", "lit")
LEAF_M = (0.9, 0.9, 0.7)  # largest clumps of leaves; assumed
# Factor on the excess over air, added emissivity, by kind of surface. The factors of a material average to
# about 1 over its shares; drying soil and shading by cracks set their spread; all assumed.
SURFACES = {
    "dry": (1.35, -0.01),
    "moist": (0.65, 0.02),
    "light": (0.85, -0.02),
    "dark": (1.15, 0.01),
    "check": (0.95, 0.05),
    "shaded": (1.0, 0.0),
    "lit": (1.0, 0.0),
}


def build_scene(site: Site) -> Scene:
    """Bodies of a site around its pole; the site's name fixes their patches."""
    top_m = site.crossarm_height_m + site.insulator_height_m
    half_m, seed = site.pole_diameter_m / 2, crc32(site.site_id.encode())
    pole = Cylinder("pole", (0.0, 0.0, 0.0), (0.0, 0.0, site.pole_height_m), half_m, facets=4)
    arm_m = (site.crossarm_length_m / 2, 0.05, 0.06)
    arm = Box("crossarm", (0.0, 0.0, site.crossarm_height_m), arm_m, site.line_azimuth_deg, bands=2)
    bodies: list[Primitive] = [
        Textured(Ground(), Patches(("moist", "dry"), (0.5, 0.5), (4.0, 4.0, 4.0), seed, octaves=6)),
        Textured(pole, Patches(WOOD_KINDS, WOOD_SHARES, (0.06, 0.06, 1.5), seed + 1)),
        Textured(arm, Patches(WOOD_KINDS, WOOD_SHARES, (0.3, 0.3, 0.05), seed + 2)),
        Cylinder(
            "neutral",
            *_wire(site, site.neutral_offset_m, site.neutral_height_m),
            site.conductor_diameter_m / 2,
        ),
        *_braces(site),
    ]
    for phase, across in zip(PHASES, site.phase_offsets_m, strict=True):
        low, high = site.place(across, 0.0, site.crossarm_height_m), site.place(across, 0.0, top_m)
        bodies += [
            Cylinder(f"insulator_{phase}", low, high, 0.035),
            *_sheds(site, phase, across),
            Ellipsoid(f"clamp_{phase}", site.place(across, 0.0, top_m + 0.03), (0.055, 0.055, 0.05)),
            Cylinder(f"conductor_{phase}", *_wire(site, across, top_m + 0.05), site.conductor_diameter_m / 2),
        ]
    bodies += _protection(site) + _fittings(site) + _trees(site, seed)
    if site.has_transformer:
        bodies += _transformer(site)
    return Scene(tuple(bodies))


def _wire(site: Site, across_m: float, up_m: float) -> tuple[Point, Point]:
    return site.place(across_m, -SPAN_SEEN_M, up_m), site.place(across_m, SPAN_SEEN_M, up_m)


def _sheds(site: Site, phase: str, across_m: float) -> list[Primitive]:
    """Skirts of an insulator on its core."""
    up_m = site.crossarm_height_m + site.insulator_height_m * (np.arange(3) + 0.75) / 3.5
    places = [site.place(across_m, 0.0, float(z)) for z in up_m]
    return [Ellipsoid(f"insulator_{phase}/{i}", at, (0.07, 0.07, 0.022)) for i, at in enumerate(places)]


def _braces(site: Site) -> list[Primitive]:
    """Two wooden braces from the arm down to the pole."""
    arm_m, face_m = site.crossarm_height_m, site.pole_diameter_m / 2
    foot = site.place(0.0, face_m, arm_m - 0.55)
    return [
        Cylinder(f"crossarm_bottom/{i}", foot, site.place(side * 0.6, 0.06, arm_m), 0.02)
        for i, side in enumerate((-1.0, 1.0))
    ]


def _transformer(site: Site) -> list[Primitive]:
    behind_m, foot_m = -(site.pole_diameter_m / 2 + 0.3), site.transformer_height_m

    def at(along_m: float, up_m: float, across_m: float = 0.0) -> tuple[float, float, float]:
        return site.place(across_m, behind_m + along_m, foot_m + up_m)

    return [
        Cylinder("tank", at(0.0, 0.0), at(0.0, TANK_M), 0.23, segments=len(TANK_BANDS)),
        Cylinder("bushing_primary", at(-0.05, TANK_M), at(-0.05, TANK_M + 0.28), 0.045),
        Cylinder("bushing_secondary", at(0.0, 0.62, 0.22), at(0.0, 0.64, 0.34), 0.035),
    ]


def _protection(site: Site) -> list[Primitive]:
    """Arresters beside their phases on the back of the arm, and the cutout under it."""
    arm_m = site.crossarm_height_m
    bodies: list[Primitive] = []
    for phase, across_m in zip(PHASES, site.phase_offsets_m, strict=True):
        beside_m = across_m - 0.18 if across_m > 0.0 else across_m + 0.18
        foot, head = (site.place(beside_m, -0.12, arm_m + up_m) for up_m in (-0.1, 0.2))
        bodies.append(Cylinder(f"arrester_{phase}", foot, head, 0.05))
    top, hinge = site.place(-0.55, -0.06, arm_m), site.place(-0.55, -0.16, arm_m - 0.38)
    return [*bodies, Cylinder("cutout", top, hinge, 0.02)]


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


def _trees(site: Site, seed: int) -> list[Primitive]:
    half = site.tree_height_m / 2
    east, north, _ = site.bearing(site.tree_bearing_deg, site.tree_distance_m, 0.0)
    width = max(1.0, 0.3 * site.tree_height_m)
    low = Ellipsoid("tree_shady", (east, north, 0.7 * half), (width, width, 0.7 * half))
    high = Ellipsoid("tree_sunny", (east, north, 1.4 * half), (0.8 * width, 0.8 * width, 0.6 * half))
    return [
        Textured(low, Patches(LEAF_KINDS, (0.12, 0.68, 0.20), LEAF_M, seed + 3)),
        Textured(high, Patches(LEAF_KINDS, (0.18, 0.27, 0.55), LEAF_M, seed + 4)),
    ]


# Component that a body shows where it is not its own name, by component of the scene without its kind.
_SHOWS = {
    "pole/0/0": "pole_n",
    "pole/0/1": "pole_e",
    "pole/0/2": "pole_s",
    "pole/0/3": "pole_w",
    "crossarm/0": "crossarm_bottom",
    "crossarm/1": "crossarm_top",
    **{f"tank/{i}": name for i, name in enumerate(TANK_BANDS)},
}
_LEAVES = {"shaded": "tree_shady", "lit": "tree_sunny"}  # kinds of leaf, on either half of the crown


def shown_component(body: str) -> str | None:
    """Component of the heat network that a body of the scene shows; None for sky."""
    if body.startswith("sky/"):
        return None
    name, _, kind = body.partition("~")
    return _LEAVES.get(kind) or _SHOWS.get(name) or name.partition("/")[0]


def surface_of(body: str) -> tuple[float, float]:
    """How a body's surface departs from its component: factor on the excess over air, added emissivity."""
    return SURFACES.get(body.partition("~")[2], (1.0, 0.0))
