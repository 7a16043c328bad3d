"""Units of recorded channels, and how one becomes another of the same quantity."""

import math
from typing import Final, NamedTuple

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.units import GRAVITY_M_S2, ZERO_CELSIUS_K


class Unit(NamedTuple):
    """Value in the quantity's base unit = `factor` x value + `offset`."""

    quantity: str
    factor: float = 1.0
    offset: float = 0.0


_INCH_M: Final = 0.0254  # exact
_MILE_M: Final = 1609.344  # exact
_POUND_FORCE_PA: Final = 6894.757293168  # pound-force per square inch, from exact definitions
_INCH_MERCURY_PA: Final = 3386.389  # conventional, at 0 degC
_FAHRENHEIT_K: Final = 5.0 / 9.0  # exact

_UNITS: Final[dict[str, Unit]] = {
    "1": Unit("share"),
    "%": Unit("share", 0.01),
    "K": Unit("temperature"),
    "degC": Unit("temperature", 1.0, ZERO_CELSIUS_K),
    "degF": Unit("temperature", _FAHRENHEIT_K, ZERO_CELSIUS_K - 32.0 * _FAHRENHEIT_K),
    "Pa": Unit("pressure"),
    "hPa": Unit("pressure", 1e2),
    "mbar": Unit("pressure", 1e2),
    "kPa": Unit("pressure", 1e3),
    "bar": Unit("pressure", 1e5),
    "psi": Unit("pressure", _POUND_FORCE_PA),
    "inHg": Unit("pressure", _INCH_MERCURY_PA),
    "mmHg": Unit("pressure", _INCH_MERCURY_PA / 25.4),
    "m/s": Unit("speed"),
    "km/h": Unit("speed", 1.0 / 3.6),
    "mph": Unit("speed", _MILE_M / 3600.0),
    "kn": Unit("speed", 1852.0 / 3600.0),  # exact
    "deg": Unit("angle"),
    "rad": Unit("angle", 180.0 / math.pi),
    "mm": Unit("length", 1e-3),
    "cm": Unit("length", 1e-2),
    "m": Unit("length"),
    "km": Unit("length", 1e3),
    "in": Unit("length", _INCH_M),
    "ft": Unit("length", 12 * _INCH_M),
    "mi": Unit("length", _MILE_M),
    "mm/h": Unit("rain rate"),
    "in/h": Unit("rain rate", 1e3 * _INCH_M),
    "ppt": Unit("mole fraction", 1e-3),
    "ppb": Unit("mole fraction"),
    "ppm": Unit("mole fraction", 1e3),
    "ng/m3": Unit("mass concentration", 1e-3),
    "ug/m3": Unit("mass concentration"),
    "mg/m3": Unit("mass concentration", 1e3),
    "1/cm3": Unit("number concentration"),
    "1/m3": Unit("number concentration", 1e-6),
    "1/l": Unit("number concentration", 1e-3),
    "m/s2": Unit("acceleration"),
    "g": Unit("acceleration", GRAVITY_M_S2),
    "mg": Unit("acceleration", 1e-3 * GRAVITY_M_S2),
    "V": Unit("voltage"),
    "mV": Unit("voltage", 1e-3),
    "kV": Unit("voltage", 1e3),
    "A": Unit("current"),
    "mA": Unit("current", 1e-3),
    "kA": Unit("current", 1e3),
    "W": Unit("power"),
    "mW": Unit("power", 1e-3),
    "kW": Unit("power", 1e3),
    "W/m2": Unit("irradiance"),
    "T": Unit("magnetic field"),
    "mT": Unit("magnetic field", 1e-3),
    "uT": Unit("magnetic field", 1e-6),
    "nT": Unit("magnetic field", 1e-9),
    "mG": Unit("magnetic field", 1e-7),
    "V/m": Unit("electric field"),
    "kV/m": Unit("electric field", 1e3),
    "Hz": Unit("frequency"),
    "kHz": Unit("frequency", 1e3),
    "s": Unit("time"),
    "ms": Unit("time", 1e-3),
    "min": Unit("time", 60.0),
    "h": Unit("time", 3600.0),
    "dB": Unit("level"),
}


def known_units() -> tuple[str, ...]:
    """Units that can be converted, sorted."""
    return tuple(sorted(_UNITS))


def conversion(field: str, found: str, wanted: str) -> tuple[float, float]:
    """Factor and offset that take a value in `found` to one in `wanted`.

    Any unit is one of itself, also one that is not listed.

    Raises:
        UnknownNameError: for a unit that is not listed.
        ConfigError: if the two measure different quantities; `field` says where.
    """
    if found == wanted:
        return 1.0, 0.0
    if found not in _UNITS:
        raise UnknownNameError(field, found, {*_UNITS, wanted})
    if wanted not in _UNITS or _UNITS[found].quantity != _UNITS[wanted].quantity:
        hint = "; a mass takes the gas's molar mass: convert the log first" if _is_gas(found, wanted) else ""
        raise ConfigError(field, found, f"cannot become {wanted!r}, the channel's unit{hint}")
    one, other = _UNITS[found], _UNITS[wanted]
    return one.factor / other.factor, (one.offset - other.offset) / other.factor


def _is_gas(found: str, wanted: str) -> bool:
    quantities = {_UNITS[name].quantity for name in (found, wanted) if name in _UNITS}
    return quantities == {"mole fraction", "mass concentration"}
