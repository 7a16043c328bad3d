"""Ids of contexts: sixteen bytes in the layout of a ULID, the same for the same home and event."""

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt

type Bytes = npt.NDArray[np.uint8]
type Times = npt.NDArray[np.int64]
type Words = npt.NDArray[np.uint64]

_CROCKFORD: Final = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", dtype=np.uint8)
_LETTERS: Final = 26
_TIME_BITS: Final = 48


def context_ids(home_id: str, event: Times, time_us: Times) -> Bytes:
    """Id of the context that an event began, (event, 16): six bytes of time in ms, ten hashed.

    Args:
        home_id: Two homes never share an id.
        event: Number of the event, (event,).
        time_us: When it was fired, microseconds since 1970, (event,).
    """
    key = np.frombuffer(hashlib.blake2b(home_id.encode(), digest_size=16).digest(), dtype="<u8")
    number = event.astype(np.uint64)
    first = _mixed(number + key[0])
    high = (time_us // 1000).astype(np.uint64) << np.uint64(64 - _TIME_BITS) | first >> np.uint64(_TIME_BITS)
    low = _mixed(number ^ key[1] ^ first)
    words = np.stack([high, low], axis=1).astype(">u8")
    return words.view(np.uint8)


def ulids(ids: Bytes) -> Bytes:
    """The same as text, (event, 26) letters of Crockford's base 32."""
    words = np.ascontiguousarray(ids).view(">u8").astype(np.uint64)
    high, low = words[:, 0], words[:, 1]
    digits = np.empty((ids.shape[0], _LETTERS), dtype=np.uint8)
    for letter in range(_LETTERS):
        shift = 5 * (_LETTERS - 1 - letter)
        if shift >= 64:
            part = high >> np.uint64(shift - 64)
        elif shift > 59:
            part = high << np.uint64(64 - shift) | low >> np.uint64(shift)
        else:
            part = low >> np.uint64(shift)
        digits[:, letter] = part & np.uint64(31)
    return _CROCKFORD[digits]


def user_id(home_id: str, resident_id: str) -> bytes:
    """Id of a resident's account, sixteen bytes."""
    return hashlib.blake2b(f"{home_id}\x1f{resident_id}".encode(), digest_size=16).digest()


def _mixed(words: Words) -> Words:
    """Bits of each word spread over all of it: splitmix64's last step [Steele2014], (event,)."""
    words = (words ^ words >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ words >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return words ^ words >> np.uint64(31)
