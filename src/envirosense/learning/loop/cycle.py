"""One turn of the loop: ask, generate, collect, train, judge, deploy, and find what to ask for next.

Every step leaves a file in the cycle's folder and is not done again when that file is there, so a loop that
was killed goes on where it was; what served goes on serving until a promotion is entered in the log.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from envirosense.core.errors import DatasetError, EnviroSenseError
from envirosense.datasets.dataset import Dataset
from envirosense.factory.collection.collector import TrainingDataCollector
from envirosense.factory.collection.report import CollectionReport
from envirosense.factory.lineage import LineageTracker
from envirosense.learning.active.manager import ActiveLearningManager
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.duel import DuelVerdict, duel
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.deployment.verdict import judge_promotion
from envirosense.learning.deployment.version import ModelVersion
from envirosense.learning.judging.evaluator import ModelEvaluator
from envirosense.learning.judging.results import ModelEvaluation
from envirosense.learning.loop.asking import Plan, asked_next, family_loss, lacking_plan, teach
from envirosense.learning.loop.field import feedback_in, weak_in_the_field
from envirosense.learning.loop.generation import Generation
from envirosense.learning.loop.pools import collection, pool
from envirosense.learning.loop.tracing import record_model, record_samples
from envirosense.learning.models.bundle import ModelBundle
from envirosense.learning.retraining.manager import RetrainingManager
from envirosense.learning.retraining.run import run_trainer
from envirosense.learning.samples import Samples

type Facts = dict[str, Any]

WHO: Final = "loop"


@dataclass(frozen=True, slots=True)
class Bench:
    """What every cycle of a loop works with."""

    generation: Generation
    evaluator: ModelEvaluator
    validation: Samples
    registry: ModelRegistry
    deployment: ModelDeployment
    retraining: RetrainingManager
    tracker: LineageTracker
    tell: Callable[[str], None]


class Cycle:
    """Cycle `number` of a loop, counted from 1."""

    def __init__(self, bench: Bench, number: int) -> None:
        self.bench, self.number = bench, number
        self.config, self.subject = bench.generation.config, bench.generation.subject
        self.folder = bench.generation.folder
        self.place = self.folder.cycle(number)

    def run(self) -> Facts:
        """What the cycle did and found, as plain data."""
        return self.folder.step(self.place / "cycle.json", self._turn)

    def _turn(self) -> Facts:
        plan = self.folder.step(self.place / "plan.json", self._plan)
        collected = self.folder.step(self.place / "collected.json", lambda: self._collect(plan))
        trained = self.folder.step(self.place / "trained.json", self._train)
        judged = self.folder.step(self.place / "judged.json", lambda: self._judge(trained))
        even = self.folder.step(self.place / "even.json", lambda: self._even_arm(judged))
        asked = self.folder.step(self.place / "asked.json", lambda: self._ask(trained))
        return {
            "cycle": self.number, "plan": plan, "collected": collected, "trained": trained, "judged": judged,
            "even": even, "asked": asked,
        }  # fmt: skip

    def _plan(self) -> Facts:
        plan = Plan.of([(None, self.config.episodes)])
        if self.number > 1:
            plan = Plan.parse(self._asked(self.number - 1)["plan"])
        self.bench.tell(f"cycle {self.number}: {plan.said}")
        return plan.model_dump(mode="json")

    def _asked(self, cycle: int) -> Facts:
        """What a cycle before this one asked for."""
        found: Facts = json.loads((self.folder.cycle(cycle) / "asked.json").read_text(encoding="utf-8"))
        return found

    def _collect(self, plan: Facts) -> Facts:
        """Generate, run the consumers, feed the points, and keep the samples."""
        collector = TrainingDataCollector(self.subject.name, self.folder.root, self.number)
        serving = self._serving_model()
        pieces: list[Samples] = []
        datasets: list[Dataset] = []
        even: list[Samples] = []
        share = None
        for asked in self.bench.generation.asked(self.number, Plan.parse(plan).parts):
            dataset = self.bench.generation.dataset(asked)
            try:
                piece = self.subject.samples(dataset)
            except DatasetError as error:
                self.bench.tell(f"{asked[0]} is left out: {error}")
                continue
            self.subject.feed(dataset, piece, serving, collector)
            pieces.append(piece)
            datasets.append(dataset)
            if asked[0].startswith("even-"):  # comes first; what was asked for is out of sight more often
                even, share = [*even, piece], _accepted_share(collector.points())
        samples = Samples.concat(pieces)
        report = collector.points()
        collector.export()
        self.bench.tell(str(report))
        if even:
            Samples.concat(even).save(self.place / "even_part.parquet")
        path = samples.save(self.place / "samples.parquet")
        record_samples(self.bench.tracker, self.subject.name, self.number, samples, path, datasets, report)
        return {
            "n_samples": len(samples),
            "n_groups": len(samples.groups),
            "accepted_share": share,
            **report.to_json(),
        }

    def _serving_model(self) -> ModelBundle | None:
        """What serves; None, and a word about it, where it does not load."""
        serving = self.bench.deployment.serving()
        try:
            return self.bench.registry.load(serving) if serving else None
        except EnviroSenseError as error:
            self.bench.tell(f"{serving} serves and does not load, so nothing is scored: {error}")
            return None

    def _train(self) -> Facts:
        """Version of the challenger, or why there is none; what serves is not touched."""
        bench, name = self.bench, f"cycle_{self.number}"
        run = bench.retraining.history.answer(name)
        if run is None:
            run = bench.retraining.after_collection(
                collection(self.folder, self.config, self.number, bench.validation, bench.evaluator.test)
            )
        bench.tell(str(run))
        if run.version is not None:
            version = bench.registry.version(run.version)
            record_model(bench.tracker, self.subject.name, version, self.folder, self.config, self.number)
        return {"version": run.version, "run": run.to_json()}

    def _trained(self, train: Samples, job: str) -> ModelBundle:
        return run_trainer(
            self.config.trainer or self.subject.task.trainer,
            train,
            self.bench.validation,
            self.subject.task,
            self._seed,
            self.place / job,
            self.config.trainer_timeout_s,
        )

    def _judge(self, trained: Facts) -> Facts:
        """Evaluation of the challenger and what becomes of it."""
        if trained["version"] is None:
            return {"evaluation": None, "verdict": None, "serving": self._serving_label}
        version = self.bench.registry.version(trained["version"])
        evaluation = None
        try:
            challenger = self.bench.evaluator.evaluate(self.bench.registry.load(version))
            evaluation = challenger.to_json()
            verdict = self._verdict(version, challenger)
        except EnviroSenseError as error:  # what serves goes on; a person has to decide
            self.bench.tell(f"{version} is not promoted: {error}")
            verdict = {"promote": False, "reasons": [f"Not judged: {error}."]}
        return {"evaluation": evaluation, "verdict": verdict, "serving": self._serving_label}

    def _verdict(self, version: ModelVersion, challenger: ModelEvaluation) -> Facts | None:
        """Verdict on a challenger, after promoting it where that is a yes."""
        if version.label == self._serving_label:  # promoted before the loop was killed, or the same model
            rows = [one for one in self.bench.deployment.history() if one.to_version == version.label]
            return dict(rows[-1].verdict) if rows and rows[-1].verdict else None
        champion, fought = self._against(challenger)
        verdict = judge_promotion(self.subject.task, champion, challenger, duel=fought)
        self.bench.tell(f"{version}: {verdict}")
        if verdict.promote:
            reason = " ".join(verdict.reasons)
            self.bench.deployment.promote(version, verdict=verdict, reason=reason, who=WHO)
        return verdict.to_json()

    def _against(self, challenger: ModelEvaluation) -> tuple[ModelEvaluation | None, DuelVerdict | None]:
        serving = self.bench.deployment.serving()
        if serving is None:
            return None, None
        champion = self.bench.evaluator.evaluate(self.bench.registry.load(serving))
        assert champion.units is not None
        assert challenger.units is not None
        fought = duel(
            champion.units.right, challenger.units.right, self.config.alpha, group=challenger.units.group
        )
        return champion, fought

    def _even_arm(self, judged: Facts) -> Facts:
        """The same learner on even draws alone, as many episodes: what the asking is compared with."""
        if not self.config.compare_uniform:
            return {}
        if self.number == 1 and judged["evaluation"]:  # both arms begin alike
            return {"overall": judged["evaluation"]["overall"]}
        if self.number > 1:
            self.bench.tell(f"{self.config.episodes} even draws to compare with")
            asked = self.bench.generation.even("uniform", self.number, self.config.episodes)
            self.folder.samples(
                self.place / "uniform.parquet", lambda: self.bench.generation.samples([asked])
            )
        try:
            bundle = self._trained(pool(self.folder, self.config, self.number, "uniform"), "even_job")
            found = self.bench.evaluator.evaluate(bundle)
        except EnviroSenseError as error:
            return {"reason": str(error)}
        return {"overall": {name: asdict(one) for name, one in found.overall.items()}}

    def _ask(self, trained: Facts) -> Facts:
        """Where the model is weak on validation groups, and what the next cycle asks for."""
        label = trained["version"] or self._serving_label
        model, validation = None, self.bench.validation
        try:
            model = self.bench.registry.load(label) if label else None
        except EnviroSenseError as error:
            self.bench.tell(f"no weak spots, {label} does not load: {error}")
        if model is None:
            so_far = pool(self.folder, self.config, self.number)
            plan = lacking_plan(so_far, self.subject.needs, self.subject, self.config.episodes)
            return {"weak_spots": [], "plan": plan.model_dump(mode="json"), "loss": {}}
        seed = self.bench.generation.seed("ask", self.number)
        manager = ActiveLearningManager(self.subject, self.place / "active", seed, self.config.active)
        loss = dict(family_loss(model, validation, self.subject.task))
        before = [self._asked(one) for one in range(1, self.number)]
        teach(manager, [one["loss"] for one in before] + [loss], [Plan.parse(one["plan"]) for one in before])
        in_the_field = weak_in_the_field(feedback_in(self.folder.root), self.config.active)
        questions, plan = asked_next(manager, model, validation, self.config.episodes, in_the_field)
        for one in questions:
            self.bench.tell(str(one))
        return {
            "weak_spots": [one.model_dump(mode="json") for one in questions],
            "plan": plan.model_dump(mode="json"),
            "loss": loss,
        }

    @property
    def _serving_label(self) -> str | None:
        serving: ModelVersion | None = self.bench.deployment.serving()
        return serving.label if serving else None

    @property
    def _seed(self) -> int:
        return self.bench.generation.seed("train", self.number)


def _accepted_share(report: CollectionReport) -> float | None:
    """Share of all records that passed the filters; None where no point was fed."""
    accepted = sum(one.n_accepted for one in report.points)
    rejected = sum(one.n_rejected for one in report.points)
    return accepted / (accepted + rejected) if accepted + rejected else None
