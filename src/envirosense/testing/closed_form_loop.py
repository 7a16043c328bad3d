"""A simulator in closed form for the active loop: features are explicit functions of parameters, plus noise.

Five families of scenarios share four parameters, each even over 0..1. A unit is a fault or normal by a fair
coin. Three signals tell which: almost everywhere the first does. A weak region is a box of two parameters in
one family, 12 % of its draws and 2.5 % of all, in which the boundary is another:

- `raised`: the first signal is shifted up, so that what is normal looks like a fault;
- `lowered`: it is shifted down, so that faults look normal;
- `turned`: its sign is turned;
- `hidden`: it says nothing and the second signal does;
- `swapped`: it goes its own way, and the third signal tells, turned.

A model sees the signals, noisy readings of the parameters and a code of the family, so every region can be
learned from enough draws. The learner is kernel ridge regression, which has its left-out scores in closed
form too. The learning curve of even draws rises in every region and is not flat at the end. Noise, the size
of the regions, and one region a problem instead of five at once were settled after runs of both arms, so
figures of other seeds count for more than those of the seeds in the tests. The test set of a region is drawn
from it alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.rng import derived_seed, stream
from envirosense.factory.request import GenerationRequest
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.active.comparison import Arena, ArmComparison, Ask, Plan, Rounds, compare
from envirosense.learning.active.evidence import ModelOutputs
from envirosense.learning.active.manager import ActiveLearningManager
from envirosense.learning.active.settings import ActiveSettings
from envirosense.learning.models.bundle import Scorer
from envirosense.learning.samples import Bools, Floats, Samples
from envirosense.learning.tasks import ModelTask
from envirosense.scenarios.definition_spaces import distribution
from envirosense.scenarios.distributions import Uniform
from envirosense.scenarios.document import SpreadDefinition
from envirosense.scenarios.parameters import Parameter, ParameterSpace
from envirosense.scenarios.sampling import narrowed

PARAMETERS: Final = ("load", "damp", "age", "gust")
FAULT, NORMAL = "fault", "normal"
EVERYWHERE: Final = "everywhere"
ROUNDS: Final = Rounds(first=150, each=50, n=9)
_NOISE: Final = 0.4  # of a signal; fault and normal lie at +1 and -1: 0.6 % cannot be told apart
_READING_NOISE: Final = 0.05  # of a parameter
_SHIFT: Final = 1.8
_N_TEST: Final = 300
_LENGTHS: Final = np.repeat([2.0, 0.5, 1.0], [3, 4, 5])  # of signals, readings and code, in the kernel
_RIDGE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Region:
    """A box of two parameters of one family in which the boundary is another."""

    name: str
    scenario: str
    ranges: Mapping[str, tuple[float, float]]

    @property
    def spot(self) -> WeakSpot:
        """The region as a weak spot."""
        ranges = {name: list(ends) for name, ends in self.ranges.items()}
        return WeakSpot(scenario=self.scenario, parameters=ranges, reason=self.name)

    def holds(self, scenario: str, values: Floats) -> Bools:
        """Which parameter vectors lie in it, (unit,)."""
        held = np.full(len(values), scenario == self.scenario)
        for name, (low, high) in self.ranges.items():
            column = values[:, PARAMETERS.index(name)]
            held &= (column >= low) & (column <= high)
        return held


REGIONS: Final = (
    Region("raised", "a/unit", {"gust": (0.65, 1.0), "age": (0.65, 1.0)}),
    Region("lowered", "b/unit", {"damp": (0.65, 1.0), "load": (0.0, 0.35)}),
    Region("turned", "c/unit", {"load": (0.35, 0.7), "gust": (0.0, 0.35)}),
    Region("hidden", "d/unit", {"age": (0.0, 0.35), "damp": (0.0, 0.35)}),
    Region("swapped", "e/unit", {"gust": (0.3, 0.65), "damp": (0.6, 0.95)}),
)
SCENARIOS: Final = tuple(one.scenario for one in REGIONS)
SPACES: Final = {
    name: ParameterSpace({one: Parameter(Uniform(0.0, 1.0), "1", one, "made up") for one in PARAMETERS})
    for name in SCENARIOS
}


class ClosedFormSubject:
    """What the manager needs of a twin; samples are made by `ClosedFormArena`, not from datasets."""

    name = "closed-form"

    def __init__(self) -> None:
        self.task = ModelTask(name=self.name, negative=NORMAL, slice_by=("scenario", *PARAMETERS))

    def request(self, episodes: int, seed: int) -> GenerationRequest:
        """Even draws over the families."""
        return GenerationRequest(twin=self.name, scenarios=SCENARIOS, episodes=episodes, seed=seed)

    def request_for(self, spot: WeakSpot, episodes: int, seed: int) -> GenerationRequest:
        """Draws from a spot.

        Raises:
            UnknownNameError: for a parameter that is not there.
            ConfigError: for a range that no family allows.
        """
        for name in SCENARIOS:
            _narrowed(name, spot)
        ranges = {name: spot.spreads() for name in SCENARIOS}
        return self.request(episodes, seed).model_copy(update={"options": {"ranges": ranges}})


def _narrowed(scenario: str, spot: WeakSpot) -> ParameterSpace:
    spreads = {name: distribution(SpreadDefinition.parse(one, name)) for name, one in spot.spreads().items()}
    return narrowed(SPACES[scenario], spreads)


def draw(spot: WeakSpot | None, n: int, seed: int, regions: Sequence[Region] = REGIONS) -> Samples:
    """Samples of `n` units, one each, from a spot or evenly from all families; five units share a site."""
    import fnmatch

    known = list(SCENARIOS) if spot is None else fnmatch.filter(SCENARIOS, spot.scenario)
    if not known:
        raise ConfigError("scenario", spot.scenario if spot else "", f"choose from {', '.join(SCENARIOS)}")
    scenario = np.asarray(known)[stream(seed, "family").integers(len(known), size=n)]
    values = stream(seed, "parameters").random((n, len(PARAMETERS)))
    if spot is not None:
        for at, name in enumerate(PARAMETERS):
            spread = _narrowed(known[0], spot).parameters[name].distribution
            values[:, at] = [float(spread.quantile(share, {})) for share in values[:, at].tolist()]
    is_fault = stream(seed, "coin").random(n) < 0.5
    x = np.concatenate(
        [
            _signals(scenario, values, is_fault, regions, stream(seed, "signals")),
            values + _READING_NOISE * stream(seed, "readings").standard_normal(values.shape),
            (scenario[:, None] == np.asarray(SCENARIOS)).astype(np.float64),
        ],
        axis=1,
    )
    unit = np.asarray([f"{seed:x}-{at}" for at in range(n)])
    return Samples(
        x=x,
        features=("s1", "s2", "s3", *(f"read_{name}" for name in PARAMETERS), *SCENARIOS),
        y=np.where(is_fault, FAULT, NORMAL),
        group=np.asarray([f"{seed:x}-site{at // 5}" for at in range(n)]),
        unit=unit,
        sample_id=np.char.add(unit, "@0"),
        origin=np.full(n, "simulated"),
        weight=np.ones(n),
        slices={"scenario": scenario, **{name: values[:, at] for at, name in enumerate(PARAMETERS)}},
    )


def _signals(scenario: Any, values: Floats, is_fault: Bools, regions: Sequence[Region],
             rng: np.random.Generator) -> Floats:  # fmt: skip
    """Three signals, (unit, 3)."""
    sign = np.where(is_fault, 1.0, -1.0)
    noise = _NOISE * rng.standard_normal((len(sign), 3))
    helper = np.where(rng.random(len(sign)) < 0.5, 1.0, -1.0)
    mean = np.stack([sign, np.zeros_like(sign), helper], axis=1)
    for region in regions:
        held = (scenario == region.scenario) & region.holds(region.scenario, values)
        own = {
            "raised": np.stack([sign + _SHIFT, 0.0 * sign, helper], axis=1),
            "lowered": np.stack([sign - _SHIFT, 0.0 * sign, helper], axis=1),
            "turned": np.stack([-sign, 0.0 * sign, helper], axis=1),
            "hidden": np.stack([0.0 * sign, sign, helper], axis=1),
            "swapped": np.stack([helper, 0.0 * sign, -sign], axis=1),
        }[region.name]
        mean[held] = own[held]
    return mean + noise


class KernelRidge:
    """Kernel ridge regression of fault (1) against normal (-1), with its scores for what it was trained on.

    `unseen` is each training sample's score by the model that lacks it, in closed form.
    """

    classes = (FAULT, NORMAL)
    negative = NORMAL
    threshold = 0.5

    def __init__(self, train: Samples) -> None:
        self._x = train.x / _LENGTHS
        target = np.where(train.y == FAULT, 1.0, -1.0)
        inverse = np.linalg.inv(_kernel(self._x, self._x) + _RIDGE * np.eye(len(target)))
        self._alpha = inverse @ target
        self.unseen = _probabilities(target - self._alpha / np.diag(inverse))

    def score(self, samples: Samples) -> Floats:
        """Probability of each class, (sample, class)."""
        return _probabilities(_kernel(samples.x / _LENGTHS, self._x) @ self._alpha)


def _kernel(one: Floats, other: Floats) -> Floats:
    apart = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2.0 * one @ other.T
    return np.exp(-0.5 * np.maximum(apart, 0.0))


def _probabilities(value: Floats) -> Floats:
    fault = np.clip(0.5 + 0.5 * value, 0.0, 1.0)
    return np.stack([fault, 1.0 - fault], axis=1)


class ClosedFormArena:
    """The closed form with its learner; scores are the accuracy in each planted region, and everywhere."""

    def __init__(self, seed: int, planted: Sequence[Region] = REGIONS) -> None:
        self.planted = tuple(planted)
        self.regions = tuple(one.name for one in planted)
        self.test = {
            one.name: self._draw(one.spot, _N_TEST, derived_seed(seed, "test", one.name)) for one in planted
        }
        self.test[EVERYWHERE] = self._draw(None, 3 * _N_TEST, derived_seed(seed, "test", EVERYWHERE))

    def collect(self, plan: Plan, seed: int) -> Samples:
        """Units of a plan, one an episode."""
        pieces = [
            self._draw(spot, count, derived_seed(seed, "part", at))
            for at, (spot, count) in enumerate(plan)
            if count
        ]
        return Samples.concat(pieces)

    def learn(self, train: Samples, seed: int) -> KernelRidge:
        """The learner, which draws nothing."""
        return KernelRidge(train)

    def scores(self, scorer: Scorer) -> Mapping[str, float]:
        """Accuracy by region."""
        classes = np.asarray(scorer.classes)
        return {
            name: float(np.mean(classes[scorer.score(test).argmax(axis=1)] == test.y))
            for name, test in self.test.items()
        }

    def _draw(self, spot: WeakSpot | None, n: int, seed: int) -> Samples:
        return draw(spot, n, seed, self.planted)


def compare_closed_form(
    planted: Sequence[Region], seeds: Sequence[int], folder: Path, rounds: Rounds = ROUNDS
) -> ArmComparison:
    """The manager against even draws on one problem: the closed form with these regions."""

    def ask_of(arena: Arena, seed: int) -> Ask:
        return manager_asks(closed_form_manager(folder / f"seed-{seed}", seed))

    return compare(lambda seed: ClosedFormArena(seed, planted), ask_of, rounds, seeds)


def manager_asks(manager: ActiveLearningManager) -> Ask:
    """The active arm: weak spots of the model on its own samples, each scored as if left out."""

    def ask(pool: Samples, scorer: Scorer, episodes: int, turn: int) -> Plan:
        unseen = scorer.unseen if isinstance(scorer, KernelRidge) else scorer.score(pool)
        spots = manager.identify_weak_spots(ModelOutputs(pool, unseen, scorer.classes))
        plan = manager.plan(spots, episodes)
        manager.note(plan)
        return plan

    return ask


def closed_form_manager(folder: Path, seed: int, **settings: Any) -> ActiveLearningManager:
    """The manager of the closed form."""
    lean: dict[str, Any] = {"acquisition": {"candidates": 200, "trees": 30}}
    config = ActiveSettings.parse({**lean, **settings})
    return ActiveLearningManager(ClosedFormSubject(), folder, seed, config, spaces=SPACES)
