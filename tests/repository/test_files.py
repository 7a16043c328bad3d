"""Files at the top of the repository: locks, citation, changelog, licence."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TARGETS = ("setup", "demo", "test", "fast", "lint", "coverage", "bench", "lock", "clean")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", read(name), re.M))


def bare(requirement: str) -> str:
    return re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_versions_and_no_host_or_path(name: str) -> None:
    lines = [line for line in read(name).splitlines() if line and not line.lstrip().startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9._-]+==[^\s/:]+( ; [^/]+)?", line) for line in lines)
    assert not re.search(r"https?:|file:|://|--index|--find-links|(^|\s)/", read(name))


def test_the_locks_hold_every_requirement_and_agree() -> None:
    runtime, tools = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {bare(line) for line in PROJECT["dependencies"]} <= runtime.keys()
    assert {bare(line) for line in PROJECT["optional-dependencies"]["dev"]} <= tools.keys()
    assert runtime.items() <= tools.items()


def test_the_runtime_lock_holds_no_development_tools() -> None:
    assert (
        not {"pytest", "mypy", "ruff", "hypothesis", "datasets", "polars"}
        & locked("requirements.lock").keys()
    )


def test_every_make_target_has_a_recipe() -> None:
    for target in TARGETS:
        done = subprocess.run(
            ["make", "--dry-run", "--always-make", target],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


def test_bytecode_is_compiled_whatever_the_environment_says() -> None:
    assert "--compile-bytecode" in read("scripts/install.sh")
    assert "unset PYTHONDONTWRITEBYTECODE" in read("scripts/install.sh")
    assert "unexport PYTHONDONTWRITEBYTECODE" in read("Makefile")


def test_the_citation_names_this_version() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]


def test_the_changelog_starts_with_this_version() -> None:
    first = re.search(r"^## (\S+)", read("CHANGELOG.md"), re.M)
    assert first
    assert first[1] == PROJECT["version"]


def test_every_core_dependency_has_its_reason() -> None:
    text = read("CHANGELOG.md").lower()
    assert not [line for line in PROJECT["dependencies"] if bare(line) not in text]


def test_python_versions_are_the_two_supported() -> None:
    assert read(".python-version").split() == ["3.12", "3.13"]
