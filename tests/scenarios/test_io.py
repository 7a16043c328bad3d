"""Scenario files: places of mistakes, files that build on files, plain words, the schema."""

import json
import pickle
from itertools import pairwise
from pathlib import Path

import jsonschema_rs
import pytest

from envirosense.core.errors import ConfigError
from envirosense.scenarios import SCENARIOS
from envirosense.scenarios.definition import definition_of
from envirosense.scenarios.faults import Fault
from envirosense.scenarios.io import is_scenario_file, load_scenario, read_definition, yaml_text
from envirosense.scenarios.marks import Place, ScenarioFileError, marked
from envirosense.scenarios.schema import scenario_schema

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "scenarios"
LEAVES = (EXAMPLES / "burning_leaves.yaml").read_text(encoding="utf-8")


def refused(tmp_path: Path, text: str, name: str = "mine.yaml") -> ScenarioFileError:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioFileError) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{caught.value.place}: ")
    return caught.value


def at(text: str, piece: str) -> tuple[int, int]:
    """Line and column of a piece of text that stands in it once."""
    assert text.count(piece) == 1
    before = text[: text.index(piece)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize(
    ("old", "new", "marked_by", "says"),
    [
        ("limits: No", "limit: No", "limit: No", "did you mean 'limits'"),
        (
            "{per_pole_year: 1.5",
            "{per_pole_yr: 1.5",
            "per_pole_yr",
            "did you mean 'per_pole_year'",
        ),
        ("unit: g/s, description", "unit: kg, description", "$burning_g_s\n    gas", None),
        ("unit: g/s, description", "unit: gs, description", "gs, description", "unknown unit"),
        ("carbon_dioxide: 1.3", "carbon_dioxid: 1.3", "carbon_dioxid: 1.3", "unknown species; did you mean"),
        ("smoke_fresh: 0.02", "smoke: 0.02", "smoke: 0.02", "unknown aerosol"),
        ("follows: burning_g_s", "follows: burnin", "burnin\n", "unknown course"),
        ("rate_g_s: $burning_g_s", "rate_g_s: $burn_g_s", "$burn_g_s", "did you mean '$burning_g_s'"),
        ("rise: 0.1, ", "", "{value: $peak_g_s", "required field is missing"),
        ("trapezoid:", "trapezium:", "trapezium:", "did you mean 'trapezoid'"),
        ("- emission:", "- emision:", "emision:", "did you mean 'emission'"),
        ("type: benign_source", "type: benign", "benign\n", "input should be"),
        ("full_scale: 4", "full_scale: four", "four", "pattern"),
        ("tau_s: 60", "tau_s: $peak_g_s", "$peak_g_s, sigma", "does not measure what s does"),
        ("uniform: [0, 360]", "uniform: [360, 0]", "{uniform: [360, 0]", "must rise"),
        ("id: look", "author: A\nauthor: B\nid: look", "author: B", "key given twice"),
        ("expected_duration_s: 3600\n", "", "id: look", "required field is missing"),
        ("id: lookalike/", "id: looklike/", "looklike/", "category is one of fire, electrical, normal"),
        ("subtype: smoke", "subtype: joint", "joint", "is no subtype of benign_source; those are cooking"),
        ("id: lookalike/burning", "id: lookalike/" + "b" * 80, "lookalike/b", "small letters"),
        ("events:", "model: fire/cellulose_pyrolysis\nevents:", None, "exactly one of"),
        ("[smoking, 0.5]", "[smoking, -0.5]", "[[lit", "rising"),
        ("limits: No fire", "limits: [No fire", None, "not valid YAML"),
        ("limits: No fire", "limits: !!python/name:os.system No fire", None, "not plain data"),
        ("rate: {", "rate: !!python/dict {", "!!python/dict", "not plain data"),
        ("carbon_monoxide: 0.11", "CO2: 0.11", "{carbon_dioxide: 1.3", "same gas as carbon_dioxide"),
        ("unit: g/s, description", "unit: km99999, description", "km99999", "unknown unit"),
        (
            "{uniform: [0, 360]",
            "{normal: {mean: 1.0e+6, sigma: 1, low: 0, high: 360}",
            "{normal",
            "lies within",
        ),
    ],
)
def test_a_mistake_is_told_with_line_and_column(
    tmp_path: Path, old: str, new: str, marked_by: str | None, says: str | None
) -> None:
    assert LEAVES.count(old) == 1
    text = LEAVES.replace(old, new)
    error = refused(tmp_path, text)
    if says is not None:
        assert says in str(error)
    if marked_by is not None and says is not None:
        assert (error.place.line, error.place.column) == at(text, marked_by)


def test_a_wrong_unit_is_told_where_it_is_used(tmp_path: Path) -> None:
    text = LEAVES.replace("unit: g/s, description", "unit: kg, description")
    error = refused(tmp_path, text)
    assert error.field == "courses.burning_g_s.trapezoid.value"
    assert "does not measure what g/s does" in str(error)


def test_impossible_constraints_stop_with_a_count(tmp_path: Path) -> None:
    text = LEAVES + "constraints:\n- {weights: {begin: 1}, at_least: 0.9}\n"
    error = refused(tmp_path, text)
    assert "1000 draws out of 1000 were refused" in str(error)
    assert error.place.line == text.count("\n")


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_a_file_may_extend_another(tmp_path: Path) -> None:
    write(
        tmp_path,
        leaves=LEAVES,
        near="id: lookalike/near_leaves\nextends: leaves.yaml\ndescription: Near\n"
        "parameters:\n  distance_m: {uniform: [15, 20]}\n  begin: 0.2\n"
        "constraints:\n- {weights: {peak_g_s: 1}, at_most: 2}\n",
        nearer="id: lookalike/nearer_leaves\nextends: near.yaml\n"
        "parameters: {distance_m: {uniform: [15, 16]}}\n",
    )
    definition = read_definition(tmp_path / "nearer.yaml")
    scenario = load_scenario(tmp_path / "nearer.yaml")
    distance = scenario.space.parameters["distance_m"]
    assert str(distance.distribution) == "uniform 15 to 16"
    assert distance.source == "assumed"
    assert str(scenario.space.parameters["begin"].distribution) == "0.2"
    assert scenario.description == "Near"
    assert len(scenario.space.constraints) == 1
    assert definition.extends is None
    assert definition.kind == "causes"


def test_a_file_may_extend_a_registered_scenario(tmp_path: Path) -> None:
    write(tmp_path, hot="id: electrical/hot\nextends: electrical/equipment_overheat\nlimits: Other\n")
    scenario = load_scenario(tmp_path / "hot.yaml")
    assert scenario.limits == "Other"
    assert scenario.space == SCENARIOS["electrical/equipment_overheat"].space


@pytest.mark.parametrize(
    ("files", "says", "line"),
    [
        (
            {"a": "id: fire/a\nextends: b.yaml\n", "b": "id: fire/b\nextends: a.yaml\n"},
            "a.yaml -> b.yaml -> a.yaml",
            2,
        ),
        ({"a": "id: fire/a\nextends: a.yaml\n"}, "a.yaml -> a.yaml", 2),
        (
            {
                "a": "id: fire/a\ndescription: A\nlimits: A\noverlay:\n- {name: x, file: b.yaml}\n",
                "b": "id: fire/b\nextends: a.yaml\n",
            },
            "a.yaml -> b.yaml -> a.yaml",
            2,
        ),
        ({"a": "id: fire/a\nextends: none.yaml\n"}, "no such file", 2),
        ({"a": "id: fire/a\nextends: fire/none\n"}, "unknown scenario", 2),
    ],
)
def test_files_that_build_on_themselves_or_nothing_are_refused(
    tmp_path: Path, files: dict[str, str], says: str, line: int
) -> None:
    write(tmp_path, **files)
    with pytest.raises(ScenarioFileError, match=says) as caught:
        load_scenario(tmp_path / "a.yaml")
    assert caught.value.place.line == line


def test_a_mistake_in_another_file_is_told_there(tmp_path: Path) -> None:
    write(tmp_path, a="id: fire/a\nextends: b.yaml\n", b="id: fire/b\nmodel: fire/x\n")
    with pytest.raises(ScenarioFileError) as caught:
        load_scenario(tmp_path / "a.yaml")
    assert caught.value.place == Place(str(tmp_path / "b.yaml"), 2, 8)


@pytest.mark.parametrize("text", ["", "[1, 2]", "just words"])
def test_a_file_that_holds_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert "mapping" in str(refused(tmp_path, text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml.*cannot be read"):
        load_scenario(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_scenario(tmp_path / "bytes.yaml")


def test_a_mistake_crosses_processes(tmp_path: Path) -> None:
    error = refused(tmp_path, LEAVES.replace("smoke_fresh", "smoke"))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.place) == (str(error), error.place)
    fault = pickle.loads(pickle.dumps(Fault(("causes", 0), 3, "do something")))
    assert (str(fault), fault.path) == ("causes.0=3: do something", ("causes", 0))


def test_json_is_read_with_places_too(tmp_path: Path) -> None:
    text = '{\n "id": "electrical/hot",\n "model": "electrical/overheat"\n}'
    assert refused(tmp_path, text, "mine.json").place == Place(str(tmp_path / "mine.json"), 3, 11)


def test_plain_words_are_those_of_yaml_1_2() -> None:
    data = marked("a: 1e-3\nb: on\nc: no\nd: 2020-01-01\ne: true\nf: ~\ng: 010\nh: -.5\ni: 12:30\n", "x").data
    assert data == {
        "a": 1e-3, "b": "on", "c": "no", "d": "2020-01-01",
        "e": True, "f": None, "g": 10, "h": -0.5, "i": "12:30",
    }  # fmt: skip


def test_aliases_are_followed_but_not_in_circles() -> None:
    assert marked("a: &x [1, 2]\nb: *x\n", "x").data == {"a": [1, 2], "b": [1, 2]}
    with pytest.raises(ScenarioFileError, match="holds itself"):
        marked("a: &x [*x]\n", "x")


def test_aliases_do_not_grow_without_end() -> None:
    names = "abcdefghi"
    lines = [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(names)]
    with pytest.raises(ScenarioFileError, match="more than 100000 values"):
        marked("\n".join(["a: &a [x, x, x]", *lines]), "x")


@pytest.mark.parametrize("text", ["a: " + "[" * 5000, "a: " + "{b: " * 3000])
def test_what_is_nested_without_end_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(ScenarioFileError, match=r"x:1:\d+: .*within one another"):
        marked(text, "x")


def test_characters_that_are_no_text_are_told_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(ScenarioFileError, match=r"x:2:6: .*not allowed"):
        marked("a: 1\nb: cd\x07\n", "x")
    path = tmp_path / "latin.yaml"
    path.write_bytes("a: 1\nb: f\xfcr\n".encode("latin-1"))
    with pytest.raises(ScenarioFileError, match=r"latin.yaml:2:5: .*not text in UTF-8"):
        load_scenario(path)


def test_a_long_file_is_refused_at_once_and_a_long_value_is_cut(tmp_path: Path) -> None:
    assert "shorten it" in str(refused(tmp_path, LEAVES + "# " + "x" * 300_000))
    error = refused(tmp_path, LEAVES.replace("full_scale: 4", "full_scale: " + "9" * 6000))
    assert "cannot be read as int" in str(error)
    assert len(str(error)) < 400 + len(str(tmp_path))


def test_texts_that_look_like_something_else_are_quoted() -> None:
    base = definition_of(SCENARIOS["electrical/equipment_overheat"])
    odd = base.model_copy(update={"tags": ["1e-3", "on", "true", "null", "12", "2020-01-01"]})
    assert read_back(yaml_text(odd)) == odd.tags


def read_back(text: str) -> list[str]:
    return marked(text, "x").data["tags"]


def test_names_of_files_are_told_from_ids() -> None:
    assert is_scenario_file("mine.yaml")
    assert is_scenario_file("folder/mine.json")
    assert not is_scenario_file("fire/cellulose_pyrolysis")


@pytest.fixture(scope="module")
def validator() -> jsonschema_rs.Validator:
    schema = scenario_schema()
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.validator_for(json.loads(json.dumps(schema)))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_takes_the_examples(path: Path, validator: jsonschema_rs.Validator) -> None:
    assert not [error.message for error in validator.iter_errors(marked(path.read_text(), "x").data)]


@pytest.mark.parametrize(
    ("old", "new"),
    [("limits: No", "limit: No"), ("smoke_fresh: 0.02", "smok: 0.02"), ("id: lookalike/", "id: looks/")],
)
def test_the_schema_refuses_what_the_reader_does(
    old: str, new: str, validator: jsonschema_rs.Validator
) -> None:
    assert list(validator.iter_errors(marked(LEAVES.replace(old, new), "x").data))


def test_the_schema_takes_every_registered_scenario(validator: jsonschema_rs.Validator) -> None:
    for scenario_id in SCENARIOS:
        plain = definition_of(SCENARIOS[scenario_id])
        assert not [error.message for error in validator.iter_errors(plain.plain())]
