import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.units import duration_s, ug_m3_per_ppb

UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [("90s", 90), ("10m", 600), ("10min", 600), ("1h", 3600), ("2d", 172_800), ("1h30m", 5400)],
)
def test_durations_as_documented(text, expected_s):
    assert duration_s(text) == expected_s


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10_000), st.sampled_from(sorted(UNITS_S))), min_size=1, max_size=4))
def test_pieces_of_a_duration_add_up(pieces):
    expected_s = sum(number * UNITS_S[unit] for number, unit in pieces)
    assert duration_s(" ".join(f"{number}{unit}" for number, unit in pieces)) == expected_s
    assert duration_s("".join(f"{number} {unit.upper()}" for number, unit in pieces)) == expected_s


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.text(alphabet="0123456789.-+e hdms,x", max_size=8))
def test_any_text_gives_a_positive_length_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert 0 < duration_s(text) < float("inf")


@pytest.mark.parametrize(
    "text", ["", "90", "h", "-1h", "1e3s", ".5h", "1h-30m", "10 ms", "1h,30m", "0s", "9" * 400 + "d", "nan s"]
)
def test_refused_durations(text):
    with pytest.raises(ValueError, match=r"number with a unit|longer than zero"):
        duration_s(text)


def test_mass_of_a_ppb_at_25_degc():
    # molar volume 24.4654 L/mol at 298.15 K and 101325 Pa (CODATA): CO 28.010 g/mol
    assert ug_m3_per_ppb(28.010) == pytest.approx(28.010 / 24.4654, rel=1e-5)
    assert ug_m3_per_ppb(28.010, 273.15) == pytest.approx(28.010 / 22.41397, rel=1e-5)
    assert ug_m3_per_ppb(28.010, pressure_pa=50_662.5) == pytest.approx(ug_m3_per_ppb(28.010) / 2)
