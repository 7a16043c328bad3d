"""Fall and dry deposition of particles."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import BOLTZMANN_J_K, GRAVITY_M_S2, VON_KARMAN

type Floats = npt.NDArray[np.float64]

AIR_VISCOSITY_PA_S: Final = 1.81e-5  # air at 20 degC [Hinds1999] (from memory)
AIR_KINEMATIC_M2_S: Final = 1.50e-5  # air at 20 degC [Hinds1999] (from memory)
MEAN_FREE_PATH_UM: Final = 0.066  # air at 20 degC and one atmosphere [Hinds1999] (from memory)
AIR_DENSITY_KG_M3: Final = 1.204  # air at 20 degC and one atmosphere
ROOM_K: Final = 293.15  # temperature of the constants above


def slip_correction(diameter_um: npt.ArrayLike) -> Floats:
    """Cunningham factor on the mobility of a particle, same shape [1], in air of 20 degC.

    1 + Kn (1.257 + 0.4 exp(-1.1 / Kn)) with Kn = 2 lambda / d [SeinfeldPandis2006] (from memory).
    """
    knudsen = 2.0 * MEAN_FREE_PATH_UM / np.asarray(diameter_um, dtype=np.float64)
    return np.asarray(1.0 + knudsen * (1.257 + 0.4 * np.exp(-1.1 / knudsen)))


def settling_velocity_m_s(diameter_um: npt.ArrayLike, density_g_cm3: npt.ArrayLike) -> Floats:
    """Terminal fall speed, broadcast shape [m/s]: Stokes' law with slip and a drag correction.

    The correction solves v (1 + 0.15 Re^0.687) = v_Stokes (Schiller-Naumann), so it holds to Re of some
    hundreds: pollen and drizzle too.

    Raises:
        ValueError: for a diameter or density that is not above zero.
    """
    diameter_m = np.asarray(diameter_um, dtype=np.float64) * 1e-6
    density_kg_m3 = np.asarray(density_g_cm3, dtype=np.float64) * 1e3
    if not (np.all(diameter_m > 0.0) and np.all(density_kg_m3 > 0.0)):
        raise ValueError("diameter_um and density_g_cm3 must be above zero")
    creeping = density_kg_m3 * diameter_m**2 * GRAVITY_M_S2 / (18.0 * AIR_VISCOSITY_PA_S)
    stokes = creeping * slip_correction(diameter_um)
    speed = stokes
    for _ in range(30):  # a contraction up to Re of hundreds: converged to rounding below Re of 10
        reynolds = speed * diameter_m / AIR_KINEMATIC_M2_S
        speed = 0.5 * (speed + stokes / (1.0 + 0.15 * reynolds**0.687))
    return np.asarray(speed)


def deposition_velocity_m_s(
    diameter_um: npt.ArrayLike,
    density_g_cm3: npt.ArrayLike,
    friction_velocity_m_s: npt.ArrayLike,
    height_m: float = 10.0,
    roughness_m: float = 0.05,
) -> Floats:
    """Dry deposition velocity over smooth-leaved ground, broadcast shape [m/s].

    v_d = v_s + 1 / (r_a + r_b + r_a r_b v_s); r_a of a neutral layer, r_b from Brownian diffusion and
    impaction [SeinfeldPandis2006] (from memory). Good to a factor of three at best.

    Raises:
        ValueError: for a diameter, density or friction velocity that is not above zero.
    """
    diameter = np.asarray(diameter_um, dtype=np.float64)
    friction = np.asarray(friction_velocity_m_s, dtype=np.float64)
    if not np.all(friction > 0.0):
        raise ValueError("friction_velocity_m_s must be above zero")
    fall = settling_velocity_m_s(diameter, density_g_cm3)
    aerodynamic_s_m = np.log(height_m / roughness_m) / (VON_KARMAN * friction)
    diffusivity_m2_s = (
        BOLTZMANN_J_K * ROOM_K * slip_correction(diameter) / (3e-6 * np.pi * AIR_VISCOSITY_PA_S * diameter)
    )
    schmidt = AIR_KINEMATIC_M2_S / diffusivity_m2_s
    stokes_number = fall * friction**2 / (GRAVITY_M_S2 * AIR_KINEMATIC_M2_S)
    catch = schmidt ** (-2.0 / 3.0) + np.power(10.0, -3.0 / np.maximum(stokes_number, 1e-3))
    quasi_laminar_s_m = 1.0 / (friction * catch)
    resistance_s_m = aerodynamic_s_m + quasi_laminar_s_m + aerodynamic_s_m * quasi_laminar_s_m * fall
    return np.asarray(fall + 1.0 / resistance_s_m)
