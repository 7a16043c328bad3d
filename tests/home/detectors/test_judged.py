"""Stored homes: what detectors may read, what is right, and that nothing of the truth is a feature."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from envirosense.core.errors import DatasetError
from envirosense.core.rng import stream
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.home.detectors.candidate import Candidate, DetectorKind
from envirosense.home.detectors.features import FEATURES, feature_rows, trend_per_week, wilson_low
from envirosense.home.detectors.judged import JudgedHome, judged_homes, judged_samples
from envirosense.home.detectors.seen import SeenHome, seen_of
from envirosense.home.detectors.verdicts import verdict
from envirosense.home.engine.rules import Condition
from envirosense.home.patterns.matching import compared, known_pairs
from envirosense.home.patterns.model import PatternKind
from envirosense.home.patterns.observed import Change, FoundPattern
from envirosense.home.people.lives import DAY_US
from envirosense.home.twin import history_of
from envirosense.learning.metrics import average_precision
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="session")
def found(stored_homes: Dataset) -> tuple[JudgedHome, ...]:
    return judged_homes(stored_homes)


class Watched:
    """An episode that notes which streams are opened, and may change what they say."""

    def __init__(self, episode: Episode) -> None:
        self._episode, self.opened = episode, set[str]()

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        self.opened.add(name)
        return self._episode.table(name, columns)

    def __getattr__(self, name: str) -> object:
        return getattr(self._episode, name)


def test_detectors_are_shown_events_and_registry_alone(stored_homes: Dataset) -> None:
    watched = Watched(next(iter(stored_homes)))
    seen_of(watched)  # type: ignore[arg-type]
    assert watched.opened == {"ha_events", "entities", "areas"}


def test_the_stored_home_is_seen_as_the_one_in_memory(stored_homes: Dataset) -> None:
    from envirosense.home.patterns.observed import ObservedEvents

    episode = next(iter(stored_homes))
    made = history_of(episode.spec)
    home, events = seen_of(episode)
    whole, all_events = SeenHome.of_home(made.home, made.n_days), ObservedEvents.of(made.log, made.home)
    for one in home.changes({"light": ("on",), "person": ("home",), "binary_sensor": ("on",)}):
        text = home.text(one)
        name, state = text.split("=")
        number = made.home.entity_index[name]
        there = Change(number, made.home.entities[number].code(state))
        assert whole.text(there) == text
        assert np.array_equal(events.times(one), all_events.times(there))
    assert home.n_days == made.n_days == 21
    assert home.first_weekday == int(made.context.weekday[0])


def test_an_event_of_an_unknown_entity_is_refused(stored_homes: Dataset) -> None:
    class Damaged(Watched):
        def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
            table = super().table(name, columns)
            return table.slice(3) if name == "entities" else table

    with pytest.raises(DatasetError, match="registry lacks"):
        seen_of(Damaged(next(iter(stored_homes))))  # type: ignore[arg-type]


def test_every_home_has_right_and_wrong_ones(found: tuple[JudgedHome, ...]) -> None:
    """Worth learning: most of what is reported is wrong, and most of what was planted is reported."""
    told = Counter(one for home in found for one in home.verdicts)
    n_planted = sum(len(home.truth.patterns) for home in found)
    assert told["wrong"] > told["right"] > 20
    assert sum(len(home.recalled) for home in found) >= 0.6 * n_planted


def as_found(one: Candidate, home: SeenHome, made: object, n_days: int) -> FoundPattern:
    """The candidate as the blind extractor reports one, with the numbers of the home in memory."""
    entities = made.entities  # type: ignore[attr-defined]
    index = made.entity_index  # type: ignore[attr-defined]

    def moved(entity: int, code: int) -> tuple[int, int]:
        seen = home.entities[entity]
        number = index[seen.entity_id]
        return number, entities[number].code(seen.states[code])

    return FoundPattern(
        PatternKind(one.kind.value),
        tuple(Change(*moved(each.entity, each.code)) for each in one.changes),
        one.confidence,
        one.n_triggers,
        one.n_followed,
        one.lift,
        delay_s=one.delay_s,
        at_s=one.at_s,
        first_day=0,
        last_day=n_days - 1,
        conditions=()
        if one.condition is None
        else (Condition(*moved(one.condition.entity, one.condition.code)),),
    )


def test_verdicts_are_those_of_the_comparison_with_the_planted_truth(
    stored_homes: Dataset, found: tuple[JudgedHome, ...]
) -> None:
    told: Counter[str] = Counter()
    for episode, home in list(zip(stored_homes, found, strict=True))[:3]:
        made = history_of(episode.spec)
        known = known_pairs(made.rules, made.planted)
        for one, mine in zip(home.candidates, home.verdicts, strict=True):
            if one.kind is not DetectorKind.SYNERGY:
                score = compared([as_found(one, home.home, made.home, 21)], made.planted, made.home, known)
                assert (mine or "known") == (
                    "right" if score.n_right else "wrong" if score.n_wrong else "known"
                )
                told[mine or "known"] += 1
    assert min(told.values()) >= 5


def test_a_candidate_with_another_delay_is_wrong(found: tuple[JudgedHome, ...]) -> None:
    home, one = next(
        (home, one)
        for home in found
        for one, told in zip(home.candidates, home.verdicts, strict=True)
        if told == "right" and one.kind is DetectorKind.CO_OCCURRENCE
    )
    assert verdict(replace(one, delay_s=one.delay_s * 5 + 20), home.home, home.truth) == "wrong"
    assert verdict(replace(one, changes=one.changes[::-1]), home.home, home.truth) != "right"


def test_features_do_not_depend_on_the_truth(found: tuple[JudgedHome, ...]) -> None:
    """Another home's truth changes what is right, and no feature."""
    mine, other = found[0], found[1]
    swapped = replace(
        mine,
        truth=other.truth,
        verdicts=tuple(verdict(one, mine.home, other.truth) for one in mine.candidates),
        conditions=other.conditions,
    )
    assert swapped.verdicts != mine.verdicts
    np.testing.assert_array_equal(swapped.samples(is_judged=False).x, mine.samples(is_judged=False).x)
    assert not {*FEATURES} & {*mine.conditions, "verdict", "is_right", "level"}


def _holds_what_its_columns_say(home: JudgedHome, x: np.ndarray) -> None:
    by_name = dict(zip(FEATURES, x.T, strict=True))
    occurrences = [one.occurrences for one in home.candidates]
    np.testing.assert_allclose(by_name["log_occurrences"], np.log1p(occurrences))
    assert np.all(by_name["n_areas"] == np.round(by_name["n_areas"]))
    kinds = [by_name[name] for name in FEATURES if name.startswith("is_")]
    assert all(set(column) <= {0.0, 1.0} for column in kinds)


def test_features_are_numbers_that_a_learner_takes(found: tuple[JudgedHome, ...]) -> None:
    for home in found:
        x = feature_rows(home.candidates, home.home)
        assert x.shape == (len(home.candidates), len(FEATURES))
        assert not np.isinf(x).any()
        _holds_what_its_columns_say(home, x)
    raw = FEATURES.index("confidence_raw")
    assert [one.confidence for one in home.candidates] == x[:, raw].tolist()


def test_samples_are_judged_ones_of_unique_name(found: tuple[JudgedHome, ...]) -> None:
    samples = judged_samples(found)
    assert set(samples.classes) == {"right", "wrong"}
    assert len(set(samples.sample_id.tolist())) == len(samples)
    assert samples.unit.tolist() == samples.sample_id.tolist()
    assert set(samples.slices) == {"home_type", "size", "region", "kind", "level"}
    assert set(found[0].samples(is_judged=False).classes) >= set(found[0].samples().classes)


def scores(train: Samples, test: Samples, seed: int) -> Floats:
    """Probabilities of right by a forest, for homes held out."""
    from sklearn.ensemble import ExtraTreesClassifier

    model = ExtraTreesClassifier(30, min_samples_leaf=2, random_state=seed, n_jobs=1).fit(train.x, train.y)
    probability: Floats = model.predict_proba(test.x)[:, model.classes_.tolist().index("right")]
    return probability


def test_a_model_beats_the_raw_confidence_and_one_of_shuffled_truth_scores_chance(
    found: tuple[JudgedHome, ...],
) -> None:
    """Chance is a ROC area of a half: over 12 shuffles the mean is within 5 standard errors of it.

    Average precision would not do: trees are boldest where few samples lie, which is no chance ranking.
    """
    from sklearn.metrics import roc_auc_score

    samples = judged_samples(found)
    train, test = samples.of_groups(samples.groups[:3]), samples.of_groups(samples.groups[3:])
    right = np.asarray(test.y == "right")
    raw = average_precision(test.x[:, FEATURES.index("confidence_raw")], right)
    learned = scores(train, test, 0)
    orders = [stream(turn, "test", "shuffle").permutation(len(train)) for turn in range(12)]
    areas = [roc_auc_score(right, scores(train.relabelled(order), test, 0)) for order in orders]
    assert average_precision(learned, right) >= raw + 0.05
    assert abs(np.mean(areas) - 0.5) < 5 * np.std(areas, ddof=1) / np.sqrt(len(areas))
    assert roc_auc_score(right, learned) > max(areas)


def test_the_lower_end_of_an_interval_grows_with_the_count() -> None:
    assert wilson_low(1.0, 4) < wilson_low(1.0, 40) < 1.0
    assert wilson_low(0.5, 100) == pytest.approx(0.404, abs=0.002)  # [Wilson 1927] by hand


def test_a_trend_is_the_slope_over_the_mean() -> None:
    per_week = (2, 4, 6)
    t_us = np.array([(7 * week + 1) * DAY_US + each for week, n in enumerate(per_week) for each in range(n)])
    assert trend_per_week(t_us, 21) == pytest.approx(0.5)
    assert trend_per_week(t_us, 22) == pytest.approx(0.5)
    assert trend_per_week(t_us[:0], 21) == 0.0
