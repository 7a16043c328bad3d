"""A stored version against the one that serves, on one set of samples."""

from dataclasses import dataclass

from envirosense.core.errors import ConfigError
from envirosense.learning.deployment.duel import ALPHA, DuelVerdict, duel
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.deployment.verdict import Verdict, judge_promotion
from envirosense.learning.deployment.version import ModelVersion
from envirosense.learning.judging.evaluator import ModelEvaluator
from envirosense.learning.judging.results import Comparison, ModelEvaluation
from envirosense.learning.judging.units import UnitOutcomes
from envirosense.learning.models.bundle import Scorer
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that was found about a challenger; what needs a champion is None without one."""

    verdict: Verdict
    challenger: ModelEvaluation
    champion: ModelEvaluation | None = None
    comparison: Comparison | None = None
    duel: DuelVerdict | None = None


def judge(
    evaluator: ModelEvaluator,
    champion: Scorer | None,
    challenger: Scorer,
    *,
    alpha: float = ALPHA,
    by_group: bool = False,
    names: tuple[str, str] = ("", ""),
) -> Judgement:
    """Evaluation, comparison, duel and verdict of a challenger.

    Args:
        evaluator: with the task and the frozen test set.
        champion: what serves; None for a first model.
        challenger: what may replace it.
        alpha: chance of ever promoting a challenger that is no better.
        by_group: whether units of one group depend on one another; see `duel`.
        names: of champion and challenger where they are no stored models.
    """
    found = evaluator.evaluate(challenger, names[1])
    if champion is None:
        return Judgement(judge_promotion(evaluator.task, None, found), found)
    before = evaluator.evaluate(champion, names[0])
    comparison = evaluator.compare(before, found)
    fought = duel_of(before, found, alpha=alpha, by_group=by_group)
    verdict = judge_promotion(evaluator.task, before, found, comparison, fought)
    return Judgement(verdict, found, before, comparison, fought)


def duel_of(
    champion: ModelEvaluation, challenger: ModelEvaluation, *, alpha: float = ALPHA, by_group: bool = False
) -> DuelVerdict:
    """The duel of two evaluations on the same units.

    Raises:
        ConfigError: if an evaluation was read from JSON, which holds no outcomes of units.
    """
    before, after = _units(champion), _units(challenger)
    return duel(before.right, after.right, alpha, group=before.group if by_group else None)


def judge_versions(
    registry: ModelRegistry,
    champion: ModelVersion | None,
    challenger: ModelVersion,
    test: Samples,
    *,
    task: ModelTask | None = None,
    alpha: float = ALPHA,
    by_group: bool = False,
    seed: int = 0,
) -> Judgement:
    """`judge` for versions of the registry."""
    evaluator = ModelEvaluator(task or task_of(registry, challenger), test, seed)
    before = registry.load(champion) if champion else None
    return judge(evaluator, before, registry.load(challenger), alpha=alpha, by_group=by_group)


def task_of(registry: ModelRegistry, version: ModelVersion) -> ModelTask:
    """The task that a version was entered for; plain defaults where its facts do not tell."""
    if "task" in version.facts:
        return ModelTask.parse(version.facts["task"], f"{version}.task")
    return ModelTask(name=version.name, negative=registry.load(version).negative)


def _units(evaluation: ModelEvaluation) -> UnitOutcomes:
    if evaluation.units is None:
        raise ConfigError("evaluation", evaluation.model_id, "holds no outcomes of units; evaluate again")
    return evaluation.units
