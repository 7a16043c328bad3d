"""How often a duel promotes a model that is no better, and how soon one that is.

    python benchmarks/duel.py [--duels 1000] [--seed 1]

Every duel is looked at 20 times and ends at the first look that promotes. Simulated outcomes; power curves
are exact.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.learning.deployment.ab import block_differences
from envirosense.learning.deployment.betting import log_evidence
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.duel import duel
from envirosense.learning.deployment.power import (
    duel_power,
    false_promotions,
    plan_duel,
    power_curve,
    promoted,
    simulated_duels,
)
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.intervals import Estimate, proportion
from envirosense.learning.models.bundle import bundle_of

LOOKS = 20
SETTINGS = ((2000, 0.11), (2000, 0.08), (400, 0.3), (400, 0.05))  # units, share the two disagree about
UNITS = (250, 500, 1000, 1500, 2000, 3000, 4000)
GAINS = ((0.03, 0.01), (0.07, 0.04), (0.05, 0.01), (0.10, 0.05), (0.10, 0.02), (0.20, 0.10))


def said(found: Estimate) -> str:
    """Value and interval in words."""
    return f"{found.value:6.1%} ({found.low:.1%} to {found.high:.1%})"


def no_difference(n_duels: int, seed: int) -> None:
    """Models that are alike."""
    print(f"\nNo difference, {n_duels} duels of {LOOKS} looks: share promoted (95 % interval)")
    for n_units, disagree in SETTINGS:
        rates = [
            said(false_promotions(n_duels, LOOKS, n_units, disagree, seed, test=test))
            for test in ("evidence", "mcnemar")
        ]
        exact = duel_power(disagree / 2, disagree / 2, n_units, test="evidence")
        print(
            f"  {n_units} units, {disagree:.0%} disagree: evidence {rates[0]}, peeking McNemar {rates[1]}; "
            f"evidence after every unit, exact: {exact:.2%}"
        )
    won, lost = simulated_duels(n_duels, LOOKS, 2000, 0.055, 0.055, seed)
    either = promoted(won, lost, test="mcnemar") | promoted(lost, won, test="mcnemar")
    print(f"  peeking McNemar, either side: {said(proportion(int(either.any(axis=1).sum()), n_duels))}")


def homes(
    n_homes: int, n_units: int, spread: float, gain: float, rng: np.random.Generator
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.str_]]:
    """Units of groups; in each one of the models is better by chance."""
    group = np.repeat([f"g{at}" for at in range(n_homes)], n_units)
    tilt = np.repeat(np.clip(0.5 + gain + rng.normal(0, spread, n_homes), 0, 1), n_units)
    differ = rng.random(len(group)) < 0.3
    won = differ & (rng.random(len(group)) < tilt)
    return differ & ~won, won, group


def dependent_units(n_duels: int, seed: int) -> None:
    """Units of one group that depend on one another."""
    print(
        f"\n30 groups of 40 units that depend on one another (spread of the win share 0.3), {n_duels} duels"
    )
    for gain in (0.0, 0.1, 0.2):
        hits = {"unit": 0, "group": 0}
        for at in range(n_duels):
            champion, challenger, group = homes(30, 40, 0.3, gain, stream(seed, "benchmark", "groups", at))
            for k in range(1, 11):
                cut = slice(0, k * 3 * 40)
                if duel(champion[cut], challenger[cut]).promote:
                    hits["unit"] += 1
                    break
            balance = [
                duel(champion[: k * 120], challenger[: k * 120], group=group[: k * 120]).promote
                for k in range(3, 11)
            ]
            hits["group"] += any(balance)
        rates = {name: said(proportion(n, n_duels)) for name, n in hits.items()}
        print(f"  win share {0.5 + gain:.1f}: by unit {rates['unit']}, by group {rates['group']}")


def power(n_duels: int, seed: int) -> None:
    """Models of which one is better."""
    print("\nPower at 7 % against 4 %, exact")
    print("  units    " + "".join(f"{n:>8}" for n in UNITS))
    for test in ("evidence", "mcnemar"):
        print(f"  {test:9}" + "".join(f"{value:8.2f}" for value in power_curve(0.07, 0.04, UNITS, test=test)))
    won, lost = simulated_duels(n_duels, LOOKS, 2000, 0.07, 0.04, seed)
    hit = promoted(won, lost)
    first = (hit.argmax(axis=1)[hit.any(axis=1)] + 1) * 2000 / LOOKS
    share = said(proportion(int(hit.any(axis=1).sum()), n_duels))
    print(f"  {LOOKS} looks up to 2000 units: {share}, half of them by {np.median(first):.0f} units")
    for gain in GAINS:
        print(f"  {plan_duel(*gain)}")


def two_sample(n_tests: int, seed: int) -> None:
    """Two versions, each on its own groups."""
    print(f"\nA/B on 400 groups, 5 outcomes each, rates spread by 0.2, {n_tests} tests of {LOOKS} looks")
    for share in (0.5, 0.1):
        for rates in ((0.7, 0.7), (0.6, 0.7), (0.5, 0.7)):
            named = 0
            for at in range(n_tests):
                rng = stream(seed, "benchmark", "ab", at)
                sides = [
                    rng.binomial(5, np.clip(rng.normal(rate, 0.2, round(400 * part)), 0, 1)) / 5
                    for rate, part in zip(rates, (1 - share, share), strict=True)
                ]
                blocks = block_differences(sides[0], sides[1], share)
                at_looks = np.unique(np.linspace(0, len(blocks) - 1, LOOKS + 1).astype(int)[1:])
                named += bool((log_evidence(blocks)[at_looks] >= np.log(20)).any())
            found = said(proportion(named, n_tests))
            print(f"  share {share:.0%}, {rates[0]:.0%} against {rates[1]:.0%} right: winner in {found}")


def rollback() -> None:
    """One rollback of a large forest."""
    from sklearn.ensemble import RandomForestClassifier

    rng = stream(1, "benchmark", "rollback")
    x = rng.normal(size=(4000, 120))
    y = np.where(x[:, :5].sum(axis=1) + rng.normal(size=4000) > 2, "leak", "normal")
    forest = RandomForestClassifier(200, random_state=0, min_samples_leaf=2).fit(x, y)
    with TemporaryDirectory() as folder:
        registry = ModelRegistry(f"sqlite:///{Path(folder) / 'catalog.sqlite'}")
        names = tuple(f"f{at}" for at in range(120))
        for threshold in (0.4, 0.5):
            registry.add(
                bundle_of(
                    forest,
                    task="bench",
                    negative="normal",
                    features=names,
                    threshold=threshold,
                    trainer="t@1",
                )
            )
        live = ModelDeployment(registry, "bench")
        for label in ("bench@1", "bench@2"):
            live.promote(label, reason="r", who="bench")
        began_s, cpu_s = time.perf_counter(), time.process_time()
        live.rollback(reason="r", who="bench")
        took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
        size = registry.load("bench@1").card.file.n_bytes
    told = f"Rollback with load and smoke test of a forest of 200 trees, {size / 1e6:.1f} MB"
    print(f"\n{told}: {took_s:.2f} s, {cpu_s:.2f} s of CPU")


def main() -> None:
    """Everything, printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duels", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(plan_duel(0.07, 0.04))
    no_difference(asked.duels, asked.seed)
    power(asked.duels, asked.seed)
    dependent_units(min(asked.duels, 300), asked.seed)
    two_sample(min(asked.duels, 300), asked.seed)
    rollback()


if __name__ == "__main__":
    main()
