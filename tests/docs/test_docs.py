"""The code in README.md and docs/*.md runs, block after block of a page in one namespace."""

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SIMULATING = ("README.md", "generate-data.md")
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
    names: dict[str, Any] = {"__name__": "page", "folder": tmp_path / "dataset"}
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
