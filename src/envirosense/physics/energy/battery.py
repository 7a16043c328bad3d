"""A lithium iron phosphate pack: voltage, charge and energy under a load and a charger.

Thevenin circuit: V = OCV(SOC) + hysteresis - I R0(T) - V1 - V2 with two RC pairs, current positive when
discharging. Powers are held over a step and the RC pairs step exactly. The pack is new: capacity that years
and cycles take is left out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import GAS_CONSTANT_J_MOL_K
from envirosense.physics.energy.battery_kernels import run_pack

type Array = npt.NDArray[np.float64]

REFERENCE_K: Final = 298.15
# Rested voltage of one cell at 25 degC, state of charge 0 to 1 in steps of 0.05; a public model's table
_CELL_OCV_MV: Final = (
    *(2928, 3180, 3210, 3230, 3253, 3272, 3284, 3288, 3288, 3289, 3290),
    *(3294, 3310, 3324, 3327, 3328, 3328, 3328, 3328, 3329, 3375),
)
_CELL_OCV_V: Final = np.array(_CELL_OCV_MV) / 1000.0
_CAPACITY_K: Final = np.array([253.15, 263.15, 273.15, 283.15, 298.15])
_CAPACITY: Final = np.array([0.60, 0.725, 0.85, 0.95, 1.0])  # of the capacity at 25 degC (from memory)


@dataclass(frozen=True, slots=True)
class Pack:
    """A battery pack; resistances are of the whole pack at 25 degC."""

    capacity_ah: float = 15.6  # 200 Wh at 12.8 V
    cells: int = 4
    r0_ohm: float = 0.03  # with protection and wires, 25-35 mohm for 10 Ah (from memory)
    r1_ohm: float = 0.003 * 4
    tau1_s: float = 30.0
    r2_ohm: float = 0.006 * 4
    tau2_s: float = 600.0
    activation_j_mol: float = 25e3  # of R0: x3.8 at -10 degC
    hysteresis_v: float = 0.015  # per cell, 10-20 mV
    charge_efficiency: float = 0.99
    self_drain_a: float = 1e-4  # protection circuit 0.05-1 mA; assumed
    self_discharge_per_h: float = 3.4e-5  # of the capacity at 25 degC: 2.5 %/month, 2-3 % (from memory)
    coldest_charge_k: float = 273.15  # the protection circuit refuses charge below
    lowest_cell_v: float = 2.5  # the protection circuit disconnects the load below
    full: float = 1.0  # state of charge at which charging ends


@dataclass(frozen=True, slots=True)
class PackState:
    """What a pack remembers from one step to the next."""

    charge: float  # state of charge 0..1, of the capacity at 25 degC
    v1_v: float = 0.0
    v2_v: float = 0.0
    hysteresis: float = 0.0  # -1 after long discharge, 1 after long charge
    is_cut: bool = False  # the load is disconnected


@dataclass(frozen=True, slots=True)
class PackCourse:
    """A pack over the steps, each (time,)."""

    charge: Array  # at the ends of the steps
    voltage_v: Array  # as the step's current sets in, before it has moved charge and RC pairs
    current_a: Array  # positive when discharging
    served_w: Array  # of the load
    charged_w: Array  # taken from the charger into pack and load
    end: PackState


def open_circuit_v(charge: float | Array, cells: int = 4) -> Array:
    """Rested voltage of the pack, same shape [V]."""
    return np.asarray(cells * np.interp(charge, np.linspace(0.0, 1.0, _CELL_OCV_V.size), _CELL_OCV_V))


def resistance_factor(temperature_k: float | Array, activation_j_mol: float = 25e3) -> Array:
    """Series resistance over its value at 25 degC, same shape [1]: Arrhenius."""
    inverse = 1.0 / np.asarray(temperature_k, dtype=np.float64) - 1.0 / REFERENCE_K
    return np.exp(activation_j_mol / GAS_CONSTANT_J_MOL_K * inverse)


def capacity_factor(temperature_k: float | Array) -> Array:
    """Charge that can be drawn over that at 25 degC, same shape [1]."""
    return np.asarray(np.interp(temperature_k, _CAPACITY_K, _CAPACITY))


def drain_a(pack: Pack, temperature_k: float | Array) -> Array:
    """Current that a pack loses by itself, same shape [A]: protection circuit and self-discharge.

    Self-discharge doubles every 10 K (from memory).
    """
    warmer_k = np.asarray(temperature_k, dtype=np.float64) - REFERENCE_K
    return np.asarray(
        pack.self_drain_a + pack.capacity_ah * pack.self_discharge_per_h * np.exp2(warmer_k / 10.0)
    )


def run(
    pack: Pack, start: PackState, load_w: Array, charger_w: Array, temperature_k: Array, dt_s: float
) -> PackCourse:
    """Pack under a load and a charger, each (time,) and constant over a step.

    The charger serves the load first. Splitting the steps into blocks gives the same bits when each starts
    from the `end` of the one before.

    Raises:
        ValueError: if the three series differ in shape or the step is not above zero.
    """
    if not np.shape(load_w) == np.shape(charger_w) == np.shape(temperature_k) or not dt_s > 0.0:
        raise ValueError("load_w, charger_w and temperature_k must have one shape, and dt_s be above zero")
    temperature = np.ascontiguousarray(temperature_k, dtype=np.float64)
    parameters = np.array(
        [
            pack.capacity_ah * 3600.0,
            pack.r1_ohm,
            pack.tau1_s,
            pack.r2_ohm,
            pack.tau2_s,
            pack.hysteresis_v * pack.cells,
            pack.charge_efficiency,
            pack.coldest_charge_k,
            pack.lowest_cell_v * pack.cells,
            pack.full,
            dt_s,
        ]
    )
    state = np.array([start.charge, start.v1_v, start.v2_v, start.hysteresis, float(start.is_cut)])
    out = np.empty((5, temperature.size))
    run_pack(
        np.ascontiguousarray(load_w, dtype=np.float64),
        np.ascontiguousarray(charger_w, dtype=np.float64),
        temperature,
        np.ascontiguousarray(pack.r0_ohm * resistance_factor(temperature, pack.activation_j_mol)),
        np.ascontiguousarray(1.0 - capacity_factor(temperature)),
        np.ascontiguousarray(drain_a(pack, temperature)),
        pack.cells * _CELL_OCV_V,
        parameters,
        state,
        out,
    )
    end = PackState(float(state[0]), float(state[1]), float(state[2]), float(state[3]), bool(state[4]))
    return PackCourse(out[0], out[1], out[2], out[3], out[4], end)


def coulomb_count(current_a: Array, dt_s: float, capacity_ah: float, start: float, offset_a: float) -> Array:
    """State of charge as a gauge without voltage sees it, (time,) [1]: the integral of a biased current."""
    drawn_ah = np.cumsum(np.asarray(current_a) + offset_a) * dt_s / 3600.0
    return np.asarray(start - drawn_ah / capacity_ah)
