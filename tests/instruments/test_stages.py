import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from numba import config as numba_config

from envirosense.instruments import stages as st
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import kernels

long_series = pytest.mark.skipif(bool(numba_config.DISABLE_JIT), reason="long series need compiled kernels")


def air(n: int, dt_s: float = 1.0, **changed: npt.ArrayLike) -> Conditions:
    fields = {
        "air_k": 293.15,
        "relative_humidity": 0.5,
        "pressure_pa": 101_325.0,
        "wind_m_s": 2.0,
        "ghi_w_m2": 0.0,
        "rain_mm_h": 0.0,
        **changed,
    }
    series = {name: np.broadcast_to(np.asarray(value, dtype=float), (n,)) for name, value in fields.items()}
    return Conditions(first_tick=0, dt_s=dt_s, t_s=np.arange(n) * dt_s, **series)


def through(
    stage: st.AnyStage,
    x: npt.ArrayLike,
    dt_s: float = 1.0,
    seed: int = 3,
    conditions: Conditions | None = None,
) -> npt.NDArray[np.float64]:
    signal = np.array(x, dtype=float, ndmin=2)
    carry = stage.start(signal.shape[1], np.random.default_rng(3))
    conditions = conditions or air(len(signal), dt_s)
    return stage.apply(signal, carry, conditions, np.random.default_rng(4))[0]


def allan_deviation(series: npt.NDArray[np.float64], m: int) -> npt.NDArray[np.float64]:
    means = series[: len(series) // m * m].reshape(-1, m, series.shape[1]).mean(axis=1)
    return np.sqrt(0.5 * np.mean(np.diff(means, axis=0) ** 2, axis=0))


# --- noise


@long_series
def test_white_noise_falls_as_the_root_of_time() -> None:
    n = 2**18
    noise = through(st.WhiteNoise("white", math.sqrt(2.0)), np.zeros((n, 1)))
    for m in (1, 16, 64, 256, 1024):
        error = math.sqrt(3.0 / (4.0 * n / m))  # relative standard error of an Allan deviation
        assert allan_deviation(noise, m)[0] * math.sqrt(m) == pytest.approx(1.0, abs=5 * error)


def test_white_noise_density_holds_for_any_tick() -> None:
    n = 40_000
    for dt_s in (0.25, 1.0, 60.0):
        noise = through(st.WhiteNoise("white", 0.3), np.zeros((n, 1)), dt_s)
        assert noise.std() * math.sqrt(2.0 * dt_s) == pytest.approx(0.3, rel=5 / math.sqrt(2 * n))


@long_series
def test_random_walk_grows_as_the_root_of_time() -> None:
    n, channels = 2**16, 8
    walk = through(st.RandomWalk("walk", 1.0), np.zeros((n, channels)))
    for m in (1, 4, 16, 64, 256):
        closed_form = math.sqrt((2.0 * m * m + 1.0) / (6.0 * m))  # .707, 1.173, 2.312, 4.619, 9.238
        error = math.sqrt(3.0 / (4.0 * n * channels / m))
        assert np.sqrt(np.mean(allan_deviation(walk, m) ** 2)) == pytest.approx(closed_form, rel=5 * error)


@long_series
def test_pulled_back_walk_is_stationary_from_the_start_at_any_tick() -> None:
    n, tau_s, step = 4096, 50.0, 0.2
    expected = step**2 * tau_s / 2.0
    for dt_s in (1.0, 500.0):
        walk = through(st.RandomWalk("walk", step, tau_s), np.zeros((4, n)), dt_s)
        variance = walk.var(axis=1)
        assert variance == pytest.approx(expected, rel=5 * math.sqrt(2.0 / n))


@long_series
def test_flicker_has_a_flat_allan_floor() -> None:
    n, channels, floor = 2**17, 8, 0.4
    noise = through(st.FlickerNoise("flicker", floor, 1.0, 4.0**10), np.zeros((n, channels)))
    for m in (64, 128, 256, 512):
        error = math.sqrt(3.0 / (4.0 * n * channels / m))
        level = np.sqrt(np.mean(allan_deviation(noise, m) ** 2))
        assert level == pytest.approx(floor, rel=0.02 + 5 * error)


def test_flicker_spectrum_at_low_frequency_does_not_depend_on_the_tick() -> None:
    stage = st.FlickerNoise("flicker", 1.0, 2.0, 512.0)
    taus_s = stage._taus_s()
    for dt_s in (0.5, 1.0, 60.0):
        ratio = dt_s / taus_s
        power = 2.0 / ratio * np.tanh(ratio / 2.0) * dt_s / np.tanh(ratio / 2.0)  # weight^2 * S(0) of AR(1)
        assert power == pytest.approx(2.0 * taus_s)


def test_units_differ_in_the_step_of_their_walk() -> None:
    n = 4000
    state = st.RandomWalk("walk", 0.01, unit_spread_ln=0.526).start(n, np.random.default_rng(1))
    assert np.median(state.per_sqrt_s) == pytest.approx(0.01, rel=5 * 0.526 * 1.2533 / math.sqrt(n))
    assert np.log(state.per_sqrt_s).std() == pytest.approx(0.526, rel=5 / math.sqrt(2 * n))


# --- response


def test_lag_reaches_ninety_percent_when_the_sheet_says() -> None:
    step = np.r_[0.0, np.ones(40)][:, None]
    response = through(st.Lag("lag", 3.44, 3.44), step, dt_s=0.5)
    assert response[16, 0] == pytest.approx(0.902, abs=5e-4)  # 8 s after a step, tau 3.44 s [V15]


def test_lag_is_exact_for_any_tick_and_has_two_time_constants() -> None:
    for dt_s in (0.1, 1.0, 4.0):
        n = round(8.0 / dt_s)
        up = through(st.Lag("lag", 4.8, 18.8), np.r_[0.0, np.ones(n)][:, None], dt_s)
        down = through(st.Lag("lag", 4.8, 18.8), np.r_[1.0, np.zeros(n)][:, None], dt_s)
        assert up[-1, 0] == pytest.approx(1.0 - math.exp(-8.0 / 4.8), rel=1e-12)
        assert down[-1, 0] == pytest.approx(math.exp(-8.0 / 18.8), rel=1e-12)


def test_lag_starts_settled_and_without_delay_passes_the_signal() -> None:
    ramp = np.arange(5.0)[:, None] + 7.0
    assert through(st.Lag("lag", 3.0, 3.0), ramp)[0, 0] == 7.0
    np.testing.assert_array_equal(through(st.Lag("lag", 0.0, 0.0), ramp), ramp)


def test_compression_reduces_to_a_power_law_and_expands_back() -> None:
    k, beta, applies = np.array([300.0, 1.0]), np.array([0.32, 1.0]), np.array([True, False])
    gas = np.array([[0.0, 5.0], [30.0, 5.0], [3e6, 5.0]])
    log_g = through(st.Compress("compress", k, beta, applies), gas)
    assert log_g[0, 0] == 0.0
    assert log_g[2, 0] == pytest.approx(0.32 * math.log(1e4), rel=1e-4)
    np.testing.assert_array_equal(log_g[:, 1], gas[:, 1])
    np.testing.assert_allclose(through(st.Expand("expand", k, beta, applies), log_g), gas, rtol=1e-12)


def test_saturation_leaves_the_line_at_the_knee_and_stays_below_its_limit() -> None:
    x = np.array([0.0, 3.0, 3.0001, 4.0, 50.0])[:, None]
    y = through(st.Saturation("saturation", 3.0, 4.0), x)[:, 0]
    np.testing.assert_array_equal(y[:2], [0.0, 3.0])
    assert y[2] - 3.0 == pytest.approx(1e-4, rel=1e-3)
    assert y[3] == pytest.approx(4.0 - math.exp(-1.0))
    assert y[4] == pytest.approx(4.0)
    quiet = np.ones((3, 1))
    assert through(st.Saturation("saturation", 3.0, 4.0), quiet) is not None


def test_hysteresis_lags_by_its_amplitude_after_a_long_swing() -> None:
    up = np.arange(0.0, 51.0)
    swing = np.r_[up, up[::-1]][:, None]
    y = through(st.Hysteresis("hysteresis", 0.8, 10.0), swing)[:, 0]
    assert y[30] == pytest.approx(30.0 - 0.8)
    assert y[-21] == pytest.approx(20.0 + 0.8)
    assert y[2] == pytest.approx(2.0 - 0.8 * 0.2)


# --- drift


def test_drift_follows_its_rate_and_age() -> None:
    n_channels = 4000
    day = air(2, dt_s=86_400.0)
    stage = st.Drift("drift", per_day=0.5, spread_per_day=0.1, walk_per_sqrt_day=0.2, age_days=100.0)
    y = through(stage, np.zeros((2, n_channels)), conditions=day)
    expected = math.sqrt((0.1 * 100) ** 2 + 0.2**2 * 101)  # the first tick's own step included
    assert y[0].mean() == pytest.approx(50.0, abs=5 * expected / math.sqrt(n_channels))
    assert y[0].std() == pytest.approx(expected, rel=5 / math.sqrt(2 * n_channels))
    assert (y[1] - y[0]).mean() == pytest.approx(0.5, abs=5 * 0.25 / math.sqrt(n_channels))


def gain_drift(age_days: float, is_log: Sequence[bool]) -> st.SharedGainDrift:
    return st.SharedGainDrift(
        "sensitivity",
        per_day=0.0,
        spread_per_day=0.0,
        walk_per_sqrt_day=0.114 / math.sqrt(30.44),
        group=(0, 0, 1),
        shares=(0.62, 0.24, 0.14),
        is_log=np.array(is_log),
        age_days=age_days,
    )


def test_gain_walks_by_the_measured_amount_and_types_age_together() -> None:
    units, stage = 4000, gain_drift(30.44, (False,) * 3)
    rng = np.random.default_rng(5)
    ln_gain = np.array([stage.describe(stage.start(3, rng))["ln_walk"] for _ in range(units)])
    assert ln_gain.std(axis=0) == pytest.approx(0.114, rel=5 / math.sqrt(2 * units))  # per root month
    together = np.corrcoef(ln_gain.T)
    for pair, expected in (((0, 1), 0.86), ((0, 2), 0.62)):
        assert together[pair] == pytest.approx(expected, abs=5 * (1 - expected**2) / math.sqrt(units))


def test_gain_walks_on_during_an_episode() -> None:
    days = 4000
    stage = gain_drift(0.0, (False,) * 3)
    y = through(stage, np.ones((days, 3)), conditions=air(days, dt_s=86_400.0))
    steps = np.diff(np.log(y), axis=0)
    assert steps.std(axis=0) * math.sqrt(30.44) == pytest.approx(0.114, rel=5 / math.sqrt(2 * days))
    assert np.corrcoef(steps.T)[0, 1] == pytest.approx(0.86, abs=5 * 0.26 / math.sqrt(days))


def test_gain_of_a_log_response_acts_on_the_response_and_not_on_clean_air() -> None:
    stage = gain_drift(900.0, (True, True, False))
    x = np.array([[0.0, -0.4, 0.0], [1e-6, 0.4, 1.0], [2.0, 0.4, 1.0]])
    y = through(stage, x, dt_s=1e-9)
    gain = y[1] / np.array([1e-6, 1.0, 1.0])
    np.testing.assert_array_equal(y[0, [0, 2]], 0.0)
    assert math.expm1(y[2, 0]) == pytest.approx(gain[0] * math.expm1(2.0), rel=1e-4)
    assert y[0, 1] == pytest.approx(-y[1, 1])


# --- surroundings


def test_surroundings_shift_nothing_at_their_reference() -> None:
    x = np.full((3, 2), 5.0)
    np.testing.assert_array_equal(through(st.TemperatureError("t", 0.1, 0.3), x), x)
    warm = through(st.TemperatureError("t", 0.1), x, conditions=air(3, air_k=303.15))
    np.testing.assert_allclose(warm, 6.0)
    still = air(3, wind_m_s=0.0)
    np.testing.assert_array_equal(through(st.FlowError("f", -0.1, 0.1), x, conditions=still), x)


def test_humidity_shift_is_logarithmic() -> None:
    low, high = (
        through(st.HumidityError("h", 0.104), np.zeros((1, 1)), conditions=air(1, relative_humidity=rh))[0, 0]
        for rh in (0.3, 0.6)
    )
    assert high - low == pytest.approx(0.104 * math.log(2.0))


def test_cell_zero_is_the_sheet_value_at_fifty_degrees() -> None:
    stage = st.ElectrochemicalZero("zero", np.array([-53.7]), 1.0, 12.0)
    hot = air(1, air_k=323.15)
    whole_share = np.ones(1)
    y = stage.apply(np.zeros((1, 1)), whole_share, hot, np.random.default_rng(1))[0]
    assert y[0, 0] == pytest.approx(-600.0, rel=2e-3)


def test_humidity_spike_decays() -> None:
    n, jump = 2401, 1
    rh = np.where(np.arange(n) < jump, 0.3, 0.7)
    stage = st.HumidityTransient("spike", np.array([57.0]), 1200.0)
    y = through(stage, np.zeros((n, 1)), conditions=air(n, relative_humidity=rh))[:, 0]
    assert y[0] == 0.0
    assert y[jump] == pytest.approx(57.0 * 0.4, rel=1e-3)
    assert y[jump + 1200] == pytest.approx(57.0 * 0.4 * math.exp(-1.0), rel=2e-3)


def test_damp_air_dims_a_lamp() -> None:
    y = through(
        st.HumidityGain("lamp", np.array([0.2])), np.ones((1, 1)), conditions=air(1, relative_humidity=0.9)
    )
    assert y[0, 0] == pytest.approx(0.8)


# --- calibration and output


def test_calibration_spreads_gain_and_offset_and_bends_at_half_scale() -> None:
    n = 4000
    stage = st.Calibration("c", gain_spread_ln=0.05, offset_spread=2.0, curvature_spread=0.5, full_scale=10.0)
    at_zero, at_half, at_full = (through(stage, np.full((1, n), x))[0] for x in (0.0, 5.0, 10.0))
    assert at_zero.std() == pytest.approx(2.0, rel=5 / math.sqrt(2 * n))
    assert np.log((at_full - at_zero) / 10.0).std() == pytest.approx(0.05, rel=5 / math.sqrt(2 * n))
    bend = at_half - (at_zero + at_full) / 2.0
    assert bend.std() == pytest.approx(0.5 * 10.0, rel=6 / math.sqrt(2 * n))


def test_quantiser_rounds_clips_wraps_and_keeps_what_is_missing() -> None:
    x = np.array([[0.26, 359.6], [-3.0, 359.4], [99.0, 0.2], [np.nan, np.nan]])
    stage = st.ClipQuantise(
        "digital", np.array([0.1, 1.0]), 0.0, np.array([75.0, 360.0]), np.array([0.0, 360.0])
    )
    y = through(stage, x)
    np.testing.assert_allclose(y[:3], [[0.3, 0.0], [0.0, 359.0], [75.0, 0.0]])
    assert np.isnan(y[3]).all()


def test_quantisation_error_is_uniform_over_a_step() -> None:
    n = 20_000
    x = np.random.default_rng(2).uniform(0.0, 100.0, (n, 1))
    error = through(st.ClipQuantise("digital", 0.5, 0.0, 200.0), x) - x
    assert np.abs(error).max() <= 0.25
    assert error.std() == pytest.approx(0.5 / math.sqrt(12.0), rel=5 * math.sqrt(0.2 / n))


# --- faults


@long_series
@pytest.mark.parametrize("dt_s", [0.5, 5.0, 40.0])
def test_dropout_takes_its_share_of_time_at_any_tick(dt_s: float) -> None:
    up_s, down_s = 300.0, 20.0
    n = round(2_000_000 / dt_s)
    missing = np.isnan(through(st.Dropout("dropout", up_s, down_s), np.zeros((n, 1)), dt_s)[:, 0])
    share = down_s / (up_s + down_s)
    correlation_s = 2.0 / (1.0 / up_s + 1.0 / down_s) + dt_s
    error = math.sqrt(share * (1.0 - share) * correlation_s / (n * dt_s))
    assert missing.mean() == pytest.approx(share, abs=5 * error)


@long_series
def test_dropout_spells_have_their_mean_length() -> None:
    n, down_s = 400_000, 20.0
    missing = np.isnan(through(st.Dropout("dropout", 300.0, down_s), np.zeros((n, 1)))[:, 0])
    spells = np.count_nonzero(np.diff(missing.astype(int)) == 1)
    # a spell seen at ticks is geometric: its mean is dt / P(recover)
    recover = (1 / down_s) / (1 / down_s + 1 / 300.0) * -math.expm1(-(1 / down_s + 1 / 300.0))
    assert missing.sum() / spells == pytest.approx(1.0 / recover, rel=5 / math.sqrt(spells))


def test_dropout_that_never_fails_never_drops() -> None:
    assert not np.isnan(through(st.Dropout("dropout", math.inf, 20.0), np.zeros((5000, 1)))).any()


def test_stuck_holds_the_last_value_in_set_spells_and_never_by_default() -> None:
    ramp = np.arange(10.0)[:, None]
    np.testing.assert_array_equal(through(st.Stuck("stuck"), ramp), ramp)
    y = through(st.Stuck("stuck", spells=st.Spells.of([(3.0, 6.0, 1.0)])), ramp)[:, 0]
    np.testing.assert_array_equal(y, [0, 1, 2, 2, 2, 2, 6, 7, 8, 9])


@long_series
def test_stuck_spells_take_their_share_of_time() -> None:
    n, free_s, stuck_s = 400_000, 400.0, 100.0
    y = through(st.Stuck("stuck", free_s, stuck_s), np.arange(float(n))[:, None])[:, 0]
    held = np.mean(np.diff(y) == 0.0)
    error = math.sqrt(0.2 * 0.8 * 2.0 / (1 / free_s + 1 / stuck_s) / n)
    assert held == pytest.approx(0.2, abs=5 * error)


# --- every stage

N_CHANNELS = 3
HALF = np.array([True, False, True])
EVERY_STAGE: tuple[st.AnyStage, ...] = (
    st.Lag("lag", 3.0, 9.0),
    st.Compress("compress", np.full(3, 30.0), np.full(3, 0.4), HALF),
    st.Expand("expand", np.full(3, 30.0), np.full(3, 0.4), HALF),
    st.Saturation("saturation", 1.0, 3.0),
    st.Hysteresis("hysteresis", 0.3, 1.0),
    st.WhiteNoise("white", 0.3),
    st.FlickerNoise("flicker", 0.3, 2.0, 100.0),
    st.RandomWalk("walk", 0.3, 100.0, 0.4),
    st.Drift("drift", 1.0, 1.0, 5.0, 20.0),
    gain_drift(20.0, (True, False, True)),
    st.TemperatureError("temperature", 0.1, 0.1),
    st.HumidityError("humidity", 0.1, 0.1),
    st.FlowError("flow", 0.1, 0.1),
    st.ElectrochemicalZero("zero", np.ones(3), 0.2, 12.0),
    st.HumidityTransient("spike", np.ones(3), 100.0),
    st.HumidityGain("lamp", np.full(3, 0.1)),
    st.Calibration("calibration", 0.1, 0.1, 0.1, 4.0),
    st.ClipQuantise("digital", 0.1, -5.0, 5.0),
    st.Dropout("dropout", 30.0, 10.0),
    st.Stuck("stuck", 30.0, 10.0, st.Spells.of([(5.0, 9.0, 1.0)])),
)


def cut(conditions: Conditions, first: int, n: int) -> Conditions:
    names = ("t_s", "air_k", "relative_humidity", "pressure_pa", "wind_m_s", "ghi_w_m2", "rain_mm_h")
    parts = {name: getattr(conditions, name)[first : first + n] for name in names}
    return Conditions(first_tick=first, dt_s=conditions.dt_s, **parts)


@pytest.mark.parametrize("stage", EVERY_STAGE, ids=lambda stage: type(stage).__name__)
@pytest.mark.parametrize("size", [1, 7, 60])
def test_stage_in_blocks_gives_the_bits_of_the_whole(stage: st.AnyStage, size: int) -> None:
    n = 150
    rng = np.random.default_rng(9)
    x = np.abs(rng.normal(1.0, 1.0, (n, N_CHANNELS)))
    surroundings = air(n, air_k=rng.uniform(270, 300, n), relative_humidity=rng.uniform(0.2, 0.9, n))
    kept = x.copy()
    whole = through(stage, x, conditions=surroundings)
    carry, noise = stage.start(N_CHANNELS, np.random.default_rng(3)), np.random.default_rng(4)
    pieces = []
    for first in range(0, n, size):
        block, m = x[first : first + size], min(size, n - first)
        before = repr(carry)
        y, after = stage.apply(block.copy(), carry, cut(surroundings, first, m), noise)
        assert repr(carry) == before, "a carry is never written to"
        carry = after
        pieces.append(y)
    assert np.concatenate(pieces).tobytes() == whole.tobytes()
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("stage", EVERY_STAGE, ids=lambda stage: type(stage).__name__)
def test_stage_describes_numbers_or_channels(stage: st.AnyStage) -> None:
    views = stage.describe(stage.start(N_CHANNELS, np.random.default_rng(3)))
    assert views
    for name, value in views.items():
        assert isinstance(value, float) or value.shape == (N_CHANNELS,), name


def test_mixing_adds_in_one_order_whatever_the_shape() -> None:
    rng = np.random.default_rng(1)
    gas, matrix = rng.normal(size=(50, 27)), rng.normal(size=(27, 8))
    whole = kernels.mix(gas, matrix)
    np.testing.assert_allclose(whole, gas @ matrix, rtol=1e-12, atol=1e-12)
    assert np.concatenate([kernels.mix(row[None], matrix) for row in gas]).tobytes() == whole.tobytes()
