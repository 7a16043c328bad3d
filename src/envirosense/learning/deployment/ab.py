"""Two versions, each on its own groups: which is right more often where it serves?"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.recorded.log_file import LogError
from envirosense.learning.deployment.betting import log_evidence
from envirosense.learning.deployment.deployment import ModelDeployment, Trial
from envirosense.learning.deployment.duel import ALPHA
from envirosense.learning.deployment.log import Deployment
from envirosense.learning.deployment.verdict import Verdict
from envirosense.learning.deployment.version import ModelVersion
from envirosense.learning.judging.results import Comparison

type Floats = npt.NDArray[np.float64]
type Winner = Literal["champion", "challenger"]

_FIELDS: Final[Mapping[str, type]] = {"group": str, "version": str, "right": bool}
UNITS_PER_GROUP: Final = 10  # assumed: a place confirms or denies a few alarms


@dataclass(frozen=True, slots=True)
class Outcome:
    """One unit of a group: which version served it, and whether it was right."""

    group: str
    version: str
    right: bool


@dataclass(frozen=True, slots=True)
class ABVerdict:
    """What an A/B test found so far; it may be looked at again with more outcomes.

    Attributes:
        winner: None while chance explains the difference.
        champion_right: Mean over its groups of the share of units that it was right about.
        challenger_right: The same of the challenger.
        n_champion: Groups of the champion that count.
        n_challenger: Groups of the challenger that count.
        n_waiting: Groups with too few outcomes so far.
        evidence: Against "no difference"; 1 is none, `1 / alpha` decides.
    """

    winner: Winner | None
    champion_right: float | None
    challenger_right: float | None
    n_champion: int
    n_challenger: int
    n_waiting: int
    evidence: float
    alpha: float

    @property
    def reason(self) -> str:
        """The verdict as a sentence."""
        if self.champion_right is None or self.challenger_right is None:
            return f"no complete group on both sides yet; {self.n_waiting} groups wait for outcomes."
        said = {
            "challenger": "the challenger is better",
            "champion": "the champion is better",
            None: "no difference beyond chance",
        }[self.winner]
        return (
            f"{said}: challenger right {self.challenger_right:.1%} in {self.n_challenger} groups, champion "
            f"{self.champion_right:.1%} in {self.n_champion} "
            f"(evidence {self.evidence:.3g} of the {1 / self.alpha:.3g} needed; {self.n_waiting} wait)."
        )

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {**asdict(self), "reason": self.reason}


def read_outcomes(path: Path | str) -> tuple[Outcome, ...]:
    """Outcomes of a file of JSON lines with `group`, `version` and `right`, in its order.

    Raises:
        LogError: for the first line that is none.
        DatasetError: if the file cannot be read.
    """
    path = Path(path)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise DatasetError(f"{path}: no outcomes can be read ({error.strerror})") from None
    return tuple(_outcome(path, line, text) for line, text in enumerate(lines, 1) if text.strip())


def _outcome(path: Path, line: int, text: bytes) -> Outcome:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise LogError(path, line, "outcome", "is not JSON; the line is damaged or cut") from None
    if not isinstance(told, dict):
        raise LogError(path, line, "outcome", "is no object of fields and values")
    for name, kind in _FIELDS.items():
        if not isinstance(told.get(name), kind):
            fix = "give true or false" if kind is bool else "give its name as text"
            raise LogError(path, line, name, f"{told.get(name)!r}: {fix}")
    odd = sorted(told.keys() - _FIELDS.keys())
    if odd:
        raise LogError(path, line, odd[0], f"unknown field; known: {', '.join(_FIELDS)}")
    return Outcome(told["group"], told["version"], told["right"])


class ABTest:
    """A challenger on a share of the groups of a deployment.

    Groups, not units, are what is drawn: units of one group depend on one another. A group counts once, with
    the mean of its first `units_per_group` outcomes; those with fewer wait. How soon a group has them must
    not depend on how right the model is. Where both versions score the same units, `duel` sees more.

    Args:
        deployment: where both serve.
        units_per_group: outcomes of each group that count.
        alpha: chance of ever naming a winner where there is no difference.
    """

    def __init__(
        self, deployment: ModelDeployment, *, units_per_group: int = UNITS_PER_GROUP, alpha: float = ALPHA
    ) -> None:
        if units_per_group < 1:
            raise ConfigError("units_per_group", units_per_group, "must be at least 1")
        if not 0 < alpha < 1:
            raise ConfigError("alpha", alpha, "must lie between 0 and 1")
        self.deployment, self.units_per_group, self.alpha = deployment, units_per_group, alpha

    def start(
        self,
        challenger: ModelVersion | str,
        *,
        share: float = 0.5,
        reason: str,
        who: str,
        now: datetime | None = None,
    ) -> Deployment:
        """The row after which the challenger serves a share of the groups."""
        if not 0 < share < 1:
            raise ConfigError("share", share, "must be above 0 and below 1: both versions serve")
        return self.deployment.promote(challenger, reason=reason, who=who, share=share, kind="ab", now=now)

    def verdict(self, outcomes: Sequence[Outcome]) -> ABVerdict:
        """Verdict on all outcomes so far, in the order they came; valid however often it is asked.

        Raises:
            DatasetError: if a group was served by another version than the one it is routed to.
        """
        champion, trial = self.sides()
        first: dict[str, list[bool]] = {}
        complete: dict[str, list[float]] = {champion.label: [], trial.version.label: []}
        routes = self.deployment.route([one.group for one in outcomes])
        for one in outcomes:
            if routes[one.group].label != one.version:
                raise DatasetError(
                    f"group {one.group!r} is routed to {routes[one.group]} and has an outcome of "
                    f"{one.version}: leave out what was served before the test began"
                )
            seen = first.setdefault(one.group, [])
            seen.append(one.right)
            if len(seen) == self.units_per_group:
                complete[one.version].append(float(np.mean(seen)))
        n_waiting = sum(len(seen) < self.units_per_group for seen in first.values())
        sides = (np.array(complete[champion.label]), np.array(complete[trial.version.label]))
        return two_sample(*sides, share=trial.share, alpha=self.alpha, n_waiting=n_waiting)

    def conclude(
        self,
        outcomes: Sequence[Outcome],
        *,
        who: str = "ab-test",
        comparison: Comparison | None = None,
        now: datetime | None = None,
    ) -> Deployment | None:
        """The row that made the winner serve all groups; None while there is none.

        Args:
            outcomes: all so far, in the order they came.
            who: decides, for the log.
            comparison: of the two on the same held-out samples; a challenger that falls too far anywhere does
                not serve all groups, however often it is right here.
            now: time of the row.

        Raises:
            ConfigError: if the winner falls too far, or the comparison is of other models.
        """
        champion, trial = self.sides()
        found = self.verdict(outcomes)
        if found.winner is None:
            return None
        if found.winner == "champion":
            return self.deployment.rollback(reason=found.reason, who=who, verdict=found.to_json(), now=now)
        ids = (champion.model_id, trial.version.model_id)
        if comparison is not None and (comparison.champion, comparison.challenger) != ids:
            said = f"{comparison.challenger} against {comparison.champion}"
            raise ConfigError("comparison", said, f"is not of {ids[1]} against {ids[0]}; compare these")
        falls = () if comparison is None else comparison.regressions
        told = tuple(f"Falls too far: {one}." for one in falls)
        facts = {**found.to_json(), "regressions": [asdict(one) for one in falls]}
        verdict = Verdict(champion.name, *ids, not falls, (found.reason, *told), facts)
        return self.deployment.promote(trial.version, reason=found.reason, who=who, verdict=verdict, now=now)

    def sides(self) -> tuple[ModelVersion, Trial]:
        """The version that serves, and the one on trial.

        Raises:
            ConfigError: if no test runs.
        """
        champion, trial = self.deployment.serving(), self.deployment.canary()
        if champion is None or trial is None:
            raise ConfigError("task", self.deployment.task, "no A/B test runs; start one")
        return champion, trial


def two_sample(
    champion: Floats, challenger: Floats, *, share: float = 0.5, alpha: float = ALPHA, n_waiting: int = 0
) -> ABVerdict:
    """Verdict on the means of whole groups, each in 0 to 1, in the order they were complete, (group,).

    Groups meet in blocks of about the ratio of the shares; a block without both sides waits.
    """
    difference = block_differences(champion, challenger, share)
    log_e = float(log_evidence(difference)[-1]) if difference.size else 0.0
    winner: Winner | None = None
    if log_e >= -math.log(alpha):
        winner = "challenger" if difference.sum() > 0 else "champion"
    return ABVerdict(
        winner,
        float(champion.mean()) if champion.size else None,
        float(challenger.mean()) if challenger.size else None,
        len(champion),
        len(challenger),
        n_waiting,
        math.exp(min(log_e, 700.0)),
        alpha,
    )


def block_differences(champion: Floats, challenger: Floats, share: float) -> Floats:
    """Mean of the challenger less mean of the champion in each block, (block,)."""
    n_champion = max(1, round((1 - share) / share))
    n_challenger = max(1, round(share / (1 - share)))
    n = min(len(champion) // n_champion, len(challenger) // n_challenger)
    before = np.asarray(champion[: n * n_champion]).reshape(n, n_champion).mean(axis=1)
    after = np.asarray(challenger[: n * n_challenger]).reshape(n, n_challenger).mean(axis=1)
    return np.asarray(after - before)
