"""Harmonic phasors of a three-phase line: orders, rotation, load spectrum, exciting current, read-out.

A phasor of order h is rms against the voltage of its own phase, v = sqrt(2) V cos(w t):
i = sqrt(2) Re(I_h exp(j h w t)). A cosine-like current (in phase with the peak of the voltage) is real and
positive. Axis `harmonic` always runs over `HARMONICS`.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Phasors = npt.NDArray[np.complex128]

HARMONICS: Final = (1, 2, 3, 5, 7, 9, 11)
ORDERS: Final = np.array(HARMONICS, dtype=np.float64)

# Current of a residential feeder over its fundamental, by HARMONICS; all peak with the voltage, as rectifiers
# draw. Inside the 5-20 % of total demand distortion that [IEEE519] allows (from memory). Values: assumed
RESIDENTIAL: Final = np.array([1.0, 0.0, 0.06, 0.04, 0.025, 0.012, 0.010])
DISTORTION_SPREAD: Final = (
    0.15  # standard deviation of a harmonic around its mean, in and out of phase: assumed
)
DISTORTION_MEMORY_S: Final = 1800.0  # correlation time of that: assumed

EXCITING_FRACTION: Final = 0.01  # of rated current at 1 pu, 0.5-2 %: assumed
EXCITING_POWER: Final = 10.0  # of the voltage, 8-12: assumed
_EXCITING_SPECTRUM: Final = np.array([1.0, 0.0, 0.40, 0.15, 0.05, 0.0, 0.0])  # h3 30-50, h5 10-25 %: assumed
# all orders peak with the flux, a quarter period after the voltage
EXCITING_PHASORS: Final = _EXCITING_SPECTRUM * np.exp(-0.5j * np.pi * ORDERS)
HIGHEST_PU: Final = 1.4  # voltage where the power law of the exciting current is held: assumed
SATURATED_ANGLE_RAD: Final = np.pi / 3.0  # half width of the current pulses of a biased core: assumed


def phase_rotation(orders: npt.ArrayLike = ORDERS) -> Phasors:
    """Factor from own-phase phasors to a common reference, (harmonic, phase), phases a, b, c.

    Phase k runs k thirds of a period late, so order 3 stands alike in all phases (it adds in the neutral)
    and order 5 turns backwards.
    """
    late = np.arange(3) / 3.0
    return np.asarray(np.exp(-2j * np.pi * np.asarray(orders, np.float64)[:, None] * late))


def residual(phasors: Phasors) -> Phasors:
    """Sum over the phases (last axis) in a common reference: what returns in neutral and earth."""
    return np.asarray(phasors[..., 0] + phasors[..., 1] + phasors[..., 2])


def symmetrical_components(phasors: Phasors) -> Phasors:
    """Zero, positive and negative sequence of the fundamental, (..., 3) of (..., phase a, b, c)."""
    turn = np.exp(2j * np.pi / 3.0)
    matrix = np.array([[1.0, 1.0, 1.0], [1.0, turn, turn**2], [1.0, turn**2, turn]]) / 3.0
    return np.asarray(phasors @ matrix.T)


def exciting_excess(voltage_pu: npt.ArrayLike) -> Floats:
    """Exciting current above that at 1 pu over rated current, shape of the voltage [1].

    Grows as V^10 up to `HIGHEST_PU`; below 1 pu there is none, since the load's own spectrum holds the normal
    exciting current. Times `EXCITING_PHASORS` it gives the harmonics.
    """
    pu = np.clip(np.asarray(voltage_pu, np.float64), 1.0, HIGHEST_PU)
    return np.asarray(EXCITING_FRACTION * (pu**EXCITING_POWER - 1.0))


def saturation_excess(saturation: npt.ArrayLike) -> Phasors:
    """Exciting current of a core biased to one side over rated current, less the normal, (..., harmonic) [1].

    The excess flows in one pulse a period at the flux peak, (cos - cos(width))+, so even orders appear.

    Args:
        saturation: exciting current over its normal value, fundamental; below 1 counts as 1.
    """
    size = EXCITING_FRACTION * (np.maximum(np.asarray(saturation, np.float64), 1.0) - 1.0)
    pulse = np.array([pulse_coefficient(order, SATURATED_ANGLE_RAD) for order in HARMONICS])
    return np.asarray(size[..., None] * (pulse / pulse[0]) * np.exp(-0.5j * np.pi * ORDERS))


def pulse_coefficient(order: int, angle_rad: npt.ArrayLike) -> Floats:
    """Cosine coefficient of the pulse train (cos x - cos a)+ of unit period 2 pi, shape of `angle_rad` [1].

    (2/pi) times the integral of (cos x - cos a) cos(n x) from 0 to a; for order 0 the mean.
    """
    a = np.asarray(angle_rad, dtype=np.float64)
    sine, cosine = np.sin(a), np.cos(a)
    if order == 0:
        return np.asarray((sine - a * cosine) / np.pi)
    if order == 1:
        return np.asarray((a - sine * cosine) / np.pi)
    low, high = order - 1, order + 1
    sidebands = 0.5 * (np.sin(low * a) / low + np.sin(high * a) / high)
    return np.asarray(2.0 / np.pi * (sidebands - cosine * np.sin(order * a) / order))


def tone_phasors(
    samples: npt.ArrayLike, rate_hz: float, mains_hz: float, orders: tuple[int, ...] = HARMONICS
) -> Phasors:
    """Rms phasors of the harmonics in a waveform, (harmonic,), unit of the samples.

    One bin of the Fourier sum for each order, which is what Goertzel's recurrence gives; exact over whole
    periods. The reference is a cosine that starts with the first sample.

    Raises:
        ValueError: if an order lies at or above half the sampling rate.
    """
    values = np.asarray(samples, dtype=np.float64)
    if max(orders) * mains_hz >= 0.5 * rate_hz:
        raise ValueError(f"order {max(orders)} of {mains_hz} Hz needs more than {rate_hz} samples a second")
    angle = 2.0 * np.pi * mains_hz / rate_hz * np.arange(values.size)
    bins = [np.sum(values * np.exp(-1j * order * angle)) for order in orders]
    return np.asarray(np.sqrt(2.0) / values.size * np.array(bins))
