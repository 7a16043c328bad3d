import numpy as np
import pytest

from envirosense.physics.energy.battery import (
    Pack,
    PackState,
    capacity_factor,
    coulomb_count,
    drain_a,
    open_circuit_v,
    resistance_factor,
    run,
)

PACK = Pack()
WARM = 298.15


def course(load_w, charger_w, n=3600, dt_s=1.0, start=0.5, temperature_k=WARM, pack=PACK, **state):
    full = np.full(n, 1.0)
    return run(pack, PackState(start, **state), load_w * full, charger_w * full, temperature_k * full, dt_s)


def test_a_gauge_with_an_offset_drifts_by_its_integral():  # V-BT-1: 1 mA on 10 Ah for 30 days is 7.2 %
    n = 30 * 24
    drift = coulomb_count(np.zeros(n), 3600.0, 10.0, 0.5, 1e-3)
    assert 0.5 - drift[-1] == pytest.approx(0.072, rel=1e-9)
    truth = coulomb_count(np.full(n, 0.01), 3600.0, 10.0, 1.0, 0.0)
    assert truth[-1] == pytest.approx(1.0 - 0.01 * 720 / 10.0)


def test_a_step_of_current_drops_the_voltage_by_its_series_resistance():  # V-BT-2
    rest, loaded = course(0.0, 0.0, n=1), course(20.0, 0.0, n=1)
    assert rest.voltage_v[0] == pytest.approx(open_circuit_v(0.5), abs=1e-6)
    assert rest.voltage_v[0] - loaded.voltage_v[0] == pytest.approx(
        PACK.r0_ohm * loaded.current_a[0], rel=1e-9
    )
    assert loaded.voltage_v[0] * loaded.current_a[0] == pytest.approx(20.0, rel=1e-12)


def test_a_cycle_loses_what_the_resistances_turn_to_heat():  # V-BT-3
    pack = Pack(hysteresis_v=0.0, charge_efficiency=1.0, self_drain_a=0.0, self_discharge_per_h=0.0)
    down = run(pack, PackState(0.8), np.full(7200, 10.0), np.zeros(7200), np.full(7200, WARM), 1.0)
    n = 9000
    up = run(pack, down.end, np.zeros(n), np.full(n, 10.0), np.full(n, WARM), 1.0)
    back = np.flatnonzero(up.charge >= 0.8)[0] + 1
    drawn_j = float(np.sum(down.voltage_v * down.current_a))
    put_j = float(-np.sum((up.voltage_v * up.current_a)[:back]))
    loss_j = 0.0
    for c, stop in ((down, 7200), (up, back)):
        loss_j += float(np.sum(c.current_a[:stop] ** 2)) * (pack.r0_ohm + pack.r1_ohm + pack.r2_ohm)
    assert put_j > drawn_j
    assert put_j - drawn_j == pytest.approx(loss_j, rel=0.05)  # the RC pairs lag at both ends


def test_charge_is_the_integral_of_current():
    c = course(10.0, 0.0, n=3600)
    expected = 0.5 - np.sum(c.current_a + drain_a(PACK, WARM)) / (3600 * PACK.capacity_ah)
    assert c.charge[-1] == pytest.approx(expected, rel=1e-12)


def test_cold_refuses_charge_but_the_charger_still_serves_the_load():
    cold = course(1.0, 8.0, temperature_k=268.15)
    assert np.all(cold.current_a == 0.0)
    assert np.all(cold.served_w == 1.0)
    assert np.all(np.diff(cold.charge) <= 0.0)
    assert np.all(np.diff(course(1.0, 8.0).charge) > 0.0)


def test_a_full_pack_takes_no_more():
    c = course(0.0, 50.0, n=36_000, start=0.95)
    assert c.charge[-1] == pytest.approx(1.0, abs=1e-4)
    assert c.charge.max() <= 1.0
    assert c.charged_w[-1] < 1.0


def test_an_empty_pack_drops_the_load_and_takes_it_back_after_some_charge():
    empty = course(40.0, 0.0, n=36_000, start=0.05)
    assert empty.end.is_cut
    assert empty.served_w[-1] == 0.0
    assert np.all(np.isfinite(empty.voltage_v))
    again = run(PACK, empty.end, np.full(40_000, 1.0), np.full(40_000, 5.0), np.full(40_000, WARM), 1.0)
    assert not again.end.is_cut
    assert again.served_w[-1] == 1.0
    assert course(1.0, 0.0, n=10, start=0.3, temperature_k=253.15).end.is_cut  # 40 % is out of reach at -20


def test_a_load_beyond_what_the_pack_can_give_is_dropped():
    c = course(1e5, 0.0, n=3)
    assert np.all(c.served_w == 0.0)
    assert np.all(np.isfinite(c.current_a))


def test_blocks_give_the_same_bits_as_one_run():
    load, sun = np.linspace(0.5, 5.0, 500), np.linspace(0.0, 12.0, 500)
    warm = np.full(500, 290.0)
    whole = run(PACK, PackState(0.6), load, sun, warm, 10.0)
    state, parts = PackState(0.6), []
    for first in range(0, 500, 70):
        part = slice(first, first + 70)
        parts.append(run(PACK, state, load[part], sun[part], warm[part], 10.0))
        state = parts[-1].end
    assert np.array_equal(np.concatenate([p.voltage_v for p in parts]), whole.voltage_v)
    assert state == whole.end


@pytest.mark.parametrize("dt_s", [10.0, 60.0])
def test_the_step_hardly_matters(dt_s):
    fine, coarse = course(8.0, 0.0, n=7200), course(8.0, 0.0, n=round(7200 / dt_s), dt_s=dt_s)
    assert coarse.charge[-1] == pytest.approx(fine.charge[-1], abs=2e-4)
    assert coarse.voltage_v[-1] == pytest.approx(fine.voltage_v[-1], abs=2e-3)


def test_series_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        run(PACK, PackState(0.5), np.ones(5), np.ones(4), np.full(5, WARM), 1.0)
    with pytest.raises(ValueError, match="dt_s"):
        course(1.0, 0.0, n=2, dt_s=0.0)


def test_hysteresis_keeps_the_last_direction_at_rest():
    charged, drawn = (course(load, sun, n=4000).end for load, sun in ((0.0, 20.0), (20.0, 0.0)))
    assert charged.hysteresis > 0.2
    assert drawn.hysteresis < -0.2


def test_the_flat_middle_of_the_curve_hides_the_charge():
    assert float(open_circuit_v(0.95) - open_circuit_v(0.2)) < 4 * 0.08
    assert open_circuit_v(1.0) == pytest.approx(4 * 3.375)
    assert resistance_factor(263.15) == pytest.approx(3.8, abs=0.05)
    assert capacity_factor(273.15) == pytest.approx(0.85)


def test_a_pack_left_alone_loses_two_to_three_percent_a_month_and_twice_that_ten_kelvin_warmer():
    pack = Pack(self_drain_a=0.0)
    lost = {}
    for kelvin in (WARM, WARM + 10.0):
        left = course(0.0, 0.0, n=30 * 24, dt_s=3600.0, start=0.8, temperature_k=kelvin, pack=pack)
        lost[kelvin] = 0.8 - left.charge[-1]
    assert 0.02 < lost[WARM] < 0.03
    assert lost[WARM + 10.0] == pytest.approx(2.0 * lost[WARM], rel=1e-9)
    assert drain_a(PACK, WARM) == pytest.approx(1e-4 + 15.6 * 3.4e-5)
