"""What `make bench` times is there, under the names it is looked for; and every benchmark can be loaded."""

import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def imported(name: str) -> Any:
    """A module of the benchmarks, by its file: several folders there have a `run`."""
    spec = spec_from_file_location(f"measured_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


def test_every_part_of_the_way_is_where_it_is_timed() -> None:
    parts = imported("parts")
    missing = [f"{owner.__name__}.{name}" for owner, name, _ in parts.PARTS if not hasattr(owner, name)]
    assert not missing
    modules = imported("modules")
    for module in modules.MODULES:
        for owner, name in modules.places(module):
            assert hasattr(owner, name), f"{module}: {owner.__name__}.{name}"


def test_an_episode_is_timed_part_by_part(tmp_path: Path) -> None:
    specs = imported("workload").specs(3, duration_s=600.0)
    parts = imported("parts")
    times_s = parts.part_times_s(specs, tmp_path / "shard")
    told = {part(None) for owner, _, part in parts.PARTS if owner is parts.run.EpisodeRun}
    assert told | {"observability", "scalar sensors", "thermal camera", "content hash"} <= set(times_s)
    assert min(times_s.values()) >= 0.0


@pytest.mark.parametrize("name", sorted(path.stem for path in BENCHMARKS.glob("bench_*.py")))
def test_every_benchmark_can_be_loaded(name: str) -> None:
    assert imported(name).__doc__


def test_every_line_of_make_bench_has_a_measurement() -> None:
    run = imported("run")
    own = {"storage": run.storage_figures, "camera": run.camera_figures}
    for name in run.TITLES:
        assert name in own or callable(imported(f"bench_{name}").measure)


def test_make_bench_runs_what_it_is_asked_for_and_writes_its_figures(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARKS / "run.py"), "--only", "storage", "--json", str(tmp_path / "f")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads((tmp_path / "f").read_text())["figures"]["storage"]
    assert {figure["name"] for figure in found} >= {"frames to Parquet, one core", "frames, raw over stored"}
    missed = sum(figure["verdict"] == "MISS" for figure in found)
    assert f"{missed} of 2 gates missed" in done.stdout


def test_worlds_are_sensed_again_as_they_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    resense = imported("bench_resense")
    monkeypatch.setattr(resense, "EPISODES", 1)
    monkeypatch.setattr(resense, "QUICK_PASSES", 1)
    monkeypatch.setattr(resense.workload, "use_one_core", lambda: None)  # the tests keep all of theirs
    figures = resense.measure(quick=True)
    assert len(figures) == len(resense.CHANGES)
    assert all(0.5 < figure.value < 5.0 for figure in figures)


def test_a_small_child_of_a_large_program_has_a_small_peak() -> None:
    peak, mib = imported("peak_memory"), 2**20
    told = f"import sys; sys.path.append({str(BENCHMARKS)!r}); import peak_memory as p; print(p.peak_bytes())"
    ballast = np.ones(256 * mib // 8)
    child = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)
    assert peak.peak_bytes() > ballast.nbytes
    assert mib < int(child.stdout) < 128 * mib
