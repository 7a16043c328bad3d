"""Corona of conductors by Peek, breakdown of short gaps, and what of it a distribution pole can reach.

Voltages of Peek are rms, phase to ground; breakdown of a gap is quoted as a crest value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

PA_PER_CM_HG: Final = 1333.22  # 1 cm of mercury at 0 degC [Pa]
PEEK_DENSITY_K_PER_CM_HG: Final = 3.92  # density factor 1 at 76 cm and 25 degC [Peek1929]
PEEK_ZERO_K: Final = 0.15  # Peek rounds 273.15 to 273, and his printed values depend on it [K]
PEEK_GRADIENT_V_M: Final = 21.2e5  # disruptive gradient of air, rms [Peek1929]
PEEK_VISUAL_SQRT_M: Final = 0.0301  # 0.301 sqrt(cm): extra stress before light shows [Peek1929]
PEEK_LOSS: Final = 242.2e-5  # kW/km/phase for kV and Hz [Peek1929]
PEEK_LOSS_OFFSET_HZ: Final = 25.0  # [Peek1929]
WET_FACTOR: Final = 0.8  # surface factor under rain, fog or frost over the dry one [Peek1929] (from memory)

# Surface factor m of each condition: polished to stranded [Peek1929], damaged is assumed
SURFACE_FACTOR: Final[Mapping[str, float]] = MappingProxyType(
    {"polished": 1.0, "weathered": 0.955, "stranded": 0.85, "damaged": 0.6}
)

GAP_LINEAR_V_PA_M: Final = 24.36  # 24.36 kV/(bar cm), uniform field at 20 degC (handbook, from memory)
GAP_ROOT_V_SQRT_PA_M: Final = 6.72e3 / np.sqrt(1e3)  # 6.72 kV/sqrt(bar cm) (from memory)
GAP_REFERENCE_K: Final = 293.15  # of both gap constants
PASCHEN_MINIMUM_V: Final = 327.0  # least breakdown voltage of air, at 0.57 Torr cm (from memory)


@dataclass(frozen=True, slots=True)
class Electrode:
    """A live part as Peek sees it; `spacing_m` is to the next phase, or twice the height over a plane."""

    name: str
    radius_m: float
    spacing_m: float
    surface: str

    def inception_v(self, density_factor: Values = 1.0, wetness: Values = 0.0) -> Floats:
        """Phase voltage at which this part first shows corona, rms [V]."""
        roughness = surface_factor(self.surface, wetness)
        return visual_voltage_v(self.radius_m, self.spacing_m, density_factor, roughness)


# What hangs on a 12.47 kV pole. None of it reaches inception at 7.2 kV: conductors are 10 to 17 times below,
# and a broken strand 2.6 times. Discharges here come from gaps, floating metal and wet dirty surfaces.
DISTRIBUTION_ELECTRODES: Final = (
    Electrode("smooth conductor", 9.14e-3, 1.10, "polished"),
    Electrode("stranded conductor", 9.14e-3, 1.10, "stranded"),
    Electrode("damaged conductor", 9.14e-3, 1.10, "damaged"),
    Electrode("broken strand", 0.5e-3, 1.0, "polished"),
)


def air_density_factor(pressure_pa: Values, air_k: Values) -> Floats:
    """Air density over that at 76 cm of mercury and 25 degC [1]; [Peek1929]."""
    pressure_cm_hg = np.asarray(pressure_pa) / PA_PER_CM_HG
    return np.asarray(PEEK_DENSITY_K_PER_CM_HG * pressure_cm_hg / (np.asarray(air_k) - PEEK_ZERO_K))


def surface_factor(condition: str, wetness: Values = 0.0) -> Floats:
    """Peek's surface factor m [1], lowered in proportion to wetness (0 dry, 1 rain, fog or frost).

    Raises:
        ValueError: if the condition is not one of `SURFACE_FACTOR`.
    """
    if condition not in SURFACE_FACTOR:
        raise ValueError(f"condition must be one of {', '.join(SURFACE_FACTOR)}, not {condition!r}")
    wet = np.clip(np.asarray(wetness, dtype=np.float64), 0.0, 1.0)
    return np.asarray(SURFACE_FACTOR[condition] * (1.0 - (1.0 - WET_FACTOR) * wet))


def disruptive_voltage_v(
    radius_m: Values, spacing_m: Values, density_factor: Values = 1.0, roughness: Values = 1.0
) -> Floats:
    """Phase voltage at which air breaks down at a conductor's surface, rms [V]: g m d r ln(D/r)."""
    _check_geometry(radius_m, spacing_m)
    stress = np.asarray(roughness) * density_factor * radius_m
    return np.asarray(PEEK_GRADIENT_V_M * stress * np.log(np.asarray(spacing_m) / radius_m))


def visual_voltage_v(
    radius_m: Values, spacing_m: Values, density_factor: Values = 1.0, roughness: Values = 1.0
) -> Floats:
    """Phase voltage at which corona shows, rms [V]; above the disruptive one, most so for thin wires."""
    excess = PEEK_VISUAL_SQRT_M / np.sqrt(np.asarray(density_factor) * radius_m)
    return np.asarray(disruptive_voltage_v(radius_m, spacing_m, density_factor, roughness) * (1.0 + excess))


def corona_loss_w_m(
    voltage_v: Values,
    radius_m: Values,
    spacing_m: Values,
    density_factor: Values = 1.0,
    roughness: Values = 1.0,
    mains_hz: Values = 60.0,
) -> Floats:
    """Corona loss of one phase [W/m], zero below the disruptive voltage [Peek1929].

    The squared difference of two near voltages magnifies every error of the surface factor.
    """
    disruptive_v = disruptive_voltage_v(radius_m, spacing_m, density_factor, roughness)
    excess_kv = np.maximum(np.asarray(voltage_v) - disruptive_v, 0.0) * 1e-3
    shape = np.sqrt(np.asarray(radius_m) / spacing_m) / density_factor
    return np.asarray(PEEK_LOSS * (np.asarray(mains_hz) + PEEK_LOSS_OFFSET_HZ) * shape * excess_kv**2)


def gap_breakdown_v(
    gap_m: Values, pressure_pa: Values = 101_325.0, air_k: Values = GAP_REFERENCE_K
) -> Floats:
    """Crest voltage that breaks down a uniform gap in air [V], for gaps of micrometres to centimetres.

    Sum of a term linear in density times gap and one in its root, never below Paschen's minimum; the rise
    of the Paschen curve at still smaller products (a few Pa m) is left out.
    """
    if np.any(np.asarray(gap_m) < 0):
        raise ValueError("gap_m must not be below zero")
    product_pa_m = np.asarray(gap_m) * pressure_pa * (GAP_REFERENCE_K / np.asarray(air_k))
    breakdown_v = GAP_LINEAR_V_PA_M * product_pa_m + GAP_ROOT_V_SQRT_PA_M * np.sqrt(product_pa_m)
    return np.asarray(np.maximum(breakdown_v, PASCHEN_MINIMUM_V))


def inception_margin(
    electrode: Electrode, voltage_v: Values, density_factor: Values = 1.0, wetness: Values = 0.0
) -> Floats:
    """Inception over operating phase voltage [1]; above one there is no corona."""
    return np.asarray(electrode.inception_v(density_factor, wetness) / np.asarray(voltage_v))


def _check_geometry(radius_m: Values, spacing_m: Values) -> None:
    if np.any(np.asarray(radius_m) <= 0) or np.any(np.asarray(spacing_m) <= np.asarray(radius_m)):
        raise ValueError("radius_m must be above zero and spacing_m above radius_m")
