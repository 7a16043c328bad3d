"""How two models rank the same samples: is one worse by more than the choice of groups explains?"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.learning.metrics import average_precision

type Bools = npt.NDArray[np.bool_]
type Floats = npt.NDArray[np.float64]
type Places = npt.NDArray[np.intp]

_RESAMPLES: Final = 200
_ENOUGH_GROUPS: Final = 5  # assumed: below, equal models are called worse in about 15 % of cases, not 5 %
_SEED: Final = 0  # the same two models are always judged alike


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Alarm scores of a model beside what is true.

    Attributes:
        score: (sample,)
        positive: Whether its class is a positive one, (sample,).
        unit: Row of its unit in `UnitOutcomes`, (sample,).
        group: (sample,)
    """

    score: Floats
    positive: Bools
    unit: Places
    group: npt.NDArray[np.str_]


def is_ranked_worse(champion: Ranking, challenger: Ranking, chosen: Bools, chance: float) -> bool:
    """Whether the challenger's PR-AUC over some units is lower beyond chance, by a paired bootstrap.

    Whole groups are drawn again, the same for both models. Few groups vary too little between draws, so there
    it must be lower beyond chance with units drawn as well; with one group, by that alone.

    Args:
        champion: judged on the same samples as the challenger.
        challenger: as above.
        chosen: units that count, (unit,).
        chance: share of the resamples that may not have it lower.
    """
    rows = np.flatnonzero(chosen[champion.unit])
    n_groups, of_group = _numbered(champion.group[rows])
    n_units, of_unit = _numbered(champion.unit[rows])
    if n_units < 2:
        return False
    return (n_groups < 2 or _is_lower(champion, challenger, rows, of_group, chance)) and (
        n_groups >= _ENOUGH_GROUPS or _is_lower(champion, challenger, rows, of_unit, chance)
    )


def _numbered(names: npt.NDArray[np.generic]) -> tuple[int, Places]:
    known, member = np.unique(names, return_inverse=True)
    return len(known), member


def _is_lower(champion: Ranking, challenger: Ranking, rows: Places, member: Places, chance: float) -> bool:
    """Whether all but a share `chance` of the resamples of what rows are members of have a lower PR-AUC."""
    n = int(member.max()) + 1
    drawn = stream(_SEED, "judging", "pr_auc", "paired bootstrap").integers(n, size=(_RESAMPLES, n))
    weights = [np.bincount(one, minlength=n).astype(np.float64)[member] for one in drawn]
    falls = _resampled(champion, rows, weights) - _resampled(challenger, rows, weights)
    falls = falls[np.isfinite(falls)]
    return bool(falls.size) and float(np.quantile(falls, chance)) > 0.0


def _resampled(ranking: Ranking, rows: Places, weights: list[Floats]) -> Floats:
    """PR-AUC under each of the weights, (resample,)."""
    order = np.argsort(-ranking.score[rows], kind="stable")  # once: sorting what is sorted is quick
    score, positive = ranking.score[rows][order], ranking.positive[rows][order]
    return np.array([average_precision(score, positive, one[order]) for one in weights])
