"""Gas dissolved in transformer oil: which fault it tells of."""

from typing import Final

import numpy as np
import numpy.typing as npt

type Places = npt.NDArray[np.intp]

ZONES: Final = ("PD", "D1", "D2", "T1", "T2", "T3", "DT")  # order of `duval_zone`'s numbers
PARTIAL_DISCHARGE, LOW_ENERGY, HIGH_ENERGY, BELOW_300_C, BELOW_700_C, ABOVE_700_C, MIXED = range(7)


def duval_zone(methane: npt.ArrayLike, ethylene: npt.ArrayLike, acetylene: npt.ArrayLike) -> Places:
    """Zone of Duval's first triangle, broadcast shape: place in `ZONES` [IEC60599] (from memory).

    Inputs are amounts by volume in any one unit; only their shares count.

    Raises:
        ValueError: where an amount is negative or all three are zero.
    """
    parts = np.stack(np.broadcast_arrays(*(np.asarray(x, float) for x in (methane, ethylene, acetylene))))
    total = parts.sum(axis=0)
    if np.any(parts < 0.0) or np.any(total <= 0.0):
        raise ValueError("the three gases must not be negative, and not all be zero")
    ch4, c2h4, c2h2 = 100.0 * parts / total
    rules = [
        (ch4 >= 98.0, PARTIAL_DISCHARGE),
        ((c2h2 < 4.0) & (c2h4 < 20.0), BELOW_300_C),
        ((c2h2 < 4.0) & (c2h4 < 50.0), BELOW_700_C),
        ((c2h2 < 15.0) & (c2h4 >= 50.0), ABOVE_700_C),
        ((c2h2 >= 13.0) & (c2h4 < 23.0), LOW_ENERGY),
        ((c2h2 >= 13.0) & (c2h2 < 29.0) & (c2h4 >= 23.0) & (c2h4 < 40.0), HIGH_ENERGY),
        ((c2h2 >= 29.0) & (c2h4 >= 23.0), HIGH_ENERGY),
    ]
    return np.asarray(
        np.select([rule for rule, _ in rules], [zone for _, zone in rules], MIXED), dtype=np.intp
    )
