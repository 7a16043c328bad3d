"""Weak conditions within one scenario: where it is harder than the rest of itself.

Against all other scenarios a hard one is weak as a whole, and that hides under which conditions. So each
scenario (and true class in it) is scanned by itself: ranges of one condition and of pairs, rated by the gain
of log-likelihood of two error rates over one [Kulldorff1997]. What the best of so many reaches by chance is
told by permuting the errors within each group and among groups of the same size: units of one site stay
together, and groups of a size of their own, which have none to change with, are not left as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.learning.active.slice_cases import CLASS, SCENARIO, Box, Cases, Condition
from envirosense.learning.samples import Bools, Floats

_N_CUTS: Final = 6  # bounds tried for a number, at even shares of the cases
_LEAST: Final = 5  # cases inside and outside, and errors in all
_CHUNK: Final = 100  # permutations at a time
_N_PERMUTATIONS: Final = 1000
_HOPELESS: Final = 0.1  # share of a first chunk above which no more are drawn

type Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WithinSlice:
    """The weakest box of one scenario and class.

    Attributes:
        box: Scenario, class where there are several, and the conditions.
        stratum: Cases of that scenario and class, (case,).
        p: Chance that permuted errors reach as much, before any correction for the number of scenarios.
    """

    box: Box
    stratum: Bools
    p: float


def weakest_within(cases: Cases, seed: int) -> list[WithinSlice]:
    """The weakest box of each scenario and class that has enough errors to tell, in the order of names.

    Whether one is tested depends on how many errors there are, not on where, so each p-value is exact.

    Args:
        cases: Judged units.
        seed: Of the permutations.
    """
    found = []
    for box in _strata(cases):
        stratum = cases.inside(box)
        part = cases.select(stratum)
        n_wrong = int(part.wrong.sum())
        if min(n_wrong, len(part) - n_wrong) < _LEAST:
            continue
        boxes = list(_boxes(part))
        if boxes:
            best, p = _scanned(part, boxes, stream(seed, "within", *(str(one.value) for one in box)))
            found.append(WithinSlice((*box, *best), stratum, p))
    return found


def _strata(cases: Cases) -> Iterator[Box]:
    """Scenarios, by class where a scenario has several."""
    scenario = cases.columns.get(SCENARIO)
    if scenario is None:
        return
    for name in np.unique(scenario).tolist():
        own = Condition(SCENARIO, value=str(name))
        kinds = np.unique(cases.columns[CLASS][scenario == name]).tolist() if CLASS in cases.columns else []
        if len(kinds) < 2:
            yield (own,)
        else:
            yield from ((Condition(CLASS, value=str(kind)), own) for kind in kinds)


def _boxes(part: Cases) -> Iterator[Box]:
    """Ranges of each number and values of each text, and pairs of open ranges of two numbers."""
    open_ranges: dict[str, list[Condition]] = {}
    for name, column in part.columns.items():
        if name in (CLASS, SCENARIO):
            continue
        if column.dtype.kind != "f":
            values = np.unique(column).tolist()
            yield from ((Condition(name, value=str(one)),) for one in values if len(values) > 1)
            continue
        cuts = _cuts(np.asarray(column, dtype=np.float64))
        open_ranges[name] = [
            *(Condition(name, high=cut) for cut in cuts),
            *(Condition(name, low=cut) for cut in cuts),
        ]
        yield from ((one,) for one in open_ranges[name])
        yield from ((Condition(name, low, high),) for low, high in combinations(cuts, 2))
    for one, other in combinations(open_ranges.values(), 2):
        yield from ((first, second) for first in one for second in other)


def _cuts(column: Floats) -> list[float]:
    """Bounds that part the known values in even shares."""
    known = np.unique(column[~np.isnan(column)])
    if len(known) < 2:
        return []
    ends = np.unique(np.quantile(column[~np.isnan(column)], np.arange(1, _N_CUTS + 1) / (_N_CUTS + 1)))
    below = np.clip(np.searchsorted(known, ends, side="right") - 1, 0, len(known) - 2)
    return [float(one) for one in np.unique((known[below] + known[below + 1]) / 2)]


def _scanned(part: Cases, boxes: list[Box], rng: np.random.Generator) -> tuple[Box, float]:
    """The best box and how often permuted errors have one as good."""
    held = np.stack([part.inside(box) for box in boxes])
    sizes = held.sum(axis=1)
    kept = (sizes >= _LEAST) & (sizes <= len(part) - _LEAST)
    if not kept.any():
        return boxes[0], 1.0
    inside, sizes = held[kept].astype(np.float32), sizes[kept]
    chosen = [box for box, keep in zip(boxes, kept.tolist(), strict=True) if keep]
    n_conditions = np.asarray([len(box) for box in chosen])
    # A pair is the best of many more than a single range is: both kinds are given the same chance.
    n_pairs = int((n_conditions > 1).sum())
    cost = np.where(n_conditions > 1, np.log(max(n_pairs / max(len(chosen) - n_pairs, 1), 1.0)), 0.0)
    seen = _gains(inside, sizes, part.wrong[:, None]) - cost[:, None]
    best = float(seen.max())
    reached = drawn = 0
    while drawn < _N_PERMUTATIONS:
        permuted = _permuted(part, _CHUNK, rng)
        gains = (_gains(inside, sizes, permuted) - cost[:, None]).max(axis=0)
        reached, drawn = reached + int((gains >= best - 1e-9).sum()), drawn + _CHUNK
        if reached > _HOPELESS * drawn:
            break
    return chosen[int(seen.argmax())], (reached + 1.0) / (drawn + 1.0)


def _gains(inside: Matrix, sizes: npt.NDArray[np.intp], wrong: Bools) -> Floats:
    """Gain of two error rates over one, 0 where the box errs less, (box, permutation) [nat]."""
    n, n_in = len(wrong), sizes[:, None].astype(np.float64)
    k_in = (inside @ wrong.astype(np.float32)).astype(np.float64)
    k = wrong.sum(axis=0).astype(np.float64)
    k_out, n_out = k - k_in, n - n_in
    gain = _likelihood(k_in, n_in) + _likelihood(k_out, n_out) - _likelihood(k, np.float64(n))
    return np.where(k_in * n_out > k_out * n_in, gain, 0.0)


def _likelihood(k: Floats, n: Floats | np.float64) -> Floats:
    from scipy.special import xlogy

    return np.asarray(xlogy(k, k / n) + xlogy(n - k, 1.0 - k / n))


def _permuted(part: Cases, n: int, rng: np.random.Generator) -> Bools:
    """The errors, each group's together given to another group of its size in any order, (case, permutation).

    Both leave errors that follow the site alone as likely as they were. Sites among which no two hold equally
    many cases could otherwise not be permuted at all.
    """
    _, of, sizes = np.unique(part.group, return_inverse=True, return_counts=True)
    order = np.argsort(of, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    permuted = np.empty((len(part), n), dtype=np.bool_)
    for size in np.unique(sizes).tolist():
        rows = order[starts[sizes == size][:, None] + np.arange(size)]  # (group, case of it)
        to = np.argsort(rng.random((n, len(rows))), axis=1)
        given = rng.permuted(part.wrong[rows][to], axis=-1)  # (permutation, group, case of it)
        permuted[rows] = np.moveaxis(given, 0, -1)
    return permuted
