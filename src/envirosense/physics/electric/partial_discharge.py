"""Phase-resolved partial discharges: rates, moments, histograms and pulses of a pattern.

Phase 0 is the voltage's rising zero. In each half cycle of a pattern the number of pulses is Poisson, their
phases are truncated normal and their charges Weibull. A tick holds many cycles, so its statistics follow in
closed form; single pulses are drawn only where somebody wants to look at a few cycles.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import erf, gamma, ndtr, ndtri

from envirosense.physics.electric.discharge_patterns import pattern

type Floats = npt.NDArray[np.float64]
type Complexes = npt.NDArray[np.complex128]
type Values = Floats | float

DRY_SURFACE_ACTIVITY: Final = 0.02  # surface discharge of a dirty but dry surface over a wet one # assumed
SURFACE_ONSET_RH: Final = 0.70  # below it surfaces conduct next to nothing # assumed
SURFACE_FULL_RH: Final = 0.95  # above it a dirty surface counts as wet # assumed


@dataclass(frozen=True, slots=True)
class Features:
    """What a phase-resolved histogram tells about its source, all of one shape [1 unless named].

    `asymmetry` is the positive half's share of pulses minus the negative one's. The modulations are the
    size of the pulse rate's line at the mains frequency and at twice it, over the mean rate.
    """

    mean_phase_deg: Floats  # of the doubled circle: place within the half cycle, 0 to 180
    asymmetry: Floats
    charge_asymmetry: Floats
    mains_modulation: Floats
    twice_mains_modulation: Floats


@dataclass(frozen=True, slots=True)
class Pulses:
    """Single pulses in order of time, all (pulse,); the charge carries the sign of its half cycle."""

    time_s: Floats
    phase_deg: Floats  # -180 to 360, before wrapping
    charge_c: Floats


def surface_activity(relative_humidity: Values) -> Floats:
    """Rate of surface discharge over that on a wet surface [1], by relative humidity."""
    span = SURFACE_FULL_RH - SURFACE_ONSET_RH
    wet = np.clip((np.asarray(relative_humidity, dtype=np.float64) - SURFACE_ONSET_RH) / span, 0.0, 1.0)
    return np.asarray(DRY_SURFACE_ACTIVITY ** (1.0 - wet))


def pulses_per_half(kind: str, voltage_ratio: Values, activity: Values = 1.0) -> Floats:
    """Mean pulses of each half cycle, (..., half) [1]: rate (V/Vi)^2 activity, none below inception."""
    source = pattern(kind)
    ratio = np.asarray(voltage_ratio, dtype=np.float64)[..., None]
    mean = source.rate * ratio**2 * np.asarray(activity, dtype=np.float64)[..., None]
    return np.where(ratio >= source.onset, mean, 0.0)


def pulse_rate_per_s(
    kind: str, voltage_ratio: Values, activity: Values = 1.0, mains_hz: Values = 60.0
) -> Floats:
    """Mean pulse rate of a source [1/s] at a voltage over its inception voltage."""
    return np.asarray(pulses_per_half(kind, voltage_ratio, activity).sum(axis=-1) * mains_hz)


def mean_charge_c(kind: str, voltage_ratio: float = 1.0) -> float:
    """Mean size of a pulse of both halves together [C]; what `Discharge.charge_c` means."""
    return float(half_shares(kind, voltage_ratio) @ pattern(kind).charge_c)


def square_charge_factor(kind: str, voltage_ratio: float = 1.0) -> float:
    """Mean square charge over the square of the mean charge [1]; what Campbell's theorem needs."""
    source = pattern(kind)
    within = gamma(1.0 + 2.0 / source.shape) / gamma(1.0 + 1.0 / source.shape) ** 2
    second = half_shares(kind, voltage_ratio) @ (source.charge_c**2 * within)
    return float(second / mean_charge_c(kind, voltage_ratio) ** 2)


def half_shares(kind: str, voltage_ratio: float = 1.0) -> Floats:
    """Share of the pulses in the positive and in the negative half cycle, (half,) [1]."""
    mean = pulses_per_half(kind, voltage_ratio)
    if mean.sum() == 0:
        raise ValueError(f"voltage_ratio {voltage_ratio} is below the inception of {kind!r}")
    return np.asarray(mean / mean.sum())


def phase_line(kind: str, order: int) -> Complexes:
    """Mean of exp(i order phase) in each half cycle, (half,): the truncated normal's closed form."""
    source = pattern(kind)
    centre, spread = np.deg2rad(source.phase_deg), np.deg2rad(source.spread_deg)
    low, high = (np.deg2rad(edge) - centre for edge in (source.low_deg, source.high_deg))
    mass = ndtr(high / spread) - ndtr(low / spread)
    turn = 1j * order * spread
    inside = erf((high / spread - turn) / np.sqrt(2.0)) - erf((low / spread - turn) / np.sqrt(2.0))
    return np.asarray(np.exp(1j * order * centre - (order * spread) ** 2 / 2.0) * inside / (2.0 * mass))


def expected_features(kind: str, voltage_ratio: float = 1.0) -> Features:
    """Features of an endless record of one source, every field a scalar array; closed form."""
    share = half_shares(kind, voltage_ratio)
    charge = share * pattern(kind).charge_c
    return _features(
        share, charge, np.asarray(share @ phase_line(kind, 1)), np.asarray(share @ phase_line(kind, 2))
    )


def expected_histogram(
    kind: str, phase_edges_deg: Floats, charge_edges_c: Floats, voltage_ratio: float = 1.0
) -> Floats:
    """Share of pulses in each cell, (half, phase, charge) [1]; sums to one if the edges hold every pulse.

    Phase edges run from -180 to 360 degrees; the part of a pattern that begins before zero lies there.
    """
    source = pattern(kind)
    z = [(edge - source.phase_deg) / source.spread_deg for edge in (source.low_deg, source.high_deg)]
    at = (phase_edges_deg[None, :] - source.phase_deg[:, None]) / source.spread_deg[:, None]
    inside = np.clip(at, z[0][:, None], z[1][:, None])
    in_phase = np.diff(ndtr(inside), axis=1) / (ndtr(z[1]) - ndtr(z[0]))[:, None]
    scale_c = source.charge_c / gamma(1.0 + 1.0 / source.shape)
    reached = np.maximum(charge_edges_c[None, :], 0.0) / scale_c[:, None]
    in_charge = np.diff(-np.exp(-(reached ** source.shape[:, None])), axis=1)
    share = half_shares(kind, voltage_ratio)
    return np.asarray(share[:, None, None] * in_phase[:, :, None] * in_charge[:, None, :])


def draw_histograms(
    histogram: Floats, pulses_per_s: Floats, dt_s: float, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Pulse counts of each tick, (time, ...cells); independent Poisson cells are exact for Poisson pulses."""
    cells = histogram[None, ...]
    mean = np.reshape(pulses_per_s, (-1,) + (1,) * histogram.ndim) * dt_s * cells
    return np.asarray(rng.poisson(mean))


def histogram_features(counts: npt.ArrayLike, phase_edges_deg: Floats, charge_edges_c: Floats) -> Features:
    """Features of histograms (..., half, phase, charge), fields (...,); zeros where a histogram is empty.

    Cells stand at their middles, which lowers the lines by sinc(width): 1 part in 800 for 5 degrees.
    """
    table = np.asarray(counts, dtype=np.float64)
    total = np.maximum(table.sum(axis=(-3, -2, -1)), 1e-300)
    angle = np.deg2rad(0.5 * (phase_edges_deg[1:] + phase_edges_deg[:-1]))
    middle_c = 0.5 * (charge_edges_c[1:] + charge_edges_c[:-1])
    by_phase = table.sum(axis=(-3, -1)) / total[..., None]
    share = table.sum(axis=(-2, -1)) / total[..., None]
    charge = (table.sum(axis=-2) @ middle_c) / total[..., None]
    first, second = (np.asarray(by_phase @ np.exp(1j * n * angle), dtype=np.complex128) for n in (1, 2))
    return _features(share, charge, first, second)


def list_pulses(
    kind: str,
    n_cycles: int,
    rng: np.random.Generator,
    voltage_ratio: float = 1.0,
    activity: float = 1.0,
    mains_hz: float = 60.0,
) -> Pulses:
    """Every pulse of a window of cycles that begins at a rising zero of the voltage."""
    if n_cycles < 1:
        raise ValueError(f"n_cycles must be at least 1, not {n_cycles}")
    source = pattern(kind)
    number = rng.poisson(pulses_per_half(kind, voltage_ratio, activity), size=(n_cycles, 2))
    cycle, half = (np.repeat(index, number.ravel()) for index in np.indices((n_cycles, 2)).reshape(2, -1))
    low, high = ((e - source.phase_deg) / source.spread_deg for e in (source.low_deg, source.high_deg))
    place = ndtr(low)[half] + rng.random(half.size) * (ndtr(high) - ndtr(low))[half]
    phase_deg = source.phase_deg[half] + source.spread_deg[half] * ndtri(place)
    scale_c = source.charge_c / gamma(1.0 + 1.0 / source.shape)
    charge_c = np.where(half == 0, 1.0, -1.0) * scale_c[half] * rng.weibull(source.shape[half])
    time_s = (cycle + phase_deg / 360.0) / mains_hz
    order = np.argsort(time_s, kind="stable")
    return Pulses(time_s[order], phase_deg[order], charge_c[order])


def discharge_power_w(kind: str, pulses_per_s: Values, charge_c: Values, voltage_v: Values) -> Floats:
    """Mean electrical power of pulses [W]: rate times charge times the mean voltage at which they occur.

    `voltage_v` is rms; a pulse before its half cycle's zero counts against the rest.
    """
    positive, negative = np.imag(phase_line(kind, 1))
    share = half_shares(kind, 2.0)
    mean_sine = float(share[0] * positive - share[1] * negative)
    return np.asarray(np.asarray(pulses_per_s) * charge_c * voltage_v * np.sqrt(2.0) * mean_sine)


def _features(share: Floats, charge: Floats, first: Complexes, second: Complexes) -> Features:
    phase_deg = np.rad2deg(np.angle(second)) / 2.0 % 180.0
    size = np.maximum(charge.sum(axis=-1), 1e-300)
    return Features(
        np.asarray(phase_deg),
        np.asarray(share[..., 0] - share[..., 1]),
        np.asarray((charge[..., 0] - charge[..., 1]) / size),
        np.asarray(np.abs(first)),
        np.asarray(np.abs(second)),
    )
