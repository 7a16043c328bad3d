"""Specs as they are held for a whole run: packed, some hundred bytes each instead of some ten thousand."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from sys import intern
from typing import Final, Self, overload

import numpy as np
import numpy.typing as npt

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.packed_texts import PackedTexts

_DIGEST_BYTES: Final = 32


class PackedSpecs(Sequence[EpisodeSpec]):
    """Specs in the order in which they were appended, equal to those handed in.

    They are held as JSON, packed. What a whole plan is asked for (group, scenario, length,
    fingerprint) is beside them, so that it is known without unpacking.
    """

    def __init__(self, specs: Iterable[EpisodeSpec] = ()) -> None:
        self.groups: list[str] = []
        self.scenarios: list[str] = []
        self.durations_s = array("d")
        self._digests = bytearray()
        self._texts = PackedTexts()
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
        self._texts.append(spec.model_dump_json().encode())  # which holds no line end

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
        return self._texts[place]

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
