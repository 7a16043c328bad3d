"""Asks the simulator for what a model lacks: weak spots, deltas of scenarios, targeted data."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.rng import derived_seed, stream
from envirosense.factory.quotas import Unit
from envirosense.factory.weak_spots import WeakSpot, episodes_of_spots
from envirosense.learning.active.acquisition import Wish, acquire, simulated_seconds
from envirosense.learning.active.bandit import FamilyBandit, family_of, rewards_of, rewards_of_round
from envirosense.learning.active.evidence import (
    Judged,
    ModelOutputs,
    counts_of_rows,
    slices_of_evaluation,
    slices_of_feedback,
)
from envirosense.learning.active.history import AskedHistory
from envirosense.learning.active.modifications import Drawable, Reach, ScenarioModification
from envirosense.learning.active.scenario_space import Spaces, importance_weights, n_rows
from envirosense.learning.active.settings import ActiveSettings
from envirosense.learning.active.slice_cases import CLASS, SCENARIO, Cases, cases_of
from envirosense.learning.active.slice_search import Search
from envirosense.learning.active.slices import LEAST_GROUPS, WeakSlice, find_slices
from envirosense.learning.active.stop import StopVerdict, judge_stop
from envirosense.learning.active.targeted import generate_parts
from envirosense.learning.feedback import FeedbackCounts, FeedbackRecord, feedback_counts
from envirosense.learning.judging.results import ModelEvaluation
from envirosense.learning.samples import Bools, Floats, Samples

type Evidence = (
    ModelOutputs | Judged | ModelEvaluation | FeedbackCounts | Iterable[FeedbackRecord | Mapping[str, Any]]
)
type Plan = list[tuple[WeakSpot | None, int]]

_LEAST_WEIGHT: Final = 0.01


class ActiveLearningManager:
    """Finds out where a model is weak and asks the subject's twin for data from there.

    It remembers what it was shown and what it asked for; what was asked for also lies in its folder, so that
    training can undo the choice.

    Args:
        subject: a twin with a task.
        folder: where targeted datasets and the record of what was asked for go.
        seed: of all choices.
        config: how weak spots are found and episodes shared out.
        spaces: parameter spaces of the scenarios, instead of those that the twin shows.
    """

    def __init__(
        self,
        subject: Drawable,
        folder: Path | str,
        seed: int = 0,
        config: ActiveSettings | Mapping[str, Any] | None = None,
        spaces: Spaces | None = None,
    ) -> None:
        self.subject = subject
        self.folder = Path(folder)
        self.seed = seed
        self.config = config if isinstance(config, ActiveSettings) else _parsed(config)
        self.reach = Reach.of(subject, spaces)
        self.history = AskedHistory(self.folder)
        self.bandit = FamilyBandit(
            tuple(sorted({family_of(one) for one in self.reach.scenarios})), self.config.bandit
        )
        self._cases: Cases | None = None
        self._loss: dict[str, float] = {}
        self._turn = 0

    def identify_weak_spots(
        self, model_performance_metrics_or_uncertainty_outputs: Evidence
    ) -> tuple[WeakSlice, ...]:
        """Conditions under which the model is weak, surest first; none where nothing can be shown.

        Takes what a model said of samples (`ModelOutputs`), samples with what was wrong (`Judged`), a
        `ModelEvaluation`, counts of feedback, its records, or rows of class, sensor and outcome.

        Raises:
            ConfigError: if it is none of these, or does not fit together.
        """
        given, config = model_performance_metrics_or_uncertainty_outputs, self.config
        self._turn += 1
        if isinstance(given, ModelOutputs):
            self._take_in(given)
        if isinstance(given, ModelOutputs | Judged):
            loss = given.loss if isinstance(given, ModelOutputs) and config.look_at == "errors" else None
            return self._of_samples(given.samples, self._flagged(given), loss)
        if isinstance(given, ModelEvaluation):
            return slices_of_evaluation(given, config.alpha, config.least_gap)
        if not isinstance(given, FeedbackCounts):
            rows = _listed(given)
            records = [one for one in rows if isinstance(one, FeedbackRecord)]
            if len(records) < len(rows) or not rows:
                plain = [one for one in rows if isinstance(one, Mapping)]
                if len(plain) < len(rows):
                    raise ConfigError("feedback", "mixed rows", "give records, or mappings, not both")
                return slices_of_feedback(*counts_of_rows(plain), config.alpha, config.least_gap)
            given = feedback_counts(records)
        return slices_of_feedback(given.by_class, given.by_sensor, config.alpha, config.least_gap)

    def suggest_scenario_modifications(
        self, weak_spots: Sequence[WeakSlice | WeakSpot]
    ) -> tuple[ScenarioModification, ...]:
        """What to change about scenarios to draw from each weak spot, checked against their spaces.

        A weak spot that names a class and no scenario asks for the scenarios in which the class was seen.
        """
        spots = [spot for one in weak_spots for spot in self._spots(one)]
        return tuple(self.reach.modification(spot) for spot in spots)

    def generate_targeted_samples(
        self, weak_spots: Sequence[WeakSlice | WeakSpot], num_samples: int, unit: Unit = "samples",
        workers: int | None = None,
    ) -> Path:  # fmt: skip
        """Folder of a dataset with draws from the weak spots; `targeted_counts` tells how much it holds.

        Args:
            weak_spots: where to draw.
            num_samples: labelled ticks at least, as many whole episodes as that takes; or episodes.
            unit: `samples` or `episodes`.
            workers: worker processes; by default one per core.

        Raises:
            ConfigError: if none of the spots can be drawn from, saying why.
        """
        found = self.suggest_scenario_modifications(weak_spots)
        spots = [one.spot for one in found if one.spot is not None]
        if not spots:
            why = "; ".join(one.refusal for one in found) or "no weak spot is given"
            raise ConfigError("weak_spots", len(weak_spots), f"nothing can be drawn: {why}")
        made = generate_parts(
            self.subject, spots, num_samples, unit, self.folder, derived_seed(self.seed, "targeted"), workers
        )
        self.history.note([(one.spot, one.n_episodes) for one in made.parts])
        return made.dataset

    def plan(self, weak_spots: Sequence[WeakSlice | WeakSpot], episodes: int) -> Plan:
        """Where the next episodes go: even draws (None), weak spots, and where errors are expected.

        Spots share by how much the model errs there and by what their family of scenarios taught so far.
        Nothing is noted as asked for: call `note` with what is run.
        """
        if episodes < 1:
            raise ConfigError("episodes", episodes, "ask for at least 1")
        self._turn, config = self._turn + 1, self.config
        spots = [
            one.spot
            for one in self.suggest_scenario_modifications(weak_spots[: config.most_spots])
            if one.spot
        ]
        n_free = episodes - max(round(config.floor * episodes), 1)
        n_spots = round(min(1.0 - config.explore, config.most_of_spot * len(spots)) * n_free)
        wishes = self.wishes((n_free - n_spots) // config.episodes_per_wish)
        parts = [
            *_shared(spots, self._weights(spots), n_spots),
            *_shared([one.spot for one in wishes], [1.0] * len(wishes), n_free - n_spots),
        ]
        n_even = episodes - sum(count for _, count in parts)
        return [(None, n_even), *parts]

    def wishes(self, n: int) -> tuple[Wish, ...]:
        """Up to `n` places that can be drawn from, where the samples shown last let errors be expected."""
        if self._cases is None or n < 1:
            return ()
        request = self.subject.request(1, self.seed)
        found = acquire(
            self._cases,
            n,
            spaces=self.reach.spaces,
            cost_of=simulated_seconds(request.duration_s),
            settings=self.config.acquisition,
            seed=derived_seed(self.seed, "acquisition", self._turn),
            favour=self._favour,
        )
        kept = [(wish, self.reach.modification(wish.spot).spot) for wish in found]
        return tuple(replace(wish, spot=spot) for wish, spot in kept if spot is not None)

    def _favour(self, columns: Mapping[str, Any]) -> Floats:
        """What the bandit gives the family of each vector, 1 on average over families, (row,)."""
        if SCENARIO not in columns:
            return np.ones(n_rows(columns))
        shares = self.bandit.shares(stream(self.seed, "bandit", self._turn))
        return np.asarray(
            [
                len(shares) * shares.get(family_of(one), 1.0 / len(shares))
                for one in columns[SCENARIO].tolist()
            ]
        )

    def note(self, plan: Plan) -> None:
        """Remember what was run, for importance weights."""
        self.history.note(plan)

    def learn(
        self, before: Mapping[str, float], after: Mapping[str, float], costs: Mapping[str, float]
    ) -> None:
        """Take in what a round taught: held-out loss of each family before and after, and what it cost."""
        self.bandit.learn(rewards_of(before, after, costs))

    def weighted(self, samples: Samples, even: Samples) -> Samples:
        """The samples of all that was noted, weighted as if all had been drawn evenly.

        Args:
            samples: of every episode asked for so far.
            even: of even draws.
        """
        weights = importance_weights(samples.slices, self.history.asked, even.slices)
        return samples.weighted(samples.weight * weights)

    def should_stop(self, costs: Sequence[float], scores: Sequence[float]) -> StopVerdict:
        """Whether the next round is worth its cost, by costs of rounds and scores after them."""
        return judge_stop(self.config.stop, list(costs), list(scores))

    def _flagged(self, given: ModelOutputs | Judged) -> Bools:
        if isinstance(given, Judged) or self.config.look_at == "errors":
            return given.wrong
        rng = stream(self.seed, "doubt", self._turn)
        return given.doubtful(self.config.strategy, self.config.doubtful_share, rng)

    def _take_in(self, given: ModelOutputs) -> None:
        """Reward families for what the samples asked for since the last call taught about those before."""
        samples, before = given.samples, self._loss
        self._loss = dict(zip(samples.sample_id.tolist(), given.loss.tolist(), strict=True))
        if SCENARIO not in samples.slices or not before:
            return
        family = [family_of(str(one)) for one in samples.slices[SCENARIO]]
        seconds = self.subject.request(1, self.seed).duration_s
        self.bandit.learn(rewards_of_round(before, self._loss, family, samples.unit.tolist(), seconds))

    def _of_samples(self, samples: Samples, wrong: Bools, loss: Floats | None) -> tuple[WeakSlice, ...]:
        config, by = self.config, self.subject.task.slice_by or None
        self._cases = cases_of(samples, wrong, _with_class(by), config.least_share, loss)
        if len(samples.groups) < LEAST_GROUPS:
            return ()
        return find_slices(
            samples, wrong, by, seed=derived_seed(self.seed, "slices", self._turn), alpha=config.alpha,
            search=Search(least_gap=config.least_gap), least_share=config.least_share,
        )  # fmt: skip

    def _spots(self, one: WeakSlice | WeakSpot) -> list[WeakSpot]:
        if isinstance(one, WeakSpot):
            return [one]
        spot = one.to_spot(max(one.excess, _LEAST_WEIGHT))
        if spot.scenario != "*" or CLASS not in one.ranges or self._cases is None:
            return [spot]
        scenarios = _scenarios_of(self._cases, str(one.ranges[CLASS]))
        if not scenarios:
            return [spot]
        return [
            spot.model_copy(update={"scenario": name, "weight": spot.weight / len(scenarios)})
            for name in scenarios
        ]

    def _weights(self, spots: Sequence[WeakSpot]) -> list[float]:
        """Weight of each spot times what the bandit gives its families."""
        shares = self.bandit.shares(stream(self.seed, "bandit", self._turn))
        found = []
        for spot in spots:
            families = {family_of(one) for one in fnmatch.filter(self.reach.scenarios, spot.scenario)}
            found.append(spot.weight * max(float(np.mean([shares[one] for one in families])), _LEAST_WEIGHT))
        return found


def _parsed(config: Mapping[str, Any] | None) -> ActiveSettings:
    return ActiveSettings.parse(config or {}, "active")


def _listed(given: Any) -> list[Any]:
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        kinds = "ModelOutputs, Judged, a ModelEvaluation, or feedback"
        raise ConfigError("evidence", type(given).__name__, f"give {kinds}")
    return list(given)


def _with_class(by: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if by is None else tuple(dict.fromkeys((CLASS, *by)))


def _shared(spots: Sequence[WeakSpot], weights: Sequence[float], episodes: int) -> Plan:
    if not spots or episodes < 1:
        return []
    counts = episodes_of_spots(weights, episodes)
    return [(spot, count) for spot, count in zip(spots, counts, strict=True) if count]


def _scenarios_of(cases: Cases, name: str) -> list[str]:
    """Scenarios in which a class was seen."""
    if not {CLASS, SCENARIO} <= cases.columns.keys():
        return []
    return sorted(set(np.asarray(cases.columns[SCENARIO])[cases.columns[CLASS] == name].tolist()))
