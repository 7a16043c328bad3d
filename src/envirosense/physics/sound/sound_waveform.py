"""Pressure over time from band energies: coloured noise, modulated noise, clicks and tones.

Pressures are in units of 20 uPa. A waveform of n samples is periodic in its length T, and every line m / T
inside a band carries the same mean energy, so the energy of a band, summed over its lines, has the mean and
the Gamma law that `sound_energy.gamma_factor` draws from. Between 11.2 and 20 kHz, where no band lies, the
density is the geometric mean of the neighbours'.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.sound.acoustics import BANDS

type Floats = npt.NDArray[np.float64]

MOST_CLICKS_PER_S: Final = 2e5  # more are drawn as that many: by then they are Gaussian noise
_LAST_OCTAVE = 7  # of BANDS; the gap follows


def line_energy(band_energy: Floats, n: int, rate_hz: float) -> Floats:
    """Mean energy of each line of a real transform of n samples, (line,) [1].

    Lines at and above half the sampling rate carry nothing. A band too narrow to hold a line is lost: ask
    for at least 1 / 45 s to hear the octave of 63 Hz.
    """
    low_hz, high_hz, energy = _filled_bands(band_energy)
    first, stop = (np.ceil(edge * (n / rate_hz) - 1e-9).astype(np.intp) for edge in (low_hz, high_hz))
    lines = np.zeros(n // 2 + 1)
    for start, end, total in zip(first, stop, energy, strict=True):
        if end > start:
            lines[start:end] = total / (end - start)
    if n % 2 == 0:
        lines[-1] = 0.0
    return lines


def _filled_bands(band_energy: Floats) -> tuple[Floats, Floats, Floats]:
    """Edges and energies of the bands with the gap above the octaves filled."""
    place = _LAST_OCTAVE + 1
    gap_hz = BANDS.high_hz[_LAST_OCTAVE], BANDS.low_hz[place]
    density = band_energy / BANDS.width_hz
    fill = np.sqrt(density[_LAST_OCTAVE] * density[place]) * (gap_hz[1] - gap_hz[0])
    return (
        np.insert(BANDS.low_hz, place, gap_hz[0]),
        np.insert(BANDS.high_hz, place, gap_hz[1]),
        np.insert(band_energy, place, fill),
    )


def band_energy_of(wave: Floats, rate_hz: float) -> Floats:
    """Energy of a waveform in each band of BANDS, (band,) [1], summed over the lines of its transform."""
    n = wave.size
    power = 2.0 * np.abs(np.fft.rfft(wave)) ** 2 / n**2
    first, stop = (
        np.ceil(edge * (n / rate_hz) - 1e-9).astype(np.intp) for edge in (BANDS.low_hz, BANDS.high_hz)
    )
    return np.array([power[start:end].sum() for start, end in zip(first, stop, strict=True)])


def envelope(t_s: Floats, modulation_hz: float, depth: float) -> Floats:
    """Factor on the pressure, shape of the time [1]: 1 + m sin wt over its rms."""
    factor: Floats = 1.0 + depth * np.sin(2.0 * np.pi * modulation_hz * t_s)
    factor /= np.sqrt(1.0 + 0.5 * depth * depth)
    return factor


def hiss(
    band_energy: Floats,
    n: int,
    rate_hz: float,
    rng: np.random.Generator,
    start_s: float = 0.0,
    modulation_hz: float = 0.0,
    depth: float = 0.0,
) -> Floats:
    """Gaussian noise of given band energies, (sample,) [20 uPa]; the envelope starts at `start_s`.

    Modulation moves energy by its frequency to both sides, out of the lowest bands if it is that wide.
    """
    lines = line_energy(band_energy, n, rate_hz)
    normals = rng.standard_normal((2, lines.size))
    wave: Floats = np.fft.irfft(0.5 * n * np.sqrt(lines) * (normals[0] + 1j * normals[1]), n)
    if depth > 0.0:
        wave *= envelope(start_s + np.arange(n) / rate_hz, modulation_hz, depth)
    return wave


def clicks(
    band_energy: Floats,
    clicks_per_s: float,
    n: int,
    rate_hz: float,
    rng: np.random.Generator,
    start_s: float = 0.0,
    modulation_hz: float = 0.0,
    depth: float = 0.0,
    delay_s: float = 0.0,
) -> Floats:
    """Random clicks of given mean band energies, (sample,) [20 uPa].

    A Poisson process whose rate follows the square of `envelope`. Each click is odd in time like the N-wave
    of a spark [Wright1983], with the source's spectrum in place of the N-wave's own; its energy is
    exponential and its sign random, which keeps lines of the modulation out of the spectrum. A delay shifts
    the same clicks, so two points can be compared.

    Raises:
        ValueError: if there are no clicks to carry the energy.
    """
    if not clicks_per_s > 0.0:
        raise ValueError(f"clicks_per_s must be above zero, not {clicks_per_s}")
    rate_per_s = min(clicks_per_s, MOST_CLICKS_PER_S)
    peak = (1.0 + depth) ** 2 / (1.0 + 0.5 * depth * depth)
    duration_s = n / rate_hz
    t_s = rng.uniform(0.0, duration_s, rng.poisson(rate_per_s * duration_s * peak))
    kept = rng.random(t_s.size) * peak < envelope(start_s + t_s, modulation_hz, depth) ** 2
    t_s = t_s[kept]
    size = np.sqrt(rng.standard_exponential(t_s.size)) * np.where(rng.random(t_s.size) < 0.5, -1.0, 1.0)
    train = np.bincount((t_s * rate_hz).astype(np.intp) % n, weights=size, minlength=n)
    lines = line_energy(band_energy, n, rate_hz)
    gain = n * np.sqrt(0.5 * lines / (rate_per_s * duration_s))
    shift = np.exp(-2j * np.pi * np.arange(lines.size) * (delay_s / duration_s))
    return np.fft.irfft(-1j * gain * shift * np.fft.rfft(train), n)


def tones(frequency_hz: Floats, energy: Floats, phase_rad: Floats, t_s: Floats) -> Floats:
    """Sum of steady tones, (sample,) [20 uPa]."""
    total = np.zeros_like(t_s)
    for f_hz, e, phase in zip(frequency_hz, energy, phase_rad, strict=True):
        total += np.sqrt(2.0 * e) * np.cos(2.0 * np.pi * f_hz * t_s + phase)
    return total
