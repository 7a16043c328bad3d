import numpy as np
import pytest

from envirosense.physics.thermal.conductor import (
    DRAKE,
    LINNET,
    LineWeather,
    ampacity_a,
    net_loss_w_m,
    resistance_ohm_m,
    steady_temperature_c,
    transient_temperature_c,
)
from envirosense.physics.thermal.conductor_kernels import (
    air_conductivity_w_m_k,
    air_density_kg_m3,
    air_viscosity_pa_s,
    convected_loss_w_m,
    forced_losses_w_m,
    natural_loss_w_m,
    radiated_loss_w_m,
    wind_angle_factor,
)
from envirosense.physics.thermal.convection import (
    churchill_bernstein_nusselt,
    cylinder_film_w_m2_k,
    flat_film_w_m2_k,
    natural_film_w_m2_k,
)

SUMMER = LineWeather(air_c=40.0, wind_m_s=0.61, sun_w_m2=1000.0)
DIAMETER_M = DRAKE.diameter_m


def test_worked_example_of_the_standard():  # V-TH-1; film 70 degC, surface 100, air 40
    assert air_density_kg_m3(70.0, 0.0) == pytest.approx(1.029, abs=5e-4)
    assert air_viscosity_pa_s(70.0) == pytest.approx(2.043e-5, abs=5e-9)
    assert air_conductivity_w_m_k(70.0) == pytest.approx(0.02945, abs=5e-6)
    assert natural_loss_w_m(100.0, 40.0, DIAMETER_M, 0.0) == pytest.approx(42.4, abs=0.05)
    low, high = forced_losses_w_m(100.0, 40.0, 0.61, 1.0, DIAMETER_M, 0.0)
    assert low == pytest.approx(81.93, abs=0.2)
    assert high == pytest.approx(77.06, abs=0.2)
    assert radiated_loss_w_m(100.0, 40.0, DIAMETER_M, 0.8) == pytest.approx(39.1, abs=0.05)
    assert resistance_ohm_m(DRAKE, 100.0) == pytest.approx(9.390e-5, abs=1e-8)
    printed_sun = LineWeather(40.0, 0.61, 22.44 / 0.8 / DIAMETER_M)  # the 22.44 W/m of the standard
    assert ampacity_a(DRAKE, 100.0, printed_sun) == pytest.approx(1025.0, abs=1.0)
    assert ampacity_a(DRAKE, 100.0, SUMMER) == pytest.approx(1025.1, abs=0.05)


def test_largest_of_the_three_convection_laws_counts():
    assert convected_loss_w_m(100.0, 40.0, 0.0, 1.0, DIAMETER_M, 0.0) == natural_loss_w_m(
        100.0, 40.0, DIAMETER_M, 0.0
    )
    assert (
        convected_loss_w_m(100.0, 40.0, 8.0, 1.0, DIAMETER_M, 0.0)
        == forced_losses_w_m(100.0, 40.0, 8.0, 1.0, DIAMETER_M, 0.0)[1]
    )
    assert convected_loss_w_m(30.0, 40.0, 2.0, 1.0, DIAMETER_M, 0.0) < 0


@pytest.mark.parametrize(("current_a", "expected_c"), [(1024.7, 99.96), (0.0, 51.90), (500.0, 62.61)])
def test_steady_temperature_of_drake(current_a, expected_c):  # V-TH-2, V-TH-3
    assert steady_temperature_c(DRAKE, current_a, SUMMER) == pytest.approx(expected_c, abs=0.005)


@pytest.mark.parametrize(
    ("wind_m_s", "sun_w_m2", "expected_c"),
    [
        (0.61, 1000.0, (35.5, 36.8, 40.6, 47.3, 57.1, 75.4)),
        (0.61, 0.0, (25.0, 26.2, 30.0, 36.6, 46.2, 64.1)),
        (2.0, 1000.0, (31.2, 31.9, 34.2, 38.1, 43.7, 53.9)),
        (2.0, 0.0, (25.0, 25.7, 27.9, 31.7, 37.2, 47.2)),
        (0.0, 1000.0, (45.4, 47.6, 54.1, 65.0, 80.4, 107.6)),
    ],
)
def test_steady_temperature_of_linnet(wind_m_s, sun_w_m2, expected_c):  # V-TH-5
    currents_a = np.array([0.0, 100.0, 200.0, 300.0, 400.0, 530.0])
    found = steady_temperature_c(LINNET, currents_a, LineWeather(25.0, wind_m_s, sun_w_m2))
    np.testing.assert_allclose(found, expected_c, atol=0.06)


def test_ampacity_inverts_steady_temperature():
    weather = LineWeather(np.array([-20.0, 10.0, 45.0]), np.array([0.0, 3.0, 9.0]), 600.0, 0.7, 800.0)
    limit_c = steady_temperature_c(LINNET, 350.0, weather)
    np.testing.assert_allclose(ampacity_a(LINNET, limit_c, weather), 350.0, rtol=1e-10)
    np.testing.assert_allclose(
        net_loss_w_m(LINNET, limit_c, weather), 350.0**2 * resistance_ohm_m(LINNET, limit_c), rtol=1e-10
    )


def test_sun_alone_leaves_no_ampacity():
    assert ampacity_a(DRAKE, 41.0, SUMMER) == 0.0


def test_wind_along_the_conductor_cools_less():
    factors = wind_angle_factor(np.array([np.pi / 2, np.pi / 4, 0.0]))
    assert factors[0] == pytest.approx(1.0, abs=1e-12)
    assert factors[2] == pytest.approx(0.388, abs=1e-12)
    assert np.all(np.diff(factors) < 0)


def test_transient_follows_the_published_heating_curve():  # V-TH-4
    start_c = float(steady_temperature_c(DRAKE, 800.0, SUMMER))
    assert start_c == pytest.approx(80.26, abs=0.005)
    found = transient_temperature_c(DRAKE, np.full(1800, 1200.0), SUMMER, 1.0, start_c)
    at_s = np.array([60, 300, 600, 900, 1800]) - 1
    np.testing.assert_allclose(found[at_s], [83.38, 93.68, 102.67, 108.61, 116.68], atol=0.012)
    final_c = float(steady_temperature_c(DRAKE, 1200.0, SUMMER))
    assert final_c == pytest.approx(119.65, abs=0.005)
    reached_min = (np.searchsorted(found, start_c + (1 - np.exp(-1)) * (final_c - start_c)) + 1) / 60
    assert reached_min == pytest.approx(11.8, abs=0.1)


def test_transient_converges_with_second_order():
    finals_c = [
        transient_temperature_c(LINNET, np.full(int(160 / step_s), 600.0), SUMMER, step_s, 45.0)[-1]
        for step_s in (10.0, 5.0, 2.5)
    ]
    order = np.log2((finals_c[0] - finals_c[1]) / (finals_c[1] - finals_c[2]))
    assert order == pytest.approx(2.0, abs=0.15)


def test_transient_in_blocks_gives_the_same_bits():
    current_a = np.linspace(100.0, 600.0, 12)
    wind = np.linspace(0.0, 4.0, 12)
    whole = transient_temperature_c(LINNET, current_a, LineWeather(20.0, wind), 60.0, 20.0)
    head = transient_temperature_c(LINNET, current_a[:5], LineWeather(20.0, wind[:5]), 60.0, 20.0)
    tail = transient_temperature_c(LINNET, current_a[5:], LineWeather(20.0, wind[5:]), 60.0, float(head[-1]))
    np.testing.assert_array_equal(np.concatenate([head, tail]), whole)


def test_cylinder_film_of_a_pole():  # V-TH-12
    nusselt = churchill_bernstein_nusselt(50_000.0, 0.71)
    assert nusselt == pytest.approx(137.5, abs=0.05)
    assert nusselt * 0.026 / 0.25 == pytest.approx(14.3, abs=0.01)
    assert cylinder_film_w_m2_k(0.25, 3.0, 288.15) == pytest.approx(14.3, rel=0.02)


def test_free_convection_is_the_floor_of_the_film():
    still = cylinder_film_w_m2_k(0.02, 0.0, 293.15, 30.0)
    assert still == natural_film_w_m2_k(0.02, 30.0)
    per_metre = natural_loss_w_m(50.0, 20.0, 0.02, 0.0) / (np.pi * 0.02 * 30.0)
    assert still == pytest.approx(per_metre, rel=0.03)  # density of 20 degC air instead of the film's
    assert cylinder_film_w_m2_k(0.02, 8.0, 293.15, 30.0) == cylinder_film_w_m2_k(0.02, 8.0, 293.15)


@pytest.mark.parametrize("wind_m_s", [0.61, 2.0, 6.0])
def test_two_independent_films_of_a_conductor_agree(wind_m_s):
    low, high = forced_losses_w_m(30.0, 25.0, wind_m_s, 1.0, LINNET.diameter_m, 0.0)
    standard = max(low, high) / (np.pi * LINNET.diameter_m * 5.0)
    # correlations of cylinders scatter by about 15 to 20 % against each other
    assert cylinder_film_w_m2_k(LINNET.diameter_m, wind_m_s, 300.65) == pytest.approx(standard, rel=0.2)


def test_flat_film_grows_linearly_with_wind():
    np.testing.assert_allclose(flat_film_w_m2_k(np.array([0.0, 5.0])), [5.7, 24.7])
