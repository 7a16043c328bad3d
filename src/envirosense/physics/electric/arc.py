"""Electric arcs in air: static voltage, and the conductance of Mayr and of Cassie along a current."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from envirosense.physics.electric.arc_kernels import relax

type Floats = npt.NDArray[np.float64]
type Values = Floats | float
type ArcModel = Literal["mayr", "cassie"]

ELECTRODE_V: Final = 30.0  # anode and cathode falls, 20-40 V (handbook, from memory)
# Gradient of a free arc against current (handbook ranges, from memory): 20-100 V/cm at 0.1-10 A, 10-15 V/cm
# above 50-100 A; held outside
GRADIENT_A: Final = np.array([0.1, 10.0, 75.0])
GRADIENT_V_M: Final = np.array([100e2, 20e2, 12.5e2])
TIME_CONSTANT_S: Final = 3e-4  # of a free arc in air, 0.1-1 ms # assumed
MODELS: Final = ("mayr", "cassie")


@dataclass(frozen=True, slots=True)
class ArcState:
    """What the next block starts from: relaxing quantity (g or g^2) and its last target."""

    value: float
    target: float


@dataclass(frozen=True, slots=True)
class ArcCourse:
    """Conductance [S], voltage [V] and power [W] of an arc along its current, all (time,)."""

    conductance_s: Floats
    voltage_v: Floats
    power_w: Floats
    end: ArcState


def arc_gradient_v_m(current_a: Values) -> Floats:
    """Voltage per length of a free arc in air [V/m], falling with current."""
    log_current = np.log(np.maximum(np.abs(np.asarray(current_a, dtype=np.float64)), 1e-12))
    return np.asarray(np.exp(np.interp(log_current, np.log(GRADIENT_A), np.log(GRADIENT_V_M))))


def arc_voltage_v(current_a: Values, length_m: Values, electrode_v: Values = ELECTRODE_V) -> Floats:
    """Voltage across a steady arc [V]: falls at the electrodes plus gradient times length."""
    return np.asarray(np.asarray(electrode_v) + arc_gradient_v_m(current_a) * length_m)


def arc_power_w(current_a: Values, length_m: Values, electrode_v: Values = ELECTRODE_V) -> Floats:
    """Power of a steady arc [W]; a current given as rms gives the mean of a square-topped arc voltage."""
    return np.asarray(np.abs(current_a) * arc_voltage_v(current_a, length_m, electrode_v))


def follow_arc(
    current_a: Floats,
    dt_s: float,
    model: ArcModel,
    scale: float,
    time_constant_s: float = TIME_CONSTANT_S,
    start: ArcState | None = None,
) -> ArcCourse:
    """Conductance, voltage and power of an arc driven by a current waveform (time,) [A].

    Mayr: dg/dt = (i^2 / P0 - g) / tau, `scale` is the cooling power P0 [W].
    Cassie: d(g^2)/dt = 2 (i^2 / V0^2 - g^2) / tau, `scale` is the arc's own voltage V0 [V].
    Both are linear in g or g^2, so a step with i^2 linear in time is exact: stable for any step, second
    order in it. Without `start` the arc has stood at the first current.
    """
    if model not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, not {model!r}")
    if min(dt_s, scale, time_constant_s) <= 0:
        raise ValueError("dt_s, scale and time_constant_s must be above zero")
    current_a = np.ascontiguousarray(current_a, dtype=np.float64)
    target = current_a**2 / (scale if model == "mayr" else scale**2)
    tau_s = time_constant_s if model == "mayr" else time_constant_s / 2.0
    begin = start or ArcState(float(target[0]), float(target[0]))
    relaxed = np.empty_like(target)
    relax(target, *_ramp_weights(dt_s / tau_s), np.array([begin.value, begin.target]), relaxed)
    end = ArcState(float(relaxed[-1]), float(target[-1]))
    conductance_s = relaxed if model == "mayr" else np.sqrt(relaxed)
    voltage_v = np.divide(current_a, conductance_s, out=np.zeros_like(target), where=conductance_s > 0)
    return ArcCourse(conductance_s, voltage_v, voltage_v * current_a, end)


def mayr_conductance_s(
    t_s: Values,
    amplitude_a: Values,
    frequency_hz: Values,
    cooling_w: Values,
    time_constant_s: Values = TIME_CONSTANT_S,
) -> Floats:
    """Settled conductance of Mayr's arc under a sine current [S]; closed form, current zero at t = 0."""
    turn = 4.0 * np.pi * np.asarray(frequency_hz)
    lag = turn * time_constant_s
    ripple = (np.cos(turn * t_s) + lag * np.sin(turn * t_s)) / (1.0 + lag**2)
    return np.asarray(np.square(amplitude_a) / (2.0 * np.asarray(cooling_w)) * (1.0 - ripple))


def _ramp_weights(step: float) -> tuple[float, float, float]:
    """Decay over a step of dt/tau, and the weights of the old and the new end of a linear target."""
    decay = float(np.exp(-step))
    rise = float(-np.expm1(-step))
    # 1 - rise/step loses its digits for short steps, where its series is exact enough
    new = 1.0 - rise / step if step > 1e-4 else step / 2.0 - step**2 / 6.0
    return decay, rise - new, new
