"""Champion against challenger on the same units: who is right where the other is not?"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.learning.deployment.betting import log_evidence, log_evidence_of_pairs

type Bools = npt.NDArray[np.bool_]
type Texts = npt.NDArray[np.str_]
type Floats = npt.NDArray[np.float64]
type By = Literal["unit", "group"]

ALPHA: Final = 0.05


@dataclass(frozen=True, slots=True)
class DuelVerdict:
    """What a duel found so far; it may be looked at again with more units.

    Attributes:
        promote: Whether the challenger is better beyond chance.
        challenger_only: Units that only the challenger was right about.
        champion_only: Units that only the champion was right about.
        n: Units both were asked about.
        n_groups: Groups that the units are of; 0 where groups were not given.
        by: What counts as one independent piece of evidence.
        evidence: Against "no difference", after all units; 1 is none, `1 / alpha` decides.
        alpha: Chance of ever promoting a challenger that is no better.
        fixed_p: Two-sided exact McNemar test of units, valid for one look planned before; for comparison.
    """

    promote: bool
    challenger_only: int
    champion_only: int
    n: int
    n_groups: int
    by: By
    evidence: float
    alpha: float
    fixed_p: float

    @property
    def reason(self) -> str:
        """The verdict as a sentence."""
        pieces = f"right alone {self.challenger_only} to {self.champion_only} times on {self.n} units"
        pieces += f" of {self.n_groups} groups" if self.by == "group" else ""
        strength = f"evidence {self.evidence:.3g} of the {1 / self.alpha:.3g} needed"
        if self.promote:
            return f"the challenger was {pieces}: better ({strength})."
        if self.evidence * self.alpha >= 1:
            return f"the challenger was {pieces}: worse ({strength})."
        return f"the challenger was {pieces}: no difference beyond chance ({strength})."

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {**asdict(self), "reason": self.reason}


def duel(
    champion_right: Bools, challenger_right: Bools, alpha: float = ALPHA, *, group: Texts | None = None
) -> DuelVerdict:
    """Verdict on all units so far; valid however often it is asked while units are added.

    Units are taken as independent of one another. Where units of one group are not (what recurs at one
    place), give `group`: then each group counts once, with the balance of its disagreements. A group counts
    as whole: add units by whole groups, in the order they were collected.

    Args:
        champion_right: whether the champion was right, (unit,).
        challenger_right: whether the challenger was, (unit,).
        alpha: chance of ever promoting a challenger that is no better.
        group: of each unit, (unit,).

    Raises:
        ConfigError: if alpha is not between 0 and 1.
        DatasetError: if the two are not about the same units.
    """
    champion, challenger = np.asarray(champion_right, bool), np.asarray(challenger_right, bool)
    if not 0 < alpha < 1:
        raise ConfigError("alpha", alpha, "must lie between 0 and 1")
    if champion.shape != challenger.shape or (group is not None and len(group) != len(champion)):
        raise DatasetError(
            f"a duel is on the same units: {len(champion)} and {len(challenger)} outcomes"
            + (f" of {len(group)} groups' names" if group is not None else "")
        )
    won, lost = challenger & ~champion, champion & ~challenger
    b, c = int(won.sum()), int(lost.sum())
    log_e, is_ahead = float(log_evidence_of_pairs(b, c)), b > c
    if group is not None:
        balance = group_balance(won, lost, group)
        log_e = float(log_evidence(balance)[-1]) if balance.size else 0.0
        is_ahead = bool(balance.sum() > 0)
    return DuelVerdict(
        promote=log_e >= -math.log(alpha) and is_ahead,
        challenger_only=b,
        champion_only=c,
        n=len(champion),
        n_groups=0 if group is None else len(np.unique(group)),
        by="unit" if group is None else "group",
        evidence=math.exp(min(log_e, 700.0)),
        alpha=alpha,
        fixed_p=mcnemar_p(b, c),
    )


def looks(
    champion_right: Bools,
    challenger_right: Bools,
    at: Sequence[int],
    alpha: float = ALPHA,
    group: Texts | None = None,
) -> tuple[DuelVerdict, ...]:
    """Verdicts after the first `at` units each, up to the first that promotes."""
    found: list[DuelVerdict] = []
    for n in at:
        some = None if group is None else group[:n]
        found.append(duel(champion_right[:n], challenger_right[:n], alpha, group=some))
        if found[-1].promote:
            break
    return tuple(found)


def group_balance(won: Bools, lost: Bools, group: Texts) -> Floats:
    """(won - lost) / (won + lost) of each group with a disagreement, in order of first appearance, (group,).

    Where two models are alike, swapping them changes the sign alone: the mean is 0 whatever units of one
    group share.
    """
    _, first, member = np.unique(group, return_index=True, return_inverse=True)
    b = np.bincount(member, won, len(first))
    c = np.bincount(member, lost, len(first))
    order = np.argsort(first)
    told = order[(b + c)[order] > 0]
    return np.asarray((b[told] - c[told]) / (b[told] + c[told]))


def mcnemar_p(won: int, lost: int) -> float:
    """Two-sided exact p-value of McNemar's test on discordant pairs; 1 without any."""
    n = won + lost
    if not n:
        return 1.0
    tail = special.bdtr(min(won, lost), n, 0.5)
    return float(min(1.0, 2.0 * tail))
