"""How fire-prone the weather of the moment is, from the driest and thinnest dead fuel.

Equilibrium moisture of fine fuel by Simard's fit and the index made of it and the wind, both as given by
[Fosberg1978] (from memory). The index knows the air of the moment: no drought, no fuel, no slope.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

MPH: Final = 0.44704  # [m/s] exact
FULL_WIND_MPH: Final = 30.0  # of the index 100 over fuel without moisture [Fosberg1978]
NO_FIRE_PCT: Final = 30.0  # moisture that stops fire in fine fuel [Fosberg1978]


def equilibrium_moisture_pct(air_k: npt.ArrayLike, relative_humidity: npt.ArrayLike) -> Floats:
    """Moisture of fine dead fuel in air of a humidity 0..1, shape of the inputs [% of dry mass]."""
    fahrenheit = np.asarray(air_k, dtype=np.float64) * 1.8 - 459.67
    h = 100.0 * np.asarray(relative_humidity, dtype=np.float64)
    dry = 0.03229 + 0.281073 * h - 0.000578 * h * fahrenheit
    middle = 2.22749 + 0.160107 * h - 0.01478 * fahrenheit
    damp = 21.0606 + 0.005565 * h * h - 0.00035 * h * fahrenheit - 0.483199 * h
    return np.maximum(np.where(h < 10.0, dry, np.where(h <= 50.0, middle, damp)), 0.0)


def fosberg_index(air_k: npt.ArrayLike, relative_humidity: npt.ArrayLike, wind_m_s: npt.ArrayLike) -> Floats:
    """Fire weather index, shape of the inputs, 0..100: 100 at 30 mph over fuel without moisture, held there.

    `wind_m_s` is the mean wind at standard height.
    """
    m = np.minimum(equilibrium_moisture_pct(air_k, relative_humidity) / NO_FIRE_PCT, 1.0)
    damping = 1.0 - 2.0 * m + 1.5 * m**2 - 0.5 * m**3
    mph = np.asarray(wind_m_s, dtype=np.float64) / MPH
    whole = np.sqrt(1.0 + FULL_WIND_MPH**2)
    return np.asarray(np.clip(100.0 * damping * np.sqrt(1.0 + mph**2) / whole, 0.0, 100.0))
