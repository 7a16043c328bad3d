"""Currents and voltages of the line over an episode: load, unbalance, distortion and faults.

Every slow wander is a stationary series of its own random stream, exact at any tick.
"""

from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array, Phasors
from envirosense.physics.air.airflow import ou_path
from envirosense.physics.electric.harmonics import (
    DISTORTION_MEMORY_S,
    DISTORTION_SPREAD,
    EXCITING_PHASORS,
    HARMONICS,
    ORDERS,
    RESIDENTIAL,
    exciting_excess,
    phase_rotation,
    residual,
    saturation_excess,
)
from envirosense.physics.electric.load import (
    MAINS_MEMORY_S,
    PHASE_MEMORY_S,
    POWER_FACTOR_MEMORY_S,
    SUPPLY_MEMORY_S,
    mains_frequency_hz,
    phase_shares,
    pole_voltage_pu,
    power_factor,
    regulated_voltage_pu,
)
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.line_causes import LineState, line_state, tank_series

NOMINAL_V = 7200.0  # phase to neutral of a 12.47 kV line
UNIT_VA = 25e3  # rating of the pole's transformer, as for its heat
CONNECTED_CAPACITY = 1.5  # rated current of all transformers downstream over the peak load: assumed
SOURCE_REACTANCE_PU = 0.05  # of the supply at the fundamental, on the peak load: assumed
NEUTRAL_SHARE = (0.4, 0.6)  # of the return current that the neutral carries, rest in earth: assumed
NEUTRAL_MEMORY_S = 6 * 3600.0  # soil and load elsewhere change it slowly: assumed


@dataclass(frozen=True, slots=True)
class Supply:
    """Phasors over the ticks in one common reference, rms, axes (time, harmonic, phase)."""

    current_a: Phasors  # (time, harmonic, phase) in the phase conductors
    voltage_v: Phasors  # (time, harmonic, phase) to ground
    neutral_share: Array  # (time,)
    tap_a: Phasors | None  # (time, harmonic) that a sick transformer draws from phase a beyond its usual
    mains_hz: Array  # (time,)

    @property
    def neutral_a(self) -> Phasors:
        """Current in the neutral, (time, harmonic), positive along the line."""
        return np.asarray(-self.neutral_share[:, None] * residual(self.current_a))


def make_supply(inputs: WorldInputs) -> Supply:
    """Currents and voltages of the line under every cause.

    Raises:
        ConfigError: if a cause does not fit the line.
    """
    n = inputs.grid.n
    state = line_state(inputs.line_changes(), n)
    shares = phase_shares(_wander(inputs, "phase_share", PHASE_MEMORY_S, 3))
    load_a = 3.0 * shares * inputs.current_a[:, None]  # its mean over the phases is the line's current
    voltage_pu = _voltage_pu(inputs, load_a, state)
    current_a = _phase_currents(inputs, load_a, voltage_pu, state)
    rotation = phase_rotation()
    return Supply(
        current_a * rotation,
        _phase_voltages(inputs, current_a, voltage_pu) * rotation,
        _neutral_share(inputs, state),
        _tap_current(inputs),
        mains_frequency_hz(_wander(inputs, "mains_hz", MAINS_MEMORY_S, 1)[:, 0]),
    )


def _wander(inputs: WorldInputs, name: str, memory_s: float, n_series: int) -> Array:
    """Independent stationary series of unit variance, (time, series)."""
    rng, dt_s = inputs.rng("line", name), inputs.grid.dt_s
    starts = rng.standard_normal(n_series)
    normals = rng.standard_normal((n_series, inputs.grid.n))
    return np.stack([ou_path(z, dt_s, memory_s, s) for z, s in zip(normals, starts, strict=True)], axis=1)


def _voltage_pu(inputs: WorldInputs, load_a: Array, state: LineState) -> Array:
    """Fundamental of each phase over nominal, (time, phase)."""
    peak_a = inputs.site.peak_current_a
    walk = _wander(inputs, "supply", SUPPLY_MEMORY_S, 1)[:, 0]
    regulated_pu = regulated_voltage_pu(inputs.current_a / peak_a, walk, inputs.grid.dt_s)
    voltage_pu = pole_voltage_pu(regulated_pu, load_a / peak_a)
    return voltage_pu if state.voltage_factor is None else voltage_pu * state.voltage_factor


def _phase_currents(inputs: WorldInputs, load_a: Array, voltage_pu: Array, state: LineState) -> Phasors:
    """Current of each phase against its own voltage, (time, harmonic, phase) [A]."""
    factor = power_factor(_wander(inputs, "power_factor", POWER_FACTOR_MEMORY_S, 3))
    spectrum = _load_spectrum(inputs, state)
    current_a = spectrum[:, :, None] * load_a[:, None, :]
    current_a[:, 0, :] = load_a * (factor - 1j * np.sqrt(1.0 - factor**2))
    if np.any(voltage_pu > 1.0):
        rated_a = CONNECTED_CAPACITY * inputs.site.peak_current_a
        current_a += (rated_a * exciting_excess(voltage_pu))[:, None, :] * EXCITING_PHASORS[:, None]
    if state.current_factor is not None:
        current_a *= state.current_factor[:, None, :]
    if state.fault_a is not None:
        current_a += state.fault_a
    return current_a


def _load_spectrum(inputs: WorldInputs, state: LineState) -> Phasors:
    """Harmonics of the load over its fundamental, (time, harmonic)."""
    present = np.flatnonzero(RESIDENTIAL[1:]) + 1
    walks = _wander(inputs, "distortion", DISTORTION_MEMORY_S, 2 * present.size)
    spread = 1.0 + DISTORTION_SPREAD * (walks[:, ::2] + 1j * walks[:, 1::2])
    spectrum = np.zeros((inputs.grid.n, len(HARMONICS)), np.complex128)
    spectrum[:, present] = RESIDENTIAL[present] * spread
    return spectrum if state.harmonic_factor is None else spectrum * state.harmonic_factor[:, None]


def _phase_voltages(inputs: WorldInputs, current_a: Phasors, voltage_pu: Array) -> Phasors:
    """Voltage of each phase against its own fundamental, (time, harmonic, phase) [V].

    Harmonic currents drop over the supply's reactance, which grows with the order.
    """
    drop_pu = -1j * SOURCE_REACTANCE_PU / inputs.site.peak_current_a * ORDERS[:, None] * current_a
    drop_pu[:, 0, :] = 1.0
    return np.asarray(NOMINAL_V * drop_pu * voltage_pu[:, None, :])


def _neutral_share(inputs: WorldInputs, state: LineState) -> Array:
    usual = power_factor(_wander(inputs, "neutral_share", NEUTRAL_MEMORY_S, 1)[:, 0], NEUTRAL_SHARE)
    return usual if state.neutral_share is None else np.minimum(usual, state.neutral_share)


def _tap_current(inputs: WorldInputs) -> Phasors | None:
    """Current of the pole's own transformer beyond what its share of the load holds, (time, harmonic) [A]."""
    n = inputs.grid.n
    saturation = tank_series("saturation", inputs.tanks(), n)
    load_factor = tank_series("load_factor", inputs.tanks(), n)
    if not inputs.site.has_transformer or (saturation is None and load_factor is None):
        return None
    rated_a = UNIT_VA / NOMINAL_V
    tap_a = np.zeros((n, len(HARMONICS)), np.complex128)
    if saturation is not None:
        tap_a += rated_a * saturation_excess(saturation)
    if load_factor is not None:
        usual_a = rated_a * inputs.current_a / inputs.site.peak_current_a
        tap_a += (usual_a * (load_factor - 1.0))[:, None] * RESIDENTIAL
    return tap_a
