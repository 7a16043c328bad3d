"""Bad electrical joint: contact heat, cooling by its conductor fins, Holm's contact law, severity scale."""

import numpy as np
import numpy.typing as npt

from envirosense.core.units import BOLTZMANN_J_K

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

RESISTANCE_REFERENCE_K = 293.15  # joint resistances are quoted at 20 degC
RESISTANCE_SLOPE_PER_K = 0.0039  # aluminium and copper near 20 degC (handbook, from memory)
LORENZ_V2_K2 = 2.45e-8  # Wiedemann-Franz ratio [Holm1967]
ALUMINIUM_MELTING_K = 933.0  # melting point of aluminium
ALUMINIUM_CONDUCTIVITY_W_M_K = 237.0  # pure aluminium at 300 K
ELECTRON_CHARGE_C = 1.602176634e-19  # exact
AGEING_REFERENCE_K = 333.0  # temperature at which an ageing rate is quoted # assumed

# Upper bounds of priorities 4, 3, 2 [K]; above the last one it is priority 1 [NETA-MTS]
NETA_SIMILAR_K = (3.0, 15.0, 15.0)  # rise over a like part under like load; no priority 2 exists
NETA_AMBIENT_K = (10.0, 20.0, 40.0)  # rise over air
NETA_LOWEST_K = 1.0  # smallest rise that is graded


def joint_heat_w(current_a: Values, resistance_ohm: Values, temperature_k: Values) -> Floats:
    """Joule heat of a joint whose resistance at 20 degC is given [W]."""
    growth = 1.0 + RESISTANCE_SLOPE_PER_K * (np.asarray(temperature_k) - RESISTANCE_REFERENCE_K)
    return np.asarray(np.square(current_a) * resistance_ohm * growth)


def fin_conductance_w_k(
    film_w_m2_k: Values, diameter_m: Values, conductivity_w_m_k: Values, area_m2: Values
) -> Floats:
    """Conductance from a joint into both of its long conductor fins [W/K]: 2 sqrt(h pi D k A)."""
    per_fin = film_w_m2_k * np.pi * diameter_m * conductivity_w_m_k * area_m2
    return np.asarray(2.0 * np.sqrt(per_fin))


def fin_decay_length_m(
    film_w_m2_k: Values, diameter_m: Values, conductivity_w_m_k: Values, area_m2: Values
) -> Floats:
    """Distance over which the rise along a fin falls to 1/e [m]: sqrt(k A / (h pi D))."""
    return np.asarray(np.sqrt(conductivity_w_m_k * area_m2 / (film_w_m2_k * np.pi * diameter_m)))


def contact_voltage_v(contact_k: Values, bulk_k: Values) -> Floats:
    """Voltage across a contact whose hottest spot is at `contact_k` [V]; Kohlrausch's relation [Holm1967]."""
    return np.asarray(2.0 * np.sqrt(LORENZ_V2_K2 * (np.square(contact_k) - np.square(bulk_k))))


def contact_temperature_k(voltage_v: Values, bulk_k: Values) -> Floats:
    """Hottest spot of a contact under a voltage [K]; inverse of `contact_voltage_v`."""
    return np.asarray(np.sqrt(np.square(bulk_k) + np.square(voltage_v) / (4.0 * LORENZ_V2_K2)))


def resistance_ceiling_ohm(current_a: Values, bulk_k: Values) -> Floats:
    """Largest resistance a joint can show at a current [ohm]: there the aluminium contact melts and heals."""
    return np.asarray(contact_voltage_v(ALUMINIUM_MELTING_K, bulk_k) / np.maximum(current_a, 1e-9))


def resistance_growth_per_s(joint_k: Values, rate_per_s: Values, energy_ev: Values = 0.5) -> Floats:
    """Rate of ln R of an ageing joint [1/s], `rate_per_s` at 333 K; Arrhenius form and 0.5 eV are assumed."""
    energy_k = np.asarray(energy_ev) * ELECTRON_CHARGE_C / BOLTZMANN_J_K
    return np.asarray(rate_per_s * np.exp(energy_k * (1.0 / AGEING_REFERENCE_K - 1.0 / np.asarray(joint_k))))


def neta_severity(over_similar_k: Values, over_ambient_k: Values) -> npt.NDArray[np.int64]:
    """Severity 0 (none) to 4 (priority 1: at once) from temperature rises [NETA-MTS].

    The worse of the two criteria counts. The scale is printed in whole kelvins; a rise between two classes
    belongs to the upper one.
    """
    similar = _grade(over_similar_k, NETA_SIMILAR_K)
    return np.maximum(similar, _grade(over_ambient_k, NETA_AMBIENT_K))


def _grade(rise_k: Values, bounds_k: tuple[float, ...]) -> npt.NDArray[np.int64]:
    rise = np.asarray(rise_k, dtype=np.float64)
    above = 1 + sum((rise > bound).astype(np.int64) for bound in bounds_k)
    return np.where(rise >= NETA_LOWEST_K, above, 0)
