"""Lean of the pole in the wind: the steady push on the pole and on its wires."""

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import DRY_AIR_GAS_CONSTANT_J_KG_K
from envirosense.physics.motion.vibration_kernels import low_pass
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.structure import WIRE_DRAG, WIRES, PoleStructure

LEAN_MEMORY_S = 3.0  # over which a gust passes the whole pole and its spans, assumed
GLAZE_KG_M3 = 900.0  # density of clear ice


def wind_lean_rad(
    inputs: WorldInputs, structure: PoleStructure, natural_hz: Array, top_wind_m_s: Array, ice_kg_m: Array
) -> Array:
    """Quasi-static lean at the device, (time, 2) [rad], along and across the line.

    Args:
        inputs: Place and air of the episode.
        structure: The pole.
        natural_hz: (time, mode, plane).
        top_wind_m_s: At the pole's top, (time, 2), east and north.
        ice_kg_m: On the wires, which thickens them, (time,).
    """
    site, weather = inputs.site, inputs.atmosphere.weather
    east, north = site.along_line
    wind = top_wind_m_s @ np.array([[east, north], [north, -east]])
    half_density = 0.5 * weather.pressure_pa / (DRY_AIR_GAS_CONSTANT_J_KG_K * weather.air_k)
    push_pa = (half_density * np.hypot(wind[:, 0], wind[:, 1]))[:, None] * wind
    thick_m = np.sqrt(site.conductor_diameter_m**2 + 4.0 * ice_kg_m / (np.pi * GLAZE_KG_M3))
    wires_n = WIRE_DRAG * WIRES * structure.span_m * thick_m * half_density * np.abs(wind[:, 1]) * wind[:, 1]
    planes = (structure.along, structure.across)
    arm_n = (np.zeros_like(wires_n), wires_n)  # wires catch only the wind across them
    lean = np.empty(wind.shape)
    for axis, plane in enumerate(planes):
        give = plane.modes.slope_at(site.device_height_m) / (2.0 * np.pi * natural_hz[:, :, axis]) ** 2
        pushed = push_pa[:, axis] * (give @ plane.steady_push)
        pushed += arm_n[axis] * (give @ plane.modes.at(site.crossarm_height_m))
        lean[:, axis] = low_pass(pushed, inputs.grid.dt_s, LEAN_MEMORY_S, float(pushed[0]))
    return lean
