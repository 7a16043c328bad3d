"""Specs as they are held for a whole run: packed, some hundred bytes each instead of some ten thousand."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from sys import intern
from typing import Final, Self, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec

_BLOCK: Final = 16  # specs packed together: fewer pack worse, more take longer to read one of
_DIGEST_BYTES: Final = 32


class PackedSpecs(Sequence[EpisodeSpec]):
    """Specs in the order in which they were appended, equal to those handed in.

    They are held as JSON, packed in blocks. What a whole plan is asked for (group, scenario, length,
    fingerprint) is beside them, so that it is known without unpacking.
    """

    def __init__(self, specs: Iterable[EpisodeSpec] = ()) -> None:
        self.groups: list[str] = []
        self.scenarios: list[str] = []
        self.durations_s = array("d")
        self._digests = bytearray()
        self._blocks: list[bytes] = []
        self._sizes = array("q")  # of the blocks, unpacked
        self._open: list[bytes] = []  # specs of the block that is not full
        self._last: tuple[int, list[bytes]] = (-1, [])
        for spec in specs:
            self.append(spec)

    @classmethod
    def of(cls, specs: Iterable[EpisodeSpec]) -> Self:
        """The specs packed; those that are packed already, as they are."""
        return specs if isinstance(specs, cls) else cls(specs)

    def append(self, spec: EpisodeSpec) -> None:
        """Add one at the end."""
        self._digests += bytes.fromhex(spec.fingerprint)
        self.groups.append(intern(spec.group))
        self.scenarios.append(intern(spec.scenario))
        self.durations_s.append(spec.grid.duration_s)
        self._pack(spec.model_dump_json().encode())

    def _pack(self, spec: bytes) -> None:
        self._open.append(spec)
        if len(self._open) == _BLOCK:
            text = b"\n".join(self._open)  # JSON text holds no line end
            self._blocks.append(_CODEC.compress(text, asbytes=True))
            self._sizes.append(len(text))
            self._open = []

    def taken(self, places: Iterable[int]) -> Self:
        """Some of them, in the order given."""
        found = type(self)()
        for place in places:
            at = _DIGEST_BYTES * place
            found._digests += self._digests[at : at + _DIGEST_BYTES]
            found.groups.append(self.groups[place])
            found.scenarios.append(self.scenarios[place])
            found.durations_s.append(self.durations_s[place])
            found._pack(self.text(place))
        return found

    @property
    def categories(self) -> list[str]:
        """Category of each."""
        return [intern(scenario.partition("/")[0]) for scenario in self.scenarios]

    @property
    def digests(self) -> npt.NDArray[np.uint8]:
        """SHA-256 of each, (spec, byte)."""
        return np.frombuffer(bytes(self._digests), np.uint8).reshape(-1, _DIGEST_BYTES)

    def fingerprint(self, place: int) -> str:
        """Fingerprint of one, computed when it was appended."""
        at = _DIGEST_BYTES * range(len(self))[place]
        return self._digests[at : at + _DIGEST_BYTES].hex()

    @property
    def fingerprints(self) -> Iterator[str]:
        """Fingerprint of each."""
        return map(self.fingerprint, range(len(self)))

    def text(self, place: int) -> bytes:
        """One as JSON."""
        block, row = divmod(place, _BLOCK)
        if block == len(self._blocks):
            return self._open[row]
        if self._last[0] != block:
            text = _CODEC.decompress(self._blocks[block], self._sizes[block], asbytes=True)
            self._last = block, text.split(b"\n")
        return self._last[1][row]

    def _spec(self, place: int) -> EpisodeSpec:
        return EpisodeSpec.model_validate_json(self.text(place))

    @overload
    def __getitem__(self, place: int) -> EpisodeSpec: ...
    @overload
    def __getitem__(self, place: slice) -> list[EpisodeSpec]: ...
    def __getitem__(self, place: int | slice) -> EpisodeSpec | list[EpisodeSpec]:
        found = range(len(self))[place]
        return self._spec(found) if isinstance(found, int) else [self._spec(one) for one in found]

    def __iter__(self) -> Iterator[EpisodeSpec]:
        return map(self._spec, range(len(self)))

    def __len__(self) -> int:
        return len(self.groups)


_CODEC: Final = pa.Codec("zstd", compression_level=3)
