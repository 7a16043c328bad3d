"""Ranges of a request: names that do not exist are refused, whatever is being drawn."""

from pathlib import Path

import pytest

from envirosense.core.errors import UnknownNameError
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import EpisodeRequest, GenerationRequest
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios.io import read_definition

DRAWN, OTHER = "normal/diurnal_cycle", "electrical/equipment_overheat"
LEAVES = read_definition(Path(__file__).parents[2] / "examples" / "scenarios" / "burning_leaves.yaml")
WEAK = {"final_resistance_ohm": {"uniform": [2e-4, 3e-4]}}


def drawn(ranges, scenario=DRAWN, **request):
    options = {"ranges": ranges, "sensors": ("barometer",)}
    return PoleTwin().draw(scenario, EpisodeRequest(1, 0, 1, 60.0, 1.0, options, **request))


@pytest.mark.parametrize(
    ("ranges", "says"),
    [
        ({"electrical/equipment_overheet": {}}, f"^ranges='electrical/equipment_overheet'.*'{OTHER}'"),
        ({OTHER: {"final_resistance": {"value": 1.0}}}, f"^ranges.{OTHER}='final_resistance'.*_ohm'"),
    ],
)
def test_an_unknown_name_in_ranges_is_told_when_another_scenario_is_drawn(ranges, says):
    with pytest.raises(UnknownNameError, match=says):
        drawn(ranges)


def test_an_unknown_parameter_of_the_drawn_scenario_is_told():
    with pytest.raises(UnknownNameError, match="final_resistance"):
        drawn({OTHER: {"final_resistance": {"value": 1.0}}}, OTHER)


def test_ranges_of_another_scenario_change_nothing():
    assert drawn({OTHER: WEAK}).params == drawn({}).params
    assert 2e-4 <= drawn({OTHER: WEAK}, OTHER).params["final_resistance_ohm"] <= 3e-4


def test_a_scenario_of_a_definition_may_have_ranges():
    ranges = {LEAVES.id: {"bearing_deg": {"uniform": [10, 20]}}}
    found = drawn(ranges, LEAVES.id, definition=LEAVES.plain())
    assert 10.0 <= found.params["bearing_deg"] <= 20.0
    with pytest.raises(UnknownNameError, match="ranges"):
        drawn(ranges)


def test_so_may_every_scenario_of_a_requests_library():
    request = GenerationRequest.parse({
        "twin": "pole",
        "scenarios": [DRAWN, LEAVES.id],
        "episodes": 4,
        "duration_s": 60.0,
        "options": {"ranges": {LEAVES.id: {"bearing_deg": {"uniform": [10, 20]}}, OTHER: WEAK}},
        "library": {LEAVES.id: LEAVES.plain()},
    })  # fmt: skip
    specs = draw_specs(request, PoleTwin())
    assert {spec.scenario for spec in specs} == {DRAWN, LEAVES.id}
    assert all(10 <= spec.params["bearing_deg"] <= 20 for spec in specs if spec.scenario == LEAVES.id)
