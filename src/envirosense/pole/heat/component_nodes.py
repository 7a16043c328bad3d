"""Nodes and links of the pole's heat network: what each component is made of and what it touches.

Material data are handbook values; sizes that no document fixes are marked assumed. Nodes of wood that a
scenario heats exist on every pole, and so do tank and bushings, so that the network is the same for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from envirosense.physics.thermal.transformer import wall_share
from envirosense.pole.site import PHASES, Site

WOOD_J_M3_K = 1.0e6  # dry wood (handbook, from memory)
WOOD_W_M_K = 0.15  # across the grain (handbook, from memory)
WOOD_J_G_K = 1.6  # dry wood when hot (handbook, from memory)
WOOD_SKIN_M = 0.02  # depth of the node that the camera sees; between an hour and a day; assumed
SOIL_J_M3_K = 1.6e6  # dry soil (handbook, from memory)
SOIL_W_M_K = 0.5
SOIL_SKIN_M = 0.05  # half the diurnal damping depth; assumed
SOIL_DEEP_M = 0.3  # where the temperature stands still for a day; assumed
CONDUCTOR_SPAN_M = 6.0  # both sides of a joint; long enough that the joint hardly warms it; assumed
CONDUCTOR_J_M_K = 620.0  # 0.69 kg/m of aluminium and steel at 900 J/kg/K
CONDUCTOR_AREA_M2 = 1.7e-4  # 336.4 kcmil aluminium
ALUMINIUM_W_M_K = 237.0
CLAMP_J_K = 450.0  # 0.5 kg of aluminium; assumed
CLAMP_M2 = 0.015  # assumed
FITTING_J_K = 390.0  # 0.8 kg of steel; assumed
FITTING_M2 = 0.02  # assumed
FITTING_TO_WOOD_W_K = 0.6  # 5 cm2 of pressed washer on wood, 1000 W/m2/K and a millimetre of char; assumed
FITTING_TO_ARM_W_K = 0.12  # spreading into wood, 2 pi r k with r = 0.12 m
FUEL_TO_WOOD_W_K = 0.05  # spreading into wood, 2 pi r k with r = 0.05 m
FUEL_M2 = 0.004  # rim of the charring spot that sees air; assumed
DEFAULT_FUEL_G = 55.0  # middle of the scenarios' range
INSULATOR_J_K = 2600.0  # 3 kg of porcelain at 880 J/kg/K
INSULATOR_M2 = 0.12  # sheds included; assumed
ARRESTER_J_K = 1500.0  # 1.5 kg of oxide and polymer; assumed
ARRESTER_M2 = 0.08  # sheds included; assumed
CUTOUT_J_K = 300.0  # hinge and fuse tube ends, 0.8 kg of bronze at 380 J/kg/K; assumed
CUTOUT_M2 = 0.01  # of the contact's metal; assumed
BUSHING_J_K = 700.0  # 0.8 kg of porcelain with its terminal; assumed
BUSHING_M2 = 0.02  # assumed
BUSHING_TO_OIL_W_K = 0.2  # copper stud through the wall; assumed
JUMPER_DIAMETER_M = 0.009  # copper jumper and service cable; assumed
JUMPER_AREA_M2 = 3.4e-5  # assumed
COPPER_W_M_K = 400.0
TANK_J_K = 1.05e5  # oil, core and coils: with the walls 34.8 Wh/K of 25 kVA by the rule of [C57.91]
TANK_WALL_J_K = 5.0e3  # a band of the wall, 11 kg of steel
# Tuned so that 420 W in still air hold the top oil 50 K over it, the rated rise of [C57.91] (from memory)
TANK_M2 = 1.015  # the mantle of 0.45 m x 0.8 m has 1.13 m2, part of it against the pole
TANK_FILM_W_M2_K = 10.4  # free convection and radiation of the wall at rated load, sets the bands' shares
TANK_BANDS = ("tank_bottom", "tank_lower", "tank_upper", "tank_top")
TREE_M2 = 4.0  # outer leaves of one clump; assumed
TREE_J_K = 8.0e3  # thin leaves: 0.5 mm of water per area; assumed
CASE_J_K = 900.0  # Grid Guardian, 1.8 kg; assumed
CASE_M2 = 0.12  # assumed
CASE_SUNLIT_M2 = 0.03  # assumed
CASE_POWER_W = 0.9  # electronics on average; assumed
FITTINGS = ("crossarm_bolt", "pole_top_bolt", "neutral_bracket")
FACETS = ("pole_n", "pole_e", "pole_s", "pole_w")


@dataclass(frozen=True, slots=True)
class Node:
    """One component of the heat network."""

    name: str
    capacity_j_k: float
    area_m2: float = 0.0
    emissivity: float = 0.92
    absorptivity: float = 0.6
    sun_area_m2: float = 0.0
    sky_view: float = 0.5
    diameter_m: float = 0.0
    fixed: bool = False
    tilt_deg: float | None = None  # plane that its irradiance falls on; None is a body lit from all sides
    azimuth_deg: float = 0.0


def nodes(site: Site, fuel_g: Mapping[str, float]) -> tuple[Node, ...]:
    """Every component of the pole, in the order of the network."""
    return (
        *_pole(site),
        *_crossarm(site),
        *_electrical(site),
        *(node for name in FITTINGS for node in _fitting(site, name, fuel_g.get(f"{name}_wood"))),
        *_surroundings(),
    )


def _pole(site: Site) -> list[Node]:
    visible_m = 6.0
    side_m2 = np.pi * site.pole_diameter_m * visible_m / 4
    skin_j_k = side_m2 * WOOD_SKIN_M * WOOD_J_M3_K
    core_j_k = visible_m * np.pi * site.pole_diameter_m**2 / 4 * WOOD_J_M3_K
    facets = [
        Node(
            name, skin_j_k, side_m2, 0.92, site.wood_absorptivity, side_m2, 0.5, site.pole_diameter_m,
            tilt_deg=90.0, azimuth_deg=90.0 * index,
        )
        for index, name in enumerate(FACETS)
    ]  # fmt: skip
    return [*facets, Node("pole_core", core_j_k)]


def _crossarm(site: Site) -> list[Node]:
    face_m2 = site.crossarm_length_m * 0.1
    skin_j_k = 2 * face_m2 * WOOD_SKIN_M * WOOD_J_M3_K
    top = Node(
        "crossarm_top", skin_j_k, 2 * face_m2, 0.92, site.wood_absorptivity, face_m2, 0.8, 0.1, tilt_deg=0.0
    )
    bottom = Node("crossarm_bottom", skin_j_k, 2 * face_m2, 0.92, site.wood_absorptivity, 0.0, 0.2, 0.1)
    core = Node("crossarm_core", face_m2 * 0.08 * WOOD_J_M3_K)
    return [top, bottom, core]


def _electrical(site: Site) -> list[Node]:
    d = site.conductor_diameter_m
    wires = [
        Node(
            name,
            CONDUCTOR_J_M_K * CONDUCTOR_SPAN_M,
            np.pi * d * CONDUCTOR_SPAN_M,
            site.metal_emissivity,
            site.metal_emissivity,
            d * CONDUCTOR_SPAN_M,
            0.5,
            d,
        )
        for name in (*(f"conductor_{p}" for p in PHASES), "neutral")
    ]
    clamps = [
        Node(f"clamp_{p}", CLAMP_J_K, CLAMP_M2, site.metal_emissivity, site.metal_emissivity, CLAMP_M2 / 4,
             0.5, 0.06)
        for p in PHASES
    ]  # fmt: skip
    insulators = [
        Node(f"insulator_{p}", INSULATOR_J_K, INSULATOR_M2, 0.92, 0.5, INSULATOR_M2 / 4, 0.5, 0.12)
        for p in PHASES
    ]
    return [*wires, *clamps, *insulators, *_equipment(site)]


def _equipment(site: Site) -> list[Node]:
    band_m2 = TANK_M2 / len(TANK_BANDS)
    tank = [
        Node(name, TANK_WALL_J_K, band_m2, 0.92, site.tank_absorptivity, band_m2 / np.pi, 0.5, 0.45)
        for name in TANK_BANDS
    ]
    arresters = [
        Node(f"arrester_{p}", ARRESTER_J_K, ARRESTER_M2, 0.9, 0.6, ARRESTER_M2 / 5, 0.5, 0.1) for p in PHASES
    ]
    contact = Node("cutout", CUTOUT_J_K, CUTOUT_M2, 0.7, 0.6, CUTOUT_M2 / 4, 0.5, 0.05)
    bushings = [
        Node(f"bushing_{side}", BUSHING_J_K, BUSHING_M2, 0.92, 0.5, BUSHING_M2 / 4, 0.5, 0.1)
        for side in ("primary", "secondary")
    ]
    return [*tank, Node("tank_oil", TANK_J_K), *arresters, contact, *bushings]


def _fitting(site: Site, name: str, fuel_g: float | None) -> list[Node]:
    metal = site.metal_emissivity
    fuel_j_k = (fuel_g or DEFAULT_FUEL_G) * WOOD_J_G_K
    return [
        Node(name, FITTING_J_K, FITTING_M2, metal, metal, FITTING_M2 / 5, 0.5, 0.05),
        Node(f"{name}_wood", fuel_j_k, FUEL_M2, 0.92, site.wood_absorptivity, FUEL_M2 / 5, 0.5, 0.1),
    ]


def _surroundings() -> list[Node]:
    ground = Node("ground", SOIL_SKIN_M * SOIL_J_M3_K, 1.0, 0.94, 0.75, 1.0, 1.0, 0.0, tilt_deg=0.0)
    leaves = Node("tree_sunny", TREE_J_K, 2 * TREE_M2, 0.97, 0.5, TREE_M2 / 2, 0.6, 0.05)
    shade = Node("tree_shady", TREE_J_K, 2 * TREE_M2, 0.97, 0.5, 0.0, 0.3, 0.05)
    case = Node("device_case", CASE_J_K, CASE_M2, 0.9, 0.6, CASE_SUNLIT_M2, 0.5, 0.16)
    return [ground, Node("ground_deep", 1.0, fixed=True), leaves, shade, case]


def links(site: Site) -> list[tuple[str, str, float]]:
    """Pairs of components that conduct heat to one another, and how well [W/K]."""
    side_m2 = np.pi * site.pole_diameter_m * 6.0 / 4
    facet_w_k = WOOD_W_M_K * side_m2 / (site.pole_diameter_m / 4)
    face_m2 = site.crossarm_length_m * 0.1
    face_w_k = WOOD_W_M_K * face_m2 / 0.05
    soil_w_k = SOIL_W_M_K / SOIL_DEEP_M
    return [
        *((facet, "pole_core", facet_w_k) for facet in FACETS),
        ("crossarm_top", "crossarm_core", face_w_k),
        ("crossarm_bottom", "crossarm_core", face_w_k),
        *((f"insulator_{p}", "crossarm_core", 0.05) for p in PHASES),  # pin in wood; assumed
        *((f"insulator_{p}", f"clamp_{p}", 0.05) for p in PHASES),  # tie over porcelain; assumed
        *tank_links(),
        ("tank_oil", "bushing_primary", BUSHING_TO_OIL_W_K),
        ("tank_oil", "bushing_secondary", BUSHING_TO_OIL_W_K),
        *((f"arrester_{p}", "crossarm_core", 0.05) for p in PHASES),  # bracket on wood; assumed
        ("cutout", "crossarm_core", 0.05),
        ("ground", "ground_deep", soil_w_k),
        *_fitting_links("crossarm_bolt", "crossarm_core"),
        *_fitting_links("pole_top_bolt", "pole_core"),
        *_fitting_links("neutral_bracket", "pole_core"),
    ]


def tank_links() -> list[tuple[str, str, float]]:
    """Links from oil to the bands of the wall, foot first, that stratify it at rated load as the law says."""
    share = wall_share((np.arange(len(TANK_BANDS)) + 0.5) / len(TANK_BANDS))
    film_w_k = TANK_FILM_W_M2_K * TANK_M2 / len(TANK_BANDS)
    flow_w_k = film_w_k * share / (1.0 - share)
    return [("tank_oil", name, float(g)) for name, g in zip(TANK_BANDS, flow_w_k, strict=True)]


def _fitting_links(name: str, wood: str) -> list[tuple[str, str, float]]:
    return [
        (name, f"{name}_wood", FITTING_TO_WOOD_W_K),
        (name, wood, FITTING_TO_ARM_W_K),
        (f"{name}_wood", wood, FUEL_TO_WOOD_W_K),
    ]
