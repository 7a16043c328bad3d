"""Compiled loop that splits a mass flow among species."""

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def speciate(
    component_rate_g_s: Floats,
    lower: npt.NDArray[np.intp],
    upper_weight: Floats,
    share: Floats,
    out_g_s: Floats,
) -> None:
    """Add to `out_g_s` (time, species) what each component gives at the two bands around each tick."""
    for i in range(out_g_s.shape[0]):
        for side in range(2):
            band = lower[i] + side
            weight = upper_weight[i] if side == 1 else 1.0 - upper_weight[i]
            for c in range(share.shape[1]):
                driver_g_s = weight * component_rate_g_s[i, c]
                for s in range(share.shape[2]):
                    out_g_s[i, s] += driver_g_s * share[band, c, s]
