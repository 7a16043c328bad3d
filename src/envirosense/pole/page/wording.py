"""Names and numbers as a reader wants them."""

import math

_UNITS = {
    "_ug_m3": "µg/m³", "_w_m2": "W/m²", "_mm_h": "mm/h", "_m_s": "m/s", "_g_s": "g/s", "_ppb": "ppb",
    "_pct": "%", "_deg": "°", "_pa": "Pa", "_days": "d", "_c": "°C", "_k": "K", "_s": "s", "_m": "m",
    "_ohm": "ohm", "_a": "A", "_w": "W", "_g": "g", "_h": "h",
}  # fmt: skip
_SYMBOLS = {
    "degC": "\u00b0C", "deg": "\u00b0", "W/m2": "W/m\u00b2", "ug/m3": "\u00b5g/m\u00b3", "1": "",
    "uT": "\u00b5T", "um": "\u00b5m",
    "ohm": "\u03a9", "kohm": "k\u03a9", "g/m3": "g/m\u00b3",
}  # fmt: skip
_CAPITALS = {
    "co": "CO",
    "no2": "NO\u2082",
    "co2": "CO\u2082",
    "h2": "H\u2082",
    "voc": "VOC",
    "ghi": "GHI",
    "id": "ID",
}


def symbol(unit: str) -> str:
    """Unit as printed."""
    return _SYMBOLS.get(unit, unit)


def split_unit(key: str) -> tuple[str, str]:
    """Name without its unit suffix, and the unit."""
    for suffix, unit in _UNITS.items():
        if key.endswith(suffix) and len(key) > len(suffix):
            return key.removesuffix(suffix), unit
    return key, ""


def words(name: str) -> str:
    """Identifier as words; a lone letter at the end (phase or side) is a capital."""
    parts = [_CAPITALS.get(word, word) for word in name.split("_")]
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-1] = parts[-1].upper()
    return " ".join(parts)


def phrase(name: str) -> str:
    """Identifier as words with a capital."""
    text = words(name.replace(".", "_"))
    return text[:1].upper() + text[1:]


def component_text(name: str) -> str:
    """Component inside a sentence: `clamp B`, `the pole top bolt`."""
    text = words(name)
    return text if text[-1:].isupper() else f"the {text}"


def quantity_text(value: float, unit: str) -> str:
    """Number with its unit; small resistances in milliohm."""
    if unit == "ohm" and abs(value) < 0.1:
        return f"{1000 * value:.3g}\u2009m\u03a9"
    return f"{value:.3g}\u2009{symbol(unit)}".replace("-", "\u2212").rstrip("\u2009")


def value_text(value: object) -> str:
    """Value as printed; an em dash where there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "\u2014"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", "\u2212")
    if isinstance(value, list | tuple):
        return ", ".join(value_text(item) for item in value)
    return words(value) if isinstance(value, str) else str(value)


def span_text(seconds: float) -> str:
    """Length of time in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.0f}\u2009s"
    return f"{seconds / 60:.1f}\u2009min" if seconds < 7200 else f"{seconds / 3600:.1f}\u2009h"
