"""What all causes of an episode together do to the line, checked once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array, Phasors
from envirosense.physics.electric.harmonics import HARMONICS
from envirosense.scenarios import Discharge, LineChange, Tank


@dataclass(frozen=True, slots=True)
class LineState:
    """Departures from load and unbalance; None leaves the line sound."""

    current_factor: Array | None  # (time, phase)
    voltage_factor: Array | None  # (time, phase)
    fault_a: Phasors | None  # (time, harmonic, phase), against the voltage of the phase
    neutral_share: Array | None  # (time,)
    harmonic_factor: Array | None  # (time,)


def line_state(changes: Iterable[LineChange], n: int) -> LineState:
    """All faults of the line together: factors multiply, currents add, the lowest neutral share caps.

    Raises:
        ConfigError: for a wrong shape, an order that is not carried, or a value that no line has.
    """
    every = tuple(changes)
    return LineState(
        _product("current_factor", every, (n, 3)),
        _product("voltage_factor", every, (n, 3)),
        _fault_currents(every, n),
        _lowest_share(every, n),
        _product("harmonic_factor", every, (n,)),
    )


def tank_series(name: str, tanks: Iterable[Tank], n: int) -> Array | None:
    """Product of one factor over the causes that set it, (time,); None if none does.

    Raises:
        ConfigError: for a wrong shape or a negative value.
    """
    return _factors(f"tank.{name}", [getattr(tank, name) for tank in tanks], (n,))


def check_discharge(discharge: Discharge, n: int) -> None:
    """Refuse a discharge whose pulses cannot be.

    Raises:
        ConfigError: for a wrong shape or a negative rate or charge.
    """
    _check(f"{discharge.name}.pulses_per_s", discharge.pulses_per_s, (n,))
    if not 0.0 <= discharge.charge_c < np.inf:
        raise ConfigError(f"{discharge.name}.charge_c", discharge.charge_c, "must be finite and at least 0 C")


def _check(field: str, values: Array | Phasors, shape: tuple[int, ...]) -> None:
    if np.shape(values) != shape:
        raise ConfigError(field, np.shape(values), f"must have the shape {shape}: one row per tick")
    if not np.all(np.isfinite(values)):
        raise ConfigError(field, "nan or inf", "give finite values for every tick")
    if not np.iscomplexobj(values) and np.any(values < 0.0):
        raise ConfigError(field, float(np.min(values)), "must not be negative")


def _factors(field: str, given: list[Array | None], shape: tuple[int, ...]) -> Array | None:
    product: Array | None = None
    for values in given:
        if values is not None:
            _check(field, values, shape)
            product = values if product is None else product * values
    return product


def _product(name: str, changes: tuple[LineChange, ...], shape: tuple[int, ...]) -> Array | None:
    return _factors(f"line.{name}", [getattr(change, name) for change in changes], shape)


def _lowest_share(changes: tuple[LineChange, ...], n: int) -> Array | None:
    given = [change.neutral_share for change in changes if change.neutral_share is not None]
    for share in given:
        _check("line.neutral_share", share, (n,))
        if np.any(share > 1.0):
            raise ConfigError("line.neutral_share", float(np.max(share)), "must lie between 0 and 1")
    return np.asarray(np.minimum.reduce(given)) if given else None


def _fault_currents(changes: tuple[LineChange, ...], n: int) -> Phasors | None:
    total: Phasors | None = None
    for change in changes:
        for order, phasors_a in change.fault_current_a.items():
            field = f"line.fault_current_a[{order}]"
            if order not in HARMONICS:
                raise ConfigError(field, order, f"unknown harmonic; choose from {HARMONICS}")
            _check(field, np.asarray(phasors_a, np.complex128), (n, 3))
            if total is None:
                total = np.zeros((n, len(HARMONICS), 3), np.complex128)
            total[:, HARMONICS.index(order), :] += phasors_a
    return total
