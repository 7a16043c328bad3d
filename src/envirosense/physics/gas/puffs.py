"""Puffs in one shared wind (T2): gas downwind of a source when the wind or the source changes on the way.

A puff released at s stands at t where the air that carried it stands: the mean wind's path plus the eddies'
path between s and t. Its own width is that of the instantaneous plume; the wander is the eddies'. Eddies seen
at one point forget faster than the air that moves with them, and a series with steps lacks its fastest part,
so the eddies' path is enlarged by sigma_m(age) / sd(age), where sd is known exactly from the spectrum of the
series itself. Mean and fluctuation intensity are then those of T0 and T1 whatever the time step or puff rate.
Downward eddies being fast ones (the Reynolds stress), gas low over reflecting ground keeps a few per cent of
difference in its mean: over a smooth 2 m release -2 % at 50 m and +3 % at 150 m, none where w is independent.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import fft

from envirosense.physics.air.turbulence import MIXING_HEIGHT_M, Component, convective_psd, kaimal_psd
from envirosense.physics.gas.dispersion import PlumeSpread, RelativeSpread
from envirosense.physics.gas.puffs_kernels import puff_sum

type Array = npt.NDArray[np.float64]
type Values = float | Array
type Tier = Literal["plume", "puffs"]

OLDEST_S: Final = 600.0  # puffs older than this are forgotten: assumed
_MOST_PARTS: Final = 64  # puffs released within one tick at most: assumed
_SPECTRUM_S: Final = 4500.0  # length of the series whose spectrum is summed: turbulence comes in such pieces
_UNSTEADY_SHARE: Final = 0.2  # change of the source over a travel time that a plume may not ignore: assumed
_TURN_WIDTHS: Final = 0.5  # turn of the mean wind over a travel time, in plume widths, likewise: assumed
_LEAST_SHARE: Final = 1e-3  # of the variance left in a path as long as its run: assumed
_LIGHT_WIND_RAD: Final = 0.7  # direction spread beyond which gas also goes upwind: assumed


@dataclass(frozen=True, slots=True)
class AirPath:
    """Displacement of the air, over `n_before` ticks before the first answer and then the ticks [m]."""

    mean_m: Array  # (before + time, 2)
    eddy_m: Array  # (before + time, 3)
    dt_s: float
    n_before: int


@dataclass(frozen=True, slots=True)
class PuffGrowth:
    """How puffs released in one block of time grow with age; the last axis is the age from 0.

    Within a tick the air does not turn and its path grows straight, so the wander factor bends between the
    ticks: several ages a tick keep the spread of coarse steps.
    """

    width_h_m: Array  # (block, age)
    width_z_m: Array
    wander_h: Array  # factor on the eddies' path
    wander_z: Array
    block_ticks: int
    per_tick: int = 1  # ages in a tick


@dataclass(frozen=True, slots=True)
class EddyKind:
    """What a series of turbulence was drawn with: its step, height, mean wind and convective share of v."""

    dt_s: float
    height_m: float
    wind_m_s: float
    convective_share: float


def air_path(mean_wind_m_s: Array, eddy_m_s: Array, dt_s: float, n_before: int) -> AirPath:
    """Paths of the mean wind (before + time, 2) and of the eddies (before + time, 3) [m].

    The wind of a tick blows during the step that ends at it. Both series begin `n_before` ticks early, with
    what `held` and `mirrored` make of them.
    """
    return AirPath(
        np.cumsum(mean_wind_m_s, axis=0) * dt_s, np.cumsum(eddy_m_s, axis=0) * dt_s, dt_s, n_before
    )


def held(series: Array, n_before: int) -> Array:
    """A series preceded by its first value, (before + time, ...): what is to come moves no gas before it."""
    return np.concatenate([np.repeat(series[:1], n_before, axis=0), series])


def mirrored(series: Array, n_before: int) -> Array:
    """A series preceded by its mirror image as often as needed, (before + time, ...).

    For eddies, which no cause changes: as strong, as long remembered, and joined without a step.
    """
    n = series.shape[0]
    back = np.arange(n_before, 0, -1) % (2 * n)
    return np.concatenate([series[np.where(back < n, back, 2 * n - 1 - back)], series])


def eddy_displacement_s(
    age_s: Values, eddies: EddyKind, component: Component, run_s: float = np.inf
) -> Array:
    """Standard deviation of the path of a unit-variance eddy series over an age, same shape [s].

    Exact for a series of this step with this spectrum up to its Nyquist frequency: the variance of a sum of
    n = age/dt values, the oldest in part. For ages below dt it is the age itself.

    Args:
        age_s: Length of the path.
        eddies: What the series was drawn with.
        component: Which of its columns.
        run_s: Length of the run whose mean was taken off the series; that mean's variance is then missing.
    """
    sums = _sum_variance(eddies, component)
    count = np.asarray(age_s, dtype=np.float64) / eddies.dt_s
    square = _variance_of_sum(count, sums)
    if np.isfinite(run_s):
        n_run = min(run_s / eddies.dt_s, sums.size - 2.0)
        mean2 = float(_variance_of_sum(np.asarray(n_run), sums)) / n_run**2
        square = square - mean2 * count**2
    return np.asarray(eddies.dt_s * np.sqrt(np.maximum(square, _LEAST_SHARE * count**2)))


def _variance_of_sum(count: Array, sums: Array) -> Array:
    """Between whole numbers of values: the oldest counts in part, and is itself one value."""
    n = np.clip(count, 0.0, sums.size - 2.0)
    whole = n.astype(np.intp)
    rest = n - whole
    return np.asarray(sums[whole] + rest * (sums[whole + 1] - sums[whole] - (1.0 - rest)))


@lru_cache(maxsize=64)
def _sum_variance(eddies: EddyKind, component: Component) -> Array:
    """Variance of the sum of m successive values of a unit-variance series, m from 0 [1]."""
    length = fft.next_fast_len(max(16, round(_SPECTRUM_S / eddies.dt_s)), real=True)
    frequency_hz = np.fft.rfftfreq(length, eddies.dt_s)
    density = kaimal_psd(frequency_hz, 1.0, eddies.height_m, eddies.wind_m_s, component)
    if component != "w":
        rolls = convective_psd(frequency_hz, 1.0, eddies.wind_m_s, component, MIXING_HEIGHT_M)
        density = density + eddies.convective_share * (rolls - density)
    covariance = fft.irfft(density, length)
    correlation = covariance[: length // 2] / covariance[0]
    added = np.concatenate([[0.0], 2.0 * np.cumsum(correlation) - 1.0])  # by one more value
    return np.asarray(np.cumsum(added))


def puff_growth(
    spread: PlumeSpread,
    relative: RelativeSpread,
    path_sigma_h_m: Array,
    path_sigma_z_m: Array,
    block_ticks: int,
    per_tick: int = 1,
) -> PuffGrowth:
    """Widths and wander factors by block and age, from the plume that steady conditions would make.

    Args:
        spread: Mean plume at the distance reached at each age, (block, age).
        relative: Its split, (block, age).
        path_sigma_h_m: Standard deviation of the eddies' crosswind path over each age, (block, age).
        path_sigma_z_m: The same upward.
        block_ticks: Ticks of release that share one row.
        per_tick: Ages in a tick.
    """
    across = _ratio(relative.sigma_m_y_m, path_sigma_h_m)
    upward = _ratio(relative.sigma_m_z_m, path_sigma_z_m)
    shape = spread.sigma_y_m.shape
    width_h, width_z = (np.broadcast_to(w, shape) for w in (relative.sigma_r_y_m, relative.sigma_r_z_m))
    return PuffGrowth(width_h, width_z, across, upward, block_ticks, per_tick)


def _ratio(wander_m: Array, path_m: Array) -> Array:
    """Factor on the path; at age zero, where both vanish, that of the first age."""
    factor = wander_m / np.maximum(path_m, 1e-12)
    factor[:, 0] = factor[:, 1]
    return factor


def release_parts(
    growth: PuffGrowth, wind_m_s: float, distance_m: float, dt_s: float
) -> npt.NDArray[np.int64]:
    """Puffs to release within each age tick, (age,): U dt / parts stays below the width at the receptor.

    Puffs younger than those that arrive need no more; older ones are wider and need fewer.
    """
    width_m = growth.width_h_m[:, :: growth.per_tick].min(axis=0)
    arrival = min(int(0.5 * distance_m / (wind_m_s * dt_s)), width_m.size - 1)
    parts = np.ceil(1.5 * wind_m_s * dt_s / np.maximum(width_m, width_m[arrival]))
    return np.asarray(np.clip(parts, 1, _MOST_PARTS), dtype=np.int64)


def puff_concentration_g_m3(
    path: AirPath,
    growth: PuffGrowth,
    rates_g_s: Array,
    release_height_m: Array,
    receptor_m: tuple[float, float, float],
    parts: npt.NDArray[np.int64],
) -> tuple[Array, Array]:
    """Smooth concentrations of puffs, (time, rate) [g/m3], and the mean age of what arrives, (time,) [s].

    Args:
        path: Where the air has gone.
        growth: Widths and wander factors.
        rates_g_s: What leaves at each tick, (time, rate); before the first tick it is that of the first.
        release_height_m: Mean axis of the puffs released at each tick, (time,).
        receptor_m: East and north of the source, and height above ground.
        parts: Puffs within each age tick, from `release_parts`.
    """
    n_before = path.n_before
    n = path.mean_m.shape[0]
    rates, heights = held(rates_g_s, n_before), held(release_height_m, n_before)
    last = growth.width_h_m.shape[0] - 1
    block = np.clip((np.arange(n) - n_before) // growth.block_ticks, 0, last)
    table = np.stack([growth.width_h_m, growth.width_z_m, growth.wander_h, growth.wander_z], axis=-1)
    sums = puff_sum(
        path.mean_m,
        path.eddy_m,
        np.ascontiguousarray(rates),
        heights,
        np.ascontiguousarray(table),
        growth.per_tick,
        block.astype(np.int64),
        parts[: min(parts.size, n_before + 1)],
        np.array(receptor_m),
        path.dt_s,
        n_before,
    )
    age_s = np.where(sums[:, 0] > 0.0, sums[:, -1] / np.maximum(sums[:, 0], 1e-300), 0.0)
    return sums[:, :-1], age_s


def choose_tier(
    travel_time_s: float,
    dt_s: float,
    source_change: float,
    turn_widths: float,
    direction_sigma_rad: float,
) -> tuple[Tier, str]:
    """Which model carries the gas, and why.

    Args:
        travel_time_s: Typical time from source to receptor.
        dt_s: Tick; a shorter journey has nothing to resolve.
        source_change: Largest change of the source within one travel time over its largest rate.
        turn_widths: Largest turn of the mean wind within one travel time, in widths of the mean plume.
        direction_sigma_rad: Spread of the wind's direction.
    """
    if travel_time_s > OLDEST_S:
        return "plume", "the gas is older than puffs are kept"
    if direction_sigma_rad > _LIGHT_WIND_RAD and travel_time_s > dt_s:
        return "puffs", "light wind carries gas in every direction"
    if travel_time_s <= dt_s:
        return "plume", "the journey is shorter than a tick"
    if source_change > _UNSTEADY_SHARE:
        return "puffs", "the source changes during the journey"
    if turn_widths > _TURN_WIDTHS:
        return "puffs", "the wind turns during the journey"
    return "plume", "source and wind are steady during the journey"


def change_within(series: Array, window_ticks: int) -> Array:
    """Largest change of a series within a window, per column over the largest value, (column,) [1]."""
    columns = series.reshape(series.shape[0], -1)
    step = max(1, min(window_ticks, columns.shape[0] - 1))
    if columns.shape[0] < 2:
        return np.zeros(columns.shape[1])
    change = np.abs(columns[step:] - columns[:-step]).max(axis=0)
    return np.asarray(change / np.maximum(np.abs(columns).max(axis=0), 1e-300))


def turn_within_rad(flow: Array, window_ticks: int) -> float:
    """Largest turn of unit vectors, (time, 2), within a window [rad], whatever they are seen from."""
    step = max(1, min(window_ticks, flow.shape[0] - 1))
    chord = np.linalg.norm(flow[step:] - flow[:-step], axis=1)
    return float(2.0 * np.arcsin(np.clip(0.5 * chord, 0.0, 1.0)).max(initial=0.0))
