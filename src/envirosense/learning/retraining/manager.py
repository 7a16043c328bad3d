"""Retraining from the look at the triggers to an evaluated version; what serves is never touched here."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, EnviroSenseError
from envirosense.core.rng import derived_seed
from envirosense.datasets.files import storing, write_whole
from envirosense.datasets.lock import FolderLock
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.judging.evaluator import ModelEvaluator
from envirosense.learning.judging.results import ModelEvaluation
from envirosense.learning.models.bundle import ModelBundle
from envirosense.learning.retraining.collection import (
    Collection,
    comparable,
    disarmed,
    share_right,
    tried,
    unseen,
)
from envirosense.learning.retraining.config import RetrainingConfig
from envirosense.learning.retraining.field import field_state
from envirosense.learning.retraining.history import (
    UNREADABLE,
    RetrainingRun,
    RunHistory,
    Status,
    recorded_time,
)
from envirosense.learning.retraining.label_free import expectation
from envirosense.learning.retraining.run import TrainingFailed, run_trainer
from envirosense.learning.retraining.sufficiency import DataSufficiencyChecker
from envirosense.learning.retraining.triggers import Decision, RetrainingState, decide
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

type Floats = npt.NDArray[np.float64]

LOCK: Final = "writer.lock"


class FolderBusyError(ConfigError):
    """Another process retrains in this folder."""


class RetrainingManager:
    """Looks at the triggers after every collection, and trains where one fires.

    Args:
        task: what the models are for.
        registry: where a new version is entered.
        deployment: says which version serves; nothing is promoted here.
        folder: of the history and the jobs.
        config: triggers, needs, trainer.
    """

    def __init__(
        self,
        task: ModelTask,
        registry: ModelRegistry,
        deployment: ModelDeployment,
        folder: Path | str,
        config: RetrainingConfig | None = None,
    ) -> None:
        self.task, self.registry, self.deployment = task, registry, deployment
        self.folder: Final = Path(folder).expanduser().absolute()
        self.config: Final = config or RetrainingConfig()
        self.history: Final = RunHistory(self.folder)

    def decide(self, state: RetrainingState) -> Decision:
        """Whether any trigger fires."""
        return decide(state, self.config.triggers)

    def explain(self, collection: Collection, now: datetime | None = None, manual: str = "") -> Decision:
        """What every trigger says of a collection; writes nothing."""
        return self.decide(self.state(collection, recorded_time(now), manual))

    def after_collection(
        self, collection: Collection, now: datetime | None = None, manual: str = ""
    ) -> RetrainingRun:
        """The run that was recorded: triggers, data, training and evaluation as far as it came.

        Args:
            collection: what there is now.
            now: time of the look; the wall clock's where None.
            manual: a reason to train whatever the triggers say.

        Raises:
            FolderBusyError: if another process is at work in the folder.
            ConfigError: if the settings do not fit the samples.
        """
        at = recorded_time(now)
        with _alone_in(self.folder):
            state = self.state(collection, at, manual)
            decision = self.decide(state)
            if not decision.fire:
                return self._recorded(collection.name, at, decision, "", "quiet", decision.reasons, {})
            return self.retrain(collection, at, decision, state.manual)

    def is_due(self, now: datetime) -> bool:
        """Whether time, or a reason in the configuration, asks for a look without a new collection."""
        runs, triggers = self.history.runs(), self.config.triggers
        asked = bool(triggers.manual) and triggers.manual not in {one.manual for one in runs}
        if not runs or triggers.schedule is None:
            return asked
        return asked or now - runs[-1].at >= timedelta(days=triggers.schedule.every_days)

    def refuse(self, name: str, reason: str, now: datetime) -> RetrainingRun:
        """The recorded run of a collection that could not be read."""
        decision = Decision(False, (reason,), (), disarmed(self.history.runs()))
        return self._recorded(name, now, decision, "", "refused", (reason,), {UNREADABLE: True})

    async def aafter_collection(
        self, collection: Collection, now: datetime | None = None, manual: str = ""
    ) -> RetrainingRun:
        """The same beside an event loop; a call that is cancelled still records what it did."""
        run = asyncio.create_task(asyncio.to_thread(self.after_collection, collection, now, manual))
        try:
            return await asyncio.shield(run)
        except asyncio.CancelledError:
            await asyncio.wait([run])
            run.exception()
            raise

    def retrain(
        self, collection: Collection, now: datetime, decision: Decision, manual: str = ""
    ) -> RetrainingRun:
        """The recorded run of a training, whatever the triggers said."""
        log = partial(self._recorded, collection.name, now, decision, manual)
        checker = DataSufficiencyChecker(self.config.needs, self.config.seed)
        verdict = checker.check(collection.samples, collection.accepted_share)
        facts: dict[str, Any] = {"sufficiency": verdict.to_json()}
        if not verdict.is_enough:
            return log("refused", verdict.reasons, facts)
        try:
            evaluator = ModelEvaluator(self.task, collection.test, self.config.seed)
        except EnviroSenseError as error:
            return log("refused", (str(error),), facts)
        try:
            made = self._made(collection, evaluator)
        except TrainingFailed as error:
            return log("failed", (str(error),), {**facts, "stderr": error.tail})
        except EnviroSenseError as error:
            return log("failed", (str(error),), facts)
        return log("trained", decision.reasons, {**facts, "regressions": made.regressions}, made)

    def _made(self, collection: Collection, evaluator: ModelEvaluator) -> "_Made":
        """A new version, trained and evaluated."""
        number = len(self.history.runs()) + 1
        place = self.folder / f"run_{number:04d}"
        bundle = self._trained(collection, place, number)
        found = evaluator.evaluate(bundle)
        overall = {str(name): one.value for name, one in found.overall.items()}
        _write(place / "evaluation.json", found.to_json())
        serving = self.deployment.serving()
        task = self.task.model_dump(mode="json")
        version = self.registry.add(
            bundle,
            parent=serving.label if serving else None,
            facts={"task": task, "run": number, "collection": collection.name, "evaluation": overall},
            probe=collection.validation,
        )
        return _Made(version.label, overall, self._regressions(evaluator, found))

    def state(self, collection: Collection, now: datetime, manual: str = "") -> RetrainingState:
        """What the triggers look at."""
        runs = self.history.runs()
        trained_run = self.history.last("trained")
        attempt = self.history.last("trained", "failed")
        trained = self._trained_on(trained_run)
        watched = collection.samples if collection.watched is None else collection.watched
        watched = unseen(watched, trained)
        serving = self._serving()
        answers, right = None, None
        if serving is not None:
            right = share_right(serving, collection.test, self.task, self.config.seed)
            answers = tried(serving, watched, self.task)
        asked = self.config.triggers.manual
        met = {one.manual for one in runs}
        return RetrainingState(
            now=now,
            new=unseen(collection.samples, trained),
            watched=watched,
            trained=trained,
            reference=comparable(trained, collection.watched),
            trained_at=trained_run.at if trained_run else None,
            attempted_at=attempt.at if attempt else None,
            judged=right,
            answers=answers,
            expected=expectation(serving, collection.validation, watched, self.config.seed),
            field=field_state(
                collection.field, serving, self.deployment, collection.test, self.task, self.config.seed
            ),
            manual=manual or (asked if asked not in met else ""),
            disarmed=disarmed(runs),
            seed=derived_seed(self.config.seed, "retraining", "look", len(runs)),
        )

    def _trained(self, collection: Collection, place: Path, number: int) -> ModelBundle:
        return run_trainer(
            self.config.trainer or self.task.trainer,
            collection.samples,
            collection.validation,
            self.task,
            derived_seed(self.config.seed, "retraining", "train", number),
            place / "job",
            self.config.timeout_s,
        )

    def _trained_on(self, run: RetrainingRun | None) -> Samples | None:
        """Samples of a run; None before the first, or where its folder was cleaned up."""
        path = self.folder / f"run_{run.number:04d}" / "job" / "train.parquet" if run else None
        return Samples.load(path) if path is not None and path.is_file() else None

    def _serving(self) -> ModelBundle | None:
        """The running model; one that does not load has no say, and the deployment says so itself."""
        serving = self.deployment.serving()
        try:
            return self.registry.load(serving) if serving else None
        except EnviroSenseError:
            return None

    def _regressions(self, evaluator: ModelEvaluator, found: ModelEvaluation) -> list[str]:
        """What is worse than in the running version, in words; for the record, promotion judges it again."""
        serving = self._serving()
        try:
            if serving is None:
                return []
            return [str(one) for one in evaluator.compare(evaluator.evaluate(serving), found).regressions]
        except EnviroSenseError as error:
            return [f"not compared: {error}"]

    def _recorded(
        self,
        name: str,
        now: datetime,
        decision: Decision,
        manual: str,
        status: Status,
        reasons: Sequence[str],
        facts: Mapping[str, Any],
        made: "_Made | None" = None,
    ) -> RetrainingRun:
        run = RetrainingRun(
            number=len(self.history.runs()) + 1,
            at_utc=now.isoformat(),
            collection=name,
            status=status,
            reasons=tuple(reasons),
            decision=decision.to_json(),
            manual=manual,
            facts=facts,
            version=made.version if made else None,
            evaluation=made.evaluation if made else {},
        )
        self.history.append(run)
        return run


@dataclass(frozen=True, slots=True)
class _Made:
    version: str
    evaluation: Mapping[str, float | None]
    regressions: list[str]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Context in which no other process retrains in a folder."""
    lock = FolderLock(folder / LOCK)
    try:
        lock.acquire()
    except ConfigError as error:
        raise FolderBusyError(error.field, error.value, error.fix) from None
    try:
        yield
    finally:
        lock.release()


def _write(path: Path, told: Mapping[str, Any]) -> None:
    with storing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(told, indent=1, default=str) + "\n").encode())
