"""What leaves one source around the pole, on its way to one point."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from envirosense.core.protocols import Array, Position
from envirosense.physics.air.airflow import convective_shares, turbulence_sigmas_m_s
from envirosense.physics.gas.deposition import DEPOSITION_M_S, ground_exposure_s_m
from envirosense.physics.gas.puffs import EddyKind
from envirosense.physics.gas.strands import strand_waves
from envirosense.physics.gas.transport import (
    CarryingAir,
    Journey,
    Release,
    journey,
    plume_chi_s_m3,
    puffs_g_m3,
    strands,
    tier,
)
from envirosense.pole.atmosphere import Atmosphere
from envirosense.scenarios import Emission

N_WAVES: Final = 8  # of the strands' field: assumed
_WAKE_DIAMETERS: Final = 3.0  # from the pole's axis within which its wake takes up the gas: assumed
_WAKE_WIDTH: Final = 0.5  # width of the mixed wake over the pole's diameter at the pole: assumed


@dataclass(frozen=True, slots=True)
class Arrival:
    """One source seen from one point. Gas that travelled longer than the episode left as at its start."""

    emission: Emission
    t_s: Array
    tier: str
    reason: str
    chi_s_m3: Array  # of a steady emission
    age_s: Array  # since what arrives was released
    share: Mapping[str, Array]  # still airborne, of those gases and aerosols that deposit
    arriving_g_m3: Mapping[str, Array] = field(default_factory=dict)  # by puffs: no need to multiply

    def gas_g_m3(self, name: str) -> Array:
        """Concentration of a gas it emits, (time,) [g/m3]."""
        return self._arriving(name, self.emission.gas_g_s[name])

    def particle_g_m3(self, aerosol: str) -> Array:
        """Dry mass concentration of an aerosol it emits, (time,) [g/m3]."""
        return self._arriving(aerosol, self.emission.particle_g_s[aerosol])

    def _arriving(self, name: str, rate_g_s: Array) -> Array:
        if name in self.arriving_g_m3:
            arriving = self.arriving_g_m3[name]
        else:
            arriving = self.chi_s_m3 * np.interp(self.t_s - self.age_s, self.t_s, rate_g_s)
        return arriving * self.share[name] if name in self.share else arriving


class PoleAir:
    """The atmosphere as what carries gas."""

    def __init__(self, atmosphere: Atmosphere, natural: Atmosphere | None = None) -> None:
        """Turn the eddies into the frame of the wind of each tick.

        The eddies' own time scales are those of the `natural` air, in which they were drawn.
        """
        drawn_in = atmosphere if natural is None else natural
        s = atmosphere.stability
        flow = atmosphere.downwind
        axis = -np.stack(
            [np.sin(atmosphere.prevailing_from_rad), np.cos(atmosphere.prevailing_from_rad)], axis=1
        )
        cosine = np.sum(axis * flow, axis=1)
        sine = axis[:, 0] * flow[:, 1] - axis[:, 1] * flow[:, 0]
        along, left, up = atmosphere.unit_eddies().T
        height_m = atmosphere.height_m
        sigmas = turbulence_sigmas_m_s(s.friction_velocity_m_s, s.inv_obukhov_per_m, height_m)
        self.t_s = atmosphere.grid.t_s
        self.carrying = CarryingAir(
            flow=flow,
            friction_velocity_m_s=s.friction_velocity_m_s,
            inv_obukhov_per_m=s.inv_obukhov_per_m,
            sigma_v_m_s=sigmas.v,
            roughness_m=atmosphere.roughness_m,
            eddies=np.stack([cosine * along + sine * left, cosine * left - sine * along, up], axis=1),
            kind=EddyKind(
                atmosphere.grid.dt_s,
                height_m,
                float(np.mean(drawn_in.mean_wind_m_s(height_m))),
                float(np.mean(convective_shares(drawn_in.stability.inv_obukhov_per_m).v)),
            ),
        )


def wake_size_m(at: Position, size_m: float, pole_diameter_m: float, pole_height_m: float) -> float:
    """Size of a source with the wake of the pole that its gas first fills [m].

    Beside the pole the recirculating wake takes up what is released near it and mixes it across its own
    width; within three diameters of the axis this adds half a diameter in quadrature, fading outward. The
    wind's side does not count: what is released upwind of the pole flows into the wake as well.
    """
    if at[2] > pole_height_m:
        return size_m
    distance_m = float(np.hypot(at[0], at[1]))
    near = max(1.0 - distance_m / (_WAKE_DIAMETERS * pole_diameter_m), 0.0)
    return float(np.hypot(size_m, _WAKE_WIDTH * pole_diameter_m * near))


def carry(
    emission: Emission,
    air: PoleAir,
    at: Position,
    pole_diameter_m: float,
    pole_height_m: float,
    particle_deposition_m_s: Mapping[str, float],
    rng: np.random.Generator,
) -> Arrival:
    """Gas and particles of one source at a point, by the tier that source and wind ask for."""
    n = air.t_s.size
    rates = {**emission.gas_g_s, **emission.particle_g_s}
    columns = np.stack([np.ones(n), *(np.broadcast_to(r, (n,)) for r in rates.values())], axis=1)
    heat_w = np.zeros(n) if emission.heat_w is None else emission.heat_w
    size_m = wake_size_m(emission.at, emission.size_m, pole_diameter_m, pole_height_m)
    release = Release(emission.at, size_m, heat_w)
    chosen, reason = tier(air.carrying, release, at, columns)
    if chosen == "puffs":
        smooth, age_s, trip = puffs_g_m3(air.carrying, release, at, columns)
    else:
        trip = journey(air.carrying, release, at)
        smooth = plume_chi_s_m3(air.carrying, trip, at[2])[:, None]
        age_s = np.maximum(trip.spread.travel_time_s, 0.0)
    inside = _strands(air.carrying, trip, release, at, rng)
    return Arrival(
        emission,
        air.t_s,
        chosen,
        reason,
        smooth[:, 0] * inside,
        age_s,
        _airborne(rates, particle_deposition_m_s, trip, age_s),
        dict(zip(rates, (smooth[:, 1:] * inside[:, None]).T, strict=True)) if chosen == "puffs" else {},
    )


def _strands(
    air: CarryingAir, trip: Journey, release: Release, at: Position, rng: np.random.Generator
) -> Array:
    """Strands at a point, (time,) [1]; the draws belong to the source, the point only weighs them."""
    waves = rng.standard_normal((N_WAVES, 4))
    normals = rng.standard_normal((air.flow.shape[0] + 1, 2 * N_WAVES))
    east, north, up = (at[i] - release.at_m[i] for i in range(3))
    white = normals @ strand_waves((east, north, up), waves)
    return strands(air, trip, release.size_m, white[1:], float(white[0]))


def _airborne(
    rates: Mapping[str, Array], particle_deposition_m_s: Mapping[str, float], trip: Journey, age_s: Array
) -> dict[str, Array]:
    """Share of each depositing substance that has not reached the ground, (time,) each [1]."""
    speeds_m_s = {**DEPOSITION_M_S, **particle_deposition_m_s}
    falling = [name for name in rates if name in speeds_m_s]
    if not falling:
        return {}
    exposure_s_m = ground_exposure_s_m(age_s * trip.spread.wind_m_s, trip.release_m, trip.spread)
    return {name: np.exp(-speeds_m_s[name] * exposure_s_m) for name in falling}
