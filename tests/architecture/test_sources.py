"""What no source of a simulation may contain, and how large a source may be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "envirosense"
PURE = ("core", "physics", "climate", "scenarios", "instruments", "pole", "learning")
CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
GENERATOR_PARTS = {"Generator", "PCG64", "Philox", "BitGenerator", "SeedSequence"}
LONGEST_FILE_LINES = 300
LONGEST_FUNCTION_LINES = 60


def pure_sources() -> list[Path]:
    return [path for package in PURE for path in sorted((SOURCES / package).rglob("*.py"))]


def dotted(node: ast.expr) -> str:
    """Name such as `np.random.normal`, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, dotted(node.func)


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def is_global_draw(name: str) -> bool:
    module, _, function = name.rpartition(".")
    return module in {"np.random", "numpy.random"} and function not in GENERATOR_PARTS


@pytest.mark.parametrize("name", ["np.random.normal", "np.random.default_rng", "numpy.random.seed"])
def test_a_global_draw_is_recognised(name: str) -> None:
    assert is_global_draw(name)
    assert not is_global_draw("rng.normal")
    assert not is_global_draw("np.random.Generator")


def test_simulations_draw_from_named_streams_only() -> None:
    found = [
        f"{p.relative_to(ROOT)}:{line} {name}"
        for p in pure_sources()
        for line, name in calls(p)
        if is_global_draw(name)
    ]
    found += [f"{p.relative_to(ROOT)}: import random" for p in pure_sources() if "random" in imported(p)]
    assert not found


def test_simulations_read_no_clock() -> None:
    found = [
        f"{p.relative_to(ROOT)}:{line} {name}"
        for p in pure_sources()
        for line, name in calls(p)
        if any(name == clock or name.endswith("." + clock) for clock in CLOCKS)
    ]
    assert not found


def test_files_and_functions_stay_small() -> None:
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > LONGEST_FILE_LINES:
            found.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION_LINES:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines")
    assert not found


def test_every_work_cited_is_in_the_bibliography_once() -> None:
    entries = re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "REFERENCES.bib").read_text(encoding="utf-8"), re.M)
    cite = re.compile(r"\[([A-Z][A-Za-z-]+(?:19|20)\d\d[a-z]?|(?:IEEE|ISO|IEC|WMO|NETA|UCI)[A-Za-z0-9-]+)\]")
    sources = [*SOURCES.rglob("*.py"), *SOURCES.rglob("*.toml")]
    cited = {key for path in sources for key in cite.findall(path.read_text(encoding="utf-8"))}
    assert sorted(entries) == sorted(set(entries))
    assert sorted(cited - set(entries)) == []
