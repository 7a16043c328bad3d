"""Life of an ageing joint: how its resistance grows over weeks until the contact melts.

ln R grows at an Arrhenius rate of the joint's temperature, and the temperature follows R: a runaway. The rate
at a resistance is its mean over the daily course of load and air, so the whole life is one quadrature over
ln R, without any step in time. Joints follow their day within a quarter of an hour, short against both.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.thermal.joint import (
    ALUMINIUM_MELTING_K,
    RESISTANCE_REFERENCE_K,
    RESISTANCE_SLOPE_PER_K,
    resistance_ceiling_ohm,
    resistance_growth_per_s,
)

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

SOUND_OHM: Final = 1e-4  # start of the ageing that is told in days: 0.1 mohm # assumed
DEGRADED_OHM: Final = 1e-3  # its end # assumed
TERMINAL_OHM: Final = 1e-2  # end of the terminal stage # assumed
TARGET_DAYS: Final = (30.0, 300.0)  # from 0.1 to 1 mohm at the daily load # assumed
ENERGY_EV: Final = 0.5  # of the Arrhenius rate, 0.4-0.6 eV # assumed
POINTS_PER_DECADE: Final = 400  # numerical choice: of the quadrature over ln R
STAGES: Final = ("sound", "degraded", "terminal", "burnt")


@dataclass(frozen=True, slots=True)
class Service:
    """What a joint lives through, all (sample,) evenly over a day, and its conductance to the air [W/K]."""

    current_a: Floats
    air_k: Floats
    conductance_w_k: Floats


@dataclass(frozen=True, slots=True)
class LifeCurve:
    """Aged resistance of a joint over its life, both (point,), rising."""

    time_s: Floats
    resistance_ohm: Floats

    def resistance_at(self, real_s: Values) -> Floats:
        """Resistance at 20 degC after a time in service [ohm]; held beyond the curve's ends."""
        return np.asarray(np.exp(np.interp(real_s, self.time_s, np.log(self.resistance_ohm))))

    def time_at(self, resistance_ohm: Values) -> Floats:
        """Time in service until a resistance is reached [s]; held beyond the curve's ends."""
        return np.asarray(np.interp(np.log(resistance_ohm), np.log(self.resistance_ohm), self.time_s))

    def stage_durations_s(self) -> dict[str, float]:
        """Real duration of each stage that the curve passes through [s], by name."""
        edges = self.time_at(np.array([self.resistance_ohm[0], DEGRADED_OHM, TERMINAL_OHM]))
        return {"degraded": float(edges[1] - edges[0]), "terminal": float(edges[2] - edges[1])}


def joint_temperature_k(
    current_a: Values, resistance_ohm: Values, air_k: Values, conductance_w_k: Values
) -> Floats:
    """Settled temperature of a joint [K], its resistance growing with temperature.

    Where that growth has no balance any more, or beyond it, the joint stands at the melting point.
    """
    per_kelvin = np.square(current_a) * np.asarray(resistance_ohm) / conductance_w_k
    slope = 1.0 - per_kelvin * RESISTANCE_SLOPE_PER_K
    source = np.asarray(air_k) + per_kelvin * (1.0 - RESISTANCE_SLOPE_PER_K * RESISTANCE_REFERENCE_K)
    settled = np.where(slope > 0, source / np.where(slope > 0, slope, 1.0), np.inf)
    return np.asarray(np.minimum(settled, ALUMINIUM_MELTING_K))


def daily_growth_per_s(resistance_ohm: Floats, service: Service, energy_ev: float = ENERGY_EV) -> Floats:
    """Mean over the day of the rate of ln R, per unit rate at 333 K, same shape as the resistance [1].

    A contact above its melting voltage has melted and carries the ceiling's heat, not its aged value's.
    """
    ceiling_ohm = resistance_ceiling_ohm(service.current_a, service.air_k)
    carried_ohm = np.minimum(np.asarray(resistance_ohm)[:, None], ceiling_ohm)
    joint_k = joint_temperature_k(service.current_a, carried_ohm, service.air_k, service.conductance_w_k)
    return np.asarray(resistance_growth_per_s(joint_k, 1.0, energy_ev).mean(axis=1))


def rate_for_target_per_s(target_s: float, service: Service, energy_ev: float = ENERGY_EV) -> float:
    """Rate at 333 K [1/s] with which the joint takes a time from 0.1 to 1 mohm under its service."""
    if target_s <= 0:
        raise ValueError(f"target_s must be above zero, not {target_s}")
    unit_s, _ = _life(SOUND_OHM, DEGRADED_OHM, service, energy_ev, POINTS_PER_DECADE)
    return float(unit_s[-1] / target_s)


def life_curve(
    rate_per_s: float,
    service: Service,
    start_ohm: float = SOUND_OHM,
    end_ohm: float = TERMINAL_OHM,
    energy_ev: float = ENERGY_EV,
    points_per_decade: int = POINTS_PER_DECADE,
) -> LifeCurve:
    """Resistance over the life of a joint whose rate at 333 K is given."""
    if rate_per_s <= 0:
        raise ValueError(f"rate_per_s must be above zero, not {rate_per_s}")
    unit_s, resistance_ohm = _life(start_ohm, end_ohm, service, energy_ev, points_per_decade)
    return LifeCurve(unit_s / rate_per_s, resistance_ohm)


def aged_resistance_ohm(start_ohm: Values, rate_per_s: Values, joint_k: Values, elapsed_s: Values) -> Floats:
    """Resistance after a time at one temperature [ohm]: R0 exp(r t); closed form of the law."""
    return np.asarray(start_ohm * np.exp(resistance_growth_per_s(joint_k, rate_per_s, ENERGY_EV) * elapsed_s))


def apparent_resistance_ohm(aged_ohm: Values, current_a: Values, bulk_k: Values) -> Floats:
    """Resistance that a joint shows at a current [ohm]: its aged one, but at most Holm's ceiling."""
    return np.asarray(np.minimum(aged_ohm, resistance_ceiling_ohm(current_a, bulk_k)))


def compressed_life_ohm(
    curve: LifeCurve, fraction: Floats, from_ohm: float = SOUND_OHM, to_ohm: float = TERMINAL_OHM
) -> Floats:
    """Resistance over an episode that plays part of a life on a faster clock, same shape as `fraction` [ohm].

    `fraction` 0 to 1 is the place in the episode; real time runs evenly between the two resistances.
    """
    begin_s, end_s = curve.time_at(np.array([from_ohm, to_ohm]))
    return curve.resistance_at(begin_s + np.clip(fraction, 0.0, 1.0) * (end_s - begin_s))


def ageing_stage(aged_ohm: Values) -> npt.NDArray[np.int64]:
    """Index into `STAGES` of an aged resistance."""
    edges = (2.0 * SOUND_OHM, DEGRADED_OHM, TERMINAL_OHM)
    return np.asarray(np.searchsorted(edges, np.asarray(aged_ohm), side="right"), dtype=np.int64)


def _life(
    start_ohm: float, end_ohm: float, service: Service, energy_ev: float, points_per_decade: int
) -> tuple[Floats, Floats]:
    """Time at unit rate [s * 1/s] and resistance along a life, both (point,), by the trapezoid over ln R."""
    if not 0 < start_ohm < end_ohm:
        raise ValueError(f"resistances must rise above zero, not {start_ohm} to {end_ohm}")
    n_points = 1 + int(np.ceil(points_per_decade * np.log10(end_ohm / start_ohm)))
    log_ohm = np.linspace(np.log(start_ohm), np.log(end_ohm), n_points)
    pace = 1.0 / daily_growth_per_s(np.exp(log_ohm), service, energy_ev)
    steps = 0.5 * (pace[1:] + pace[:-1]) * np.diff(log_ohm)
    return np.concatenate(([0.0], np.cumsum(steps))), np.exp(log_ohm)
