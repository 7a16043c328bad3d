"""Scenario-level acquisition: which parameter vectors to simulate next, per unit of cost.

A forest over the parameters predicts where the model errs; the spread of its trees says where that is not
known. Both are wanted, divided by what an episode costs. Vectors are drawn by how far they are above the
average, so that every weak region gets its part, and those taken lie far apart. Each is widened along every
parameter as far as the forest expects errors; what makes no difference there is drawn as ever.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.core.rng import derived_seed, stream
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.active.scenario_space import (
    Columns,
    Encoding,
    Spaces,
    drawn,
    jittered,
    n_rows,
    rows,
    stacked,
)
from envirosense.learning.active.slice_cases import CLASS, SCENARIO, Cases
from envirosense.learning.active.strategies import Index, k_centre
from envirosense.learning.detectors import one_thread
from envirosense.learning.samples import Bools, Floats

type CostOf = Callable[[Columns], Floats]  # simulated seconds, (row,)

_STEPS: Final = 9  # places along a parameter that a box is made from
_SHORTLIST: Final = 3  # candidates per wish that diversity chooses from


class AcquisitionSettings(FrozenModel):
    """How vectors are chosen.

    Attributes:
        candidates: Vectors that are rated.
        near_share: Share of them that are jitters of failures.
        jitter: Step of a jitter, share of a parameter's range.
        curiosity: Standard deviations of the prediction that count as error.
        trees: Of the forest.
        width: Least width of a box, share of a parameter's range.
    """

    candidates: PositiveInt = 400
    near_share: float = Field(0.4, ge=0, le=1)
    jitter: float = Field(0.08, gt=0, le=1)
    curiosity: NonNegativeFloat = 0.5
    trees: PositiveInt = 60
    width: float = Field(0.2, gt=0, le=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """One place to draw from.

    Attributes:
        spot: What the factory is asked for.
        error: Error that is expected there.
        sigma: How little is known of it.
        cost_s: Simulated seconds of an episode there [s].
        utility: Error and curiosity per simulated second [1/s].
    """

    spot: WeakSpot
    error: float
    sigma: float
    cost_s: float
    utility: float


@dataclass(frozen=True, slots=True)
class Surrogate:
    """Forest over parameters that predicts how wrong the model is."""

    encoding: Encoding
    forest: Any

    @classmethod
    def fit(cls, cases: Cases, columns: Columns, trees: int, seed: int) -> "Surrogate":
        """Fitted on judged cases; `columns` tells the range of everything."""
        from sklearn.ensemble import RandomForestRegressor

        encoding = Encoding.of(columns)
        forest = RandomForestRegressor(
            trees, min_samples_leaf=2, max_features=0.5, random_state=seed % 2**32, n_jobs=1
        )
        with one_thread():
            forest.fit(encoding.matrix(cases.columns), _target(cases))
        return cls(encoding, forest)

    def predict(self, columns: Columns) -> tuple[Floats, Floats]:
        """Mean and standard deviation over the trees of the error at each vector, (row,) each."""
        x = np.asarray(self.encoding.matrix(columns), dtype=np.float32)
        each = np.stack([tree.predict(x, check_input=False) for tree in self.forest.estimators_])
        return each.mean(axis=0), each.std(axis=0)

    def boxes(self, vectors: Columns, width: float, usual: float) -> list[dict[str, Any]]:
        """Ranges about each vector within which the error stays over half its excess.

        One parameter is moved at a time; one that may go anywhere, or is unknown there, is left out.
        """
        n, names = n_rows(vectors), list(self.encoding.ranges)
        steps = np.linspace(0.0, 1.0, _STEPS)
        moved = rows(vectors, np.repeat(np.arange(n), len(names) * _STEPS))
        for at, name in enumerate(names):
            low, high = self.encoding.ranges[name]
            column = moved[name].reshape(n, len(names), _STEPS).copy()
            column[:, at] = low + steps * (high - low)
            moved[name] = column.reshape(-1)
        error = self.predict(stacked([vectors, moved]))[0]
        least = usual + 0.5 * (error[:n] - usual)
        holds = error[n:].reshape(n, len(names), _STEPS) >= least[:, None, None]
        here = self.encoding.matrix(vectors)[:, : len(names)]
        return [
            {
                name: ends
                for at, name in enumerate(names)
                if (ends := self._ends(name, holds[row, at], float(here[row, at]), width)) is not None
            }
            for row in range(n)
        ]

    def _ends(self, name: str, holds: Bools, here: float, width: float) -> list[float] | None:
        """Range of one parameter; None for all of it."""
        low, high = self.encoding.ranges[name]
        if not np.isfinite(here) or high <= low:
            return None
        first, last = _run(holds, here, width)
        if first <= 0.0 and last >= 1.0:
            return None
        return [low + first * (high - low), low + last * (high - low)]


def _run(holds: Bools, here: float, width: float) -> tuple[float, float]:
    """Ends of the run of steps around a place that hold, in 0..1; at least `width` wide where it fits."""
    at = round(here * (_STEPS - 1))
    first, last = at, at
    while first > 0 and holds[first - 1]:
        first -= 1
    while last < _STEPS - 1 and holds[last + 1]:
        last += 1
    ends = (first / (_STEPS - 1), last / (_STEPS - 1))
    return max(min(ends[0], here - width / 2), 0.0), min(max(ends[1], here + width / 2), 1.0)


def acquire(
    cases: Cases,
    n: int,
    *,
    spaces: Spaces,
    cost_of: CostOf,
    settings: AcquisitionSettings,
    seed: int,
    favour: CostOf = lambda columns: np.ones(n_rows(columns)),
) -> tuple[Wish, ...]:
    """Up to `n` places worth an episode, best first; none where the model is never wrong.

    Args:
        cases: Judged units with their parameters.
        n: Places.
        spaces: Parameter spaces of scenarios, as far as they are known.
        cost_of: Simulated seconds of an episode at each vector.
        settings: How to choose.
        seed: Of candidates and forest.
        favour: Factor of the utility of each vector, such as what a bandit gives its family.

    Raises:
        ConfigError: if a cost is not above 0.
    """
    columns = {name: column for name, column in cases.columns.items() if name != CLASS}
    if not cases.wrong.any() or not columns or not n:
        return ()
    vectors = _candidates(cases, columns, spaces, settings, seed)
    surrogate = Surrogate.fit(
        cases, stacked([columns, vectors]), settings.trees, derived_seed(seed, "forest")
    )
    error, sigma = surrogate.predict(vectors)
    cost_s = np.broadcast_to(cost_of(vectors), error.shape)
    if not (cost_s > 0).all():
        raise ConfigError("cost_of", float(cost_s.min()), "an episode must cost more than 0 s")
    utility = (error + settings.curiosity * sigma) / cost_s * np.asarray(favour(vectors), dtype=np.float64)
    short = _shortlist(utility, _SHORTLIST * n, stream(seed, "shortlist"))
    places = surrogate.encoding.places(rows(vectors, short))
    chosen = short[k_centre(places, min(n, len(short)), places[:0])]
    chosen = chosen[np.argsort(-utility[chosen], kind="stable")]
    boxes = surrogate.boxes(rows(vectors, chosen), settings.width, float(_target(cases).mean()))
    return tuple(
        Wish(
            _spot(vectors, int(at), box, float(error[at])),
            *(float(one[at]) for one in (error, sigma, cost_s, utility)),
        )
        for at, box in zip(chosen, boxes, strict=True)
    )


def _target(cases: Cases) -> Floats:
    """What a surrogate learns: how wrong the model was, or only whether."""
    return cases.wrong.astype(np.float64) if cases.loss is None else cases.loss


def _shortlist(utility: Floats, n: int, rng: np.random.Generator) -> Index:
    """Index of about `n` vectors, the best among them, drawn by how far their utility is above the average.

    Only the best would all lie in the one worst region; so each gets its part.
    """
    excess = np.maximum(utility - utility.mean(), 0.0)
    best = int(utility.argmax())
    n = min(n, int((excess > 0.0).sum()))
    if n < 2:
        return np.array([best], dtype=np.intp)
    drawn = rng.choice(len(utility), size=n, replace=False, p=excess / excess.sum())
    return np.concatenate([[best], drawn[drawn != best]]).astype(np.intp)


def _candidates(
    cases: Cases, columns: Columns, spaces: Spaces, settings: AcquisitionSettings, seed: int
) -> dict[str, Any]:
    """Even draws, and jitters of failures."""
    n_near = round(settings.near_share * settings.candidates)
    found = drawn(spaces, columns, settings.candidates - n_near, seed) if n_near < settings.candidates else {}
    if not n_near:
        return found
    rng = stream(seed, "candidates", "near")
    failures = np.flatnonzero(cases.wrong)
    near = rows(columns, rng.choice(failures, size=n_near))
    moved = jittered(near, Encoding.of(columns), settings.jitter, spaces, rng)
    return stacked([found, moved]) if found else moved


def _spot(vectors: Columns, at: int, box: dict[str, Any], error: float) -> WeakSpot:
    scenario = str(vectors[SCENARIO][at]) if SCENARIO in vectors else "*"
    return WeakSpot(scenario=scenario, parameters=box, reason=f"loss {error:.2f} expected here")


def simulated_seconds(duration_s: float) -> CostOf:
    """Cost where every episode is as long."""
    return lambda columns: np.full(n_rows(columns), duration_s)
