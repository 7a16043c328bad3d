"""Units that names of causes, states and parameters end in, and amounts with a prefix where it helps."""

import math
from typing import Final

from envirosense.pole.page.wording import quantity_text, split_unit, symbol

_MORE: Final = {  # longer endings first
    "_flashes_per_min": "flashes/min",
    "_mg_cm2": "mg/cm\u00b2",
    "_ug_m3": "\u00b5g/m\u00b3",
    "_g_m3": "g/m\u00b3",
    "_mg_s": "mg/s",
    "_per_s": "1/s",
    "_n_s": "N\u2009s",
    "_kg_m": "kg/m",
    "_w_sr": "W/sr",
    "_m_s": "m/s",
    "_km_h": "km/h",
    "_k_w": "K/W",
    "_rad": "rad",
    "_m2": "m\u00b2",
    "_hz": "Hz",
    "_db": "dB",
    "_km": "km",
    "_kv": "kV",
    "_v": "V",
    "_kg": "kg",
    "_kw": "kW",
    "_mg": "mg",
    "_mm": "mm",
    "_min": "min",
}
_PREFIXES: Final = {-9: "n", -6: "\u00b5", -3: "m", 0: "", 3: "k", 6: "M"}
_WITH_PREFIX: Final = {"s", "C", "A", "V", "W", "ohm", "m", "Hz", "J"}
_LEAST_ON_AXIS: Final = 1e-2  # greatest value below which an axis takes a prefix


def named_unit(name: str) -> tuple[str, str]:
    """Name without its unit suffix, and the unit; '' where it has none."""
    if name.endswith("charge_c"):
        return name.removesuffix("_c"), "C"
    for suffix, unit in _MORE.items():
        if name.endswith(suffix) and len(name) > len(suffix):
            return name.removesuffix(suffix), unit
    return split_unit(name)


def amount_text(value: float, unit: str) -> str:
    """Number with its unit; very small and very large ones with a prefix where the unit takes one."""
    if 1e3 <= abs(value) < 1e4:
        return f"{value:,.0f}\u2009{symbol(unit)}".replace("-", "\u2212").replace(",", "\u202f").strip()
    if unit not in _WITH_PREFIX or value == 0.0 or 1e-2 <= abs(value) < 1e4:
        return quantity_text(value, unit)
    power = min(max(3 * math.floor(math.log10(abs(value)) / 3), min(_PREFIXES)), max(_PREFIXES))
    return f"{value / 10.0**power:.3g}\u2009{_PREFIXES[power]}{symbol(unit)}".replace("-", "\u2212")


def axis_unit(unit: str, greatest: float) -> tuple[str, float]:
    """Unit of an axis up to a value, with a prefix where that is small, and the factor that values take."""
    if unit not in _WITH_PREFIX or not 0.0 < greatest < _LEAST_ON_AXIS:
        return symbol(unit), 1.0
    power = max(3 * math.floor(math.log10(greatest) / 3), min(_PREFIXES))
    return f"{_PREFIXES[power]}{symbol(unit)}", 10.0**-power
