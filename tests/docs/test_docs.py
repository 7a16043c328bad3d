"""The code in README.md and docs/*.md runs, block after block of a page in one namespace."""

import re
from pathlib import Path
from typing import Any

import pytest

import envirosense as es
from envirosense.core.config import load_yaml
from envirosense.factory import AUGMENTATIONS, simulate
from envirosense.instruments import SENSORS, SensorConfiguration
from envirosense.pole.twin import WORLD_LIMITS
from envirosense.scenarios import SCENARIOS

ROOT = Path(__file__).parents[2]
SIMULATING = (
    "README.md",
    "generate-data.md",
    "train-from-data.md",
    "add-a-scenario.md",
    "api.md",
    "formats.md",
    "at-scale.md",
    "augmentation.md",
    "growing-datasets.md",
    "homes.md",
    "lineage.md",
    "monitoring.md",
    "training-data.md",
)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\[[^\]]+\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.name, marks=[pytest.mark.slow] * (page.name in SIMULATING))
        for page in PAGES
    ],
)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for registry in (SENSORS, SCENARIOS, AUGMENTATIONS):  # what a page registers stays on the page
        monkeypatch.setattr(registry, "_registered", dict(registry.items()))
    names: dict[str, Any] = {"__name__": "page"}
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        first_line = text[: block.start(1)].count("\n")
        exec(compile("\n" * first_line + block[1], str(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []


def test_the_command_line_page_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    import typer.main

    from envirosense.cli.app import app

    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        for below in getattr(command, "commands", {None: None}):
            assert f"{name} {below}" in page if below else f"envirosense {name}" in page


def test_the_example_site_and_guardian_can_be_simulated() -> None:
    sensing = load_yaml(ROOT / "examples" / "guardians" / "two_sensors.yaml")
    site = ROOT / "examples" / "site.yaml"
    options = {"site": str(site), "sensing": sensing}
    episode = simulate("pole", "normal/diurnal_cycle", duration_s=20.0, options=options)
    assert episode.spec.site["site_id"] == load_yaml(site)["site_id"]
    assert {"air.temperature_c", "pressure.pressure_pa"} <= set(episode.table("readings").column_names)


GUARDIANS = sorted((ROOT / "examples" / "guardians").glob("*.yaml"))


@pytest.mark.parametrize("path", GUARDIANS, ids=[path.stem for path in GUARDIANS])
def test_every_example_guardian_is_valid_and_runs(path: Path) -> None:
    chosen = SensorConfiguration.parse(load_yaml(path))
    assert SensorConfiguration.parse(chosen.model_dump(mode="json")) == chosen
    for scenario in ("fire/cellulose_pyrolysis", "normal/diurnal_cycle"):
        episode = simulate("pole", scenario, duration_s=60.0, options={"sensing": load_yaml(path)})
        assert episode.spec.sensing["guardian_id"] == chosen.guardian_id
        sensed = {s.sensor_id for s in chosen.sensors if s.sensor_type != "thermal_camera"}
        streams = [name for name in ("readings", "emf", "acoustic", "vibration") if name in episode.streams]
        stored = {
            name.partition(".")[0] for s in streams for name in episode.table(s).column_names if "." in name
        }
        assert stored == sensed
        assert episode.table("status").num_rows == 60


def test_the_page_of_names_lists_every_public_name() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert [name for name in es.__all__ if f"| `es.{name}` |" not in page] == []


def test_the_page_of_the_world_states_every_limit_of_the_card() -> None:
    page = (ROOT / "docs" / "world.md").read_text(encoding="utf-8")
    stated = page[page.index("## Limits") :]
    assert [limit for limit in WORLD_LIMITS if re.split("[;.]", limit)[0] not in stated] == []
    assert stated.count("\n- ") == len(WORLD_LIMITS) + 1  # and where the validation is
