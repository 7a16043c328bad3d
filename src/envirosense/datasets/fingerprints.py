"""Fingerprints as they are held for a whole dataset: 32 bytes each."""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Self, overload

import numpy as np
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

DIGEST_BYTES: Final = 32
_ID_BYTES: Final = 8  # of them are the id of an episode
_DIGEST: Final = re.compile("[0-9a-f]{64}")


def digest_of(text: str) -> bytes:
    """Bytes of a SHA-256 written in hexadecimal digits.

    Raises:
        ValueError: if it is none, so that what is held is never other than what was given.
    """
    if _DIGEST.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not 64 hexadecimal digits")
    return bytes.fromhex(text)


class Fingerprints(Sequence[str]):
    """SHA-256 fingerprints in hexadecimal digits, in the order given."""

    def __init__(self, found: Iterable[str] = ()) -> None:
        self._packed = bytearray()
        for one in found:
            self._packed += digest_of(one)

    @classmethod
    def of(cls, found: Iterable[str]) -> Self:
        """The fingerprints packed; those that are packed already, as they are."""
        return found if isinstance(found, cls) else cls(found)

    def of_episodes(self, ids: array[int]) -> "Fingerprints":
        """Those that begin with the ids of some episodes, read as numbers, in the order of these.

        Raises:
            KeyError: for an id that none begins with.
        """
        digests = np.frombuffer(bytes(self._packed), np.uint8).reshape(-1, DIGEST_BYTES)
        starts = digests[:, :_ID_BYTES].copy().view(">u8").ravel().astype(np.uint64)
        order, wanted = np.argsort(starts, kind="stable"), np.frombuffer(ids.tobytes(), np.uint64)
        places = order[np.minimum(np.searchsorted(starts, wanted, sorter=order), max(len(order) - 1, 0))]
        if len(unknown := wanted[starts[places] != wanted]):
            raise KeyError(f"{int(unknown[0]):016x}")
        found = Fingerprints()
        found._packed += digests[places].tobytes()
        return found

    def _text(self, place: int) -> str:
        return self._packed[DIGEST_BYTES * place : DIGEST_BYTES * (place + 1)].hex()

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        found = range(len(self))[place]
        return self._text(found) if isinstance(found, int) else tuple(map(self._text, found))

    def __iter__(self) -> Iterator[str]:
        return map(self._text, range(len(self)))

    def __len__(self) -> int:
        return len(self._packed) // DIGEST_BYTES

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Fingerprints):
            return self._packed == other._packed
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(str.__eq__, self, other))

    __hash__ = None  # type: ignore[assignment]  # held in a buffer that can grow

    def __repr__(self) -> str:
        return f"Fingerprints({len(self)})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As a field: made from a sequence of texts, written as a list."""
        return core_schema.no_info_plain_validator_function(
            cls._read, serialization=core_schema.plain_serializer_function_ser_schema(list)
        )

    @classmethod
    def _read(cls, found: object) -> Self:
        if isinstance(found, str) or not isinstance(found, Sequence):
            raise ValueError("must be a list of fingerprints")
        return cls.of(str(one) for one in found) if not isinstance(found, cls) else found
