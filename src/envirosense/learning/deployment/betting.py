"""Evidence that may be looked at any time: what a bettor owns who plays against "no difference".

With d in [-1, 1] and mean 0 under no difference, whatever came before, the product of `1 + lambda d` is the
wealth in a fair game for every fixed lambda in [-1, 1], and so is the mean over lambda. By Ville's inequality
it ever reaches 1/alpha with chance at most alpha: looking often, and stopping when one likes, costs nothing.

For d of -1 and 1 only and lambda spread evenly the mean is 2^(b+c) B(b+1, c+1). Half of the stake is on each
side and the half on the losing side is worth less than it was, so what is no better gets to 1/alpha and ahead
with chance at most alpha / (2 - alpha).
"""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]

_N_NODES: Final = 200  # any number is valid; this many are exact to 1e-6 for 2,000 pairs


def log_evidence_of_pairs(won: Ints | int, lost: Ints | int) -> Floats:
    """Natural logarithm of 2^(b+c) B(b+1, c+1), of any shape."""
    b, c = np.asarray(won, dtype=np.float64), np.asarray(lost, dtype=np.float64)
    return np.asarray((b + c) * np.log(2.0) + special.betaln(b + 1.0, c + 1.0))


def log_evidence(differences: Floats) -> Floats:
    """Natural logarithm of the wealth after each difference in [-1, 1], (difference,)."""
    nodes, weights = _nodes()
    steps = np.log1p(np.clip(differences, -1.0, 1.0)[:, None] * nodes)  # nodes lie inside, never at 0 wealth
    return np.asarray(special.logsumexp(np.cumsum(steps, axis=0), b=weights, axis=1))


@cache
def _nodes() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(_N_NODES)
    return nodes, weights / 2.0
