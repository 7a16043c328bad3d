"""Names and numbers as a reader wants them."""

import math

_UNITS = {
    "_ug_m3": "µg/m³", "_w_m2": "W/m²", "_mm_h": "mm/h", "_m_s": "m/s", "_g_s": "g/s", "_ppb": "ppb",
    "_pct": "%", "_deg": "°", "_pa": "Pa", "_days": "d", "_c": "°C", "_k": "K", "_s": "s", "_m": "m",
    "_a": "A", "_w": "W", "_g": "g", "_h": "h",
}  # fmt: skip
_SYMBOLS = {
    "degC": "\u00b0C", "deg": "\u00b0", "W/m2": "W/m\u00b2", "ug/m3": "\u00b5g/m\u00b3", "1": "",
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


def phrase(name: str) -> str:
    """Identifier as words with a capital."""
    words = [_CAPITALS.get(word, word) for word in name.replace(".", " ").split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


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
    return str(value).replace("_", " ") if isinstance(value, str) else str(value)


def span_text(seconds: float) -> str:
    """Length of time in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.0f}\u2009s"
    return f"{seconds / 60:.1f}\u2009min" if seconds < 7200 else f"{seconds / 3600:.1f}\u2009h"
