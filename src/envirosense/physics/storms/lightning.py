"""Lightning flashes: how many, how strong, how long, and what they do at a distance.

A flash to ground is a leader, one or more return strokes tens of milliseconds apart, and often a continuing
current at its end. A cloud flash is an active stage followed by K changes at like intervals.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import ZERO_CELSIUS_K

type Array = npt.NDArray[np.float64]
type Values = float | Array

FIRST_MEDIAN_KA: Final = 31.0  # peak of first strokes [IEEE1410] (from memory)
FIRST_EXPONENT: Final = 2.6  # [IEEE1410] (from memory)
LATER_MEDIAN_KA: Final = 12.0  # peak of later strokes [IEEE1410] (from memory)
LATER_EXPONENT: Final = 2.7  # [IEEE1410] (from memory)
CLOUD_MEDIAN_KA: Final = 15.0  # of a cloud pulse, as a stroke of equal field: tuned on a 20 dB spread
CLOUD_SHARE: Final = 0.75  # cloud flashes over all, 3 to each flash to ground (from memory)
POSITIVE_SHARE: Final = 0.1  # of flashes to ground (from memory); of cloud flashes: assumed
MEAN_STROKES: Final = 3.5  # geometric, 3 to 4 of a negative flash [RakovUman2003] (from memory)
MEAN_K_CHANGES: Final = 6.0  # of a cloud flash, geometric: assumed
INTERSTROKE_S: Final = 0.060  # geometric mean [RakovUman2003] (from memory)
INTERSTROKE_LN_SIGMA: Final = 0.7  # of ln interval: tuned, see below
K_INTERVAL_S: Final = 0.035  # between K changes of a cloud flash, geometric mean: tuned, see below
LEADER_S: Final = 0.050  # breakdown and leader before the first stroke, geometric mean (from memory)
LEADER_LN_SIGMA: Final = 0.5  # assumed
CURRENT_SHARE: Final = 0.4  # of flashes to ground that end with a long continuing current (from memory)
CURRENT_S: Final = 0.115  # its geometric mean (from memory)
CURRENT_LN_SIGMA: Final = 0.6  # assumed
# Active stage, K_INTERVAL_S and INTERSTROKE_LN_SIGMA were chosen, within what is known of each, so that all
# flashes together last 0.36 s in the median and 0.81 s at the 90th percentile, as measured ones do.
ACTIVE_S: Final = 0.18  # geometric mean: tuned
ACTIVE_LN_SIGMA: Final = 0.5  # assumed
CLUSTER_M: Final = 1500.0  # standard deviation of a flash's later points around the first: assumed
STROKE_SPEED_M_S: Final = 1.3e8  # of the return stroke [RakovUman2003] (from memory)
LIGHT_M_S: Final = 299_792_458.0
TAIL_PER_S: Final = 2e4  # decay of a stroke's current, 50 us; assumed
FRONT_PER_S: Final = 6.7e5  # its rise, 1.5 us; assumed
NEAREST_M: Final = 100.0  # the radiation field is not followed nearer; assumed
VACUUM_H_M: Final = 4e-7 * np.pi  # permeability; CODATA differs by 1e-9
VACUUM_F_M: Final = 8.8541878128e-12  # permittivity [CODATA2018]


@dataclass(frozen=True, slots=True)
class Strikes:
    """Strokes and cloud pulses in order of time, arrays (stroke,); positions relative to the pole.

    `flash_id` counts flashes from 0 in order of their first stroke; `flash_duration_s` is (flash,), from the
    first breakdown to the end of current.
    """

    time_s: Array
    x_m: Array  # east
    y_m: Array  # north
    peak_current_ka: Array  # signed: negative lowers negative charge
    flash_id: npt.NDArray[np.int64]
    is_cloud_to_ground: npt.NDArray[np.bool_]
    flash_duration_s: Array


def ground_flash_density_km2_year(thunder_days: Values) -> Array:
    """Flashes to ground per square kilometre and year, same shape: 0.04 Td^1.25 [IEEE1410]."""
    return np.asarray(0.04 * np.asarray(thunder_days, dtype=np.float64) ** 1.25)


def line_flashes_per_100_km_year(density_km2_year: Values, height_m: Values, width_m: Values) -> Array:
    """Direct flashes to 100 km of line in a year, broadcast shape: Ng (28 h^0.6 + b) / 10 [IEEE1410]."""
    reach = 28.0 * np.asarray(height_m, dtype=np.float64) ** 0.6 + width_m
    return np.asarray(np.asarray(density_km2_year) * reach / 10.0)


def peak_exceedance(
    current_ka: Values, median_ka: float = FIRST_MEDIAN_KA, exponent: float = FIRST_EXPONENT
) -> Array:
    """Probability that a stroke's peak exceeds a current, same shape: 1 / (1 + (i / median)^exponent)."""
    return np.asarray(1.0 / (1.0 + (np.asarray(current_ka, dtype=np.float64) / median_ka) ** exponent))


def peak_quantile_ka(probability: Values, median_ka: Values, exponent: Values) -> Array:
    """Current that strokes stay below with a probability, broadcast shape [kA]."""
    p = np.asarray(probability, dtype=np.float64)
    return np.asarray(np.asarray(median_ka) * (p / (1.0 - p)) ** (1.0 / np.asarray(exponent)))


def radiation_field_v_m(current_a: Values, distance_m: Values, speed_m_s: float = STROKE_SPEED_M_S) -> Array:
    """Peak of the vertical radiation field over ideal ground, broadcast shape [V/m].

    Transmission-line model, mu0 v I / (2 pi d); beyond some kilometres.
    """
    return np.asarray(VACUUM_H_M * speed_m_s * np.asarray(current_a) / (2.0 * np.pi * np.asarray(distance_m)))


def stroke_band_t2_s(
    peak_current_a: Array, distance_m: Array, bands_hz: tuple[tuple[float, float], ...]
) -> Array:
    """Squared magnetic field of strokes over time, by band, (stroke, band) [T2 s].

    Current I (exp(-a t) - exp(-b t)) of the transmission-line model, its radiation field integrated exactly
    over each band. Divide by a tick for the mean square in it.
    """
    low_hz, high_hz = np.array(bands_hz, dtype=np.float64).T
    a, b = TAIL_PER_S, FRONT_PER_S

    def below(frequency_hz: Array) -> Array:
        omega = 2.0 * np.pi * frequency_hz
        return np.asarray(np.arctan(omega / a) / a - np.arctan(omega / b) / b)

    per_current_s = (b - a) / (np.pi * (a + b)) * (below(high_hz) - below(low_hz))
    field_t = radiation_field_v_m(peak_current_a, np.maximum(distance_m, NEAREST_M)) / LIGHT_M_S
    return np.asarray(np.square(field_t)[:, None] * per_current_s)


def electrostatic_step_v_m(charge_c: Values, height_m: Values, distance_m: Values) -> Array:
    """Change of the field at the ground as a charge at a height is lost, broadcast shape [V/m].

    Point charge and its image: Q H / (2 pi eps0 (H^2 + d^2)^(3/2)).
    """
    height = np.asarray(height_m, dtype=np.float64)
    reach_m3 = (height**2 + np.square(distance_m)) ** 1.5
    return np.asarray(np.asarray(charge_c) * height / (2.0 * np.pi * VACUUM_F_M * reach_m3))


def thunder_delay_s(distance_m: Values, air_k: Values) -> Array:
    """Time from flash to thunder, broadcast shape [s]; sound at 331.3 sqrt(T / 273.15) m/s."""
    return np.asarray(np.asarray(distance_m) / (331.3 * np.sqrt(np.asarray(air_k) / ZERO_CELSIUS_K)))


def make_strikes(start_s: Array, x_m: Array, y_m: Array, rng: np.random.Generator) -> Strikes:
    """Strokes of flashes that begin at these times and places, (flash,) each, times ascending."""
    n = start_s.size
    is_ground = rng.random(n) >= CLOUD_SHARE
    is_positive = rng.random(n) < POSITIVE_SHARE
    mean_strokes = np.where(is_ground, np.where(is_positive, 1.0, MEAN_STROKES), MEAN_K_CHANGES)
    count = rng.geometric(1.0 / mean_strokes)
    onset_s = _lognormal_s(LEADER_S, LEADER_LN_SIGMA, rng, n)
    active_s = np.where(is_ground, 0.0, _lognormal_s(ACTIVE_S, ACTIVE_LN_SIGMA, rng, n))
    flows = is_ground & (rng.random(n) < CURRENT_SHARE)
    tail_s = np.where(flows, _lognormal_s(CURRENT_S, CURRENT_LN_SIGMA, rng, n), 0.0)
    flash = np.repeat(np.arange(n), count)
    first = np.concatenate([[0], np.cumsum(count)[:-1]]) if n else np.zeros(0, dtype=np.int64)
    gap_s = np.where(is_ground, INTERSTROKE_S, K_INTERVAL_S)
    after_s = _times_in_flash_s(first, count, gap_s, onset_s, active_s, rng)
    is_first = np.zeros(flash.size, dtype=np.bool_)
    is_first[first] = True
    place_m = CLUSTER_M * rng.standard_normal((2, flash.size)) * ~is_first
    peak_ka = _peaks_ka(is_ground[flash], is_first, rng) * np.where(is_positive[flash], 1.0, -1.0)
    last_s = after_s[first + count - 1] if n else np.zeros(0)
    strikes = Strikes(
        start_s[flash] + after_s,
        x_m[flash] + place_m[0],
        y_m[flash] + place_m[1],
        peak_ka,
        flash.astype(np.int64),
        is_ground[flash],
        last_s + tail_s,
    )
    return sorted_strikes([strikes])


def _lognormal_s(median_s: float, ln_sigma: float, rng: np.random.Generator, n: int) -> Array:
    return np.asarray(median_s * np.exp(ln_sigma * rng.standard_normal(n)))


def _times_in_flash_s(
    first: npt.NDArray[np.int64],
    count: npt.NDArray[np.int64],
    gap_s: Array,
    onset_s: Array,
    active_s: Array,
    rng: np.random.Generator,
) -> Array:
    """Strokes after the flash began, (stroke,) [s]; the active stage follows a cloud flash's first pulse."""
    gaps_s = np.repeat(gap_s, count) * _lognormal_s(1.0, INTERSTROKE_LN_SIGMA, rng, int(count.sum()))
    gaps_s[first] = onset_s
    run_s = np.cumsum(gaps_s)
    before_s = run_s[first] - gaps_s[first]
    delay_s = np.repeat(active_s, count)
    delay_s[first] = 0.0
    return np.asarray(run_s - np.repeat(before_s, count) + delay_s)


def _peaks_ka(
    is_ground: npt.NDArray[np.bool_], is_first: npt.NDArray[np.bool_], rng: np.random.Generator
) -> Array:
    p = np.clip(rng.random(is_ground.size), 1e-6, 1.0 - 1e-6)  # a peak beyond 6000 kA has never been seen
    median = np.where(is_first, FIRST_MEDIAN_KA, LATER_MEDIAN_KA)
    exponent = np.where(is_first, FIRST_EXPONENT, LATER_EXPONENT)
    return peak_quantile_ka(p, np.where(is_ground, median, CLOUD_MEDIAN_KA), exponent)


def sorted_strikes(several: list[Strikes]) -> Strikes:
    """Strokes of several storms as one, in order of time, flashes numbered anew."""
    if not several:
        none = np.zeros(0)
        return Strikes(none, none, none, none, none.astype(np.int64), none.astype(np.bool_), none)
    offsets = np.cumsum([0, *(s.flash_duration_s.size for s in several)])
    time_s = np.concatenate([s.time_s for s in several])
    flash = np.concatenate([s.flash_id + offset for s, offset in zip(several, offsets, strict=False)])
    order = np.argsort(time_s, kind="stable")
    old, first = np.unique(flash[order], return_index=True)
    ranked = old[np.argsort(first)]
    new_id = np.empty(int(offsets[-1]), dtype=np.int64)
    new_id[ranked] = np.arange(ranked.size)

    def joined(name: str) -> npt.NDArray[np.generic]:
        return np.concatenate([getattr(s, name) for s in several])[order]

    return Strikes(
        time_s[order],
        np.asarray(joined("x_m"), dtype=np.float64),
        np.asarray(joined("y_m"), dtype=np.float64),
        np.asarray(joined("peak_current_ka"), dtype=np.float64),
        new_id[flash[order]],
        np.asarray(joined("is_cloud_to_ground"), dtype=np.bool_),
        np.concatenate([s.flash_duration_s for s in several])[ranked],
    )


def strikes_between(strikes: Strikes, begin_s: float, end_s: float) -> Strikes:
    """Strokes with begin <= time < end; flashes are numbered anew, and a cut flash keeps its duration."""
    kept = (strikes.time_s >= begin_s) & (strikes.time_s < end_s)
    ids, first, place = np.unique(strikes.flash_id[kept], return_index=True, return_inverse=True)
    order = np.argsort(first)  # of the first stroke left, which a cut may change
    return Strikes(
        strikes.time_s[kept],
        strikes.x_m[kept],
        strikes.y_m[kept],
        strikes.peak_current_ka[kept],
        np.argsort(order).astype(np.int64)[place],
        strikes.is_cloud_to_ground[kept],
        strikes.flash_duration_s[ids[order]],
    )
