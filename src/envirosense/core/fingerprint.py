"""SHA-256 of plain data in one canonical text form."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence


def _canonical(value: object) -> object:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value!r} has no canonical form; use finite numbers in a spec")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, str | int | None):
        return value
    if isinstance(value, Sequence):
        return [_canonical(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_json(value: object) -> str:
    """JSON text with sorted keys, no spaces, and 1.0 written as 1."""
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(value: object) -> str:
    """Hexadecimal SHA-256 of the canonical JSON of plain data."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
