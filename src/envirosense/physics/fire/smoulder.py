"""Moist wood that is heated, and the smouldering front that eats it once it has caught.

Moisture is per dry mass. The front lives on the heat of its own glowing char: it needs heat to catch, and
water in the wood ahead slows it down and stops it. What the kinetics of pyrolysis take from the same wood is
left to them; `consume` splits the loss so that mass closes exactly.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import ZERO_CELSIUS_K

type Floats = npt.NDArray[np.float64]

LATENT_HEAT_J_G: Final = 2260.0  # of water at 100 degC
BOILING_K: Final = 100.0 + ZERO_CELSIUS_K  # at one atmosphere
WATER_HEAT_J_G_K: Final = 4.19  # liquid water
WOOD_HEAT_J_G_K: Final = 1.6  # assumed: dry wood between 20 and 300 degC
WOOD_DENSITY_G_M3: Final = 500e3  # assumed: dry softwood, 450 to 550 kg/m3

DRY_FRONT_M_S: Final = 2e-3 / 60.0  # assumed: 2 mm/min inside 1 to 3 in dry wood
FRONT_K: Final = 573.0  # assumed: char glows on by itself from about 300 degC, below piloted flame
FRONT_MOISTURE: Final = 0.30  # assumed: wetter wood ahead puts the front out
FRONT_CHAR: Final = 0.02  # assumed: share of the wood that must be char before the front starts
GLOW_HEAT_J_G: Final = 8e3  # assumed: heat of wood smouldered, well below that of a flame (12 to 15 MJ/kg)


@dataclass(frozen=True, slots=True)
class MoistState:
    """Temperature [K] and moisture [g/g] of a lump of wood after heat has gone in, same shape."""

    temperature_k: Floats
    moisture: Floats


def moist_state(heat_j: npt.ArrayLike, dry_mass_g: float, moisture: float, start_k: float) -> MoistState:
    """State of a lump of moist wood after it has taken up `heat_j`, same shape; no heat is lost.

    It warms to 100 degC, stays there until the water is gone at 2.26 MJ/kg, and warms on dry.

    Raises:
        ValueError: for a start above boiling or a negative moisture.
    """
    if start_k > BOILING_K or moisture < 0.0:
        raise ValueError(f"start_k must be at most {BOILING_K} K and moisture not below 0")
    heat = np.asarray(heat_j, dtype=np.float64)
    moist_j_k = dry_mass_g * (WOOD_HEAT_J_G_K + moisture * WATER_HEAT_J_G_K)
    to_boil_j = moist_j_k * (BOILING_K - start_k)
    to_dry_j = dry_mass_g * moisture * LATENT_HEAT_J_G
    spent_j = np.clip(heat - to_boil_j, 0.0, to_dry_j)
    dry_rise_k = np.maximum(heat - to_boil_j - to_dry_j, 0.0) / (dry_mass_g * WOOD_HEAT_J_G_K)
    temperature_k = start_k + np.minimum(heat, to_boil_j) / moist_j_k + dry_rise_k
    return MoistState(temperature_k, moisture - spent_j / (dry_mass_g * LATENT_HEAT_J_G))


def front_speed_m_s(moisture: npt.ArrayLike) -> Floats:
    """Speed of a smouldering front into wood of this moisture, same shape [m/s]; zero where it goes out.

    The front gives a fixed heat to what is ahead, water included:
    v = v_dry c dT / (c dT + M (L + c_w dT_w)).
    """
    ahead = np.asarray(moisture, dtype=np.float64)
    wood_j_g = WOOD_HEAT_J_G_K * (FRONT_K - 293.0)
    water_j_g = LATENT_HEAT_J_G + WATER_HEAT_J_G_K * (BOILING_K - 293.0)
    speed = DRY_FRONT_M_S * wood_j_g / (wood_j_g + ahead * water_j_g)
    return np.where(ahead > FRONT_MOISTURE, 0.0, speed)


def caught(temperature_k: Floats, char_share: Floats) -> npt.NDArray[np.bool_]:
    """Whether a front has started by each step, (time,): hot char was there at once, now or before."""
    hot = (temperature_k >= FRONT_K) & (char_share >= FRONT_CHAR)
    return np.logical_or.accumulate(hot)


def eaten_share(is_lit: npt.NDArray[np.bool_], moisture: Floats, thickness_m: float, dt_s: float) -> Floats:
    """Share of the wood's thickness behind the front after each step, (time,) [1].

    A front that meets wood too wet stands still and, since nothing keeps it hot, stays out for good.
    """
    if thickness_m <= 0.0:
        raise ValueError(f"thickness_m must be above zero, not {thickness_m}")
    speed = np.where(is_lit, front_speed_m_s(moisture), 0.0)
    is_out = np.logical_or.accumulate(is_lit & (speed == 0.0))
    depth_m = np.cumsum(np.where(is_out, 0.0, speed) * dt_s)
    return np.minimum(depth_m / thickness_m, 1.0)


@dataclass(frozen=True, slots=True)
class Loss:
    """Mass that leaves in each step, and what is left after it, all (time,) as shares of the dry mass."""

    front: Floats  # eaten by the front, wood and char alike
    heated: Floats  # driven off by heat from the part not yet eaten
    left: Floats


def consume(eaten: Floats, solid: Floats, fresh: float = 1.0) -> Loss:
    """Split of a loss between front and heat, from shares after each step, (time,).

    `eaten` is the share behind the front, `solid` what heat alone would leave of a stuff whose share was
    `fresh` at first. What is left is (1 - eaten) solid: it changes by exactly front + heated in any step.
    """
    eaten_before = np.concatenate([[0.0], eaten[:-1]])
    solid_before = np.concatenate([[fresh], solid[:-1]])
    front = (eaten - eaten_before) * solid
    heated = (1.0 - eaten_before) * (solid_before - solid)
    return Loss(front, heated, (1.0 - eaten) * solid)
