"""How many episodes each family of scenarios gets: Thompson sampling that forgets, with a floor for all.

The reward of a family is what the model's held-out loss fell by, per unit of cost, in a round that asked
for it. What a family teaches changes as the model learns, so old rewards are discounted; a floor share keeps
every family in view.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field, PositiveFloat

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.factory.weak_spots import episodes_of_spots
from envirosense.learning.samples import Floats


class BanditSettings(FrozenModel):
    """How a bandit allots.

    Attributes:
        discount: Weight of the last round's evidence in the next, 1 never forgets.
        floor: Share of the episodes that is dealt evenly over all families.
        prior_rounds: Rounds that the prior counts as.
        draws: Draws from the posterior; a family's share is how often it is the best of them.
    """

    discount: float = Field(0.9, gt=0, le=1)
    floor: float = Field(0.2, ge=0, le=1)
    prior_rounds: PositiveFloat = 1.0
    draws: int = Field(64, ge=1)


@dataclass(slots=True)
class FamilyBandit:
    """Allots episodes to families and learns from rewards.

    Rewards are taken as normal about an unknown mean; their scale is learned from all families together, so
    any unit will do.
    """

    families: tuple[str, ...]
    settings: BanditSettings = field(default_factory=BanditSettings)
    _weight: dict[str, float] = field(init=False, default_factory=dict)
    _sum: dict[str, float] = field(init=False, default_factory=dict)
    _square: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Refuse no families, or one twice."""
        if not self.families or len(set(self.families)) < len(self.families):
            raise ConfigError("families", self.families, "name different families, at least one")
        self._weight = dict.fromkeys(self.families, 0.0)
        self._sum = dict.fromkeys(self.families, 0.0)

    def shares(self, rng: np.random.Generator) -> dict[str, float]:
        """Share of the next episodes for each family, summing to 1; none below the floor's even part."""
        mean, sigma = self._posterior()
        drawn = mean + sigma * rng.standard_normal((self.settings.draws, len(self.families)))
        best = np.bincount(drawn.argmax(axis=1), minlength=len(self.families)) / self.settings.draws
        shares = self.settings.floor / len(self.families) + (1.0 - self.settings.floor) * best
        return dict(zip(self.families, shares.tolist(), strict=True))

    def allot(self, episodes: int, rng: np.random.Generator) -> dict[str, int]:
        """Whole episodes for each family, summing to `episodes`."""
        shares = self.shares(rng)
        counts = episodes_of_spots([max(one, 1e-12) for one in shares.values()], episodes)
        return dict(zip(shares, counts, strict=True))

    def learn(self, rewards: Mapping[str, float]) -> None:
        """Take in one round: reward of each family that was asked for.

        Raises:
            UnknownNameError: for a family that is not there.
            ConfigError: for a reward that is no finite number.
        """
        for name, reward in rewards.items():
            if name not in self._weight:
                raise UnknownNameError("family", name, self.families)
            if not np.isfinite(reward):
                raise ConfigError("reward", reward, "must be finite")
        keep = self.settings.discount
        self._square *= keep
        for name in self.families:
            self._weight[name] *= keep
            self._sum[name] *= keep
        for name, reward in rewards.items():
            self._weight[name] += 1.0
            self._sum[name] += reward
            self._square += reward**2

    def _posterior(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each family's mean reward, (family,)."""
        weight = np.array([self._weight[name] for name in self.families])
        total = np.array([self._sum[name] for name in self.families])
        n, prior = float(weight.sum()), self.settings.prior_rounds
        centre = float(total.sum()) / n if n else 0.0
        mean = (total + prior * centre) / (weight + prior)
        spread = float(np.sqrt(max(self._square / n - centre**2, 0.0))) if n else 1.0
        spread = max(spread, 0.1 * abs(centre), 1e-12)  # two equal rewards are no proof
        return mean, spread / np.sqrt(weight + prior)


def rewards_of(
    before: Mapping[str, float], after: Mapping[str, float], costs: Mapping[str, float]
) -> dict[str, float]:
    """Held-out loss that each family's episodes took away, per unit of their cost.

    Args:
        before: Loss on held-out samples of each family before the round.
        after: The same samples after it.
        costs: What was spent on each family, such as simulated seconds; a family without any has no reward.
    """
    return {name: (before[name] - after[name]) / cost for name, cost in costs.items() if cost > 0}


def rewards_of_round(
    before: Mapping[str, float],
    after: Mapping[str, float],
    family: Sequence[str],
    unit: Sequence[str],
    seconds: float,
) -> dict[str, float]:
    """Reward of each family for the samples that are new: loss taken off the others, per simulated second.

    Args:
        before: Held-out loss of each sample before the round, by id.
        after: The same after it, with the new samples.
        family: Family of each sample of `after`, in order.
        unit: Unit of each sample of `after`, in order; a new unit is an episode.
        seconds: Of an episode [s].
    """
    drop: dict[str, float] = {}
    episodes: dict[str, set[str]] = {}
    for name, of, one in zip(after, family, unit, strict=True):
        if name in before:
            drop[of] = drop.get(of, 0.0) + before[name] - after[name]
        else:
            episodes.setdefault(of, set()).add(one)
    return {of: drop[of] / (len(new) * seconds) for of, new in episodes.items() if of in drop}


def family_of(scenario: str) -> str:
    """Shelf of a scenario's id."""
    return scenario.partition("/")[0]
