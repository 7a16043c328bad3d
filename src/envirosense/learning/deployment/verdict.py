"""May a challenger replace the champion? Better beyond chance, and nowhere too much worse."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.learning.deployment.duel import DuelVerdict
from envirosense.learning.judging.comparison import compared
from envirosense.learning.judging.results import Comparison, ModelEvaluation
from envirosense.learning.tasks import ModelTask

_SHOWN: Final = 4  # falls told as sentences; all are in the facts


@dataclass(frozen=True, slots=True)
class Verdict:
    """Promote or not, and why.

    Attributes:
        champion: Content address; None where nothing served.
        reasons: Sentences.
        facts: The numbers behind them; plain data.
    """

    task: str
    champion: str | None
    challenger: str
    promote: bool
    reasons: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{'promote' if self.promote else 'keep the champion'}: {' '.join(self.reasons)}"


def judge_promotion(
    task: ModelTask,
    champion: ModelEvaluation | None,
    challenger: ModelEvaluation,
    comparison: Comparison | None = None,
    duel: DuelVerdict | None = None,
) -> Verdict:
    """Verdict on a challenger: the duel must say better, and no gated metric may fall too far anywhere.

    A first model has no champion: it must rank better than chance.

    Raises:
        ConfigError: if there is a champion and no duel with it.
        DatasetError: if the comparison is of other models, or they were judged on different samples.
    """
    if champion is None:
        return _first(task, challenger)
    if duel is None:
        raise ConfigError("duel", None, f"is missing: {champion.model_id} serves; fight the challenger first")
    if champion.model_id == challenger.model_id:
        reasons: tuple[str, ...] = ("It is the model that serves.",)
        return Verdict(task.name, champion.model_id, challenger.model_id, False, reasons)
    found = comparison or compared(champion, challenger, task)
    if (found.champion, found.challenger) != (champion.model_id, challenger.model_id):
        raise DatasetError(
            f"the comparison is of {found.challenger} against {found.champion}, the verdict on "
            f"{challenger.model_id} against {champion.model_id}; compare these"
        )
    said, gain = duel.reason, _gain(champion, duel)
    reasons = (said[0].upper() + said[1:], *_falls(found))
    is_worth_it = gain >= task.least_gain
    if duel.promote:
        needed = "" if is_worth_it else f", and {task.least_gain:.0%} are asked for"
        reasons += (f"It takes away {gain:.1%} of the champion's wrong units{needed}.",)
    if not found.regressions:
        reasons += (_no_fall(task),)
    return Verdict(
        task.name,
        champion.model_id,
        challenger.model_id,
        duel.promote and is_worth_it and not found.regressions,
        reasons,
        {
            "duel": duel.to_json(),
            "gain": gain,
            "gains": dict(found.gains),
            "regressions": [asdict(one) for one in found.regressions],
            "test": challenger.test_hash,
        },
    )


def _gain(champion: ModelEvaluation, duel: DuelVerdict) -> float:
    """Share of the champion's wrong units that the challenger takes away, less those that it adds."""
    if champion.units is None:
        raise ConfigError("champion", champion.model_id, "has no units any more; evaluate it again")
    wrong = int((~champion.units.right).sum())
    return (duel.challenger_only - duel.champion_only) / wrong if wrong else 0.0


def fall_words(found: Comparison, task: ModelTask) -> tuple[str, ...]:
    """What falls too far, overall or in a slice, as sentences; or that nothing does."""
    return _falls(found) or (_no_fall(task),)


def _no_fall(task: ModelTask) -> str:
    return f"No gated metric falls by more than {task.most_fall:.0%}, overall or in a slice."


def _falls(found: Comparison) -> tuple[str, ...]:
    """The worst falls as sentences, those of everything first."""
    worst = sorted(found.regressions, key=lambda one: (one.where != "overall", -one.fall))
    told = tuple(f"Falls too far: {one}." for one in worst[:_SHOWN])
    rest = len(worst) - len(told)
    return (*told, f"So do {rest} more.") if rest else told


def _first(task: ModelTask, challenger: ModelEvaluation) -> Verdict:
    """A constant score ranks at the share of positive samples, so that is what must be beaten."""
    ranked = challenger.overall["pr_auc"]
    table = challenger.reliability
    chance = sum(share * n for share, n in zip(table.share, table.n, strict=True)) / max(sum(table.n), 1)
    facts = {"pr_auc": asdict(ranked), "chance": chance, "test": challenger.test_hash}
    if ranked.value is None or ranked.low is None:
        why = ranked.note or "undefined"
        reason, is_better = f"Nothing served before, and its PR-AUC has no interval ({why}).", False
    else:
        is_better = ranked.low > chance
        than = "better than" if is_better else "not beyond"
        reason = (
            f"Nothing served before; its PR-AUC of {ranked.value:.3f} "
            f"({ranked.low:.3f} to {ranked.high:.3f}) is {than} a constant's {chance:.3f}."
        )
    return Verdict(task.name, None, challenger.model_id, is_better, (reason,), facts)
