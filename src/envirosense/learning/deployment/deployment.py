"""What serves on a target, and every way to change it: each is one row of the log."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, EnviroSenseError
from envirosense.learning.deployment.log import (
    PRODUCTION,
    Deployment,
    DeploymentLog,
    Kind,
    State,
    state_of,
)
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.deployment.version import ModelVersion

if TYPE_CHECKING:
    from envirosense.learning.deployment.verdict import Verdict

type Bools = npt.NDArray[np.bool_]
type Texts = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Trial:
    """A version that serves some groups beside the one that serves the rest."""

    version: ModelVersion
    share: float
    kind: Kind


class ModelDeployment:
    """One task on one target.

    Args:
        registry: of the versions.
        task: name of the models.
        target: where they serve.
    """

    def __init__(self, registry: ModelRegistry, task: str, target: str = PRODUCTION) -> None:
        self.registry, self.task, self.target = registry, task, target
        self._log = DeploymentLog(registry.url, task, target)

    def serving(self) -> ModelVersion | None:
        """The version that serves; beside a trial, the one that serves the rest."""
        return self._of(state_of(self.history()).serving)

    def canary(self) -> Trial | None:
        """The version on trial, of a canary or an A/B test."""
        state = state_of(self.history())
        version = self._of(state.trial)
        return Trial(version, state.share, state.kind) if version and state.kind else None

    def on_trial(self) -> ModelVersion | None:
        """The newest version at work: the one on trial, or else the one that serves."""
        state = state_of(self.history())
        return self._of(state.trial or state.serving)

    def fallback(self) -> ModelVersion | None:
        """What a rollback returns to; None where there is nothing to go back to."""
        return self._of(_fallback(state_of(self.history())))

    def history(self) -> tuple[Deployment, ...]:
        """Every row of the log, oldest first."""
        return self._log.rows()

    def as_of(self, when: datetime) -> ModelVersion | None:
        """The version that served at a time."""
        return self._of(state_of(self._log.rows(until=when)).serving)

    def promote(
        self,
        version: ModelVersion | str,
        *,
        reason: str,
        who: str,
        verdict: "Verdict | None" = None,
        share: float = 1.0,
        kind: Kind = "canary",
        now: datetime | None = None,
    ) -> Deployment:
        """The row after which a version serves.

        Args:
            version: what is to serve; loaded and smoke-tested first.
            reason: why, for the log.
            who: decided.
            verdict: of `judge_promotion`; without one, `who` answers for it.
            share: of the groups; less than 1 is a trial beside what serves now.
            kind: of the trial: `canary` or `ab`.
            now: time of the row; default: the clock's.

        Raises:
            ConfigError: if it serves already, or the verdict is a no or about other models.
            DatasetError: if it does not load or says something else than when it was entered; the refusal is
                recorded and what ran goes on.
        """
        one = self._named(version)
        rows = self.history()
        state = state_of(rows)
        self._require_sense(one, state, share, kind)
        _require_yes(verdict, one, self._of(state.serving))
        self._require_running(one, rows, who, reason, now)
        return self._log.append(
            "promote" if share >= 1 else kind, one, seen=rows, who=who, reason=reason, share=share,
            verdict=verdict.to_json() if verdict else None, now=now,
        )  # fmt: skip

    def rollback(
        self,
        *,
        reason: str,
        who: str,
        to: ModelVersion | str | None = None,
        verdict: Mapping[str, Any] | None = None,
        now: datetime | None = None,
    ) -> Deployment:
        """The row after which an earlier version serves; without `to` a trial ends or the one before returns.

        Raises:
            ConfigError: if there is nothing to go back to.
            DatasetError: if the target does not load or says something else than when it was entered; the
                refusal is recorded and what runs goes on.
        """
        rows = self.history()
        state = state_of(rows)
        target = self._named(to) if to is not None else self._of(_fallback(state))
        if target is None:
            raise ConfigError("rollback", self.task, _no_way_back(state, self.target))
        is_trial = state.trial is not None and target.label == state.serving
        if target.label == state.serving and not is_trial:
            raise ConfigError("to", target.label, "serves already")
        self._require_running(target, rows, who, reason, now)
        return self._log.append(
            "rollback", target, seen=rows, who=who, reason=reason, now=now,
            verdict=verdict, before=state.trial if is_trial else None,
        )  # fmt: skip

    def auto_rollback(
        self,
        running_right: Bools,
        previous_right: Bools,
        *,
        group: Texts | None = None,
        alpha: float = 0.05,
        who: str = "auto-rollback",
        now: datetime | None = None,
    ) -> Deployment | None:
        """The row that went back, or None: the duel pointed the other way.

        Args:
            running_right: whether the version on trial, or else the one that serves, was right about each
                unit, (unit,); only units from after its deployment, in the order they came.
            previous_right: the same of what a rollback would return to, (unit,).
            group: of each unit; see `duel`.
            alpha: chance of going back, ever, from a version that is as good.
            who: for the log.
            now: time of the row.
        """
        from envirosense.learning.deployment.duel import duel  # statistics that a rollback does without

        found = duel(running_right, previous_right, alpha=alpha, group=group)
        if not found.promote:
            return None
        return self.rollback(
            reason=f"the version before is better: {found.reason}", who=who, verdict=found.to_json(), now=now
        )

    def route(self, groups: Iterable[str]) -> dict[str, ModelVersion]:
        """Version that serves each group; a group stays with a trial while its share grows.

        Raises:
            ConfigError: if nothing serves.
        """
        serving, trial = self.serving(), self.canary()
        if serving is None:
            raise ConfigError("task", self.task, f"nothing serves on {self.target}; promote a version first")
        if trial is None:
            return dict.fromkeys(groups, serving)
        salt = f"{self.target}\x1f{trial.version.model_id}"
        return {
            one: trial.version if place(one, salt) < trial.share else serving for one in dict.fromkeys(groups)
        }

    def _of(self, label: str | None) -> ModelVersion | None:
        return self.registry.version(label) if label else None

    def _named(self, version: ModelVersion | str) -> ModelVersion:
        one = self.registry.version(version) if isinstance(version, str) else version
        if one.name != self.task:
            raise ConfigError("version", one.label, f"is no model of {self.task}")
        return one

    def _require_sense(self, one: ModelVersion, state: State, share: float, kind: Kind) -> None:
        if not 0 < share <= 1:
            raise ConfigError("share", share, "must be above 0 and at most 1")
        if one.label == state.serving:
            raise ConfigError("version", one.label, f"serves {self.target} already")
        if share < 1 and state.serving is None:
            raise ConfigError("share", share, "nothing serves the other groups yet; promote with share 1")
        if share < 1 and kind not in ("canary", "ab"):
            raise ConfigError("kind", kind, "must be canary or ab")

    def _require_running(
        self, one: ModelVersion, rows: tuple[Deployment, ...], who: str, reason: str, now: datetime | None
    ) -> None:
        """Record and raise what keeps a version from serving."""
        try:
            self.registry.tested(one)
        except EnviroSenseError as error:
            said = f"{reason}; refused: {error}"
            self._log.append("refused", one, seen=rows, who=who, reason=said, now=now)
            raise


def place(group: str, salt: str) -> float:
    """Where a group lies in 0 to 1, the same for ever."""
    digest = hashlib.blake2b(group.encode(), digest_size=8, key=hashlib.sha256(salt.encode()).digest())
    return int.from_bytes(digest.digest(), "little") / 2**64


def _fallback(state: State) -> str | None:
    if state.trial is not None:
        return state.serving
    return state.earlier[-1] if state.earlier else None


def _no_way_back(state: State, target: str) -> str:
    if state.serving is None:
        return f"nothing serves on {target}; promote a version first"
    return (
        f"{state.serving} serves {target}, and there is no version before it to go back to; "
        "name one that is to serve instead (--to)"
    )


def _require_yes(verdict: "Verdict | None", one: ModelVersion, serving: ModelVersion | None) -> None:
    if verdict is None:
        return
    if not verdict.promote:
        raise ConfigError("verdict", "no", f"{one} stays challenger: {' '.join(verdict.reasons)}")
    champion = serving.model_id if serving else None
    if (verdict.challenger, verdict.champion) != (one.model_id, champion):
        raise ConfigError(
            "verdict",
            f"{verdict.challenger} against {verdict.champion}",
            f"is not about {one.model_id} ({one}) against {champion} ({serving or 'nothing'}); judge again",
        )
