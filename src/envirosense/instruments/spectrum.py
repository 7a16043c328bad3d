"""Tones in sampled signals, and what clipping does to one."""

import numpy as np
import numpy.typing as npt

from envirosense.instruments.spectrum_kernels import resonance

type Floats = npt.NDArray[np.float64]


def goertzel(samples: npt.ArrayLike, rate_hz: float, frequency_hz: float) -> complex:
    """Rms phasor of one frequency in a signal, unit of the samples; its cosine starts with the first sample.

    Goertzel's recurrence, one multiplication a sample. Over a whole number of periods every other harmonic
    is rejected; over others a tone leaks by up to the inverse of the number of periods.

    Raises:
        ValueError: if there are no samples, or the frequency is not between 0 and half the sampling rate.
    """
    values = np.ascontiguousarray(samples, dtype=np.float64)
    if values.size == 0:
        raise ValueError("goertzel needs at least one sample")
    if not 0.0 < frequency_hz < 0.5 * rate_hz:
        raise ValueError(f"{frequency_hz} Hz must lie between 0 and half of {rate_hz} samples a second")
    angle = 2.0 * np.pi * frequency_hz / rate_hz
    newer, older = resonance(values, 2.0 * np.cos(angle))
    last = newer - older * np.exp(-1j * angle)
    return complex(np.sqrt(2.0) / values.size * last * np.exp(-1j * angle * (values.size - 1)))


def clipped_sine_rms(peak: npt.ArrayLike, limit: float) -> Floats:
    """Rms of a sine of amplitude `peak` cut off at plus and minus `limit`, shape of `peak`, in its unit."""
    amplitude = np.asarray(peak, dtype=np.float64)
    angle = _clipping_angle(amplitude, limit)
    below = np.square(amplitude) * (0.5 * angle - 0.25 * np.sin(2.0 * angle))
    return np.asarray(np.sqrt(2.0 / np.pi * (below + limit**2 * (0.5 * np.pi - angle))))


def clipped_sine_harmonic(peak: npt.ArrayLike, limit: float, order: int) -> Floats:
    """Amplitude of an odd harmonic of a sine cut off at plus and minus `limit`, shape of `peak`, signed.

    From the Fourier series of its derivative, which is A cos(x) where the sine is not cut and 0 elsewhere:
    (2 A / (n pi)) (sin((n - 1) a) / (n - 1) + sin((n + 1) a) / (n + 1)) with sin(a) = limit / A.

    Raises:
        ValueError: if the order is even; a symmetric cut makes none.
    """
    if order % 2 == 0:
        raise ValueError(f"order {order} must be odd")
    amplitude = np.asarray(peak, dtype=np.float64)
    angle = _clipping_angle(amplitude, limit)
    low = angle if order == 1 else np.sin((order - 1) * angle) / (order - 1)
    high = np.sin((order + 1) * angle) / (order + 1)
    return np.asarray(2.0 * amplitude / (order * np.pi) * (low + high))


def _clipping_angle(amplitude: Floats, limit: float) -> Floats:
    """Phase at which a sine reaches the limit; a quarter period where it never does."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.arcsin(np.minimum(limit / np.abs(amplitude), 1.0)))
