"""Candidates for weak slices: boxes in the conditions in which a model errs more than elsewhere.

A shallow tree proposes boxes, a local search moves their bounds; the cases of the best are set aside and the
search goes on with the rest, so that several weak regions are found and not the greatest one many times.
Nothing here is evidence: the same cases propose and rate. `slices.find_slices` tests on other groups.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

import numpy as np

from envirosense.learning.active.slice_cases import Box, Cases, Column, Condition
from envirosense.learning.samples import Bools, Floats

MOST_OPTIONS: Final = 30  # values of a text that are looked at, the most frequent first
_DEPTH: Final = 4
_N_CUTS: Final = 14  # bounds tried for a number
_BEGIN_WITH: Final = 3  # boxes that the local search starts from
_LEAST_WRONG: Final = 3  # cases in a value of a text before a tree is grown in it
_LEAST_SCORE: Final = -3.0  # nat; a test decides, this only saves candidates


@dataclass(frozen=True, slots=True)
class Search:
    """How candidates are looked for."""

    most: int = 6
    least_cases: int = 5
    least_gap: float = 0.05


def candidates(cases: Cases, search: Search) -> list[Box]:
    """Boxes in which the model errs more than outside, the most telling first."""
    found: list[Box] = []
    left = np.ones(len(cases), dtype=np.bool_)
    while len(found) < search.most:
        rest = cases.select(left)
        if not rest.wrong.any() or rest.wrong.all():
            break
        box = _best(rest, search)
        if box is None:
            break
        if box not in found:
            found.append(box)
        left &= ~cases.inside(box)
    return found


def _best(cases: Cases, search: Search) -> Box | None:
    rating = _Rating(cases, search)
    begin = sorted(dict.fromkeys(_starts(cases, search)), key=rating, reverse=True)[:_BEGIN_WITH]
    ends = [_climbed(box, rating) for box in begin if np.isfinite(rating(box))]
    if not ends:
        return None
    box = max(ends, key=rating)
    return _rounded(box, cases) if rating(box) >= _LEAST_SCORE else None


class _Rating:
    """How much more likely a box makes the errors than one share for all, less what its words cost [nat].

    A bound or value that was picked out of m costs log m: the better of many is better by chance.
    """

    def __init__(self, cases: Cases, search: Search) -> None:
        self.cases, self.search = cases, search
        self._known: dict[Box, float] = {}
        self._held: dict[Condition, Bools] = {}
        self._n, self._all_wrong = len(cases), int(cases.wrong.sum())
        self._all_likely = _log_likelihood(self._all_wrong, self._n)
        self.cuts = {name: _cuts(column) for name, column in cases.columns.items()}
        self.options = {name: _options(column) for name, column in cases.columns.items()}

    def __call__(self, box: Box) -> float:
        if box not in self._known:
            self._known[box] = self._rated(self.inside(box)) - sum(self._cost(one) for one in box)
        return self._known[box]

    def _cost(self, condition: Condition) -> float:
        """Log of how many conditions of its kind it was picked from [nat]."""
        n_cuts = len(self.cuts[condition.variable])
        if condition.value is not None:
            picked_from = len(self.options[condition.variable])
        elif math.isinf(condition.low) or math.isinf(condition.high):
            picked_from = 2 * n_cuts
        else:
            picked_from = n_cuts * n_cuts // 2
        return math.log(len(self.cuts) * max(picked_from, 1))

    def inside(self, box: Box) -> Bools:
        """Which cases lie in a box; each condition is looked at once."""
        held = np.ones(self._n, dtype=np.bool_)
        for one in box:
            if one not in self._held:
                self._held[one] = one.holds(self.cases.columns[one.variable])
            held &= self._held[one]
        return held

    def _rated(self, inside: Bools) -> float:
        n = int(np.count_nonzero(inside))
        if n < self.search.least_cases or n == self._n:
            return -np.inf
        wrong = int(np.count_nonzero(self.cases.wrong & inside))
        n_out, wrong_out = self._n - n, self._all_wrong - wrong
        if wrong / n - wrong_out / n_out < self.search.least_gap:
            return -np.inf
        return _log_likelihood(wrong, n) + _log_likelihood(wrong_out, n_out) - self._all_likely


def _log_likelihood(wrong: int, n: int) -> float:
    """Greatest log-likelihood of so many errors under one share [nat]."""
    found = 0.0
    for count in (wrong, n - wrong):
        if count:
            found += count * math.log(count / n)
    return found


def _cuts(column: Column) -> Floats:
    """Bounds to try: midpoints between neighbours, about evenly many values apart."""
    if column.dtype.kind != "f":
        return np.empty(0)
    numbers = np.asarray(column, dtype=np.float64)
    values: Floats = np.unique(numbers[~np.isnan(numbers)])
    if len(values) < 2:
        return np.empty(0)
    middles = (values[1:] + values[:-1]) / 2
    spread = np.unique(np.linspace(0, len(middles) - 1, _N_CUTS).round().astype(np.intp))
    return np.asarray(middles[spread], dtype=np.float64)


def _options(column: Column) -> tuple[str, ...]:
    if column.dtype.kind == "f":
        return ()
    names, counts = np.unique(column, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_OPTIONS]
    return tuple(str(names[at]) for at in order) if len(names) > 1 else ()


# --- where the local search starts


def _starts(cases: Cases, search: Search) -> Iterator[Box]:
    """Boxes of a tree over everything, and of one within each value of each text."""
    yield from _tree_boxes(cases, search)
    for name, column in cases.columns.items():
        for option in _options(column):
            own = Condition(name, value=option)
            inside = cases.inside((own,))
            yield (own,)
            is_cut = 4 * search.least_cases <= inside.sum() < len(cases)
            if is_cut and cases.wrong[inside].sum() >= _LEAST_WRONG:
                for box in _tree_boxes(cases.select(inside), search):
                    if all(condition.variable != name for condition in box):
                        yield _sorted((*box, own))


def _tree_boxes(cases: Cases, search: Search) -> Iterator[Box]:
    """Boxes of all nodes of a shallow tree that tells wrong from right."""
    from sklearn.tree import DecisionTreeClassifier

    columns = list(_encoded(cases))
    if not columns or cases.wrong.all() or not cases.wrong.any():
        return
    x = np.stack([values for _, values in columns], axis=1)
    tree = DecisionTreeClassifier(
        criterion="entropy", max_depth=_DEPTH, min_samples_leaf=search.least_cases, random_state=0
    ).fit(x, cases.wrong)
    yield from _node_boxes(tree.tree_, [condition for condition, _ in columns], 0, ())


def _encoded(cases: Cases) -> Iterator[tuple[Condition, Floats]]:
    """Numbers as they are, a flag for each value of a text."""
    for name, column in cases.columns.items():
        if column.dtype.kind == "f":
            values = np.asarray(column, dtype=np.float64)
            if not np.isnan(values).all():
                yield Condition(name), values
        for option in _options(column):
            yield Condition(name, value=option), np.asarray(column == option, dtype=np.float64)


def _node_boxes(tree: Any, columns: list[Condition], node: int, box: Box) -> Iterator[Box]:
    """Boxes of a node and those below it; "not that value" is left out, the search may find a better word."""
    if box:
        yield _sorted(box)
    if tree.children_left[node] < 0:
        return
    split, bound = columns[tree.feature[node]], float(tree.threshold[node])
    if split.value is None:
        below, above = (
            _narrowed(box, split.variable, -np.inf, bound),
            _narrowed(box, split.variable, bound, np.inf),
        )
    else:
        others = tuple(one for one in box if one.variable != split.variable)
        below, above = box, (*others, split)
    yield from _node_boxes(tree, columns, tree.children_left[node], below)
    yield from _node_boxes(tree, columns, tree.children_right[node], above)


def _narrowed(box: Box, variable: str, low: float, high: float) -> Box:
    """The box with a range of one variable cut further."""
    own = next((one for one in box if one.variable == variable), Condition(variable))
    cut = replace(own, low=max(own.low, low), high=min(own.high, high))
    return (*(one for one in box if one.variable != variable), cut)


# --- local search


def _climbed(box: Box, rating: _Rating) -> Box:
    """The box after the best single change, again and again until none helps."""
    best = rating(box)
    while True:
        step = max(_neighbours(box, rating), key=rating, default=box)
        if rating(step) <= best + 1e-9:
            return box
        box, best = step, rating(step)


def _neighbours(box: Box, rating: _Rating) -> Iterator[Box]:
    """Boxes with one condition less, one bound moved or opened, one value set."""
    for variable, column in rating.cases.columns.items():
        others = tuple(one for one in box if one.variable != variable)
        own = next((one for one in box if one.variable == variable), Condition(variable))
        if len(others) < len(box) and others:
            yield others
        for option in rating.options[variable]:
            told = Condition(variable, value=option)
            yield _sorted((*others, told))
            for left_out in others:  # a name may say what a range of something that only it has said
                yield _sorted((*(one for one in others if one is not left_out), told))
        if column.dtype.kind == "f" and _is_known(column, rating.inside(others)):
            for cut in (*rating.cuts[variable].tolist(), -np.inf, np.inf):
                for low, high in ((cut, own.high), (own.low, cut)):
                    if low < high and (low, high) != (-np.inf, np.inf):
                        yield _sorted((*others, Condition(variable, low, high)))
            if own == Condition(variable):  # one bound of a range in the middle may not pay by itself
                for low, high in combinations(rating.cuts[variable].tolist(), 2):
                    yield _sorted((*others, Condition(variable, low, high)))


def _is_known(column: Column, inside: Bools) -> bool:
    """Whether a number is known for any of the cases: another scenario's parameter is not."""
    return not bool(np.isnan(np.asarray(column, dtype=np.float64)[inside]).all())


def _sorted(box: Box) -> Box:
    """Texts first, then by name: one order, and the scenario comes first in words."""
    return tuple(sorted(box, key=lambda one: (one.value is None, one.variable)))


# --- bounds a person would say


def _rounded(box: Box, cases: Cases) -> Box:
    """The box with the shortest bounds that hold the same cases."""
    return tuple(
        one
        if one.value is not None
        else replace(
            one,
            low=_short(one.low, np.asarray(cases.columns[one.variable], dtype=np.float64)),
            high=_short(one.high, np.asarray(cases.columns[one.variable], dtype=np.float64)),
        )
        for one in box
    )


def _short(bound: float, values: Floats) -> float:
    """The number of fewest digits that parts the values as the bound does."""
    if np.isinf(bound):
        return bound
    below, above = values[values <= bound], values[values > bound]
    if not len(below) or not len(above):
        return bound
    low, high = float(below.max()), float(above.min())
    for digits in range(1, 16):
        short = float(f"{bound:.{digits - 1}e}")
        if low <= short < high:
            return short
    return bound
