import math

import numpy as np
import pytest

from envirosense.instruments import sound_features as sf
from envirosense.physics.sound.acoustics import BANDS, REFERENCE_PA, a_weighted_db, energy_of_db
from envirosense.physics.sound.sound_energy import modulation_spread
from envirosense.physics.sound.sound_waveform import hiss

RATE_HZ = 192e3
N = 96_000  # half a second


def gaussian(seed: int = 1, n: int = N) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(n)


def swelling(seed: int = 1, n: int = N) -> np.ndarray:
    return gaussian(seed, n) * (1.0 + np.sin(2.0 * np.pi * 120.0 * np.arange(n) / RATE_HZ))


def sine(hz: float, level_db: float, n: int = N) -> np.ndarray:
    amplitude_pa = math.sqrt(2.0) * REFERENCE_PA * 10.0 ** (level_db / 20.0)
    return amplitude_pa * np.sin(2.0 * np.pi * hz * np.arange(n) / RATE_HZ)


def test_a_tone_has_its_level_in_its_band_and_weighted() -> None:
    features = sf.features_of(sine(1000.0, 94.0), RATE_HZ)
    assert features["level_1000_hz_db"] == pytest.approx(94.0, abs=1e-6)
    assert features["level_a_db"] == pytest.approx(94.0, abs=1e-3)
    assert features["level_35_45_khz_db"] < 0.0
    assert features["crest"] == pytest.approx(math.sqrt(2.0), rel=1e-4)
    assert features["kurtosis"] == pytest.approx(1.5, rel=1e-6)
    assert features["centroid_hz"] == pytest.approx(1000.0, abs=2.0 * RATE_HZ / sf.SEGMENT)
    assert features["flatness"] < 1e-3


def test_band_levels_are_those_of_the_noise_they_are_made_of() -> None:
    levels_db = np.array([45.0, 43.0, 40.0, 38.0, 36.0, 33.0, 30.0, 26.0, 35.0, 42.0, 50.0, 41.0])
    wave_pa = REFERENCE_PA * hiss(energy_of_db(levels_db), N, RATE_HZ, np.random.default_rng(3))
    features = sf.features_of(wave_pa, RATE_HZ)
    for k, name in enumerate(BANDS.names):
        bound_db = 5.0 * 4.343 / math.sqrt(BANDS.width_hz[k] * N / RATE_HZ)  # Gamma law of B T lines
        assert features[f"level_{name}_db"] == pytest.approx(levels_db[k], abs=bound_db)
    heard = np.array([features[f"level_{name}_db"] for name in BANDS.names])
    assert features["level_a_db"] == pytest.approx(float(a_weighted_db(energy_of_db(heard))))


def test_swelling_noise_has_the_kurtosis_of_the_closed_form() -> None:
    n = 192_000
    # variance of the estimate by the delta method: moments of order 6 and 8 are 64.2 and 1043
    bound = 5.0 * math.sqrt(305.0 / n)
    assert sf.kurtosis(swelling(n=n)) == pytest.approx(3.0 * 4.375 / 1.5**2, abs=bound)
    assert sf.kurtosis(gaussian(n=n)) == pytest.approx(3.0, abs=5.0 * math.sqrt(24.0 / n))


@pytest.mark.parametrize(("band", "first", "stop"), sf.ENVELOPE_BANDS)
def test_envelope_lines_stand_where_the_power_swells(band: str, first: int, stop: int) -> None:
    duration_s = N / RATE_HZ
    width_hz = BANDS.high_hz[stop - 1] - BANDS.low_hz[first]
    height = math.sqrt(width_hz * duration_s / (1.0 + float(modulation_spread(1.0))))
    features = sf.features_of(swelling(), RATE_HZ)
    # lines of relative amplitude 4/3 and 1/3; chance of a line is that of its floor, of the floor 1 in 12
    for hz, amplitude in ((120, 4.0 / 3.0), (240, 1.0 / 3.0)):
        expected = 0.5 * amplitude * height
        found = features[f"envelope_{band}_{hz}_hz"]
        assert found == pytest.approx(
            expected, abs=5.0 * (1.0 + expected / math.sqrt(2 * 4 * sf.FLOOR_LINES))
        )
        assert found > 6.0
    for hz in (60, 180):
        assert features[f"envelope_{band}_{hz}_hz"] < 4.0  # Rayleigh: exp(-16) by chance


def test_steady_noise_has_no_envelope_lines() -> None:
    features = sf.features_of(gaussian(), RATE_HZ)
    lines = [value for name, value in features.items() if name.startswith("envelope")]
    assert len(lines) == 8
    assert max(lines) < 4.0


def test_reference_heights_of_the_envelope_lines_come_out() -> None:
    # the reference measured 179 and 45 times the floor: 4 to 1, each floor known to 1 in 2 sqrt(80)
    lines = sf.envelope_lines(swelling(n=768_000) ** 2, RATE_HZ)
    assert lines[120.0] / lines[240.0] == pytest.approx(4.0, rel=5.0 * math.sqrt(2.0 / (8 * sf.FLOOR_LINES)))
    assert lines[120.0] > 100.0
    assert max(lines[60.0], lines[180.0]) < 4.0


def test_clicks_are_counted_and_noise_is_not() -> None:
    wave = gaussian()
    assert sf.features_of(wave, RATE_HZ)["impulses"] == 0
    places = np.arange(7) * 12_000 + 5_000
    wave[places] += 60.0
    wave[places + 20] -= 50.0  # within a millisecond: the same click
    features = sf.features_of(wave, RATE_HZ)
    assert features["impulses"] == 7
    assert features["kurtosis"] > 4.0
    assert features["crest"] > 40.0


def test_white_noise_is_flat_and_centred() -> None:
    features = sf.features_of(gaussian(), RATE_HZ)
    k = N // sf.SEGMENT
    expected = math.exp(-1.0 / (2 * k))  # digamma(k) - ln k to first order
    assert features["flatness"] == pytest.approx(expected, abs=0.02)
    assert features["centroid_hz"] == pytest.approx(0.5 * BANDS.high_hz[-1], rel=0.02)


def test_a_slow_recording_has_no_ultrasound() -> None:
    features = sf.features_of(gaussian(n=24_000), 48e3)
    assert "level_8000_hz_db" in features
    assert not [name for name in features if "khz" in name or "ultrasonic" in name]


def test_silence_has_finite_features() -> None:
    features = sf.features_of(np.zeros(N), RATE_HZ)
    assert np.isfinite(list(features.values())).all()
    assert features["impulses"] == 0
