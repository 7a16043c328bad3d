"""Which module may know which: layers, twin-free engines, light imports."""

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import envirosense

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "envirosense"
EVERYDAY_WORDS = {"home"}  # also a user's folder: as the name of a twin it is quoted, or imported from
MODULES = sorted(module.name for module in pkgutil.walk_packages(envirosense.__path__, "envirosense."))


def sources_of(package: str) -> list[Path]:
    return sorted((SOURCES / package).rglob("*.py"))


def twin_names() -> set[str]:
    """Every name that belongs to a twin: twins, sensor types, scenarios, gases and their aliases."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = project["entry-points"]
    names = {name for kind in ("twins", "sensors", "scenarios") for name in groups[f"envirosense.{kind}"]}
    names |= {name.partition("/")[2] for name in names if "/" in name}
    species = tomllib.loads((SOURCES / "parts" / "species.toml").read_text(encoding="utf-8"))
    return names | {name for name, entry in species.items() if isinstance(entry, dict)}


def test_import_linter_keeps_every_contract() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", ["factory", "learning", "datasets"])
def test_engines_name_nothing_that_belongs_to_a_twin(package: str) -> None:
    names = sorted(map(re.escape, twin_names() - EVERYDAY_WORDS))
    quoted = "|".join(rf"""["']{word}["'/]|envirosense\.{word}""" for word in sorted(EVERYDAY_WORDS))
    words = re.compile(rf"\b({'|'.join(names)})\b|{quoted}")
    found = [
        f"{path.name}: {match[0]}"
        for path in sources_of(package)
        for match in words.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_the_twin_names_looked_for_are_the_ones_registered() -> None:
    assert {"home", "pole", "voc_array", "thermal_camera", "fire/cellulose_pyrolysis"} <= twin_names()


@pytest.mark.parametrize("name", MODULES)
def test_every_module_imports(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__


@pytest.mark.parametrize(
    ("module", "kept_out"),
    [
        ("envirosense", {"numpy", "pydantic", "pyarrow", "typer"}),
        ("envirosense.cli.app", {"numpy", "pydantic", "pyarrow", "numba", "scipy", "sklearn", "yaml"}),
        ("envirosense.factory", {"scipy.signal", "sklearn", "pandas", "pvlib"}),
        ("envirosense.datasets", {"scipy.signal", "sklearn", "pandas", "pvlib"}),
    ],
)
def test_a_light_import_stays_light(module: str, kept_out: set[str]) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not kept_out & set(done.stdout.split())
