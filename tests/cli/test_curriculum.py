"""`generate pole --difficulty`: scenarios of some levels, and those without events."""

import json
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.cli.curriculum import DIFFICULTY_HELP, of_levels
from envirosense.core.errors import ConfigError
from envirosense.pole.difficulty_levels import stored_level
from envirosense.scenarios import SCENARIOS
from envirosense.scenarios.definition import definition_of
from envirosense.scenarios.document import ScenarioDefinition

LEAVES = Path(__file__).parents[2] / "examples" / "scenarios" / "burning_leaves.yaml"


def asked(*patterns: str, **library: dict) -> dict:
    return {"scenarios": list(patterns), "library": {f"fire/{name}": one for name, one in library.items()}}


def own(name: str, difficulty: str) -> dict:
    """Definition of a user's scenario that says how difficult it is."""
    like = definition_of(SCENARIOS["fire/pole_top_fire"]).model_copy(
        update={"id": f"fire/{name}", "difficulty": difficulty}
    )
    return ScenarioDefinition.model_validate(like.model_dump()).plain()


def test_nothing_asked_leaves_the_patterns_as_they_are() -> None:
    assert of_levels(asked("fire/*"), None) == asked("fire/*")


@pytest.mark.parametrize("levels", ["easy", "hard", "easy, standard", "standard,hard", "easy,not_detectable"])
def test_only_the_levels_asked_for_and_what_has_no_events_are_left(levels: str) -> None:
    kept = of_levels(asked("*"), levels)["scenarios"]
    wanted = {*levels.replace(" ", "").split(","), "no_events"}
    assert kept == [name for name in SCENARIOS if stored_level(name) in wanted]
    assert {name for name in SCENARIOS if name.startswith(("normal/", "lookalike/"))} < set(kept)


def test_patterns_say_whether_normal_days_stay() -> None:
    kept = of_levels(asked("fire/*"), "hard")["scenarios"]
    assert kept == ["fire/early_combustion"]


def test_a_users_scenario_is_what_it_says_of_itself() -> None:
    said = {"mine": "hard", "other": "easy", "plain": "unmeasured"}
    library = {name: own(name, level) for name, level in said.items()}
    found = of_levels(asked("fire/*", **library), "hard")
    assert found["scenarios"] == ["fire/early_combustion", "fire/mine"]
    assert found["library"] == {"fire/mine": library["mine"]}
    assert "fire/plain" in of_levels(asked("fire/*", **library), "unmeasured")["scenarios"]


@pytest.mark.parametrize("levels", ["hard", "easy,not_detectable"])
def test_levels_that_no_scenario_has_are_refused(levels: str) -> None:
    with pytest.raises(ConfigError, match=r"normal/diurnal_cycle is no_events.*ask for other levels"):
        of_levels(asked("normal/diurnal_cycle", "electrical/insulation_breakdown"), levels)


def test_an_unknown_or_empty_level_is_refused() -> None:
    known = "easy, standard, hard, no_events, not_detectable, unmeasured"
    with pytest.raises(ConfigError, match=f"unknown level; one of {known}"):
        of_levels(asked("*"), "nonsense")
    assert all(name in DIFFICULTY_HELP for name in known.split(", "))
    with pytest.raises(ConfigError, match="name at least one of easy, standard, hard"):
        of_levels(asked("*"), " , ")


def test_the_command_takes_levels_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["generate", "pole", "--out", str(tmp_path / "d"), "--episodes", "4", "--dry-run", "--json"]
    assert run([*command, "--scenarios", f"fire/*,{LEAVES}", "--difficulty", "hard"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scenarios"] == ["fire/early_combustion", "lookalike/burning_leaves"]
    assert run([*command, "--scenarios", "normal/*", "--difficulty", "hard"]) == 1
    assert capsys.readouterr().err.startswith("error: difficulty='hard': no scenario asked for is so")
