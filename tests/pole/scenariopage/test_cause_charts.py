"""Every cause as courses with units."""

import numpy as np
import pytest

from envirosense.pole.scenariopage.cause_charts import MOST_CURVES, CauseGroup, cause_groups
from envirosense.pole.scenariopage.units import amount_text, axis_unit, named_unit
from envirosense.scenarios import Emission, Forcing, Heating, JointResistance
from envirosense.scenarios.forcing import (
    DeviceChange,
    Discharge,
    Impact,
    LineChange,
    Noise,
    SensorFault,
    WeatherChange,
)

N = 60
RISING = np.linspace(0.0, 1.0, N)


def only(forcing: Forcing) -> CauseGroup:
    (group,) = cause_groups(forcing)
    return group


def test_a_course_that_changes_is_a_chart_in_its_unit() -> None:
    group = only(Forcing(joints=(JointResistance("clamp_b", 0.01 * RISING),)))
    assert group.title == "Joint at clamp B"
    ((quantity, ((label, values),)),) = group.charts
    assert (quantity.unit, label) == ("m\u03a9", "")
    np.testing.assert_allclose(values, 10.0 * RISING)


def test_a_course_that_stays_is_a_fact_and_one_that_does_nothing_is_not_named() -> None:
    group = only(Forcing(heatings=(Heating("clamp_a", np.full(N, 12.0)),)))
    assert group.charts == ()
    assert group.facts == ("power 12 W",)
    change = WeatherChange(air_k=np.full(N, -3.0), wind_factor=np.ones(N), rain_mm_h=5.0 * RISING)
    group = only(Forcing(weather=(change,)))
    assert group.facts == ("air temperature, added \u22123 K",)
    assert [quantity.title for quantity, _ in group.charts] == ["Rain, added"]


def test_the_strongest_gases_are_drawn_and_the_rest_counted() -> None:
    names = ("carbon_monoxide", "methane", "benzene", "toluene", "formaldehyde", "hydrogen")
    gases = {name: (i + 1) * 1e-3 * RISING for i, name in enumerate(names)}
    group = only(Forcing(emissions=(Emission("grill", (0.0, 20.0, 1.0), gases),)))
    assert group.title == "Emission: grill, 20\u2009m from the pole, 1.0\u2009m up"
    ((quantity, curves),) = group.charts
    assert quantity.unit == "mg/s"
    assert len(curves) == MOST_CURVES
    assert curves[0][0] == "hydrogen"
    assert curves[0][1].max() == pytest.approx(6.0)
    assert "gas given off: 2 weaker ones not drawn" in group.facts


def test_fault_currents_are_shown_by_harmonic_in_the_strongest_phase() -> None:
    current = np.zeros((N, 3), complex)
    current[:, 1] = 30.0j * RISING
    group = only(Forcing(line=(LineChange(fault_current_a={1: current, 3: 0.1 * current}),)))
    ((quantity, curves),) = group.charts
    assert quantity.unit == "A"
    assert [label for label, _ in curves] == ["fundamental", "harmonic 3"]
    assert curves[0][1].max() == pytest.approx(30.0)


def test_a_sound_is_shown_over_all_bands() -> None:
    level = np.full((N, 12), -np.inf)
    level[:, 2] = level[:, 3] = 60.0 + 20.0 * RISING
    group = only(Forcing(noises=(Noise("mower", (0.0, 5.0, 1.0), level),)))
    ((_, ((_, values),)),) = group.charts
    np.testing.assert_allclose(values, 60.0 + 20.0 * RISING + 10.0 * np.log10(2.0))


def test_blows_faults_and_switches_are_said_in_words() -> None:
    blow = Impact(900.0, 80.0, 0.05, 0.6, 45.0)
    assert "at 15.0\u2009min" in only(Forcing(impacts=(blow,))).facts
    fault = SensorFault("barometer", "stuck", 60.0, 600.0)
    assert "duration 0.05\u2009s" in only(Forcing(impacts=(blow,))).facts
    assert "kind stuck" in only(Forcing(sensor_faults=(fault,))).facts
    off = only(Forcing(device=(DeviceChange(is_off=RISING > 0.5),)))
    assert off.charts[0][0].title == "Device without power"


def test_a_discharge_says_kind_charge_and_place() -> None:
    arc = Discharge("spark", (0.1, 0.2, 11.0), "arc", 50.0 * RISING, 100.0 * RISING, 2e-9, "b")
    group = only(Forcing(discharges=(arc,)))
    assert group.title == "Discharge: spark, at the pole, 11.0\u2009m up"
    assert "charge 2\u2009nC" in group.facts
    assert [quantity.unit for quantity, _ in group.charts] == ["W", "1/s"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3.2e-9, "C", "3.2\u2009nC"),
        (1.4e-4, "m", "140\u2009\u00b5m"),
        (2.5e4, "W", "25\u2009kW"),
        (0.0, "W", "0\u2009W"),
        (30.8, "V", "30.8\u2009V"),
        (2200.0, "m", "2\u202f200\u2009m"),
        (-1500.0, "", "\u22121\u202f500"),
        (1e-4, "g", "0.0001\u2009g"),
    ],
)
def test_amounts_have_a_prefix_where_their_unit_takes_one(value: float, unit: str, text: str) -> None:
    assert amount_text(value, unit) == text


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("charge_c", ("charge", "C")),
        ("heat_index_c", ("heat_index", "\u00b0C")),
        ("deposit_mg_cm2", ("deposit", "mg/cm\u00b2")),
        ("smoke_ug_m3", ("smoke", "\u00b5g/m\u00b3")),
        ("contact", ("contact", "")),
    ],
)
def test_a_name_ends_in_its_unit(name: str, found: tuple[str, str]) -> None:
    assert named_unit(name) == found


@pytest.mark.parametrize(
    ("unit", "greatest", "shown", "shown_greatest"),
    [
        ("A", 3e-6, "\u00b5A", 3.0),
        ("A", 2e-3, "mA", 2.0),
        ("A", 0.5, "A", 0.5),
        ("A", 0.0, "A", 0.0),
        ("degC", 1e-6, "\u00b0C", 1e-6),
    ],
)
def test_an_axis_of_small_values_has_a_prefix(
    unit: str, greatest: float, shown: str, shown_greatest: float
) -> None:
    found, factor = axis_unit(unit, greatest)
    assert found == shown
    assert greatest * factor == pytest.approx(shown_greatest)
