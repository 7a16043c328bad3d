"""Scenarios from definitions and back: every registered one, inheritance, composition, specs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError
from envirosense.core.fingerprint import canonical_json
from envirosense.core.grid import TimeGrid
from envirosense.core.rng import stream
from envirosense.datasets.memory import MemorySink
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.scenarios.electrical.equipment_overheat import EquipmentOverheatScenario
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS, BaseScenario, Choice, LogUniform
from envirosense.scenarios.definition import definition_of, scenario_class, scenario_of
from envirosense.scenarios.definition_spaces import Held
from envirosense.scenarios.document import ScenarioDefinition
from envirosense.scenarios.faults import Fault
from envirosense.scenarios.io import json_text, load_scenario, read_definition, yaml_text
from envirosense.scenarios.marks import marked
from envirosense.testing.planted_world import planted_conditions, planted_grid
from envirosense.testing.scenario_causes import forcing_values
from envirosense.testing.scenarios import check_scenario

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "scenarios").glob("*.yaml"))


def again(text: str) -> ScenarioDefinition:
    return ScenarioDefinition.model_validate(marked(text, "text").data)


def drawn(scenario: type[BaseScenario], seed: int = 0) -> BaseScenario:
    return scenario(scenario.space.draw(lambda name: stream(seed, "test", name)))


def causes(scenario: BaseScenario, seed: int = 0) -> dict[str, Any]:
    conditions = planted_conditions(planted_grid(dt_s=60.0))
    return dict(forcing_values(scenario.causes(conditions, lambda name: stream(seed, name))))


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return list(one) == list(other) and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("scenario_id", list(SCENARIOS))
def test_every_scenario_survives_its_file(scenario_id: str) -> None:
    scenario = SCENARIOS[scenario_id]
    definition = definition_of(scenario)
    for text in (yaml_text(definition), json_text(definition)):
        assert again(text) == definition
    built = scenario_class(again(yaml_text(definition)))
    assert built.space == scenario.space
    assert definition_of(built) == definition
    for name in ("description", "phases", "limits", "version", "tags", "needs_transformer"):
        assert getattr(built, name) == getattr(scenario, name)
    first = drawn(scenario)
    second = built(first.params)
    assert second.scenario_id == scenario_id
    assert same(causes(first), causes(second))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_the_examples_survive_their_files(path: Path) -> None:
    definition = read_definition(path)
    for text in (yaml_text(definition), json_text(definition)):
        assert again(text) == definition
    scenario = load_scenario(path)
    assert definition_of(scenario) == definition
    assert same(causes(drawn(scenario)), causes(drawn(scenario_class(definition))))


@pytest.mark.parametrize("scenario_id", list(SCENARIOS))
def test_the_order_of_fields_in_a_stored_definition_does_not_matter(scenario_id: str) -> None:
    scenario = SCENARIOS[scenario_id]
    stored = canonical_json(definition_of(scenario).plain())
    built = scenario_class(ScenarioDefinition.model_validate_json(stored))
    assert built.space == scenario.space
    one = drawn(built)
    assert same(causes(one), causes(scenario(one.params)))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_the_order_of_fields_in_a_stored_file_does_not_matter(path: Path) -> None:
    stored = canonical_json(read_definition(path).plain())
    built = scenario_class(ScenarioDefinition.model_validate_json(stored))
    one = drawn(load_scenario(path))
    assert same(causes(built(one.params)), causes(one))


def test_parameters_that_depend_in_a_circle_are_refused() -> None:
    cases = {
        "clamp_a": {"value": "clamp_a"},
        "clamp_b": {"value": "clamp_a"},
        "clamp_c": {"value": "clamp_a"},
    }
    with pytest.raises(Fault, match="break the circle"):
        defined(parameters={"component": {"conditional": {"on": "component", "cases": cases}}})


def test_there_is_an_example_of_every_kind() -> None:
    assert {read_definition(path).kind for path in EXAMPLES} >= {"causes", "model", "overlay"}


ONE_CASE = {"clamp_a": {"value": 1}}
HOT = {"id": "electrical/hot", "model": "electrical/equipment_overheat"}


def defined(**fields: Any) -> type[BaseScenario]:
    return scenario_class(ScenarioDefinition.model_validate(HOT | fields))


def test_a_model_keeps_what_a_definition_does_not_change() -> None:
    hot = defined(parameters={"component": {"choice": ["clamp_a", "clamp_b"]}}, description="Hot")
    assert issubclass(hot, EquipmentOverheatScenario)
    assert hot.space.parameters["component"].distribution == Choice(("clamp_a", "clamp_b"))
    ours, model = dict(hot.space.parameters), dict(EquipmentOverheatScenario.space.parameters)
    assert ours.pop("component") != model.pop("component")
    assert ours == model
    assert hot.description == "Hot"
    assert hot.limits == EquipmentOverheatScenario.limits
    assert drawn(hot).scenario_id == "electrical/hot"


def test_a_unit_of_the_same_kind_is_converted() -> None:
    hot = defined(parameters={"final_resistance_ohm": {"log_uniform": [1, 4], "unit": "mohm"}})
    assert hot.space.parameters["final_resistance_ohm"].distribution == LogUniform(1e-3, 4e-3)
    assert hot.space.parameters["final_resistance_ohm"].unit == "ohm"


def test_weights_stand_in_a_list_or_by_option_in_any_order() -> None:
    listed = {"choice": ["clamp_b", "clamp_a"], "weights": [3, 1]}
    hot = defined(parameters={"component": listed})
    assert hot.space.parameters["component"].distribution == Choice(("clamp_b", "clamp_a"), (3.0, 1.0))
    for weights in ({"clamp_b": 3, "clamp_a": 1}, {"clamp_a": 1, "clamp_b": 3}):
        named = defined(parameters={"component": {"choice": weights}})
        assert named.space.parameters["component"].distribution == Choice(("clamp_a", "clamp_b"), (1.0, 3.0))
    with pytest.raises(Fault, match="give 2 weights"):
        defined(parameters={"component": listed | {"weights": [1]}})
    with pytest.raises(ValidationError, match="weights belong to a list"):
        defined(parameters={"component": {"choice": {"clamp_a": 1}, "weights": [1]}})


def test_a_held_parameter_has_its_value_and_no_other() -> None:
    hot = defined(parameters={"component": "clamp_b", "onset_fraction": 0.1})
    assert all(drawn(hot, seed).params["onset_fraction"] == 0.1 for seed in range(5))
    assert hot.space.parameters["component"].distribution == Held("clamp_b")
    with pytest.raises(ConfigError, match=r"must be 0\.1"):
        hot(drawn(hot).params | {"onset_fraction": 0.2})


def test_constraints_are_added_to_the_models() -> None:
    bound = {"weights": {"onset_fraction": 1.0, "growth_fraction": 1.0}, "at_most": 0.4}
    hot = defined(constraints=[bound])
    assert hot.space.constraints[:-1] == EquipmentOverheatScenario.space.constraints
    for seed in range(10):
        params = drawn(hot, seed).params
        assert params["onset_fraction"] + params["growth_fraction"] <= 0.4


@pytest.mark.parametrize(
    ("fields", "path", "says"),
    [
        ({"model": "electrical/overheat"}, "model", "did you mean 'electrical/equipment_overheat'"),
        ({"parameters": {"componnt": "clamp_a"}}, "parameters.componnt", "did you mean 'component'"),
        ({"parameters": {"component": "clamp_d"}}, "parameters.component", "unknown option"),
        (
            {"parameters": {"component": {"choice": ["clamp_a", "x"]}}},
            "parameters.component",
            "unknown option",
        ),
        ({"parameters": {"component": 3.0}}, "parameters.component", "cannot stand for"),
        ({"parameters": {"onset_fraction": "early"}}, "parameters.onset_fraction", "cannot stand for"),
        (
            {"parameters": {"final_resistance_ohm": {"uniform": [1, 4], "unit": "W"}}},
            "parameters.final_resistance_ohm.unit",
            "write ohm",
        ),
        (
            {"parameters": {"final_resistance_ohm": {"uniform": [1, 4], "unit": "om"}}},
            "parameters.final_resistance_ohm.unit",
            "unknown unit 'om'",
        ),
        ({"parameters": {"onset_fraction": {"uniform": [1, 0]}}}, "parameters.onset_fraction", "must rise"),
        (
            {"parameters": {"onset_fraction": {"conditional": {"on": "x", "cases": {"a": {"value": 1}}}}}},
            "parameters.onset_fraction.conditional",
            "unknown parameter",
        ),
        (
            {"parameters": {"onset_fraction": {"conditional": {"on": "component", "cases": ONE_CASE}}}},
            "parameters.onset_fraction.conditional",
            "add a case for clamp_b, clamp_c",
        ),
        (
            {"parameters": {"growth_fraction": {"conditional": {"on": "onset_fraction", "cases": ONE_CASE}}}},
            "parameters.growth_fraction.conditional",
            "is a number",
        ),
        (
            {"constraints": [{"weights": {"component": 1}, "at_most": 1}]},
            "constraints.0",
            "only numbers have a sum",
        ),
        (
            {"constraints": [{"weights": {"onset": 1}, "at_most": 1}]},
            "constraints.0",
            "unknown parameter",
        ),
        (
            {"constraints": [{"weights": {"onset_fraction": 1}, "at_least": 2}]},
            "constraints",
            "1000 draws out of 1000 were refused",
        ),
    ],
)
def test_what_a_model_cannot_be_is_refused_at_its_field(fields: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(Fault, match=says) as caught:
        defined(**fields)
    assert ".".join(map(str, caught.value.path)) == path


TWO = [
    {"name": "a", "scenario": "electrical/equipment_overheat", "parameters": {"component": "clamp_a"}},
    {"name": "b", "scenario": "fire/cellulose_pyrolysis", "parent": "a"},
]
BOTH = {
    "id": "multi_factor/both",
    "description": "Both",
    "limits": "Some",
    "rate": {"per_pole_year": 0.1, "duration_s": 60, "source": "assumed"},
}


def both(**fields: Any) -> type[BaseScenario]:
    return scenario_class(ScenarioDefinition.model_validate(BOTH | fields))


def test_acts_are_changed_like_models_and_as_a_whole() -> None:
    acts = [
        TWO[0] | {"begin": 0.2, "end": 0.9},
        TWO[1] | {"parameters": {"peak_power_w": {"uniform": [50, 60]}}},
    ]
    scenario = both(overlay=acts, parameters={"b.fuel_g": 40.0})
    params = drawn(scenario).params
    assert "a.component" not in params
    assert 50.0 <= params["b.peak_power_w"] <= 60.0
    assert params["b.fuel_g"] == 40.0
    assert [(act.begin, act.end, act.parent) for act in scenario.acts] == [(0.2, 0.9, None), (0.0, 1.0, "a")]
    assert len(drawn(scenario).causes(planted_conditions(planted_grid()), lambda name: stream(0, name))) == 2


def test_a_sequence_of_any_scenarios_keeps_the_contract() -> None:
    names = ("electrical/vehicle_strike", "electrical/equipment_overheat", "lookalike/barbecue")
    acts = [{"name": f"act_{place}", "scenario": name} for place, name in enumerate(names)]
    check_scenario(both(sequence=acts, gap=0.05), scenario_id="multi_factor/both", n_draws=1)


def test_a_sequence_shares_the_episode() -> None:
    scenario = both(sequence=TWO, gap=0.2)
    assert [(act.begin, act.end) for act in scenario.acts] == [
        (0.0, pytest.approx(0.4)),
        (pytest.approx(0.6), pytest.approx(1.0)),
    ]


@pytest.mark.parametrize(
    ("fields", "path", "says"),
    [
        ({"overlay": [TWO[0] | {"scenario": "fire/none"}]}, "overlay.0.scenario", "unknown scenario"),
        ({"overlay": [TWO[0], TWO[0]]}, "overlay.1", "two acts have this name"),
        ({"overlay": [TWO[1]]}, "overlay.0", "parent of act b"),
        ({"overlay": [TWO[0] | {"same_as": {"component": "x.y"}}]}, "overlay", "tied to"),
        (
            {"overlay": [*TWO[:1], TWO[1] | {"parameters": {"component": "nut"}}]},
            "overlay.1",
            "must be one of",
        ),
        (
            {"overlay": [TWO[0], TWO[1] | {"same_as": {"fuel_g": "a.onset_fraction"}}]},
            "overlay.1",
            "must be",
        ),
        ({"sequence": [TWO[0] | {"begin": 0.2}]}, "sequence.0", "use an overlay"),
        ({"sequence": [*TWO, TWO[0] | {"name": "c"}], "gap": 0.9}, "gap", "gaps of less than"),
        ({"overlay": [{"name": "a", "file": "x.yaml"}]}, "overlay.0", "read it from its file"),
        ({"extends": "x.yaml"}, "extends", "read it from its file"),
    ],
)
def test_what_acts_cannot_be_is_refused_at_its_field(fields: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(Fault, match=says) as caught:
        both(**fields)
    assert ".".join(map(str, caught.value.path)) == path


def spec_of(scenario: type[BaseScenario], definition: Any, name: str | None = None) -> EpisodeSpec:
    one = drawn(scenario)
    return EpisodeSpec(
        twin="pole",
        scenario=name or one.scenario_id,
        params=one.params,
        site={},
        weather={},
        sensing={},
        grid=TimeGrid(start_utc=datetime(2018, 1, 1, tzinfo=UTC), dt_s=60.0, n=10),
        world_seed=0,
        sensing_seed=0,
        group="x",
        definition=definition,
    )


def test_a_spec_carries_its_scenario() -> None:
    path = next(path for path in EXAMPLES if path.stem == "burning_leaves")
    scenario, definition = load_scenario(path), read_definition(path).plain()
    spec = spec_of(scenario, definition)
    stored = EpisodeSpec.model_validate_json(spec.model_dump_json())
    assert same(causes(scenario_of(stored)), causes(scenario(stored.params)))
    changed = read_definition(path).model_copy(update={"limits": "Other."}).plain()
    assert spec_of(scenario, changed).fingerprint != spec.fingerprint


def test_a_spec_of_a_registered_scenario_needs_no_definition() -> None:
    assert isinstance(scenario_of(spec_of(EquipmentOverheatScenario, None)), EquipmentOverheatScenario)


def test_a_definition_of_another_scenario_is_refused() -> None:
    with pytest.raises(ConfigError, match="the definition beside it is electrical/hot"):
        scenario_of(spec_of(EquipmentOverheatScenario, HOT))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_episode_of_a_file_is_simulated_and_labelled_again(path: Path) -> None:
    definition = read_definition(path)
    options = {"sensors": ("barometer",)}
    ordinary = PoleTwin().draw("normal/diurnal_cycle", EpisodeRequest(1, 0, 1, 3600.0, 60.0, options, 1))
    found = {"scenario": definition.id, "params": drawn(load_scenario(path), 3).params}
    spec = ordinary.model_copy(update=found | {"definition": definition.plain()})
    sink = MemorySink(spec)
    summary = PoleTwin().simulate(spec, sink)
    assert summary.outcome == "ok"
    assert summary.facts["n_events"] == sink.table("events").num_rows > 0
    again = PoleTwin().relabel(sink)
    stored = sink.table("labels").select(again.column_names)
    assert stored.cast(again.schema).combine_chunks().equals(again.combine_chunks())
