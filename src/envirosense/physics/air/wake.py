"""Wake of a round pole: how much slower the wind is behind it, and how fast it sheds eddies.

Plane far wake after Schlichting: valid from about six diameters on; nearer, the deficit is capped and
fades to nothing at the pole's axis (assumed), so a point beside or before the pole feels no wake.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

type Array = npt.NDArray[np.float64]
type Values = float | Array

DRAG_COEFFICIENT: Final = 1.0  # of a rough cylinder below the drag crisis  # assumed
STROUHAL: Final = 0.2  # of a circular cylinder (from memory)
MIXING_RATIO: Final = 0.18  # mixing length over half width of the wake [Schlichting1979] (from memory)
CENTRE_DEFICIT: Final = float(np.sqrt(10.0) / (18.0 * MIXING_RATIO))  # 0.98, of sqrt(Cd D/x), exact
HALF_WIDTH: Final = float(np.sqrt(10.0) * MIXING_RATIO)  # 0.57, of sqrt(Cd D x), exact
DEFICIT_LIMIT: Final = 0.9  # assumed: the near wake still moves


def wake_deficit(downwind_m: Values, crosswind_m: Values, diameter_m: Values) -> Array:
    """Velocity deficit over the free wind, broadcast shape [1], 0 to 0.9 [Schlichting1979].

    0.98 sqrt(Cd D/x) (1 - (y/b)^1.5)^2 with b = 0.57 sqrt(Cd D x): carries the drag of the pole.
    """
    x = np.maximum(np.asarray(downwind_m, dtype=np.float64), 0.0)
    drag_m = DRAG_COEFFICIENT * np.asarray(diameter_m, dtype=np.float64)
    beyond = np.maximum(x, 1e-6 * drag_m)
    centre = np.minimum(CENTRE_DEFICIT * np.sqrt(drag_m / beyond), DEFICIT_LIMIT)
    offset = np.abs(np.asarray(crosswind_m)) / (HALF_WIDTH * np.sqrt(drag_m * beyond))
    shape = np.maximum(1.0 - offset * np.sqrt(offset), 0.0) ** 2
    near = np.minimum(x / drag_m, 1.0)
    return np.asarray(centre * shape * near * near * (3.0 - 2.0 * near))


def wake_factor(
    east_m: float, north_m: float, wind_east_m_s: Array, wind_north_m_s: Array, diameter_m: float
) -> Array:
    """Wind at a point beside the pole over the free wind, (time,) [1]; the pole's axis is the origin."""
    speed = np.maximum(np.hypot(wind_east_m_s, wind_north_m_s), 1e-12)
    downwind_m = (east_m * wind_east_m_s + north_m * wind_north_m_s) / speed
    crosswind_m = (north_m * wind_east_m_s - east_m * wind_north_m_s) / speed
    return np.asarray(1.0 - wake_deficit(downwind_m, crosswind_m, diameter_m))


def top_share(height_m: float, pole_height_m: float, diameter_m: float) -> float:
    """How much of the wake there is at a height, 0..1: all below the top, none a diameter above it."""
    over = min(max((height_m - pole_height_m) / diameter_m, 0.0), 1.0)
    return 1.0 - over * over * (3.0 - 2.0 * over)


def shedding_hz(wind_m_s: Values, diameter_m: Values) -> Array:
    """Frequency at which eddies leave one side of the pole, broadcast shape [Hz]: 0.2 U/D."""
    return np.asarray(STROUHAL * np.asarray(wind_m_s, dtype=np.float64) / np.asarray(diameter_m))
