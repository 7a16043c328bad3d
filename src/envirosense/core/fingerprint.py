"""SHA-256 of plain data in one canonical text form."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def _canonical(value: object) -> object:
    kind = type(value)
    if kind in _AS_THEY_ARE:  # most of a spec; the abstract classes below are slow to ask
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value!r} has no canonical form; use finite numbers in a spec")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict | Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, str | int):
        return value
    if isinstance(value, list | Sequence):
        return [_canonical(item) for item in value]
    raise TypeError(f"{kind.__name__} has no canonical form")


def canonical_json(value: object) -> str:
    """JSON text with sorted keys, no spaces, and 1.0 written as 1."""
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(value: object) -> str:
    """Hexadecimal SHA-256 of the canonical JSON of plain data."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
