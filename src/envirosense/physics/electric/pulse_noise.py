"""Radio noise of discharges: trains of short random pulses, and the field of what carries them.

Campbell's theorem: independent pulses of charge q at rate r make a current of one-sided density 2 q^2 r, flat
up to the inverse of the pulse's width.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.electric.line_fields import PERMEABILITY_H_M

type Floats = npt.NDArray[np.float64]

# Time constant of one pulse's decay; negative corona 0.1 us, gaps tens of ns, arc restrikes 1 us: assumed
PULSE_S: Final = {
    "corona": 1e-7,
    "internal": 1e-8,
    "surface": 5e-8,
    "floating": 2e-8,
    "gap": 5e-8,
    "arc": 1e-6,
}


def band_current_a(
    charge_c: npt.ArrayLike,
    pulses_per_s: npt.ArrayLike,
    bands_hz: tuple[tuple[float, float], ...],
    pulse_s: float,
) -> Floats:
    """Current of a pulse train in each band, rms, (..., band) [A]; `charge_c` is the pulses' rms charge.

    Exponential pulses: density 2 q^2 r / (1 + (f / fc)^2) with fc = 1 / (2 pi pulse_s), integrated exactly.
    Pulses that keep to the mains' phase add lines at its multiples, far below these bands' width: left out.
    """
    corner_hz = 1.0 / (2.0 * np.pi * pulse_s)
    low, high = np.array(bands_hz, dtype=np.float64).T
    width_hz = corner_hz * (np.arctan(high / corner_hz) - np.arctan(low / corner_hz))
    density = 2.0 * np.square(np.asarray(charge_c, np.float64)) * np.asarray(pulses_per_s, np.float64)
    return np.asarray(np.sqrt(density[..., None] * width_hz))


def element_field_t_a(way_m: npt.ArrayLike, length_m: float) -> float:
    """Field of a short upright current element per ampere at a way from it, quasi-static [T/A].

    mu0 l sin(angle to the vertical) / (4 pi r^2) (Biot-Savart); held nearer than half its length. Valid
    well within a wavelength, some 95 m at 500 kHz.
    """
    x, y, z = np.asarray(way_m, dtype=np.float64)
    distance_m = max(float(np.sqrt(x * x + y * y + z * z)), 0.5 * length_m)
    return float(PERMEABILITY_H_M / (4.0 * np.pi) * length_m * np.hypot(x, y) / distance_m**3)
