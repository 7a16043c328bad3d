"""Scenarios that stand in a file alone: the whole vocabulary, references, events."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from envirosense.core.rng import stream
from envirosense.scenarios import BaseScenario, EventType, Forcing, Response
from envirosense.scenarios.declared_causes import FIELDS, PYTHON_ONLY, CauseDefinition
from envirosense.scenarios.definition import scenario_class
from envirosense.scenarios.document import ScenarioDefinition
from envirosense.scenarios.faults import Fault
from envirosense.scenarios.io import load_scenario
from envirosense.testing.planted_world import planted_conditions, planted_grid, planted_response
from envirosense.testing.scenarios import check_scenario

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.yaml"))
HEAD = {
    "id": "fire/mine",
    "description": "Mine",
    "limits": "Some",
    "expected_duration_s": 3600,
    "rate": {"per_pole_year": 1.0, "duration_s": 60, "source": "assumed"},
}
PARAMETERS: dict[str, Any] = {
    name: {"value": value, "unit": unit}
    for name, value, unit in (
        ("power_w", 40.0, "W"),
        ("heat_kj_g", 9.0, "kJ/g"),
        ("share", 0.5, "1"),
        ("place_deg", 90.0, "deg"),
        ("far_m", 20.0, "m"),
        ("slow_s", 100.0, "s"),
    )
}
PARAMETERS["fitting"] = {
    "choice": ["crossarm_bolt", "pole_top_bolt"],
    "description": "where",
    "source": "assumed",
}
ODD = {
    "conditional": {
        "on": "fitting",
        "cases": {"crossarm_bolt": {"value": 1}, "pole_top_bolt": {"value": "x"}},
    },
    "unit": "1",
    "description": "a number here, a name there",
    "source": "assumed",
}
AT = {"bearing_deg": "$place_deg", "distance_m": "$far_m", "height_m": 2}
RAMP = {"ramp": {"value": 2, "begin": 0.25, "end": 0.5}}
AGEING = {"growth": {"start": 1e-4, "value": 1e-3, "begin": 0, "end": 1}}
FADING = {"decay": {"value": 1, "begin": 0, "tau_s": "$slow_s"}}
EVERY: dict[str, dict[str, Any]] = {
    "heating": {"component": "$fitting", "power_w": {"times": ["$share", "$power_w", 2.0]}},
    "joint": {"component": "clamp_a", "resistance_ohm": AGEING},
    "wood": {"component": "crossarm_bolt_wood", "dry_mass_g": 50},
    "emission": {
        "name": "plume",
        "at": AT,
        "rate_g_s": RAMP,
        "gas": {"CO": "$share"},
        "particles": {"soot": 0.1},
        "heat_j_g": "$heat_kj_g",
    },
    "air_mass": {"name": "haze", "strength": {"constant": 0.5}, "particle_ug_m3": {"smoke_aged": 80}},
    "discharge": {
        "name": "sparks",
        "at": "clamp_b",
        "kind": "arc",
        "power_w": {"pulses": {"value": 100, "period_s": 60, "on_s": 6}},
        "pulses_per_s": 120,
        "charge_c": 1e-6,
        "component": "clamp_b",
        "heat_share": 0.1,
    },
    "line": {"current_factor": {"b": {"hold": {"value": 0, "start": 1, "begin": 0.5, "end": 1}}}},
    "transformer": {"load_factor": 1.4, "oil_level": {"table": [[0, 1], [1, 0.7]]}},
    "structure": {"stiffness_factor": {"ramp": {"start": 1, "value": 0.8, "begin": 0, "end": 1}}},
    "weather": {"wind_m_s": {"trapezoid": {"value": 9, "begin": 0.1, "rise": 0.1, "fall": 0.1, "end": 0.9}}},
    "setting": {"air_k": 8},
    "noise": {"name": "saw", "at": AT, "bands_db": [90] * 12, "strength": FADING},
    "impact": {"begin": 0.5, "impulse_n_s": 500, "duration_s": 0.05, "height_m": 0.6, "azimuth_deg": 90},
    "storm": {
        "name": "cell",
        "closest": 0.5,
        "closest_m": 2000,
        "bearing_deg": "$place_deg",
        "speed_m_s": 10,
        "peak_flashes_per_min": 4,
        "lifetime_s": 1800,
    },
    "surface": {"component": "tank_oil", "emissivity": 0.3},
    "sensor_fault": {"sensor_type": "barometer", "kind": "stuck", "begin": 0.5},
    "device": {"is_off": {"hold": {"value": 1, "begin": 0.5, "end": 0.6}}, "start_charge": "$share"},
}  # fmt: skip


def declared(**more: Any) -> type[BaseScenario]:
    return scenario_class(ScenarioDefinition.model_validate(HEAD | {"parameters": PARAMETERS} | more))


def drawn(scenario: type[BaseScenario], seed: int = 0) -> BaseScenario:
    return scenario(scenario.space.draw(lambda name: stream(seed, "test", name)))


def forcing_of(**more: Any) -> Forcing:
    conditions = planted_conditions(planted_grid())
    return drawn(declared(**more)).forcing(conditions, stream(0, "forcing"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_the_examples_keep_the_contract_of_scenarios(path: Path) -> None:
    check_scenario(load_scenario(path), n_draws=1)


def test_every_cause_of_python_is_in_files_or_known_not_to_be() -> None:
    causes = {f.name for f in fields(Forcing)} - {"acts_on", "states"}
    assert set(FIELDS.values()) | set(PYTHON_ONLY) == causes
    assert set(FIELDS) == set(CauseDefinition.model_fields) == set(EVERY)


def test_every_cause_is_made_of_its_words() -> None:
    forcing = forcing_of(causes=[{kind: cause} for kind, cause in EVERY.items()])
    grid = planted_grid()
    half = grid.n // 2
    assert forcing.heatings[0].power_w == pytest.approx(40.0)
    assert forcing.heatings[0].component in ("crossarm_bolt", "pole_top_bolt")
    assert forcing.joints[0].resistance_ohm[half] == pytest.approx(np.sqrt(1e-4 * 1e-3), rel=0.01)
    assert forcing.fuels[0].dry_mass_g == 50.0
    (plume,) = forcing.emissions
    assert plume.at == pytest.approx((20.0, 0.0, 2.0))
    assert plume.gas_g_s["carbon_monoxide"][[0, -1]] == pytest.approx([0.0, 1.0])
    assert plume.particle_g_s["soot"][-1] == pytest.approx(0.2)
    assert plume.heat_w is not None
    assert plume.heat_w[-1] == pytest.approx(2.0 * 9000.0)
    assert forcing.air_masses[0].particle_ug_m3["smoke_aged"] == pytest.approx(40.0)
    assert forcing.discharges[0].power_w.mean() == pytest.approx(10.0)
    current = forcing.line[0].current_factor
    assert current is not None
    assert current[-1] == pytest.approx([1.0, 0.0, 1.0])
    assert forcing.line[0].voltage_factor is None
    assert forcing.tanks[0].oil_level is not None
    assert forcing.tanks[0].oil_level[0] == pytest.approx(1.0, abs=1e-3)
    assert forcing.structures[0].stiffness_factor is not None
    assert forcing.weather[0].wind_m_s is not None
    assert forcing.weather[0].wind_m_s[half] == pytest.approx(9.0)
    assert forcing.weather[0].air_k is None
    assert forcing.setting[0].air_k == pytest.approx(8.0)
    assert forcing.noises[0].power_level_db.shape == (grid.n, 12)
    assert forcing.noises[0].power_level_db[10, 0] - forcing.noises[0].power_level_db[0, 0] == pytest.approx(
        -10.0 * 100.0 / 100.0 / np.log(10.0), rel=1e-6
    )
    assert forcing.impacts[0].at_s == 1800.0
    assert forcing.storms[0].closest_s == 1800.0
    assert forcing.surfaces[0].emissivity == 0.3
    assert forcing.sensor_faults[0].end_s == 3600.0
    off = forcing.device[0].is_off
    assert off is not None
    assert off.dtype == bool
    assert off.sum() == pytest.approx(grid.n / 10, abs=1)
    assert forcing.device[0].start_charge == 0.5


WOOD = {"wood": EVERY["wood"]}
COURSES = {"leak_g_s": RAMP, "double_g_s": {"times": ["$leak_g_s", 2.0]}}
PLUME = {"name": "plume", "at": AT, "rate_g_s": "$double_g_s", "gas": {"methane": 1}}
EVENT: dict[str, Any] = {
    "type": "fire_precursor",
    "subtype": "smoke",
    "follows": "leak_g_s",
    "begins": 0.5,
    "full_scale": 2,
    "stages": [["weak", 0], ["strong", 1]],
    "at": AT,
    "strength": "$power_w",
}


HOT = {"follows": "component_excess_k", "begins": 20, "full_scale": 80}


def labels_of(scenario: BaseScenario) -> Any:
    grid = planted_grid()
    forcing = scenario.forcing(planted_conditions(grid), stream(0, "forcing"))
    return scenario.labels(Forcing(), Response(**planted(forcing)), grid), forcing


def planted(forcing: Forcing) -> dict[str, Any]:
    hot = planted_response(planted_grid(), 100.0)
    return {f.name: getattr(hot, f.name) for f in fields(hot)} | {"states": forcing.states}


def test_a_course_is_drawn_once_and_followed_by_events() -> None:
    fluctuating = {"leak_g_s": RAMP | {"fluctuating": {"tau_s": 60, "sigma": 0.3}}}
    scenario = drawn(declared(causes=[{"emission": PLUME}], courses=COURSES | fluctuating, events=[EVENT]))
    labels, forcing = labels_of(scenario)
    assert set(forcing.states) == {"leak_g_s"}
    assert np.array_equal(forcing.emissions[0].gas_g_s["methane"], 2.0 * forcing.states["leak_g_s"])
    (event,) = labels.events
    assert np.array_equal(event.active, forcing.states["leak_g_s"] >= 0.5)
    assert event.at == pytest.approx((20.0, 0.0, 2.0))
    assert (event.source_strength, event.source_strength_unit) == (40.0, "W")


def test_events_cause_one_another_and_vanish_where_nothing_happens() -> None:
    events = [
        EVENT | {"name": "never", "begins": 100.0, "full_scale": 200.0},
        EVENT | HOT | {"name": "hot", "parent": "never"},
        EVENT | {"parent": "hot", "component": "$fitting", "at": None, "time_scale": 10},
    ]
    scenario = drawn(
        declared(
            causes=[{"emission": PLUME}],
            courses=COURSES,
            events=events,
            acts_on="$fitting",
            parameters=PARAMETERS,
        )
    )
    labels, forcing = labels_of(scenario)
    assert forcing.component == scenario.text("fitting")
    hot, smoke = labels.events
    assert (hot.parent, smoke.parent) == (None, 0)
    assert smoke.component == scenario.text("fitting")
    assert smoke.time_scale == 10.0
    assert hot.event_type is EventType.FIRE_PRECURSOR
    assert scenario.phases == ("weak", "strong")


def heated(power: Any) -> dict[str, Any]:
    return {"heating": {"component": "clamp_a", "power_w": power}}


@pytest.mark.parametrize(
    ("more", "path", "says"),
    [
        ({"parameters": PARAMETERS | {"odd": ODD}}, "parameters.odd.conditional", "in every case"),
        ({"causes": [heated("$none")]}, "causes.0.heating.power_w", "unknown reference"),
        ({"causes": [heated("$share")]}, "causes.0.heating.power_w", "write W"),
        ({"causes": [heated({"times": ["$share", "$share"]})]}, "causes.0.heating.power_w", "write W"),
        (
            {"causes": [heated({"ramp": {"value": 1, "begin": "$slow_s", "end": 1}})]},
            "causes.0.heating.power_w.ramp.begin",
            "write 1",
        ),
        ({"causes": [{"emission": PLUME}] * 2, "courses": COURSES}, "causes.1.emission.name", "taken"),
        ({"causes": [{"emission": PLUME}], "courses": {"power_w": 1.0}}, "courses.power_w", "rename one"),
        (
            {"causes": [{"emission": PLUME}], "courses": COURSES | {"leak_g_s": "$double_g_s"}},
            "courses.leak_g_s",
            "break the circle",
        ),
        ({"events": [EVENT | {"follows": "leak"}]}, "events.0.follows", "did you mean 'leak_g_s'"),
        ({"events": [EVENT | {"follows": "component_excess_k"}]}, "events.0.follows", "name it in acts_on"),
        ({"events": [EVENT | {"begins": "$power_w"}]}, "events.0.begins", "write g/s"),
        ({"events": [EVENT | {"strength": 3.0}]}, "events.0.strength", "strength_unit"),
        ({"events": [EVENT | {"strength": 3.0, "strength_unit": "x"}]}, "events.0.strength", "unknown unit"),
        ({"events": [EVENT | {"parent": "other"}]}, "events.0.parent", "unknown event"),
        (
            {"events": [EVENT | {"name": "a", "parent": "b"}, EVENT | {"name": "b", "parent": "a"}]},
            "events.0.parent",
            "break the circle",
        ),
        ({"events": [EVENT | {"name": "a"}, EVENT | {"name": "a"}]}, "events.1.name", "taken by another"),
        ({"parameters": PARAMETERS | {"new": 3.0}}, "parameters.new", "add the unit"),
        ({"parameters": {"new": {"uniform": [0, 1], "unit": "1"}}}, "parameters.new", "add the description"),
    ],
)
def test_what_a_file_refers_to_must_be_there_and_fit(more: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(Fault, match=says) as caught:
        declared(**({"causes": [{"emission": PLUME}], "courses": COURSES} | more))
    assert ".".join(map(str, caught.value.path)) == path


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"causes": [{"heating": EVERY["heating"], "wood": EVERY["wood"]}]}, "exactly one of"),
        ({"causes": [{}]}, "exactly one of"),
        ({"causes": [{"emission": {k: v for k, v in PLUME.items() if k != "gas"}}]}, "at least one gas"),
        ({"causes": [{"heating": {"component": "clamp_a", "power_w": {"ramp": None}}}]}, "exactly one of"),
        ({"causes": [{"noise": EVERY["noise"] | {"bands_db": [1.0]}}]}, "at least 12"),
        ({"causes": [WOOD], "events": [EVENT | {"component": "clamp_a"}]}, "exactly one of component"),
        ({"causes": [WOOD], "gap": 0.5}, "belongs to a sequence"),
        ({"model": "fire/cellulose_pyrolysis", "events": [EVENT]}, "belong to a scenario with causes"),
        ({"constraints": [{"weights": {"share": 1}}], "causes": [WOOD]}, "at_least, at_most"),
    ],
)
def test_documents_that_say_two_things_are_refused(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ScenarioDefinition.model_validate(HEAD | {"parameters": PARAMETERS} | more)


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        ({"surface": {"component": "clamp_a", "emissivity": "$fitting"}}, "is a name; a number is needed"),
        ({"emission": PLUME | {"at": "nowhere", "rate_g_s": 1}}, "unknown component"),
        (
            heated({"trapezoid": {"value": 1, "begin": 0, "rise": 0.6, "fall": 0.6, "end": 1}}),
            "must fit into",
        ),
    ],
)
def test_what_only_an_episode_shows_names_its_cause(cause: dict[str, Any], says: str) -> None:
    with pytest.raises(Fault, match=says) as caught:
        forcing_of(causes=[cause])
    assert caught.value.path[:2] == ("causes", 0)
