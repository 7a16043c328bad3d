"""Sound of the whole world: one cause at its level and place, one draw, and waveforms of the same law."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.physics.sound import acoustics as ac
from envirosense.physics.sound.sound_ambient import thunder_shares
from envirosense.physics.sound.sound_waveform import band_energy_of
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.sound import SoundScape
from envirosense.pole.fields.sound_ambience import SILENCE_DB
from envirosense.pole.fields.sound_parts import delayed
from envirosense.pole.site import Site
from envirosense.scenarios import Discharge, Forcing, Noise, Tank

NIGHT = datetime(2018, 1, 10, 8, tzinfo=UTC)
DEVICE = (0.0, 1.2, 9.3)
CALM = {"wind_m_s": 1.0, "ghi_w_m2": 0.0, "air_c": 5.0}


@dataclass(frozen=True)
class Strokes:
    time_s: np.ndarray
    x_m: np.ndarray
    y_m: np.ndarray
    peak_current_ka: np.ndarray


def inputs(make_world, *forcings, n=60, dt_s=1.0, rain_mm_h=0.0, has_transformer=False, **columns):
    site = Site(has_transformer=has_transformer)
    world = make_world(n=n, dt_s=dt_s, start=NIGHT, site=site, **(CALM | columns))
    air = replace(
        world.atmosphere, weather=replace(world.atmosphere.weather, rain_mm_h=np.full(n, rain_mm_h))
    )
    return WorldInputs(site, air, world.current_a, forcings, 7)


def arc(n=60, kind="arc", power_w=5.0, at=(0.0, 0.0, 9.3), name="spot", pulses_per_s=2000.0):
    spot = Discharge(name, at, kind, np.full(n, power_w), np.full(n, pulses_per_s), 1e-9)
    return Forcing(discharges=(spot,))


def mean_db(field, at=DEVICE):
    return ac.db_of_energy(ac.energy_of_db(field.sound_mean_level_db(at)).mean(axis=0))


def test_levels_are_finite_and_never_below_silence(make_world):
    field = SoundScape(inputs(make_world))
    assert field.sound_level_db(DEVICE).shape == (60, 12)
    assert np.all(np.isfinite(field.sound_level_db(DEVICE)))
    assert np.all(field.sound_mean_level_db(DEVICE) >= SILENCE_DB)
    assert np.all(field.mains_modulation(DEVICE) == 0.0)


def test_ultrasound_of_an_arc_falls_with_spreading_and_absorption(make_world):
    given = inputs(make_world, arc(power_w=250.0, at=(0.0, 0.0, 500.0)))
    weather = given.atmosphere.weather
    field = SoundScape(given)
    near, far = (mean_db(field, (0.0, r, 500.0))[10] for r in (1.0, 10.0))
    air = weather.air_k.mean(), weather.relative_humidity.mean(), weather.pressure_pa.mean()
    lost = 9.0 * float(ac.absorption_db_m(40e3, *air))
    assert near - far == pytest.approx(20.0 + lost, abs=0.5)


def test_efficiency_is_drawn_by_name_within_its_range(make_world):
    def level(name):
        field = SoundScape(inputs(make_world, arc(power_w=10e3, at=(0.0, 1.2, 500.0), name=name)))
        return mean_db(field, (0.0, 2.2, 500.0))[10]

    levels = [level(name) for name in ("a", "b", "c", "a")]
    assert levels[0] == levels[3]
    assert len({*levels}) == 3
    # 10 kW at 1e-5 to 1e-3 is 110 to 130 dB; 11 of spreading, 12.4 for the band, up to 2 of absorption
    assert all(84.5 < x < 107.5 for x in levels)


def test_a_cause_moves_no_other_draw(make_world):
    quiet = SoundScape(inputs(make_world))
    loud = SoundScape(inputs(make_world, arc(at=(0.0, 900.0, 9.0), power_w=1e-6)))
    np.testing.assert_allclose(quiet.sound_level_db(DEVICE), loud.sound_level_db(DEVICE), atol=1e-4)


def test_two_microphones_share_the_draw(make_world):
    field = SoundScape(inputs(make_world))
    here, there = DEVICE, (0.3, 1.2, 9.3)
    departures = [field.sound_level_db(at) - field.sound_mean_level_db(at) for at in (here, there)]
    np.testing.assert_allclose(departures[0], departures[1], atol=1e-9)
    again = SoundScape(inputs(make_world))
    again.sound_level_db(there)
    assert np.array_equal(again.sound_level_db(here), field.sound_level_db(here))


@pytest.mark.parametrize("dt_s", [0.1, 1.0, 60.0])
def test_spread_of_a_band_follows_bandwidth_times_tick(make_world, dt_s):
    """Variance of drawn over mean energy is 1 / (B dt) in quiet noise, n = 600 ticks."""
    n = 600
    field = SoundScape(inputs(make_world, n=n, dt_s=dt_s))
    ratio = ac.energy_of_db(field.sound_level_db(DEVICE) - field.sound_mean_level_db(DEVICE))
    lines = ac.BANDS.width_hz * dt_s
    assert np.all(np.abs(ratio.mean(axis=0) - 1.0) < 5.0 / np.sqrt(lines * n) + 1e-3)
    assert np.all(np.abs(ratio.var(axis=0) * lines - 1.0) < 5.0 * np.sqrt((2.0 + 12.0 / lines) / n))


@pytest.mark.parametrize(
    ("kind", "share"), [("arc", (0.49, 1.0)), ("surface", (0.19, 0.61)), ("corona", (0.0, 0.0))]
)
def test_modulation_at_twice_the_mains_tells_the_kinds_apart(make_world, kind, share):
    field = SoundScape(inputs(make_world, arc(kind=kind, power_w=100.0)))
    locked = field.mains_modulation(DEVICE)[:, 10]
    assert np.all((locked >= share[0]) & (locked <= share[1]))


def test_a_discharge_in_a_housing_is_twenty_decibels_down(make_world):
    levels = [
        mean_db(SoundScape(inputs(make_world, arc(kind=k, power_w=1e4))))[10] for k in ("gap", "internal")
    ]
    assert levels[0] - levels[1] == pytest.approx(20.0, abs=0.01)


def test_sparse_pulses_spread_the_level(make_world):
    """Variance 2 / (rate tick) of clicks above that of noise, n = 4000."""
    n, rate = 4000, 10.0
    field = SoundScape(inputs(make_world, arc(n=n, power_w=1e3, pulses_per_s=rate, kind="surface"), n=n))
    ratio = ac.energy_of_db(field.sound_level_db(DEVICE) - field.sound_mean_level_db(DEVICE))[:, 9]
    expected = 2.0 / rate
    assert ratio.var() == pytest.approx(expected, rel=5.0 * np.sqrt((2.0 + 12.0 * expected) / n) + 0.01)


def test_the_transformer_hums_and_saturation_raises_it(make_world):
    off, on = (mean_db(SoundScape(inputs(make_world, has_transformer=h))) for h in (False, True))
    assert on[1] - off[1] > 3.0
    np.testing.assert_allclose(on[4:], off[4:], atol=1e-9)
    fault = Forcing(tanks=(Tank(saturation=np.full(60, 4.0)),))
    sick = mean_db(SoundScape(inputs(make_world, fault, has_transformer=True)))
    assert sick[2] - on[2] > 3.0
    assert sick[1] == pytest.approx(on[1], abs=0.1)


def test_rain_and_wind_are_heard(make_world):
    calm = mean_db(SoundScape(inputs(make_world)))
    rain = SoundScape(inputs(make_world, rain_mm_h=10.0))
    assert ac.a_weighted_db(ac.energy_of_db(mean_db(rain))) == pytest.approx(63.0, abs=0.3)
    windy = mean_db(SoundScape(inputs(make_world, wind_m_s=8.0)))
    assert np.all((windy - calm)[:10] > 3.0)


def test_thunder_arrives_after_its_distance(make_world):
    given = inputs(make_world, n=120)
    one = Strokes(np.array([10.0]), np.array([3000.0]), np.array([4000.0]), np.array([-31.0]))
    field = SoundScape(given, one)
    rise = field.sound_mean_level_db(DEVICE)[:, 1] - SoundScape(given).sound_mean_level_db(DEVICE)[:, 1]
    delay_s = np.hypot(3000.0, 4000.0) / float(ac.sound_speed_m_s(given.atmosphere.weather.air_k.mean()))
    first = np.flatnonzero(rise > 0.5)[0]
    assert first == int(10.0 + delay_s)
    # it falls by 20 dB in 10 s
    weather = given.atmosphere.weather
    air = weather.air_k[first], weather.relative_humidity[first], weather.pressure_pa[first]
    low, high = (edge[1] for edge in ac.band_absorption(*air))
    since_s = first + 1.5 - 10.0 - delay_s
    expected_db = 120.0 - 25.0 * np.log10(5.0) + ac.db_of_energy(thunder_shares()[1]) - 2.0 * since_s
    expected_db += float(ac.db_of_energy(ac.band_transmission(5000.0, low, high)))
    assert field.sound_mean_level_db(DEVICE)[first + 1, 1] == pytest.approx(expected_db, abs=0.1)
    none = Strokes(*(np.zeros(0) for _ in range(4)))
    assert np.array_equal(
        SoundScape(given, none).sound_level_db(DEVICE), SoundScape(given).sound_level_db(DEVICE)
    )


def test_a_far_noise_arrives_late_with_its_level(make_world):
    levels = np.full((60, 12), -100.0)
    levels[20:, 4] = 150.0
    bang = Forcing(noises=(Noise("mower", (0.0, 2001.2, 9.3), levels),))
    field = SoundScape(inputs(make_world, bang))
    octave = field.sound_mean_level_db(DEVICE)[:, 4]
    assert np.flatnonzero(octave > octave[0] + 20.0)[0] in (25, 26)  # 2 km at 334 m/s
    given = inputs(make_world, bang)
    weather = given.atmosphere.weather
    alpha = ac.absorption_db_m(
        1000.0, weather.air_k[50], weather.relative_humidity[50], weather.pressure_pa[50]
    )
    expected = 150.0 - 11.0 - 66.0 - 2000.0 * float(alpha) + 10.0 * np.log10(1.5)
    assert octave[50] == pytest.approx(expected, abs=0.5)


def test_delays_keep_the_sum():
    series = np.concatenate([np.zeros(5), [1.0, 3.0], np.zeros(20)])
    late = delayed(series, 3.7, 1.0)
    assert late.sum() == pytest.approx(4.0)
    assert (late * np.arange(27)).sum() == pytest.approx((series * np.arange(27)).sum() + 4.0 * 3.7)


def test_waveforms_have_the_law_of_the_levels(make_world):
    """Windows of one tick: energy over the mean, mean 1 and variance that of the levels; n = 200 windows."""
    n, rate_hz = 200, 24_000.0
    given = inputs(
        make_world, arc(n=n, kind="surface", pulses_per_s=300.0, power_w=1.0),
        n=n, dt_s=0.25, rain_mm_h=2.0, has_transformer=True,
    )  # fmt: skip
    field = SoundScape(given)
    mean = ac.energy_of_db(field.sound_mean_level_db(DEVICE))[:, 1:8]
    heard = field._reception(DEVICE)
    clicks = heard.mean_energy - heard.steady
    spread = heard.steady**2 / heard.steady_shape + clicks**2 / heard.click_shape
    relative = (spread / heard.mean_energy**2)[:, 1:8]
    waves = [field.sound_pa(DEVICE, 0.25 * k, 0.25, rate_hz) / ac.REFERENCE_PA for k in range(n)]
    ratio = np.array([band_energy_of(wave, rate_hz)[1:8] for wave in waves]) / mean
    variance = relative.mean(axis=0)
    assert np.all(np.abs(ratio.mean(axis=0) - 1.0) < 5.0 * np.sqrt(variance / n))
    assert np.all(np.abs(ratio.var(axis=0) / variance - 1.0) < 5.0 * np.sqrt((2.0 + 12.0 * variance) / n))


def test_a_rare_bang_does_not_silence_the_tick_after_it(make_world):
    """Sound takes a thousandth of a tick to arrive, so the next tick's mean holds a trace of the bang."""
    power_w = np.zeros(60)
    power_w[20] = 1e5
    loud = SoundScape(inputs(make_world, arc(kind="arc", power_w=power_w, pulses_per_s=np.full(60, 0.01))))
    quiet = SoundScape(inputs(make_world, Forcing()))
    with_bang, without = (scape.sound_level_db(DEVICE) for scape in (loud, quiet))
    assert with_bang[20].max() > without[20].max() + 20.0
    assert np.all(with_bang >= without - 1e-9)


def test_a_window_over_several_ticks_follows_their_levels(make_world):
    levels = np.full((60, 12), -100.0)
    levels[11, 5] = 110.0  # one loud second
    field = SoundScape(inputs(make_world, Forcing(noises=(Noise("saw", (0.0, 3.0, 9.3), levels),))))
    rate_hz = 24_000.0
    wave = field.sound_pa(DEVICE, 10.0, 3.0, rate_hz) / ac.REFERENCE_PA
    got = [ac.db_of_energy(band_energy_of(part, rate_hz)[5]) for part in wave.reshape(3, -1)]
    expected = field.sound_mean_level_db(DEVICE)[10:13, 5]
    # 1409 lines: 0.12 dB of chance each; the fades let 0.3 % of the loud second into its neighbours
    assert got[1] == pytest.approx(expected[1], abs=0.7)
    assert got[0] < got[1] - 20.0
    assert got[2] < got[1] - 20.0
    assert np.array_equal(wave, field.sound_pa(DEVICE, 10.0, 3.0, rate_hz) / ac.REFERENCE_PA)


def test_clicks_reach_two_points_at_their_distances(make_world):
    at = (0.0, 0.0, 400.0)
    field = SoundScape(inputs(make_world, arc(kind="gap", power_w=1e4, pulses_per_s=30.0, at=at)))
    rate_hz = 48_000.0
    here, there = (field.sound_pa((0.0, r, 400.0), 5.0, 0.5, rate_hz) for r in (1.0, 4.33))
    lag = np.argmax(np.fft.irfft(np.fft.rfft(there) * np.conj(np.fft.rfft(here))))
    speed = float(ac.sound_speed_m_s(field._inputs.atmosphere.weather.air_k.mean()))
    assert lag == pytest.approx(3.33 / speed * rate_hz, abs=2.0)


@pytest.mark.parametrize(
    "window", [(-1.0, 1.0, 1e3), (59.5, 1.0, 1e3), (0.0, 0.0, 1e3), (0.0, 1.0, 0.0), (0.0, 61.0, 1e3)]
)
def test_impossible_windows_are_refused(make_world, window):
    field = SoundScape(inputs(make_world, n=60))
    with pytest.raises(ConfigError, match="window"):
        field.sound_pa(DEVICE, *window)


def test_nothing_is_heard_underground(make_world):
    field = SoundScape(inputs(make_world))
    for ask in (field.sound_level_db, field.sound_mean_level_db, field.mains_modulation):
        with pytest.raises(ConfigError, match="ground"):
            ask((0.0, 0.0, -0.1))
    with pytest.raises(ConfigError, match="ground"):
        field.sound_pa((0.0, float("nan"), 1.0), 0.0, 1.0, 1e3)


@pytest.mark.parametrize("bad", [np.zeros((60, 3)), np.full((60, 12), np.nan), np.full((60, 12), 900.0)])
def test_noises_need_a_level_per_tick_and_band(make_world, bad):
    with pytest.raises(ConfigError, match="mower"):
        SoundScape(inputs(make_world, Forcing(noises=(Noise("mower", DEVICE, bad),))))


@pytest.mark.parametrize("bad", [{"power_w": -1.0}, {"pulses_per_s": float("nan")}, {"n": 59}])
def test_discharges_need_a_power_and_a_rate_per_tick(make_world, bad):
    with pytest.raises(ConfigError, match="spot"):
        SoundScape(inputs(make_world, arc(**bad)))
