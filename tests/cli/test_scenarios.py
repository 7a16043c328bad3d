"""`envirosense scenarios`."""

import json
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.pole.difficulty_levels import stored_document, stored_level
from envirosense.scenarios import SCENARIOS, EventType
from envirosense.scenarios.document import ScenarioDefinition
from envirosense.scenarios.io import read_definition
from envirosense.scenarios.marks import marked

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.yaml"))
PLACE = "at: {bearing_deg: $bearing_deg, distance_m: $distance_m, height_m: 0.5}"
LEAVES = next(path for path in EXAMPLES if path.stem == "burning_leaves")


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_the_list_says_how_often_and_how_hard(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenarios", "list", "--json"]) == 0
    rows = json.loads(printed(capsys))["scenarios"]
    assert [row["scenario"] for row in rows] == list(SCENARIOS)
    assert {"about", "per_pole_year"} <= set(rows[0])
    assert all(row["difficulty"] == stored_level(row["scenario"]) != "unmeasured" for row in rows)
    assert run(["scenarios", "list", "--category", "normal", "--json"]) == 0
    rows = json.loads(printed(capsys))["scenarios"]
    assert {row["scenario"].partition("/")[0] for row in rows} == {"normal"}


def test_an_unknown_category_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenarios", "list", "--category", "fires"]) == 1
    assert "did you mean 'fire'" in capsys.readouterr().err


def test_a_scenario_is_shown_with_all_that_is_said_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenarios", "show", "electrical/equipment_overheat", "--json"]) == 0
    found = json.loads(printed(capsys))
    assert found["events"] == ["overheating/joint"]
    assert found["phases"]
    assert found["limits"]
    for row in found["parameters"]:
        assert row["drawn"]
        assert row["unit"]
        assert row["source"]


def test_a_file_is_shown_like_a_scenario_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenarios", "show", str(LEAVES)]) == 0
    text = printed(capsys)
    for words in (
        "lookalike/burning_leaves",
        "1.5 per pole and year",
        "benign_source/",
        "uniform 0 to 360",
        "smoking",
    ):
        assert words in text


def test_difficulty_is_shown_as_measured_with_what(capsys: pytest.CaptureFixture[str]) -> None:
    document = stored_document()
    row = document["scenarios"]["electrical/arrester_failure"]
    assert run(["scenarios", "show", "electrical/arrester_failure", "--json"]) == 0
    found = json.loads(printed(capsys))
    assert found["difficulty"] == row["level"]
    assert found["measured"].items() >= row.items()
    assert (found["measured"]["detector"], found["measured"]["draws"]) == ("reference_rules 1", 16)
    assert run(["scenarios", "show", "electrical/arrester_failure"]) == 0
    text = printed(capsys)
    assert f"median delay {row['median_delay_s']:g} s" in text
    assert f"(reference_rules 1, 16 draws, version {document['version']})" in text


@pytest.mark.parametrize(("says", "shown"), [("", "unmeasured"), ("difficulty: hard\n", "hard")])
def test_a_file_shows_the_difficulty_that_it_states(
    says: str, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("id: fire/mine\nmodel: fire/pole_top_fire\n" + says, encoding="utf-8")
    assert run(["scenarios", "show", str(mine), "--json"]) == 0
    found = json.loads(printed(capsys))
    assert (found["difficulty"], found["measured"]) == (shown, None)
    assert run(["scenarios", "show", str(mine)]) == 0
    assert "incidents" not in printed(capsys)


@pytest.mark.parametrize("name", ["normal/diurnal_cycle", str(LEAVES)])
def test_a_scenario_is_printed_as_its_file(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenarios", "show", name, "--yaml"]) == 0
    found = ScenarioDefinition.model_validate(marked(printed(capsys), "out").data)
    assert found.id == (read_definition(LEAVES).id if "/" in name and name.endswith("yaml") else name)


def test_sound_files_are_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenarios", "validate", *map(str, EXAMPLES)]) == 0
    lines = printed(capsys).splitlines()
    assert len(lines) == len(EXAMPLES)
    assert all(line.startswith("ok: ") for line in lines)
    assert any("draws refused" in line for line in lines)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("smoke_fresh: 0.02", "smoke: 0.02", 23, "unknown aerosol"),
        ("rise: 0.1,", "rise: 0.9,", 15, "must fit into"),
        ("size_m: 0.7", "size_m: 0", 25, "must be above 0"),
        ("height_m: 0.5}\n    rate", "height_m: -1}\n    rate", 20, "height must lie within"),
        ("methane: 0.006", "methane: -0.006", 22, "leaves.gas_g_s[methane]"),
        ("g/s, description: dry", "kg, description: dry", 15, "'$peak_g_s in kg': does not measure what g/s"),
    ],
)
def test_a_mistake_ends_with_its_line_and_exit_code_1(
    tmp_path: Path, old: str, new: str, line: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = LEAVES.read_text(encoding="utf-8")
    assert text.count(old) == 1
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace(old, new), encoding="utf-8")
    assert run(["scenarios", "validate", str(LEAVES), str(wrong)]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"ok: {LEAVES}")
    assert err.startswith(f"error: {wrong}:{line}:")
    assert err.count("\n") == 1
    assert says in err


def test_a_component_that_no_pole_has_is_told_at_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = LEAVES.read_text(encoding="utf-8").replace(
        "events:", "- heating: {component: clamp_x, power_w: 5}\nevents:"
    )
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text, encoding="utf-8")
    assert run(["scenarios", "validate", str(wrong), "--json"]) == 1
    (row,) = json.loads(printed(capsys))["files"]
    line = 1 + text[: text.index("clamp_x")].count("\n")
    assert row["error"].startswith(f"{wrong}:{line}:")
    assert "unknown component" in row["error"]


@pytest.mark.parametrize(
    ("choice", "marked", "field"),
    [
        ("[clamp_a, clamp_x]", "clamp_x]", "parameters.where.choice"),
        ("{clamp_a: 1, clamp_x: 2}", "clamp_x: 2", "parameters.where.choice"),
    ],
)
def test_a_component_that_no_pole_has_is_told_at_the_choice_it_comes_from(
    tmp_path: Path, choice: str, marked: str, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = LEAVES.read_text(encoding="utf-8")
    text = text.replace("events:", "- heating: {component: $where, power_w: 5}\nevents:")
    where = f'parameters:\n  where: {{choice: {choice}, unit: "1", description: place, source: assumed}}\n'
    text = text.replace("parameters:\n", where)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text, encoding="utf-8")
    assert run(["scenarios", "validate", str(wrong), "--json"]) == 1
    (row,) = json.loads(printed(capsys))["files"]
    before = text[: text.index(marked)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert row["error"].startswith(f"{wrong}:{line}:{column}: {field}='clamp_x': unknown component")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("full_scale: 4", "full_scale: 0", "full_scale=0.0: must be above 0"),
        ("begins: 0.05", "begins: 0\n  scale: log", "on a logarithmic scale"),
        ("- emission:", "- sensor_fault: {sensor_type: nose, kind: stuck, begin: 0.5}\n- emission:", "nose"),
        ("- emission:", "- surface: {component: clamp_a, emissivity: 3}\n- emission:", "emissivity=3.0"),
        ("- emission:", "- transformer: {load_factor: 2}\n- emission:", "needs_transformer=False"),
        ("events:", "acts_on: nowhere\nevents:", "unknown component"),
        (f"  {PLACE}\n  strength", "  component: nowhere\n  strength", "unknown component"),
    ],
)
def test_what_an_episode_would_refuse_is_told_before_one_is_made(
    tmp_path: Path, old: str, new: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = LEAVES.read_text(encoding="utf-8")
    assert text.count(old) == 1
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace(old, new), encoding="utf-8")
    assert run(["scenarios", "validate", str(wrong)]) == 1
    _, err = capsys.readouterr()
    assert err.startswith(f"error: {wrong}:")
    assert says in err
    assert err.count("\n") == 1


def test_the_schema_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenarios", "schema"]) == 0
    schema = json.loads(printed(capsys))
    out = tmp_path / "scenario.schema.json"
    assert run(["scenarios", "schema", "--out", str(out)]) == 0
    assert json.loads(out.read_text(encoding="utf-8")) == schema


def test_long_lines_are_as_wide_as_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    assert run(["scenarios", "show", "environmental/weather_event"]) == 0
    head = printed(capsys).split("\n\n")[0].splitlines()
    assert max(map(len, head)) <= 70
    text = " ".join(" ".join(head).split())
    assert SCENARIOS["environmental/weather_event"].limits in text


def test_show_names_every_kind_of_event_even_rare_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenarios", "show", "environmental/weather_event", "--json"]) == 0
    kinds = EventType.SEVERE_WEATHER.subtypes
    assert json.loads(printed(capsys))["events"] == sorted(f"severe_weather/{kind}" for kind in kinds)


def test_an_unknown_scenario_points_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenarios", "show", "fire/nothing_like_it"]) == 1
    assert capsys.readouterr().err.endswith("; see envirosense scenarios list\n")


def test_a_file_with_an_id_of_the_library_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken.yaml"
    taken.write_text(
        LEAVES.read_text(encoding="utf-8").replace("id: lookalike/burning_leaves", "id: lookalike/barbecue"),
        encoding="utf-8",
    )
    assert run(["scenarios", "validate", str(taken)]) == 0
    assert capsys.readouterr().err.startswith(f"warning: {taken}: the library has lookalike/barbecue")


@pytest.mark.parametrize(
    ("old", "new", "warns"),
    [
        ("begins: 0.05", "begins: 500", "line 27: none of 256 draws has this event"),
        ("value: $peak_g_s", "value: 2", "line 11: nothing uses the parameter peak_g_s"),
    ],
)
def test_what_is_hardly_meant_is_warned_of(
    tmp_path: Path, old: str, new: str, warns: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = LEAVES.read_text(encoding="utf-8").replace("strength: $peak_g_s", "strength: $distance_m")
    doubtful = tmp_path / "doubtful.yaml"
    doubtful.write_text(text.replace(old, new), encoding="utf-8")
    assert run(["scenarios", "validate", str(doubtful)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"ok: {doubtful}")
    assert warns in err
    doubtful.write_text(text, encoding="utf-8")
    assert run(["scenarios", "validate", str(doubtful)]) == 0
    assert capsys.readouterr().err == ""


def test_fields_that_exclude_one_another_are_named_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = tmp_path / "both.yaml"
    both.write_text(
        "id: fire/own\nmodel: fire/early_combustion\nextends: fire/pole_top_fire\nlimits: Long\n",
        encoding="utf-8",
    )
    assert run(["scenarios", "validate", str(both)]) == 1
    err = capsys.readouterr().err
    assert "file='id, model, extends, limits': give exactly one of model, extends" in err
