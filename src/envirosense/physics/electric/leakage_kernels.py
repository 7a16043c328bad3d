"""Compiled recurrences of an insulator's surface: salt that rain washes off, and its film of water."""
# mypy: allow-untyped-decorators

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def wash(
    rain_mm_h: Floats,
    dt_s: float,
    deposit: float,
    laws: tuple[float, float, float],
    state: Floats,
    out: Floats,
) -> None:
    """Fill out (time,) with the deposit, and move `state`: deposit, depth of this rain [mm], dry time [s].

    `deposit` is per second; `laws` hold the depth before washing begins [mm], its e-folding depth [mm] and
    the dry time that ends a rain [s]. Deposit and washing are constant over a step, so the step is exact.
    """
    free_mm, fold_mm, pause_s = laws
    salt, depth_mm, dry_s = state
    for i in range(rain_mm_h.size):
        if rain_mm_h[i] > 0.0:
            if dry_s >= pause_s:
                depth_mm = 0.0
            dry_s = 0.0
            before_mm = max(depth_mm, free_mm)
            depth_mm += rain_mm_h[i] * dt_s / 3600.0
            exponent = max(depth_mm - before_mm, 0.0) / fold_mm
        else:
            dry_s += dt_s
            exponent = 0.0
        kept = np.exp(-exponent)
        mean_kept = 1.0 if exponent < 1e-9 else (1.0 - kept) / exponent
        salt = salt * kept + deposit * dt_s * mean_kept
        out[i] = salt
    state[:] = (salt, depth_mm, dry_s)


@njit(cache=True, nogil=True, error_model="numpy")
def soak(target: Floats, rate_per_s: Floats, dt_s: float, start: float, out: Floats) -> None:
    """Fill out (time,) with a film that relaxes to a target at a rate, both constant over a step."""
    film = start
    for i in range(target.size):
        film = target[i] + (film - target[i]) * np.exp(-rate_per_s[i] * dt_s)
        out[i] = film
