"""What is noted of the episodes of a whole run, held packed: some ten bytes to some hundred each."""

import json
from array import array
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.episode import JsonObject
from envirosense.datasets.packed_texts import PackedTexts


class PackedFacts(Mapping[str, JsonObject]):
    """Facts by episode id, in the order in which they were added."""

    def __init__(self) -> None:
        self._keys = array("Q")  # an id is the hexadecimal form of 64 bits
        self._texts = PackedTexts()
        self._sorted: tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]] | None = None

    def add(self, episode_id: str, facts: JsonObject) -> None:
        """Note something of an episode that nothing is noted of yet."""
        self._keys.append(int(episode_id, 16))
        self._texts.append(json.dumps(facts).encode())
        self._sorted = None

    def _by_key(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]]:
        """All keys, sorted, and the place of each."""
        if self._sorted is None:
            keys = np.array(self._keys, np.uint64)
            order = np.argsort(keys, kind="stable")
            self._sorted = keys[order], order
        return self._sorted

    def __getitem__(self, episode_id: str) -> JsonObject:
        keys, order = self._by_key()
        key = int(episode_id, 16)
        at = int(np.searchsorted(keys, np.uint64(key)))
        if at == len(keys) or int(keys[at]) != key:
            raise KeyError(episode_id)
        found: dict[str, Any] = json.loads(self._texts[int(order[at])])
        return found

    def __iter__(self) -> Iterator[str]:
        return (f"{key:016x}" for key in self._keys)

    def __len__(self) -> int:
        return len(self._keys)
