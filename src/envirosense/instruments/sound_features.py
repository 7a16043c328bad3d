"""What a short recording of sound tells: levels, shape of the pressure, lines of its envelope.

Frequencies at and above half the sampling rate are not there, and so is no feature of a band that reaches
beyond it.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.physics.sound.acoustics import BANDS, REFERENCE_PA, a_weighted_db, db_of_energy
from envirosense.physics.sound.sound_waveform import band_energy_of

type Waves = npt.NDArray[np.complex128]

ENVELOPE_LINES_HZ: Final = (60.0, 120.0, 180.0, 240.0)  # first multiples of the mains frequency
ENVELOPE_BANDS: Final = (("audible", 4, 8), ("ultrasonic", 10, 11))  # 1-8 kHz, 35-45 kHz: of BANDS
FLOOR_LINES: Final = 40  # on each side of a line, that make its floor  # assumed
IMPULSE_SIGMAS: Final = 6.0  # of an impulse's peak, by the median of the pressure  # assumed
IMPULSE_APART_S: Final = 1e-3  # peaks closer than this are one impulse  # assumed
IMPULSE_FROM_HZ: Final = 1000.0  # slower sound makes no impulses  # assumed
SEGMENT: Final = 4096  # samples of a segment of the mean spectrum  # assumed
MEDIAN_PER_SIGMA: Final = 0.67449  # of the size of a normal variable
LEAST_ENERGY: Final = 1e-12  # keeps levels of silence finite


def features_of(wave_pa: Array, rate_hz: float) -> dict[str, float]:
    """Features of a sound pressure (sample,), by name.

    Level of each band [dB re 20 uPa] and A-weighted; crest factor [1]; kurtosis of each band and of the whole
    (3 for Gaussian noise); lines of the squared envelope over their floor [1] at multiples of the mains
    frequency; impulses in the recording; spectral centroid [Hz] and flatness [1].
    """
    wave = np.asarray(wave_pa, dtype=np.float64) / REFERENCE_PA
    spectrum = np.fft.rfft(wave - wave.mean())
    heard = [k for k in range(len(BANDS)) if BANDS.high_hz[k] <= 0.5 * rate_hz]
    features = _levels(wave, rate_hz, heard)
    features |= {"crest": crest(wave), "kurtosis": kurtosis(wave)}
    for k in heard:
        band = _band_passed(spectrum, wave.size, rate_hz, BANDS.low_hz[k], BANDS.high_hz[k])
        features[f"kurtosis_{BANDS.names[k]}"] = kurtosis(band.real)
    for name, first, stop in ENVELOPE_BANDS:
        if stop - 1 in heard:
            edges_hz = BANDS.low_hz[first], BANDS.high_hz[stop - 1]
            squared = np.abs(_band_passed(spectrum, wave.size, rate_hz, *edges_hz)) ** 2
            for line_hz, ratio in envelope_lines(squared, rate_hz).items():
                features[f"envelope_{name}_{line_hz:.0f}_hz"] = ratio
    centroid_hz, flatness = spectral_shape(wave, rate_hz)
    fast = _band_passed(spectrum, wave.size, rate_hz, IMPULSE_FROM_HZ, 0.5 * rate_hz).real
    return features | {
        "impulses": float(impulses(fast, rate_hz)),
        "centroid_hz": centroid_hz,
        "flatness": flatness,
    }


def _levels(wave: Array, rate_hz: float, heard: list[int]) -> dict[str, float]:
    energy = np.zeros(len(BANDS))
    energy[heard] = band_energy_of(wave, rate_hz)[heard]
    levels = {f"level_{BANDS.names[k]}_db": float(db_of_energy(max(energy[k], LEAST_ENERGY))) for k in heard}
    return levels | {"level_a_db": float(a_weighted_db(np.maximum(energy, LEAST_ENERGY)))}


def _band_passed(spectrum: Waves, n: int, rate_hz: float, low_hz: float, high_hz: float) -> Waves:
    """Analytic signal of a band, (sample,) complex: the band is its real part, the envelope its size."""
    both = np.zeros(n, dtype=np.complex128)
    first, stop = (int(np.ceil(edge_hz * n / rate_hz - 1e-9)) for edge_hz in (low_hz, high_hz))
    stop = min(stop, (n + 1) // 2)
    both[first:stop] = 2.0 * spectrum[first:stop]
    return np.fft.ifft(both)


def crest(wave: Array) -> float:
    """Greatest size over the root mean square [1]; 0 for silence."""
    rms = float(np.sqrt(np.mean(wave * wave)))
    return float(np.abs(wave).max()) / rms if rms > 0.0 else 0.0


def kurtosis(wave: Array) -> float:
    """Fourth moment over the squared second [1]: 3 for Gaussian noise, 1.5 for a sine; 3 for silence."""
    centred = np.square(wave - wave.mean())
    variance = float(centred.mean())
    return float(np.mean(centred * centred)) / variance**2 if variance > 0.0 else 3.0


def envelope_lines(squared: Array, rate_hz: float) -> dict[float, float]:
    """Amplitude of lines of a squared envelope over that of their surroundings, by frequency [1].

    The floor is the root mean square of the neighbouring lines, other multiples left out; about 1 where
    there is no line. Swelling of amplitude a in noise of bandwidth B over a time T stands
    a / 2 sqrt(B T / (1 + v)) high, v the relative variance of the power that swells.
    """
    n = squared.size
    highest = int(ENVELOPE_LINES_HZ[-1] * n / rate_hz) + FLOOR_LINES + 2
    power = np.abs(np.fft.rfft(squared - squared.mean())[:highest]) ** 2
    places = {hz: round(hz * n / rate_hz) for hz in ENVELOPE_LINES_HZ}
    free = np.ones(power.size, dtype=np.bool_)
    free[0] = False
    for place in places.values():
        free[max(place - 1, 0) : place + 2] = False
    lines = {}
    for hz, place in places.items():
        near = slice(max(place - FLOOR_LINES, 0), place + FLOOR_LINES + 1)
        beside = power[near][free[near]]
        floor = float(beside.mean()) if beside.size else 0.0
        lines[hz] = float(np.sqrt(power[place] / floor)) if floor > 0.0 else 1.0
    return lines


def impulses(wave: Array, rate_hz: float) -> int:
    """Peaks that stand IMPULSE_SIGMAS out of the noise between them."""
    sigma = float(np.median(np.abs(wave))) / MEDIAN_PER_SIGMA
    places = np.flatnonzero(np.abs(wave) > IMPULSE_SIGMAS * sigma) if sigma > 0.0 else np.zeros(0)
    return int(places.size and 1 + np.count_nonzero(np.diff(places) > IMPULSE_APART_S * rate_hz))


def spectral_shape(wave: Array, rate_hz: float) -> tuple[float, float]:
    """Centroid [Hz] and flatness [1] of the mean spectrum from the lowest band to the highest.

    Flatness is the geometric over the arithmetic mean of the lines; that of white noise from K segments is
    exp(digamma(K)) / K, which comes to 1 for many.
    """
    length = min(SEGMENT, wave.size)
    segments = wave[: wave.size // length * length].reshape(-1, length)
    power = np.mean(np.abs(np.fft.rfft(segments * np.hanning(length), axis=1)) ** 2, axis=0)
    frequency_hz = np.fft.rfftfreq(length, 1.0 / rate_hz)
    inside = (frequency_hz >= BANDS.low_hz[0]) & (frequency_hz < min(BANDS.high_hz[-1], 0.5 * rate_hz))
    power, frequency_hz = power[inside] + LEAST_ENERGY, frequency_hz[inside]
    centroid_hz = float((frequency_hz * power).sum() / power.sum())
    return centroid_hz, float(np.exp(np.log(power).mean()) / power.mean())
