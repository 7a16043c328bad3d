"""Whether an alarm score means what it says."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.learning.judging.results import Reliability

_BINS: Final = 10


def reliability(score: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_]) -> Reliability:
    """Mean score and share of positives in bins of equal count, and how far they are apart."""
    bins = np.array_split(np.argsort(score, kind="stable"), min(_BINS, len(score)))
    mean = np.array([score[rows].mean() for rows in bins])
    share = np.array([positive[rows].mean() for rows in bins])
    n = np.array([len(rows) for rows in bins])
    return Reliability(
        tuple(mean.tolist()),
        tuple(share.tolist()),
        tuple(n.tolist()),
        float((np.abs(mean - share) * n).sum() / n.sum()),
        float(np.mean((score - positive) ** 2)),
    )
