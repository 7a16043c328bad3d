"""How the line's wires swing over an episode, as slopes with which they leave the pole."""

import math

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.core.units import DRY_AIR_GAS_CONSTANT_J_KG_K
from envirosense.physics.air.airflow import turbulence_sigmas_m_s
from envirosense.physics.air.turbulence import kaimal_psd
from envirosense.physics.motion.sway import (
    Span,
    blow_out_m,
    drag_n_m,
    gust_following,
    resonant_sigma_m,
    ring_down_m,
    slope_at_support,
    swing_damping,
    unit_ringing,
)
from envirosense.pole.fields.inputs import WorldInputs

SPAN_M = 50.0  # between poles: assumed
SAG_M = 1.0  # at the usual tension: assumed
CABLE_KG_M3 = (
    2620.0  # mass over the circle of the diameter, 336.4 kcmil ACSR: 0.689 kg/m (handbook, from memory)
)
LEAST_TENSION = 0.2  # of the usual, where the sag is held: assumed
TOP_MASS_KG = 250.0  # of the pole's first mode, moving with its top: assumed
END_DRIVE = 0.6  # swing velocity of a span over that of the one end that jerks: assumed


def wire_slopes(inputs: WorldInputs, n_wires: int) -> Array:
    """Slope of each wire across the line where it leaves the pole, (time, wire) [1].

    All wires follow the same slow gusts; each rings at the swing's frequency on its own. Both spans beside
    the pole swing alike. Slack (`Structure.tension_factor`) deepens the sag, a blow on the pole sets the
    wires swinging.
    """
    air, site = inputs.atmosphere, inputs.site
    height_m = site.crossarm_height_m + site.insulator_height_m
    span = _span(inputs)
    wind = air.wind_vector_m_s(height_m)[:, :2]
    across = np.array(site.place(1.0, 0.0, 0.0)[:2])
    density = air.weather.pressure_pa / (DRY_AIR_GAS_CONSTANT_J_KG_K * air.weather.air_k)
    force = drag_n_m(span, np.hypot(wind[:, 0], wind[:, 1]), wind @ across, density)
    mean_m_s = air.mean_wind_m_s(height_m)
    middle_m = blow_out_m(span, gust_following(force, inputs.grid.dt_s, span, mean_m_s))
    damping = swing_damping(span, mean_m_s)
    static_m = blow_out_m(span, drag_n_m(span, mean_m_s, mean_m_s * (air.downwind @ across), density))
    ringing = _ringing(inputs, span, damping, n_wires)
    swing_m = _resonant_sigma_m(inputs, span, static_m, mean_m_s, damping, height_m)[:, None] * ringing
    swing_m += (middle_m + _struck_m(inputs, span, damping))[:, None]
    return slope_at_support(span, swing_m)


def _span(inputs: WorldInputs) -> Span:
    """The usual span, its sag deepened by each tick's loss of tension."""
    tension: Array | float = 1.0
    for structure in inputs.structures():
        if structure.tension_factor is not None:
            factor = structure.tension_factor
            if factor.shape != (inputs.grid.n,) or not np.all(np.isfinite(factor)):
                raise ConfigError(
                    "structure.tension_factor", factor.shape, f"must be ({inputs.grid.n},) and finite"
                )
            tension = tension * factor
    diameter_m = inputs.site.conductor_diameter_m
    mass_kg_m = CABLE_KG_M3 * math.pi / 4.0 * diameter_m**2
    return Span(SPAN_M, SAG_M / np.maximum(tension, LEAST_TENSION), mass_kg_m, diameter_m)


def _ringing(inputs: WorldInputs, span: Span, damping: Array, n_wires: int) -> Array:
    """Unit-variance ringing of each wire, (time, wire)."""
    start, normals = np.empty((n_wires, 2)), np.empty((n_wires, inputs.grid.n, 2))
    for wire in range(n_wires):
        rng = inputs.rng("line", "sway", wire)
        start[wire] = rng.standard_normal(2)
        normals[wire] = rng.standard_normal((inputs.grid.n, 2))
    paths = unit_ringing(normals, inputs.grid.dt_s, span.swing_hz, damping, start)
    return np.ascontiguousarray(paths.T)


def _resonant_sigma_m(
    inputs: WorldInputs, span: Span, static_m: Array, mean_m_s: Array, damping: Array, height_m: float
) -> Array:
    """Standard deviation of the ringing at the middle of the span, (time,) [m]."""
    s = inputs.atmosphere.stability
    sigma = turbulence_sigmas_m_s(s.friction_velocity_m_s, s.inv_obukhov_per_m, height_m).u
    density = kaimal_psd(span.swing_hz, sigma, height_m, mean_m_s, "u")
    return resonant_sigma_m(span, static_m, mean_m_s, density, damping)


def _struck_m(inputs: WorldInputs, span: Span, damping: Array) -> Array:
    """Swing that blows on the pole leave behind, (time,) [m], with the sag and the wind of the blow."""
    site, grid, total_m = inputs.site, inputs.grid, np.zeros(inputs.grid.n)
    swing_hz = np.broadcast_to(span.swing_hz, grid.n)
    for impact in inputs.impacts():
        lever = min(max(impact.height_m / site.pole_height_m, 0.0), 1.0) ** 2  # first mode's shape, roughly
        across = math.sin(math.radians(impact.azimuth_deg - site.line_azimuth_deg))
        velocity_m_s = END_DRIVE * across * lever * impact.impulse_n_s / TOP_MASS_KG
        tick = min(int(impact.at_s / grid.dt_s), grid.n - 1)
        since_s, hz = grid.t_s - impact.at_s, float(swing_hz[tick])
        total_m += ring_down_m(since_s, velocity_m_s, hz, float(damping[tick]))
    return np.clip(total_m, -span.sag_m, span.sag_m)
