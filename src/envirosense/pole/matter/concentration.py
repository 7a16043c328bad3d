"""Concentration downwind of a point source under one mean wind: for holding the model to measurements."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array, Position
from envirosense.physics.air.airflow import (
    convective_shares,
    friction_velocity_m_s,
    turbulence_sigmas_m_s,
    wind_speed_m_s,
)
from envirosense.physics.air.meander import meander_path, meander_sigma_m_s
from envirosense.physics.air.turbulence import MIXING_HEIGHT_M, turbulence_piece
from envirosense.physics.gas.puffs import EddyKind, eddy_displacement_s
from envirosense.physics.gas.strands import strand_waves
from envirosense.physics.gas.transport import (
    CarryingAir,
    Release,
    journey,
    plume_chi_s_m3,
    puffs_g_m3,
    strands,
    tier,
)
from envirosense.pole.domain import (
    GREATEST,
    REACH_M,
    TOP_M,
    require_generator,
    require_positive,
    require_within,
)

FINEST_STEP_S = 0.25  # strands are drawn at least this often and averaged over the sample: assumed
LEAST_RUN_S = 600.0  # the laws of spread hold for ten minutes; a shorter run is part of one
HOUR_S = 3600.0
LEAST_SPEED_SHARE = 0.2  # of the mean wind, where a meander stops it: assumed
WEAK_WIND_M_S = (1.5, 3.0)  # at 10 m: the meander fades out between [Anfossi2005] (from memory)
SURFACE_LAYER_V = math.sqrt(1.5 * 17.0 / 9.5)  # sigma_v/u* that the spectrum of [Kaimal1972] holds, exact
N_WAVES = 8  # of the strands' field; more make the correlation between receptors smoother: assumed
STRONGEST_WIND_M_S = 60.0  # as for `wind_series`: assumed
STEEPEST_INV_L = 0.5  # of either sign [1/m]; measured releases pass the world's own 0.15: assumed


@dataclass(frozen=True, slots=True)
class PointSource:
    """A steady source over flat, uniform ground. Positions: along the mean wind, left of it, up [m]."""

    position_m: Position
    rate_g_s: float
    size_m: float = 0.1  # standard deviation of the source region
    roughness_m: float = 0.03  # of the ground, open country
    wind_height_m: float = 10.0  # where the mean wind is given


def concentration(
    wind_m_s: float,
    stability_inv_l: float,
    source: PointSource,
    receptors_m: npt.ArrayLike,
    duration_s: float,
    rate_hz: float,
    rng: np.random.Generator,
) -> Array:
    """Mean concentrations over each sample of `1/rate_hz`, (time, receptor) [g/m3].

    The x axis is the mean wind of the run (of ten minutes where the run is shorter). One wind, one meander
    and one turbulence move the plume at all receptors; strands are shared by receptors near each other.

    Args:
        wind_m_s: Mean wind along +x at `source.wind_height_m` (10 m unless said).
        stability_inv_l: Inverse Obukhov length [1/m], within 0.5 of zero; negative is unstable.
        source: Where, how much.
        receptors_m: (receptor, 3) or (3,), in the same axes as the source.
        duration_s: Length of the series.
        rate_hz: Samples per second.
        rng: Source of every draw.

    Raises:
        ConfigError: for the first argument that leaves its range.
    """
    require_generator(rng)
    _require_conditions(wind_m_s, stability_inv_l, duration_s, rate_hz)
    _require_source(source)
    receptors = _places("receptors_m", receptors_m)
    n, parts = max(1, round(duration_s * rate_hz)), max(1, math.ceil(1.0 / (rate_hz * FINEST_STEP_S) - 1e-9))
    n_run = max(n * parts, round(LEAST_RUN_S * rate_hz) * parts)
    height_m = max(0.5 * (source.position_m[2] + float(receptors[:, 2].mean())), 1.0)
    air = _air(wind_m_s, stability_inv_l, source, height_m, n_run, 1.0 / (rate_hz * parts), rng)
    waves, normals = rng.standard_normal((N_WAVES, 4)), rng.standard_normal((n_run + 1, 2 * N_WAVES))
    release = Release(source.position_m, source.size_m, np.zeros(n_run))
    rates_g_s = np.full((n_run, 1), source.rate_g_s)
    series = [_at(air, release, (x, y, z), rates_g_s, waves, normals) for x, y, z in receptors.tolist()]
    fine = np.stack(series, axis=1)[: n * parts]
    return np.asarray(fine.reshape(n, parts, -1).mean(axis=1))


def _require_conditions(wind_m_s: float, inv_l: float, duration_s: float, rate_hz: float) -> None:
    require_positive("wind_m_s", wind_m_s)
    require_within("wind_m_s", wind_m_s, 0.0, STRONGEST_WIND_M_S)
    require_within("stability_inv_l", inv_l, -STEEPEST_INV_L, STEEPEST_INV_L)
    require_positive("duration_s", duration_s)
    require_positive("rate_hz", rate_hz)


def _require_source(source: PointSource) -> None:
    require_within("source.rate_g_s", source.rate_g_s, 0.0, GREATEST["gas_g_s"])
    require_within("source.size_m", source.size_m, 0.0, REACH_M)
    require_positive("source.roughness_m", source.roughness_m)
    require_within("source.wind_height_m", source.wind_height_m, 2.0 * source.roughness_m, TOP_M)
    if len(_places("source.position_m", source.position_m)) != 1 or len(source.position_m) != 3:
        raise ConfigError("source.position_m", source.position_m, "needs three numbers along, left, up [m]")


def _places(field: str, places_m: npt.ArrayLike) -> Array:
    """Places as (place, 3) [m]."""
    try:
        places = np.atleast_2d(np.asarray(places_m, dtype=np.float64))
    except (TypeError, ValueError):
        raise ConfigError(field, places_m, "needs numbers along, left, up [m]") from None
    if places.ndim != 2 or places.shape[1] != 3 or not places.size:
        raise ConfigError(field, places.shape, "needs the shape (place, 3) or (3,): along, left, up [m]")
    for place in places.tolist():
        if not (np.all(np.isfinite(place)) and place[2] >= 0.0):
            raise ConfigError(field, tuple(place), "needs finite numbers, the third not under ground")
    return places


def _air(
    wind_m_s: float,
    inv_l: float,
    source: PointSource,
    height_m: float,
    n: int,
    dt_s: float,
    rng: np.random.Generator,
) -> CarryingAir:
    """Turbulence at a height, and the meander of a weak wind."""
    u_star = float(friction_velocity_m_s(wind_m_s, source.wind_height_m, inv_l, source.roughness_m))
    wind, wind_10 = (float(wind_speed_m_s(z, u_star, inv_l, source.roughness_m)) for z in (height_m, 10.0))
    eddies = turbulence_piece(wind, u_star, inv_l, height_m, n, dt_s, rng).parent.copy()
    eddies[:, 1] -= eddies[:, 1].mean()
    # the floor of sigma_v stands for the meander, which is drawn here: take the law without it
    sigma_v = u_star * float(turbulence_sigmas_m_s(1.0, inv_l, height_m).v)
    weak = float(np.clip(np.interp(wind_10, WEAK_WIND_M_S, (1.0, 0.0)), 0.0, 1.0))
    swing = meander_path(n, dt_s, rng) * float(meander_sigma_m_s(sigma_v)) * weak
    carried = np.array([wind_10, 0.0]) + swing - swing.mean(axis=0)
    speed = np.maximum(np.hypot(carried[:, 0], carried[:, 1]), 1e-9)
    u_stars = u_star * np.maximum(speed / wind_10, LEAST_SPEED_SHARE)
    kind = EddyKind(dt_s, height_m, wind, float(convective_shares(inv_l).v))
    # the law is for an hour; the run's own mean takes with it what is slower than the run
    sigma_v *= _share_of_the_hour(inv_l, sigma_v / u_star, n * dt_s)
    slow = float(eddy_displacement_s(n * dt_s, kind, "v")) / (n * dt_s)
    return CarryingAir(
        carried / speed[:, None],
        u_stars,
        np.full(n, inv_l),
        np.full(n, sigma_v * math.sqrt(1.0 - min(slow, 0.9) ** 2)),
        source.roughness_m,
        eddies,
        kind,
        n * dt_s,
    )


def _share_of_the_hour(inv_l: float, sigma_v_over_u_star: float, run_s: float) -> float:
    """Part of an hour's sigma_v without convection that a shorter run sees [1].

    Of the neutral 1.9 u* the surface layer's spectrum holds 1.64 u*; the rest are swings that the ten-minute
    means of an hour take with them. Between ten minutes and the hour they come in with the logarithm of the
    time (assumed). Convection's slow eddies have a spectrum of their own (`eddy_displacement_s`).
    """
    slow2 = max(1.0 - (SURFACE_LAYER_V / sigma_v_over_u_star) ** 2, 0.0)
    missing = 1.0 - float(np.interp(math.log(run_s), np.log([LEAST_RUN_S, HOUR_S]), [0.0, 1.0]))
    without_convection = math.exp(min(inv_l, 0.0) * MIXING_HEIGHT_M)
    return math.sqrt(1.0 - slow2 * missing * without_convection)


def _at(
    air: CarryingAir, release: Release, receptor_m: Position, rates_g_s: Array, waves: Array, normals: Array
) -> Array:
    """Concentration at one receptor, (time,) [g/m3]."""
    if tier(air, release, receptor_m, rates_g_s)[0] == "puffs":
        columns, _, trip = puffs_g_m3(air, release, receptor_m, rates_g_s)
        smooth = columns[:, 0]
    else:
        trip = journey(air, release, receptor_m)
        smooth = plume_chi_s_m3(air, trip, receptor_m[2]) * rates_g_s[:, 0]
    seen = (receptor_m[0] - release.at_m[0], receptor_m[1] - release.at_m[1], receptor_m[2] - release.at_m[2])
    white = normals @ strand_waves(seen, waves)
    return np.asarray(smooth * strands(air, trip, release.size_m, white[1:], float(white[0])))
