"""Samples whose truth is a formula: for tests of what trains, judges and asks."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]


def toy_samples(
    seed: int = 0, n_groups: int = 20, units: int = 20, per_unit: int = 3, *, prefix: str = "site",
    shift: float = 2.0, positive: float = 0.4, origin: str = "simulated",
) -> Samples:  # fmt: skip
    """Samples of two classes that two features tell apart by `shift` sigmas; a third feature is noise.

    Conditions: `wind_m_s` (0 to 12), `kind` (`near` or `far`); in the far half the shift is half as great.
    Classes: `normal` and `event`.
    """
    rng = stream(seed, "toy samples", prefix)
    n_units = n_groups * units
    is_event, is_far = rng.random(n_units) < positive, rng.random(n_units) < 0.5
    wind = rng.uniform(0.0, 12.0, n_units)
    member = np.repeat(np.arange(n_units), per_unit)
    n = len(member)
    moved = shift * np.where(is_far, 0.5, 1.0) * is_event
    site = rng.normal(0.0, 0.2, n_groups)[np.repeat(np.arange(n_groups), units)]
    x = rng.normal(size=(n, 3))
    x[:, :2] += (moved + site)[member][:, None]
    group = np.array([f"{prefix}-{seed}-{at // units}" for at in member])
    return Samples(
        x=x,
        features=("a.mean", "b.mean", "c.mean"),
        y=np.where(is_event, "event", "normal")[member],
        group=group,
        unit=np.array([f"{prefix}-{seed}-unit-{at:05d}" for at in member]),
        sample_id=np.array([f"{prefix}{seed}{at:05d}@{tick}" for tick, at in enumerate(member)]),
        origin=np.repeat(np.array(origin), n),
        weight=np.ones(n),
        slices={"wind_m_s": wind[member], "kind": np.where(is_far, "far", "near")[member]},
        slice_units={"wind_m_s": "m/s"},
    )


@dataclass(frozen=True)
class FormulaModel:
    """Scores by a logistic curve of the mean of two features, or by what a test makes of it."""

    threshold: float = 0.6
    sharpness: float = 1.5
    classes: tuple[str, ...] = ("event", "normal")
    negative: str = "normal"

    def score(self, samples: Samples) -> Floats:
        """Probabilities of event and normal, (sample, 2)."""
        event = 1.0 / (1.0 + np.exp(-self.sharpness * (samples.x[:, :2].mean(axis=1) - 1.0)))
        return np.stack([event, 1.0 - event], axis=1)


@dataclass(frozen=True)
class NoiseModel(FormulaModel):
    """Scores that know nothing."""

    seed: int = 0

    def score(self, samples: Samples) -> Floats:
        """Even draws, (sample, 2)."""
        event = stream(self.seed, "noise model").random(len(samples))
        return np.stack([event, 1.0 - event], axis=1)


@dataclass(frozen=True)
class ConstantModel(FormulaModel):
    """Always says the same."""

    def score(self, samples: Samples) -> Floats:
        """One half, (sample, 2)."""
        return np.full((len(samples), 2), 0.5)
