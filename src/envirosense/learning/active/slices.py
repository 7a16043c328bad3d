"""Weak slices: conditions under which a model errs more than elsewhere, in words and with an honest p-value.

Groups are parted in two halves. Each half proposes boxes and the other tests them, so a proposal is never
judged by the cases it was made of. Beside them each scenario is scanned against its own other cases
(`slices_within`). Holm's correction is over all tests: with errors at random the chance that anything is
named is at most `alpha`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from envirosense.core.errors import DatasetError
from envirosense.core.rng import derived_seed, stream
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.active.slice_cases import CLASS, SCENARIO, Box, Cases, cases_of
from envirosense.learning.active.slice_search import Search, candidates
from envirosense.learning.active.slices_within import weakest_within
from envirosense.learning.samples import Bools, Samples

type Range = tuple[float, float] | str
type Origin = Literal["held out", "feedback"]

LEAST_GROUPS: Final = 4  # two in each half


@dataclass(frozen=True, slots=True)
class WeakSlice:
    """Conditions under which a model errs more than elsewhere.

    Attributes:
        words: Such as `arcing, wind_speed above 9 m/s: error .39 against .07`.
        ranges: By variable: lowest and highest number, an open end being the furthest met; or a value.
        n_cases: Units (of one class) in it, of all groups.
        n_tested: Those of the groups that it was tested on, which `error` is of.
        error: Share of wrong ones among them.
        error_outside: Share of wrong ones outside, in the same groups; or in the rest of its scenario.
        p: Of the test, after Holm's correction.
        box: Its conditions, with open ends.
        origin: Whether held-out samples show it, or what people said of alarms.
    """

    words: str
    ranges: Mapping[str, Range]
    n_cases: int
    n_tested: int
    error: float
    error_outside: float
    p: float
    box: Box = field(repr=False, default=())
    origin: Origin = "held out"

    @property
    def excess(self) -> float:
        """How much the error is above that outside."""
        return self.error - self.error_outside

    def to_spot(self, weight: float = 1.0) -> WeakSpot:
        """What the factory is asked for: the scenario, and the ranges of everything that can be drawn.

        The class is left out: a simulator draws causes, not verdicts.
        """
        drawn: dict[str, Any] = {
            name: value if isinstance(value, str) else list(value)
            for name, value in self.ranges.items()
            if name not in (SCENARIO, CLASS)
        }
        scenario = str(self.ranges.get(SCENARIO, "*"))
        return WeakSpot(
            scenario=scenario, weight=weight, parameters=drawn, reason=self.words, origin=self.origin
        )

    def __str__(self) -> str:
        return f"{self.words} (from feedback)" if self.origin == "feedback" else self.words


def find_slices(
    samples: Samples,
    wrong: Bools,
    slice_by: Sequence[str] | None = None,
    *,
    seed: int = 0,
    alpha: float = 0.05,
    search: Search | None = None,
    least_share: float = 0.5,
) -> tuple[WeakSlice, ...]:
    """Slices in which the model errs more than outside, surest first; none where nothing can be shown.

    Args:
        samples: What was judged; its conditions are what slices are made of.
        wrong: Whether the model was wrong, (sample,).
        slice_by: Conditions to look at, `class` being the true class; all by default.
        seed: Of the parting in halves.
        alpha: Greatest chance that a slice is named where errors fall at random.
        search: How candidates are looked for.
        least_share: A unit counts as wrong where at least this share of its samples is.

    Raises:
        DatasetError: if there are too few groups to test on others than those searched.
    """
    known = slice_by if slice_by is None else tuple(dict.fromkeys((CLASS, *slice_by)))
    by_class = cases_of(samples, wrong, known, least_share)
    cases = by_class if slice_by is None else by_class.with_columns(slice_by)
    names = np.unique(cases.group)
    if len(names) < LEAST_GROUPS:
        raise DatasetError(
            f"{len(names)} groups: weak slices need at least {LEAST_GROUPS} to search and test"
        )
    search = search or Search()
    first = np.isin(cases.group, stream(seed, "slices", "halves").permutation(names)[: len(names) // 2])
    tests = [_tested(box, cases, half) for half in (first, ~first) for box in _boxes(cases, ~half, search)]
    tests += [
        _compared(one.box, one.stratum, by_class.select(one.stratum), one.p, is_within=True)
        for one in weakest_within(by_class, derived_seed(seed, "slices"))
    ]
    kept = [
        (test, p)
        for test, p in zip(tests, holm([test.p for test in tests]), strict=True)
        if p <= alpha and test.gap >= search.least_gap
    ]
    kept.sort(key=lambda pair: (pair[1], pair[0].p, -pair[0].gap))
    chosen = _without_repeats([test for test, _ in kept if not test.is_within], cases, search.least_gap)
    parts = [test for test, _ in kept if test.is_within and not _is_known(test, chosen, by_class)]
    corrected = {id(test): p for test, p in kept}
    chosen = sorted([*chosen, *parts], key=lambda test: (corrected[id(test)], test.p, -test.gap))
    return tuple(_slice(test, corrected[id(test)], by_class, samples.slice_units) for test in chosen)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values after Holm's correction for their number."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(raised, 1.0)
    return [float(one) for one in corrected]


@dataclass(frozen=True, slots=True)
class _Test:
    """A box on the groups that did not propose it, or on its whole scenario."""

    box: Box
    rows: Bools
    n: int
    error: float
    outside: float
    p: float
    is_within: bool = False

    @property
    def gap(self) -> float:
        return self.error - self.outside


def _boxes(cases: Cases, half: Bools, search: Search) -> list[Box]:
    return candidates(cases.select(half), search)


def _tested(box: Box, cases: Cases, half: Bools) -> _Test:
    part = cases.select(half)
    return _compared(box, half, part, p_value(part, part.inside(box)))


def _compared(box: Box, rows: Bools, part: Cases, p: float, is_within: bool = False) -> _Test:
    """The test with the shares of errors inside the box and outside it, among some rows."""
    inside = part.inside(box)
    n, n_out = int(inside.sum()), int((~inside).sum())
    if not n or not n_out:
        return _Test(box, rows, n, 0.0, 0.0, 1.0, is_within)
    error, outside = float(part.wrong[inside].mean()), float(part.wrong[~inside].mean())
    return _Test(box, rows, n, error, outside, p, is_within)


def p_value(part: Cases, inside: Bools) -> float:
    """One-sided Fisher test that errors are more frequent inside; units of a group count as fewer.

    Counts are divided by the design effect of the groups (Rao and Scott), so that one bad site is no weak
    slice of all.
    """
    from scipy.stats import fisher_exact

    if inside.all() or len(np.unique(part.group[inside])) < 2:
        return 1.0
    alike = _alikeness(part, inside)
    table = []
    for rows in (inside, ~inside):
        _, sizes = np.unique(part.group[rows], return_counts=True)
        effect = 1.0 + (float((sizes**2).sum()) / float(sizes.sum()) - 1.0) * alike
        n, wrong = int(rows.sum()), int(part.wrong[rows].sum())
        wrong_eff = wrong / effect
        wrong_eff = np.floor(wrong_eff) if rows is inside else np.ceil(wrong_eff)
        table.append([int(wrong_eff), max(round(n / effect) - int(wrong_eff), 0)])
    return float(fisher_exact(table, alternative="greater").pvalue)


def _alikeness(part: Cases, inside: Bools) -> float:
    """Correlation of the errors within a group (analysis of variance), beside what the slice explains."""
    wrong = part.wrong.astype(np.float64)
    left = np.where(inside, wrong - wrong[inside].mean(), wrong - wrong[~inside].mean())
    _, group, sizes = np.unique(part.group, return_inverse=True, return_counts=True)
    n, k = len(left), len(sizes)
    if k < 2 or n <= k:
        return 0.0
    means = np.bincount(group, left) / sizes
    between = float((sizes * (means - left.mean()) ** 2).sum()) / (k - 1)
    within = float(((left - means[group]) ** 2).sum()) / (n - k)
    size = (n - float((sizes**2).sum()) / n) / (k - 1)
    total = between + (size - 1.0) * within
    return min(max((between - within) / total, 0.0), 1.0) if total > 0 else 0.0


def _without_repeats(tests: Sequence[_Test], cases: Cases, least_gap: float) -> list[_Test]:
    """Tests whose weakness is not that of a surer one; a part that is much weaker stands for its whole."""
    kept: list[_Test] = []
    for test in tests:
        inside = cases.inside(test.box)
        twins = [one for one in kept if _overlap(inside, cases.inside(one.box)) > 0.5]
        rest = inside.copy()
        for one in twins:
            rest &= ~cases.inside(one.box)
        if not twins or (
            inside.sum() > rest.sum() >= inside.sum() / 3 and _is_weak(rest, inside, cases, least_gap)
        ):
            kept.append(test)
    return kept


def _is_known(test: _Test, chosen: Sequence[_Test], cases: Cases) -> bool:
    """Whether a chosen slice holds about the same cases."""
    inside = cases.inside(test.box)
    others = [cases.inside(one.box) for one in chosen]
    return any((inside & other).sum() > 0.5 * (inside | other).sum() for other in others)


def _overlap(one: Bools, other: Bools) -> float:
    """Share of the smaller that lies in the greater."""
    return int((one & other).sum()) / max(min(int(one.sum()), int(other.sum())), 1)


def _is_weak(rest: Bools, inside: Bools, cases: Cases, least_gap: float) -> bool:
    """Whether what a surer slice leaves of one still errs more than what is outside."""
    from scipy.stats import fisher_exact

    table = [[int(cases.wrong[rows].sum()), int((~cases.wrong[rows]).sum())] for rows in (rest, ~inside)]
    shares = [wrong / max(wrong + right, 1) for wrong, right in table]
    return shares[0] - shares[1] >= least_gap and fisher_exact(table, alternative="greater").pvalue < 0.01


def _slice(test: _Test, p: float, cases: Cases, units: Mapping[str, str]) -> WeakSlice:
    inside = cases.inside(test.box)
    ranges: dict[str, Range] = {}
    for one in test.box:
        if one.value is not None:
            ranges[one.variable] = one.value
            continue
        column = np.asarray(cases.columns[one.variable], dtype=np.float64)
        low = float(np.nanmin(column)) if np.isinf(one.low) else one.low
        high = float(np.nanmax(column)) if np.isinf(one.high) else one.high
        ranges[one.variable] = (low, high)
    where = ", ".join(one.in_words(units.get(one.variable, "")) for one in test.box)
    words = error_words(where, test.error, test.outside) + (" in the rest of it" if test.is_within else "")
    return WeakSlice(words, ranges, int(inside.sum()), test.n, test.error, test.outside, p, test.box)


def error_words(where: str, error: float, outside: float) -> str:
    """Such as `arcing, wind above 9 m/s: error .39 against .07`."""
    return f"{where}: error {_share(error)} against {_share(outside)}"


def _share(value: float) -> str:
    return "1" if value >= 0.995 else f"{value:.2f}".removeprefix("0")
