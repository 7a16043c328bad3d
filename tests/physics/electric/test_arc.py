import numpy as np
import pytest

from envirosense.physics.electric.arc import (
    arc_gradient_v_m,
    arc_power_w,
    arc_voltage_v,
    follow_arc,
    mayr_conductance_s,
)

TAU_S = 3e-4
MAINS_HZ = 60.0


def sine(n_cycles, steps_per_cycle, amplitude_a=10.0):
    dt_s = 1.0 / (MAINS_HZ * steps_per_cycle)
    t_s = np.arange(n_cycles * steps_per_cycle + 1) * dt_s
    return t_s, amplitude_a * np.sin(2 * np.pi * MAINS_HZ * t_s), dt_s


def test_gradient_lies_in_the_handbook_ranges():
    low, high = arc_gradient_v_m(np.array([0.1, 10.0])) / 100, arc_gradient_v_m(np.array([80.0, 1e4])) / 100
    np.testing.assert_allclose(low, [100.0, 20.0])
    assert np.all((high >= 10) & (high <= 15))
    assert np.all(np.diff(arc_gradient_v_m(np.geomspace(0.01, 1e3, 50))) <= 0)


def test_series_arc_in_a_joint_takes_six_kilowatts():  # section 3.3
    assert arc_power_w(200.0, 0.0) == pytest.approx(6e3)
    assert arc_voltage_v(200.0, 0.1) == pytest.approx(30.0 + 125.0)


def test_mayr_follows_its_closed_form():
    t_s, current_a, dt_s = sine(6, 2000)
    course = follow_arc(current_a, dt_s, "mayr", 500.0, TAU_S)
    closed = mayr_conductance_s(t_s, 10.0, MAINS_HZ, 500.0, TAU_S)
    np.testing.assert_allclose(course.conductance_s[-2000:], closed[-2000:], rtol=2e-4)


def test_mayr_converges_at_second_order():
    errors = []
    for steps in (100, 200, 400):
        t_s, current_a, dt_s = sine(6, steps)
        course = follow_arc(current_a, dt_s, "mayr", 500.0, TAU_S)
        closed = mayr_conductance_s(t_s, 10.0, MAINS_HZ, 500.0, TAU_S)
        errors.append(np.abs(course.conductance_s - closed)[-steps:].max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 2.0, atol=0.1)


def test_mayr_balances_its_energy():
    # heat content is P0 tau ln g, so what is put in beyond the cooling raises it; a swelling current
    t_s, current_a, dt_s = sine(8, 20_000)
    current_a = current_a * (1.0 + 20.0 * t_s)
    course = follow_arc(current_a, dt_s, "mayr", 500.0, TAU_S)
    whole = slice(20_000, 150_001)
    put_in_j = np.trapezoid(course.power_w[whole], dx=dt_s)
    cooled_j = 500.0 * dt_s * 130_000
    ends = np.log(course.conductance_s[[20_000, 150_000]])
    assert put_in_j - cooled_j == pytest.approx(500.0 * TAU_S * (ends[1] - ends[0]), abs=1e-4 * cooled_j)


def test_cassie_keeps_its_rms_voltage():
    _, current_a, dt_s = sine(6, 20_000)
    course = follow_arc(current_a, dt_s, "cassie", 300.0, TAU_S)
    voltage_v = course.voltage_v[-20_000:]
    assert np.sqrt(np.mean(voltage_v**2)) == pytest.approx(300.0, rel=1e-3)


def test_cassie_converges_at_second_order_and_is_stable_at_any_step():
    reference = follow_arc(*sine(4, 12_800)[1:], "cassie", 300.0, TAU_S).conductance_s[-12_801::128]
    errors = []
    for steps in (200, 400, 800):
        course = follow_arc(*sine(4, steps)[1:], "cassie", 300.0, TAU_S)
        errors.append(np.abs(course.conductance_s[-steps - 1 :: steps // 100] - reference).max())
    assert np.all(np.log2(np.array(errors[:-1]) / errors[1:]) > 1.8)
    rough = follow_arc(sine(4, 4)[1], 0.05, "cassie", 300.0, TAU_S)
    assert np.all(rough.conductance_s >= 0)
    assert np.all(np.isfinite(rough.voltage_v))


def test_steady_current_gives_the_static_arc():
    for model, scale, power_w in (("mayr", 500.0, 500.0), ("cassie", 300.0, 3000.0)):
        course = follow_arc(np.full(50, 10.0), 1e-4, model, scale)
        np.testing.assert_allclose(course.power_w, power_w)


def test_arc_distorts_with_odd_harmonics_only():
    _, current_a, dt_s = sine(20, 1024)
    voltage_v = follow_arc(current_a, dt_s, "cassie", 300.0, TAU_S).voltage_v[-1024:]
    lines = np.abs(np.fft.rfft(voltage_v))[1:8] / 512
    assert lines[2] > 0.05 * lines[0]
    assert lines[[1, 3, 5]].max() < 1e-3 * lines[0]


@pytest.mark.parametrize("model", ["mayr", "cassie"])
def test_blocks_give_the_bits_of_one_run(model):
    _, current_a, dt_s = sine(2, 100)
    whole = follow_arc(current_a, dt_s, model, 400.0)
    first = follow_arc(current_a[:37], dt_s, model, 400.0)
    second = follow_arc(current_a[37:], dt_s, model, 400.0, start=first.end)
    joined = np.concatenate([first.power_w, second.power_w])
    np.testing.assert_array_equal(joined, whole.power_w)


def test_refusals():
    with pytest.raises(ValueError, match="mayr, cassie"):
        follow_arc(np.ones(3), 1e-4, "ayrton", 1.0)
    with pytest.raises(ValueError, match="above zero"):
        follow_arc(np.ones(3), 0.0, "mayr", 1.0)
