import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from envirosense.core.errors import UnknownNameError
from envirosense.core.units import GRAVITY_M_S2
from envirosense.instruments import SensorConfig
from envirosense.instruments.conditions import conditions_at
from envirosense.instruments.status import Status
from envirosense.pole.mock_fields import MockFieldSettings
from envirosense.pole.sensors.vibration import VibrationSensor
from envirosense.pole.sensors.vibration_kernels import fill_sums, line_information, noisy_rms, tracker_gain
from envirosense.pole.sensors.vibration_mounting import Axes, clipped_share, rotation, transmitted
from envirosense.pole.sensors.vibration_stages import (
    N_CHANNELS,
    NATURAL,
    RMS,
    SHARE,
    TILT,
    TOTAL,
    noise_energy,
)
from envirosense.pole.sensors.vibration_tracker import FrequencyNoise, Swing
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld, busy_world

PARTS = ("vibration_sensor/bmi270", "vibration_sensor/adxl355")
STILL = MockFieldSettings(acceleration_m_s2=(0.0,) * 5, tilt_rad=(0.0, 0.0), strokes=())


def sensor(keep: tuple[str, ...] | None = None, part: str = PARTS[0], **changed: object) -> VibrationSensor:
    config = SensorConfig.parse(
        {"sensor_id": "vibration", "sensor_type": "vibration_sensor", "part": part, **changed}
    )
    if keep is not None:
        names = [stage.name for stage in VibrationSensor(config).stages()]
        kept = (*keep, "sums")
        config = config.model_copy(update={"stages_off": tuple(name for name in names if name not in kept)})
    return VibrationSensor(config)


def world(n: int = 600, mg: tuple[float, ...] = (0.0,) * 5, **changed: object) -> UniformWorld:
    """A pole that moves with these rms values [mg] on every axis, ten metres up."""
    fields = {"acceleration_m_s2": tuple(each * GRAVITY_M_S2 / 1000.0 for each in mg)}
    return UniformWorld(n=n, fields=STILL.model_copy(update=fields | changed))


AT_TEN = {"position_m": (0.0, 0.0, 10.0)}


@pytest.mark.parametrize("part", PARTS)
def test_the_sensor_keeps_the_contract(part: str) -> None:
    busy = busy_world()
    ringing = busy.fields.model_copy(update={"acceleration_m_s2": (0.02, 0.01, 0.005, 0.06, 0.01)})
    config = SensorConfig.parse(
        {"sensor_id": "v", "sensor_type": "vibration_sensor", "part": part, "age_days": 200}
    )
    check_sensor(VibrationSensor, config, replace(busy, fields=ringing))


def test_channels_are_few_and_named_for_what_they_are() -> None:
    channels = sensor().channels
    assert len(channels) == N_CHANNELS == 23
    names = [channel.name for channel in channels]
    assert names[:2] == ["rms_along_0_2_hz_mg", "rms_across_0_2_hz_mg"]
    assert names[9] == "rms_along_110_130_hz_mg"
    assert names[15:] == [
        "rms_along_mg",
        "rms_across_mg",
        "rms_up_mg",
        "mains_share",
        "natural_along_hz",
        "natural_across_hz",
        "tilt_east_deg",
        "tilt_north_deg",
    ]


def test_the_ideal_reading_is_the_worlds_motion() -> None:
    moving = world(3, (3.0, 1.0, 0.5, 4.0, 1.0), tilt_rad=(math.radians(1.5), 0.0))
    ideal = sensor(**AT_TEN).respond(moving)
    assert ideal[0, RMS].reshape(5, 3)[:, 1] == pytest.approx([3.0, 1.0, 0.5, 4.0, 1.0])
    assert ideal[0, TOTAL] == pytest.approx(math.sqrt(27.25))
    assert ideal[0, SHARE] == pytest.approx(3.0 * 16.0 / (3.0 * 27.25 + 5.0**2))
    assert ideal[0, NATURAL] == pytest.approx(1.1)
    assert ideal[0, TILT] == pytest.approx([1.5, 0.0])


def test_a_pole_at_rest_has_no_share() -> None:
    assert sensor().respond(world(2))[:, SHARE] == pytest.approx(0.0)


def test_noise_over_500_hz_is_that_of_the_sheet() -> None:
    quiet = sensor(part=PARTS[1]).values.number("white.density", "mg/sqrt(Hz)")
    one_pole, brick = (math.sqrt(noise_energy(quiet, factor).sum()) for factor in (1.6, 1.0))
    assert one_pole == pytest.approx(0.636, rel=1e-3)  # V-VB-4
    assert brick == pytest.approx(0.503, rel=1e-3)
    block = readings(sensor(("white",), PARTS[1]), [world(400)])
    assert block.reading[:, TOTAL].mean() == pytest.approx(0.636, rel=5e-3)


@pytest.mark.parametrize("signal", [0.0, 0.5, 20.0])
def test_energy_of_motion_and_noise_has_the_moments_of_the_noncentral_law(signal: float) -> None:
    n, floor, shape = 20_000, 1.7, 2.4
    rms = np.full((n, 1), math.sqrt(signal))
    normals = np.random.default_rng(3).standard_normal((n, 1))
    energy = noisy_rms(rms, np.array([floor]), np.array([shape]), normals)[:, 0] ** 2
    variance = (floor**2 + 2.0 * signal * floor) / shape
    assert energy.mean() == pytest.approx(signal + floor, abs=5 * math.sqrt(variance / n))
    kurtosis = 3.0 + 6.0 * variance / (signal + floor) ** 2  # of a gamma law
    assert energy.var() == pytest.approx(variance, rel=5 * math.sqrt((kurtosis - 1.0) / n) + 2e-3)


def test_without_noise_the_motion_passes() -> None:
    rms = np.array([[2.0, 0.0]])
    np.testing.assert_array_equal(noisy_rms(rms, np.zeros(2), np.ones(2), np.ones((1, 2))), rms)


def test_noise_adds_to_the_energy_and_not_to_the_rms() -> None:
    moving = world(3000, (10.0, 10.0, 10.0, 10.0, 10.0))
    block = readings(sensor(("white",), **AT_TEN), [moving])
    floor = np.repeat(noise_energy(0.16, 1.6), 3)
    energy = np.square(block.reading[:, RMS]).mean(axis=0)
    spread = np.square(block.reading[:, RMS]).std(axis=0)
    assert np.all(np.abs(energy - 100.0 - floor) < 5.0 * spread / math.sqrt(3000))


def test_halving_the_tick_keeps_the_noise_energy() -> None:
    coarse = readings(sensor(("white",)), [world(2000)]).reading[:, RMS]
    fine = readings(sensor(("white",), interval_s=0.5), [replace(world(4000), dt_s=0.5)]).reading[:, RMS]
    whole, half = np.square(coarse), np.square(fine)
    error = np.hypot(whole.std(axis=0) / math.sqrt(2000), half.std(axis=0) / math.sqrt(4000))
    assert np.all(np.abs(whole.mean(axis=0) - half.mean(axis=0)) < 5.0 * error)


def test_noise_sigma_of_the_channels_is_what_a_still_pole_shows() -> None:
    n = 4000
    off = tuple(s.name for s in sensor().stages() if s.name not in ("white", "tilt_filter", "sums"))
    still = VibrationSensor(sensor().config.model_copy(update={"stages_off": off}))
    shown = readings(still, [world(n)]).reading.std(axis=0)
    told = np.array([channel.noise_sigma for channel in still.channels])
    first = np.r_[0:19]
    assert shown[first] == pytest.approx(told[first], rel=0.06 + 5 / math.sqrt(2 * n))
    assert shown[TILT] == pytest.approx(told[TILT], rel=0.06 + 5 / math.sqrt(2 * n / 20.0))


@pytest.mark.parametrize("signal_to_noise", [0.05, 1.0, 30.0, 1e4])
def test_information_of_a_noisy_line_is_the_integral_of_its_spectrum(signal_to_noise: float) -> None:
    s = signal_to_noise

    def density(x: float) -> float:
        line = 1.0 + x * x
        return (2.0 * s * x / line**2 / (s / line + 1.0)) ** 2

    whole = 2.0 * (quad(density, 0.0, 5.0)[0] + quad(density, 5.0, np.inf, limit=200)[0])
    assert line_information(s) == pytest.approx(whole / (2.0 * math.pi), rel=1e-6)


def test_a_clean_record_tells_the_frequency_as_theory_has_it() -> None:
    swing = Swing(damping=0.02, density=1e-6, wander=0.0, first_hz=1.0)
    x = np.zeros((60, N_CHANNELS))
    x[:, RMS], x[:, NATURAL] = 5.0, 1.1
    variance = np.full(2, 1e6)
    tracker_gain(swing.information(x), variance, 0.0)
    assert variance == pytest.approx(0.02 * 1.1 / (2.0 * math.pi * 60.0), rel=1e-3)


def test_the_error_of_a_tracked_frequency_settles_where_it_is_told() -> None:
    swing = Swing(damping=0.02, density=0.16, wander=0.002, first_hz=0.05)
    stage = FrequencyNoise("frequency_noise", swing)
    x = np.zeros((300, N_CHANNELS))
    x[:, RMS], x[:, NATURAL] = 0.4, 1.1
    conditions = conditions_at(UniformWorld(n=300), (0.0, 0.0, 6.0))
    errors = []
    for unit in range(400):
        carry = stage.start(N_CHANNELS, np.random.default_rng((unit, 0)))
        y, _ = stage.apply(x, carry, conditions, np.random.default_rng((unit, 1)))
        errors.append(y[-1, NATURAL] - 1.1)
    noisy_half = swing.sigma_hz(x)[-1, 0] / math.sqrt(2.0)  # the rest of the variance is lag
    assert np.std(errors) == pytest.approx(noisy_half, rel=5 / math.sqrt(2 * 800))


def damaged(mg: float) -> tuple[float, float]:
    """Frequency read before and an hour after it fell by a tenth, in a swing of `mg`."""
    fields = STILL.model_copy(
        update={"acceleration_m_s2": (mg * 9.80665e-3, 0.0, 0.0, 0.0, 0.0), "natural_swing": -0.1}
    )
    falls = UniformWorld(n=4200, fields=fields, moves=lambda t_s: np.where(t_s >= 600.0, 1.0, 0.0))
    y = readings(sensor(("frequency_lag", "frequency_noise"), **AT_TEN), [falls]).reading[:, 19]
    return float(y[599]), float(y[-1])


def test_a_weakened_pole_shows_in_wind_and_not_in_a_calm() -> None:
    before, after = damaged(3.0)
    assert before == pytest.approx(1.1, abs=0.05)
    assert after == pytest.approx(0.99, abs=0.01)
    before, after = damaged(0.0)
    assert after == pytest.approx(before, abs=1e-3)


def test_rotations_turn_and_keep_lengths() -> None:
    turn = rotation(np.array([0.3, -0.2, 0.5]))
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-14)
    quarter = rotation(np.array([0.0, 0.0, math.pi / 2]))
    np.testing.assert_allclose(quarter @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], atol=1e-14)
    np.testing.assert_array_equal(rotation(np.zeros(3)), np.eye(3))


def test_a_device_mounted_askew_keeps_the_energy_and_the_tilt() -> None:
    askew = Axes("axes", level_deg=5.0, azimuth_deg=10.0, gain_spread_ln=0.0, cross_spread=0.0)
    x = np.zeros((1, N_CHANNELS))
    x[0, :3], x[0, TILT] = [3.0, 1.0, 0.2], [0.3, 0.4]
    conditions = conditions_at(UniformWorld(n=1), (0.0, 0.0, 6.0))
    carry = askew.start(N_CHANNELS, np.random.default_rng(2))
    y, _ = askew.apply(x, carry, conditions, np.random.default_rng(0))
    assert np.square(y[0, :3]).sum() == pytest.approx(np.square(x[0, :3]).sum())
    assert np.hypot(*y[0, TILT]) == pytest.approx(0.5)
    assert not np.allclose(y[0, :3], x[0, :3])


def tilts_deg(stage: str, warm: UniformWorld, units: int = 300, **changed: object) -> np.ndarray:
    one = sensor((stage,), **changed)
    return np.array([readings(one, [warm], seed).reading[-1, TILT] for seed in range(units)])


def test_the_zero_of_the_tilt_follows_the_body_and_not_the_air() -> None:
    warm = replace(world(1), air=260.0, body=293.15 + 15.0)
    told = math.degrees(0.25e-3) * 15.0
    assert 0.15 < told < 0.25  # the daily swing of the reference
    assert tilts_deg("temperature", warm).std() == pytest.approx(told, rel=5 / math.sqrt(2 * 600))


def test_the_zero_of_the_tilt_drifts_from_its_last_calibration_on() -> None:
    aged = tilts_deg("drift", world(1), age_days=500.0)
    assert aged.std() == pytest.approx(math.degrees(0.26e-3) * math.sqrt(500.0), rel=5 / math.sqrt(2 * 600))
    calibrated = tilts_deg("drift", world(1), units=20, age_days=500.0, calibrated_at_days=[500.0])
    assert np.abs(calibrated).max() < 5.0 * math.degrees(0.26e-3) * math.sqrt(1.0 / 86_400.0)  # of one tick


def test_the_tilt_is_a_mean_of_the_last_seconds() -> None:
    leans = UniformWorld(
        n=60,
        fields=STILL.model_copy(update={"tilt_rad": (0.01, 0.0)}),
        moves=lambda t_s: np.where(t_s >= 20.0, 1.0, 0.0),
    )
    y = readings(sensor(("tilt_filter",)), [leans]).reading[:, TILT][:, 0]
    step = 0.5 * math.degrees(0.01)
    assert y[29] == pytest.approx(y[0] + step * -math.expm1(-1.0))


@pytest.mark.parametrize("reach", [0.05, 0.5, 2.0, 6.0])
def test_energy_left_by_limits_is_that_of_a_cut_gaussian(reach: float) -> None:
    inside = 2.0 * quad(lambda x: x * x * norm.pdf(x), 0.0, reach)[0]
    assert float(clipped_share(reach)) == pytest.approx(inside + 2.0 * reach**2 * norm.sf(reach))


def test_a_crash_passes_the_range_and_is_flagged() -> None:
    crash = world(5, (8000.0, 6000.0, 3000.0, 0.0, 0.0))
    block = readings(sensor(("range",), **AT_TEN), [crash])
    share = math.sqrt(float(clipped_share(16_000.0 / block.ideal[0, 15])))
    assert block.reading[0, 0] == pytest.approx(8000.0 * share)
    assert share < 1.0
    assert (block.status & Status.AT_LIMIT).all()
    assert not (readings(sensor(**AT_TEN), [world(5)]).status & Status.AT_LIMIT).any()


def test_a_spring_passes_what_is_slow_rings_and_shuts_out_what_is_fast() -> None:
    share = transmitted(45.0, 0.05)
    assert share[0] == pytest.approx(1.0, abs=2e-3)
    assert share[2] > 3.0
    r2 = (120.0 / 45.0) ** 2
    assert share[3] == pytest.approx((1 + 0.01 * r2) / ((1 - r2) ** 2 + 0.01 * r2))
    assert share[4] < 0.1
    assert transmitted(1e6, 0.05) == pytest.approx(1.0, abs=1e-5)


def test_a_loose_device_rattles_sags_and_recovers() -> None:
    faults = [{"kind": "loose", "begin_s": 100.0, "end_s": 200.0, "severity": 0.5}]
    loose = sensor(("loose",), faults=faults, **AT_TEN)
    block = readings(loose, [world(300, (1.0, 1.0, 1.0, 1.0, 1.0))])
    change = block.reading - block.ideal
    gain = np.repeat(np.sqrt(transmitted(45.0 * math.sqrt(2.0), 0.05)), 3)
    assert block.reading[150, RMS] == pytest.approx(gain)
    assert np.hypot(*change[150, TILT]) == pytest.approx(0.75)
    assert np.abs(change[:100]).max() < 1e-9
    assert np.abs(change[200:]).max() < 1e-9


def test_units_differ_by_gain_axes_clock_and_level_as_stated() -> None:
    units, still = 400, world(1, (10.0, 0.0, 0.0, 0.0, 0.0))
    bound = 5.0 / math.sqrt(2 * units)
    flat = {"mounting.level": 0.0, "mounting.azimuth": 0.0, "calibration.cross_axis": 0.0}
    straight = sensor(("axes",), overrides=flat, **AT_TEN)
    gains = [readings(straight, [still], seed).reading[0, 0] / 10.0 for seed in range(units)]
    assert np.std(np.log(gains)) == pytest.approx(0.004, rel=bound)
    clock = [readings(sensor(("clock",)), [still], seed).reading[0, NATURAL] / 1.1 for seed in range(units)]
    assert np.std(clock) == pytest.approx(0.005, rel=bound)
    assert tilts_deg("level", still, units).std() == pytest.approx(0.05, rel=bound)
    one_axis = Axes("axes", level_deg=0.0, azimuth_deg=0.0, gain_spread_ln=0.0, cross_spread=0.005)
    cross = [one_axis.start(N_CHANNELS, np.random.default_rng(seed)).matrix[0, 1] for seed in range(units)]
    assert np.std(cross) == pytest.approx(0.005, rel=bound)


def test_a_turned_device_turns_motion_and_tilt_the_same_way() -> None:
    turned = Axes("axes", level_deg=0.0, azimuth_deg=1.0, gain_spread_ln=0.0, cross_spread=0.0)
    carry = turned.start(N_CHANNELS, np.random.default_rng(5))
    x = np.zeros((1, N_CHANNELS))
    x[0, TILT] = [1.0, 0.0]
    y, _ = turned.apply(x, carry, conditions_at(UniformWorld(n=1), (0.0, 0.0, 6.0)), np.random.default_rng(0))
    lean, matrix = y[0, TILT], carry.matrix
    np.testing.assert_allclose(lean, matrix[:2, 0], atol=1e-12)


def test_generic_faults_show() -> None:
    stuck = sensor(faults=[{"kind": "stuck", "begin_s": 50.0}], **AT_TEN)
    y = readings(stuck, [world(100, (1.0,) * 5)]).reading
    assert (y[50:] == y[49]).all()
    gone = sensor(faults=[{"kind": "disconnected", "begin_s": 50.0}])
    assert np.isnan(readings(gone, [world(60)]).reading[50:]).all()


def test_a_fault_it_cannot_have_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"vibration.faults.kind='fouled'"):
        sensor(faults=[{"kind": "fouled"}])


def test_sums_follow_the_bands() -> None:
    x = np.random.default_rng(0).random((4, N_CHANNELS))
    bands = np.square(x[:, :15]).reshape(4, 5, 3)
    floor = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
    fill_sums(x, 5, 3, floor, 0.5)
    np.testing.assert_allclose(np.square(x[:, TOTAL]), bands.sum(axis=1))
    above = np.maximum(bands[:, 3].sum(axis=1) - 0.12, 0.0)
    np.testing.assert_allclose(x[:, SHARE], above / (bands.sum(axis=(1, 2)) - 0.45 + 0.5))


@pytest.mark.parametrize("hum_mg", [0.0, 2.0, 5.0, 50.0])
@pytest.mark.parametrize("part", PARTS)
def test_the_mains_share_keeps_the_accuracy_it_states(part: str, hum_mg: float) -> None:
    block = readings(sensor(part=part, **AT_TEN), [world(2000, (0.0, 0.0, 0.0, hum_mg, 0.0))])
    error = np.abs(block.reading[:, SHARE] - block.ideal[:, SHARE])
    told = sensor(part=part).values.numbers("accuracy.absolute", "reading", N_CHANNELS)[SHARE]
    assert np.nanmean(error > told) < 0.06


def test_confidence_falls_while_the_pole_is_too_calm_to_tell_its_frequency() -> None:
    only = ("frequency_noise",)
    windy, calm = (
        readings(sensor(only, **AT_TEN), [world(200, (mg, 0.0, 0.0, 0.0, 0.0))]).confidence[-1]
        for mg in (5.0, 0.0)
    )
    assert windy > 0.999 > calm > 0.9
