"""A blow on the pole: half-sine push, ring-down of its modes, and the pulse where it lands.

Damping is left out during the blow and acts from its end on: exact while damping x omega x duration << 1.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from envirosense.physics.motion.vibration import VIBRATION_BANDS_HZ

type Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Blow:
    """A blow as the modes of one axis feel it; arrays (mode,)."""

    at_s: float
    duration_s: float
    omega: Array  # natural [rad/s]
    damping: Array
    impulse: Array  # modal, shape at the blow times N s

    def __post_init__(self) -> None:
        """Refuse a blow without length."""
        if not self.duration_s > 0.0:
            raise ValueError(f"duration_s={self.duration_s!r}: a blow must last longer than zero")


def peak_force_n(impulse_n_s: float, duration_s: float) -> float:
    """Peak of a half sine of this impulse [N]: pi J / (2 tau)."""
    return float(np.pi * impulse_n_s / (2.0 * duration_s))


def half_sine_gain(omega: Array, duration_s: float) -> Array:
    """Spectrum of a half sine over its impulse, signed, same shape [1]: cos(x/2) / (1 - (x/pi)^2)."""
    x = _off_resonance(np.asarray(omega, dtype=np.float64) * duration_s)
    return np.asarray(np.cos(x / 2.0) / (1.0 - (x / np.pi) ** 2))


def _off_resonance(x: Array) -> Array:
    """Values kept 1e-6 away from pi, where the closed forms read 0/0."""
    return np.where(np.abs(x - np.pi) < 1e-6, np.pi + 1e-6, x)


def ring_down_m_s2(blow: Blow) -> Array:
    """Amplitude of each mode's acceleration as the blow ends, times sqrt(kg), signed, (mode,)."""
    return np.asarray(blow.impulse * blow.omega * half_sine_gain(blow.omega, blow.duration_s))


def modal_acceleration(t_s: Array, blow: Blow) -> Array:
    """Acceleration of each mode, (sample, mode) [m/s2 sqrt(kg)]: during the blow and ringing after it."""
    since_s = (np.asarray(t_s, dtype=np.float64) - blow.at_s)[:, None]
    omega = _off_resonance(blow.omega * blow.duration_s) / blow.duration_s
    push = np.pi / blow.duration_s
    force = np.pi * blow.impulse / (2.0 * blow.duration_s)
    forced = push * (omega * np.sin(omega * since_s) - push * np.sin(push * since_s)) / (omega**2 - push**2)
    after_s = np.maximum(since_s - blow.duration_s, 0.0)
    free = np.sin(omega * (since_s - blow.duration_s / 2.0)) * np.exp(-blow.damping * omega * after_s)
    # the force itself is part of the acceleration while it lasts
    during = force * forced
    rung = -ring_down_m_s2(blow) * free
    return np.where(since_s < 0.0, 0.0, np.where(since_s < blow.duration_s, during, rung))


def ring_energy(edges_s: Array, blow: Blow) -> Array:
    """Mean square acceleration of each mode in each interval, (interval, mode) [m2/s4 kg], after the blow.

    Whole cycles are assumed: A^2/2 exp(-2 zeta w t), integrated exactly. Edges are (interval + 1,) [s].
    """
    since_s = np.maximum(np.asarray(edges_s)[:, None] - blow.at_s - blow.duration_s, 0.0)
    rate = 2.0 * blow.damping * blow.omega
    left = np.exp(-rate * since_s) / rate
    width_s = np.diff(edges_s)[:, None]
    return np.asarray(0.5 * ring_down_m_s2(blow) ** 2 * -np.diff(left, axis=0) / width_s)


def pulse_energy(edges_s: Array, at_s: float, duration_s: float) -> Array:
    """Mean square of a half-sine pulse of unit height in each interval, (interval,) [1], exact."""
    x = np.clip((np.asarray(edges_s) - at_s) / duration_s, 0.0, 1.0)
    done = duration_s * (x / 2.0 - np.sin(2.0 * np.pi * x) / (4.0 * np.pi))
    return np.asarray(np.diff(done) / np.diff(edges_s))


def pulse_band_share(duration_s: float) -> Array:
    """Share of a half-sine pulse's energy in each band, (band,) [1]; some lies below the first."""
    scaled, share = _pulse_table()
    edges = np.array([VIBRATION_BANDS_HZ[0][0], *(high for _, high in VIBRATION_BANDS_HZ)])
    return np.asarray(np.diff(np.interp(edges * duration_s, scaled, share)))


@cache
def _pulse_table() -> tuple[Array, Array]:
    """Share of the energy below f tau."""
    scaled = np.concatenate([[0.0], np.geomspace(1e-4, 1e3, 20_000)])
    density = half_sine_gain(2.0 * np.pi * scaled, 1.0) ** 2
    done = np.concatenate([[0.0], np.cumsum(np.diff(scaled) * (density[1:] + density[:-1]) / 2.0)])
    return scaled, done * 16.0 / np.pi**2  # of the whole, pi^2/16, by Parseval


def bending_wave_per_m(omega: float, stiffness_n_m2: float, mass_kg_m: float) -> float:
    """Wave number of bending waves in a bar [rad/m]: (m w^2 / EI)^(1/4)."""
    return float((mass_kg_m * omega**2 / stiffness_n_m2) ** 0.25)


def contact_acceleration_m_s2(
    impulse_n_s: float,
    duration_s: float,
    stiffness_n_m2: float,
    mass_kg_m: float,
    modal_receptance_per_kg: float,
) -> float:
    """Peak acceleration where a blow lands that the kept modes do not hold [m/s2].

    The push moves half a bending wave of the pole before the rest knows. `modal_receptance_per_kg` is the sum
    of the squared shapes there: modes that already move that mass are not counted twice.
    """
    wave_per_m = bending_wave_per_m(np.pi / duration_s, stiffness_n_m2, mass_kg_m)
    moved_kg = mass_kg_m * np.pi / wave_per_m
    left_out = max(1.0 - modal_receptance_per_kg * moved_kg, 0.0)
    return left_out * peak_force_n(impulse_n_s, duration_s) / moved_kg
