"""Has what a model sees changed? Two batches compared by exchanging whole groups."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]
type Texts = npt.NDArray[np.str_]

N_PERMUTATIONS: Final = 499
_MOST_ROWS: Final = 4000  # of both batches together: more change no verdict and cost time
_CHUNK: Final = 50  # permutations at once, for memory


@dataclass(frozen=True, slots=True)
class Shift:
    """How one feature of two batches differs.

    Attributes:
        ks: Greatest distance of the two cumulative shares; unknown values count as one value.
        distance_iqr: Wasserstein distance of the known values over the interquartile range of the reference;
            None where that is zero or nothing is known.
        p: Corrected for the number of features.
    """

    feature: str
    ks: float
    distance_iqr: float | None
    p: float

    def __str__(self) -> str:
        moved = "" if self.distance_iqr is None else f", {self.distance_iqr:.2f} interquartile ranges"
        return f"{self.feature} (KS {self.ks:.2f}{moved}, p = {self.p:.3g})"


@dataclass(frozen=True, slots=True)
class DriftReport:
    """All features, the most changed first.

    Attributes:
        alpha: Chance of any false finding where nothing has changed.
        shifts: By p, then by distance.
        least_p: What the number of groups allows; above `alpha` nothing can be found.
    """

    alpha: float
    shifts: tuple[Shift, ...]
    least_p: float

    @property
    def found(self) -> tuple[Shift, ...]:
        """Features that have changed."""
        return tuple(one for one in self.shifts if one.p <= self.alpha)

    @property
    def can_tell(self) -> bool:
        """Whether there are groups enough to find anything."""
        return self.least_p <= self.alpha


def feature_drift(
    reference: Samples, current: Samples, seed: int, alpha: float = 0.01, n_permutations: int = N_PERMUTATIONS
) -> DriftReport:
    """Kolmogorov-Smirnov distance of every feature, judged by exchanging groups between the batches.

    Rows of a group depend on one another, so groups change sides, not rows. The p-values step down as
    Holm's do, over the greatest distance of the features that are left (Westfall and Young): the
    permutations carry how features go together, where Holm's own would need as many times more of
    them as there are features. Where a group is in both batches the test errs towards silence.

    Raises:
        ConfigError: if the features differ, a batch is empty, or `alpha` is below what the permutations
            can resolve.
    """
    _require_comparable(reference, current, alpha, n_permutations)
    rng = stream(seed, "drift", "features")
    both = Samples.concat([_bare(reference, "r"), _bare(current, "c")])
    is_current = np.arange(len(both)) >= len(reference)
    if len(both) > _MOST_ROWS:
        chosen = np.sort(rng.permutation(len(both))[:_MOST_ROWS])
        both, is_current = both.select(chosen), is_current[chosen]
    blocks, member = np.unique(both.group, return_inverse=True)
    side = np.array([name[0] == "c" for name in blocks.tolist()])
    sides = np.stack([side, *(rng.permutation(side) for _ in range(n_permutations))])
    found = np.stack([_distances(column, member, sides) for column in both.x.T], axis=1)
    p = _stepped_down(found)
    shifts = [
        Shift(
            name, float(found[0, at]), _moved(both.x[~is_current, at], both.x[is_current, at]), float(p[at])
        )
        for at, name in enumerate(both.features)
    ]
    ways = math.comb(len(side), int(side.sum()))
    least_p = max(1.0 / ways, 1.0 / (n_permutations + 1))
    return DriftReport(alpha, tuple(sorted(shifts, key=lambda one: (one.p, -one.ks))), least_p)


def _require_comparable(reference: Samples, current: Samples, alpha: float, n_permutations: int) -> None:
    if reference.features != current.features:
        odd = sorted(set(reference.features) ^ set(current.features))[:3]
        raise ConfigError("features", odd, "are not in both batches; compare batches of the same features")
    for name, batch in (("reference", reference), ("current", current)):
        if not len(batch):
            raise ConfigError(name, 0, "holds no samples; collect some first")
    if not 1.0 / (n_permutations + 1) <= alpha < 1.0:
        raise ConfigError(
            "alpha", alpha, f"{n_permutations} permutations resolve {1 / (n_permutations + 1):.2g}"
        )


def _bare(samples: Samples, side: str) -> Samples:
    """Samples without conditions, groups marked by the batch that they are in."""
    return Samples(
        x=samples.x, features=samples.features, y=samples.y, unit=samples.unit, sample_id=samples.sample_id,
        group=np.char.add(side, samples.group), origin=samples.origin, weight=samples.weight,
    )  # fmt: skip


def _distances(values: Floats, member: npt.NDArray[np.intp], sides: npt.NDArray[np.bool_]) -> Floats:
    """Kolmogorov-Smirnov distance for each way to share the groups out, (way,)."""
    _, rank = np.unique(values, return_inverse=True)  # all unknown values are one, above the others
    order = np.argsort(rank, kind="stable")
    last_of_tie = np.flatnonzero(np.append(np.diff(rank[order]) > 0, True))
    member = member[order]
    found = np.empty(len(sides))
    for start in range(0, len(sides), _CHUNK):
        current = sides[start : start + _CHUNK, member]
        below = np.cumsum(current, axis=1)[:, last_of_tie]
        n = below[:, -1:]
        above = (last_of_tie + 1) - below
        share = below / np.maximum(n, 1) - above / np.maximum(len(values) - n, 1)
        found[start : start + _CHUNK] = np.abs(share).max(axis=1)
    return found


def _stepped_down(found: Floats) -> Floats:
    """Corrected p of each feature from distances (way, feature), the first way being what happened."""
    order = np.argsort(-found[0], kind="stable")
    left = np.maximum.accumulate(found[:, order][:, ::-1], axis=1)[:, ::-1]  # greatest of this and all below
    exceed = np.mean(left >= left[0] - 1e-12, axis=0)
    p = np.empty(found.shape[1])
    p[order] = np.maximum.accumulate(exceed)
    return p


def _moved(reference: Floats, current: Floats) -> float | None:
    """Wasserstein distance over the interquartile range of the reference."""
    reference, current = reference[np.isfinite(reference)], current[np.isfinite(current)]
    if not reference.size or not current.size:
        return None
    q = (np.arange(200) + 0.5) / 200
    scale = float(np.subtract(*np.quantile(reference, [0.75, 0.25])))
    distance = np.abs(np.quantile(reference, q) - np.quantile(current, q)).mean()
    return float(distance / scale) if scale > 0 else None
