import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pytest
from numba import config as numba_config

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Array, Phasors
from envirosense.instruments.faults import Fault
from envirosense.instruments.spectrum import clipped_sine_harmonic, clipped_sine_rms, goertzel
from envirosense.instruments.status import Status
from envirosense.physics.electric.harmonics import HARMONICS
from envirosense.physics.electric.line_fields import polarisation_ellipse
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.mock_fields import Place
from envirosense.pole.sensors.emf import EMFConfig, EMFSensor
from envirosense.pole.sensors.emf_features import Firmware
from envirosense.pole.sensors.emf_unit import AxisTolerances, Passband, draw_axes, facing_axes, rotation
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld, busy_world

DEVICE, COIL = "emf_sensor/tf_emf_pwr1", "emf_sensor/three_axis_coil"
long_series = pytest.mark.skipif(
    bool(getattr(numba_config, "DISABLE_JIT", 0)), reason="long series need compiled kernels"
)
RATE_HZ = 7200.0
TURNING = np.array([[6.0 + 1.0j, -2.0j, 8.0]])  # uT


def line_field(fundamental_ut: npt.ArrayLike = TURNING) -> Phasors:
    """A field of every harmonic, (harmonic, 3) [T], each turned a little against the one before."""
    share = np.array([1.0, 0.01, 0.06, 0.04, 0.025, 0.012, 0.01]) * np.exp(0.4j * np.arange(7))
    turned = np.array([np.roll(np.asarray(fundamental_ut).ravel(), h % 3) for h in range(7)])
    return np.asarray(1e-6 * share[:, None] * turned)


@dataclass
class LineWorld(UniformWorld):
    """A world with the field that a test gives, and one that swells with the course."""

    field_t: Phasors = field(default_factory=line_field)  # (harmonic, 3)
    radio_nt: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def magnetic_t(self, at: Place) -> Phasors:
        swell = 1.0 + 0.3 * self.course()
        field_t = (
            np.where(np.arange(7)[:, None] == 1, swell[:, None, None] ** 2, swell[:, None, None])
            * self.field_t
        )
        field_t[:, 0, 2] *= swell
        return np.asarray(field_t)

    def radio_t(self, at: Place) -> Array:
        return np.outer(1.0 + 0.5 * self.course(), 1e-9 * np.array(self.radio_nt))


def emf(part: str = DEVICE, keep: tuple[str, ...] | None = None, **changed: object) -> EMFSensor:
    config = EMFConfig.parse(
        {"sensor_id": "emf_sensor", "sensor_type": "emf_sensor", "part": part, **changed}
    )
    if keep is not None:
        names = [stage.name for stage in EMFSensor(config).stages()]
        keep = (*keep, "lengths", "firmware")
        off = tuple(name for name in (*names, "as_built") if name not in keep)
        config = config.model_copy(update={"stages_off": off})
    return EMFSensor(config)


def column(sensor: EMFSensor, name: str) -> int:
    return [channel.name for channel in sensor.channels].index(name)


def only(**angles: float) -> AxisTolerances:
    return replace(AxisTolerances(0.0, 0.0, 0.0, 0.0, 0.0), **angles)


# --- the ideal reading


def test_features_are_those_of_the_waveform() -> None:
    """Field of known phasors, sampled, and read by rms, Goertzel and the ellipse of its phasors."""
    sensor, world = emf(), LineWorld(n=1)
    phasors_ut = 1e6 * world.field_t
    t_s = np.arange(int(RATE_HZ)) / RATE_HZ
    turn = np.exp(2j * np.pi * 60.0 * np.outer(HARMONICS, t_s))
    wave_ut = np.sqrt(2.0) * np.real(np.einsum("ha,ht->ta", phasors_ut, turn))
    found = np.array([[goertzel(axis, RATE_HZ, 60.0 * h) for axis in wave_ut.T] for h in HARMONICS])
    ideal = sensor.respond(world)[0]
    rms_ut = np.sqrt(np.mean(wave_ut**2, axis=0))
    np.testing.assert_allclose(ideal[:3], rms_ut, rtol=1e-9)
    assert ideal[3] == pytest.approx(np.linalg.norm(rms_ut))
    tones_ut = np.linalg.norm(found, axis=1)
    np.testing.assert_allclose(ideal[4:11], tones_ut, rtol=1e-9)
    shown = tones_ut[0] ** 2 / (tones_ut[0] ** 2 + 0.5**2)
    share_pct = 100.0 * np.linalg.norm(tones_ut[1:]) / tones_ut[0]
    assert ideal[column(sensor, "thd_pct")] == pytest.approx(shown * share_pct)
    ellipse = polarisation_ellipse(found[0])
    assert ideal[column(sensor, "ellipticity")] == pytest.approx(shown * float(ellipse.ellipticity))


def test_a_dead_line_has_no_distortion_and_no_ellipse() -> None:
    ideal = emf().respond(LineWorld(n=3, field_t=np.zeros((7, 3), np.complex128)))
    np.testing.assert_array_equal(ideal[:, :12], 0.0)
    assert ideal[0, column(emf(), "ellipticity")] == 0.0


def test_what_a_dead_line_cannot_tell_neither_shows_nor_spoils_the_trust() -> None:
    sensor, dead = emf(age_days=30.0), LineWorld(n=2000, field_t=np.zeros((7, 3), np.complex128))
    block = readings(sensor, [dead])
    assert np.nanmax(block.reading[:, column(sensor, "thd_pct")]) < 1.0
    assert np.nanmax(block.reading[:, column(sensor, "ellipticity")]) < 0.01
    assert np.nanmax(np.abs(block.reading[:, column(sensor, "mains_hz")] - 60.0)) < 0.005
    assert np.median(block.confidence) > 0.95
    assert block.confidence[block.confidence > 0.0].min() > 0.8
    assert not (block.status & Status.AT_LIMIT).any()


def test_shares_are_halved_at_the_least_fundamental_and_whole_far_above() -> None:
    sensor, hz = emf(), 60.06
    for fundamental_ut, shown in ((0.5, 0.5), (50.0, 1.0)):
        size = fundamental_ut / np.linalg.norm(np.abs(TURNING))
        world = LineWorld(n=1, field_t=line_field(size * TURNING))
        world.mains_hz = lambda: np.full(1, hz)  # type: ignore[method-assign]
        ideal = sensor.respond(world)[0]
        assert ideal[column(sensor, "mains_hz")] == pytest.approx(60.0 + shown * 0.06, abs=1e-5)
        assert ideal[column(sensor, "thd_pct")] == pytest.approx(shown * 7.854, rel=1e-3)
        found = float(polarisation_ellipse(1e6 * world.field_t[0]).ellipticity)
        assert ideal[column(sensor, "ellipticity")] == pytest.approx(shown * found, rel=1e-3)
        turned_off = readings(emf(keep=()), [world])
        np.testing.assert_allclose(turned_off.reading[0], ideal, rtol=1e-9)


def test_bands_frequency_and_electric_field_are_those_of_the_world() -> None:
    sensor = emf()
    world = LineWorld(n=1, radio_nt=(0.2, 0.3, 0.4, 9.0))
    ideal = sensor.respond(world)[0]
    assert ideal[12:15] == pytest.approx([0.2, 0.3, 0.4])
    assert ideal[column(sensor, "mains_hz")] == pytest.approx(60.0)
    assert ideal[column(sensor, "electric_v_m")] == pytest.approx(
        np.linalg.norm(world.electric_v_m((0, 0, 6)))
    )


def test_a_circle_has_the_ellipticity_one() -> None:
    circle = line_field(np.array([5.0, 0.0, 5.0j]))
    assert emf().respond(LineWorld(n=1, field_t=circle))[0, 15] == pytest.approx(50.0 / 50.25)  # faded by 0.5


def test_a_device_that_faces_east_has_an_eastern_field_ahead() -> None:
    world = LineWorld(n=1, field_t=line_field(np.array([7.0, 0.0, 0.0])) * (np.arange(7) == 0)[:, None])
    assert emf(heading_deg=90.0).respond(world)[0, :3] == pytest.approx([0.0, 7.0, 0.0], abs=1e-12)
    assert emf().respond(world)[0, :3] == pytest.approx([7.0, 0.0, 0.0], abs=1e-12)


def test_the_mock_world_can_be_read() -> None:
    ideal = emf().respond(create_mock_environment_state(magnetic_t=(3e-6, 0.0, 4e-6)))
    np.testing.assert_allclose(ideal[:, column(emf(), "fundamental_ut")], 5.0)


# --- this unit's axes


def test_turning_about_a_vector_follows_rodrigues() -> None:
    np.testing.assert_allclose(
        rotation(np.array([0.0, 0.0, np.pi / 2])) @ [1.0, 0.0, 0.0], [0, 1, 0], atol=1e-15
    )
    vector = np.array([0.3, -0.5, 0.2])
    turn = rotation(vector)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-15)
    np.testing.assert_allclose(turn @ vector, vector)
    assert np.trace(turn) == pytest.approx(1.0 + 2.0 * math.cos(np.linalg.norm(vector)))
    np.testing.assert_array_equal(rotation(np.zeros(3)), np.eye(3))


def test_a_wrong_mounting_leaves_every_resultant() -> None:
    # V-EM-6
    overrides = {"calibration.gain_spread": 0.0, "mounting.cross_axis": 0.0, "passband.tolerance": 0.0}
    sensor = emf(keep=("as_built",), overrides=overrides)
    block = readings(sensor, [LineWorld(n=2)])
    assert np.abs(block.reading[:, :3] - block.ideal[:, :3]).max() > 0.1
    np.testing.assert_allclose(block.reading[:, 3:], block.ideal[:, 3:], rtol=1e-9, atol=1e-12)


def test_installers_miss_the_heading_as_stated() -> None:
    units, passband = 2000, Passband(20.0, 2e4)
    sigma = only(tilt_rad=math.radians(3.0), azimuth_rad=math.radians(10.0))
    rng = np.random.default_rng(3)
    ahead = np.array([draw_axes(facing_axes(0.0), passband, sigma, rng).axes[1] for _ in range(units)])
    missed_deg = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 1]))
    expected = math.hypot(3.0, 10.0)
    assert missed_deg.std() == pytest.approx(expected, rel=5 / math.sqrt(2 * units) + 0.01)
    assert np.degrees(np.arcsin(ahead[:, 2])).std() == pytest.approx(3.0, rel=5 / math.sqrt(2 * units) + 0.01)


def test_axes_hear_each_other_as_stated() -> None:
    units, rng = 1000, np.random.default_rng(4)
    drawn = [
        draw_axes(np.eye(3), Passband(20.0, 2e4), only(cross_axis=0.01, gain=0.02), rng) for _ in range(units)
    ]
    axes = np.array([unit.axes for unit in drawn])
    off = axes[:, ~np.eye(3, dtype=bool)]
    assert off.std() == pytest.approx(0.01, rel=5 / math.sqrt(2 * off.size))
    gains = np.diagonal(axes, axis1=1, axis2=2)
    assert gains.std() == pytest.approx(0.02, rel=5 / math.sqrt(2 * gains.size))


def test_the_pass_band_halves_power_at_its_corners() -> None:
    gain = np.abs(Passband(20.0, 20e3).response([2.0, 20.0, 600.0, 20e3, 200e3]))[:, 0]
    assert gain == pytest.approx([0.01, math.sqrt(0.5), 1.0, math.sqrt(0.5), 0.01], rel=1e-3)


def test_a_corner_of_its_own_bends_the_response_to_low_harmonics_most() -> None:
    nominal = Passband(20.0, 20e3)
    unit = draw_axes(np.eye(3), nominal, only(corner=0.05), np.random.default_rng(1))
    error = np.abs(np.abs(unit.response(nominal, np.array([60.0, 180.0, 660.0]))[:, 0]) - 1.0)
    assert error[0] > 10.0 * error[1] > 0.0
    assert error[0] < 2.0 * 4.0 * 0.05 / 81.0  # slope of a second-order corner, four sigma


# --- noise


def quiet(n: int) -> LineWorld:
    return LineWorld(n=n, field_t=np.zeros((7, 3), np.complex128))


def test_noise_is_that_of_sampled_white_noise() -> None:
    """Rms and tone of 1 s of sampled noise on three axes, against the closed law, at two signals."""
    windows, rate_hz, density_ut = 1500, 1440.0, 0.01
    n = int(rate_hz)
    rng = np.random.default_rng(5)
    cosine = np.cos(2.0 * np.pi * 120.0 / rate_hz * np.arange(n))
    sine = np.sin(2.0 * np.pi * 120.0 / rate_hz * np.arange(n))
    sigma = density_ut * math.sqrt(0.5 * rate_hz)
    square = np.zeros(windows)
    for axis_ut in (0.02, 0.0, 0.0):
        wave = sigma * rng.standard_normal((windows, n)) + math.sqrt(2.0) * axis_ut * cosine
        square += 2.0 / n**2 * ((wave @ cosine) ** 2 + (wave @ sine) ** 2)
    sampled = np.sqrt(square)

    overrides = {"flicker.corner": 0.0, "converter.bits": 40.0}
    field_t = np.zeros((7, 3), np.complex128)
    field_t[1, 0] = 0.02e-6
    law = readings(emf(keep=("noise",), overrides=overrides), [LineWorld(n=6000, field_t=field_t)]).reading[
        :, 5
    ]
    error = 5.0 * sampled.std() * math.sqrt(1 / windows + 1 / 6000)
    assert law.mean() == pytest.approx(sampled.mean(), abs=error)
    assert law.std() == pytest.approx(sampled.std(), rel=5.0 * math.sqrt(0.5 / windows + 0.5 / 6000))


def test_a_silent_axis_reads_the_noise_of_its_band() -> None:
    n = 2000
    overrides = {"flicker.corner": 0.0, "converter.bits": 40.0}
    y = readings(emf(keep=("noise",), overrides=overrides), [quiet(n)]).reading
    expected_ut = 0.01 * math.sqrt(2000.0 - 20.0)
    mean_square = np.mean(y[:, 0] ** 2)
    assert mean_square == pytest.approx(expected_ut**2, rel=5.0 * math.sqrt(1.0 / 1980.0 / n))
    tone_square = np.mean(y[:, 5] ** 2)  # three axes, two parts each: chi squared of six
    assert tone_square == pytest.approx(3.0 * 0.01**2, rel=5.0 * math.sqrt(2.0 / 6.0 / n) + 0.002)


def test_in_a_strong_field_noise_scatters_as_the_channel_says() -> None:
    n = 4000
    sensor = emf(keep=("noise",), overrides={"modem.added": [0.0, 0.0, 0.0]})
    strong = LineWorld(n=n, field_t=line_field(200.0 * TURNING), radio_nt=(50.0, 50.0, 50.0, 0.0))
    y = readings(sensor, [strong]).reading
    sigma = np.array([channel.noise_sigma for channel in sensor.channels])
    for index in (*range(11), 12, 13, 14, 17):
        assert y[:, index].std() == pytest.approx(sigma[index], rel=5.0 / math.sqrt(2 * n) + 0.003)
    fundamental_ut = y[:, 4].mean()
    assert y[:, 16].std() == pytest.approx(sigma[16] / fundamental_ut, rel=5.0 / math.sqrt(2 * n))


def test_low_frequencies_are_noisier_and_a_coil_more_so() -> None:
    device, coil = emf()._noise_law, emf(COIL)._noise_law
    assert device.density(10.0) / device.density(1e5) == pytest.approx(math.sqrt(2.0), rel=0.01)
    assert coil.density(60.0) / coil.density(120.0) == pytest.approx(2.0, rel=0.01)
    johnson_v, area_m2 = 5e-9, 1.0  # amplifier and turns area of the part's note
    assert coil.density(60.0) == pytest.approx(1e6 * johnson_v / (2 * math.pi * 60.0 * area_m2), rel=0.02)


def test_bands_see_what_the_axes_noise_would_hide() -> None:
    n = 200
    calm, arc = (
        readings(emf(), [LineWorld(n=n, radio_nt=level)]).reading
        for level in ((0.2, 0.05, 0.02, 0.0), (0.9, 1.6, 2.1, 0.0))
    )
    assert np.all(np.median(arc[:, 12:15], axis=0) > 2.0 * np.median(calm[:, 12:15], axis=0))


# --- surroundings, age, limits


def test_gain_follows_the_body_and_not_the_air() -> None:
    sensor = emf(keep=("gain",), overrides={"calibration.element_spread": [0.0] * 4})
    same = readings(sensor, [LineWorld(n=1, air=258.15, body=293.15)])
    np.testing.assert_allclose(same.reading, same.ideal, rtol=1e-12)
    warm = LineWorld(n=1, air=293.15, body=323.15, radio_nt=(1.0, 1.0, 1.0, 0.0))
    share = []
    for seed in range(300):
        block = readings(sensor, [warm], seed)
        share.append(block.reading[0] / block.ideal[0] - 1.0)
    spread = np.std(share, axis=0)
    assert spread[4] == pytest.approx(30.0 * 5e-4, rel=5 / math.sqrt(600))
    assert spread[12] == pytest.approx(30.0 * 1e-3, rel=5 / math.sqrt(600))
    np.testing.assert_allclose(np.array(share)[:, :11].T, np.tile(np.array(share)[:, 4], (11, 1)), atol=1e-9)
    assert np.abs(np.array(share)[:, [11, 15]]).max() < 1e-3  # shares of one element hardly move


def test_an_offset_joins_the_axes_in_quadrature_and_leaves_the_tones() -> None:
    sensor, world = emf(keep=("offset",)), LineWorld(n=1, body=323.15)
    lifts = []
    for seed in range(300):
        block = readings(sensor, [world], seed)
        lifts.append(np.mean(block.reading[0, :3] ** 2 - block.ideal[0, :3] ** 2))
        np.testing.assert_array_equal(block.reading[0, 4:11], block.ideal[0, 4:11])
    mean_square = 0.05**2 + (30.0 * 0.02) ** 2
    assert np.mean(lifts) == pytest.approx(mean_square, rel=5.0 * math.sqrt(2.0 / 900))


def test_features_of_one_element_age_together() -> None:
    sensor = emf(keep=("drift",), age_days=365.25)
    ratio = []
    for seed in range(200):
        block = readings(sensor, [LineWorld(n=1, radio_nt=(1.0, 1.0, 1.0, 0.0))], seed)
        ratio.append(np.log(block.reading[0] / block.ideal[0]))
    ln_gain = np.array(ratio)
    np.testing.assert_allclose(ln_gain[:, :11].T, np.tile(ln_gain[:, 0], (11, 1)), atol=1e-9)
    assert ln_gain[:, 0].std() == pytest.approx(2.6e-4 * math.sqrt(365.25), rel=5 / math.sqrt(400))
    assert abs(np.corrcoef(ln_gain[:, 0], ln_gain[:, 12])[0, 1]) < 5 / math.sqrt(200)
    calibrated = emf(keep=("drift",), age_days=365.25, calibrated_at_days=(365.25,))
    block = readings(calibrated, [LineWorld(n=1)])
    np.testing.assert_allclose(block.reading, block.ideal, rtol=1e-5)


def test_own_electronics_add_a_few_nanotesla_at_the_mains() -> None:
    sensor = emf(keep=("interference",))
    read = np.array([readings(sensor, [quiet(1)], seed).reading[0] for seed in range(200)])
    tone_ut = read[:, 4]
    assert 0.001 <= tone_ut.min() < tone_ut.max() <= 0.003
    np.testing.assert_allclose(np.linalg.norm(read[:, :3], axis=1), tone_ut)


@pytest.mark.parametrize("dt_s", [0.5, 1.0, 7.0, 60.0])
def test_the_modem_is_heard_for_its_share_of_the_time_and_flagged(dt_s: float) -> None:
    n = round(840.0 / dt_s)
    sensor = emf(keep=("noise",), interval_s=dt_s)
    block = readings(sensor, [LineWorld(n=n, dt_s=dt_s)])
    mean_square = np.mean(block.reading[:, 14] ** 2)
    own_noise = (1.1e-4) ** 2 * 60e3
    assert mean_square == pytest.approx(0.3**2 * 2.0 / 60.0 + own_noise, rel=0.05)
    disturbed = (block.status & Status.DISTURBED) > 0
    assert disturbed.mean() == pytest.approx(max(2.0, dt_s) / 60.0, abs=dt_s / 60.0)
    assert disturbed[0]


def test_a_field_beyond_the_limit_is_cut_and_flagged() -> None:
    strong = np.zeros((7, 3), np.complex128)
    strong[0, 0] = 300e-6 / math.sqrt(2.0)
    sensor = emf(keep=("saturation", "digital"), overrides={"saturation.curvature": 0.0})
    block = readings(sensor, [LineWorld(n=2, field_t=strong)])
    x_ut, fundamental_ut, h3_ut = block.reading[0, [0, 4, 6]]
    assert x_ut == pytest.approx(clipped_sine_rms(300.0, 200.0), abs=0.01)
    assert fundamental_ut == pytest.approx(clipped_sine_harmonic(300.0, 200.0, 1) / math.sqrt(2.0), abs=0.001)
    third = abs(clipped_sine_harmonic(300.0, 200.0, 3)) / math.sqrt(2.0)
    assert h3_ut == pytest.approx(third, abs=0.001)
    assert np.all(block.status & Status.AT_LIMIT)
    below = readings(sensor, [LineWorld(n=2)])
    np.testing.assert_allclose(below.reading[:, :3], below.ideal[:, :3], atol=0.004)
    assert not np.any(below.status & Status.AT_LIMIT)


def test_an_axis_bends_most_at_half_the_limit_as_stated() -> None:
    half = np.zeros((7, 3), np.complex128)
    half[0, 0] = 100e-6
    sensor = emf(keep=("saturation",))
    bent = [
        readings(sensor, [LineWorld(n=1, field_t=half)], seed).reading[0, 0] - 100.0 for seed in range(300)
    ]
    assert np.std(bent) == pytest.approx(0.0005 * 200.0, rel=5.0 / math.sqrt(600))


def test_the_budget_holds_what_units_of_an_age_show() -> None:
    world, age_days = LineWorld(n=1, radio_nt=(5.0, 5.0, 5.0, 0.0)), 1461.0
    sensor = emf(
        overrides={"mounting.tilt": 0.0, "mounting.azimuth": 0.0, "fault.up": 0.0}, age_days=age_days
    )
    blocks = [readings(sensor, [world], seed) for seed in range(300)]
    error = np.array([(block.reading - block.ideal)[0] for block in blocks])
    for index, told in ((4, 0.05), (6, 0.05), (15, 0.05), (12, 0.2)):
        within = np.abs(error[:, index]) <= sensor.values.numbers("accuracy.absolute", "reading", 18)[
            index
        ] + (told * blocks[0].ideal[0, index])
        assert np.mean(within) >= blocks[0].confidence[0] - 5.0 * 0.5 / math.sqrt(300)


def test_slopes_of_the_firmware_are_its_derivatives() -> None:
    firmware = next(stage for stage in emf().stages() if isinstance(stage, Firmware))
    x = np.full((1, 18), 0.3)
    x[0, [4, 15, 16]] = 0.8, 0.2, 60.1
    slope = firmware.slope(x, None)  # type: ignore[arg-type]
    for index in (4, 15, 16, 17):
        up = x.copy()
        up[0, index] += 1e-6
        ends = [firmware.apply(y, None, None, None)[0][0, index] for y in (x, up)]  # type: ignore[arg-type]
        assert slope[0, index] == pytest.approx((ends[1] - ends[0]) / 1e-6, rel=1e-4)


def test_errors_of_the_ellipse_and_of_age_count_in_the_grade() -> None:
    weak = LineWorld(n=20, body=293.15, field_t=line_field(0.1 * TURNING))
    sure, vague = (
        readings(emf(keep=("noise",), overrides={"white.density": density}), [weak]).confidence.mean()
        for density in (1.0, 60.0)
    )
    assert sure > 0.99 > 0.7 > vague
    old, new = (readings(emf(keep=("gain", "drift"), age_days=age), [weak]) for age in (3650.0, 0.0))
    assert new.quality.mean() == pytest.approx(1.0, abs=1e-3)
    expected = 0.01 / math.hypot(0.01, 2.6e-4 * math.sqrt(3650.0))
    assert old.quality.mean() == pytest.approx(expected, rel=0.1)


# --- faults, settings, contract


@pytest.mark.parametrize("kind", ["stuck", "drifted", "disconnected", "saturated"])
def test_a_fault_is_visible_while_it_lasts(kind: str) -> None:
    n = 4000
    world = LineWorld(n=n)
    quirk = {"fault.up": 0.0}
    fault = Fault(kind=kind, begin_s=100.0, end_s=3900.0)
    y = readings(emf(overrides=quirk, faults=(fault.model_dump(),)), [world]).reading
    healthy = readings(emf(overrides=quirk), [world]).reading
    np.testing.assert_array_equal(y[:100], healthy[:100])
    np.testing.assert_array_equal(y[3900:], healthy[3900:])
    during = y[3800:3900, 0]
    if kind == "disconnected":
        assert np.isnan(during).all()
    elif kind == "stuck":
        assert np.ptp(during) == 0.0
    elif kind == "saturated":
        assert np.all(during == 200.0)
    else:
        assert np.mean(during - healthy[3800:3900, 0]) == pytest.approx(10.0 * 0.9, abs=0.1)


def test_a_new_sensor_in_an_ordinary_field_keeps_its_accuracy() -> None:
    for part in (DEVICE, COIL):
        block = readings(emf(part), [LineWorld(n=300, body=293.15)])
        straight = {"mounting.tilt": 0.0, "mounting.azimuth": 0.0}
        hung_well = readings(emf(part, overrides=straight), [LineWorld(n=300, body=293.15)])
        assert np.nanmean(hung_well.confidence) > 0.6
        assert np.nanmean(block.confidence) < np.nanmean(hung_well.confidence)
        old = readings(emf(part, age_days=3650.0), [LineWorld(n=300, body=313.15)])
        assert np.nanmean(old.quality) < np.nanmean(block.quality) <= 1.0


def test_wrong_settings_are_named() -> None:
    with pytest.raises(ConfigError, match="nominal_hz"):
        emf(nominal_hz=55)
    with pytest.raises(ConfigError, match="emf_sensor/tf_emf_pwr1"):
        emf("barometer/bmp388")
    with pytest.raises(UnknownNameError, match="spider"):
        emf(faults=({"kind": "spider"},))


@long_series
def test_the_sensor_keeps_the_contract() -> None:
    config = EMFConfig(sensor_id="emf_sensor", sensor_type="emf_sensor", part=DEVICE)
    busy = busy_world()
    names = ("n", "air", "humidity", "pressure", "wind", "gas", "sun", "rain", "body", "fields", "moves")
    moving = {name: getattr(busy, name) for name in names}
    check_sensor(EMFSensor, config, LineWorld(radio_nt=(0.3, 0.2, 0.1, 0.0), **moving))
