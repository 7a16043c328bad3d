"""Swing of a line's spans in the wind: static blow-out that follows gusts, and resonance on top.

A sagging span swings about the chord between its supports like a rigid pendulum. Gusts slower than the span
move it quasi-statically; at its own frequency it rings, with the air's damping.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import GRAVITY_M_S2
from envirosense.physics.motion.sway_kernels import lagged, oscillator_recurrence

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

DRAG: Final = 1.0  # coefficient of a stranded conductor, 0.9-1.2 (from memory)
STILL_DAMPING: Final = 0.005  # of critical, without wind: assumed
DECAY: Final = 10.0  # of the coherence of gusts along the span, 7-16 [Davenport1961] (from memory)


@dataclass(frozen=True, slots=True)
class Span:
    """One conductor between two poles; the sag is a number or (time,)."""

    length_m: float
    sag_m: Values
    mass_kg_m: float
    diameter_m: float

    @property
    def swing_hz(self) -> Floats:
        """Frequency of the swing, w^2 = 5 g / (4 sag), shape of the sag: a rigid parabola, exact."""
        return np.asarray(np.sqrt(1.25 * GRAVITY_M_S2 / np.asarray(self.sag_m)) / (2.0 * np.pi))


def blow_out_m(span: Span, force_n_m: npt.ArrayLike) -> Floats:
    """Displacement of the middle of the span across the line, shape of the force [m], sign of the force."""
    weight_n_m = span.mass_kg_m * GRAVITY_M_S2
    ratio = np.asarray(force_n_m, dtype=np.float64) / weight_n_m
    return np.asarray(span.sag_m * ratio / np.sqrt(1.0 + ratio**2))


def drag_n_m(span: Span, wind_m_s: Floats, across_m_s: Floats, air_kg_m3: npt.ArrayLike) -> Floats:
    """Force of the wind per metre across the line, (time,) [N/m]; `wind_m_s` is the horizontal speed."""
    return np.asarray(0.5 * np.asarray(air_kg_m3) * DRAG * span.diameter_m * wind_m_s * across_m_s)


def swing_damping(span: Span, wind_m_s: Values, air_kg_m3: Values = 1.2) -> Floats:
    """Damping of the swing over critical, broadcast shape: the air's, rho Cd d U / (2 m w), and its own.

    At most 0.9, so that it still swings.
    """
    aerodynamic = np.asarray(air_kg_m3) * DRAG * span.diameter_m * wind_m_s / (2.0 * span.mass_kg_m)
    return np.asarray(np.minimum(aerodynamic / (2.0 * np.pi * span.swing_hz) + STILL_DAMPING, 0.9))


def resonant_sigma_m(
    span: Span, static_m: Floats, wind_m_s: Floats, gust_psd_m2_s: npt.ArrayLike, damping: Values
) -> Floats:
    """Standard deviation of the ringing at the middle of the span, shape of `wind_m_s` [m].

    White-noise response of a light oscillator, sigma^2 = pi f S(f) / (4 damping), with the density of the
    static displacement (2 y / U)^2 S_u(f) and the joint acceptance of gusts along the span.

    Args:
        span: the conductor.
        static_m: blow-out in the mean wind.
        wind_m_s: mean wind, above zero.
        gust_psd_m2_s: one-sided density of the gusts along the wind at the swing's frequency [m2/s].
        damping: over critical.
    """
    x = DECAY * span.swing_hz * span.length_m / wind_m_s
    acceptance = 2.0 * (x + np.expm1(-x)) / x**2  # of an exponential coherence, exact
    density = (2.0 * static_m / wind_m_s) ** 2 * np.asarray(gust_psd_m2_s) * acceptance
    return np.asarray(np.sqrt(np.pi * span.swing_hz * density / (4.0 * damping)))


def gust_following(values: Floats, dt_s: float, span: Span, wind_m_s: Values) -> Floats:
    """A force over the ticks as the whole span feels it, (time,): gusts shorter than the span average out.

    Lag of half the time that the wind, a number or (time,), takes along the span (assumed).
    """
    lag_s = 0.5 * span.length_m / np.maximum(wind_m_s, 1.0)
    keep = np.ascontiguousarray(np.broadcast_to(np.exp(-dt_s / lag_s), values.shape))
    return np.asarray(lagged(np.ascontiguousarray(values, np.float64), keep))


def unit_ringing(normals: Floats, dt_s: float, hz: Values, damping: Values, start: Floats) -> Floats:
    """Positions of oscillators in white noise with unit variance, (..., time) [1], by the exact update.

    Frequency and damping are numbers or (time,) and hold over each tick; the path up to a tick knows nothing
    of later ones.

    Args:
        normals: (..., time, 2) independent standard normals, an oscillator in each row.
        dt_s: tick; any length, also over several periods.
        hz: undamped frequency.
        damping: over critical, below 1.
        start: position and velocity over angular frequency one tick before, (..., 2); N(0, 1) for a
            stationary path.
    """
    if not (np.min(damping) > 0.0 and np.max(damping) < 1.0):
        raise ValueError(f"damping {damping}: give values between 0 and 1")
    step = _propagator(dt_s, *np.broadcast_arrays(np.atleast_1d(hz), damping))
    kick = np.linalg.cholesky(np.eye(2) - step @ np.swapaxes(step, 1, 2))
    draws = np.ascontiguousarray(normals, dtype=np.float64)
    if step.shape[0] not in (1, draws.shape[-2]):
        raise ValueError(f"hz and damping have {step.shape[0]} values: give one, or one per tick")
    starts = np.asarray(start, np.float64).reshape(-1, 2)
    rows = zip(draws.reshape(-1, *draws.shape[-2:]), starts, strict=True)
    paths = [oscillator_recurrence(row, step, kick, first) for row, first in rows]
    return np.reshape(paths, draws.shape[:-1])


def ring_down_m(since_s: npt.ArrayLike, velocity_m_s: float, hz: float, damping: float) -> Floats:
    """Displacement after a sudden velocity, shape of `since_s` [m]; 0 before it."""
    age_s = np.asarray(since_s, dtype=np.float64)
    angular = 2.0 * np.pi * hz
    own = angular * np.sqrt(1.0 - damping**2)
    swing = np.exp(-damping * angular * np.maximum(age_s, 0.0)) * np.sin(own * age_s) * velocity_m_s / own
    return np.asarray(np.where(age_s > 0.0, swing, 0.0))


def slope_at_support(span: Span, middle_m: npt.ArrayLike) -> Floats:
    """Slope with which a swung span leaves its support, shape of `middle_m`: 4 y / length of a parabola."""
    return np.asarray(4.0 / span.length_m * np.asarray(middle_m, dtype=np.float64))


def _propagator(dt_s: float, hz: Floats, damping: Floats) -> Floats:
    """Matrix exponential of a damped oscillator over a tick, (n, 2, 2): position, velocity over w."""
    angular, beta = 2.0 * np.pi * hz * dt_s, np.sqrt(1.0 - damping**2)
    decay = np.exp(-damping * angular)
    sine, cosine = np.sin(beta * angular) / beta, np.cos(beta * angular)
    rows = [[cosine + damping * sine, sine], [-sine, cosine - damping * sine]]
    return np.ascontiguousarray(np.moveaxis(decay * np.array(rows), -1, 0))
