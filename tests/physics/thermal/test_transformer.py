import numpy as np
import pytest

from envirosense.physics.thermal.transformer import (
    EXPONENTS,
    NORMAL_LIFE_H,
    POLE_25_KVA,
    Rating,
    ageing_factor,
    equivalent_ageing,
    final_hot_spot_rise_k,
    final_top_oil_rise_k,
    followed_k,
    heat_capacity_j_k,
    hot_spot_k,
    life_lost,
    loss_w,
    oil_time_constant_s,
    rated_time_constant_s,
    wall_share,
    wetted_share,
)

RATING = Rating(no_load_w=70.0, load_w=350.0, oil_time_s=4 * 3600.0)  # loss ratio 5
ZERO_C = 273.15


@pytest.mark.parametrize(
    ("hot_spot_c", "expected"),
    [
        (80, 0.0358), (90, 0.1156), (95, 0.2026), (98, 0.2817), (100, 0.3499), (110, 1.0), (120, 2.7089),
        (130, 6.9842), (140, 17.1995), (150, 40.589), (180, 424.92),
    ],
)  # fmt: skip
def test_ageing_factor_has_the_table_of_the_standard(hot_spot_c, expected):  # V-TH-8
    assert ageing_factor(hot_spot_c + ZERO_C) == pytest.approx(expected, rel=5e-4, abs=5e-5)


@pytest.mark.parametrize(
    ("load", "oil_k", "winding_k", "hot_spot_c", "ageing"),
    [
        (0.0, 11.92, 0.0, 41.92, 2e-4),
        (0.5, 22.81, 9.90, 62.71, 0.0040),
        (0.75, 34.79, 18.93, 83.72, 0.0558),
        (1.0, 50.0, 30.0, 110.0, 1.0),
        (1.25, 68.0, 42.87, 140.88, 18.57),
        (1.5, 88.50, 57.39, 175.9, 314.0),
    ],
)
def test_lasting_loads_have_the_published_rises(load, oil_k, winding_k, hot_spot_c, ageing):  # V-TH-9
    oil, winding = final_top_oil_rise_k(RATING, load), final_hot_spot_rise_k(RATING, load)
    assert oil == pytest.approx(oil_k, abs=0.01)
    assert winding == pytest.approx(winding_k, abs=0.01)
    assert 30.0 + oil + winding == pytest.approx(hot_spot_c, abs=0.02)
    assert ageing_factor(30.0 + ZERO_C + oil + winding) == pytest.approx(ageing, rel=5e-3, abs=5e-5)


@pytest.mark.parametrize("step_s", [10.0, 600.0, 4 * 3600.0])
def test_top_oil_steps_exactly_at_any_step(step_s):  # V-TH-10: 22.81 + 0.632 x 45.19 = 51.37 K after 4 h
    before, after = (float(final_top_oil_rise_k(RATING, load)) for load in (0.5, 1.25))
    n = round(4 * 3600.0 / step_s)
    found = followed_k(np.full(n, after), RATING.oil_time_s, step_s, before)
    assert found[-1] == pytest.approx(51.37, abs=0.01)
    exact = after - (after - before) * np.exp(-np.arange(1, n + 1) * step_s / RATING.oil_time_s)
    np.testing.assert_allclose(found, exact, rtol=1e-10)


def test_example_of_the_capacity_rule():  # 25 kVA: 180 lb, 100 lb, 15 gal, 420 W give 34.8 Wh/K and 4.1 h
    capacity_j_k = heat_capacity_j_k(180 * 0.45359237, 100 * 0.45359237, 15 * 3.785411784)
    assert capacity_j_k / 3600.0 == pytest.approx(34.75, abs=0.005)
    assert rated_time_constant_s(capacity_j_k, 50.0, 420.0) / 3600.0 == pytest.approx(4.1, abs=0.05)


def test_hot_spot_is_the_sum_of_air_oil_and_winding():
    load = np.full(600, 1.0)
    oil_k, hot_k = hot_spot_k(RATING, load, 303.15, 600.0, (0.0, 0.0))
    assert oil_k[-1] == pytest.approx(50.0, abs=0.01)
    assert hot_k[-1] == pytest.approx(383.15, abs=0.01)
    assert hot_k[2] - 303.15 - oil_k[2] == pytest.approx(30.0 * -np.expm1(-1800.0 / 300.0), abs=1e-9)


def test_blocks_give_the_bits_of_one_call():
    final_k = 40.0 + 10.0 * np.sin(np.arange(50) / 7.0)
    whole = followed_k(final_k, 3600.0, 60.0, 20.0)
    carry, parts = 20.0, []
    for part in np.split(final_k, [1, 17, 40]):
        parts.append(followed_k(part, 3600.0, 60.0, carry))
        carry = float(parts[-1][-1])
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_time_constant_shortens_where_the_exponent_is_below_one():
    """With n = 1 it is the rated one; hotter oil loses heat more easily [C57.91]."""
    assert oil_time_constant_s(RATING, 22.81, 68.0) < RATING.oil_time_s
    directed = Rating(no_load_w=70.0, load_w=350.0, oil_time_s=9e3, cooling="ODAF")
    assert oil_time_constant_s(directed, 20.0, 60.0) == 9e3
    assert oil_time_constant_s(RATING, 50.0, 50.0) == RATING.oil_time_s


def test_heat_of_an_internal_fault_counts_like_a_loss():
    assert loss_w(POLE_25_KVA, 1.0) == 420.0
    same = final_top_oil_rise_k(POLE_25_KVA, 0.0, 336.0)
    assert same == pytest.approx(float(final_top_oil_rise_k(POLE_25_KVA, 1.0)))


@pytest.mark.parametrize("cooling", EXPONENTS)
def test_every_kind_of_cooling_has_its_rated_rise(cooling):
    rating = Rating(no_load_w=100.0, load_w=400.0, cooling=cooling)
    assert final_top_oil_rise_k(rating, 1.0) == 50.0
    assert final_hot_spot_rise_k(rating, 1.0) == 30.0


def test_equivalent_ageing_weighs_by_time_and_life_adds_up():
    assert equivalent_ageing(np.array([1.0, 4.0]), np.array([3600.0, 1800.0])) == pytest.approx(2.0)
    assert life_lost(np.ones(24), 3600.0) == pytest.approx(24.0 / NORMAL_LIFE_H)


def test_the_wall_is_cooler_at_its_foot_and_wet_below_the_level():
    np.testing.assert_allclose(wall_share(np.array([0.0, 0.5, 1.0])), [0.55, 0.775, 1.0])
    np.testing.assert_allclose(wetted_share(np.array([1.0, 0.6, 0.0]), 4), [[1] * 4, [1, 1, 0.4, 0], [0] * 4])


@pytest.mark.parametrize(("field", "value"), [("cooling", "air"), ("load_w", 0.0)])
def test_a_rating_that_cannot_be_is_refused(field, value):
    with pytest.raises(ValueError, match=r"cooling|rating"):
        Rating(**({"no_load_w": 84.0, "load_w": 336.0} | {field: value}))
