"""Edge cases: exactly as many as asked for, and what each says of itself is so."""

import json
import math

import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.rng import stream
from envirosense.datasets import verify
from envirosense.datasets.dataset import Dataset
from envirosense.factory.edge_cases import edge_case_table, visible_share
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.generator import simulate
from envirosense.factory.training_data import MLDataGenerator
from envirosense.factory.twins import TWINS
from envirosense.scenarios.distributions import Choice, Normal, Uniform
from envirosense.scenarios.edge_cases import STRATEGIES
from envirosense.scenarios.parameters import Constraint, Parameter, ParameterSpace
from envirosense.testing.twins import CoinTwin


def parameter(spread):
    return Parameter(spread, "1", "of a test", "assumed")


HEADS = ParameterSpace(
    {
        "onset_s": parameter(Uniform(1.0, 100.0)),
        "height": parameter(Normal(8.0, 3.0, 0.05, 20.0)),
        "mint": parameter(Choice(("east", "west"), (0.9, 0.1))),
    },
    (Constraint({"onset_s": 1.0, "height": 1.0}, at_most=115.0),),
)


class WideCoin(CoinTwin):
    """A coin that shows how its tosses are spread."""

    def space(self, scenario):
        return HEADS if scenario == "toss/heads" else ParameterSpace({})

    def draw(self, scenario, request):
        spec = super().draw(scenario, request)
        if scenario != "toss/heads":
            return spec
        values = HEADS.draw(lambda name: stream(request.seed, "wide", request.index, name))
        return spec.model_copy(update={"params": values})


if "wide_coin" not in TWINS:
    TWINS.register("wide_coin")(WideCoin)


@pytest.fixture
def generator(tmp_path):
    def make(out="set", twin="wide_coin", **changes):
        given = {"seed": 2, "duration_s": 120.0, "executor": InlineExecutor(), "workers": 1, **changes}
        return MLDataGenerator(twin, tmp_path / out, **given)

    return make


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_there_are_as_many_as_asked_for(generator, count):
    dataset = Dataset.open(generator().generate_edge_cases(["toss/*"], STRATEGIES, count))
    table = edge_case_table(dataset)
    assert len(dataset) == table.num_rows == count
    per_strategy = [table["strategy"].to_pylist().count(name) for name in STRATEGIES]
    assert max(per_strategy) - min(per_strategy) <= 1
    assert verify(dataset.folder).is_ok


def test_an_edge_case_is_its_parent_but_for_what_the_strategy_set(generator):
    dataset = Dataset.open(generator().generate_edge_cases(["toss/*"], STRATEGIES, 9))
    parents = {spec.world_seed: spec for spec in map(parent_spec, range(9))}
    assert {episode.spec.world_seed for episode in dataset} == set(parents)
    for episode in dataset:
        fact, one = episode.summary["facts"]["edge_case"], episode.spec
        parent = parents[one.world_seed].model_copy(update={"group": one.group})  # one draw has one group
        same = {"params", "importance_weight"}
        assert fact["parent_episode"] == parent.episode_id != episode.episode_id
        assert one.model_dump(exclude=same) == parent.model_dump(exclude=same)
        assert fact["changed"] == [name for name in parent.params if parent.params[name] != one.params[name]]
        HEADS.check(one.params)


def parent_spec(index):
    return simulate("wide_coin", "toss/heads", seed=2, index=index, duration_s=120.0).spec


def test_what_a_strategy_does_not_set_stays_the_parents(generator):
    dataset = Dataset.open(generator().generate_edge_cases(["toss/*"], ["boundary"], 4))
    table = edge_case_table(dataset)
    facts = [json.loads(text)["facts"]["edge_case"] for text in dataset.episodes["summary"].to_pylist()]
    kept = [set(fact["changed"]) <= set(fact["settings"]) for fact in facts]
    assert sum(kept) >= 2  # late and high at once is refused by the constraint, then the rest is drawn again
    onsets = {episode.spec.params["onset_s"] for episode in dataset}
    assert onsets & {1.0, 100.0}
    assert table["rarity"].to_pylist() == [0.0] * 4


def test_rarity_is_the_share_of_draws_that_are_as_far_out(generator):
    """Against 20,000 draws from the spreads themselves, within 5 standard errors."""
    n = 20_000
    dataset = Dataset.open(generator().generate_edge_cases(["toss/*"], ["pairwise"], 8))
    rng = np.random.default_rng(1)
    draws = {
        name: np.array([one.distribution.quantile(share, {}) for share in rng.random(n)])
        for name, one in HEADS.parameters.items()
    }
    seen = set()
    for episode in dataset:
        fact = episode.summary["facts"]["edge_case"]
        fits = np.ones(n, bool)
        for name, setting in fact["settings"].items():
            value = episode.spec.params[name]
            low_side = not isinstance(setting, str) and setting < 0.5
            fits &= (
                draws[name] == value
                if isinstance(setting, str)
                else (draws[name] <= value if low_side else draws[name] >= value)
            )
        error = 5 * math.sqrt(fact["rarity"] / n) + 1 / n
        assert fits.mean() == pytest.approx(fact["rarity"], abs=error)
        seen.add(round(fact["rarity"], 9))
    assert len(seen) > 1


def test_confidence_is_the_share_of_labelled_ticks_by_which_a_sensor_could_see(generator):
    dataset = Dataset.open(generator().generate_edge_cases(["toss/*"], STRATEGIES, 12))
    found = {row["episode_id"]: row["confidence"] for row in edge_case_table(dataset).to_pylist()}
    for episode in dataset:
        ticks = episode.table("labels")["tick"].to_numpy()
        (seen,) = episode.table("observability").to_pylist() or ({"first_detectable_s": None},)
        first_s = seen["first_detectable_s"]
        expected = 0.0 if first_s is None else np.mean(ticks >= first_s)
        assert found[episode.episode_id] == pytest.approx(expected)
    assert len({round(value, 6) for value in found.values()}) > 3


def test_confidence_is_unknown_where_nothing_is_labelled():
    none = pa.table({"tick": pa.array([], pa.int64()), "event_id": pa.array([], pa.int32())})
    assert visible_share(none, None, 1.0) is None
    labels = pa.table({"tick": [3, 4], "event_id": [0, 1]})
    unseen = pa.table({"event_id": [0, 1], "detectable": [True, False], "first_detectable_s": [3.0, None]})
    assert visible_share(labels, None, 1.0) == 0.0
    assert visible_share(labels, unseen, 1.0) == 0.5


def test_a_scenario_without_parameters_leaves_its_part_to_the_others(generator):
    made = generator()
    dataset = Dataset.open(made.generate_edge_cases(["*"], STRATEGIES, 6))
    assert {episode.scenario for episode in dataset} == {"toss/heads"}
    by_strategy = made.statistics().by_strategy
    assert {name: one.episodes for name, one in by_strategy.items()} == dict.fromkeys(STRATEGIES, 2)


def test_the_card_says_what_rarity_and_confidence_mean(generator):
    folder = generator().generate_edge_cases(["toss/*"], ["extreme"], 1)
    card = (folder / "README.md").read_text()
    assert "share of the labelled ticks by which a sensor could" in card
    assert "probability that draws from the scenario's own distributions are as far out" in card


def test_the_same_request_is_the_same_dataset_and_is_not_made_again(generator, monkeypatch):
    folder = generator().generate_edge_cases(["toss/*"], ["extreme"], 4)
    first = Dataset.open(folder)
    monkeypatch.setattr(WideCoin, "simulate", None)
    assert generator().generate_edge_cases(["toss/*"], ["extreme"], 4) == folder
    with pytest.raises(ConfigError, match="holds another dataset"):
        generator().generate_edge_cases(["toss/*"], ["extreme"], 5)
    assert Dataset.open(folder).logical_hash == first.logical_hash


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"modification_strategies": []}, "choose from boundary, pairwise, extreme"),
        ({"modification_strategies": ["extrem"]}, "did you mean 'extreme'"),
        ({"base_scenarios": []}, "at least one scenario"),
        ({"base_scenarios": ["normal/*"]}, "can set nothing in normal/tails"),
        ({"target_count": 0}, "at least one"),
        ({"output_format": "xml"}, "unknown output_format"),
    ],
)
def test_what_cannot_be_modified_is_refused(generator, tmp_path, changes, message):
    given = {"base_scenarios": ["*"], "modification_strategies": STRATEGIES, "target_count": 3, **changes}
    with pytest.raises(ConfigError, match=message):
        generator().generate_edge_cases(**given)
    assert not (tmp_path / "set").exists()


def test_constraints_that_refuse_all_of_a_strategy_are_said(generator, monkeypatch):
    tight = ParameterSpace(HEADS.parameters, (Constraint({"onset_s": 1.0}, at_least=50.0, at_most=51.0),))
    numbers = {name: one for name, one in tight.parameters.items() if name == "onset_s"}
    monkeypatch.setattr(WideCoin, "space", lambda *_: ParameterSpace(numbers, tight.constraints))
    with pytest.raises(ConfigError, match="boundary of toss/heads: the constraints or cases refuse"):
        generator().generate_edge_cases(["toss/*"], ["boundary"], 3)


def test_a_twin_that_does_not_show_its_spaces_is_refused(generator):
    with pytest.raises(ConfigError, match="does not show its parameter spaces"):
        generator(twin="coin").generate_edge_cases(["*"], STRATEGIES, 3)


def test_an_unknown_strategy_is_an_unknown_name(generator):
    with pytest.raises(UnknownNameError):
        generator().generate_edge_cases(["*"], ["wild"], 3)


def test_edge_cases_of_the_pole(generator):
    made = generator(
        twin="pole",
        duration_s=60.0,
        dt_s=10.0,
        options={"frame_interval_s": 10, "sensors": ["temperature_humidity"]},
    )
    names = ["electrical/arcing_event", "fire/pole_top_fire"]
    dataset = Dataset.open(made.generate_edge_cases(names, ["extreme", "boundary"], 3))
    table = edge_case_table(dataset)
    assert table.num_rows == len(dataset) == 3
    assert set(table["scenario"].to_pylist()) == set(names)
    twin = TWINS["pole"]()
    for episode in dataset:
        twin.space(episode.scenario).check(episode.spec.params)
    rarity = dict(zip(table["strategy"].to_pylist(), table["rarity"].to_pylist(), strict=True))
    assert rarity["boundary"] == 0.0 < rarity["extreme"] <= 1e-6  # two tails of 0.001 or more of them
