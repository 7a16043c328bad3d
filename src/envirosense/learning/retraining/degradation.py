"""Is the model right less often than it was judged to be? A bet that may be looked at after every answer."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

_N_STAKES: Final = 20


@dataclass(frozen=True, slots=True)
class Degradation:
    """What the answers say about the share that the model gets right.

    Attributes:
        right: Mean of the answers.
        n: Answers.
        held: Share that it is held to.
        evidence: Greatest value of the bet so far; above `1 / alpha` the share has fallen.
    """

    right: float
    n: int
    held: float
    evidence: float


def degradation(answers: Floats, held: float) -> Degradation:
    """Evidence that the model is right less often than `held`, from answers in the order they came.

    An answer lies in 0..1, such as the share of a group's units that the model had right. The bet is
    fair: while the model is right at least that often, the chance that its value ever reaches
    `1 / alpha` is at most alpha, however often one looks (Ville, 1939). Stakes are mixed evenly over
    a grid, as the size of a fall is not known beforehand.
    """
    if not len(answers):
        return Degradation(float("nan"), 0, held, 1.0)
    stakes = (np.arange(_N_STAKES) + 1.0) / (_N_STAKES + 1.0) / max(1.0 - held, 1e-9)
    value = np.cumsum(np.log1p(stakes[:, None] * (held - answers)[None, :]), axis=1)
    top = value.max(axis=0)
    mixed = top + np.log(np.mean(np.exp(value - top), axis=0))
    return Degradation(float(answers.mean()), len(answers), held, float(np.exp(min(mixed.max(), 700.0))))
