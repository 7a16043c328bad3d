"""The manager: what it takes in, what it asks for, and what it refuses."""

import fnmatch

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.datasets.dataset import Dataset
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.active.evidence import Judged, ModelOutputs
from envirosense.learning.active.manager import ActiveLearningManager
from envirosense.learning.active.settings import ActiveSettings
from envirosense.learning.active.slices import WeakSlice
from envirosense.learning.active.targeted import targeted_counts
from envirosense.learning.feedback import FeedbackRecord
from envirosense.learning.tasks import ModelTask
from envirosense.scenarios.definition_spaces import changed_space
from envirosense.scenarios.distributions import Uniform
from envirosense.scenarios.document import ParameterDefinition
from envirosense.scenarios.parameters import Parameter, ParameterSpace
from envirosense.testing.twins import CoinTwin

from .conftest import errors, old_in_wind, planted_samples

if "coin" not in TWINS:
    TWINS.register("coin")(CoinTwin)

SCENARIOS = ("hot/arc", "hot/fire", "cold/leak", "cold/calm")
SPACES = {
    "hot/arc": ParameterSpace({
        "gap_mm": Parameter(Uniform(0.5, 8.0), "mm", "gap", "made up"),
        "age_d": Parameter(Uniform(0.0, 600.0), "d", "age", "made up"),
    }),
    "hot/fire": ParameterSpace({"heat_w": Parameter(Uniform(10.0, 90.0), "W", "heat", "made up")}),
    "cold/leak": ParameterSpace({}),
    "cold/calm": ParameterSpace({}),
}  # fmt: skip
DRAWN = {"gap_mm", "age_d", "heat_w", "wind_m_s", "array_age_d", "humidity_pct"}


class Subject:
    """Draws from everything in `DRAWN`, and refuses the rest by name, like a twin."""

    name = "made-up"

    def __init__(self):
        self.task = ModelTask(name="made-up", negative="normal")

    def request(self, episodes, seed):
        return GenerationRequest(twin="coin", episodes=episodes, seed=seed, duration_s=600.0, dt_s=5.0)

    def request_for(self, spot, episodes, seed):
        for name in spot.parameters:
            if name not in DRAWN:
                raise UnknownNameError("parameters", name, DRAWN)
        if not fnmatch.filter(SCENARIOS, spot.scenario):
            raise UnknownNameError("scenario", spot.scenario, SCENARIOS)
        return self.request(episodes, seed)


class Coin:
    """The coin twin's scenarios; it has no ranges."""

    name = "coin-loop"

    def __init__(self):
        self.task = ModelTask(name="coin-window", negative="normal")

    def request(self, episodes, seed):
        return GenerationRequest(twin="coin", episodes=episodes, seed=seed, duration_s=600.0, dt_s=5.0)

    def request_for(self, spot, episodes, seed):
        if spot.parameters:
            name = sorted(spot.parameters)[0]
            raise ConfigError(f"parameters.{name}", spot.parameters[name], "a coin has none")
        return self.request(episodes, seed).model_copy(update={"scenarios": (spot.scenario,)})


def manager(folder, subject=None, **config):
    lean = {"acquisition": {"candidates": 100, "trees": 20}}
    spaces = SPACES if subject is None else None
    return ActiveLearningManager(subject or Subject(), folder, 1, {**lean, **config}, spaces=spaces)


def outputs(samples, wrong):
    """Scores of a model that is sure of the truth, and of something else where it is wrong."""
    classes = samples.classes
    truth = np.array([classes.index(name) for name in samples.y.tolist()])
    said = np.where(wrong, (truth + 1) % len(classes), truth)
    return ModelOutputs(samples, np.eye(len(classes))[said] * 0.9 + 0.1 / len(classes), classes)


@pytest.fixture
def weak(rng):
    samples = planted_samples(rng, n=2500)
    return samples, errors(rng, samples, 0.05, (old_in_wind(samples), 0.7))


def test_scores_of_samples_become_weak_spots_and_shuffled_ones_do_not(weak, rng, tmp_path):
    samples, wrong = weak
    asking = manager(tmp_path)
    found = asking.identify_weak_spots(outputs(samples, wrong))
    assert found[0].ranges.keys() >= {"wind_m_s", "array_age_d"}
    assert asking.identify_weak_spots(Judged(samples, wrong))[0].words.split(":")[0]
    assert manager(tmp_path).identify_weak_spots(outputs(samples, rng.permutation(wrong))) == ()


def test_uncertainty_alone_becomes_weak_spots(weak, tmp_path):
    samples, _ = weak
    sure = np.where(old_in_wind(samples), 0.5, 0.95)
    unsure = ModelOutputs(samples, np.stack([sure, 1 - sure], axis=1), ("arc", "normal"))
    found = manager(tmp_path, look_at="doubt", doubtful_share=0.05).identify_weak_spots(unsure)
    assert found[0].ranges.keys() >= {"wind_m_s", "array_age_d"}


def test_feedback_of_real_origin_becomes_weak_spots(weak, tmp_path):
    rows = [{"class": "arc", "sensor": "p1", "outcome": "confirmed"}] * 40
    rows += [{"class": "fire", "sensor": "p1", "outcome": "missed"}] * 20
    asking = manager(tmp_path)
    (found,) = asking.identify_weak_spots(rows)
    assert found.ranges == {"class": "fire"}
    records = [
        FeedbackRecord(
            episode_id=f"e{at}", verdict=row["outcome"], event_type=row["class"], start_s=0, end_s=9
        )
        for at, row in enumerate(rows)
    ]
    assert asking.identify_weak_spots(records)[0].ranges == {"class": "fire"}
    samples, wrong = weak
    asking.identify_weak_spots(Judged(samples, wrong))
    (one,) = asking.suggest_scenario_modifications((found,))  # the class is known to come of one scenario
    assert one.spot.scenario == "hot/fire"


@pytest.mark.parametrize("given", ["arcs are bad", 3, {"class": "arc"}], ids=["text", "number", "mapping"])
def test_what_is_no_evidence_is_refused(given, tmp_path):
    with pytest.raises(ConfigError, match="feedback"):
        manager(tmp_path).identify_weak_spots(given)


def test_modifications_keep_to_the_space_and_read_as_a_scenario_file(tmp_path):
    spot = WeakSpot(
        scenario="hot/arc", parameters={"gap_mm": [4.0, 99.0], "wind_m_s": [9.0, 15.0]}, reason="weak"
    )
    (found,) = manager(tmp_path).suggest_scenario_modifications((spot,))
    assert found.spot.parameters == {"gap_mm": [4.0, 8.0], "wind_m_s": [9.0, 15.0]}
    assert found.deltas["hot/arc"]["gap_mm"].usual == "uniform 0.5 to 8"
    written = found.definition("hot/arc", "hot/arc_weak")
    assert written["extends"] == "hot/arc"
    entries = {name: ParameterDefinition.parse(one) for name, one in written["parameters"].items()}
    changed = changed_space(SPACES["hot/arc"], entries, None)
    assert str(changed.parameters["gap_mm"].distribution) == "uniform 4 to 8"
    with pytest.raises(ConfigError, match="not changed"):
        found.definition("hot/fire", "hot/fire_weak")


def test_what_cannot_be_drawn_is_left_out_by_name_and_nothing_left_is_refused(tmp_path):
    asking = manager(tmp_path)
    partly = WeakSpot(scenario="hot/*", parameters={"detector": "late", "wind_m_s": [9.0, 15.0]})
    never = WeakSpot(scenario="*", parameters={"detector": "late"})
    outside = WeakSpot(scenario="hot/arc", parameters={"gap_mm": [20.0, 30.0]})
    unknown = WeakSpot(scenario="warm/*")
    found = asking.suggest_scenario_modifications((partly, never, outside, unknown))
    assert found[0].spot.parameters == {"wind_m_s": [9.0, 15.0]}
    assert "detector" in found[0].left_out[0]
    assert [one.spot is None for one in found] == [False, True, False, True]
    assert "nothing is left" in found[1].refusal
    assert found[2].spot.parameters == {}
    assert "gap_mm" in found[2].left_out[0]
    assert "warm" in found[3].refusal


def test_a_plan_keeps_its_floor_and_asks_where_it_is_weak(weak, tmp_path):
    samples, wrong = weak
    asking = manager(tmp_path)
    assert asking.plan((), 40) == [(None, 40)]  # nothing is known yet
    found = asking.identify_weak_spots(outputs(samples, wrong))
    plan = asking.plan(found, 100)
    assert sum(count for _, count in plan) == 100
    assert plan[0][0] is None
    assert plan[0][1] >= 100 * asking.config.floor
    spots = [spot for spot, _ in plan if spot is not None]
    assert spots[0].reason == found[0].words
    assert len(spots) > len(found)  # the rest explores
    tiny = asking.plan(found, 1)
    assert tiny == [(None, 1)]
    with pytest.raises(ConfigError, match="at least 1"):
        asking.plan(found, 0)


def test_families_that_teach_get_more_of_the_plan(tmp_path):
    asking = manager(tmp_path)
    for turn in range(6):
        asking.learn(
            {"hot": 0.5, "cold": 0.5}, {"hot": 0.3 + 0.01 * turn, "cold": 0.5}, {"hot": 1.0, "cold": 1.0}
        )
    shares = asking.bandit.shares(np.random.default_rng(0))
    assert shares["hot"] > 0.7
    spots = tuple(WeakSpot(scenario=name) for name in ("hot/arc", "cold/leak"))
    counts = {spot.scenario: count for spot, count in asking.plan(spots, 200) if spot is not None}
    assert counts["hot/arc"] > 2 * counts["cold/leak"]


def test_rounds_of_scores_reward_the_family_that_taught(weak, tmp_path):
    samples, _ = weak
    asking = manager(tmp_path)
    is_hot = np.char.startswith(samples.slices["scenario"], "hot")
    old = np.arange(len(samples)) < 1500
    asking.identify_weak_spots(outputs(samples.select(old), is_hot[old]))  # wrong on all of one family
    asking.identify_weak_spots(outputs(samples, np.zeros(len(samples), dtype=bool)))  # and then right
    shares = asking.bandit.shares(np.random.default_rng(0))
    assert shares["hot"] > shares["cold"]


def test_what_was_asked_for_outlives_the_process_and_weights_undo_it(weak, tmp_path):
    samples, _ = weak
    spot = WeakSpot(scenario="hot/arc")
    asking = manager(tmp_path)
    asking.note([(None, 100), (spot, 300)])
    again = manager(tmp_path)
    assert again.history.asked == [(None, 100), (spot, 300)]
    weighted = again.weighted(samples, samples)
    is_arc = samples.slices["scenario"] == "hot/arc"
    np.testing.assert_allclose(weighted.weight[~is_arc], 4.0)
    share = is_arc.mean()
    np.testing.assert_allclose(weighted.weight[is_arc], 1 / (0.25 + 0.75 / share), rtol=0.01)
    (tmp_path / "asked.json").write_text("{")
    with pytest.raises(DatasetError, match="no record of what was asked for"):
        manager(tmp_path)


def test_asking_stops_when_it_no_longer_pays(tmp_path):
    asking = manager(tmp_path, stop={"floor": 1e-4, "rounds": 2})
    assert not asking.should_stop([600.0] * 3, [0.3, 0.6, 0.9]).is_time
    assert asking.should_stop([600.0] * 9, [0.3, 0.6, *[0.9] * 7]).is_time


def test_targeted_samples_come_through_the_factory_and_are_counted(tmp_path):
    asking = manager(tmp_path, subject=Coin())
    spots = (WeakSpot(scenario="toss/heads", weight=3.0), WeakSpot(scenario="normal/tails"))
    path = asking.generate_targeted_samples(spots, 400, workers=1)
    dataset = Dataset.open(path)
    told = targeted_counts(path)
    assert len(dataset) == told["n_episodes"] == 4  # 120 ticks each: four episodes hold 400
    assert told["n_samples"] == 480 == sum(episode.spec.grid.n for episode in dataset)
    assert sorted(one.scenario for one in dataset) == ["normal/tails"] + ["toss/heads"] * 3
    assert asking.history.asked == [(spots[0], 3), (spots[1], 1)]
    with pytest.raises(DatasetError, match="not made from weak spots"):
        targeted_counts(tmp_path)


@pytest.mark.slow
def test_the_same_seed_generates_the_same_and_episodes_can_be_counted_instead(tmp_path):
    spot = (WeakSpot(scenario="toss/heads"),)
    paths = [
        ActiveLearningManager(Coin(), tmp_path / name, 1).generate_targeted_samples(spot, 2, "episodes", 1)
        for name in ("one", "two")
    ]
    assert [targeted_counts(path)["n_episodes"] for path in paths] == [2, 2]
    assert len({Dataset.open(path).logical_hash for path in paths}) == 1


def test_nothing_to_draw_from_is_refused_before_anything_is_simulated(tmp_path):
    asking = manager(tmp_path, subject=Coin())
    only_ranges = WeakSpot(scenario="*", parameters={"height": [5, 9]})
    with pytest.raises(ConfigError, match="a coin has none"):
        asking.generate_targeted_samples((only_ranges,), 10)
    with pytest.raises(ConfigError, match="no weak spot is given"):
        asking.generate_targeted_samples((), 10)
    with pytest.raises(ConfigError, match="at least one"):
        asking.generate_targeted_samples((WeakSpot(scenario="toss/heads"),), 0)
    assert not (tmp_path / "targeted").exists()


def test_settings_that_contradict_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="may not exceed 1"):
        ActiveSettings.parse({"floor": 0.7, "explore": 0.5})
    with pytest.raises(ConfigError, match="did you mean 'bald'"):
        manager(tmp_path, strategy="balb")


def test_a_slice_keeps_its_words_on_the_way_to_the_plan(tmp_path):
    one = WeakSlice("hot/arc: error .40 against .05", {"scenario": "hot/arc"}, 90, 40, 0.4, 0.05, 0.001)
    plan = manager(tmp_path).plan((one,), 50)
    assert plan[1][0].reason == one.words
