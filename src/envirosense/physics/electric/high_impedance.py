"""High-impedance fault: a conductor on a surface that hardly conducts, as two biased diodes.

i = (v - Vp)/Rp above Vp, (v + Vn)/Rn below -Vn, else nothing [Emanuel1990]. The arc's voltages and the
ground's resistances differ between the half periods and wander, which makes even orders and flicker. Every
coefficient has a closed form, so no waveform is needed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.air.airflow import ou_path
from envirosense.physics.electric.harmonics import HARMONICS, pulse_coefficient

type Floats = npt.NDArray[np.float64]
type Phasors = npt.NDArray[np.complex128]

WANDER_SIGMA: Final = 0.10  # standard deviation of ln of each parameter, 0.05-0.15: assumed
WANDER_MEMORY_S: Final = 2.0  # correlation time of that: assumed
ASYMMETRY: Final = 0.05  # half difference of the two half periods over their mean: assumed
BUILD_UP_PERIODS: Final = 20.0  # to reach 95 %, 10-30: assumed


@dataclass(frozen=True, slots=True)
class Surface:
    """What a fallen 12.5 kV conductor draws."""

    current_a: float  # rms
    onset: float  # arc voltage over the peak of the phase voltage


# Currents as widely reprinted from the tutorial [PSRC1996] (from memory); onset voltages: assumed
SURFACES: Final = {
    "dry_asphalt": Surface(0.0, 0.8),
    "dry_concrete": Surface(0.0, 0.8),
    "dry_sand": Surface(0.0, 0.8),
    "wet_sand": Surface(15.0, 0.6),
    "dry_sod": Surface(20.0, 0.5),
    "dry_grass": Surface(25.0, 0.5),
    "wet_sod": Surface(40.0, 0.4),
    "wet_grass": Surface(50.0, 0.4),
    "reinforced_concrete": Surface(75.0, 0.3),
}


@dataclass(frozen=True, slots=True)
class TwoDiodes:
    """Fault path; each field is a number or (time,). `positive` and `negative` are the half periods."""

    positive_v: Floats | float  # voltage that has to be exceeded
    negative_v: Floats | float
    positive_ohm: Floats | float
    negative_ohm: Floats | float


@dataclass(frozen=True, slots=True)
class FaultCurrent:
    """Current of a fault, (time, ...) or (...)."""

    phasors_a: Phasors  # (..., harmonic), rms, against the voltage of the phase; real, for it peaks with it
    rms_a: Floats  # of the whole waveform, all orders and the mean
    mean_a: Floats  # direct current
    conduction_deg: Floats  # of a period of 360


def fault_current(path: TwoDiodes, peak_v: npt.ArrayLike) -> FaultCurrent:
    """Current of a fault at a voltage, by closed form.

    Args:
        path: the two half periods.
        peak_v: peak of the phase voltage, a number or (time,); at or below the onset nothing flows.
    """
    peak = np.asarray(peak_v, dtype=np.float64)
    _check(path, peak)
    halves = [(path.positive_v, path.positive_ohm), (path.negative_v, path.negative_ohm)]
    angles = [np.arccos(np.minimum(onset / np.maximum(peak, 1e-300), 1.0)) for onset, _ in halves]
    peaks_a = [peak / ohm for _, ohm in halves]
    plus, minus = (
        np.stack([scale * pulse_coefficient(h, a) for h in (0, *HARMONICS)], axis=-1)
        for scale, a in zip(peaks_a, angles, strict=True)
    )
    sign = np.array([(-1.0) ** h for h in (0, *HARMONICS)])
    series = plus - sign * minus
    square = sum(s**2 * _mean_square(a) for s, a in zip(peaks_a, angles, strict=True))
    return FaultCurrent(
        np.asarray(series[..., 1:] / np.sqrt(2.0) + 0j),
        np.asarray(np.sqrt(square)),
        np.asarray(series[..., 0]),
        np.degrees(2.0 * (angles[0] + angles[1])),
    )


def resistance_for(rms_a: float, onset: float, peak_v: float) -> float:
    """Resistance of both half periods that makes a fault draw a current, closed form [ohm].

    Args:
        rms_a: current wanted, above zero.
        onset: onset voltage over the peak, 0..1.
        peak_v: peak of the phase voltage.
    """
    if not (rms_a > 0.0 and 0.0 <= onset < 1.0 and peak_v > 0.0):
        raise ValueError(f"no path draws {rms_a} A with its onset at {onset} of {peak_v} V")
    return float(peak_v / rms_a * np.sqrt(2.0 * _mean_square(np.arccos(onset))))


def wandering_path(
    surface: Surface,
    peak_v: float,
    n: int,
    dt_s: float,
    rng: np.random.Generator,
    sigma: float = WANDER_SIGMA,
) -> TwoDiodes:
    """Fault path on a surface over time, each field (time,).

    Four independent lognormal walks (Ornstein-Uhlenbeck in the logarithm, median at the surface's values and
    a fixed asymmetry); onsets stay below 95 % of the peak, so the fault keeps burning.

    Raises:
        ValueError: for a surface that draws nothing.
    """
    ohm = resistance_for(surface.current_a, surface.onset, peak_v)
    starts = rng.standard_normal(4)
    draws = rng.standard_normal((4, n))
    walks = [ou_path(z, dt_s, WANDER_MEMORY_S, start) for z, start in zip(draws, starts, strict=True)]
    factor = np.exp(sigma * np.stack(walks)) * (1.0 + ASYMMETRY * np.array([-1.0, 1.0, -1.0, 1.0]))[:, None]
    onset_v = np.minimum(surface.onset * factor[:2], 0.95) * peak_v
    return TwoDiodes(onset_v[0], onset_v[1], ohm * factor[2], ohm * factor[3])


def build_up(since_s: npt.ArrayLike, mains_hz: float = 60.0, periods: float = BUILD_UP_PERIODS) -> Floats:
    """Current of a young fault over its settled value, shape of `since_s`, 0 before it starts."""
    age_s = np.maximum(np.asarray(since_s, dtype=np.float64), 0.0)
    return np.asarray(-np.expm1(-3.0 * age_s * mains_hz / periods))  # e^-3 is 5 %


def burning_share(n: int, dt_s: float, burning_s: float, pause_s: float, rng: np.random.Generator) -> Floats:
    """Part of each tick in which an intermittent fault burns, (time,), 0..1.

    Burning and pausing alternate for exponential times of these means; the first state is drawn by its share.
    The same draws serve any tick.
    """
    cycle_s = burning_s + pause_s
    starts_burning = bool(rng.random() < burning_s / cycle_s)
    spells_s = (burning_s, pause_s) if starts_burning else (pause_s, burning_s)
    lengths_s = np.empty(0)
    while lengths_s.sum() < n * dt_s:
        more = rng.exponential(1.0, (16 + int(n * dt_s / cycle_s), 2)) * np.array(spells_s)
        lengths_s = np.append(lengths_s, more.ravel())
    burns = np.arange(lengths_s.size) % 2 == (0 if starts_burning else 1)
    at_s = np.append(0.0, np.cumsum(lengths_s))
    burned_s = np.append(0.0, np.cumsum(lengths_s * burns))
    return np.asarray(np.diff(np.interp(dt_s * np.arange(n + 1), at_s, burned_s)) / dt_s)


def _mean_square(angle_rad: Floats | float) -> Floats:
    """Mean over a period of ((cos x - cos a)+)^2, one half period of conduction [1]."""
    a = np.asarray(angle_rad, dtype=np.float64)
    sine, cosine = np.sin(a), np.cos(a)
    return np.asarray((a * (0.5 + cosine**2) - 1.5 * sine * cosine) / np.pi)


def _check(path: TwoDiodes, peak_v: Floats) -> None:
    onsets = np.minimum(np.min(path.positive_v), np.min(path.negative_v))
    ohms = np.minimum(np.min(path.positive_ohm), np.min(path.negative_ohm))
    if onsets < 0.0 or not ohms > 0.0 or np.any(peak_v < 0.0):
        raise ValueError("onset and peak voltages must not be negative and resistances must be above zero")
