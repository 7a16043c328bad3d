"""Units of scenario files."""

import math

import pytest

from envirosense.core.errors import ConfigError
from envirosense.scenarios import SCENARIOS
from envirosense.scenarios.quantities import suffix_unit, unit_of


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        ("kW", "W", 1000.0),
        ("mohm", "ohm", 1e-3),
        ("g/h", "g/s", 1.0 / 3600.0),
        ("ug/m3", "mg/m3", 1e-3),
        ("%", "1", 0.01),
        ("ppm", "ppb", 1000.0),
        ("deg", "rad", math.pi / 180.0),
        ("1/min", "Hz", 1.0 / 60.0),
        ("N s", "kg m/s", 1.0),
        ("V A", "W", 1.0),
        ("J/s", "W", 1.0),
        ("d", "h", 24.0),
        ("hPa", "Pa", 100.0),
        ("cm2", "m2", 1e-4),
        ("g/g", "1", 1.0),
        ("W/(m2 K)", "W/m2/K", 1.0),
    ],
)
def test_units_of_one_kind_are_converted(one: str, other: str, factor: float) -> None:
    assert unit_of(one).per(unit_of(other)) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("one", "other"), [("W", "J"), ("K", "degC"), ("deg", "1"), ("g", "g/s"), ("dB", "1")]
)
def test_units_of_different_kinds_are_not(one: str, other: str) -> None:
    with pytest.raises(ConfigError, match="does not measure"):
        unit_of(one).per(unit_of(other))


@pytest.mark.parametrize("text", ["gs", "furlong", "", "m/x", "µg"])
def test_an_unknown_unit_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="unit"):
        unit_of(text)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("peak_power_w", "W"),
        ("wind_m_s", "m/s"),
        ("particle_ug_m3", "ug/m3"),
        ("pulses_per_s", "1/s"),
        ("impulse_n_s", "N s"),
        ("charge_c", "C"),
        ("strength", "1"),
        ("k", "1"),
    ],
)
def test_the_end_of_a_name_tells_the_unit(name: str, unit: str) -> None:
    assert suffix_unit(name) == unit_of(unit)


def test_every_unit_of_the_library_is_known() -> None:
    for scenario_id in SCENARIOS:
        for parameter in SCENARIOS[scenario_id].space.parameters.values():
            unit_of(parameter.unit)


def test_a_product_measures_what_its_factors_do() -> None:
    assert (unit_of("g/s") * unit_of("J/g")).per(unit_of("W")) == pytest.approx(1.0)
    assert (unit_of("1") * unit_of("W")).text == "W"
