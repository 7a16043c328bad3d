import importlib.util
import json
from pathlib import Path

import pytest

from envirosense.pole.twin import PoleTwin

_spec = importlib.util.spec_from_file_location(
    "pole_statistics", Path(__file__).with_name("pole_statistics.py")
)
pole_statistics = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pole_statistics)
GOLDEN = json.loads(pole_statistics.PATH.read_text(encoding="utf-8"))
TOLERANCE = 2e-3  # of the mean, and of the spread: the last bits of exp and pow differ between platforms


def test_every_scenario_has_a_golden():
    assert set(GOLDEN) == set(PoleTwin().scenarios())


@pytest.mark.parametrize("scenario", PoleTwin().scenarios())
def test_statistics_are_those_on_record(scenario):
    """After a change that means to move them: `python tests/golden/pole_statistics.py`, and CHANGELOG.md."""
    found, expected = pole_statistics.statistics(scenario), GOLDEN[scenario]
    assert set(found) == set(expected)
    for name, want in expected.items():
        got = found[name]
        assert (got["rows"], got["nulls"]) == (want["rows"], want["nulls"]), name
        slack = TOLERANCE * (abs(want["mean"]) * 0.1 + want["std"]) + 1e-9
        assert got["mean"] == pytest.approx(want["mean"], abs=slack), name
        assert got["std"] == pytest.approx(want["std"], rel=TOLERANCE, abs=slack), name
